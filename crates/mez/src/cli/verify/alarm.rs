//! An alarm about a fork, with its evidence: VALID says that the fork is proven, and who says so.

use canon::Did;
use corridor::fork::judge_alarm;
use corridor::verify::Known;

use super::finding::Finding;
use super::report::{Kind, Whole};

pub(super) fn judge(bytes: &[u8], trust: &[Did], zones: &[Known]) -> Finding {
    let judged = judge_alarm(bytes, trust, zones);
    let mut finding = Finding::new(Kind::Alarm, judged.verdict);
    finding.reasons = judged.reasons;
    finding.needs = judged.needs;
    let Some(alarm) = judged.document else { return finding };
    let finding = finding
        .row("corridor", &alarm.corridor_id)
        .row("fork", alarm.fork())
        .row("histories signed", alarm.candidates.len())
        .row("evidence", alarm.evidence_sha256.len());
    finding.says(Whole::Alarm {
        candidates: alarm.candidates,
        corridor: alarm.corridor_id,
        evidence_sha256: alarm.evidence_sha256,
        lane: alarm.lane,
        sequence: alarm.sequence,
    })
}
