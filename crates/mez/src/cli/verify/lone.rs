//! One receipt, one cut: what a zone signed, without the corridor around it.

use corridor::verify::{Alone, Known, judge_cut, judge_receipt};
use proof::credential::Verdict;

use super::finding::Finding;

pub(super) fn receipt(bytes: &[u8], zones: &[Known]) -> Finding {
    let judged = judge_receipt(bytes, zones);
    let finding = Finding::new("receipt", judged.verdict);
    let finding = match &judged.document {
        None => finding,
        Some(receipt) => finding
            .say("corridor", &receipt.corridor_id)
            .say("lane", &receipt.lane)
            .say("sequence", receipt.sequence)
            .say("kind", receipt.transition.kind)
            .say("signed at", receipt.timestamp)
            .say("next root", receipt.next_root),
    };
    closing(finding, judged, "that the zone signed this; not that it is in its lane")
}

pub(super) fn cut(bytes: &[u8], zones: &[Known]) -> Finding {
    let judged = judge_cut(bytes, zones);
    let finding = Finding::new("cut", judged.verdict);
    let finding = match &judged.document {
        None => finding,
        Some(cut) => {
            let lanes = cut.lanes.iter().map(|lane| format!("{} at {}", lane.zone_id, lane.size));
            finding
                .say("corridor", &cut.corridor_id)
                .say("proposed at", cut.timestamp)
                .say("lanes", lanes.collect::<Vec<_>>().join(", "))
        }
    };
    closing(finding, judged, "that both zones signed this; not the lanes it stands on")
}

fn closing<T>(mut finding: Finding, judged: Alone<T>, scope: &'static str) -> Finding {
    finding.reasons = judged.reasons;
    finding.needs = judged.needs;
    if judged.verdict == Verdict::Valid { finding.say("checked", scope) } else { finding }
}
