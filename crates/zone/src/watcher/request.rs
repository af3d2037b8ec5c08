//! Requests to watchers, recorded in our lane, and their answers: what nobody answered is evidence.
//!
//! A registered watcher said within how many receipts of a lane it answers. The request is a receipt of ours; the
//! attestation that answers it is recorded in the same lane, in the commit that takes it. Once the lane has grown by
//! as many receipts, and a cut covers them, the run between proves alone that no answer is in it.

use canon::{Canonical, CorridorId, Did, Digest};
use corridor::watcher::{
    Attestation, Case, RUN_MAX, Registration, Request, Response, Step, Unanswered, accuse,
};
use corridor::{Cut, TransitionKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{refused, subject};
use crate::corridor::{Open, Say, stream_here};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::journal::DECISIONS;
use crate::limits::{PAGE_MAX, REQUESTS_OPEN_MAX};
use crate::refused::{Envelope, Refused};
use crate::writes::{OnDuty, Writes};
use crate::zone::{Loaded, Page, Zone};

/// Kind of the records of requests, by corridor and sequence.
const REQUEST: &str = "watcher-request";
/// Kind of the records of registrations, by watcher.
const CONTRACT: &str = "watcher-contract";

/// What a watcher is asked to attest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestAsk {
    /// Of which corridor.
    pub corridor_id: CorridorId,
    /// Which cut; the newest, unless given.
    pub cut_sha256: Option<Digest>,
}

/// A request as this zone keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    #[serde(rename = "type")]
    type_: String,
    corridor_id: CorridorId,
    cut_sha256: Digest,
    watcher: Did,
    /// Where it stands in our lane.
    sequence: u64,
    next_root: Digest,
    /// Receipts after it within which it is to be answered.
    answers_within: u64,
    /// Sequence of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered: Option<u64>,
}

impl Kept {
    /// The last receipt in which an answer counts.
    const fn last(&self) -> u64 {
        self.sequence.saturating_add(self.answers_within)
    }

    fn in_time(&self) -> bool {
        self.answered.is_some_and(|at| at <= self.last())
    }

    fn shown(&self, size: u64) -> Value {
        let state = match () {
            () if self.in_time() => "answered",
            () if size > self.last() => "unanswered",
            () => "open",
        };
        let mut shown = json!(self);
        if let Some(members) = shown.as_object_mut() {
            members.insert("state".to_owned(), state.into());
            members.insert("last".to_owned(), self.last().into());
        }
        shown
    }
}

fn key(id: &CorridorId, sequence: u64) -> String {
    format!("{id}/{sequence:012}")
}

impl Writes<'_, OnDuty> {
    /// Keep what a watcher signed when it registered.
    pub(super) fn contract(&mut self, watcher: &Did, document: &Value) -> Result<(), Refused> {
        self.state(CONTRACT, watcher.as_str(), None, document)
    }
}

impl Zone {
    /// Ask a watcher, in our lane, to attest a cut.
    ///
    /// # Errors
    /// See [`Refused`]; `request-open` while another of this corridor waits for it, `request-answered` where it has
    /// attested that cut.
    pub fn request_attestation(
        &self,
        ask: &Ask,
        watcher: &Did,
        wanted: &RequestAsk,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Watchers, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let id = &wanted.corridor_id;
        let open = self.open_corridor(id)?;
        open.for_business(now)?;
        let known = self.watcher_record(watcher)?.value;
        if !known.counts_for(id) {
            let detail = format!("`{watcher}` does not watch `{id}` now");
            return Err(Refused::conflict("watcher-state", detail));
        }
        let answers_within = self.contract_of(watcher)?.1.answers_within;
        if usize::try_from(answers_within).map_or(true, |within| within > RUN_MAX) {
            let detail = format!("no file proves a silence of more than {RUN_MAX} receipts");
            return Err(Refused::conflict("request-unenforceable", detail));
        }
        let cut_sha256 = self.cut_asked(&open, wanted.cut_sha256)?;
        let size = open.lane_here.value.size();
        let requests = self.requests_kept(id)?;
        let waiting: Vec<&Kept> =
            requests.iter().filter(|kept| kept.answered.is_none() && kept.last() >= size).collect();
        if waiting.iter().any(|kept| kept.watcher == *watcher) {
            return Err(Refused::conflict("request-open", "it has not answered the one before"));
        }
        if waiting.len() >= REQUESTS_OPEN_MAX {
            return Err(Refused::conflict("too-many-requests", "wait for answers first"));
        }
        if self.has_attested(id, &cut_sha256, watcher)? {
            return Err(Refused::conflict("request-answered", "it has attested this cut"));
        }
        let request = Request {
            corridor_id: id.clone(),
            cut_sha256,
            type_: Request::TYPE.to_owned(),
            watcher: watcher.clone(),
        };
        let payload = serde_json::to_value(&request).map_err(Refused::host)?;
        let kind = TransitionKind::Noop;
        let say = Say { kind, payload, decision_commitment: None, ack: None };
        let (written, item) = self.write_here(&open, say, now)?;
        let kept = Kept {
            type_: "MEZWatcherRequestKept".to_owned(),
            corridor_id: id.clone(),
            cut_sha256,
            watcher: watcher.clone(),
            sequence: written.receipt.sequence,
            next_root: written.receipt.next_root,
            answers_within,
            answered: None,
        };
        let mut writes = self.on_duty(&duty, now, &subject(watcher))?;
        writes.wrote(&open, (&written, &item), now)?;
        writes.state(REQUEST, &key(id, kept.sequence), None, &kept)?;
        let body = json!({ "result": kept.shown(size + 1), "receipt": item.receipt });
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 201, replayed: false })
    }

    /// Record, in the commit that takes an attestation, that it answers a request. While the corridor is stopped
    /// nothing is recorded; what was attested is no evidence of silence all the same.
    pub(super) fn answer_request(
        &self,
        writes: &mut Writes<'_, OnDuty>,
        said: &Attestation,
        document: &Value,
    ) -> Result<(), Refused> {
        let id = &said.corridor_id;
        let now = self.now();
        let waits = |kept: &Kept| {
            let about = kept.watcher == said.watcher && kept.cut_sha256 == said.cut_sha256;
            about && kept.answered.is_none()
        };
        let Some(mut kept) = self.requests_kept(id)?.into_iter().find(waits) else {
            return Ok(());
        };
        let open = self.open_corridor(id)?;
        if open.for_business(now).is_err() {
            return Ok(());
        }
        let answer = Response {
            attestation: document.clone(),
            request: kept.next_root,
            type_: Response::TYPE.to_owned(),
        };
        let payload = serde_json::to_value(&answer).map_err(Refused::host)?;
        let kind = TransitionKind::Noop;
        let say = Say { kind, payload, decision_commitment: None, ack: None };
        let (written, item) = self.write_here(&open, say, now)?;
        kept.answered = Some(written.receipt.sequence);
        writes.wrote(&open, (&written, &item), now)?;
        let id = key(id, kept.sequence);
        let rev = self.load::<Kept>(REQUEST, &id)?.and_then(|known| known.rev);
        writes.state(REQUEST, &id, rev, &kept)
    }

    /// The requests of a corridor in the order of our lane.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn watcher_requests(
        &self,
        id: &CorridorId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page, Refused> {
        let size = self.open_corridor(id)?.lane_here.value.size();
        let all = self.requests_kept(id)?;
        let limit = limit.clamp(1, PAGE_MAX);
        let rest: Vec<&Kept> =
            all.iter().filter(|kept| after.is_none_or(|after| kept.sequence > after)).collect();
        let shown: Vec<&Kept> = rest.iter().take(limit).copied().collect();
        let next = (rest.len() > limit).then(|| shown.last().map(|kept| kept.sequence.to_string()));
        let items = shown.iter().map(|kept| kept.shown(size)).collect();
        Ok(Page { items, next: next.flatten() })
    }

    /// The file that proves, alone, that the request of this sequence was not answered as its contract says.
    ///
    /// # Errors
    /// `request-answered`; `request-open` while it may still be answered; `no-cut` where no cut signed by both
    /// covers the run yet.
    pub fn unanswered_evidence(&self, id: &CorridorId, sequence: u64) -> Result<Value, Refused> {
        let open = self.open_corridor(id)?;
        let kept: Kept = self.need::<Kept>(REQUEST, &key(id, sequence))?.value;
        if kept.in_time() || self.has_attested(id, &kept.cut_sha256, &kept.watcher)? {
            return Err(Refused::conflict("request-answered", "the watcher attested this cut"));
        }
        let last = kept.last();
        if open.lane_here.value.size() <= last {
            let detail = format!("it may be answered up to receipt {last} of our lane");
            return Err(Refused::conflict("request-open", detail));
        }
        let here = self.zone_id();
        let covers = |cut: &Cut| {
            cut.lanes
                .iter()
                .find(|lane| lane.zone_id == *here && lane.size > last)
                .map(|lane| lane.size)
        };
        let mut covering = None;
        for record in self.cut_records(id)? {
            let cut = Cut::read(&record.cut, &open.terms).map_err(Refused::host)?;
            if let Some(size) = covers(&cut) {
                covering = Some((record.cut, size));
                break;
            }
        }
        let (cut, size) = covering.ok_or_else(|| {
            let detail = format!("no cut signed by both covers receipt {last} of our lane");
            Refused::conflict("no-cut", detail)
        })?;
        let stream = stream_here(id);
        let mut run = Vec::new();
        while sequence + (run.len() as u64) <= last {
            let from = sequence + run.len() as u64;
            let left = usize::try_from(last - from + 1).map_err(Refused::host)?;
            let items = self.items(&stream, from, left.min(store::PAGE_MAX))?;
            if items.is_empty() {
                return Err(Refused::host("a lane ends before its size"));
            }
            for item in items {
                let kind = item.read().map_err(Refused::host)?.transition.kind;
                let payload = item.payload.filter(|_| kind == TransitionKind::Noop);
                run.push(Step { payload, receipt: item.receipt });
            }
        }
        let (registration, _) = self.contract_of(&kept.watcher)?;
        let inclusion = self.included(&stream, last, size)?;
        let zones = self.zones_of(&open)?;
        let case = Case::Unanswered(Unanswered { cut, inclusion, registration, run, zones });
        let file = accuse(case).map_err(|judged| {
            let why = judged.reasons.first().map(|reason| reason.detail.clone());
            Refused::conflict("request-answered", why.unwrap_or_default())
        })?;
        Ok(
            json!({ "evidence": file.value(), "evidence_sha256": file.digest(), "watcher": kept.watcher }),
        )
    }

    /// What a watcher signed when it registered.
    fn contract_of(&self, watcher: &Did) -> Result<(Value, Registration), Refused> {
        let known: Option<Loaded<Value>> = self.load(CONTRACT, watcher.as_str())?;
        let document = match known {
            Some(known) => known.value,
            // Taken before contracts were records: the journal has it.
            None => self.contract_in_journal(watcher)?,
        };
        let signed = Registration::read(&document).map_err(refused)?;
        Ok((document, signed.credential.subject))
    }

    fn contract_in_journal(&self, watcher: &Did) -> Result<Value, Refused> {
        let about = subject(watcher);
        let mut from = 0;
        loop {
            let entries = self.store.journal(DECISIONS, from, store::PAGE_MAX)?;
            let Some(last) = entries.last() else {
                return Err(Refused::absent(CONTRACT, watcher));
            };
            from = last.seq + 1;
            for entry in entries {
                let said = canon::parse_value(&entry.body).map_err(Refused::host)?;
                let found = said.pointer("/body/said/registration");
                if said.get("subject").and_then(Value::as_str) == Some(about.as_str())
                    && let Some(document) = found
                {
                    return Ok(document.clone());
                }
            }
        }
    }

    fn requests_kept(&self, id: &CorridorId) -> Result<Vec<Kept>, Refused> {
        let prefix = format!("{id}/");
        let (mut all, mut after) = (Vec::new(), prefix.clone());
        loop {
            let rows = self.store.records(REQUEST, Some(&after), store::PAGE_MAX)?;
            let ours: Vec<_> =
                rows.into_iter().take_while(|(key, _)| key.starts_with(&prefix)).collect();
            let Some((last, _)) = ours.last() else { return Ok(all) };
            after.clone_from(last);
            for (_, row) in ours {
                let kept = Canonical::exact(&row.body).and_then(|body| body.read());
                all.push(kept.map_err(Refused::host)?);
            }
        }
    }

    fn cut_asked(&self, open: &Open, cut_sha256: Option<Digest>) -> Result<Digest, Refused> {
        let id = &open.terms.corridor_id;
        let Some(cut_sha256) = cut_sha256 else {
            let newest = self.newest_cut_sha256(open)?;
            let detail = format!("corridor `{id}` has no cut signed by both");
            return newest.ok_or_else(|| Refused::conflict("no-cut", detail));
        };
        let known = self.cut_named(open, &cut_sha256)?.is_some();
        let unknown = || Refused::conflict("cut-unknown", "this zone keeps no such cut");
        known.then_some(cut_sha256).ok_or_else(unknown)
    }
}
