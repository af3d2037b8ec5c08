//! The registration: a watcher's key, and the corridors it is there for.

use canon::{CorridorId, Did, Realm, Timestamp, ZoneId};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::WatcherError;
use super::rates::{CORRIDORS_MAX, REGISTRATION_SECS};
use crate::documents::{self, Signed, Subject};

/// Subject of `MEZWatcherRegistrationCredential`, signed by the watcher alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// A signed request that stands in a lane is answered before that lane has grown by more receipts.
    pub answers_within: u64,
    /// The corridors it watches, ascending.
    #[schemars(length(min = 1, max = CORRIDORS_MAX))]
    pub corridors: Vec<CorridorId>,
    /// Realm of the zone.
    pub realm: Realm,
    /// The `did:key` of the watcher's one key.
    pub watcher: Did,
    /// The zone in whose ledger its bond will lie.
    pub zone_id: ZoneId,
}

impl Subject for Registration {
    const TYPE: &'static str = "MEZWatcherRegistrationCredential";
    const KIND: &'static str = "watcher-registration";
}

impl Registration {
    /// State it.
    ///
    /// # Errors
    /// A scope that is none, or the signer.
    pub fn sign(self, now: Timestamp, key: &dyn Signer) -> Result<Value, WatcherError> {
        self.check()?;
        let (did, name) = (self.watcher.clone(), self.watcher.to_string());
        let draft = documents::draft_for(&name, &did, (now, REGISTRATION_SECS), self)?;
        Ok(documents::sign(draft, now, key)?)
    }

    /// Read one that its watcher signed.
    ///
    /// # Errors
    /// By name of what does not hold.
    pub fn read(document: &Value) -> Result<Signed<Self>, WatcherError> {
        let signed: Signed<Self> = documents::read_own(document)?;
        let stated = &signed.credential.subject;
        stated.check()?;
        if stated.watcher != signed.credential.issuer {
            return Err(WatcherError::Other("watcher"));
        }
        Ok(signed)
    }

    fn check(&self) -> Result<(), WatcherError> {
        let ascending = self.corridors.is_sorted_by(|a, b| a < b);
        match (1..=CORRIDORS_MAX).contains(&self.corridors.len()) && ascending {
            true if self.answers_within > 0 => Ok(()),
            true => Err(WatcherError::Other("answers_within")),
            false => Err(WatcherError::Other("corridors")),
        }
    }
}
