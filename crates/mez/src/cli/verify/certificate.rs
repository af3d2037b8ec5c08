//! Certificates of finality: VALID says that the receipt is as final as its grade. And evidence against
//! watchers: VALID says that it is proven.

use canon::Did;
use corridor::anchor::Root;
use corridor::certificate;
use corridor::watcher::judge_accusation;

use super::finding::Finding;
use super::report::{Kind, Whole};

pub(super) fn judge(bytes: &[u8], trust: &[Did], roots: &[Root]) -> Finding {
    let judged = certificate::judge_under(bytes, trust, roots);
    let mut finding = Finding::new(Kind::Certificate, judged.verdict);
    finding.reasons = judged.reasons;
    finding.needs = judged.needs;
    let Some(told) = judged.told else { return finding };
    let mut finding = finding
        .row("grade", told.grade.name())
        .row("realm", told.realm)
        .row("corridor", &told.corridor_id)
        .row("lane", &told.lane)
        .row("sequence", told.sequence)
        .row("kind", told.transition);
    if let (Some(quorum), Some(watchers)) = (&told.quorum, &told.watchers) {
        let weight = format!("{} of {}, by {}", quorum.weight, quorum.of, watchers.len());
        finding = finding.row("watchers' weight", weight);
    }
    if let (Some(covered), Some(keeper)) = (&told.covered_value, &told.keeper) {
        finding = finding.row("covered", covered).row("bonds kept by", keeper);
    }
    if let Some(held) = &told.anchored {
        finding = finding.row("anchored in", held.needs());
    }
    finding.says(Whole::Certificate(told))
}

pub(super) fn accusation(bytes: &[u8], trust: &[Did]) -> Finding {
    let judged = judge_accusation(bytes, trust);
    let mut finding = Finding::new(Kind::Accusation, judged.verdict);
    finding.reasons = judged.reasons;
    finding.needs = judged.needs;
    let Some(proven) = judged.proven else { return finding };
    let (condition, about, watchers) = (proven.condition, proven.about, proven.watchers);
    for watcher in &watchers {
        finding = finding.row("watcher", watcher);
    }
    let finding = finding.row("condition", condition.name()).row("about", &about);
    finding.says(Whole::Accusation { condition, about, watchers })
}
