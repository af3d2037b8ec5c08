//! What of a receipt is judged from its own lane alone: its place in it, and what it says of the other.

use canon::{Digest, Timestamp, ZoneId};

use super::ack::{Ack, Seen};
use super::append::AppendError;
use super::kind::TransitionKind;
use super::receipt::LaneReceipt;

/// A receipt as its lane sees it: payload, state of the corridor and signature are others' questions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub sequence: u64,
    pub timestamp: Timestamp,
    pub prev_root: Digest,
    pub epoch: u64,
    pub kind: TransitionKind,
    pub decided: bool,
    pub seen: Option<&'a Seen>,
    pub ack: Option<&'a Ack>,
}

/// Where a lane stands before its next receipt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'a> {
    pub size: u64,
    pub timestamp: Timestamp,
    pub last_root: Digest,
    pub epoch: u64,
    /// The only lane it may speak of.
    pub other: &'a ZoneId,
    pub seen: Option<&'a Seen>,
    pub acked: u64,
}

impl<'a> Step<'a> {
    pub(crate) fn of(receipt: &'a LaneReceipt) -> Self {
        Self {
            sequence: receipt.sequence,
            timestamp: receipt.timestamp,
            prev_root: receipt.prev_root,
            epoch: receipt.epoch,
            kind: receipt.transition.kind,
            decided: receipt.decision_commitment.is_some(),
            seen: receipt.seen.as_ref(),
            ack: receipt.ack.as_ref(),
        }
    }
}

impl Standing<'_> {
    /// The next sequence, linked to the receipt before, and not earlier.
    pub(crate) fn check_link(&self, step: &Step<'_>) -> Result<(), AppendError> {
        let (expected, found) = (self.size, step.sequence);
        if found != expected {
            return Err(AppendError::Sequence { expected, found });
        }
        if step.prev_root != self.last_root {
            let (expected, found) = (self.last_root, step.prev_root);
            return Err(AppendError::Link { expected, found });
        }
        if step.timestamp < self.timestamp {
            let (previous, found) = (self.timestamp, step.timestamp);
            return Err(AppendError::Time { previous, found });
        }
        Ok(())
    }

    /// An `ack` where the kind is one, a decision where the kind needs one, `seen` that only grows.
    pub(crate) fn check_said(&self, step: &Step<'_>) -> Result<(), AppendError> {
        if step.kind == TransitionKind::Ack && step.ack.is_none() {
            return Err(AppendError::AckMissing);
        }
        let may_decide = step.kind.is_decided() || step.ack.is_some();
        let fits = if step.kind.is_decided() { step.decided } else { may_decide || !step.decided };
        let grows = match (self.seen, step.seen) {
            (_, Some(now)) => {
                let same = self.seen.is_none_or(|before| before.size < now.size || before == now);
                now.lane == *self.other && now.size > 0 && same
            }
            (None, None) => true,
            (Some(_), None) => false,
        };
        match (fits, grows) {
            (false, _) => Err(AppendError::Decision(step.kind)),
            (_, false) => Err(AppendError::Seen),
            _ => Ok(()),
        }
    }

    /// A resume or an amendment opens the next epoch; anything else stays in the present one.
    pub(crate) fn check_epoch(&self, step: &Step<'_>) -> Result<(), AppendError> {
        let expected = self.epoch + u64::from(step.kind.opens_epoch());
        match step.epoch {
            found if found != expected => Err(AppendError::Epoch { expected, found }),
            _ => Ok(()),
        }
    }

    /// An acknowledgement follows from what the lane said before.
    pub(crate) fn check_ack(&self, step: &Step<'_>) -> Result<(), AppendError> {
        step.ack.map_or(Ok(()), |ack| Ok(ack.check(self.other, self.acked, step.seen)?))
    }
}
