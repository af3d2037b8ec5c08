//! The local part: an ack of the other lane decides the receipt, and does not refuse it.
//!
//! A refusal is listed only by the ack that decides. So the acks given reach back to one that covers
//! less than the receipt, or to the beginning of their lane, without a gap.

use canon::{Canonical, CorridorId, Digest, Refusal};
use proof::merkle::{MerkleError, verify_inclusion};
use serde_json::Value;

use super::file::Acceptance;
use crate::anchor::AnchorError;
use crate::cut::CutError;
use crate::handshake::HandshakeError;
use crate::lane::{LaneReceipt, ReceiptError};
use crate::party::Party;
use crate::watcher::WatcherError;

/// Most receipts of the other lane in one certificate.
pub const ACKS_MAX: usize = 10_000;

/// Why a certificate certifies nothing.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Not the shape.
    #[error("not a certificate: {0}")]
    Shape(#[from] Refusal),
    /// A receipt.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The zones.
    #[error("the zones: {0}")]
    Zones(String),
    /// The corridor is not between these zones.
    #[error(transparent)]
    Corridor(#[from] HandshakeError),
    /// An inclusion proof.
    #[error("the receipt is not in {0}: {1}")]
    Inclusion(&'static str, #[source] MerkleError),
    /// The acks.
    #[error("the acks do not decide the receipt: {0}")]
    Acks(&'static str),
    /// It was refused.
    #[error("the receipt was refused: {0}")]
    Refused(String),
    /// The cut.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// The watchers.
    #[error(transparent)]
    Watcher(#[from] WatcherError),
    /// Something of the coverage does not fit the rest.
    #[error("`{0}` is not of this cut")]
    Other(&'static str),
    /// Too few attested.
    #[error("watchers of weight {weight} of {of} attested, more than two thirds are needed")]
    Quorum {
        /// Their weight.
        weight: u128,
        /// Of all.
        of: u128,
    },
    /// More is covered than is at stake.
    #[error("{stated} minor units are said to be covered, {at_stake} are at stake")]
    Covered {
        /// In the certificate.
        stated: i128,
        /// What the watchers that attested stand for.
        at_stake: i128,
    },
    /// The anchor.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// Grade and content differ.
    #[error("the grade is not that of what is in the certificate")]
    Grade,
}

/// A receipt that exactly the key of its place signed.
pub(super) fn receipt(
    document: &Value,
    corridor: Option<&CorridorId>,
    parties: [&Party; 2],
) -> Result<LaneReceipt, CertificateError> {
    let receipt = LaneReceipt::read(Canonical::of_value(document)?.bytes())?;
    let writer = parties.into_iter().find(|party| *party.zone() == receipt.lane);
    let writer = writer.ok_or(CertificateError::Acks("a receipt is of another lane"))?;
    if corridor.is_some_and(|corridor| receipt.corridor_id != *corridor) {
        return Err(CertificateError::Acks("a receipt is of another corridor"));
    }
    receipt.verify_signature(writer.lane_key(&receipt.corridor_id, receipt.sequence).0)?;
    Ok(receipt)
}

/// That the other lane accepted `certified`.
pub(super) fn check(
    certified: &LaneReceipt,
    acceptance: &Acceptance,
    parties: [&Party; 2],
) -> Result<(), CertificateError> {
    use CertificateError::Acks;
    if !certified.transition.kind.is_owed_ack() {
        return Err(Acks("an ack asks for nothing that could be accepted"));
    }
    if acceptance.acks.len() > ACKS_MAX {
        return Err(Acks("there are too many"));
    }
    let (last, before) = acceptance.acks.split_last().ok_or(Acks("there are none"))?;
    let corridor = Some(&certified.corridor_id);
    let decides = receipt(last, corridor, parties)?;
    if decides.lane == certified.lane {
        return Err(Acks("they are of the receipt's own lane"));
    }
    let ack = decides.ack.as_ref().ok_or(Acks("the last carries none"))?;
    if ack.lane != certified.lane || ack.size <= certified.sequence {
        return Err(Acks("the last does not reach the receipt"));
    }
    let mut next: (u64, Digest) = (decides.sequence, decides.prev_root);
    let mut reaches_back = false;
    // Each is bound by the link of the one after it, and the last is signed.
    for document in before.iter().rev() {
        let earlier = LaneReceipt::read(Canonical::of_value(document)?.bytes())?;
        let linked = earlier.lane == decides.lane
            && earlier.sequence.checked_add(1) == Some(next.0)
            && earlier.next_root == next.1;
        if !linked || reaches_back {
            return Err(Acks("they do not follow each other"));
        }
        if let Some(earlier) = &earlier.ack {
            if earlier.size > certified.sequence {
                return Err(Acks("an earlier one decides"));
            }
            reaches_back = true;
        }
        next = (earlier.sequence, earlier.prev_root);
    }
    if !reaches_back && next.0 != 0 {
        return Err(Acks("they do not reach back far enough"));
    }
    if let Some(refused) = ack.refused.iter().find(|one| one.sequence == certified.sequence) {
        return Err(CertificateError::Refused(refused.reason_code.clone()));
    }
    let entry = &certified.next_root;
    verify_inclusion(entry, certified.sequence, ack.size, &acceptance.inclusion, &ack.root)
        .map_err(|error| CertificateError::Inclusion("what was acknowledged", error))
}
