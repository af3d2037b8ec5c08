//! The decision journal: one chained stream of everything law and duty decided.

use canon::{Canonical, Digest, Timestamp, sha256_parts};
use law::sanctions::Screening;
use serde_json::{Value, json};
use store::{Entry, Head, HeadSwap};

use crate::limits::HITS_KEPT_MAX;
use crate::pipeline::Upon;
use crate::refused::Refused;

/// The stream of decisions.
pub(crate) const DECISIONS: &str = "decisions";
/// The stream whose head stands for packs, lists and profile in force.
pub(crate) const LAW: &str = "law";
/// Stream whose head names the last rotation of the zone's keys.
pub(crate) const KEYS: &str = "keys";
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
    upon: &Upon,
) -> Result<(Entry, HeadSwap), Refused> {
    let seq = head.map_or(0, |h| h.seq + 1);
    let mut document = json!({
        "type": "MEZDecisionEntry",
        "sequence": seq,
        "at": at,
        "kind": kind,
        "by": by,
        "subject": subject,
        "body": body,
    });
    if let (false, Value::Object(members)) = (upon.screenings.is_empty(), &mut document) {
        members.insert("screenings".to_owned(), shortened(&upon.screenings)?);
    }
    let facts = Some(&upon.facts).filter(|facts| !facts.is_empty());
    for (name, facts) in [("facts", facts), ("facts_there", upon.facts_there.as_ref())] {
        if let (Some(facts), Value::Object(members)) = (facts, &mut document) {
            let facts = serde_json::to_value(facts).map_err(Refused::host)?;
            members.insert(name.to_owned(), facts);
        }
    }
    let canonical = Canonical::of_value(&document).map_err(Refused::host)?;
    let root = chained(head.map(|h| h.root), canonical.digest());
    let entry = Entry { stream: DECISIONS.to_owned(), seq, body: canonical.bytes().to_vec(), root };
    let new = Head { seq, root };
    Ok((entry, HeadSwap { stream: DECISIONS.to_owned(), old: head, new }))
}

/// The screenings in the order they were made, with the first [`HITS_KEPT_MAX`] hits; each counts all
/// of its own in `hits_found`.
fn shortened(screenings: &[Screening]) -> Result<Value, Refused> {
    let mut left = HITS_KEPT_MAX;
    let mut kept = screenings.to_vec();
    for screening in &mut kept {
        screening.hits.truncate(left);
        left -= screening.hits.len();
    }
    serde_json::to_value(kept).map_err(Refused::host)
}

/// SHA-256(tag ‖ previous root ‖ entry digest); 32 zero bytes before the first.
pub(crate) fn chained(previous: Option<Digest>, entry: Digest) -> Digest {
    let previous = previous.map_or([0; 32], |d| *d.as_bytes());
    sha256_parts(&[b"mez.decision.journal.v1\n", &previous, entry.as_bytes()])
}
