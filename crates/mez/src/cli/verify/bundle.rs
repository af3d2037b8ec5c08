//! A witness bundle: one corridor with everything that shows it.

use canon::Did;
use corridor::verify::{LaneSummary, Report, judge as judge_corridor};
use serde_json::{Value, json};

use super::finding::Finding;
use crate::cli::screen::table;

pub(super) fn judge(bytes: &[u8], trust: &[Did]) -> Finding {
    told(&judge_corridor(bytes, trust))
}

/// A lane for programs: what it says of the other lane is named so.
fn lane_json(lane: &LaneSummary) -> Value {
    json!({
        "acknowledges_of_other": lane.acknowledged,
        "did": lane.did,
        "refuses_of_other": lane.refused,
        "root": lane.root,
        "size": lane.size,
        "withheld": lane.withheld,
        "zone_id": lane.zone_id,
    })
}

fn told(report: &Report) -> Finding {
    let corridor = report.corridor_id.as_ref().map(ToString::to_string);
    let realm = report.realm.map(|realm| realm.to_string());
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut finding = Finding::new("bundle", report.verdict);
    finding.reasons.clone_from(&report.reasons);
    finding.needs.clone_from(&report.needs);
    finding.rows.push(("corridor", dash(&corridor)));
    finding.rows.push(("realm", dash(&realm)));
    finding.rows.push(("cuts", report.cuts.to_string()));
    if !report.lanes.is_empty() {
        finding.below = format!("\n{}", lanes(report));
    }
    for (name, value) in [
        ("corridor_id", json!(corridor)),
        ("cuts", json!(report.cuts)),
        ("lanes", report.lanes.iter().map(lane_json).collect()),
        ("realm", json!(realm)),
    ] {
        finding.json.insert(name.to_owned(), value);
    }
    finding
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
