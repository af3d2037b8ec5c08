//! Ending a fork: what stands is said once, in a credential that both lanes carry.
//!
//! Invariant: what is recorded here is what is held here; a lane is never rewritten by a resolution.

use canon::{CorridorId, Digest};
use corridor::fork::{Basis, Chosen, Fork, Known, Resolution};
use corridor::lane::Appended;
use corridor::messages::Item;
use corridor::{Cut, Lane, TransitionKind};
use proof::merkle::Tree;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::context::Open;
use super::halt::stated;
use super::lane::Say;
use super::record::{stream_here, stream_there};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::writes::Writes;
use crate::zone::Zone;

/// What is to stand, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolveAsk {
    /// Why.
    pub reason: String,
    /// The receipt at the forked place that stands; needed only where there is a choice.
    #[serde(default)]
    pub chosen_next_root: Option<Digest>,
    /// A resolution that whoever may choose has signed, instead of one signed here.
    #[serde(default)]
    pub credential: Option<Value>,
}

impl Zone {
    /// Record what stands at a fork.
    ///
    /// # Errors
    /// See [`Refused`]; `fork-resolved`, `fork-authority`, `fork-choice`, `fork-not-held` and
    /// `resolution-refused` say what is to be done instead.
    pub fn resolve_fork(
        &self,
        ask: &Ask,
        id: &CorridorId,
        fork: &Fork,
        resolve: &ResolveAsk,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Fork, &ask.caller)?;
        stated("/reason", &resolve.reason)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let open = self.open_corridor(id)?;
        let lanes = [&open.lane_here.value, &open.lane_there.value];
        let mut all = lanes.into_iter().flat_map(|lane| lane.forks().known());
        let known = all.find(|known| known.fork == *fork).cloned();
        let known = known.ok_or_else(|| Refused::absent("fork", fork))?;
        if open.lane_here.value.forks().resolved(fork).is_some() {
            let detail = format!("fork {fork} is resolved, and a resolution is final");
            return Err(Refused::conflict("fork-resolved", detail));
        }
        let now = self.now();
        let payload = match &resolve.credential {
            Some(credential) => credential.clone(),
            None => {
                let subject = self.resolution(&open, &known, resolve)?;
                let signed = subject.sign(self.did(), now, self.keys.assertion.as_ref());
                signed.map_err(|e| Refused::unsigned("resolution-refused", e))?
            }
        };
        let kind = TransitionKind::ForkResolve;
        let say = Say { kind, payload: payload.clone(), decision_commitment: None, ack: None };
        let (written, item) = self.write_here(&open, say, now).map_err(refused)?;
        let chosen = written.appended.chosen.as_ref().filter(|chosen| chosen.fork == *fork);
        let chosen = chosen.ok_or_else(|| {
            Refused::conflict("resolution-refused", "the credential is about another fork")
        })?;
        if !self.with_tree(&stream_of(&open, fork), |tree: &Tree| chosen.is_of(tree))? {
            return Err(not_held(&chosen.next_root));
        }
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id} fork:{fork}"))?;
        writes.wrote(&open, (&written, &item), now)?;
        writes.resolved(self, (id, fork), &payload)?;
        let body = json!({
            "corridor_id": id,
            "fork": fork.to_string(),
            "chosen_next_root": chosen.next_root,
            "ground": payload.pointer("/credentialSubject/basis"),
            "resolution": payload,
            "receipt": item.receipt,
        });
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// What this zone may say of a fork of the peer's lane.
    fn resolution(
        &self,
        open: &Open,
        known: &Known,
        resolve: &ResolveAsk,
    ) -> Result<Resolution, Refused> {
        let fork = &known.fork;
        if fork.lane == *self.zone_id() {
            let detail = format!(
                "fork {fork} is of the lane written here: zone `{}` says what stands",
                open.there.zone()
            );
            return Err(Refused::conflict("fork-authority", detail));
        }
        let (held, acked) = self.held_at(open, fork)?;
        let held = held.ok_or_else(|| Refused::host("a fork beyond the lane"))?;
        let cut = self.newest_cut(open, fork)?;
        let standing = known.standing(acked.size(), cut.as_ref().map(|(cut, size)| (cut, *size)));
        let asked = resolve.chosen_next_root;
        let basis = match (standing.ground(), acked, cut) {
            (Basis::ACKNOWLEDGED, Acked(size, Some(root)), _) => Basis::Acknowledged { size, root },
            (Basis::CUT, _, Some((cut, _))) => Basis::Cut(cut),
            _ => Basis::Choice,
        };
        let ground = basis.name();
        match asked {
            None if ground == Basis::CHOICE => {
                let detail = format!("nothing decides fork {fork}: say which history stands");
                return Err(Refused::conflict("fork-choice", detail));
            }
            Some(asked) if asked != held && ground != Basis::CHOICE => {
                let detail = format!("{held} stands already, on the ground `{ground}`");
                return Err(Refused::conflict("fork-choice", detail));
            }
            Some(asked) if asked != held => return Err(not_held(&asked)),
            _ => {}
        }
        Ok(Resolution {
            corridor_id: open.terms.corridor_id.clone(),
            lane: fork.lane.clone(),
            sequence: fork.sequence,
            candidates: known.candidates.clone(),
            evidence_set_sha256: known.evidence_set_sha256,
            chosen_next_root: held,
            basis,
            reason: resolve.reason.clone(),
        })
    }

    /// The receipt held at a forked place, and how much of that lane the other zone acknowledged.
    pub(super) fn held_at(
        &self,
        open: &Open,
        fork: &Fork,
    ) -> Result<(Option<Digest>, Acked), Refused> {
        let stream = stream_of(open, fork);
        let entry = self.store.journal(&stream, fork.sequence, 1)?.pop();
        let held = entry.filter(|entry| entry.seq == fork.sequence).map(|entry| entry.root);
        let of_peer = fork.lane == *open.there.zone();
        let by: &Lane = if of_peer { &open.lane_here.value } else { &open.lane_there.value };
        let size = by.acked();
        let root = self.with_tree(&stream, |tree: &Tree| tree.root_at(size).ok())?;
        Ok((held, Acked(size, root)))
    }

    /// The newest cut that both signed, with how much of the forked lane it covers.
    pub(super) fn newest_cut(
        &self,
        open: &Open,
        fork: &Fork,
    ) -> Result<Option<(Value, u64)>, Refused> {
        let Some(record) = self.cut_records(&open.terms.corridor_id)?.pop() else {
            return Ok(None);
        };
        let cut = Cut::read(&record.cut, &open.terms).map_err(Refused::host)?;
        let lane = cut.lanes.iter().find(|lane| lane.zone_id == fork.lane);
        Ok(lane.map(|lane| (record.cut, lane.size)))
    }

    /// What the peer says stands must be what is held of the lane it is about.
    pub(super) fn stands_here(&self, open: &Open, chosen: Option<&Chosen>) -> Result<(), Refused> {
        let Some(chosen) = chosen else { return Ok(()) };
        if chosen.by_choice
            && self.newest_cut(open, &chosen.fork)?.is_some_and(|(_, n)| n > chosen.fork.sequence)
        {
            let detail = format!("a cut that both signed decides fork {}", chosen.fork);
            return Err(Refused::peer("resolution-differs", detail));
        }
        if self.with_tree(&stream_of(open, &chosen.fork), |tree: &Tree| chosen.is_of(tree))? {
            return Ok(());
        }
        let detail = format!("the history of {} is not held here", chosen.next_root);
        Err(Refused::peer("resolution-differs", detail))
    }

    /// Keep what a receipt of the peer tells of forks; whether our lane is to record it too.
    pub(super) fn forks_told<W>(
        &self,
        writes: &mut Writes<'_, W>,
        open: &Open,
        item: &Item,
        told: &Appended,
    ) -> Result<bool, Refused> {
        let id = &open.terms.corridor_id;
        let raised = told.stopped.as_ref().and_then(|(_, notice)| notice.alarm.clone());
        if let (Some(alarm), Some(raised)) = (&told.alarm, raised) {
            writes.alarmed(self, (id, &alarm.fork()), raised)?;
        }
        let (Some(chosen), Some(payload)) = (&told.chosen, &item.payload) else { return Ok(false) };
        if open.lane_here.value.forks().resolved(&chosen.fork).is_some() {
            return Ok(false);
        }
        writes.resolved(self, (id, &chosen.fork), &payload.payload)?;
        Ok(true)
    }

    /// Nothing resumes while a fork is not resolved in both lanes.
    pub(super) fn no_fork_open(&self, open: &Open) -> Result<(), Refused> {
        let here = open.lane_here.value.forks();
        let Some(known) = here.open(open.lane_there.value.forks()).first().copied() else {
            return Ok(());
        };
        let detail = format!("fork {} is not resolved in both lanes", known.fork);
        Err(Refused::conflict("fork-unresolved", detail))
    }
}

/// How much of a lane is acknowledged, and the root of that much.
#[derive(Clone, Copy)]
pub(super) struct Acked(u64, Option<Digest>);

impl Acked {
    pub(super) const fn size(self) -> u64 {
        self.0
    }
}

fn stream_of(open: &Open, fork: &Fork) -> String {
    let id = &open.terms.corridor_id;
    if fork.lane == *open.there.zone() { stream_there(id) } else { stream_here(id) }
}

fn not_held(asked: &Digest) -> Refused {
    Refused::conflict("fork-not-held", format!("the history of {asked} is not held here"))
}

/// A receipt refused for what the credential says is a refused resolution.
fn refused(error: Refused) -> Refused {
    match error {
        Refused::Conflict { code: "receipt-refused", detail } => {
            Refused::Conflict { code: "resolution-refused", detail }
        }
        other => other,
    }
}
