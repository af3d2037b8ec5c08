//! Other lists while the zone runs.

use law::sanctions::sweep::Delta;
use law::sanctions::{List, Screener};
use serde_json::{Value, json};
use store::Head;

use crate::config::InForce;
use crate::duty::{Duty, Task};
use crate::pipeline::Upon;
use crate::refused::Refused;
use crate::startup::law_root;
use crate::zone::Zone;

/// Why lists do not come into force.
#[derive(Debug, thiserror::Error)]
pub enum ListsError {
    /// No list at all: nobody would be listed.
    #[error("no list is left")]
    NoList,
    /// The commit.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Zone {
    /// Put other lists in force, and say whether they are others than those before; packs and lock
    /// stay as they are. They were read and indexed by the caller; nobody waits for that.
    ///
    /// # Errors
    /// [`ListsError`]; the lists before stay in force.
    pub fn take_lists(&self, screener: Screener) -> Result<bool, ListsError> {
        if screener.lists().is_empty() {
            return Err(ListsError::NoList);
        }
        let before = self.law();
        let law = before.with_lists(screener);
        self.screened.refuse(None);
        let root = law_root(&law);
        if root == before.head.root {
            return Ok(false);
        }
        let head = Head { seq: before.head.seq.saturating_add(1), root };
        let changes = changes(before.screener.lists(), law.screener.lists());
        let new = InForce::new(law, head);
        let lists_sha256 = new.lists_sha256();
        let duty = Duty::of_zone(Task::Lists);
        let said = json!({
            "before_sha256": before.lists_sha256(),
            "changes": changes,
            "lists_sha256": lists_sha256,
        });
        let _writing = self.writing();
        let subject = format!("lists:{lists_sha256}");
        let at = (self.now(), subject.as_str());
        let mut writes = self.on_duty_saying(&duty, at, Some(said), &Upon::default())?;
        writes.law_moves(head);
        writes.commit()?;
        self.enforce(new);
        Ok(true)
    }

    /// Keep why newer lists cannot be put in force; readiness tells it.
    pub fn lists_refused(&self, why: String) {
        self.screened.refuse(Some(why));
    }
}

/// How many records of each list are new, gone or other.
fn changes(before: &[List], after: &[List]) -> Vec<Value> {
    let of = |lists: &[List], id: &str| lists.iter().position(|list| list.id() == id);
    let gone = before.iter().filter(|old| of(after, old.id()).is_none());
    let gone = gone.map(|old| json!({ "list_id": old.id(), "removed": old.len() }));
    let mut out: Vec<Value> = gone.collect();
    for new in after {
        let old = of(before, new.id()).and_then(|at| before.get(at));
        let row = match old {
            None => json!({ "added": new.len(), "list_id": new.id() }),
            Some(old) if old.digest() == new.digest() => continue,
            Some(old) => {
                let delta = Delta::between(old, new);
                json!({
                    "added": delta.added.len(),
                    "changed": delta.changed.len(),
                    "list_id": new.id(),
                    "removed": delta.removed.len(),
                })
            }
        };
        out.push(row);
    }
    out
}
