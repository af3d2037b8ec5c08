//! Examples of bodies: those the golden vectors hold, which tests post to the readers of every route.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

const GOLDEN: &str = include_str!("../../../../../vectors/requests.json");

#[derive(Deserialize)]
struct Golden {
    documents: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    document: Value,
    path: String,
}

static BY_PATH: LazyLock<BTreeMap<String, Map<String, Value>>> = LazyLock::new(|| {
    let golden: Golden = serde_json::from_str(GOLDEN).unwrap_or(Golden { documents: Vec::new() });
    let mut all: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for One { document, path } in golden.documents {
        let of_path = all.entry(path).or_default();
        let name = format!("example-{}", of_path.len().saturating_add(1));
        of_path.insert(name, json!({ "value": document }));
    }
    all
});

/// Examples for the body of a route, by name.
pub(super) fn of(path: &str) -> Option<Value> {
    BY_PATH.get(path).cloned().map(Value::Object)
}
