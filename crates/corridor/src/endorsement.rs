//! What somebody beside the writer signs for a transition: of one payload, or of a class until a date.
//!
//! The receipt carries it, so whoever judges the lane sees that it was there. An endorsement of one payload counts for
//! no other; one without a payload is standing, for as long as it says and never longer than its limit.

use canon::{CorridorId, Did, Digest, Timestamp, ZoneId};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::documents::{self, DocumentError, Signed, Since, Subject};
use crate::handshake::{Role, Rules};
use crate::lane::{Class, LaneReceipt, TransitionKind};
use crate::limits::ENDORSEMENT_LIFE_SECS_MAX;
use crate::party::Party;

/// Subject of `MEZTransitionEndorsementCredential`; its issuer stands for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endorsement {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The lane it is written in.
    pub lane: ZoneId,
    /// In which role.
    pub role: Role,
    /// Transitions of which class.
    pub class: Class,
    /// Of this payload alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_commitment: Option<Digest>,
}

impl Subject for Endorsement {
    const TYPE: &'static str = "MEZTransitionEndorsementCredential";
    const KIND: &'static str = "transition-endorsement";
}

/// Why the endorsements of a receipt are not those its corridor asks for.
#[derive(Debug, thiserror::Error)]
pub enum ThresholdError {
    /// Too few.
    #[error("class `{class:?}` needs {required} of role `{role}`, the receipt carries {found}", role = role.name())]
    Unmet {
        /// Of the receipt.
        class: Class,
        /// The role.
        role: Role,
        /// How many.
        required: u32,
        /// How many there are.
        found: u32,
    },
    /// An endorsement.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It is of something else.
    #[error("an endorsement's `{0}` is not that of the receipt")]
    Other(&'static str),
    /// Its issuer has no such role.
    #[error("`{0}` does not hold the role it endorses in")]
    Holder(Did),
    /// Nobody asked.
    #[error("the corridor asks for no endorsement of this class")]
    Unasked,
    /// A ruleset this judge was not told.
    #[error(
        "the lane was agreed under ruleset {0}, which is not known here; name the agreement that states it"
    )]
    Unknown(Digest),
    /// A zone's endorsement is judged where its keys are known.
    #[error("an endorsement of a zone is judged in a bundle, where the zone's keys are")]
    Keys,
}

impl ThresholdError {
    /// Whether the judge lacks something, and says nothing of the receipt.
    #[must_use]
    pub const fn is_of_the_judge(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::Keys)
    }
}

impl Endorsement {
    /// Stand for transitions, from now until a date.
    ///
    /// # Errors
    /// A life that is too long or none, or a signer that does not sign.
    pub fn sign(
        self,
        issuer: &Did,
        (now, until): (Timestamp, Timestamp),
        key: &dyn Signer,
    ) -> Result<Value, ThresholdError> {
        let life = until.unix().saturating_sub(now.unix());
        if !(1..=ENDORSEMENT_LIFE_SECS_MAX).contains(&life) {
            return Err(ThresholdError::Other("validUntil"));
        }
        let name = format!("{}:{}:{}", self.corridor_id, self.lane, now.unix());
        let draft = documents::draft_for(&name, issuer, (now, life), self)?;
        Ok(documents::sign(draft, now, key)?)
    }

    /// Read one that its issuer, a `did:key`, signed alone.
    ///
    /// # Errors
    /// Another shape, or another signer.
    pub fn read(document: &Value) -> Result<Signed<Self>, ThresholdError> {
        Ok(documents::read_own(document)?)
    }

    /// What one says, before its signature is looked at.
    ///
    /// # Errors
    /// Another shape.
    pub fn claimed(document: &Value) -> Result<(Self, Did, [Timestamp; 2]), ThresholdError> {
        let told = documents::peek::<Self>(document)?;
        Ok((told.subject, told.issuer, [told.valid_from, told.valid_until]))
    }
}

/// Of a receipt, what endorsements are judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endorsed<'a> {
    pub corridor_id: &'a CorridorId,
    pub lane: &'a ZoneId,
    pub kind: TransitionKind,
    pub payload_commitment: Digest,
    pub timestamp: Timestamp,
    pub endorsements: &'a [Value],
}

impl<'a> Endorsed<'a> {
    pub(crate) fn of(receipt: &'a LaneReceipt) -> Self {
        Self {
            corridor_id: &receipt.corridor_id,
            lane: &receipt.lane,
            kind: receipt.transition.kind,
            payload_commitment: receipt.transition.payload_commitment,
            timestamp: receipt.timestamp,
            endorsements: receipt.endorsements.as_deref().unwrap_or_default(),
        }
    }

    /// What an endorsement says, if it is of this receipt at its time.
    fn covers(&self, document: &Value) -> Result<(Endorsement, Did), ThresholdError> {
        let (said, issuer, [from, until]) = Endorsement::claimed(document)?;
        let life = until.unix().saturating_sub(from.unix());
        let of = said.payload_commitment.is_none_or(|of| of == self.payload_commitment);
        let fields = [
            ("corridor_id", said.corridor_id == *self.corridor_id),
            ("lane", said.lane == *self.lane),
            ("class", said.class == self.kind.class()),
            ("payload_commitment", of),
            ("validFrom", from <= self.timestamp),
            ("validUntil", self.timestamp <= until && life <= ENDORSEMENT_LIFE_SECS_MAX),
        ];
        match fields.iter().find(|(_, holds)| !holds) {
            Some((name, _)) => Err(ThresholdError::Other(name)),
            None => Ok((said, issuer)),
        }
    }
}

impl Rules {
    /// Whether a receipt carries the endorsements asked for, and no others. `zones` are both parties, each at the
    /// length of its lane, where they are known.
    pub(crate) fn check(
        &self,
        receipt: Endorsed<'_>,
        zones: Option<[Since<'_>; 2]>,
    ) -> Result<(), ThresholdError> {
        let mut asked = self.of_kind(receipt.kind).peekable();
        if asked.peek().is_none() {
            return match receipt.endorsements.is_empty() {
                true => Ok(()),
                false => Err(ThresholdError::Unasked),
            };
        }
        let mut held: Vec<(Role, Did)> = Vec::with_capacity(receipt.endorsements.len());
        for document in receipt.endorsements {
            let (said, issuer) = receipt.covers(document)?;
            let mut rules = self.of_kind(receipt.kind);
            let rule = rules.find(|rule| rule.role == said.role).ok_or(ThresholdError::Unasked)?;
            if said.role == Role::Zone {
                check_zone(document, (&issuer, receipt), zones)?;
            } else {
                if !rule.holders.contains(&issuer) {
                    return Err(ThresholdError::Holder(issuer));
                }
                Endorsement::read(document)?;
            }
            let next = (said.role, issuer);
            if held.last().is_some_and(|last| *last >= next) {
                return Err(ThresholdError::Other("order"));
            }
            held.push(next);
        }
        for rule in asked {
            let of = held.iter().filter(|(role, _)| *role == rule.role).count();
            // The writer's own signature is on the receipt.
            let own = usize::from(rule.role == Role::Zone);
            let found = u32::try_from(of + own).unwrap_or(u32::MAX);
            if found < rule.required {
                let (class, role, required) = (rule.class, rule.role, rule.required);
                return Err(ThresholdError::Unmet { class, role, required, found });
            }
        }
        Ok(())
    }

    /// Of these documents, those that a receipt like this one carries.
    #[must_use]
    pub fn choose(
        &self,
        (corridor_id, lane): (&CorridorId, &ZoneId),
        (kind, payload_commitment, timestamp): (TransitionKind, Digest, Timestamp),
        documents: &[Value],
    ) -> Vec<Value> {
        let receipt =
            Endorsed { corridor_id, lane, kind, payload_commitment, timestamp, endorsements: &[] };
        let mut chosen: Vec<(Role, Did, &Value)> = Vec::new();
        for document in documents {
            let Ok((said, issuer)) = receipt.covers(document) else { continue };
            let wanted = self.of_kind(kind).any(|rule| {
                rule.role == said.role
                    && (said.role == Role::Zone || rule.holders.contains(&issuer))
            });
            if wanted && !chosen.iter().any(|(role, did, _)| (*role, did) == (said.role, &issuer)) {
                chosen.push((said.role, issuer, document));
            }
        }
        chosen.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        chosen.into_iter().map(|(_, _, document)| document.clone()).collect()
    }
}

/// An endorsement of the other zone, by its assertion key.
fn check_zone(
    document: &Value,
    (issuer, receipt): (&Did, Endorsed<'_>),
    zones: Option<[Since<'_>; 2]>,
) -> Result<(), ThresholdError> {
    let zones = zones.ok_or(ThresholdError::Keys)?;
    let other = zones.into_iter().find(|Since(party, _)| party.zone() != receipt.lane);
    let Since(other, size) = other.ok_or(ThresholdError::Keys)?;
    let signed: Signed<Endorsement> =
        documents::read(document, receipt.corridor_id, &[Since(other, size)])?;
    match signed.signers.as_slice() {
        [only] if only == issuer && only == Party::did(other) => Ok(()),
        _ => Err(ThresholdError::Holder(issuer.clone())),
    }
}
