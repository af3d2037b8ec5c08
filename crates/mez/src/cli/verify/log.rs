//! What logs sign: a checkpoint note, a proof of inclusion, a proof of consistency.

use corridor::LaneReceipt;
use corridor::verify::Known;
use proof::Checkpoint;
use proof::credential::Verdict;
use proof::tlog_proof::{LogJudgement, LogKey, claimed_origin, judge_consistency, judge_inclusion};
use proof::witness::Request;

use super::finding::Finding;
use super::report::{Kind, Log, Whole};
use super::zones::log_of;

/// A checkpoint alone.
pub(super) fn note(bytes: &[u8], zones: &[Known]) -> Finding {
    let Some(origin) = claimed_origin(bytes) else {
        return Finding::new(Kind::Note, Verdict::Invalid).because("malformed", "it names no log");
    };
    let Some(known) = log_of(zones, &origin) else {
        return strange(Kind::Note, &origin);
    };
    match known.party.checkpoint(bytes, &origin) {
        Ok(head) => {
            trusted(told(Finding::new(Kind::Note, Verdict::Valid), Kind::Note, &head), known)
        }
        Err(error) => Finding::new(Kind::Note, Verdict::Invalid).because("note", error.to_string()),
    }
}

/// A `.tlog-proof` of the receipt given beside it.
pub(super) fn inclusion(bytes: &[u8], receipt: Option<&LaneReceipt>, zones: &[Known]) -> Finding {
    let about = receipt.map(|receipt| (&receipt.next_root, receipt.sequence));
    let note = proof::tlog_proof::TlogProof::parse(bytes);
    let note = note.map(|proof| proof.checkpoint().to_vec()).unwrap_or_default();
    proved(Kind::Inclusion, &[&note], zones, |logs| judge_inclusion(bytes, about, logs))
}

/// An `add-checkpoint` body against the older checkpoint given beside it.
pub(super) fn consistency(bytes: &[u8], older: &[u8], zones: &[Known]) -> Finding {
    let newer = Request::parse(bytes).map(|ask| ask.note.to_bytes()).unwrap_or_default();
    let notes = [newer.as_slice(), older];
    proved(Kind::Consistency, &notes, zones, |logs| judge_consistency(bytes, older, logs))
}

fn proved(
    kind: Kind,
    notes: &[&[u8]],
    zones: &[Known],
    judge: impl Fn(&[LogKey]) -> LogJudgement,
) -> Finding {
    let origin = notes.first().and_then(|note| claimed_origin(note));
    let owner = origin.as_deref().and_then(|origin| log_of(zones, origin));
    let (logs, turned) = owner.zip(origin.as_ref()).map(|o| keys(o, notes)).unwrap_or_default();
    let judged = judge(&logs);
    let mut finding = Finding::new(kind, judged.verdict);
    finding.reasons = judged.reasons;
    if turned && judged.verdict == Verdict::Valid {
        let detail = "a checkpoint is not signed by the log key of its size";
        return Finding::new(kind, Verdict::Invalid).because("other-key", detail);
    }
    if let Some(head) = &judged.head {
        finding = told(finding, kind, head);
    }
    match owner {
        Some(known) => trusted(finding, known),
        None => match origin.filter(|_| judged.verdict == Verdict::Unknown) {
            Some(origin) => named(finding, kind, &origin),
            None => finding,
        },
    }
}

/// The log key of each note's size, and whether a note is signed by that of another.
fn keys((known, origin): (&Known, &String), notes: &[&[u8]]) -> (Vec<LogKey>, bool) {
    let key = |note: &&[u8]| {
        let size = Checkpoint::claimed_size(note).unwrap_or(0);
        LogKey { origin: origin.clone(), key: known.party.note_key(origin, size).clone() }
    };
    let mut logs: Vec<LogKey> = notes.iter().map(key).collect();
    logs.dedup();
    let own = |note: &&[u8]| known.party.checkpoint(note, origin).is_ok();
    (logs, !notes.iter().all(own))
}

fn told(finding: Finding, kind: Kind, head: &Checkpoint) -> Finding {
    let (log, size, root) = (head.origin(), head.size(), head.root());
    let finding = finding.row("log", log).row("size", size).row("root", root);
    finding.says(said(kind, Log { log: log.to_owned(), root: Some(root), size: Some(size) }))
}

/// A log that is named, and not believed.
fn named(finding: Finding, kind: Kind, origin: &str) -> Finding {
    let log = Log { log: origin.to_owned(), root: None, size: None };
    finding.row("log", origin).says(said(kind, log))
}

fn said(kind: Kind, log: Log) -> Whole {
    match kind {
        Kind::Inclusion => Whole::Inclusion(log),
        Kind::Consistency => Whole::Consistency(log),
        _ => Whole::Note(log),
    }
}

/// What holds under a zone's keys is VALID only where the zone is trusted.
fn trusted(mut finding: Finding, known: &Known) -> Finding {
    if known.trusted || finding.verdict != Verdict::Valid {
        return finding;
    }
    let did = known.party.did().clone();
    let detail =
        format!("signed by zone `{}`, whose `{did}` is not trusted here", known.party.zone());
    finding.verdict = Verdict::Unknown;
    finding.needs.push(did);
    finding.because("untrusted-did", detail)
}

fn strange(kind: Kind, origin: &str) -> Finding {
    let detail = format!("no inception document given is of the zone that writes `{origin}`");
    let finding = named(Finding::new(kind, Verdict::Unknown), kind, origin);
    finding.because("inception-missing", detail)
}
