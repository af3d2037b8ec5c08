//! The decision journal: one chained stream of everything law and duty decided.

use canon::{Canonical, Digest, Timestamp};
use law::sanctions::Screening;
use proof::chain::DECISIONS_TAG;
use serde::Serialize;
use store::{Entry, Head, HeadSwap};

use crate::limits::HITS_KEPT_MAX;
use crate::mass::NAME_LIES;
use crate::pipeline::Upon;
use crate::refused::Refused;

/// The stream of decisions.
pub(crate) const DECISIONS: &str = "decisions";
/// The stream whose head stands for packs, lists and profile in force.
pub(crate) const LAW: &str = "law";
/// Stream whose head names the last rotation of the zone's keys.
pub(crate) const KEYS: &str = "keys";
/// The stream of what regulators were shown.
pub(crate) const VIEWS: &str = "views";
/// The cell's name for the decision journal.
pub(crate) const DECISIONS_LANE: &str = "journal/decisions";

/// The entry that follows `head`.
pub(crate) fn next(
    head: Option<Head>,
    kind: &str,
    at: Timestamp,
    (by, subject): (&str, &str),
    body: &Canonical,
    upon: &Upon,
) -> Result<(Entry, HeadSwap), Refused> {
    let seq = head.map_or(0, |h| h.seq + 1);
    let screenings = match upon.screenings.as_slice() {
        [] => None,
        made => Some(part(&shortened(made))?),
    };
    let facts = Some(&upon.facts).filter(|facts| !facts.is_empty()).map(part).transpose()?;
    let facts_there = upon.facts_there.as_ref().map(part).transpose()?;
    let name_lies = upon.name_lies.as_ref().map(part).transpose()?;
    let own = [part("MEZDecisionEntry")?, part(&seq)?, part(&at)?, part(kind)?, part(by)?];
    let [type_, sequence, at, kind, by] = &own;
    let subject = part(subject)?;
    let mut members = vec![
        ("type", type_),
        ("sequence", sequence),
        ("at", at),
        ("kind", kind),
        ("by", by),
        ("subject", &subject),
        ("body", body),
    ];
    let known = [
        ("screenings", &screenings),
        ("facts", &facts),
        ("facts_there", &facts_there),
        (NAME_LIES, &name_lies),
    ];
    members.extend(known.into_iter().filter_map(|(name, part)| Some((name, part.as_ref()?))));
    let canonical = Canonical::object(&members).map_err(Refused::host)?;
    let root = chained(head.map(|h| h.root), canonical.digest());
    let entry = Entry { stream: DECISIONS.to_owned(), seq, body: canonical.bytes().to_vec(), root };
    let new = Head { seq, root };
    Ok((entry, HeadSwap { stream: DECISIONS.to_owned(), old: head, new }))
}

/// The screenings in the order they were made, with the first [`HITS_KEPT_MAX`] hits; each counts all
/// of its own in `hits_found`.
fn shortened(screenings: &[Screening]) -> Vec<Screening> {
    let mut left = HITS_KEPT_MAX;
    let mut kept = screenings.to_vec();
    for screening in &mut kept {
        screening.hits.truncate(left);
        left -= screening.hits.len();
    }
    kept
}

fn part<T: Serialize + ?Sized>(value: &T) -> Result<Canonical, Refused> {
    Canonical::of(value).map_err(Refused::host)
}

/// SHA-256(tag ‖ previous root ‖ entry digest); 32 zero bytes before the first.
pub(crate) fn chained(previous: Option<Digest>, entry: Digest) -> Digest {
    proof::chain::step(DECISIONS_TAG, previous.as_ref(), &entry)
}
