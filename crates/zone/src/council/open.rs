//! Putting something to the council's vote.

use canon::{RecordId, Timestamp};
use registry::consent::{Body, Operation, Whose};
use registry::{Consent, Proposal};
use serde::{Deserialize, Serialize};

use super::{Council, KIND, subject};
use crate::consent::{line, refused, shown};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

/// A request to put something to the council's vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenCouncil {
    /// What is to be authorised.
    pub operation: Operation,
    /// In one line.
    pub title: String,
    /// More of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The first second in which nobody votes any more.
    pub expires: Timestamp,
}

impl Zone {
    /// The council as it is settled now.
    pub(super) fn council(&self) -> Result<&Council, Refused> {
        let council = self.access().and_then(|access| access.council.as_ref());
        council.ok_or_else(|| {
            let detail = "this zone has no council: `council` of `access.json` says who is on it";
            Refused::invalid("bad-electorate", detail)
        })
    }

    /// Put something to the council's vote. Whoever opens it says neither who votes nor when it is carried.
    ///
    /// # Errors
    /// `bad-electorate` without a council; `bad-proposal`; [`Refused::NotFound`] of a corridor there is not.
    pub fn open_council(&self, ask: &Ask, wanted: &OpenCouncil) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Council, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let council = self.council()?;
        if wanted.operation.body() != Body::Council {
            let detail = format!("`{}` is not the council's to decide", wanted.operation.name());
            return Err(Refused::invalid("bad-proposal", detail));
        }
        self.is_about_a_corridor(&wanted.operation)?;
        let about = wanted.description.as_deref();
        let proposal = Proposal {
            whose: Whose::Zone(self.zone_id().clone()),
            operation: wanted.operation.clone(),
            title: line("/title", &wanted.title)?,
            description: about.map(|text| line("/description", text)).transpose()?,
            electorate: council.electorate.clone(),
            rule: council.rule,
            opened: now,
            expires: wanted.expires,
        };
        let id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let consent = Consent::open(id.clone(), proposal).map_err(|e| refused(&e))?;
        let mut writes = self.on_duty(&duty, now, &subject(&id))?;
        writes.state(KIND, id.as_str(), None, &consent)?;
        let body = shown(&consent, now);
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 201, replayed: false })
    }

    /// The corridor that is to be stopped is one of this zone.
    fn is_about_a_corridor(&self, operation: &Operation) -> Result<(), Refused> {
        match operation {
            Operation::HaltCorridor { corridor_id }
            | Operation::SuspendCorridor { corridor_id }
            | Operation::DeprecateCorridor { corridor_id } => {
                self.open_corridor(corridor_id).map(drop)
            }
            _ => Ok(()),
        }
    }
}
