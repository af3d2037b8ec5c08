//! What a regulator is shown, laid out for people.

use serde_json::Value;

use crate::cli::remote::status::shown;
use crate::cli::screen::{pairs, table};

/// Characters of a sentence that a table shows.
const SENTENCE_CHARS_MAX: usize = 96;

fn text(value: &Value, pointer: &str) -> String {
    shown(value.pointer(pointer))
}

fn items<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn short(text: &str) -> String {
    match text.char_indices().nth(SENTENCE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A table of these pointers, one row for each item.
fn listed(heading: &[&str], pointers: &[&str], items: &[Value]) -> String {
    let row = |item: &Value| pointers.iter().map(|at| short(&text(item, at))).collect();
    match items.is_empty() {
        true => "none\n".to_owned(),
        false => table(heading, &items.iter().map(row).collect::<Vec<_>>()),
    }
}

/// The groups of a figure: what it is split by, how many, how much.
fn groups(figure: &Value) -> String {
    let groups = items(figure, "/groups");
    let names = groups.first().and_then(|group| group.get("key")).and_then(Value::as_object);
    let names: Vec<&str> =
        names.into_iter().flat_map(|key| key.keys()).map(String::as_str).collect();
    let paid = groups.iter().any(|group| !items(group, "/amounts").is_empty());
    let mut heading = names.clone();
    heading.push("count");
    heading.extend(paid.then_some("minor units"));
    let row = |group: &Value| {
        let mut row: Vec<String> =
            names.iter().map(|name| text(group, &format!("/key/{name}"))).collect();
        row.push(text(group, "/count"));
        let sums = items(group, "/amounts").iter();
        let sums = sums.map(|sum| format!("{} {}", text(sum, "/minor"), text(sum, "/currency")));
        row.extend(paid.then(|| sums.collect::<Vec<_>>().join(", ")));
        row
    };
    match groups.is_empty() {
        true => "none\n".to_owned(),
        false => table(&heading, &groups.iter().map(row).collect::<Vec<_>>()),
    }
}

fn read_as(told: &Value) -> Vec<(&'static str, String)> {
    vec![
        ("as of", text(told, "/as_of")),
        ("known at", text(told, "/known_at")),
        ("journal", format!("to entry {}", text(told, "/journal/sequence"))),
    ]
}

pub(super) fn overview(told: &Value) -> String {
    let mut rows = vec![("zone", text(told, "/zone_id")), ("realm", text(told, "/realm"))];
    rows.extend(read_as(told));
    let mut out = pairs(&rows);
    for figure in items(told, "/figures") {
        let (of, by, total) = (text(figure, "/of"), text(figure, "/by"), text(figure, "/total"));
        out.push_str(&format!("\n{of} by {by}: {total}\n{}", groups(figure)));
    }
    out
}

pub(super) fn figure(told: &Value) -> String {
    let mut rows = vec![("of", text(told, "/of")), ("total", text(told, "/total"))];
    rows.extend(read_as(told));
    format!("{}\n{}", pairs(&rows), groups(told))
}

pub(super) fn records(all: &[Value]) -> String {
    let heading = ["subject", "state", "kind", "outcome", "sort", "began", "last", "decision"];
    let pointers = [
        "/subject",
        "/state",
        "/last/kind",
        "/last/outcome",
        "/sort",
        "/first/at",
        "/last/at",
        "/last/sequence",
    ];
    listed(&heading, &pointers, all)
}

pub(super) fn alerts(all: &[Value]) -> String {
    let heading = ["rule", "subject", "since", "detail", "acknowledged", "alert"];
    let pointers = ["/rule", "/subject", "/since", "/detail", "/acknowledged/at", "/alert_id"];
    listed(&heading, &pointers, all)
}

pub(super) fn record(told: &Value) -> String {
    let mut out =
        pairs(&[("subject", text(told, "/subject")), ("read at", text(told, "/read_at"))]);
    if let Some(members) = told.get("record").and_then(Value::as_object) {
        let rows: Vec<(&str, String)> = members
            .iter()
            .map(|(name, value)| (name.as_str(), short(&shown(Some(value)))))
            .collect();
        out.push_str(&format!("\nrecord\n{}", pairs(&rows)));
    }
    let evidence = items(told, "/evidence");
    if !evidence.is_empty() {
        let heading = ["evidence", "issuer", "until", "credential"];
        let pointers = ["/kind", "/issuer", "/expires", "/credential_sha256"];
        out.push_str(&format!("\n{}", listed(&heading, &pointers, evidence)));
    }
    out.push_str(&format!("\ndecisions\n{}", records(items(told, "/decisions"))));
    out
}

pub(super) fn decision(told: &Value) -> String {
    let mut out = pairs(&[
        ("decision", text(told, "/sequence")),
        ("at", text(told, "/at")),
        ("kind", text(told, "/kind")),
        ("subject", text(told, "/subject")),
        ("by", text(told, "/by")),
        ("outcome", text(told, "/decision/outcome")),
        ("sha256", text(told, "/decision_sha256")),
        ("root", text(told, "/root")),
    ]);
    let facts = told.get("facts").and_then(Value::as_object);
    let facts: Vec<Vec<String>> = facts
        .into_iter()
        .flatten()
        .map(|(name, fact)| {
            let value = fact.get("value").and_then(Value::as_object);
            let value = value.and_then(|kinds| kinds.values().next());
            let by = |member: &str| text(fact, &format!("/provenance/{member}"));
            vec![name.clone(), short(&shown(value)), by("source"), by("issuer"), by("expires")]
        })
        .collect();
    if !facts.is_empty() {
        let heading = ["fact", "value", "vouched by", "issuer", "until"];
        out.push_str(&format!("\n{}", table(&heading, &facts)));
    }
    let rules: Vec<Vec<String>> = items(told, "/decision/cells")
        .iter()
        .flat_map(|cell| items(cell, "/rows").iter().map(move |row| (cell, row)))
        .map(|(cell, row)| {
            let citation = row.pointer("/cited/citation");
            let cited = |member: &str| citation.and_then(|cited| cited.get(member));
            let act = [cited("instrument"), cited("section")].map(shown).join(", ");
            let of = |at: &str| text(row, at);
            vec![text(cell, "/domain"), of("/state"), of("/jurisdiction"), of("/rule"), short(&act)]
        })
        .collect();
    if !rules.is_empty() {
        let heading = ["domain", "state", "jurisdiction", "rule", "act and section"];
        out.push_str(&format!("\n{}", table(&heading, &rules)));
    }
    out
}

/// The log of what was shown.
pub(super) fn views(all: &[Value]) -> String {
    let heading = ["entry", "at", "asked", "status", "records", "answer"];
    let row = |entry: &Value| {
        let asked = match entry.get("path") {
            Some(_) => format!("{} {}", text(entry, "/method"), text(entry, "/path")),
            None => format!("acknowledged {}", text(entry, "/alert_id")),
        };
        let of = |at: &str| text(entry, at);
        vec![
            of("/sequence"),
            of("/at"),
            short(&asked),
            of("/status"),
            of("/records"),
            of("/answer_sha256"),
        ]
    };
    match all.is_empty() {
        true => "nothing was shown yet\n".to_owned(),
        false => table(&heading, &all.iter().map(row).collect::<Vec<_>>()),
    }
}
