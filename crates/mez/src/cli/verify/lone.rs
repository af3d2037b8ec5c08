//! One receipt, one cut: what a zone signed, without the corridor around it.

use corridor::cut::CutLane;
use corridor::verify::{Alone, Known, judge_cut, judge_receipt};
use proof::credential::Verdict;

use super::finding::Finding;
use super::report::{Head, Kind, Whole};

pub(super) fn receipt(bytes: &[u8], zones: &[Known]) -> Finding {
    let judged = judge_receipt(bytes, zones);
    let finding = Finding::new(Kind::Receipt, judged.verdict);
    let checked = scope(&judged, "that the zone signed this; not that it is in its lane");
    let finding = match &judged.document {
        None => finding,
        Some(receipt) => finding
            .row("corridor", &receipt.corridor_id)
            .row("lane", &receipt.lane)
            .row("sequence", receipt.sequence)
            .row("kind", receipt.transition.kind)
            .row("signed at", receipt.timestamp)
            .row("next root", receipt.next_root)
            .says(Whole::Receipt {
                checked,
                corridor: receipt.corridor_id.clone(),
                lane: receipt.lane.clone(),
                next_root: receipt.next_root,
                sequence: receipt.sequence,
                signed_at: receipt.timestamp,
                transition: receipt.transition.kind,
            }),
    };
    closing(finding, judged, checked)
}

pub(super) fn cut(bytes: &[u8], zones: &[Known]) -> Finding {
    let judged = judge_cut(bytes, zones);
    let finding = Finding::new(Kind::Cut, judged.verdict);
    let checked = scope(&judged, "that both zones signed this; not the lanes it stands on");
    let finding = match &judged.document {
        None => finding,
        Some(cut) => {
            let lanes = cut.lanes.iter().map(|lane| format!("{} at {}", lane.zone_id, lane.size));
            let lanes = lanes.collect::<Vec<_>>().join(", ");
            let head = |lane: &CutLane| Head { size: lane.size, zone_id: lane.zone_id.clone() };
            finding
                .row("corridor", &cut.corridor_id)
                .row("proposed at", cut.timestamp)
                .row("lanes", lanes)
                .says(Whole::Cut {
                    checked,
                    corridor: cut.corridor_id.clone(),
                    lanes: cut.lanes.iter().map(head).collect(),
                    proposed_at: cut.timestamp,
                })
        }
    };
    closing(finding, judged, checked)
}

/// What VALID says of it.
fn scope<T>(judged: &Alone<T>, scope: &'static str) -> Option<&'static str> {
    (judged.verdict == Verdict::Valid).then_some(scope)
}

fn closing<T>(mut finding: Finding, judged: Alone<T>, checked: Option<&str>) -> Finding {
    finding.reasons = judged.reasons;
    finding.needs = judged.needs;
    checked.into_iter().fold(finding, |finding, scope| finding.row("checked", scope))
}
