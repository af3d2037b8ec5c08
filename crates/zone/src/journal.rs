//! The decision journal: one chained stream of everything law and duty decided.

use canon::{Canonical, Digest, Timestamp, sha256_parts};
use serde_json::{Value, json};
use store::{Entry, Head, HeadSwap};

use crate::refused::Refused;

/// The stream of decisions.
pub(crate) const DECISIONS: &str = "decisions";
/// The stream whose head stands for packs, lists and profile in force.
pub(crate) const LAW: &str = "law";
/// The cell's name for the decision journal.
pub(crate) const DECISIONS_LANE: &str = "journal/decisions";

/// The entry that follows `head`.
pub(crate) fn next(
    head: Option<Head>,
    kind: &str,
    at: Timestamp,
    by: &str,
    subject: &str,
    body: Value,
) -> Result<(Entry, HeadSwap), Refused> {
    let seq = head.map_or(0, |h| h.seq + 1);
    let document = json!({
        "type": "MEZDecisionEntry",
        "sequence": seq,
        "at": at,
        "kind": kind,
        "by": by,
        "subject": subject,
        "body": body,
    });
    let canonical = Canonical::of_value(&document).map_err(Refused::host)?;
    let root = chained(head.map(|h| h.root), canonical.digest());
    let entry = Entry { stream: DECISIONS.to_owned(), seq, body: canonical.bytes().to_vec(), root };
    let new = Head { seq, root };
    Ok((entry, HeadSwap { stream: DECISIONS.to_owned(), old: head, new }))
}

/// SHA-256(tag ‖ previous root ‖ entry digest); 32 zero bytes before the first.
pub(crate) fn chained(previous: Option<Digest>, entry: Digest) -> Digest {
    let previous = previous.map_or([0; 32], |d| *d.as_bytes());
    sha256_parts(&[b"mez.decision.journal.v1\n", &previous, entry.as_bytes()])
}
