//! Opening a proposal: what it would authorise, who votes, and when it is carried.

use canon::{EntityId, RecordId, Timestamp};
use registry::consent::{Body, DecisionRule, Electorate, Operation, Voter, Whose};
use registry::{Consent, Entity, Line, Proposal};
use serde::{Deserialize, Serialize};

use super::shown::shown;
use super::used::refused;
use super::{KIND, subject};
use crate::account::acting;
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A request to open a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenConsent {
    /// Whose operation.
    pub entity_id: EntityId,
    /// What is to be authorised.
    pub operation: Operation,
    /// In one line.
    pub title: String,
    /// More of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who votes, where no register says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voters: Option<Vec<Voter>>,
    /// When it is carried.
    pub rule: DecisionRule,
    /// The first second in which nobody votes any more.
    pub expires: Timestamp,
}

pub(crate) fn line<const MAX: usize>(pointer: &str, text: &str) -> Result<Line<MAX>, Refused> {
    Line::parse(text).map_err(|e| Refused::invalid("invalid-fields", format!("{pointer} {e}")))
}

impl Zone {
    /// Who decides is what a register says. Where none does, the proposal names them, but for what members decide: without
    /// a register of them only the entity's end is decided so.
    fn electorate(&self, wanted: &OpenConsent, now: Timestamp) -> Result<Electorate, Refused> {
        let bad = |detail: &str| Err(Refused::invalid("bad-electorate", detail));
        let body = wanted.operation.body();
        if body == Body::Council {
            return bad("the council of the zone decides this: open it there");
        }
        let made = match (self.roll(body, &wanted.entity_id)?, &wanted.voters) {
            (Some(roll), None) => roll.electorate(now.date()),
            (Some(_), Some(_)) => return bad("/voters a register says who decides this"),
            (None, Some(_))
                if body == Body::Holders && wanted.operation != (Operation::Dissolve {}) =>
            {
                return bad("/voters the members decide this, and there is no register of them");
            }
            (None, Some(voters)) => Electorate::stated(voters.clone()),
            (None, None) => return bad("/voters is to name who decides this: no register says it"),
        };
        made.map_err(|e| Refused::invalid("bad-electorate", e))
    }

    /// Open a proposal.
    ///
    /// # Errors
    /// `bad-electorate`, `bad-proposal`; see [`Refused`].
    pub fn open_consent(&self, ask: &Ask, wanted: &OpenConsent) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let entity: Entity = self.need("entity", wanted.entity_id.as_str())?.value;
        acting(&entity)?;
        let proposal = Proposal {
            whose: Whose::Entity(wanted.entity_id.clone()),
            operation: wanted.operation.clone(),
            title: line("/title", &wanted.title)?,
            description: wanted
                .description
                .as_deref()
                .map(|t| line("/description", t))
                .transpose()?,
            electorate: self.electorate(wanted, now)?,
            rule: wanted.rule,
            opened: now,
            expires: wanted.expires,
        };
        let id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let consent = Consent::open(id.clone(), proposal).map_err(|e| refused(&e))?;
        let by = ask.caller.principal().as_str();
        let admission = self.admit_consent(&consent, "open", (now, by))?;
        let subject = subject(&id);
        let credential = self.attest(&admission, &subject, now)?;
        let kept = Loaded { rev: None, value: consent };
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.consent(&kept)?;
        writes.index(KIND, "entity", wanted.entity_id.as_str(), id.as_str());
        let result = shown(&kept.value, now);
        writes.answer_and_let_go(building, ask, 201, &admission, (result, credential))
    }
}
