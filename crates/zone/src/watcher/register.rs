//! Registering watchers, and showing them.

use canon::Did;
use corridor::watcher::{Registration, Watcher};
use serde_json::{Value, json};

use super::{WATCHER, WATCHERS_MAX, refused, subject};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::pipeline::Upon;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Page, Zone};

impl Zone {
    /// Take a watcher's registration for this zone.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn register_watcher(&self, ask: &Ask, document: &Value) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Watchers, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let signed = Registration::read(document).map_err(refused)?;
        let (credential, stated) = (&signed.credential, &signed.credential.subject);
        let fits = [
            ("zone_id", stated.zone_id == *self.zone_id()),
            ("realm", stated.realm == self.realm()),
            ("validUntil", now < credential.valid_until),
        ];
        if let Some((field, _)) = fits.iter().find(|(_, fits)| !fits) {
            let detail = format!("the registration's `{field}` is not for this zone now");
            return Err(Refused::invalid("watcher-refused", detail));
        }
        for id in &stated.corridors {
            self.open_corridor(id)?;
        }
        let known: Option<Loaded<Watcher>> = self.load(WATCHER, stated.watcher.as_str())?;
        if known.is_some() {
            let detail = format!("`{}` is registered; a key is one watcher, once", stated.watcher);
            return Err(Refused::conflict("watcher-known", detail));
        }
        if self.store.records(WATCHER, None, WATCHERS_MAX)?.len() >= WATCHERS_MAX {
            return Err(Refused::conflict("too-many-watchers", "this zone keeps no more"));
        }
        let watcher = Watcher::registered(
            stated.watcher.clone(),
            stated.corridors.clone(),
            stated.answers_within,
            now,
        );
        let said = json!({ "event": "register", "registration": document });
        let about = subject(&stated.watcher);
        let mut writes = self.on_duty_saying(&duty, (now, &about), Some(said), &Upon::default())?;
        writes.state(WATCHER, stated.watcher.as_str(), None, &watcher)?;
        writes.contract(&stated.watcher, document)?;
        let body = json!({ "result": self.watcher_shown(&watcher) });
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 201, replayed: false })
    }

    /// One watcher.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn watcher(&self, watcher: &Did) -> Result<Value, Refused> {
        Ok(self.watcher_shown(&self.watcher_record(watcher)?.value))
    }

    /// A page of watchers.
    ///
    /// # Errors
    /// The store.
    pub fn watchers(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let page = self.list(WATCHER, after, limit)?;
        let show = |item: Value| {
            let watcher: Watcher = serde_json::from_value(item).map_err(Refused::host)?;
            Ok::<_, Refused>(self.watcher_shown(&watcher))
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }
}
