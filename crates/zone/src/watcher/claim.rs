//! Claims on bonds: filed with evidence by anybody, appealed by the watcher, ruled on by an authority,
//! executed by the zone's own clockwork once the challenge window has passed.
//!
//! Invariant: no claim without evidence that its judge finds proven; a bond moves once a claim, to the
//! slashed account, and never while the claim is stayed.

use canon::{Canonical, Did, Digest, Timestamp};
use corridor::watcher::{Claim, ClaimEvent, Event, Outcome, Proven, Watcher, judge_accusation};
use registry::{AccountKind, PositiveAmount};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{WATCHER, by_watcher, refused, subject};
use crate::caller::Scope;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::JOBS_MAX;
use crate::pipeline::Upon;
use crate::refused::{Envelope, Refused};
use crate::writes::{OnDuty, Writes};
use crate::zone::{Loaded, Page, Zone};

/// Kind of the records of claims, by id.
const CLAIM: &str = "claim";
/// Queue of claims whose window ends.
const QUEUE: &str = "claim";
/// Longest reason of an appeal, in bytes.
const REASON_BYTES_MAX: usize = 2_000;

/// A claim with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    #[serde(rename = "type")]
    type_: String,
    claim_id: Digest,
    watcher: Did,
    about: String,
    claim: Claim,
    evidence: Value,
}

/// One deed of one watcher is one claim, whoever brings whichever evidence of it.
fn claim_id(watcher: &Did, proven: &Proven) -> Result<Digest, Refused> {
    let named = json!({ "watcher": watcher, "condition": proven.condition, "about": proven.about });
    Ok(Canonical::of_value(&named)?.digest())
}

fn job(id: &Digest) -> String {
    format!("claim/{id}")
}

impl Zone {
    /// File a claim on a watcher's bond.
    ///
    /// # Errors
    /// See [`Refused`]; `evidence-refused` for evidence that proves nothing of this watcher.
    pub fn slash_watcher(
        &self,
        ask: &Ask,
        watcher: &Did,
        evidence: &Value,
    ) -> Result<Envelope, Refused> {
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let file = Canonical::of_value(evidence)?;
        let proven = self.proven(&file, watcher)?;
        let known = self.watcher_record(watcher)?;
        let id = claim_id(watcher, &proven)?;
        if self.load::<Kept>(CLAIM, &id.to_string())?.is_some() {
            return Err(Refused::conflict("claim-known", format!("claim {id} is about the same")));
        }
        let claim = Claim::filed(proven.condition, file.digest(), now);
        let until = claim.window_ends().map_err(refused)?;
        let event = Event::Accuse(id, claim.clone());
        let after = known.value.clone().apply(event, now).map_err(refused)?;
        let kept = Kept {
            type_: "MEZWatcherClaim".to_owned(),
            claim_id: id,
            watcher: watcher.clone(),
            about: proven.about,
            claim,
            evidence: file.value(),
        };
        let duty = Duty::of_proof(Task::Watchers, &ask.caller);
        let said = json!({ "event": "accuse", "claim_id": id, "condition": proven.condition });
        let mut writes = self.said_of(&duty, watcher, said, now)?;
        writes.job(job(&id), QUEUE, until, &json!({ "claim_id": id }));
        let known = Loaded { rev: known.rev, value: after };
        self.keep_claim(writes, ask, known, Loaded { rev: None, value: kept }, 201)
    }

    /// What evidence proves of this watcher, as far as this zone can tell.
    fn proven(&self, file: &Canonical, watcher: &Did) -> Result<Proven, Refused> {
        let judged = judge_accusation(file.bytes(), &[]);
        let refuse = |detail: String| Err(Refused::invalid("evidence-refused", detail));
        let Some(proven) = judged.proven else {
            let told =
                judged.reasons.first().map(|reason| format!("{}: {}", reason.code, reason.detail));
            return refuse(told.unwrap_or_default());
        };
        if !proven.watchers.contains(watcher) {
            return refuse("it proves nothing of this watcher".to_owned());
        }
        for zone in proven.zones.iter().filter(|zone| *zone != self.did()) {
            let page = self.corridors(None, crate::limits::PAGE_MAX)?;
            let peers = |known: &Value| {
                known.pointer("/peer/did").and_then(Value::as_str) == Some(zone.as_str())
            };
            if !page.items.iter().any(peers) {
                return refuse(format!("it holds under `{zone}`, which is no peer of this zone"));
            }
        }
        Ok(proven)
    }

    /// Appeal a claim within its window: it is stayed until a ruling.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn appeal_claim(
        &self,
        ask: &Ask,
        (watcher, id): (&Did, &Digest),
        reason: &str,
    ) -> Result<Envelope, Refused> {
        by_watcher(&ask.caller, watcher)?;
        if reason.trim().is_empty() || reason.len() > REASON_BYTES_MAX {
            return Err(Refused::invalid("invalid-fields", "/reason is empty or too long"));
        }
        self.turn_claim(ask, (watcher, id), ClaimEvent::Appeal(reason.to_owned()), "appeal")
    }

    /// Record what an authority ruled on an appeal; the zone's operator is none.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn rule_claim(
        &self,
        ask: &Ask,
        (watcher, id): (&Did, &Digest),
        outcome: Outcome,
        award_sha256: Digest,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Regulator])?;
        self.turn_claim(ask, (watcher, id), ClaimEvent::Rule(outcome, award_sha256), "rule")
    }

    fn turn_claim(
        &self,
        ask: &Ask,
        (watcher, id): (&Did, &Digest),
        event: ClaimEvent,
        name: &str,
    ) -> Result<Envelope, Refused> {
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let mut kept: Loaded<Kept> = self.need(CLAIM, &id.to_string())?;
        if kept.value.watcher != *watcher {
            return Err(Refused::absent(CLAIM, id));
        }
        kept.value.claim = kept.value.claim.clone().apply(event, now).map_err(refused)?;
        let mut known = self.watcher_record(watcher)?;
        if !kept.value.claim.is_open() {
            known.value = known.value.apply(Event::Clear(*id), now).map_err(refused)?;
        }
        let duty = Duty::of_proof(Task::Watchers, &ask.caller);
        let said = json!({ "event": name, "claim_id": id, "course": kept.value.claim.course });
        let mut writes = self.said_of(&duty, watcher, said, now)?;
        if kept.value.claim.is_due(now).map_err(refused)? {
            writes.job(job(id), QUEUE, now, &json!({ "claim_id": id }));
        }
        self.keep_claim(writes, ask, known, kept, 200)
    }

    fn said_of(
        &self,
        duty: &Duty,
        watcher: &Did,
        said: Value,
        now: Timestamp,
    ) -> Result<Writes<'_, OnDuty>, Refused> {
        self.on_duty_saying(duty, (now, &subject(watcher)), Some(said), &Upon::default())
    }

    fn keep_claim(
        &self,
        mut writes: Writes<'_, OnDuty>,
        ask: &Ask,
        known: Loaded<Watcher>,
        kept: Loaded<Kept>,
        status: u16,
    ) -> Result<Envelope, Refused> {
        let now = self.now();
        writes.state(CLAIM, &kept.value.claim_id.to_string(), kept.rev, &kept.value)?;
        writes.state(WATCHER, known.value.watcher.as_str(), known.rev, &known.value)?;
        self.compose_sets(&mut writes, &known.value, now)?;
        let body = json!({ "result": kept.value });
        writes.answer(ask.put(status, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status, replayed: false })
    }

    /// Execute the claims that are due. Called by the zone's clockwork.
    pub(crate) fn run_claims(&self) -> Result<usize, Refused> {
        let due = self.store.jobs(QUEUE, self.now().unix(), JOBS_MAX)?;
        for row in &due {
            let body: Value = serde_json::from_slice(&row.body).map_err(Refused::host)?;
            let id = body.get("claim_id").and_then(Value::as_str).unwrap_or_default();
            self.execute_claim(row.id.clone(), id)?;
        }
        Ok(due.len())
    }

    /// Bond → slashed account, the claim and the watcher, in one commit.
    fn execute_claim(&self, row: String, id: &str) -> Result<(), Refused> {
        let _writing = self.writing();
        self.own_hand(&format!("claim {id}"))?;
        let now = self.now();
        let duty = Duty::of_zone(Task::Watchers);
        let mut kept: Loaded<Kept> = self.need(CLAIM, id)?;
        let known = self.watcher_record(&kept.value.watcher)?;
        let about = subject(&kept.value.watcher);
        if !kept.value.claim.is_due(now).map_err(refused)? {
            // Stayed, or settled: a ruling asks again.
            let mut writes = self.on_duty(&duty, now, &about)?;
            writes.done(row);
            return writes.commit();
        }
        let bond = known.value.bond.ok_or_else(|| Refused::host("a claim on no bond"))?;
        let lost = kept.value.claim.condition.of(bond.minor());
        let claim = kept.value.claim.clone().apply(ClaimEvent::Execute(lost), now);
        kept.value.claim = claim.map_err(refused)?;
        let claim_id = kept.value.claim_id;
        let event = Event::Slash(claim_id, kept.value.claim.clone());
        let after = known.value.apply(event, now).map_err(refused)?;
        let amount = PositiveAmount::try_from(canon::Amount::of_minor(lost, bond.currency()));
        let said =
            json!({ "event": "slash", "claim_id": claim_id, "course": kept.value.claim.course });
        let mut writes = match amount {
            Err(_) => self.said_of(&duty, &after.watcher, said, now)?,
            Ok(amount) => {
                let kind = AccountKind::Bond { watcher: after.watcher.clone() };
                let from = self.standing(kind, bond.currency(), now)?;
                let to = self.standing(AccountKind::Slashed {}, bond.currency(), now)?;
                self.on_duty_slashing(&duty, (from, to, amount), said, (now, &about))?
            }
        };
        writes.state(CLAIM, id, kept.rev, &kept.value)?;
        writes.state(WATCHER, after.watcher.as_str(), known.rev, &after)?;
        self.compose_sets(&mut writes, &after, now)?;
        writes.done(row);
        writes.commit()
    }

    /// A page of claims, evidence included.
    ///
    /// # Errors
    /// The store.
    pub fn claims(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        self.list(CLAIM, after, limit)
    }
}
