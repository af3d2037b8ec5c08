//! Equivocation, proven: one file with two statements one key could not honestly sign both.
//!
//! The file (`MEZEquivocationEvidence`, canonical JSON) convinces alone: it carries both signed
//! statements and how the key is reached, from the zone's inception document or from the verifier
//! key of a log. [`judge`] needs nothing else but the DID it is to believe.
//!
//! Invariant: VALID means that the key behind the DID signed two different histories. Honest
//! histories never give a VALID file; two proofs over one receipt, or two notes over one root, are
//! no equivocation.

mod file;
mod judge;

pub use file::{
    By, Case, EVIDENCE_TYPE, Evidence, other_rotation, receipt_and_note, two_notes, two_receipts,
};
pub(crate) use judge::accused;
pub use judge::{Judgement, judge, judge_knowing};
