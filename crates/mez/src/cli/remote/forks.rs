//! `mez corridor forks` and `mez corridor resolve`: what was signed twice, and what stands.

use std::path::PathBuf;

use canon::{CorridorId, Digest};
use corridor::fork::Fork;
use serde_json::{Value, json};

use super::corridor::Asking;
use super::status::shown;
use super::{Target, refused};
use crate::cli::file::{read_document, write_new_0644};
use crate::cli::screen::{Answer, pairs, table};
use crate::cli::{Context, Failure};

/// Which forks.
#[derive(clap::Args)]
pub(crate) struct ForksArgs {
    /// Of which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// Write the alarm about this fork, with its evidence, for `mez verify`
    #[arg(long, value_name = "LANE:SEQUENCE", value_parser = fork, requires = "out")]
    alarm: Option<Fork>,
    /// Where the alarm is written; nothing is overwritten
    #[arg(long, value_name = "FILE", requires = "alarm")]
    out: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

/// What stands.
#[derive(clap::Args)]
pub(crate) struct ResolveArgs {
    /// On which corridor
    #[arg(value_parser = CorridorId::parse)]
    id: CorridorId,
    /// Which fork, as `mez corridor forks` names it
    #[arg(value_name = "LANE:SEQUENCE", value_parser = fork)]
    fork: Fork,
    /// Why
    #[arg(long)]
    reason: String,
    /// Digest of the receipt that stands; needed only where neither an acknowledgement nor a cut decides
    #[arg(long, value_name = "DIGEST", value_parser = Digest::from_hex, conflicts_with = "credential")]
    choose: Option<Digest>,
    /// A resolution signed by the authority the agreement names, instead of one of this zone
    #[arg(long, value_name = "FILE")]
    credential: Option<PathBuf>,
    #[command(flatten)]
    asking: Asking,
}

fn fork(text: &str) -> Result<Fork, &'static str> {
    Fork::parse(text).ok_or("is not LANE:SEQUENCE")
}

pub(crate) fn forks(args: &ForksArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = args.target.open(context)?;
    let id = &args.id;
    if let (Some(fork), Some(out)) = (&args.alarm, &args.out) {
        let bytes = client.fetch_bytes(&format!("/v1/corridors/{id}/forks/{fork}/alarm"));
        let bytes = bytes.map_err(|error| refused("show this alarm", &error))?;
        write_new_0644(out, &bytes)?;
        let sha256 = Digest::of_blob(&bytes);
        let text = pairs(&[
            ("alarm", out.display().to_string()),
            ("sha256", sha256.to_string()),
            ("next", format!("mez verify {} --inception FILE --trust DID,DID", out.display())),
        ]);
        return Ok(Answer::done(text, json!({ "alarm": out, "sha256": sha256 })));
    }
    let told = client.get(&format!("/v1/corridors/{id}/forks"));
    let told = told.map_err(|error| refused("show the forks of this corridor", &error))?;
    Ok(Answer::done(page(&told), told))
}

fn page(told: &Value) -> String {
    let forks = told.get("forks").and_then(Value::as_array).cloned().unwrap_or_default();
    if forks.is_empty() {
        return "no forks\n".to_owned();
    }
    let rows: Vec<Vec<String>> = forks
        .iter()
        .map(|fork| {
            let of = |name: &str| shown(fork.get(name));
            let count = fork.get("candidates").and_then(Value::as_array).map_or(0, Vec::len);
            let ended = |name: &str| fork.get(name) == Some(&Value::Bool(true));
            let state = match (ended("resolved_here"), ended("resolved_there")) {
                (true, true) => "resolved",
                (false, false) => "open",
                _ => "recorded in one lane",
            };
            vec![
                of("fork"),
                count.to_string(),
                of("held_next_root"),
                of("ground"),
                of("resolver"),
                state.to_owned(),
            ]
        })
        .collect();
    table(&["fork", "histories", "held here", "ground", "resolver", "state"], &rows)
}

pub(crate) fn resolve(args: &ResolveArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    let credential = args.credential.as_deref().map(|path| {
        let bytes = read_document(path)?;
        let name = path.display().to_string();
        canon::parse_value(&bytes).map_err(|refusal| Failure::refusal(&name, &refusal))
    });
    let body = json!({
        "reason": args.reason, "chosen_next_root": args.choose, "credential": credential.transpose()?,
    });
    let path = format!("/v1/corridors/{}/forks/{}/resolve", args.id, args.fork);
    args.asking.post(context, "resolve this fork", &path, &body)
}
