//! What logs sign: a checkpoint note, a proof of inclusion, a proof of consistency.

use corridor::LaneReceipt;
use corridor::verify::Known;
use proof::Checkpoint;
use proof::credential::Verdict;
use proof::tlog_proof::{LogJudgement, LogKey, claimed_origin, judge_consistency, judge_inclusion};
use proof::witness::Request;

use super::finding::Finding;
use super::zones::log_of;

/// A checkpoint alone.
pub(super) fn note(bytes: &[u8], zones: &[Known]) -> Finding {
    let Some(origin) = claimed_origin(bytes) else {
        return Finding::new("note", Verdict::Invalid).because("malformed", "it names no log");
    };
    let Some((known, log)) = log_of(zones, &origin) else {
        return strange("note", &origin);
    };
    match Checkpoint::verify(bytes, &origin, &log.key) {
        Ok(head) => trusted(told(Finding::new("note", Verdict::Valid), &head), known),
        Err(error) => Finding::new("note", Verdict::Invalid).because("note", error.to_string()),
    }
}

/// A `.tlog-proof` of the receipt given beside it.
pub(super) fn inclusion(bytes: &[u8], receipt: Option<&LaneReceipt>, zones: &[Known]) -> Finding {
    let about = receipt.map(|receipt| (&receipt.next_root, receipt.sequence));
    let note = proof::tlog_proof::TlogProof::parse(bytes);
    let origin = note.ok().and_then(|proof| claimed_origin(proof.checkpoint()));
    proved("inclusion proof", origin, zones, |logs| judge_inclusion(bytes, about, logs))
}

/// An `add-checkpoint` body against the older checkpoint given beside it.
pub(super) fn consistency(bytes: &[u8], older: &[u8], zones: &[Known]) -> Finding {
    let origin = Request::parse(bytes).ok().and_then(|ask| claimed_origin(&ask.note.to_bytes()));
    proved("consistency proof", origin, zones, |logs| judge_consistency(bytes, older, logs))
}

fn proved(
    kind: &'static str,
    origin: Option<String>,
    zones: &[Known],
    judge: impl Fn(&[LogKey]) -> LogJudgement,
) -> Finding {
    let owner = origin.as_deref().and_then(|origin| log_of(zones, origin));
    let logs: Vec<LogKey> = owner.iter().map(|(_, log)| log.clone()).collect();
    let judged = judge(&logs);
    let mut finding = Finding::new(kind, judged.verdict);
    finding.reasons = judged.reasons;
    if let Some(head) = &judged.head {
        finding = told(finding, head);
    }
    match owner {
        Some((known, _)) => trusted(finding, known),
        None => match origin.filter(|_| judged.verdict == Verdict::Unknown) {
            Some(origin) => finding.say("log", origin),
            None => finding,
        },
    }
}

fn told(finding: Finding, head: &Checkpoint) -> Finding {
    finding.say("log", head.origin()).say("size", head.size()).say("root", head.root())
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

fn strange(kind: &'static str, origin: &str) -> Finding {
    let detail = format!("no inception document given is of the zone that writes `{origin}`");
    Finding::new(kind, Verdict::Unknown).say("log", origin).because("inception-missing", detail)
}
