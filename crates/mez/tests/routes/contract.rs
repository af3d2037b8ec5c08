//! Whatever a test asks, the answer is one that the OpenAPI document names: its status, its media type, and the members
//! every success of that operation has.

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
    let media = told.media.split(';').next().unwrap().to_owned();
    let content = &promised["content"][&media];
    assert!(content.is_object(), "{method} {path}: {} comes as {media}", told.status);
    let name = content["schema"]["$ref"].as_str().and_then(|name| name.rsplit('/').next());
    let schema = name.map(|name| &DOCUMENT["components"]["schemas"][name]);
    for member in schema.and_then(|schema| schema["required"].as_array()).into_iter().flatten() {
        let member = member.as_str().unwrap();
        assert!(told.body.get(member).is_some(), "{method} {path}: no `{member}`: {}", told.text);
    }
    told
}
