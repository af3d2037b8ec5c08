//! The definition: which two zones, under which rulesets.

use canon::{CorridorId, Digest, Realm, Timestamp};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Compatibility, HandshakeError, Rules};
use crate::documents::{self, Signed, Since, Subject};
use crate::lane::check_digest_set;
use crate::limits::GENERATIONS_MAX;
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
    /// What it demands of the law of both ends; nothing where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lawpack_compatibility: Option<Compatibility>,
    /// Which corridor between the two zones it is, from 2; the first says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Digest of the activation of the generation before, without proofs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_activation_sha256: Option<Digest>,
}

/// What a proposer may ask for beside the two zones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// Demands on the law of both ends.
    pub compatibility: Option<Compatibility>,
    /// Who must sign which transitions.
    pub rules: Rules,
    /// The generation, and the activation of the one before, where a corridor of the two zones has ended.
    pub after: Option<(u64, Digest)>,
}

impl Subject for Definition {
    const TYPE: &'static str = "MEZCorridorDefinitionCredential";
    const KIND: &'static str = "corridor-definition";
}

/// The id of the first corridor between two zones: `org.momentum.mez.corridor.<a>--<b>`, a before b.
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

/// The id of a generation of the corridor with this first id: `<first>.g<n>` from the second on.
///
/// # Errors
/// A generation there cannot be, or an id too long.
pub fn id_of_generation(first: &CorridorId, generation: u64) -> Result<CorridorId, HandshakeError> {
    match generation {
        1 => Ok(first.clone()),
        2..=GENERATIONS_MAX => CorridorId::parse(&format!("{first}.g{generation}"))
            .map_err(|_| HandshakeError::PeerGeneration(generation)),
        _ => Err(HandshakeError::PeerGeneration(generation)),
    }
}

/// Which generation of the corridor between these zones an id names; nothing where it names none.
#[must_use]
pub fn generation_of(id: &CorridorId, one: &Participant, other: &Participant) -> Option<u64> {
    let first = corridor_id(one, other).ok()?;
    let rest = id.as_str().strip_prefix(first.as_str())?;
    let generation = match rest {
        "" => 1,
        rest => rest.strip_prefix(".g")?.parse().ok()?,
    };
    (id_of_generation(&first, generation).ok()? == *id).then_some(generation)
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

/// What a corridor drawn up now agrees to: the rules of lanes, the transition types of this version, and who signs.
#[must_use]
pub fn rulesets(rules: &Rules) -> Vec<Digest> {
    let mut set = vec![ruleset_digest(), transition_types::digest()];
    set.extend(rules.digest());
    set.sort();
    set
}

/// Whether these are rulesets this version knows, with the thresholds of `rules` and of no others.
pub(crate) fn are_known(set: &[Digest], rules: &Rules) -> bool {
    let lanes = ruleset_digest();
    let known = |one: &Digest| *one == lanes || transition_types::is_registry(one);
    let registries = set.iter().filter(|one| transition_types::is_registry(one)).count();
    let named = rules.digest();
    check_digest_set(set)
        && set.contains(&lanes)
        && registries <= 1
        && named.is_none_or(|named| set.contains(&named))
        && set.iter().all(|one| known(one) || named == Some(*one))
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
        Self::draw_up(here, there, Drawing::default(), (now, assertion_here))
    }

    /// The same with demands of its own.
    ///
    /// # Errors
    /// As [`Definition::propose`], or demands that are not sound.
    pub fn draw_up(
        here: &Party,
        there: &Party,
        drawing: Drawing,
        (now, assertion_here): (Timestamp, &dyn Signer),
    ) -> Result<Value, HandshakeError> {
        if here.realm != there.realm {
            return Err(HandshakeError::PeerRealm);
        }
        let generation = drawing.after.map_or(1, |(generation, _)| generation);
        if drawing.after.is_some() && generation < 2 {
            return Err(HandshakeError::PeerGeneration(generation));
        }
        let first = corridor_id(&here.participant, &there.participant)?;
        let corridor_id = id_of_generation(&first, generation)?;
        if let Some(demand) = &drawing.compatibility {
            demand.check_form()?;
        }
        let mut participants = vec![here.participant.clone(), there.participant.clone()];
        participants.sort();
        let definition = Self {
            corridor_id: corridor_id.clone(),
            participants,
            realm: here.realm,
            ruleset: RULESET.to_owned(),
            ruleset_digest_set: rulesets(&drawing.rules),
            version: "1".to_owned(),
            lawpack_compatibility: drawing.compatibility,
            generation: drawing.after.map(|(generation, _)| generation),
            previous_activation_sha256: drawing.after.map(|(_, activation)| activation),
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
        let first = corridor_id(&one.participant, &other.participant)?;
        let told = documents::peek::<Self>(document)?.subject;
        let id = id_of_generation(&first, told.generation.unwrap_or(1))?;
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
        let later = definition.generation.is_some();
        if later != definition.previous_activation_sha256.is_some()
            || definition.generation == Some(1)
        {
            return Err(HandshakeError::PeerGeneration(definition.generation.unwrap_or(1)));
        }
        if let Some(demand) = &definition.lawpack_compatibility {
            demand.check_form()?;
        }
        let known = definition.ruleset == RULESET && definition.version == "1";
        if !known {
            return Err(HandshakeError::Unsupported(definition.ruleset.clone()));
        }
        if !signed.signers.contains(&signed.credential.issuer) {
            let issuer = signed.credential.issuer.clone();
            return Err(HandshakeError::PeerUnsigned(issuer, "definition"));
        }
        Ok(signed)
    }

    /// Whether its rulesets are those this version knows, and its thresholds those the agreements state.
    ///
    /// # Errors
    /// A ruleset nobody here knows: what it asks for would not be enforced.
    pub fn check_rules(&self, rules: &Rules) -> Result<(), HandshakeError> {
        match are_known(&self.ruleset_digest_set, rules) {
            true => Ok(()),
            false => Err(HandshakeError::Unsupported(self.ruleset.clone())),
        }
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
