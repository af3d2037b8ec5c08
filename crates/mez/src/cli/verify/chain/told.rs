//! What was found, for people and for programs.

use proof::credential::Verdict;
use proof::keys::batch::Mode;
use serde_json::{Value, json};

use super::forks::Fork;
use super::judge::Lane;
use crate::cli::screen::{Answer, pairs, table};
use crate::cli::{Context, vc};

/// The answer about all lanes: the worst of theirs.
pub(super) fn answer(lanes: &[Lane], forks: &[Fork], mode: Mode, context: &Context<'_>) -> Answer {
    let any = |verdict| lanes.iter().any(|lane| lane.verdict == verdict);
    let verdict = if any(Verdict::Invalid) || !forks.is_empty() {
        Verdict::Invalid
    } else if any(Verdict::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Valid
    };
    let rule = match mode {
        Mode::Strict => "each strictly; below a checkpoint none",
        Mode::History => "in batches (ZIP-215); below a checkpoint none",
    };
    let mut text = pairs(&[
        ("verdict", vc::shown(verdict, context.style)),
        ("signatures", rule.to_owned()),
        (
            "checked",
            "the lane's own receipts; payloads, decisions and the other lane are in a bundle"
                .to_owned(),
        ),
    ]);
    let rows: Vec<Vec<String>> = lanes.iter().map(row).collect();
    text.push('\n');
    text.push_str(&table(&["lane", "verdict", "receipts", "by checkpoint", "root", "from"], &rows));
    for fork in forks {
        text.push_str(&format!("\nfork at receipt {}: candidates\n", fork.sequence));
        fork.candidates.iter().for_each(|root| text.push_str(&format!("  {root}\n")));
    }
    let reasons: Vec<_> = lanes.iter().flat_map(|lane| lane.reasons.clone()).collect();
    let mut needs: Vec<_> = lanes.iter().flat_map(|lane| lane.needs.clone()).collect();
    needs.sort();
    needs.dedup();
    text.push_str(&vc::because(&reasons, &needs));
    let mode = match mode {
        Mode::Strict => "strict",
        Mode::History => "history",
    };
    let json = json!({
        "forks": forks,
        "kind": "chain",
        "lanes": lanes.iter().map(lane_json).collect::<Vec<_>>(),
        "mode": mode,
        "needs": needs,
        "reasons": reasons,
        "verdict": verdict,
    });
    Answer::done(text, json).ending(vc::ending(verdict))
}

/// Receipts whose signatures were left to a checkpoint.
fn committed(lane: &Lane) -> u64 {
    lane.head.as_ref().map_or(0, |head| head.checkpoint.size().min(lane.chain.size()))
}

fn row(lane: &Lane) -> Vec<String> {
    let zone = lane.zone.as_ref().map_or("-", |zone| zone.as_str());
    vec![
        zone.to_owned(),
        lane.verdict.to_string(),
        lane.chain.size().to_string(),
        committed(lane).to_string(),
        lane.chain.root().to_string().chars().take(16).collect(),
        lane.name.clone(),
    ]
}

fn lane_json(lane: &Lane) -> Value {
    json!({
        "by_checkpoint": committed(lane),
        "corridor_id": lane.corridor,
        "epoch": lane.chain.epoch(),
        "from": lane.name,
        "genesis": lane.chain.genesis(),
        "last_root": lane.chain.last_root(),
        "offending": lane.offending,
        "reasons": lane.reasons,
        "root": lane.chain.root(),
        "size": lane.chain.size(),
        "timestamp": lane.chain.timestamp(),
        "verdict": lane.verdict,
        "witnesses": lane.head.as_ref().map(|head| &head.witnesses),
        "zone_id": lane.zone,
    })
}
