//! Taking attestations: of cuts this zone signed, by members of the set it keeps.

use canon::{CorridorId, Did, Digest};
use corridor::Cut;
use corridor::limits::SKEW_SECS_MAX;
use corridor::watcher::{Attestation, Event};
use proof::integrity::payload_digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{WATCHER, by_watcher, refused, subject};
use crate::corridor::Open;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// Kind of the records of attestations.
const ATTESTATION: &str = "attestation";
/// Most attestations of one cut.
const ATTESTATIONS_MAX: usize = 10_000;

/// An attestation as it was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    #[serde(rename = "type")]
    type_: String,
    attestation: Value,
}

fn key(id: &CorridorId, cut_sha256: &Digest, watcher: &Did) -> String {
    format!("{id}/{cut_sha256}/{watcher}")
}

fn key_of(said: &Attestation) -> String {
    key(&said.corridor_id, &said.cut_sha256, &said.watcher)
}

impl Zone {
    /// Take an attestation. The same one again is answered as the first time.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn take_attestation(
        &self,
        ask: &Ask,
        watcher: &Did,
        document: &Value,
    ) -> Result<Envelope, Refused> {
        by_watcher(&ask.caller, watcher)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let signed = Attestation::read(document).map_err(refused)?;
        let said = &signed.credential.subject;
        if said.watcher != *watcher {
            return Err(Refused::invalid("watcher-refused", "it is another watcher's attestation"));
        }
        let body = json!({ "result": {
            "watcher": watcher, "corridor_id": said.corridor_id, "cut_sha256": said.cut_sha256,
            "set_sha256": said.set_sha256, "covered_value": said.covered_value,
        }});
        let known: Option<Loaded<Kept>> = self.load(ATTESTATION, &key_of(said))?;
        let same = |kept: &Kept| {
            let kept = Attestation::read(&kept.attestation);
            kept.is_ok_and(|kept| kept.credential.subject == *said)
        };
        if known.as_ref().is_some_and(|known| same(&known.value)) {
            return Ok(Envelope { body, status: 200, replayed: true });
        }
        let now = self.now();
        self.check_attestation(said)?;
        if (signed.credential.valid_from.unix() - now.unix()).abs() > SKEW_SECS_MAX {
            let detail = format!("it is dated {}, here it is {now}", signed.credential.valid_from);
            return Err(Refused::conflict("attestation-skew", detail));
        }
        let record = self.watcher_record(watcher)?;
        let after = record.value.clone().apply(Event::Attest(said.covered_value), now);
        let after = after.map_err(refused)?;
        let duty = Duty::of_proof(Task::Watchers, &ask.caller);
        let mut writes = self.on_duty(&duty, now, &subject(watcher))?;
        writes.state(WATCHER, watcher.as_str(), record.rev, &after)?;
        let kept = Kept { type_: "MEZAttestationKept".to_owned(), attestation: document.clone() };
        writes.state(ATTESTATION, &key_of(said), known.and_then(|known| known.rev), &kept)?;
        self.answer_request(&mut writes, said, document)?;
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 201, replayed: false })
    }

    /// Of a cut both zones signed, by a member of the set in force, for no more than it would lose.
    fn check_attestation(&self, said: &Attestation) -> Result<(), Refused> {
        let open = self.open_corridor(&said.corridor_id)?;
        let conflict = |code, detail: &str| Err(Refused::conflict(code, detail));
        match self.set_now(&said.corridor_id)? {
            Some((set, sha256)) if sha256 == said.set_sha256 => {
                let set: corridor::watcher::WatcherSet = set
                    .get("credentialSubject")
                    .cloned()
                    .map(serde_json::from_value)
                    .transpose()
                    .map_err(Refused::host)?
                    .ok_or_else(|| Refused::host("a set without subject"))?;
                if set.member(&said.watcher).is_none() {
                    return conflict("not-in-set", "the watcher is no member of the set in force");
                }
                let (stated, most) = (said.covered_value.minor(), set.slashable(&said.watcher));
                if stated > most || said.covered_value.currency() != set.currency {
                    let detail =
                        format!("a member covers at most {most} minor units of {}", set.currency);
                    return Err(Refused::invalid("covered-value", detail));
                }
            }
            _ => return conflict("set-superseded", "another watcher set is in force, or none"),
        }
        let found = self.cut_named(&open, &said.cut_sha256)?;
        let Some(cut) = found else {
            return conflict("cut-unknown", "this zone keeps no such cut");
        };
        let ours = said.zone_id == *self.zone_id() && said.realm == self.realm();
        match ours && said.is_of(&cut, &said.cut_sha256) {
            true => Ok(()),
            false => conflict("attestation-differs", "it states other lanes than the cut it names"),
        }
    }

    pub(super) fn cut_named(&self, open: &Open, sha256: &Digest) -> Result<Option<Cut>, Refused> {
        // The newest are asked for most.
        for record in self.cut_records(&open.terms.corridor_id)?.iter().rev() {
            if payload_digest(&record.cut).map_err(Refused::host)? == *sha256 {
                return Cut::read(&record.cut, &open.terms).map(Some).map_err(Refused::host);
            }
        }
        Ok(None)
    }

    /// Whether a watcher attested a cut.
    pub(super) fn has_attested(
        &self,
        id: &CorridorId,
        cut_sha256: &Digest,
        watcher: &Did,
    ) -> Result<bool, Refused> {
        let known: Option<Loaded<Kept>> = self.load(ATTESTATION, &key(id, cut_sha256, watcher))?;
        Ok(known.is_some())
    }

    /// Digest of the newest cut.
    pub(super) fn newest_cut_sha256(&self, open: &Open) -> Result<Option<Digest>, Refused> {
        let last = self.cut_records(&open.terms.corridor_id)?.pop();
        last.map(|record| payload_digest(&record.cut).map_err(Refused::host)).transpose()
    }

    /// Every attestation of a cut, by watcher.
    pub(super) fn attestations_of(
        &self,
        id: &CorridorId,
        cut_sha256: &Digest,
    ) -> Result<Vec<Value>, Refused> {
        let prefix = format!("{id}/{cut_sha256}/");
        let rows = self.store.records(ATTESTATION, Some(&prefix), ATTESTATIONS_MAX)?;
        let ours = rows.into_iter().take_while(|(key, _)| key.starts_with(&prefix));
        let read = |(_, row): (String, store::Record)| {
            let kept: Kept = serde_json::from_slice(&row.body).map_err(Refused::host)?;
            Ok(kept.attestation)
        };
        ours.map(read).collect()
    }
}
