//! What was found, for people and for programs.

use canon::{CorridorId, Did, Digest, Timestamp, ZoneId};
use proof::credential::{Reason, Verdict};
use proof::keys::batch::Mode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::forks::Fork;
use super::judge::Lane;
use crate::cli::screen::{Answer, pairs, table};
use crate::cli::{Context, vc};

/// The judgement of lanes, as `mez verify chain --json` prints it.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ChainReport<'a> {
    /// Places with more than one signed receipt.
    forks: &'a [Fork],
    /// Always `chain`.
    #[schemars(extend("const" = "chain"))]
    kind: &'static str,
    /// One judgement for each lane.
    lanes: Vec<LaneReport<'a>>,
    /// How signatures were judged.
    mode: Judging,
    /// DIDs that must be trusted for a VALID.
    needs: Vec<Did>,
    /// Why, for anything but VALID.
    reasons: Vec<Reason>,
    /// The worst of the lanes' verdicts; INVALID where there is a fork.
    verdict: Verdict,
}

/// How signatures are judged.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Judging {
    /// Each strictly.
    Strict,
    /// In batches (ZIP-215).
    History,
}

/// What was found of one lane.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct LaneReport<'a> {
    /// Receipts whose signatures were left to a checkpoint.
    by_checkpoint: u64,
    /// The corridor, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    corridor_id: Option<&'a CorridorId>,
    /// The epoch of the last receipt.
    epoch: u64,
    /// Where it was read.
    from: &'a str,
    /// `prev_root` of its first receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    genesis: Option<Digest>,
    /// `next_root` of its last receipt that holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_root: Option<Digest>,
    /// The first receipt that does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    offending: Option<u64>,
    /// Why, for anything but VALID.
    reasons: &'a [Reason],
    /// RFC 9162 root of the receipts that hold.
    root: Digest,
    /// How many hold.
    size: u64,
    /// When the last of them was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
    /// The verdict on this lane.
    verdict: Verdict,
    /// Who cosigned the checkpoint, of those asked for; absent without a checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    witnesses: Option<&'a [String]>,
    /// The writer, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_id: Option<&'a ZoneId>,
}

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
        Mode::Strict => Judging::Strict,
        Mode::History => Judging::History,
    };
    let lanes = lanes.iter().map(report).collect();
    let report = ChainReport { forks, kind: "chain", lanes, mode, needs, reasons, verdict };
    Answer::done(text, json!(report)).ending(vc::ending(verdict))
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

fn report(lane: &Lane) -> LaneReport<'_> {
    LaneReport {
        by_checkpoint: committed(lane),
        corridor_id: lane.corridor.as_ref(),
        epoch: lane.chain.epoch(),
        from: &lane.name,
        genesis: lane.chain.genesis(),
        last_root: lane.chain.last_root(),
        offending: lane.offending,
        reasons: &lane.reasons,
        root: lane.chain.root(),
        size: lane.chain.size(),
        timestamp: lane.chain.timestamp(),
        verdict: lane.verdict,
        witnesses: lane.head.as_ref().map(|head| head.witnesses.as_slice()),
        zone_id: lane.zone.as_ref(),
    }
}
