//! A witness bundle: one corridor with everything that shows it.

use canon::Did;
use corridor::verify::{LaneSummary, Report, judge as judge_corridor};

use super::finding::Finding;
use super::report::{Kind, Lane, Whole};
use crate::cli::screen::table;

pub(super) fn judge(bytes: &[u8], trust: &[Did]) -> Finding {
    told(&judge_corridor(bytes, trust))
}

fn told(report: &Report) -> Finding {
    let corridor = report.corridor_id.as_ref().map(ToString::to_string);
    let realm = report.realm.map(|realm| realm.to_string());
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut finding = Finding::new(Kind::Bundle, report.verdict)
        .row("corridor", dash(&corridor))
        .row("realm", dash(&realm))
        .row("cuts", report.cuts);
    finding.reasons.clone_from(&report.reasons);
    finding.needs.clone_from(&report.needs);
    if !report.lanes.is_empty() {
        finding.below = format!("\n{}", lanes(report));
    }
    finding.says(Whole::Corridor {
        corridor_id: report.corridor_id.clone(),
        cuts: report.cuts as u64,
        lanes: report.lanes.iter().map(Lane::from).collect(),
        realm: report.realm,
    })
}

/// The lanes, one row each.
fn lanes(report: &Report) -> String {
    // What a lane acknowledges is of the other one.
    let of_other = |at: usize| report.lanes.get(1usize.saturating_sub(at));
    let heading = [
        "lane",
        "size",
        "acknowledged by the other zone",
        "refused by the other zone",
        "withheld",
        "root",
        "did",
    ];
    let row = |(at, lane): (usize, &LaneSummary)| {
        let other = of_other(at);
        let count = |count: Option<u64>| count.map_or("-".to_owned(), |n| n.to_string());
        let root: String = lane.root.to_string().chars().take(16).collect();
        vec![
            lane.zone_id.to_string(),
            lane.size.to_string(),
            count(other.map(|other| other.acknowledged)),
            count(other.map(|other| other.refused)),
            lane.withheld.to_string(),
            root,
            lane.did.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = report.lanes.iter().enumerate().map(row).collect();
    table(&heading, &rows)
}
