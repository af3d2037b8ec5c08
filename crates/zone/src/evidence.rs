//! Evidence: credentials of trusted issuers about an entity, verified once and kept with expiry.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Did, Digest, EntityId, Timestamp};
use law::{Provenance, Source};
use proof::credential::{self, Credential, attestation_kind};
use registry::Formation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::EVIDENCE_MAX;
use crate::refused::Refused;
use crate::zone::Zone;

/// A verified credential, as kept beside its entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Held {
    /// What it attests: `beneficial_ownership`, `source_of_funds`, …
    pub(crate) kind: String,
    /// Payload digest of the credential.
    pub(crate) credential_sha256: Digest,
    /// Who says so.
    pub(crate) issuer: Did,
    /// Until when.
    pub(crate) expires: Timestamp,
    /// What it claims beside its type, by name of the vocabulary's claim.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) claims: BTreeMap<String, law::Value>,
    /// Owners named, for beneficial ownership: (name, basis points).
    pub(crate) owners: Vec<OwnerNamed>,
}

/// An owner as a credential names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnerNamed {
    name: String,
    ownership_bp: u16,
}

/// All evidence about one entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvidenceFile {
    #[serde(rename = "type")]
    pub(crate) type_: String,
    pub(crate) entity_id: EntityId,
    pub(crate) held: Vec<Held>,
}

impl Held {
    pub(crate) fn provenance(&self) -> Provenance {
        Provenance::new(Source::Credential, self.credential_sha256)
            .by(self.issuer.clone())
            .until(self.expires)
    }
}

impl Zone {
    /// Verify credentials handed in about an applicant; every one must be accepted.
    pub(crate) fn read_evidence(
        &self,
        documents: &[Value],
        legal_name: &str,
        now: Timestamp,
    ) -> Result<Vec<Held>, Refused> {
        if documents.len() > EVIDENCE_MAX {
            let detail = format!("at most {EVIDENCE_MAX} credentials are taken");
            return Err(Refused::invalid("too-much-evidence", detail));
        }
        let mut held = Vec::new();
        for (at, document) in documents.iter().enumerate() {
            let judged = credential::verify(document, &self.anchors, now);
            let verified = judged.into_verified().map_err(|judged| {
                let why: Vec<String> =
                    judged.reasons().iter().map(|r| format!("{}: {}", r.code, r.detail)).collect();
                let detail = format!("credential {at} is {}: {}", judged.verdict(), why.join("; "));
                Refused::invalid("evidence-not-accepted", detail)
            })?;
            held.push(read(&verified, legal_name, now).map_err(|why| {
                Refused::invalid("evidence-not-accepted", format!("credential {at}: {why}"))
            })?);
        }
        Ok(held)
    }
}

fn read(credential: &Credential, legal_name: &str, now: Timestamp) -> Result<Held, String> {
    let kinds: Vec<String> = credential.types().iter().map(|t| attestation_kind(t)).collect();
    let kind = kinds.into_iter().find(|kind| law::claims(kind).is_some());
    let kind = kind.ok_or_else(|| format!("no evidence type among {:?}", credential.types()))?;
    let subject = credential.subject();
    let named = subject.get("legal_name").and_then(Value::as_str);
    if named != Some(legal_name) {
        return Err(format!("`credentialSubject.legal_name` is not `{legal_name}`"));
    }
    let owners = match (kind.as_str(), subject.get("owners")) {
        ("beneficial_ownership", Some(owners)) => {
            serde_json::from_value(owners.clone()).map_err(|e| format!("`owners`: {e}"))?
        }
        ("beneficial_ownership", None) => return Err("`owners` is missing".to_owned()),
        _ => Vec::new(),
    };
    let claims = claims(&kind, subject.get("claims"), now)?;
    Ok(Held {
        kind,
        claims,
        credential_sha256: credential.digest(),
        issuer: credential.issuer().clone(),
        expires: credential.valid_until(),
        owners,
    })
}

/// The claims of a credential, each of the vocabulary and of its type.
fn claims(
    kind: &str,
    stated: Option<&Value>,
    now: Timestamp,
) -> Result<BTreeMap<String, law::Value>, String> {
    let Some(stated) = stated else { return Ok(BTreeMap::new()) };
    let stated = stated.as_object().ok_or("`claims` is not an object")?;
    let known = law::claims(kind).unwrap_or_default();
    let mut found = BTreeMap::new();
    for (name, claim) in stated {
        let Some((_, wanted)) = known.iter().find(|(claim, _)| claim == name) else {
            let hint = law::nearest(name, known.iter().map(|(claim, _)| *claim));
            let hint = hint.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
            return Err(format!("evidence `{kind}` has no claim `{name}`{hint}"));
        };
        let value = law::Value::of_claim(*wanted, claim, now.date());
        found.insert(name.clone(), value.map_err(|error| format!("claim `{name}`: {error}"))?);
    }
    Ok(found)
}

/// Whether the evidence names every owner of the formation, and exactly those; `None` without any.
pub(crate) fn holds(held: &[Held], formation: &Formation) -> Option<(bool, Provenance)> {
    let about = held.iter().filter(|item| item.kind == "beneficial_ownership");
    // The one that lasts longest counts.
    let item = about.max_by_key(|item| item.expires)?;
    let named: BTreeSet<&OwnerNamed> = item.owners.iter().collect();
    let stated: BTreeSet<OwnerNamed> = formation
        .owners()
        .iter()
        .map(|owner| OwnerNamed {
            name: owner.name.as_str().to_owned(),
            ownership_bp: owner.ownership_bp,
        })
        .collect();
    let same = !stated.is_empty() && named.into_iter().eq(stated.iter());
    Some((same, item.provenance()))
}
