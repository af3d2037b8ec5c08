//! `mez status`: whether a zone may be used, each check with its reason, and its corridors.

use serde_json::{Value, json};

use super::{Target, refused};
use crate::cli::screen::{Answer, Style, pairs, table};
use crate::cli::{Context, Exit, Failure};
use crate::client::{Client, ClientError};

/// Which zone.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = args.target.open(context)?;
    let readiness = readiness(&client)?;
    let ready = readiness.get("ready") == Some(&Value::Bool(true));
    let (corridors, note) = match corridors(&client) {
        Ok(items) => (Some(items), None),
        // Readiness is public, corridors are not; a zone may mount none.
        Err(error) => (None, Some(reason(&error))),
    };
    let shown = corridors.as_deref().unwrap_or_default();
    let text = told(&client, &readiness, shown, note.as_deref(), context.style);
    let mut json = json!({
        "url": client.url(),
        "readiness": readiness,
        "corridors": corridors,
    });
    if let (Some(note), Value::Object(members)) = (note, &mut json) {
        members.insert("corridors_note".to_owned(), note.into());
    }
    let exit = if ready { Exit::Done } else { Exit::Error };
    Ok(Answer::done(text, json).ending(exit))
}

/// The readiness document; a zone that is not ready answers it too.
pub(super) fn readiness(client: &Client) -> Result<Value, Failure> {
    match client.get("/health/readiness") {
        Ok(readiness) => Ok(readiness),
        Err(error) => match error.problem() {
            Some(problem) if problem.body.get("checks").is_some() => Ok(problem.body.clone()),
            _ => Err(refused("answer", &error)),
        },
    }
}

fn reason(error: &ClientError) -> String {
    match error.problem() {
        Some(problem) if problem.status == 401 => {
            "not shown without a token; give --dir D/<zone> or --token".to_owned()
        }
        Some(problem) if problem.status == 404 => "the zone's profile mounts none".to_owned(),
        _ => format!("not known: {error}"),
    }
}

/// All corridors, page after page.
pub(super) fn corridors(client: &Client) -> Result<Vec<Value>, ClientError> {
    client.list("/v1/corridors")
}

fn told(
    client: &Client,
    readiness: &Value,
    corridors: &[Value],
    note: Option<&str>,
    style: Style,
) -> String {
    let text = |name: &str| shown(readiness.get(name));
    let ready = readiness.get("ready") == Some(&Value::Bool(true));
    let verdict = if ready { style.good("ready") } else { style.bad("not ready") };
    let mut out = pairs(&[
        ("zone", text("zone_id")),
        ("did", text("did")),
        ("realm", text("realm")),
        ("url", client.url().to_owned()),
        ("status", verdict),
    ]);
    let checks = readiness.get("checks").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|check| {
            let ok = check.get("ok") == Some(&Value::Bool(true));
            let mark = if ok { style.good("ok") } else { style.bad("no") };
            vec![shown(check.get("name")), mark, shown(check.get("detail"))]
        })
        .collect();
    out.push('\n');
    out.push_str(&table(&["check", "holds", "found"], &rows));
    out.push('\n');
    match note {
        Some(note) => out.push_str(&format!("corridors: {note}\n")),
        None if corridors.is_empty() => out.push_str("corridors: none\n"),
        None => out.push_str(&corridor_table(corridors)),
    }
    out
}

/// One line per corridor, both lanes as size and how much of it the other zone acknowledged.
pub(super) fn corridor_table(corridors: &[Value]) -> String {
    let heading = ["corridor", "state", "peer", "ours", "acked by them", "theirs", "acked by us"];
    let rows: Vec<Vec<String>> = corridors
        .iter()
        .map(|corridor| {
            let text = |pointer: &str| shown(corridor.pointer(pointer));
            vec![
                text("/corridor_id"),
                text("/state"),
                text("/peer/zone_id"),
                text("/lane_here/size"),
                // What they acknowledged of ours is written on theirs.
                text("/lane_there/acknowledged"),
                text("/lane_there/size"),
                text("/lane_here/acknowledged"),
            ]
        })
        .collect();
    table(&heading, &rows)
}

/// A member as one word; `-` for none.
pub(crate) fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
