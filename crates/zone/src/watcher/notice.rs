//! Beginning to count, and giving notice.

use canon::Did;
use corridor::watcher::{Event, Watcher};
use serde_json::json;

use super::{WATCHER, by_watcher, refused, subject};
use crate::caller::Scope;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::pipeline::Upon;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

impl Zone {
    /// Let a bonded watcher count.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn activate_watcher(&self, ask: &Ask, watcher: &Did) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Operator])?;
        self.turn_watcher(ask, watcher, Event::Activate, "activate")
    }

    /// Take a watcher's notice: it counts no more, and its bond stays slashable for a while.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn unbond_watcher(&self, ask: &Ask, watcher: &Did) -> Result<Envelope, Refused> {
        by_watcher(&ask.caller, watcher)?;
        self.turn_watcher(ask, watcher, Event::Unbond, "unbond")
    }

    fn turn_watcher(
        &self,
        ask: &Ask,
        watcher: &Did,
        event: Event,
        name: &str,
    ) -> Result<Envelope, Refused> {
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let known = self.watcher_record(watcher)?;
        let after = known.value.clone().apply(event, self.now()).map_err(refused)?;
        self.keep_watcher(ask, known, after, name)
    }

    /// Keep what a watcher has become, and the sets it changes. Called under the lock of writing.
    pub(super) fn keep_watcher(
        &self,
        ask: &Ask,
        known: Loaded<Watcher>,
        after: Watcher,
        event: &str,
    ) -> Result<Envelope, Refused> {
        let now = self.now();
        let duty = Duty::of_proof(Task::Watchers, &ask.caller);
        let said = json!({ "event": event, "state": after.state });
        let about = subject(&after.watcher);
        let mut writes = self.on_duty_saying(&duty, (now, &about), Some(said), &Upon::default())?;
        writes.state(WATCHER, after.watcher.as_str(), known.rev, &after)?;
        self.compose_sets(&mut writes, &after, now)?;
        let body = json!({ "result": self.watcher_shown(&after) });
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }
}
