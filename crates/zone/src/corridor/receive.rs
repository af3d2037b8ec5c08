//! Taking the peer's receipts: verify, mirror, decide, acknowledge, each receipt in one commit.

use canon::{Digest, Timestamp};
use corridor::lane::{Appended, LaneReceipt, Refused as RefusedHere};
use corridor::limits::{DELIVERY_RECEIPTS_MAX, SKEW_SECS_MAX};
use corridor::messages::{Delivered, Delivery, Item};
use corridor::seeded::bug;
use corridor::statement::Statement;
use corridor::trade::Step;
use corridor::{Ack, Lane, State, Stop, TransitionKind};
use proof::merkle::Tree;
use serde_json::{Value, json};
use store::IdempotencyPut;

use super::context::Open;
use super::effect::Decided;
use super::lane::Say;
use super::peer::{PeerMessage, said};
use super::verdict::Verdict;
use crate::duty::{Duty, Task};
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::Zone;

impl Zone {
    pub(super) fn receive_receipts(
        &self,
        message: &PeerMessage,
        body: &Value,
    ) -> Result<Value, Refused> {
        let sent: Delivery = message.read(body)?;
        if sent.items.len() > DELIVERY_RECEIPTS_MAX {
            return Err(Refused::peer("too-many-receipts", "send fewer receipts at once"));
        }
        let drawn = self.drawn_from(message, &sent.corridor_id, &sent.rotations)?;
        if sent.lane != *drawn.there.zone() {
            return Err(Refused::peer("receipt-refused", "a peer delivers its own lane only"));
        }
        let held = self.open_corridor(&sent.corridor_id)?.lane_there.value.size();
        if sent.from > held {
            return Err(Refused::PeerGap { expected: held });
        }
        // Used once, by the first of the receipts that is new here.
        let mut nonce = message.used(self.now());
        for item in &sent.items {
            let open = self.open_corridor(&sent.corridor_id)?;
            self.receive_item(&mut nonce, open, item)?;
        }
        let size = self.open_corridor(&sent.corridor_id)?.lane_there.value.size();
        let told = usize::try_from(size.saturating_sub(sent.from)).map_err(Refused::host)?;
        let unnamed = size.checked_sub(1).filter(|_| told > sent.items.len() || told == 0);
        let stream = super::record::stream_there(&sent.corridor_id);
        let last = unnamed.map(|last| self.items(&stream, last, 1)).transpose()?;
        let last = last.and_then(|mut items| items.pop()).map(|item| item.receipt);
        said(Delivered { size, last, payload_key: self.payload_key()? })
    }

    pub(crate) fn receive_item(
        &self,
        nonce: &mut Option<IdempotencyPut>,
        open: Open,
        item: &Item,
    ) -> Result<(), Refused> {
        let receipt = item.read().map_err(|e| Refused::peer("receipt-refused", e))?;
        let item = &self.opened(item, &receipt);
        let held = open.lane_there.value.size();
        if receipt.sequence < held {
            return self.same_as_held(nonce, open, (&receipt, item));
        }
        let told = format!("receipt {} {}", receipt.corridor_id, receipt.lane);
        self.own_hand(&format!("{told} {}", receipt.sequence))?;
        let now = self.now();
        if receipt.timestamp.unix() > now.unix() + SKEW_SECS_MAX {
            let detail = format!("{} is ahead of {now}", receipt.timestamp);
            return Err(Refused::peer("peer-clock-skew", detail));
        }
        let lane_here = &open.lane_here.value;
        let mut lane = open.lane_there.value.clone();
        let before = lane.acked();
        let payload = item.payload.as_ref();
        let appended = lane
            .append(&receipt, payload, lane_here, open.parties(self))
            .map_err(|e| Refused::peer("receipt-refused", e))?;
        self.views_are_ours(&open, &receipt)?;
        self.stands_here(&open, appended.chosen.as_ref())?;
        if !checkpointed(&open, &lane, item)? {
            self.same_note(nonce, open, item)?;
            let detail = "the checkpoint is of another lane state";
            return Err(Refused::peer("checkpoint-refused", detail));
        }
        let decided = self.decide_receipt(&open, &receipt, item, self.begun(now))?;
        let nonce = nonce.take();
        let reply = None;
        let arrived = Arrived { nonce, open, receipt, item, lane, before, now, appended, reply };
        self.commit_receipt(arrived, decided)
    }

    /// What the peer says it has seen and decided of our lane must be our lane.
    pub(super) fn views_are_ours(&self, open: &Open, receipt: &LaneReceipt) -> Result<(), Refused> {
        let stream = super::record::stream_here(&open.terms.corridor_id);
        let root_at = |tree: &Tree, size| tree.root_at(size).ok();
        let views = self.with_tree(&stream, |tree| receipt.check_views(|n| root_at(tree, n)))?;
        views.map_err(|e| Refused::peer("seen-differs", e))
    }

    fn decide_receipt(
        &self,
        open: &Open,
        receipt: &LaneReceipt,
        item: &Item,
        now: Timestamp,
    ) -> Result<Decided, Refused> {
        let kind = receipt.transition.kind;
        let waits = kind.is_business() && !kind.is_heard_when_stopped();
        if waits && open.record.value.state != State::Active && !bug(1) {
            return Ok(Decided::RefusedOutright { reason: "corridor-halted" });
        }
        if Self::is_unreadable(item, kind) {
            return Ok(Decided::RefusedOutright { reason: "payload-unreadable" });
        }
        match kind {
            TransitionKind::PaymentTransfer => self.decide_transfer(open, (receipt, item), now),
            TransitionKind::PaymentReturn => self.decide_return(open, item),
            TransitionKind::SettleConsent
            | TransitionKind::SettleInstruct
            | TransitionKind::SettleConfirm
            | TransitionKind::SettleFail => self.decide_settlement(open, (kind, item), now),
            kind if Step::of(kind).is_some() => self.decide_trade(open, (receipt, item), now),
            TransitionKind::BridgePrepare => self.decide_prepare(open, (receipt, item), now),
            TransitionKind::BridgeCommit => self.decide_commit(open, (receipt, item), now),
            TransitionKind::BridgeRelease => self.decide_release(open, (receipt, item)),
            TransitionKind::Transfer => self.decide_asset(open, (receipt, item), now),
            TransitionKind::TransferReturn => self.decide_asset_return(open, item),
            TransitionKind::Generic => Ok(decide_statement(item)),
            TransitionKind::Attach => self.decide_attachment(open, item),
            _ => Ok(Decided::Noted),
        }
    }

    fn commit_receipt(&self, mut arrived: Arrived<'_>, decided: Decided) -> Result<(), Refused> {
        let duty = Duty::of_peer(Task::Ack, arrived.open.there.did());
        let now = arrived.now;
        let subject = format!(
            "corridor:{} lane {} sequence {}",
            arrived.receipt.corridor_id, arrived.receipt.lane, arrived.receipt.sequence
        );
        let by = arrived.open.there.did().to_string();
        match decided {
            Decided::Noted => {
                let writes = self.on_duty(&duty, now, &subject)?;
                self.finish(writes, arrived, None, None)
            }
            Decided::OnDuty(effect) => {
                let mut writes = self.on_duty(&duty, now, &subject)?;
                effect.write(&mut writes)?;
                self.finish(writes, arrived, None, None)
            }
            Decided::RefusedOutright { reason } => {
                let writes = self.on_duty(&duty, now, &subject)?;
                let said = json!({ "reason_code": reason });
                let decision = salted(self, &said)?;
                self.finish(writes, arrived, Some(reason), Some(decision))
            }
            Decided::RefusedByLaw { refusal } => {
                let at = (now, by.as_str(), subject.as_str());
                let writes = self.on_duty_refusing(&duty, &refusal, at)?;
                let salt = self.salt()?;
                let decision = refusal.commitment(salt.as_bytes());
                let decision = decision.map_err(Refused::host)?;
                self.finish(writes, arrived, Some("refused-by-law"), Some(decision))
            }
            Decided::Accepted { admission, effect } => {
                arrived.reply = effect.reply();
                let at = (now, by.as_str(), subject.as_str());
                let mut writes = self.admitted(&admission, at)?;
                effect.write(&mut writes)?;
                let salt = self.salt()?;
                let decision = admission.commitment(salt.as_bytes());
                self.finish(writes, arrived, None, Some(decision.map_err(Refused::host)?))
            }
        }
    }

    /// Everything a receipt does besides moving money, in the same commit.
    fn finish<W>(
        &self,
        mut writes: Writes<'_, W>,
        arrived: Arrived<'_>,
        refused: Option<&'static str>,
        decision: Option<Digest>,
    ) -> Result<(), Refused> {
        let Arrived { nonce, mut open, receipt, item, lane, before, now, appended, reply } =
            arrived;
        writes.answer(nonce);
        writes.mirrored(&open, (&receipt, item, &lane))?;
        if decision.is_some() {
            writes.decides(&receipt);
        }
        self.verdicts(&mut writes, &open, &receipt, before, now)?;
        let resolves = self.forks_told(&mut writes, &open, item, &appended)?;
        open.lane_there.value = lane;
        // A lane that is in the epoch already resumed by itself, and may have halted again since.
        let kind = receipt.transition.kind;
        let resumed = kind.opens_epoch() && open.lane_here.value.epoch() < receipt.epoch;
        if receipt.transition.kind.is_owed_ack() {
            let there = &open.lane_there.value;
            let refusals = match (refused, decision) {
                (Some(reason), Some(decision_sha256)) => vec![RefusedHere {
                    sequence: receipt.sequence,
                    reason_code: reason.to_owned(),
                    decision_sha256,
                }],
                _ => Vec::new(),
            };
            let ack = Ack {
                lane: there.owner().clone(),
                size: there.size(),
                root: there.root(),
                refused: refusals,
            };
            let (kind, payload) = match (&item.payload, resumed) {
                // Both signed it: our lane opens the epoch as well.
                (Some(payload), true) => (kind, payload.payload.clone()),
                // It is recorded in both lanes.
                (Some(payload), _) if resolves => {
                    (TransitionKind::ForkResolve, payload.payload.clone())
                }
                _ => reply.unwrap_or_else(|| (TransitionKind::Ack, json!({}))),
            };
            let decision = decision.filter(|_| refused.is_none());
            let say = Say { kind, payload, decision_commitment: decision, ack: Some(ack) };
            let (written, reply) = self.write_here(&open, say, now)?;
            writes.wrote(&open, (&written, &reply), now)?;
            open.lane_here.value = written.lane;
        }
        let stopped = Stop::of(kind).is_some();
        let amended = resumed && kind == TransitionKind::Amend;
        if let Some(payload) = item.payload.as_ref().filter(|_| amended) {
            self.gone_over(&mut open, payload.payload.clone())?;
        }
        if open.follow(now, receipt.next_root)? || stopped || amended {
            let known = &mut open.record.value;
            // An offer lists what was open when it was made.
            known.resume_offer = None;
            let id = known.corridor_id.clone();
            writes.state("corridor", id.as_str(), open.record.rev, known)?;
            writes.if_ended(&open.record.value, now);
        }
        writes.commit()
    }

    /// Keep what the peer decided of our receipts, and queue what must be undone.
    pub(super) fn verdicts<W>(
        &self,
        writes: &mut Writes<'_, W>,
        open: &Open,
        receipt: &LaneReceipt,
        before: u64,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let Some(ack) = &receipt.ack else { return Ok(()) };
        let id = &open.terms.corridor_id;
        for sequence in before..ack.size {
            let refused = ack.refused.iter().find(|refused| refused.sequence == sequence);
            let verdict = Verdict::of(receipt, ack.size, sequence, refused, now)?;
            writes.state("verdict", &Verdict::id(id, sequence), None, &verdict)?;
            if refused.is_some() && !bug(8) {
                writes.refund_job(id, sequence, now);
            }
            self.decided_there(writes, (id, sequence), now)?;
        }
        Ok(())
    }
}

/// A statement changes nothing; it is taken if it is one.
fn decide_statement(item: &Item) -> Decided {
    let Some(payload) = &item.payload else {
        return Decided::RefusedOutright { reason: "payload-withheld" };
    };
    match Statement::read(&payload.payload) {
        Ok(_) => Decided::Noted,
        Err(_) => Decided::RefusedOutright { reason: "payload-malformed" },
    }
}

/// A verified receipt on its way into a commit.
struct Arrived<'a> {
    nonce: Option<IdempotencyPut>,
    open: Open,
    receipt: LaneReceipt,
    item: &'a Item,
    lane: Lane,
    /// Our receipts the peer had decided before this one.
    before: u64,
    now: Timestamp,
    appended: Appended,
    /// What our answer says beside the acknowledgement.
    reply: Option<(TransitionKind, Value)>,
}

/// Whether the peer's note that travels with a receipt is over exactly this lane.
pub(super) fn checkpointed(open: &Open, lane: &Lane, item: &Item) -> Result<bool, Refused> {
    let origin = open.there.lane_origin(&open.terms.corridor_id);
    let note = open.there.checkpoint(item.checkpoint.as_bytes(), &origin);
    let note = note.map_err(|e| Refused::peer("checkpoint-refused", e))?;
    Ok(note.size() == lane.size() && note.root() == lane.root())
}

/// A salted commitment to a decision made outside law.
pub(super) fn salted(zone: &Zone, said: &Value) -> Result<Digest, Refused> {
    let document = json!({ "payload": said, "salt": zone.salt()? });
    Ok(canon::Canonical::of_value(&document).map_err(Refused::host)?.digest())
}
