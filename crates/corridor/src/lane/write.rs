//! Writing the next receipt of one's own lane, with its checkpoint.

use canon::{Digest, Timestamp};
use proof::checkpoint::CheckpointError;
use proof::integrity::{self, IntegrityError, ProofOptions};
use proof::note::NoteError;
use proof::{Checkpoint, Signer};
use serde_json::Value;

use super::ack::{Ack, Seen};
use super::append::{AppendError, Appended, Lane};
use super::kind::TransitionKind;
use super::receipt::{LaneReceipt, RECEIPT_TYPE, ReceiptError};
use super::transition::{Payload, Transition};
use crate::party::Party;

/// What the writer decides about its next receipt.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What happens.
    pub kind: TransitionKind,
    /// The payload and its salt.
    pub payload: Payload,
    /// Commitment to the decision of law, where one was made.
    pub decision_commitment: Option<Digest>,
    /// The prefix of the other lane held here.
    pub seen: Option<Seen>,
    /// The prefix of the other lane decided here.
    pub ack: Option<Ack>,
    /// Who else stands for it, where thresholds ask for them.
    pub endorsements: Vec<Value>,
}

/// A receipt ready to be journaled: the lane after it, and its signed checkpoint.
#[derive(Clone, Debug)]
pub struct Written {
    /// The receipt.
    pub receipt: LaneReceipt,
    /// The lane with the receipt appended.
    pub lane: Lane,
    /// The C2SP checkpoint over the lane, signed by the lane key.
    pub checkpoint: Vec<u8>,
    /// What appending it told.
    pub appended: Appended,
}

impl Lane {
    /// Write the next receipt of this lane, sign it and checkpoint the lane.
    ///
    /// `other` is the other lane as held here, at least up to `draft.seen`.
    ///
    /// # Errors
    /// Whatever the reader of the receipt would refuse, or a signer that does not sign.
    pub fn write(
        &self,
        draft: Draft,
        now: Timestamp,
        log_here: &dyn Signer,
        other: &Lane,
        parties: [&Party; 2],
    ) -> Result<Written, AppendError> {
        // The key the other side expects, whatever key was handed in.
        let writer = parties.into_iter().find(|party| *party.zone() == self.owner);
        let writer = writer.ok_or_else(|| AppendError::Owner(self.owner.clone()))?;
        let step = u64::from(draft.kind.opens_epoch());
        let timestamp = now.max(self.timestamp);
        let seen = draft.seen.as_ref().map_or(0, |seen| seen.size);
        let amending = (draft.kind, Some(&draft.payload));
        let after = self.after_amendment(amending, (self.size(), seen), timestamp, parties)?;
        let after = after.unwrap_or_else(|| self.agreed());
        let transition =
            Transition::over(draft.kind, &draft.payload).map_err(ReceiptError::Shape)?;
        let mut receipt = LaneReceipt {
            type_: RECEIPT_TYPE.to_owned(),
            corridor_id: self.corridor_id.clone(),
            lane: self.owner.clone(),
            sequence: self.size(),
            timestamp,
            prev_root: self.last_root,
            next_root: self.last_root,
            epoch: self.epoch + step,
            lawpack_digest_set: after.lawpack_digest_set,
            ruleset_digest_set: after.ruleset_digest_set,
            endorsements: (!draft.endorsements.is_empty()).then_some(draft.endorsements),
            transition,
            decision_commitment: draft.decision_commitment,
            seen: draft.seen,
            ack: draft.ack,
            proof: None,
        };
        receipt.next_root = receipt.derived_root().map_err(ReceiptError::Shape)?;
        let options = ProofOptions::assertion(receipt.timestamp, log_here);
        let document = receipt.canonical().map_err(ReceiptError::Shape)?.value();
        let signed = integrity::sign_document(document, &options, log_here)
            .map_err(ReceiptError::Signature)?;
        receipt.proof = signed.get("proof").cloned();
        let mut lane = self.clone();
        let appended = lane.append(&receipt, Some(&draft.payload), other, parties)?;
        let origin = writer.lane_origin(&self.corridor_id);
        let note = Checkpoint::new(&origin, lane.size(), lane.root())
            .and_then(|checkpoint| checkpoint.sign(log_here))
            .map_err(|error| match error {
                CheckpointError::Note(NoteError::Signer(why)) => {
                    AppendError::Receipt(ReceiptError::Signature(IntegrityError::Signer(why)))
                }
                _ => AppendError::Receipt(ReceiptError::OtherKey),
            })?;
        Ok(Written { receipt, lane, checkpoint: note.to_bytes(), appended })
    }
}
