//! Watchers as this zone keeps them: their scope, bonds, sets, attestations, and claims on them.
//!
//! Invariant: a bond account holds exactly what its watcher's record says, after every commit. Money
//! comes and goes back under law; it is lost upon evidence alone, after the challenge window.

mod attest;
mod bond;
mod certificate;
mod claim;
mod fork;
mod notice;
mod piece;
mod register;
mod request;
mod reward;
mod set;

use canon::{CorridorId, Did};
use corridor::watcher::{Reputation, Watcher, WatcherError};
use serde_json::{Value, json};

pub use bond::BondAsk;
pub use certificate::Wanted;
pub use request::RequestAsk;
pub use reward::RewardAsk;

use crate::caller::{Caller, Scope};
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// Kind of the records of watchers, by DID.
const WATCHER: &str = "watcher";

/// Most watchers of one zone.
const WATCHERS_MAX: usize = 1_000;

/// Why a watcher's deed is refused, in the words of the door.
fn refused(error: WatcherError) -> Refused {
    use WatcherError as E;
    match error {
        E::State { .. } => Refused::conflict("watcher-state", error),
        E::Bond { .. } => Refused::invalid("bond-too-small", error),
        E::Volume { .. } => Refused::conflict("volume-exceeded", error),
        E::ClaimOpen => Refused::conflict("claim-open", error),
        E::Claim => Refused::conflict("claim-state", error),
        E::Early(_) => Refused::conflict("too-early", error),
        E::Document(corridor::DocumentError::Sign(_)) => Refused::host(error),
        _ => Refused::invalid("watcher-refused", error),
    }
}

/// The watcher itself, by its token, or the operator for it.
fn by_watcher(caller: &Caller, watcher: &Did) -> Result<(), Refused> {
    let itself = caller.principal().as_str() == watcher.as_str();
    let scopes: &[Scope] =
        if itself { &[Scope::Watcher, Scope::Operator] } else { &[Scope::Operator] };
    caller.demand(scopes)
}

fn subject(watcher: &Did) -> String {
    format!("watcher:{watcher}")
}

impl Zone {
    fn watcher_record(&self, watcher: &Did) -> Result<Loaded<Watcher>, Refused> {
        self.need(WATCHER, watcher.as_str())
    }

    /// Every watcher, by DID.
    fn all_watchers(&self) -> Result<Vec<Watcher>, Refused> {
        let rows = self.store.records(WATCHER, None, WATCHERS_MAX)?;
        let read = |(_, row): (String, store::Record)| {
            serde_json::from_slice(&row.body).map_err(Refused::host)
        };
        rows.into_iter().map(read).collect()
    }

    /// Those that count for a corridor, `changed` as it will be.
    fn counting(&self, id: &CorridorId, changed: &Watcher) -> Result<Vec<Watcher>, Refused> {
        let mut all = self.all_watchers()?;
        all.retain(|known| known.watcher != changed.watcher);
        all.push(changed.clone());
        all.retain(|known| known.counts_for(id));
        Ok(all)
    }

    fn watcher_shown(&self, watcher: &Watcher) -> Value {
        let mut shown = json!(watcher);
        if let Some(members) = shown.as_object_mut() {
            let now = self.now();
            members.insert("reputation".to_owned(), json!(Reputation::of(watcher, now)));
            members.insert("volume_minor".to_owned(), watcher.volume(now).to_string().into());
            if let Ok(at) = watcher.withdrawable()
                && watcher.state == corridor::watcher::State::Unbonding
            {
                members.insert("withdrawable_from".to_owned(), json!(at));
            }
        }
        shown
    }
}
