//! Which place of which lane is forked, and which continuations were signed there.

use std::collections::BTreeSet;
use std::fmt;

use canon::{Canonical, CorridorId, Digest, Refusal, ZoneId};
use proof::Checkpoint;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::evidence::{Case, Evidence};
use crate::lane::LaneReceipt;
use crate::party::Party;

/// The first place of a lane at which two histories were signed.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Fork {
    /// The lane, by its writer.
    pub lane: ZoneId,
    /// Sequence of the receipts that differ.
    pub sequence: u64,
}

/// One history that was signed: by its receipt at the forked place, by a root over it, or by both.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Of the receipt at the forked place; it commits to every receipt before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_root: Option<Digest>,
    /// Root of the lane at `size`, where a checkpoint states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Digest>,
    /// Receipts of the lane up to and with what is stated.
    pub size: u64,
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.lane, self.sequence)
    }
}

impl Fork {
    /// `<lane>:<sequence>`, as it is written in addresses.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (lane, sequence) = text.rsplit_once(':')?;
        let fork = Self { lane: ZoneId::parse(lane).ok()?, sequence: sequence.parse().ok()? };
        // One fork has one name.
        (fork.to_string() == text).then_some(fork)
    }
}

/// The fork of a lane of `accused` in this corridor that a proven evidence file is about, and the
/// candidates it names; nothing where it is about something else. The file is believed: judge it first.
#[must_use]
pub fn found(
    evidence: &Evidence,
    corridor_id: &CorridorId,
    accused: &Party,
) -> Option<(Fork, BTreeSet<Candidate>)> {
    let receipt = |document: &serde_json::Value| -> Option<LaneReceipt> {
        let receipt = Canonical::of_value(document).ok()?.read::<LaneReceipt>().ok()?;
        (receipt.corridor_id == *corridor_id && receipt.lane == *accused.zone()).then_some(receipt)
    };
    let at = |sequence| Fork { lane: accused.zone().clone(), sequence };
    let of_receipt = |receipt: &LaneReceipt| Candidate {
        next_root: Some(receipt.next_root),
        root: None,
        size: receipt.sequence.saturating_add(1),
    };
    let note = |text: &str| {
        let origin = accused.lane_origin(corridor_id);
        accused.checkpoint(text.as_bytes(), &origin).ok()
    };
    let of_note = |note: &Checkpoint, next_root| Candidate {
        next_root,
        root: Some(note.root()),
        size: note.size(),
    };
    match &evidence.case {
        Case::TwoReceipts { first, second } => {
            let (first, second) = (receipt(first)?, receipt(second)?);
            let both = [of_receipt(&first), of_receipt(&second)];
            Some((at(first.sequence), BTreeSet::from(both)))
        }
        Case::TwoNotes { first, second } => {
            let (first, second) = (note(first)?, note(second)?);
            let both = [of_note(&first, None), of_note(&second, None)];
            Some((at(first.size().checked_sub(1)?), BTreeSet::from(both)))
        }
        Case::ReceiptAndNote { receipt: document, note: text, entry, .. } => {
            let (receipt, note) = (receipt(document)?, note(text)?);
            let both = [of_receipt(&receipt), of_note(&note, Some(*entry))];
            Some((at(receipt.sequence), BTreeSet::from(both)))
        }
        Case::OtherRotation { .. } => None,
    }
}

/// Whether a file shows two receipts of histories that had parted before.
#[must_use]
pub fn parted_before(evidence: &Evidence) -> bool {
    let Case::TwoReceipts { first, second } = &evidence.case else { return false };
    first.get("prev_root") != second.get("prev_root")
}

/// The digest of a set of evidence files.
///
/// # Errors
/// Never for digests.
pub fn evidence_set(files: &BTreeSet<Digest>) -> Result<Digest, Refusal> {
    let set = json!({ "type": "MEZEvidenceSet", "evidence_sha256": files });
    Ok(Canonical::of_value(&set)?.digest())
}
