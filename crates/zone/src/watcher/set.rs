//! The watcher sets of corridors: drawn up anew, and signed, with everything that changes one.

use canon::{CorridorId, Digest, Timestamp};
use corridor::watcher::rates::{MEMBERS_MAX, MEMBERS_MIN};
use corridor::watcher::{Member, Quorum, Watcher, WatcherSet, set_digest, weights};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refused;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::writes::Writes;
use crate::zone::Zone;

/// Kind of the records of sets.
const SET: &str = "watcher-set";
/// Most sets looked at for one corridor.
const SETS_MAX: usize = 10_000;

/// A set, or that there is none now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetRecord {
    #[serde(rename = "type")]
    type_: String,
    pub(super) epoch: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) set: Option<Value>,
}

fn key(id: &CorridorId, epoch: u64) -> String {
    format!("{id}/{epoch:016}")
}

impl Zone {
    /// The sets of a corridor, oldest first.
    pub(super) fn set_records(&self, id: &CorridorId) -> Result<Vec<SetRecord>, Refused> {
        let prefix = format!("{id}/");
        let rows = self.store.records(SET, Some(&prefix), SETS_MAX)?;
        let ours = rows.into_iter().take_while(|(key, _)| key.starts_with(&prefix));
        ours.map(|(_, row)| serde_json::from_slice(&row.body).map_err(Refused::host)).collect()
    }

    /// The set that counts now, with its digest; nothing while there is none or it has ended.
    pub(crate) fn set_now(&self, id: &CorridorId) -> Result<Option<(Value, Digest)>, Refused> {
        let last = self.set_records(id)?.pop().and_then(|record| record.set);
        let until = |set: &Value| {
            let text = set.get("validUntil").and_then(Value::as_str).unwrap_or_default();
            Timestamp::parse(text).is_ok_and(|until| self.now() < until)
        };
        let Some(set) = last.filter(until) else { return Ok(None) };
        let digest = set_digest(&set).map_err(refused)?;
        Ok(Some((set, digest)))
    }

    /// Draw up anew the sets that a change of one watcher touches.
    pub(super) fn compose_sets<W>(
        &self,
        writes: &mut Writes<'_, W>,
        changed: &Watcher,
        now: Timestamp,
    ) -> Result<(), Refused> {
        for id in &changed.corridors {
            let counting = self.counting(id, changed)?;
            self.compose_set(writes, id, counting, now)?;
        }
        Ok(())
    }

    fn compose_set<W>(
        &self,
        writes: &mut Writes<'_, W>,
        id: &CorridorId,
        counting: Vec<Watcher>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let last = self.set_records(id)?.pop();
        let epoch = last.as_ref().map_or(0, |last| last.epoch.saturating_add(1));
        let set = self.drawn_set(id, epoch, counting, now)?;
        // That there is none is said once.
        if set.is_none() && last.is_none_or(|last| last.set.is_none()) {
            return Ok(());
        }
        let record = SetRecord { type_: "MEZWatcherSetKept".to_owned(), epoch, set };
        writes.state(SET, &key(id, epoch), None, &record)
    }

    fn drawn_set(
        &self,
        id: &CorridorId,
        epoch: u64,
        counting: Vec<Watcher>,
        now: Timestamp,
    ) -> Result<Option<Value>, Refused> {
        let member = |known: Watcher| Some(Member { bond: known.bond?, watcher: known.watcher });
        let mut members: Vec<Member> = counting.into_iter().filter_map(member).collect();
        members.sort_by_key(|member| std::cmp::Reverse(member.bond.minor()));
        members.truncate(MEMBERS_MAX);
        members.sort_by(|a, b| a.watcher.cmp(&b.watcher));
        let bonds: Option<Vec<u128>> =
            members.iter().map(|member| u128::try_from(member.bond.minor()).ok()).collect();
        let Some(first) = members.first().filter(|_| bonds.and_then(|b| weights(&b)).is_some())
        else {
            return Ok(None);
        };
        let set = WatcherSet {
            corridor_id: id.clone(),
            currency: first.bond.currency(),
            epoch,
            members,
            quorum: Quorum::TwoThirds,
            realm: self.realm(),
            zone_id: self.zone_id().clone(),
        };
        let set = set.sign(&self.here, now, self.keys.assertion.as_ref());
        set.map(Some).map_err(refused)
    }

    /// Sign the present watchers of a corridor anew: before a set ends, or after a rotation of keys.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn renew_watcher_set(&self, ask: &Ask, id: &CorridorId) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Watchers, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        self.open_corridor(id)?;
        let mut counting = self.all_watchers()?;
        counting.retain(|known| known.counts_for(id));
        if counting.len() < MEMBERS_MIN {
            let detail = format!("{} watchers count, {MEMBERS_MIN} are needed", counting.len());
            return Err(Refused::conflict("too-few-watchers", detail));
        }
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        self.compose_set(&mut writes, id, counting, now)?;
        let body = json!({ "result": { "corridor_id": id } });
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// The set of a corridor that counts now, and what it attested of the newest cut.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn corridor_watchers(&self, id: &CorridorId) -> Result<Value, Refused> {
        let open = self.open_corridor(id)?;
        let set = self.set_now(id)?;
        let newest = self.newest_cut_sha256(&open)?;
        let attested = match &newest {
            Some(cut) => self.attestations_of(id, cut)?.len(),
            None => 0,
        };
        let mut counting: Vec<Watcher> = self.all_watchers()?;
        counting.retain(|known| known.counts_for(id));
        Ok(json!({
            "corridor_id": id,
            "zone_id": self.zone_id(),
            "counting": counting.len(),
            "needed": MEMBERS_MIN,
            "set": set.as_ref().map(|(set, _)| set),
            "set_sha256": set.as_ref().map(|(_, digest)| digest),
            "newest_cut_sha256": newest,
            "attestations_of_newest_cut": attested,
        }))
    }

    pub(super) fn loaded_watcher_set(
        &self,
        id: &CorridorId,
        sha256: &Digest,
    ) -> Result<Option<Value>, Refused> {
        for record in self.set_records(id)?.into_iter().rev() {
            let Some(set) = record.set else { continue };
            if set_digest(&set).map_err(refused)? == *sha256 {
                return Ok(Some(set));
            }
        }
        Ok(None)
    }
}
