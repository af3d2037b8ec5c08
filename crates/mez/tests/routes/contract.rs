//! Whatever a test asks, the answer is one that the OpenAPI document names: its status, its media type, and its schema.

use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use super::Told;

pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let said = Command::new(env!("CARGO_BIN_EXE_mez")).arg("openapi").output().unwrap();
    serde_json::from_slice(&said.stdout).unwrap()
});

/// Whether a path is of this template; a parameter at its end takes the rest.
fn is_of(path: &str, template: &str) -> bool {
    let (mut parts, mut named) = (path.split('/'), template.split('/').peekable());
    while let Some(name) = named.next() {
        let Some(part) = parts.next() else { return false };
        let open = name.starts_with('{');
        if !open && name != part {
            return false;
        }
        if open && named.peek().is_none() && template.starts_with("/tlog") {
            return true;
        }
    }
    parts.next().is_none()
}

/// The operation a request meets: of several templates, the one with the fewest parameters.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap();
    let all = DOCUMENT["paths"].as_object().unwrap().iter();
    let fitting = all.filter(|(template, _)| is_of(path, template));
    let first = fitting.min_by_key(|(template, _)| template.matches('{').count());
    first.map(|(_, methods)| &methods[method]).filter(|operation| operation.is_object())
}

/// The same answer, after a look at what was promised.
pub fn held(method: &str, path: &str, told: Told) -> Told {
    let Some(operation) = operation(method, path) else { return told };
    let promised = &operation["responses"][told.status.to_string()];
    assert!(
        promised.is_object(),
        "{method} {path}: {} is not documented: {}",
        told.status,
        told.text
    );
    let tagged = promised["headers"]["ETag"].is_object();
    assert_eq!(told.etag.is_some(), tagged, "{method} {path}: {}: {:?}", told.status, told.etag);
    if promised["content"].is_null() {
        assert_eq!((told.text.as_str(), told.media.as_str()), ("", ""), "{method} {path}");
        return told;
    }
    let media = told.media.split(';').next().unwrap().to_owned();
    let content = &promised["content"][&media];
    assert!(content.is_object(), "{method} {path}: {} comes as {media}", told.status);
    if let Err(wrong) = fits(&told.body, &content["schema"]) {
        panic!("{method} {path}: {} is not as documented: {wrong}: {}", told.status, told.text);
    }
    told
}

/// Whether a document is as a schema says, as far as schemas here say anything: types, members, choices, lists, values.
fn fits(value: &Value, schema: &Value) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return fits(value, &DOCUMENT["components"]["schemas"][name]);
    }
    for name in ["anyOf", "oneOf"] {
        let Some(choices) = schema[name].as_array() else { continue };
        let tried: Vec<String> =
            choices.iter().filter_map(|choice| fits(value, choice).err()).collect();
        if tried.len() == choices.len() {
            return Err(format!("none of {name}: {}", tried.join("; ")));
        }
    }
    for one in schema["allOf"].as_array().into_iter().flatten() {
        fits(value, one)?;
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().map(|kind| kind.as_str().unwrap()).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is_a(value, kind)) {
        return Err(format!("{value} is no {kinds:?}"));
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    members(value, schema)?;
    let items = value.as_array().filter(|_| schema["items"].is_object());
    for (at, item) in items.into_iter().flatten().enumerate() {
        fits(item, &schema["items"]).map_err(|wrong| format!("/{at}{wrong}"))?;
    }
    Ok(())
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        _ => value.is_object(),
    }
}

fn members(value: &Value, schema: &Value) -> Result<(), String> {
    let Some(members) = value.as_object() else { return Ok(()) };
    for member in schema["required"].as_array().into_iter().flatten() {
        if !members.contains_key(member.as_str().unwrap()) {
            return Err(format!(" has no {member}"));
        }
    }
    let known = schema["properties"].as_object();
    for (name, member) in members {
        match known.and_then(|known| known.get(name)) {
            Some(of) => fits(member, of).map_err(|wrong| format!("/{name}{wrong}"))?,
            None if schema["additionalProperties"] == Value::Bool(false) => {
                return Err(format!(" has `{name}`, which is not described"));
            }
            None => {}
        }
    }
    Ok(())
}
