//! `mez corridor health` and `mez corridor watch`: how each corridor does, once or again and again.

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::status::shown;
use super::{Target, refused};
use crate::cli::screen::{Answer, Style, table};
use crate::cli::{Context, Exit, Failure};
use crate::client::Client;

/// Shortest and longest pause between two looks, in seconds.
const PAUSE_SECS: std::ops::RangeInclusive<u64> = 1..=3_600;
/// To the upper left corner, and everything below is cleared.
const CLEAR: &str = "\u{1b}[H\u{1b}[J";

/// Which zone, and how often.
#[derive(clap::Args)]
pub(crate) struct WatchArgs {
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 2,
        value_parser = clap::value_parser!(u64).range(*PAUSE_SECS.start()..=*PAUSE_SECS.end()))]
    every: u64,
    /// How many looks; until it is stopped, unless given
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
    #[command(flatten)]
    target: Target,
}

/// One look. Ends with 1 while a corridor needs somebody.
pub(crate) fn health(target: &Target, context: &Context<'_>) -> Result<Answer, Failure> {
    let told = look(&target.open(context)?)?;
    let healthy = told.get("healthy") == told.get("corridors");
    let exit = if healthy { Exit::Done } else { Exit::Error };
    Ok(Answer::done(page(&told, context.style), told).ending(exit))
}

/// Look after look: a page that is drawn over on a terminal, one JSON document a line for programs.
pub(crate) fn watch(args: &WatchArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    let client = args.target.open(context)?;
    let mut left = args.count;
    loop {
        let page = match look(&client) {
            Ok(told) if context.json => format!("{told}\n"),
            Ok(told) => page(&told, context.style),
            // A zone that restarts is worth waiting for; one that refuses is not.
            Err(failure) if failure.exit == Exit::Unavailable => match context.json {
                true => format!("{}\n", json!({ "unavailable": failure.json() })),
                false => failure.text(context.style),
            },
            Err(failure) => return Err(failure),
        };
        let page = match (context.style, context.json) {
            (Style::Colour, false) => format!("{CLEAR}{page}"),
            _ => page,
        };
        let mut out = std::io::stdout().lock();
        let closed = out.write_all(page.as_bytes()).and_then(|()| out.flush()).is_err();
        drop(out);
        left = left.map(|left| left.saturating_sub(1));
        if closed || left == Some(0) {
            return Ok(Answer::done("", Value::Null));
        }
        std::thread::sleep(Duration::from_secs(args.every));
    }
}

fn look(client: &Client) -> Result<Value, Failure> {
    client.get("/v1/corridors/health").map_err(|error| refused("tell how its corridors do", &error))
}

fn page(told: &Value, style: Style) -> String {
    let items = told.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |name: &str| shown(told.get(name));
    let mut out = format!("{}: {} of {} well\n", text("as_of"), text("healthy"), text("corridors"));
    if !items.is_empty() {
        let heading = [
            "corridor",
            "state",
            "ours",
            "decided",
            "theirs",
            "decided",
            "final",
            "cut",
            "open",
            "outbox",
            "attention",
        ];
        let rows: Vec<Vec<String>> = items.iter().map(|item| row(item, style)).collect();
        out.push_str(&table(&heading, &rows));
    }
    out
}

fn row(item: &Value, style: Style) -> Vec<String> {
    let text = |pointer: &str| shown(item.pointer(pointer));
    let attention: Vec<String> = list(item, "/attention");
    let open = item.get("open_obligations").and_then(Value::as_object);
    let open: Vec<String> = open
        .into_iter()
        .flatten()
        .map(|(currency, amount)| format!("{} {currency}", shown(Some(amount))))
        .collect();
    let cut = match item.get("cut") {
        Some(cut) => {
            format!("{} s, {} after", shown(cut.get("age_secs")), shown(cut.get("uncovered")))
        }
        None => "-".to_owned(),
    };
    let outbox = match item.pointer("/outbox/attempts").and_then(Value::as_u64) {
        Some(attempts) if attempts > 0 => format!("{}, try {attempts}", text("/outbox/messages")),
        _ => text("/outbox/messages"),
    };
    let state = match text("/state").as_str() {
        "ACTIVE" => style.good("ACTIVE"),
        "HALTED" => style.bad("HALTED"),
        other => style.warn(other),
    };
    let dash =
        |words: Vec<String>| if words.is_empty() { "-".to_owned() } else { words.join(", ") };
    vec![
        text("/corridor_id"),
        state,
        text("/lanes/here/size"),
        text("/lanes/here/acknowledged"),
        text("/lanes/there/size"),
        text("/lanes/there/acknowledged"),
        text("/lanes/here/finality_level"),
        cut,
        dash(open),
        outbox,
        if attention.is_empty() { style.good("none") } else { style.bad(&attention.join(", ")) },
    ]
}

fn list(item: &Value, pointer: &str) -> Vec<String> {
    let words = item.pointer(pointer).and_then(Value::as_array);
    words.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_needs_somebody() {
        let told = json!({
            "as_of": "2026-11-21T00:00:00Z", "corridors": 2, "healthy": 1,
            "items": [
                { "corridor_id": "org.x.corridor.a--b", "state": "HALTED",
                  "attention": ["halted", "peer-silent"],
                  "outbox": { "messages": 1, "refunds": 0, "attempts": 7 },
                  "lanes": { "here": { "size": 4, "acknowledged": 2,
                      "finality_level": "proposed" },
                    "there": { "size": 9, "acknowledged": 9 }, "undelivered": 2 },
                  "open_obligations": { "AED": "12.50" } },
                { "corridor_id": "org.x.corridor.a--c", "state": "PENDING", "attention": [],
                  "outbox": { "messages": 0, "refunds": 0, "attempts": 0 },
                  "open_obligations": {} },
            ],
        });
        expect_test::expect![[r#"
            2026-11-21T00:00:00Z: 1 of 2 well
            corridor             state    ours  decided  theirs  decided  final     cut  open       outbox    attention
            org.x.corridor.a--b  HALTED   4     2        9       9        proposed  -    12.50 AED  1, try 7  halted, peer-silent
            org.x.corridor.a--c  PENDING  -     -        -       -        -         -    -          0         none
        "#]]
        .assert_eq(&page(&told, Style::Plain));
    }
}
