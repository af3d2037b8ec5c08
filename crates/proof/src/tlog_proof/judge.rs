//! Judging proof files for someone who believes certain logs: VALID, INVALID or UNKNOWN.

use canon::Digest;

use super::{TlogProof, TlogProofError};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::credential::{Reason, Verdict};
use crate::keys::PublicKey;
use crate::merkle::MerkleError;
use crate::note::NoteError;
use crate::verified::Verified;
use crate::witness::Request;

/// A log a verifier believes: its name and the key it signs by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogKey {
    /// The origin, first line of its checkpoints.
    pub origin: String,
    /// The log key.
    pub key: PublicKey,
}

/// The answer about a proof file.
#[derive(Clone, Debug)]
pub struct LogJudgement {
    /// VALID, INVALID or UNKNOWN.
    pub verdict: Verdict,
    /// Why, for anything but VALID.
    pub reasons: Vec<Reason>,
    /// Origins whose log key could settle an unknown verdict.
    pub needs: Vec<String>,
    /// The (newer) head the proof leads to, only when valid.
    pub head: Option<Verified<Checkpoint>>,
}

impl LogJudgement {
    fn of(verdict: Verdict, code: &'static str, detail: impl ToString) -> Self {
        let reasons = vec![Reason { code, detail: detail.to_string() }];
        Self { verdict, reasons, needs: Vec::new(), head: None }
    }

    fn invalid(code: &'static str, detail: impl ToString) -> Self {
        Self::of(Verdict::Invalid, code, detail)
    }

    fn needing(origin: String) -> Self {
        let detail = format!("no key of the log `{origin}` is trusted");
        let needs = vec![origin];
        Self { needs, ..Self::of(Verdict::Unknown, "log-not-trusted", detail) }
    }

    fn valid(head: Verified<Checkpoint>) -> Self {
        let (reasons, needs) = (Vec::new(), Vec::new());
        Self { verdict: Verdict::Valid, reasons, needs, head: Some(head) }
    }
}

/// The first line of a note, unverified: only to choose whose key to ask for.
#[must_use]
pub fn claimed_origin(note: &[u8]) -> Option<String> {
    let line = note.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    crate::note::check_name(line).ok().map(|()| line.to_owned())
}

/// Judges a `.tlog-proof` for the receipt whose entry (`next_root`) and sequence are given. Without
/// a receipt nothing is proved of anything: UNKNOWN, once the checkpoint itself holds.
#[must_use]
pub fn judge_inclusion(
    file: &[u8],
    receipt: Option<(&Digest, u64)>,
    logs: &[LogKey],
) -> LogJudgement {
    let proof = match TlogProof::parse(file) {
        Ok(proof) => proof,
        Err(error) => return LogJudgement::invalid("malformed", error),
    };
    let head = match believed(proof.checkpoint(), logs) {
        Ok(head) => head,
        Err(judgement) => return *judgement,
    };
    let Some((entry, sequence)) = receipt else {
        let detail = "the receipt the proof is for was not given";
        return LogJudgement::of(Verdict::Unknown, "receipt-missing", detail);
    };
    if proof.index != sequence {
        let found = proof.index;
        let error = TlogProofError::OtherIndex { found, sequence };
        return LogJudgement::invalid("other-index", error);
    }
    match head.includes(entry, sequence, &proof.hashes) {
        Ok(()) => LogJudgement::valid(head),
        Err(error) => LogJudgement::invalid(code(&error), error),
    }
}

/// Judges a consistency proof: an `add-checkpoint` body of `tlog-witness` (old size, hashes, newer
/// checkpoint), against the older checkpoint, which is a note of its own.
#[must_use]
pub fn judge_consistency(file: &[u8], older: &[u8], logs: &[LogKey]) -> LogJudgement {
    let request = match Request::parse(file) {
        Ok(request) => request,
        Err(error) => return LogJudgement::invalid("malformed", error),
    };
    let heads = (believed(&request.note.to_bytes(), logs), believed(older, logs));
    let (newer, older) = match heads {
        (Ok(newer), Ok(older)) => (newer, older),
        (Err(one), Err(other)) => return *if one.verdict >= other.verdict { one } else { other },
        (Err(judgement), _) | (_, Err(judgement)) => return *judgement,
    };
    if request.old != older.size() {
        let detail = format!(
            "the proof is from size {}, the checkpoint of size {}",
            request.old,
            older.size()
        );
        return LogJudgement::invalid("other-size", detail);
    }
    match newer.extends(&older, &request.proof) {
        Ok(()) => LogJudgement::valid(newer),
        Err(error) => LogJudgement::invalid(code(&error), error),
    }
}

/// The checkpoint, if a believed log signed it.
fn believed(note: &[u8], logs: &[LogKey]) -> Result<Verified<Checkpoint>, Box<LogJudgement>> {
    let Some(origin) = claimed_origin(note) else {
        return Err(Box::new(LogJudgement::invalid("malformed", "the checkpoint has no origin")));
    };
    let mut refused = None;
    for log in logs.iter().filter(|log| log.origin == origin) {
        match Checkpoint::verify(note, &origin, &log.key) {
            Ok(head) => return Ok(head),
            Err(CheckpointError::Note(NoteError::NotSigned(_))) => {}
            Err(error) => refused = Some(LogJudgement::invalid(code(&error), error)),
        }
    }
    Err(Box::new(refused.unwrap_or_else(|| LogJudgement::needing(origin))))
}

fn code(error: &CheckpointError) -> &'static str {
    match error {
        CheckpointError::Note(NoteError::Signature { .. }) => "signature",
        CheckpointError::Note(_) => "malformed",
        CheckpointError::Proof(MerkleError::OldRootMismatch) => "log-rewritten",
        CheckpointError::Proof(MerkleError::RootMismatch) => "not-in-log",
        CheckpointError::Proof(_) => "proof-shape",
        CheckpointError::DifferentLogs => "different-logs",
        _ => "malformed",
    }
}
