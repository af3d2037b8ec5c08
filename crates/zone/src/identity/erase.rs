//! Forgetting somebody: the key is destroyed, and what was sealed under it and every commitment to it say nothing more.
//!
//! Law is asked like about any other change, and may refuse: records that must be kept are kept. What the journal holds
//! stays and still verifies.

use canon::RecordId;

use super::shown::told;
use super::{KIND, subject};
use crate::caller::Scope;
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

/// What stands in an index where an identifier stood.
const GONE: &str = "erased";

impl Zone {
    /// Forget somebody.
    ///
    /// # Errors
    /// See [`Refused`]; a refusal by law leaves its decision record.
    pub fn erase_person(&self, ask: &Ask, id: &RecordId) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Operator])?;
        let ask = &self.veiled(ask)?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let opened = self.person_opened(id)?;
        let admission = self.admit_person(ask, (&opened, "erase"), now)?;
        let (by, about) = (ask.caller.principal().as_str(), subject(id));
        let credential = self.attest(&admission, &about, now)?;
        let kept = opened.kept.erased(now);
        let mut writes = self.admitted(&admission, (now, by, &about))?;
        writes.record(KIND, id.as_str(), opened.rev, &kept)?;
        for key in ["identifier", "entity"] {
            writes.index(KIND, key, GONE, id.as_str());
        }
        let told = (told(&kept, now), credential);
        writes.answer_and_let_go(building, ask, 200, &admission, told)
    }
}
