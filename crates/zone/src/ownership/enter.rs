//! An entry in the register of members of an entity.

use canon::{Date, EntityId, RecordId};
use registry::{Authorised, CapTable, Consent, Dated, Entity, OwnershipEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::gather::Asked;
use super::kept::{Entry, refused};
use super::open::{effective, in_being};
use super::shown::shown;
use super::subject;
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A request for an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnterOwnership {
    /// What happens.
    pub entry: OwnershipEvent,
    /// The day it counts from; today unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Date>,
    /// The approved proposal it rests on, where it needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_id: Option<RecordId>,
}

/// An approval taken for an entry: the proposal as it is afterwards.
type Taken = (Loaded<Consent>, Authorised);

impl Zone {
    /// The approval an entry needs, used for it.
    fn approval(
        &self,
        table: &CapTable,
        wanted: &EnterOwnership,
    ) -> Result<Option<Taken>, Refused> {
        let needs = table.needs(&wanted.entry).map_err(|e| refused(&e))?;
        match (needs, &wanted.consent_id) {
            (None, None) => Ok(None),
            (None, Some(id)) => {
                let name = wanted.entry.name();
                let detail = format!("`{name}` needs no consent now; `{id}` stays as it is");
                Err(Refused::conflict("consent-not-needed", detail))
            }
            (Some(operation), None) => {
                let needed = serde_json::to_string(&operation).map_err(Refused::host)?;
                let detail = format!("this needs an approved proposal for {needed}");
                Err(Refused::conflict("consent-required", detail))
            }
            (Some(operation), Some(id)) => {
                self.use_consent(id, table.entity(), &operation).map(Some)
            }
        }
    }

    /// Make an entry.
    ///
    /// # Errors
    /// `consent-required` where holders or board have not approved exactly this; what the register refuses; law,
    /// whose refusal leaves its decision record.
    pub fn enter_ownership(
        &self,
        ask: &Ask,
        id: &EntityId,
        wanted: &EnterOwnership,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let entity: Entity = self.need("entity", id.as_str())?.value;
        let kept = self.cap_table_kept(id)?;
        in_being(&entity)?;
        if let OwnershipEvent::Enter { holder } = &wanted.entry
            && let Some(known) = &holder.entity_id
        {
            self.need::<Entity>("entity", known.as_str())?;
        }
        let effective = effective(wanted.effective, now.date())?;
        let (consent, authorised) = self.approval(&kept.value, wanted)?.unzip();
        let dated = Dated { effective, event: wanted.entry.clone(), authorised };
        let table = kept.value.apply(&dated).map_err(|e| refused(&e))?;
        let (by, subject) = (ask.caller.principal().as_str(), subject(id));
        let asked = Asked { entity: &entity, table: &table, dated: &dated };
        let admission = self.admit_ownership(&asked, (now, by))?;
        let credential = self.attest(&admission, &subject, now)?;
        let entry = Entry::of((id.clone(), table.entries()), dated, (now, admission.digest()));
        let kept = Loaded { rev: kept.rev, value: table };
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.cap_table(&kept, &entry)?;
        if let Some(consent) = &consent {
            writes.consent(consent)?;
        }
        let mut result = shown(&kept.value, now.date())?;
        if let Value::Object(members) = &mut result {
            members.insert("entry".to_owned(), json!(entry));
        }
        writes.answer_and_let_go(building, ask, 200, &admission, (result, credential))
    }
}
