//! One of the two zones, as a watcher asks it: over the public wire, believing nothing.

use canon::{Canonical, CorridorId, Did, ZoneId};
use corridor::watcher::{Piece, SetNow, read_piece};
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

    fn post(&self, path: &str, body: &Value) -> Result<Value, WatcherFault> {
        let key = Canonical::of_value(body).map_err(|error| self.answer(error))?.digest();
        let done = self.client.post(path, body, &key.to_string());
        done.map_err(|error| WatcherFault::Zone(self.did.clone(), error))
    }
}

impl corridor::watcher::Source for Source {
    type Fault = WatcherFault;

    fn did(&self) -> &Did {
        &self.did
    }

    fn zone(&self) -> &ZoneId {
        &self.zone
    }

    fn head(&self, id: &CorridorId, lane: &ZoneId) -> Result<Vec<u8>, WatcherFault> {
        self.get(&format!("/tlog/corridor/{id}/lane/{lane}/checkpoint"))
    }

    fn history(&self, id: &CorridorId) -> Result<Vec<u8>, WatcherFault> {
        self.get(&format!("/v1/corridors/{id}/bundle"))
    }

    fn piece(
        &self,
        id: &CorridorId,
        [first, second]: [u64; 2],
        cuts: usize,
    ) -> Result<Piece, WatcherFault> {
        let asked = format!("first={first}&second={second}&cuts={cuts}");
        let bytes = self.get(&format!("/v1/corridors/{id}/piece?{asked}"))?;
        read_piece(&bytes).map_err(|error| self.answer(error))
    }

    fn watchers(&self, id: &CorridorId) -> Result<(Option<SetNow>, Value), WatcherFault> {
        let bytes = self.get(&format!("/v1/corridors/{id}/watchers"))?;
        let told = canon::parse_value(&bytes).map_err(|error| self.answer(error))?;
        SetNow::told(&told).map_err(|error| self.answer(error))
    }

    fn attest(&self, watcher: &Did, attestation: &Value) -> Result<Value, WatcherFault> {
        let path = format!("/v1/watchers/{watcher}/attest");
        self.post(&path, &json!({ "attestation": attestation }))
    }

    fn accuse(&self, id: &CorridorId, file: &Value) -> Result<Value, WatcherFault> {
        self.post(&format!("/v1/corridors/{id}/evidence"), &json!({ "evidence": file }))
    }
}
