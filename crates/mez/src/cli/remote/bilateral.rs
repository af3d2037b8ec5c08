//! `mez corridor compliance`: what both zones decided of one receipt.

use canon::{CorridorId, ZoneId};
use serde_json::Value;

use super::status::shown;
use super::{Target, refused};
use crate::cli::screen::{Answer, pairs, table};
use crate::cli::{Context, Failure};

/// Which receipt.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// On which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// Which receipt
    #[arg(long, value_name = "NUMBER")]
    sequence: u64,
    /// Whose lane; the zone's own, unless given
    #[arg(long, value_name = "ZONE", value_parser = ZoneId::parse)]
    lane: Option<ZoneId>,
    #[command(flatten)]
    target: Target,
}

/// Both sides, one row each; a side that was not heard is pending.
pub(super) fn compliance(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = args.target.open(context)?;
    let lane = args.lane.as_ref().map(|lane| format!("?lane={lane}")).unwrap_or_default();
    let path = format!("/v1/corridors/{}/receipts/{}/compliance{lane}", args.id, args.sequence);
    let known = client.get(&path);
    let known = known.map_err(|error| refused("tell what was decided of this receipt", &error))?;
    let row = |role: &str| {
        let of = |name: &str| shown(known.pointer(&format!("/{role}/{name}")));
        vec![role.to_owned(), of("zone_id"), of("state"), of("reason_code"), of("decision_sha256")]
    };
    let head = pairs(&[
        ("lane", shown(known.get("lane"))),
        ("sequence", shown(known.get("sequence"))),
        ("kind", shown(known.get("kind"))),
        ("state", shown(known.get("state"))),
    ]);
    let rows = [row("writer"), row("reader")];
    let sides = table(&["side", "zone", "state", "reason", "decision"], &rows);
    let blocking = known
        .pointer("/reader/decision/domains")
        .or_else(|| known.pointer("/writer/decision/domains"));
    let domains = blocking.and_then(Value::as_array).cloned().unwrap_or_default();
    let ours: Vec<Vec<String>> =
        domains.iter().map(|one| vec![shown(one.get("domain")), shown(one.get("state"))]).collect();
    let mut text = format!("{head}\n{sides}");
    if !ours.is_empty() {
        text.push('\n');
        text.push_str(&table(&["domain decided here", "state"], &ours));
    }
    Ok(Answer::done(text, known))
}
