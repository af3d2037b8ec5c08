//! Opening the register of members of an entity.

use canon::{Date, EntityId};
use registry::ownership::{Few, ShareClass, limits::CLASSES_MAX};
use registry::{CapTable, Dated, Entity, OwnershipEvent};
use serde::{Deserialize, Serialize};

use super::gather::Asked;
use super::kept::{Entry, refused};
use super::shown::shown;
use super::{TABLE, subject};
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// A request to open a register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenCapTable {
    /// Whose.
    pub entity_id: EntityId,
    /// The day it counts from; today unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Date>,
    /// Its first classes.
    pub classes: Few<ShareClass, CLASSES_MAX>,
}

/// The register of an entity that may not act, or ends, is not changed.
pub(super) fn in_being(entity: &Entity) -> Result<(), Refused> {
    if entity.is_active() {
        return Ok(());
    }
    let detail = format!("entity `{}` is {}", entity.id(), entity.status().name());
    Err(Refused::conflict("entity-not-active", detail))
}

/// The day an entry counts from: not one that is still to come.
pub(super) fn effective(asked: Option<Date>, today: Date) -> Result<Date, Refused> {
    let day = asked.unwrap_or(today);
    if day <= today {
        return Ok(day);
    }
    let detail = format!("/effective `{day}` is after today, `{today}`");
    Err(Refused::invalid("effective-in-future", detail))
}

impl Zone {
    /// Open the register of members of an entity.
    ///
    /// # Errors
    /// `cap-table-state` where there is one; see [`Refused`].
    pub fn open_cap_table(&self, ask: &Ask, wanted: &OpenCapTable) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let id = &wanted.entity_id;
        let entity: Entity = self.need("entity", id.as_str())?.value;
        in_being(&entity)?;
        if self.load::<CapTable>(TABLE, id.as_str())?.is_some() {
            let detail = format!("entity `{id}` has a register of members");
            return Err(Refused::conflict("cap-table-state", detail));
        }
        let effective = effective(wanted.effective, now.date())?;
        let event = OwnershipEvent::Open { classes: wanted.classes.clone() };
        let dated = Dated { effective, event, authorised: None };
        let table = CapTable::open(id.clone(), &dated).map_err(|e| refused(&e))?;
        let (by, subject) = (ask.caller.principal().as_str(), subject(id));
        let asked = Asked { entity: &entity, table: &table, dated: &dated };
        let admission = self.admit_ownership(&asked, (now, by))?;
        let credential = self.attest(&admission, &subject, now)?;
        let entry = Entry::of((id.clone(), table.entries()), dated, (now, admission.digest()));
        let kept = Loaded { rev: None, value: table };
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.cap_table(&kept, &entry)?;
        let result = shown(&kept.value, now.date())?;
        writes.answer_and_let_go(building, ask, 201, &admission, (result, credential))
    }
}
