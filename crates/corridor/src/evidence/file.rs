//! The evidence file: its shape, and how one is made.

use canon::{Canonical, Digest};
use proof::credential::Verdict;
use proof::merkle::Proof;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::judge::{Judgement, UNTOLD, judge};

/// The object type of an evidence file.
pub const EVIDENCE_TYPE: &str = "MEZEquivocationEvidence";

/// How the key is reached that signed both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum By {
    /// From a zone's inception document: its first log key.
    Inception(#[schemars(extend("$ref" = "zone-inception.schema.json"))] Value),
    /// From a zone's keys over time (`MEZZoneKeys`): the log key of the place.
    Keys(#[schemars(extend("$ref" = "zone-keys.schema.json"))] Value),
    /// A log known by its verifier key (C2SP signed-note, type `0x01`) alone.
    VerifierKey(String),
}

/// The two statements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Case {
    /// Two receipts of one (corridor, lane, sequence) with different `next_root`s.
    TwoReceipts {
        /// One receipt, signature included.
        #[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))]
        first: Value,
        /// The other.
        #[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))]
        second: Value,
    },
    /// Two checkpoints of one (origin, size) with different roots.
    TwoNotes {
        /// One signed note, byte for byte.
        first: String,
        /// The other.
        second: String,
    },
    /// A receipt, and a checkpoint above it that commits to another entry at its sequence.
    ReceiptAndNote {
        /// The receipt, signature included.
        #[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))]
        receipt: Value,
        /// The signed note of the lane.
        note: String,
        /// The entry the note commits to at the receipt's sequence.
        entry: Digest,
        /// Inclusion of that entry under the note.
        inclusion: Proof,
    },
    /// A rotation of a number that the zone's keys over time, by which it is judged, have another of.
    OtherRotation {
        /// The rotation that is not among them, signatures included.
        #[schemars(extend("$ref" = "zone-key-rotation.schema.json"))]
        rotation: Value,
    },
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Always [`EVIDENCE_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = EVIDENCE_TYPE))]
    pub type_: String,
    /// Whose key.
    pub by: By,
    /// What it signed.
    pub case: Case,
}

/// Evidence of two receipts.
///
/// # Errors
/// The judgement, when they prove nothing.
pub fn two_receipts(by: By, first: Value, second: Value) -> Result<Canonical, Box<Judgement>> {
    made(by, Case::TwoReceipts { first, second })
}

/// Evidence of two notes.
///
/// # Errors
/// The judgement, when they prove nothing.
pub fn two_notes(by: By, first: &str, second: &str) -> Result<Canonical, Box<Judgement>> {
    made(by, Case::TwoNotes { first: first.to_owned(), second: second.to_owned() })
}

/// Evidence of a receipt and a note that commits to another entry in its place.
///
/// # Errors
/// The judgement, when they prove nothing.
pub fn receipt_and_note(
    by: By,
    receipt: Value,
    note: &str,
    entry: Digest,
    inclusion: Proof,
) -> Result<Canonical, Box<Judgement>> {
    made(by, Case::ReceiptAndNote { receipt, note: note.to_owned(), entry, inclusion })
}

/// Evidence of a rotation that contradicts the keys over time (`MEZZoneKeys`) a zone told before.
///
/// # Errors
/// The judgement, when they prove nothing.
pub fn other_rotation(keys: Value, rotation: Value) -> Result<Canonical, Box<Judgement>> {
    made(By::Keys(keys), Case::OtherRotation { rotation })
}

fn made(by: By, case: Case) -> Result<Canonical, Box<Judgement>> {
    let evidence = Evidence { type_: EVIDENCE_TYPE.to_owned(), by, case };
    let file = Canonical::of(&evidence);
    let file = file.map_err(|refusal| Judgement::malformed(refusal.to_string()))?;
    // Whoever makes a file trusts its signer enough to accuse it; the judge then needs no more.
    let judgement = judge(file.bytes(), &[]);
    let untold = judgement.reasons.iter().any(|reason| UNTOLD.contains(&reason.code));
    match judgement.verdict {
        Verdict::Invalid => Err(Box::new(judgement)),
        _ if untold => Err(Box::new(judgement)),
        _ => Ok(file),
    }
}
