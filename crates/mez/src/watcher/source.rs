//! One of the two zones, as a watcher asks it: over the public wire, believing nothing.

use canon::{Canonical, CorridorId, Did, Digest, ZoneId};
use corridor::Credential;
use corridor::watcher::WatcherSet;
use serde_json::{Value, json};

use super::WatcherFault;
use crate::client::Client;

/// A zone and how it is asked.
pub(crate) struct Source {
    client: Client,
    /// The DID it is pinned by.
    pub(crate) did: Did,
    /// Its id, as its inception says; told apart from others by the DID.
    pub(crate) zone: ZoneId,
}

/// What a zone says of its watchers of a corridor.
pub(crate) struct SetNow {
    pub(crate) set: WatcherSet,
    pub(crate) sha256: Digest,
}

impl Source {
    /// A zone at a URL, pinned by its DID.
    pub(crate) fn open(client: Client, did: Did) -> Result<Self, WatcherFault> {
        let away = |error| WatcherFault::Zone(did.clone(), error);
        let inception = client.get("/.well-known/mez/inception.json").map_err(away)?;
        let inception = proof::inception::Inception::verify(&inception, &did);
        let inception = inception.map_err(|e| WatcherFault::Answer(did.clone(), e.to_string()))?;
        let zone = inception.zone_id().clone();
        Ok(Self { client, did, zone })
    }

    fn answer(&self, error: impl ToString) -> WatcherFault {
        WatcherFault::Answer(self.did.clone(), error.to_string())
    }

    fn get(&self, path: &str) -> Result<Vec<u8>, WatcherFault> {
        self.client.fetch_bytes(path).map_err(|error| WatcherFault::Zone(self.did.clone(), error))
    }

    /// The checkpoint of a lane as it is shown to anybody; equal bytes, equal lane.
    pub(crate) fn head(&self, id: &CorridorId, lane: &ZoneId) -> Result<Vec<u8>, WatcherFault> {
        self.get(&format!("/tlog/corridor/{id}/lane/{lane}/checkpoint"))
    }

    /// The whole history, payments withheld.
    pub(crate) fn history(&self, id: &CorridorId) -> Result<Vec<u8>, WatcherFault> {
        self.get(&format!("/v1/corridors/{id}/bundle"))
    }

    /// How many cuts the zone keeps; a sign that there is something new.
    pub(crate) fn watchers(
        &self,
        id: &CorridorId,
    ) -> Result<(Option<SetNow>, Value), WatcherFault> {
        let bytes = self.get(&format!("/v1/corridors/{id}/watchers"))?;
        let told = canon::parse_value(&bytes).map_err(|error| self.answer(error))?;
        let newest = told.get("newest_cut_sha256").cloned().unwrap_or_default();
        let Some(document) = told.get("set").filter(|set| !set.is_null()) else {
            return Ok((None, newest));
        };
        // Whether it is the zone's is for those who rely on it; a watcher only counts itself in it.
        let read = Canonical::of_value(document).and_then(|c| c.read::<Credential<WatcherSet>>());
        let set = read.map_err(|error| self.answer(error))?.subject;
        let sha256 = corridor::watcher::set_digest(document)?;
        Ok((Some(SetNow { set, sha256 }), newest))
    }

    /// Hand an attestation in.
    pub(crate) fn attest(&self, watcher: &Did, attestation: &Value) -> Result<Value, WatcherFault> {
        let path = format!("/v1/watchers/{watcher}/attest");
        self.post(&path, &json!({ "attestation": attestation }))
    }

    /// Hand a proof in that a zone of the corridor signed two histories.
    pub(crate) fn accuse(&self, id: &CorridorId, file: &Value) -> Result<Value, WatcherFault> {
        self.post(&format!("/v1/corridors/{id}/evidence"), &json!({ "evidence": file }))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, WatcherFault> {
        let key = Canonical::of_value(body).map_err(|error| self.answer(error))?.digest();
        let done = self.client.post(path, body, &key.to_string());
        done.map_err(|error| WatcherFault::Zone(self.did.clone(), error))
    }
}
