//! Forks of the lanes of a corridor, as this zone knows them: the alarm, and what came of it.
//!
//! Invariant: an alarm is kept in the commit of the halt that carries it, ours or the peer's; what is
//! told of a fork is read from the lanes.

use std::collections::BTreeMap;

use canon::{Canonical, CorridorId, Digest, Timestamp};
use corridor::evidence::Evidence;
use corridor::fork::{Alarm, Fork, Known, Raised, found, parted_before};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::context::Open;
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

const KIND: &str = "fork";

/// A fork, as kept beside its corridor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForkRecord {
    #[serde(rename = "type")]
    type_: String,
    /// The newest alarm, with its evidence.
    raised: Raised,
    /// What ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resolution: Option<Value>,
}

fn key(id: &CorridorId, fork: &Fork) -> String {
    format!("{id}/{fork}")
}

impl<W> Writes<'_, W> {
    /// Keep the newest alarm about a fork.
    pub(super) fn alarmed(
        &mut self,
        zone: &Zone,
        (id, fork): (&CorridorId, &Fork),
        raised: Raised,
    ) -> Result<(), Refused> {
        let before: Option<Loaded<ForkRecord>> = zone.load(KIND, &key(id, fork))?;
        let (rev, resolution) = before.map_or((None, None), |b| (b.rev, b.value.resolution));
        let record = ForkRecord { type_: "MEZForkKept".to_owned(), raised, resolution };
        self.state(KIND, &key(id, fork), rev, &record)
    }

    /// Keep what ended a fork.
    pub(super) fn resolved(
        &mut self,
        zone: &Zone,
        (id, fork): (&CorridorId, &Fork),
        resolution: &Value,
    ) -> Result<(), Refused> {
        let mut known: Loaded<ForkRecord> = zone.need(KIND, &key(id, fork))?;
        known.value.resolution = Some(resolution.clone());
        self.state(KIND, &key(id, fork), known.rev, &known.value)
    }
}

impl Zone {
    /// The alarm that this file, with all that is kept of the same fork, gives; nothing where the file
    /// is about no lane, or about a fork that is resolved.
    pub(super) fn alarm(
        &self,
        open: &Open,
        file: &Canonical,
        now: Timestamp,
    ) -> Result<Option<(Fork, Raised)>, Refused> {
        let id = &open.terms.corridor_id;
        let new: Evidence = file.read().map_err(Refused::host)?;
        let Some((fork, _)) = found(&new, id, &open.there) else { return Ok(None) };
        let told = open.lane_here.value.forks();
        // Receipts of a history that did not stand are in flight, whatever their sequence.
        let in_flight = told.resolved_before(&fork) && parted_before(&new);
        if told.resolved(&fork).is_some() || in_flight {
            return Ok(None);
        }
        let mut files = vec![new];
        for (digest, document) in self.evidence_rows(id)? {
            let held: Evidence = serde_json::from_value(document).map_err(Refused::host)?;
            let same = found(&held, id, &open.there).is_some_and(|(at, _)| at == fork);
            if same && digest != file.digest() {
                files.push(held);
            }
        }
        let parties = (&self.here, &*open.there);
        let raised = Alarm::raise(&fork, id, parties, files, (now, self.keys.assertion.as_ref()));
        Ok(Some((fork, raised.map_err(Refused::unsigned_here)?)))
    }

    fn fork_records(&self, id: &CorridorId) -> Result<BTreeMap<String, ForkRecord>, Refused> {
        let prefix = format!("{id}/");
        let rows = self.store.records(KIND, Some(&prefix), store::PAGE_MAX)?;
        let ours = rows.into_iter().take_while(|(key, _)| key.starts_with(&prefix));
        let read = |(key, row): (String, store::Record)| {
            let record = serde_json::from_slice(&row.body).map_err(Refused::host)?;
            Ok((key.strip_prefix(&prefix).unwrap_or_default().to_owned(), record))
        };
        ours.map(read).collect()
    }

    /// The forks of both lanes of a corridor.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn corridor_forks(&self, id: &CorridorId) -> Result<Value, Refused> {
        let known = self.corridor_record(id)?.value;
        let mut kept = self.fork_records(id)?;
        let mut forks = Vec::new();
        if !kept.is_empty() {
            let open = self.open_corridor(id)?;
            let lanes = [&open.lane_here.value, &open.lane_there.value];
            for fork in lanes.into_iter().flat_map(|lane| lane.forks().known()) {
                let Some(record) = kept.remove(&fork.fork.to_string()) else { continue };
                forks.push(self.fork_shown(&open, fork, &record)?);
            }
        }
        Ok(json!({ "corridor_id": id, "state": known.state, "forks": forks }))
    }

    pub(super) fn fork_shown(
        &self,
        open: &Open,
        known: &Known,
        record: &ForkRecord,
    ) -> Result<Value, Refused> {
        let fork = &known.fork;
        let of_peer = fork.lane == *open.there.zone();
        let lanes = [&open.lane_here.value, &open.lane_there.value];
        let [here, there] = lanes.map(|lane| lane.forks().resolved(fork).is_some());
        let cut = self.newest_cut(open, fork)?;
        let acked = if of_peer { lanes[0].acked() } else { lanes[1].acked() };
        let ground = known.standing(acked, cut.as_ref().map(|(cut, size)| (cut, *size))).ground();
        let (held, _) = self.held_at(open, fork)?;
        Ok(json!({
            "fork": fork.to_string(),
            "lane": fork.lane,
            "sequence": fork.sequence,
            "candidates": known.candidates,
            "held_next_root": held,
            "evidence_set_sha256": known.evidence_set_sha256,
            "evidence_files": known.evidence_files(),
            "alarm": record.raised.credential,
            "ground": ground,
            "resolver": if of_peer { self.zone_id() } else { open.there.zone() },
            "resolved_here": here,
            "resolved_there": there,
            "resolution": record.resolution,
        }))
    }

    /// The alarm about a fork with its evidence, byte for byte: `mez verify` judges it alone.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn fork_alarm(&self, id: &CorridorId, fork: &Fork) -> Result<Vec<u8>, Refused> {
        let kept: Loaded<ForkRecord> = self.need(KIND, &key(id, fork))?;
        Ok(Canonical::of(&kept.value.raised)?.bytes().to_vec())
    }

    /// Evidence kept against the peer that no resolved fork accounts for.
    pub(super) fn unsettled_evidence(&self, id: &CorridorId) -> Result<usize, Refused> {
        let ended: Vec<Digest> = self
            .fork_records(id)?
            .into_values()
            .filter(|record| record.resolution.is_some())
            .flat_map(|record| record.raised.evidence)
            .filter_map(|file| Canonical::of(&file).ok().map(|bytes| bytes.digest()))
            .collect();
        let files = self.evidence_digests(id)?;
        Ok(files.into_iter().filter(|digest| !ended.contains(digest)).count())
    }
}
