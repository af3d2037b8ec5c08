//! What is kept of a contract: operations with who may ask them, what they take and answer, the schemas behind that,
//! events and codes. Words for people are left out, so that they may change.

use serde_json::{Map, Value, json};

/// Members of an operation that say something to people alone.
const WORDS: [&str; 6] = ["description", "summary", "title", "examples", "example", "tags"];
/// Members whose own members are names, not keywords.
const NAMES: [&str; 4] = ["properties", "schemas", "paths", "webhooks"];

/// Levels of the kept contract that have lines of their own.
const LINED_DEPTH: usize = 3;

/// The part of a document that a client rests on.
pub(crate) fn kept(document: &Value) -> Value {
    let part = |at: &str| document.pointer(at).map(|value| plain(value, None)).unwrap_or_default();
    let codes = document.pointer("/components/x-mez-problem-codes").and_then(Value::as_object);
    let codes: Map<String, Value> = codes
        .into_iter()
        .flatten()
        .map(|(code, of)| (code.clone(), json!({ "status": of.get("status") })))
        .collect();
    json!({
        "about": "The contract of /v1, kept: `mez openapi --against` compares with it, `mez openapi --kept` makes it.",
        "components": { "schemas": part("/components/schemas"), "x-mez-problem-codes": codes },
        "paths": part("/paths"),
        "webhooks": part("/webhooks"),
    })
}

/// The same as text: a line for each operation, schema and type of event, so that a change of one is a line.
pub(crate) fn lines(kept: &Value) -> String {
    let mut out = String::new();
    write(kept, LINED_DEPTH, &mut out);
    out.push('\n');
    out
}

fn write(value: &Value, left: usize, out: &mut String) {
    let members = value.as_object().filter(|members| left > 0 && !members.is_empty());
    let Some(members) = members else { return out.push_str(&value.to_string()) };
    for (number, (name, member)) in members.iter().enumerate() {
        out.push_str(if number == 0 { "{\n" } else { ",\n" });
        out.push_str(&format!("{}: ", Value::from(name.as_str())));
        write(member, left.saturating_sub(1), out);
    }
    out.push_str("\n}");
}

/// A refusal is a problem, whatever its status: that it may be is all that is kept.
fn refusals(responses: &Map<String, Value>) -> Value {
    let each = responses.iter().map(|(status, of)| {
        let kept = if super::is_success(status) { plain(of, None) } else { json!({}) };
        (status.clone(), kept)
    });
    Value::Object(each.collect())
}

fn plain(value: &Value, under: Option<&str>) -> Value {
    match value {
        Value::Object(members) if under == Some("responses") => refusals(members),
        Value::Object(members) => {
            let names = under.is_some_and(|under| NAMES.contains(&under));
            let kept = members.iter().filter(|(name, _)| names || !WORDS.contains(&name.as_str()));
            let kept = kept.map(|(name, of)| {
                let below = if names { None } else { Some(name.as_str()) };
                (name.clone(), plain(of, below))
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| plain(item, None)).collect()),
        other => other.clone(),
    }
}
