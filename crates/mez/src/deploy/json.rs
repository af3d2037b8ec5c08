//! Reading answers: a member that is missing or of another type reads as empty, and whoever needs
//! it says so in its own words.

use serde_json::Value;

/// A text member.
pub(crate) fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A list member.
pub(crate) fn items(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}
