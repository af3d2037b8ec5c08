//! A zone's keys as they travel: the inception document with every rotation since, and the verdict.

use canon::{Canonical, Did, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{HistoryError, KeyHistory, ROTATIONS_MAX};
use crate::credential::{Reason, Verdict};
use crate::verified::Verified;

/// The `type` of the travelling document.
const TYPE: &str = "MEZZoneKeys";

/// The document: unsigned itself, for each part is signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneKeys {
    /// Always [`KeyHistory::DOCUMENT_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = TYPE))]
    pub kind: String,
    /// The inception document.
    #[schemars(extend("$ref" = "zone-inception.schema.json"))]
    pub inception: Value,
    /// Every rotation since, in order.
    #[schemars(length(max = ROTATIONS_MAX), extend("items" = {"$ref": "zone-key-rotation.schema.json"}))]
    pub rotations: Vec<Value>,
}

/// What was found of a zone's keys.
#[derive(Clone, Debug)]
pub struct Judged {
    /// VALID under a pinned DID; UNKNOWN if the chain holds but nobody pinned its root.
    pub verdict: Verdict,
    /// Why it is not valid.
    pub reasons: Vec<Reason>,
    /// The DID whose trust would settle an unknown verdict.
    pub needs: Vec<Did>,
    /// The history, unless invalid. Not trusted unless the verdict is valid.
    pub history: Option<KeyHistory>,
}

impl KeyHistory {
    /// The `type` of the document [`KeyHistory::document`] writes.
    pub const DOCUMENT_TYPE: &'static str = TYPE;

    /// The document that carries an inception and its rotations.
    ///
    /// # Errors
    /// Documents that have no canonical form.
    pub fn document(inception: &Value, rotations: &[Value]) -> Result<Canonical, Refusal> {
        let (kind, inception) = (TYPE.to_owned(), inception.clone());
        Canonical::of(&ZoneKeys { kind, inception, rotations: rotations.to_vec() })
    }

    /// Reads such a document under a pinned DID.
    ///
    /// # Errors
    /// Why it is not the history of the pinned zone.
    pub fn read(document: &Value, pinned: &Did) -> Result<Verified<Self>, HistoryError> {
        let keys = parts(document)?;
        Self::verify(&keys.inception, &keys.rotations, pinned)
    }
}

fn parts(document: &Value) -> Result<ZoneKeys, HistoryError> {
    let shape = |refusal| HistoryError::Inception(crate::inception::InceptionError::Shape(refusal));
    let canonical = Canonical::of_value(document).map_err(shape)?;
    let keys: ZoneKeys = canonical.read().map_err(shape)?;
    if keys.kind != TYPE {
        let kind = keys.kind.chars().take(80).collect();
        return Err(HistoryError::Inception(crate::inception::InceptionError::UnsupportedType(
            kind,
        )));
    }
    Ok(keys)
}

/// Judges the document of a zone's keys: is each link signed as it must be, and is its root pinned?
#[must_use]
pub fn judge(document: &Value, trust: &[Did]) -> Judged {
    let invalid = |detail: String| Judged {
        verdict: Verdict::Invalid,
        reasons: vec![Reason { code: "zone-keys", detail }],
        needs: Vec::new(),
        history: None,
    };
    let keys = match parts(document) {
        Ok(keys) => keys,
        Err(error) => return invalid(error.to_string()),
    };
    // Under its own root first: a chain that contradicts itself is INVALID whoever is trusted.
    let root = keys.inception.get("root_key").and_then(Value::as_str);
    let Some(did) = root.and_then(|root| Did::parse(&format!("did:key:{root}")).ok()) else {
        return invalid("the inception names no root key".to_owned());
    };
    let history = match KeyHistory::verify(&keys.inception, &keys.rotations, &did) {
        Ok(history) => history.into_inner(),
        Err(error) => return invalid(error.to_string()),
    };
    let history = Some(history);
    if trust.iter().any(|pinned| pinned.base() == did) {
        return Judged { verdict: Verdict::Valid, reasons: Vec::new(), needs: Vec::new(), history };
    }
    let detail = format!("the chain begins at `{did}`, which is not trusted here");
    let reasons = vec![Reason { code: "untrusted-did", detail }];
    Judged { verdict: Verdict::Unknown, reasons, needs: vec![did], history }
}
