//! `mez verify`: what a stranger does with a witness bundle, offline.

use std::path::PathBuf;

use canon::Timestamp;
use corridor::verify::{LaneSummary, Report, judge};
use proof::artifact::bundle::BUNDLE_MAX;
use serde_json::{Value, json};

use super::failure::Failure;
use super::screen::{Answer, Style, pairs, table};
use super::vc::{self, Trust};
use super::{Context, file};

/// Most bytes read: one more than a bundle may have, so that the rule can say so.
const READ_MAX: u64 = BUNDLE_MAX as u64 + 1;

/// What to judge, and whom to believe.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A witness bundle (zip), or a credential (JSON); `-` for standard input
    bundle: PathBuf,
    #[command(flatten)]
    trust: Trust,
    /// For a credential: the moment to judge at, YYYY-MM-DDTHH:MM:SSZ; now, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    as_of: Option<Timestamp>,
}

pub(crate) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let dids = args.trust.dids()?;
    let bytes = file::read_up_to(&args.bundle, READ_MAX)?;
    let name = args.bundle.display().to_string();
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return vc::judge_document(&name, &bytes, &args.trust, args.as_of, context);
    }
    if args.as_of.is_some() {
        let what = "--as-of is for credentials; a bundle says itself when it was signed";
        return Err(Failure::usage(what, "leave --as-of out"));
    }
    let report = judge(&bytes, &dids);
    Ok(told(&name, &report, context.style))
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

fn told(name: &str, report: &Report, style: Style) -> Answer {
    let corridor = report.corridor_id.as_ref().map(ToString::to_string);
    let realm = report.realm.map(|realm| realm.to_string());
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut text = pairs(&[
        ("verdict", vc::shown(report.verdict, style)),
        ("bundle", name.to_owned()),
        ("corridor", dash(&corridor)),
        ("realm", dash(&realm)),
        ("cuts", report.cuts.to_string()),
    ]);
    if !report.lanes.is_empty() {
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
        let rows: Vec<Vec<String>> = report
            .lanes
            .iter()
            .enumerate()
            .map(|(at, lane)| {
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
            })
            .collect();
        text.push('\n');
        text.push_str(&table(&heading, &rows));
    }
    text.push_str(&vc::because(&report.reasons, &report.needs));
    let json = json!({
        "corridor_id": corridor,
        "cuts": report.cuts,
        "lanes": report.lanes.iter().map(lane_json).collect::<Vec<_>>(),
        "needs": report.needs,
        "realm": realm,
        "reasons": report.reasons,
        "verdict": report.verdict,
    });
    Answer::done(text, json).ending(vc::ending(report.verdict))
}
