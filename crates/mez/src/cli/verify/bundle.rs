//! A witness bundle: one corridor with everything that shows it.

use std::path::Path;

use canon::Did;
use corridor::anchor::Root;
use corridor::verify::{LaneSummary, Report, judge_from};
use proof::artifact::bundle::Source;

use super::finding::Finding;
use super::kind::Kind;
use super::report::{self, Attached, Lane, Whole};
use crate::artifacts::zip::OnDisk;
use crate::cli::screen::table;
use crate::cli::{Exit, Failure, file};

/// The file, where it is a zip.
pub(super) fn open(path: &Path) -> Option<OnDisk> {
    if path == Path::new(file::STDIN) {
        return None;
    }
    let file = OnDisk::open(path).ok()?;
    let mut start = [0; 4];
    file.read_at(0, &mut start).ok()?;
    (Kind::of(&start) == Some(Kind::Bundle)).then_some(file)
}

/// Judged where it lies, however long it is.
pub(super) fn judge(
    source: &dyn Source,
    (trust, roots): (&[Did], &[Root]),
    name: &str,
) -> Result<Finding, Failure> {
    let report = judge_from(source, trust).map_err(|gone| {
        let what = format!("`{name}` cannot be read to its end");
        let remedy = "check the disk; a file that somebody writes to is not judged";
        Failure::new(Exit::Unavailable, "file-gone", what, remedy).because(&gone)
    })?;
    Ok(told(&report, (trust, roots)))
}

fn told(report: &Report, trusted: (&[Did], &[Root])) -> Finding {
    let corridor = report.corridor_id.as_ref().map(ToString::to_string);
    let realm = report.realm.map(|realm| realm.to_string());
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut finding = Finding::new(report::Kind::Bundle, report.verdict)
        .row("corridor", dash(&corridor))
        .row("realm", dash(&realm))
        .row("cuts", report.cuts);
    finding.reasons.clone_from(&report.reasons);
    finding.needs.clone_from(&report.needs);
    if !report.lanes.is_empty() {
        finding.below = format!("\n{}", lanes(report));
    }
    let attachments: Vec<Attached> =
        report.attachments.told.iter().map(|one| Attached::of(one, trusted)).collect();
    if !attachments.is_empty() {
        finding.below.push_str(&format!("\n{}", attached(&attachments)));
    }
    finding.says(Whole::Corridor {
        attachments,
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

/// What other chains say, one row each.
fn attached(attachments: &[Attached]) -> String {
    let row = |one: &Attached| {
        let accepted = match one.accepted {
            Some(true) => "accepted",
            Some(false) => "refused",
            None => "not decided",
        };
        let trusted = if one.trusted { "trusted" } else { "not trusted here" };
        vec![
            one.lane.to_string(),
            one.sequence.to_string(),
            crate::cli::remote::status::shown(Some(&serde_json::json!(one.relation))),
            accepted.to_owned(),
            one.rests_on(),
            trusted.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = attachments.iter().map(row).collect();
    table(&["attached in", "at", "relation", "there", "rests on", "root"], &rows)
}
