//! The state of a lane and the checks every receipt passes before it becomes part of it.

use canon::{CorridorId, Did, Digest, Timestamp, ZoneId};
use proof::merkle::Peaks;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ack::{AckError, Refused, Seen};
use super::kind::TransitionKind;
use super::receipt::{LaneReceipt, ReceiptError};
use super::rotate::{self, KeyNoticeError};
use super::step::{Standing, Step};
use super::transition::Payload;
use crate::amendment::{Agreed, AmendmentError};
use crate::endorsement::ThresholdError;
use crate::fork::{Alarm, Chosen, ForkError, Forks, Scene};
use crate::halt::{HaltError, HaltId, HaltNotice, Resume, Stop};
use crate::handshake::{Compatibility, HandshakeError, Rules, Terms};
use crate::limits::HALTS_MAX;
use crate::party::Party;
use crate::seeded::bug;
use crate::transition_types;

/// A halt, suspension or deprecation written in a lane and not lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenHalt {
    /// Its name.
    pub halt_id: HaltId,
    /// Sequence of the receipt that declares it, in the lane it stands in.
    pub sequence: u64,
    /// Which of the three; a halt, unless said.
    #[serde(default, skip_serializing_if = "Stop::is_halt")]
    pub stop: Stop,
}

/// A halt and the resume that ended it, both receipts of one lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LiftedHalt {
    halt: OpenHalt,
    /// Sequence of the lifting resume.
    lifted: u64,
}

/// Everything needed to append to a lane: a pure fold of its receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    pub(super) corridor_id: CorridorId,
    pub(super) owner: ZoneId,
    pub(super) other: ZoneId,
    pub(super) lawpack_digest_set: Vec<Digest>,
    pub(super) ruleset_digest_set: Vec<Digest>,
    pub(super) last_root: Digest,
    pub(super) timestamp: Timestamp,
    pub(super) epoch: u64,
    pub(super) tree: Peaks,
    pub(super) seen: Option<Seen>,
    pub(super) acked: u64,
    pub(super) halts: Vec<OpenHalt>,
    // Kept so that the gate of a receipt depends on what it has seen, not on when it is judged.
    pub(super) lifted: Vec<LiftedHalt>,
    #[serde(default, skip_serializing_if = "Forks::is_empty")]
    pub(super) forks: Forks,
    /// Who may choose where both zones signed two histories, as agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fork_authority: Option<Did>,
    /// What receipts need beside their writer's signature.
    #[serde(default, skip_serializing_if = "Rules::is_empty")]
    pub(super) rules: Rules,
    /// What the definition demands of law, of amendments too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) compatibility: Option<Compatibility>,
    /// The last amendment the lane went over to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) amended: Option<Digest>,
}

/// Why a receipt is not the next of its lane; the lane is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The receipt itself.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// Another corridor.
    #[error("the receipt belongs to corridor `{0}`")]
    Corridor(CorridorId),
    /// Another lane.
    #[error("the receipt belongs to lane `{0}`")]
    Owner(ZoneId),
    /// Not the next sequence.
    #[error("sequence {found} is not the next one, {expected}")]
    Sequence {
        /// The next sequence of the lane.
        expected: u64,
        /// In the receipt.
        found: u64,
    },
    /// Not linked to the receipt before.
    #[error("`prev_root` {found} is not the lane's last root {expected}")]
    Link {
        /// The lane's last root.
        expected: Digest,
        /// In the receipt.
        found: Digest,
    },
    /// Time went back inside the lane.
    #[error("timestamp {found} is before {previous}")]
    Time {
        /// Of the receipt before.
        previous: Timestamp,
        /// In the receipt.
        found: Timestamp,
    },
    /// Digest sets other than the agreed ones.
    #[error("`{0}` differs from the agreed set")]
    Terms(&'static str),
    /// A kind the corridor did not agree to.
    #[error("kind `{0}` is not among the transition types this corridor agreed to")]
    Kind(TransitionKind),
    /// Another epoch.
    #[error("epoch {found} is not {expected}")]
    Epoch {
        /// The lane's epoch.
        expected: u64,
        /// In the receipt.
        found: u64,
    },
    /// A kind that waits while the lane knows of an open stop.
    #[error("a receipt of this kind is not admitted while `{0}` is open")]
    State(HaltId),
    /// `seen` goes back or names another lane.
    #[error("`seen` does not extend what the lane said before")]
    Seen,
    /// `seen` is ahead of the other lane as it is held here.
    #[error("the receipt has seen {seen} receipts of the other lane, {held} are held")]
    Ahead {
        /// In the receipt.
        seen: u64,
        /// Held of the other lane.
        held: u64,
    },
    /// `seen` or `ack` states another root of the other lane: one of the two equivocates.
    #[error("sequence {sequence} states another root of the other lane at size {size}")]
    Equivocation {
        /// Of the receipt.
        sequence: u64,
        /// Size whose root differs.
        size: u64,
    },
    /// The acknowledgement.
    #[error(transparent)]
    Ack(#[from] AckError),
    /// An acknowledgement kind without an acknowledgement.
    #[error("a receipt of kind `ack` carries no `ack`")]
    AckMissing,
    /// A decided kind without its commitment, or the reverse.
    #[error("`decision_commitment` does not fit kind `{0}`")]
    Decision(TransitionKind),
    /// The payload must travel with this kind.
    #[error("kind `{0}` needs its payload")]
    PayloadMissing(TransitionKind),
    /// The payload is not the one committed to.
    #[error("the payload does not match its commitment")]
    Payload,
    /// A halt or resume payload.
    #[error(transparent)]
    Halt(#[from] HaltError),
    /// An amendment.
    #[error(transparent)]
    Amendment(#[from] AmendmentError),
    /// Who stands for the receipt.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
    /// An alarm, a resolution, or a resume over a fork.
    #[error(transparent)]
    Fork(#[from] ForkError),
    /// What the lane says of its zone's keys.
    #[error(transparent)]
    Keys(#[from] KeyNoticeError),
    /// The tree refused the entry.
    #[error("the lane is full")]
    Full,
}

/// What appending a receipt told us, beyond its presence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Newly refused sequences of the other lane.
    pub refused: Vec<Refused>,
    /// The stop this receipt declares.
    pub stopped: Option<(Stop, HaltNotice)>,
    /// The halts this receipt lifts.
    pub lifted: Vec<HaltId>,
    /// The alarm this receipt raises about the other lane.
    pub alarm: Option<Alarm>,
    /// What this receipt says stands of a forked lane. Whoever holds that lane checks
    /// [`Chosen::is_of`] of it.
    pub chosen: Option<Chosen>,
}

impl Lane {
    /// The empty lane of `owner`.
    ///
    /// # Errors
    /// Never for the terms of a verified corridor.
    pub fn genesis(terms: &Terms, owner: &ZoneId) -> Result<Self, HandshakeError> {
        let other = terms.lanes.iter().find(|lane| *lane != owner);
        Ok(Self {
            corridor_id: terms.corridor_id.clone(),
            owner: owner.clone(),
            other: other.cloned().ok_or(HandshakeError::PeerParticipants)?,
            lawpack_digest_set: terms.lawpack_digest_set.clone(),
            ruleset_digest_set: terms.ruleset_digest_set.clone(),
            last_root: terms.lane_genesis(owner)?,
            timestamp: terms.effective_from,
            epoch: 0,
            tree: Peaks::new(),
            seen: None,
            acked: 0,
            halts: Vec::new(),
            lifted: Vec::new(),
            forks: Forks::default(),
            fork_authority: terms.fork_authority.clone(),
            rules: terms.rules.clone(),
            compatibility: terms.compatibility.clone(),
            amended: None,
        })
    }

    /// Append a receipt of this lane: every check of the lane ruleset, in its order.
    ///
    /// `payload` travels with the receipt or is withheld; `other` is the other lane as held here,
    /// at least up to what the receipt has seen; `parties` are both, with every rotation that is known
    /// of them, for the keys of this sequence. The answer is the same however far `other` has gone on since. Whoever received the
    /// receipt also owes [`LaneReceipt::check_views`].
    ///
    /// # Errors
    /// The first rule broken; the lane is unchanged.
    pub fn append(
        &mut self,
        receipt: &LaneReceipt,
        payload: Option<&Payload>,
        other: &Self,
        parties: [&Party; 2],
    ) -> Result<Appended, AppendError> {
        let (step, standing) = (Step::of(receipt), self.standing());
        self.check_place(receipt)?;
        standing.check_link(&step)?;
        let (kind, seen) = (step.kind, receipt.seen.as_ref().map_or(0, |seen| seen.size));
        let place = (receipt.sequence, seen);
        let after = self.after_amendment((kind, payload), place, receipt.timestamp, parties)?;
        self.check_terms(receipt, after.as_ref())?;
        receipt.check_form()?;
        self.check_payload(receipt, payload)?;
        standing.check_said(&step)?;
        standing.check_epoch(&step)?;
        self.check_gate(receipt, other)?;
        let writer = parties.into_iter().find(|party| *party.zone() == self.owner);
        let writer = writer.ok_or_else(|| AppendError::Owner(self.owner.clone()))?;
        rotate::check(receipt, payload, &self.corridor_id, writer)?;
        receipt.verify_signature(writer.lane_key(&self.corridor_id, receipt.sequence).0)?;
        self.check_endorsed(receipt, parties)?;
        standing.check_ack(&step)?;
        let mut appended = Appended::default();
        if let Some(ack) = &receipt.ack {
            appended.refused.clone_from(&ack.refused);
        }
        match step.kind {
            TransitionKind::Halt | TransitionKind::Suspend | TransitionKind::Deprecate => {
                appended.stopped = self.read_stop(step.kind, payload)?;
                let raised =
                    appended.stopped.as_ref().and_then(|(_, notice)| notice.alarm.as_ref());
                let scene = self.scene(receipt, other, parties);
                let alarm = raised.map(|raised| self.forks.check_alarm(raised, &scene));
                appended.alarm = alarm.transpose()?;
            }
            TransitionKind::Resume => {
                let (id, epoch) = (&self.corridor_id, receipt.epoch);
                let signers = self.since(parties, place);
                appended.lifted = Resume::read_payload(payload, id, epoch, signers)?.lifts;
                self.forks.check_resume(&other.forks, seen)?;
            }
            TransitionKind::ForkResolve => {
                let document = payload.map_or(&Value::Null, |payload| &payload.payload);
                let scene = self.scene(receipt, other, parties);
                appended.chosen = Some(self.forks.check_resolution(document, &scene)?);
            }
            _ => {}
        }
        self.tree.push(receipt.next_root).map_err(|_| AppendError::Full)?;
        // Nothing below fails: from here on the lane changes.
        if !bug(2) {
            self.turn_halts(&appended, receipt.sequence);
        }
        if let Some(after) = after {
            self.amend(after);
        }
        self.forks.tell(appended.alarm.clone(), appended.chosen.as_ref(), receipt.sequence);
        self.last_root = receipt.next_root;
        self.timestamp = receipt.timestamp;
        self.epoch = receipt.epoch;
        self.acked = receipt.ack.as_ref().map_or(self.acked, |ack| ack.size);
        if receipt.seen.is_some() {
            self.seen.clone_from(&receipt.seen);
        }
        Ok(appended)
    }

    fn check_place(&self, receipt: &LaneReceipt) -> Result<(), AppendError> {
        if receipt.corridor_id != self.corridor_id {
            return Err(AppendError::Corridor(receipt.corridor_id.clone()));
        }
        if receipt.lane != self.owner {
            return Err(AppendError::Owner(receipt.lane.clone()));
        }
        Ok(())
    }

    /// The sets agreed; of an amendment those it leads to.
    fn check_terms(
        &self,
        receipt: &LaneReceipt,
        after: Option<&Agreed>,
    ) -> Result<(), AppendError> {
        let lawpacks = after.map_or(&self.lawpack_digest_set, |after| &after.lawpack_digest_set);
        let rulesets = after.map_or(&self.ruleset_digest_set, |after| &after.ruleset_digest_set);
        if receipt.lawpack_digest_set != *lawpacks {
            return Err(AppendError::Terms("lawpack_digest_set"));
        }
        if receipt.ruleset_digest_set != *rulesets {
            return Err(AppendError::Terms("ruleset_digest_set"));
        }
        check_agreed(&self.ruleset_digest_set, receipt.transition.kind)
    }

    fn check_payload(
        &self,
        receipt: &LaneReceipt,
        payload: Option<&Payload>,
    ) -> Result<(), AppendError> {
        let kind = receipt.transition.kind;
        let Some(payload) = payload else {
            return if kind.payload_is_public() {
                Err(AppendError::PayloadMissing(kind))
            } else {
                Ok(())
            };
        };
        let commitment = payload.commitment().map_err(ReceiptError::Shape)?;
        match commitment == receipt.transition.payload_commitment {
            true => Ok(()),
            false => Err(AppendError::Payload),
        }
    }

    fn check_gate(&self, receipt: &LaneReceipt, other: &Self) -> Result<(), AppendError> {
        let (seen, held) = (receipt.seen.as_ref().map_or(0, |s| s.size), other.size());
        if seen > held {
            return Err(AppendError::Ahead { seen, held });
        }
        let kind = receipt.transition.kind;
        let known = self.halts.iter().chain(other.open_at(seen));
        // The worst of them decides; of those, the oldest here is named.
        let worst = known.rev().max_by_key(|open| open.stop);
        match worst.filter(|open| !open.stop.state().admits(kind)) {
            Some(open) => Err(AppendError::State(open.halt_id.clone())),
            None => Ok(()),
        }
    }

    fn scene<'a>(
        &'a self,
        receipt: &LaneReceipt,
        other: &'a Self,
        parties: [&'a Party; 2],
    ) -> Scene<'a> {
        Scene {
            corridor_id: &self.corridor_id,
            owner: &self.owner,
            at: receipt.sequence,
            seen: receipt.seen.as_ref().map_or(0, |seen| seen.size),
            acked: self.acked,
            parties,
            authority: self.fork_authority.as_ref(),
            other: &other.forks,
        }
    }

    fn standing(&self) -> Standing<'_> {
        Standing {
            size: self.size(),
            timestamp: self.timestamp,
            last_root: self.last_root,
            epoch: self.epoch,
            other: &self.other,
            seen: self.seen.as_ref(),
            acked: self.acked,
        }
    }

    /// What was open when this lane had `size` receipts.
    fn open_at(&self, size: u64) -> impl DoubleEndedIterator<Item = &OpenHalt> {
        let lifted = self.lifted.iter().filter(move |l| l.lifted >= size).map(|l| &l.halt);
        self.halts.iter().chain(lifted).filter(move |halt| halt.sequence < size)
    }

    fn read_stop(
        &self,
        kind: TransitionKind,
        payload: Option<&Payload>,
    ) -> Result<Option<(Stop, HaltNotice)>, AppendError> {
        let Some(stop) = Stop::of(kind) else { return Ok(None) };
        let notice = HaltNotice::read(stop, payload, &self.corridor_id)?;
        let mut known = self.halts.iter().chain(self.lifted.iter().map(|l| &l.halt));
        if known.any(|halt| halt.halt_id == notice.halt_id) {
            return Err(HaltError::Duplicate(notice.halt_id).into());
        }
        if self.halts.len() >= HALTS_MAX {
            return Err(AppendError::Full);
        }
        Ok(Some((stop, notice)))
    }

    fn turn_halts(&mut self, appended: &Appended, sequence: u64) {
        let lifts = |halt: &OpenHalt| appended.lifted.contains(&halt.halt_id);
        let lifted = self.halts.iter().filter(|halt| lifts(halt)).cloned();
        self.lifted.extend(lifted.map(|halt| LiftedHalt { halt, lifted: sequence }));
        self.halts.retain(|halt| !lifts(halt));
        let declared = appended.stopped.as_ref().map(|(stop, notice)| OpenHalt {
            halt_id: notice.halt_id.clone(),
            sequence,
            stop: *stop,
        });
        self.halts.extend(declared);
    }
}

/// A kind beyond those of every corridor was agreed to.
pub(crate) fn check_agreed(rulesets: &[Digest], kind: TransitionKind) -> Result<(), AppendError> {
    match transition_types::admit(rulesets, kind) {
        true => Ok(()),
        false => Err(AppendError::Kind(kind)),
    }
}
