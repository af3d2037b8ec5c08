//! A zone as a watcher of a run asks it: over the virtual wire, in its weather.

use std::sync::Arc;

use canon::{Canonical, CorridorId, Did, Digest, ZoneId};
use corridor::watcher::{Piece, SetNow, Source, read_piece};
use serde_json::{Value, json};
use zone::{Ask, Envelope, Refused, Zone};

use super::folder::Stopped;
use crate::net::Net;

/// A zone, and how it is asked.
#[derive(Clone)]
pub(crate) struct SimSource {
    pub(crate) net: Arc<Net>,
    /// Who asks.
    pub(crate) from: String,
    pub(crate) url: String,
    pub(crate) did: Did,
    pub(crate) zone: ZoneId,
    pub(crate) token: String,
}

impl SimSource {
    fn asked<T>(&self, ask: impl FnOnce(&Zone) -> Result<T, Refused>) -> Result<T, Stopped> {
        let away = |why: String| Stopped::Away(format!("{}: {why}", self.url));
        let answer = self.net.asked(&self.from, &self.url, ask).map_err(|e| away(e.to_string()))?;
        answer.map_err(|refused| away(refused.to_string()))
    }

    fn post(
        &self,
        body: &Value,
        send: impl FnOnce(&Zone, &Ask) -> Result<Envelope, Refused>,
    ) -> Result<Value, Stopped> {
        let digest = Digest::of_blob(body.to_string().as_bytes());
        self.asked(|zone| {
            let caller = zone.authenticate(&self.token)?;
            let ask = Ask::keyed(caller, &digest.to_string(), digest)?;
            Ok(send(zone, &ask)?.body)
        })
    }
}

impl Source for SimSource {
    type Fault = Stopped;

    fn did(&self) -> &Did {
        &self.did
    }

    fn zone(&self) -> &ZoneId {
        &self.zone
    }

    fn head(&self, id: &CorridorId, lane: &ZoneId) -> Result<Vec<u8>, Stopped> {
        self.asked(|zone| zone.lane_checkpoint(id, lane))
    }

    fn history(&self, id: &CorridorId) -> Result<Vec<u8>, Stopped> {
        self.asked(|zone| {
            let ask = Ask::once(zone.authenticate(&self.token)?);
            zone.export_bundle(&ask, id, false)
        })
    }

    fn piece(&self, id: &CorridorId, from: [u64; 2], cuts: usize) -> Result<Piece, Stopped> {
        let told = self.asked(|zone| zone.corridor_piece(id, from, cuts))?;
        let bytes = Canonical::of_value(&told).map_err(|e| Stopped::Away(e.to_string()))?;
        read_piece(bytes.bytes()).map_err(|e| Stopped::Away(e.to_string()))
    }

    fn watchers(&self, id: &CorridorId) -> Result<(Option<SetNow>, Value), Stopped> {
        let told = self.asked(|zone| zone.corridor_watchers(id))?;
        SetNow::told(&told).map_err(Stopped::Away)
    }

    fn attest(&self, watcher: &Did, attestation: &Value) -> Result<Value, Stopped> {
        let body = json!({ "attestation": attestation });
        self.post(&body, |zone, ask| zone.take_attestation(ask, watcher, attestation))
    }

    fn accuse(&self, id: &CorridorId, file: &Value) -> Result<Value, Stopped> {
        let body = json!({ "evidence": file });
        self.post(&body, |zone, ask| zone.take_evidence(ask, id, file))
    }
}
