//! The definition: which two zones, under which rulesets.

use canon::{CorridorId, Digest, Realm, Timestamp};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::HandshakeError;
use crate::documents::{self, Signed, Since, Subject};
use crate::party::{Participant, Party};
use crate::transition_types;

/// Rules a verifier applies to every lane; its digest enters the genesis root.
pub const RULESET: &str = "mez.corridor.lane.v1";

/// Subject of `MEZCorridorDefinitionCredential`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Both participants, by zone id.
    pub participants: Vec<Participant>,
    /// Realm of both.
    pub realm: Realm,
    /// Id of the ruleset.
    pub ruleset: String,
    /// Digests of the rulesets, sorted.
    pub ruleset_digest_set: Vec<Digest>,
    /// Version of the definition.
    pub version: String,
}

impl Subject for Definition {
    const TYPE: &'static str = "MEZCorridorDefinitionCredential";
    const KIND: &'static str = "corridor-definition";
}

/// The id of the corridor between two zones: `org.momentum.mez.corridor.<a>--<b>`, a before b.
///
/// # Errors
/// When both are one zone or the id would be too long.
pub fn corridor_id(one: &Participant, other: &Participant) -> Result<CorridorId, HandshakeError> {
    let names = [one.jurisdiction_id.as_str(), other.jurisdiction_id.as_str()];
    let [a, b] = if names[0] <= names[1] { names } else { [names[1], names[0]] };
    if one.zone_id == other.zone_id || one.did == other.did || a == b {
        return Err(HandshakeError::PeerSame);
    }
    let text = format!("org.momentum.mez.corridor.{a}--{b}");
    CorridorId::parse(&text).map_err(|_| HandshakeError::PeerSame)
}

/// Digest of the ruleset descriptor of [`RULESET`].
#[must_use]
pub fn ruleset_digest() -> Digest {
    let descriptor = serde_json::json!({
        "type": "MEZRuleset",
        "ruleset_id": RULESET,
        "steps": ["type", "corridor", "lane-owner", "sequence", "link", "normal-form", "epoch",
            "state-gate", "strict-signature"],
    });
    canon::Canonical::of_value(&descriptor).map_or_else(|_| Digest::of_blob(&[]), |c| c.digest())
}

/// What a corridor drawn up now agrees to: the rules of lanes, and the transition types of this version.
fn rulesets() -> Vec<Digest> {
    let mut set = vec![ruleset_digest(), transition_types::digest()];
    set.sort();
    set
}

impl Definition {
    /// Draw up and sign the definition of a corridor from here to there.
    ///
    /// # Errors
    /// Realms differ, one zone twice, or the signer does not sign.
    pub fn propose(
        here: &Party,
        there: &Party,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, HandshakeError> {
        if here.realm != there.realm {
            return Err(HandshakeError::PeerRealm);
        }
        let corridor_id = corridor_id(&here.participant, &there.participant)?;
        let mut participants = vec![here.participant.clone(), there.participant.clone()];
        participants.sort();
        let definition = Self {
            corridor_id: corridor_id.clone(),
            participants,
            realm: here.realm,
            ruleset: RULESET.to_owned(),
            ruleset_digest_set: rulesets(),
            version: "1".to_owned(),
        };
        let draft = documents::draft(corridor_id.as_str(), here.did(), now, definition)?;
        Ok(documents::sign(draft, now, assertion_here)?)
    }

    /// Read a definition between these two parties; at least its issuer must have signed.
    ///
    /// # Errors
    /// Anything that does not fit, by name.
    pub fn read(
        document: &Value,
        one: &Party,
        other: &Party,
    ) -> Result<Signed<Self>, HandshakeError> {
        let id = corridor_id(&one.participant, &other.participant)?;
        let signed: Signed<Self> =
            documents::read(document, &id, &[Since(one, None), Since(other, None)])?;
        let definition = &signed.credential.subject;
        if one.realm != other.realm || definition.realm != one.realm {
            return Err(HandshakeError::PeerRealm);
        }
        let mut expected = vec![one.participant.clone(), other.participant.clone()];
        expected.sort();
        if definition.participants != expected {
            return Err(HandshakeError::PeerParticipants);
        }
        if definition.corridor_id != id {
            return Err(HandshakeError::PeerCorridorId(id));
        }
        let known = definition.ruleset == RULESET
            && [&rulesets(), &vec![ruleset_digest()]].contains(&&definition.ruleset_digest_set)
            && definition.version == "1";
        if !known {
            return Err(HandshakeError::Unsupported(definition.ruleset.clone()));
        }
        if !signed.signers.contains(&signed.credential.issuer) {
            let issuer = signed.credential.issuer.clone();
            return Err(HandshakeError::PeerUnsigned(issuer, "definition"));
        }
        Ok(signed)
    }

    /// Add this party's signature to a definition it has read.
    ///
    /// # Errors
    /// When the signer does not sign.
    pub fn countersign(
        document: Value,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, HandshakeError> {
        Ok(documents::sign(document, now, assertion_here)?)
    }
}

/// The participants a definition claims, before anything is verified.
///
/// # Errors
/// Another shape.
pub fn claimed(document: &Value) -> Result<Definition, HandshakeError> {
    Ok(documents::peek::<Definition>(document)?.subject)
}
