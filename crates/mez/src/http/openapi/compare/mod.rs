//! Whether a client of one contract can go on under another: what breaks, named one by one.
//!
//! What a request may be only grows; what an answer may be only shrinks. Members more in answers, operations more and
//! refusals more break nobody: clients pass over what they do not know. Pure: two documents in, findings out.

mod kept;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use kept::{kept, lines};
use schema::Schemas;

/// Something a client of the older contract does not survive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Break {
    /// Where: the operation, then the place in it.
    pub(crate) place: String,
    /// Stable code.
    pub(crate) code: &'static str,
    /// In words.
    pub(crate) detail: String,
}

/// Everything that breaks between an older document and a newer one, in order.
pub(crate) fn breaks(old: &Value, new: &Value) -> Vec<Break> {
    let (old, new) = (&kept(old), &kept(new));
    let mut found = Found { breaks: BTreeSet::new(), schemas: Schemas::new(old, new) };
    for (name, before) in operations(old, "paths") {
        match operation(new, "paths", &name) {
            None => found.say(&name, "operation-removed", "it is not there any more"),
            Some(after) => found.operation(&name, before, after),
        }
    }
    for (name, before) in operations(old, "webhooks") {
        match operation(new, "webhooks", &name) {
            None => found.say(&name, "event-removed", "events of this type are not told any more"),
            Some(after) => {
                let at = |operation| members(operation, "/requestBody/content");
                found.answered(&name, at(before), at(after));
            }
        }
    }
    let problem = |document| Value::pointer(document, "/components/schemas/Problem");
    if let (Some(before), Some(after)) = (problem(old), problem(new)) {
        found.schemas.answered("problems", before, after);
    }
    found.codes(old, new);
    found.breaks.extend(found.schemas.take());
    found.breaks.into_iter().collect()
}

struct Found<'a> {
    breaks: BTreeSet<Break>,
    schemas: Schemas<'a>,
}

/// `GET /v1/entities` with the operation.
fn operations<'a>(document: &'a Value, under: &str) -> impl Iterator<Item = (String, &'a Value)> {
    let paths = document.get(under).and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, of)| (format!("{} {path}", method.to_uppercase()), of))
    })
}

fn operation<'a>(document: &'a Value, under: &str, name: &str) -> Option<&'a Value> {
    let (method, path) = name.split_once(' ')?;
    document.get(under)?.get(path)?.get(method.to_lowercase())
}

fn members<'a>(value: &'a Value, at: &str) -> Option<&'a Map<String, Value>> {
    value.pointer(at)?.as_object()
}

fn texts(value: Option<&Value>) -> BTreeSet<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

impl<'a> Found<'a> {
    fn say(&mut self, place: &str, code: &'static str, detail: impl Into<String>) {
        self.breaks.insert(Break { place: place.to_owned(), code, detail: detail.into() });
    }

    fn operation(&mut self, name: &str, old: &'a Value, new: &'a Value) {
        self.guarded(name, old, new);
        if old.get("operationId") != new.get("operationId") {
            self.say(name, "operation-renamed", "generated clients call it by another name");
        }
        self.parameters(name, old, new);
        self.body(name, old, new);
        let (before, after) = (members(old, "/responses"), members(new, "/responses"));
        for (status, old) in before.into_iter().flatten() {
            let place = format!("{name} {status}");
            match after.and_then(|after| after.get(status)) {
                None => self.say(&place, "status-removed", "it is not answered any more"),
                Some(new) => {
                    self.headers(&place, old, new);
                    self.answered(&place, members(old, "/content"), members(new, "/content"))
                }
            }
        }
        let known = |status: &str| before.is_some_and(|before| before.contains_key(status));
        for status in after.into_iter().flatten().map(|(status, _)| status.as_str()) {
            if is_success(status) && !known(status) {
                self.say(name, "success-added", format!("it may answer {status} where it did not"));
            }
        }
    }

    /// Whoever was let in is let in.
    fn guarded(&mut self, name: &str, old: &'a Value, new: &'a Value) {
        let open = |operation: &Value| operation.get("security").is_none();
        if open(old) && !open(new) {
            self.say(name, "operation-guarded", "it needs a token or a signature, and did not");
        }
        let scopes = |operation: &'a Value| texts(operation.get("x-mez-scopes-any-of"));
        let (before, after) = (scopes(old), scopes(new));
        for scope in before.difference(&after) {
            self.say(name, "scope-removed", format!("scope `{scope}` does not open it any more"));
        }
    }

    fn parameters(&mut self, name: &str, old: &'a Value, new: &'a Value) {
        let all = |operation: &'a Value| {
            operation.get("parameters").and_then(Value::as_array).into_iter().flatten()
        };
        let same =
            |a: &Value, b: &Value| a.get("name") == b.get("name") && a.get("in") == b.get("in");
        let needed = |of: &Value| of.get("required") == Some(&Value::Bool(true));
        for before in all(old) {
            let place = format!(
                "{name} ?{}",
                before.get("name").and_then(Value::as_str).unwrap_or_default()
            );
            match all(new).find(|after| same(before, after)) {
                None => self.say(&place, "parameter-removed", "it is refused now"),
                Some(after) => {
                    if needed(after) && !needed(before) {
                        self.say(&place, "parameter-required", "it is needed, and was not");
                    }
                    if let (Some(old), Some(new)) = (before.get("schema"), after.get("schema")) {
                        self.schemas.asked(&place, old, new);
                    }
                }
            }
        }
        for after in all(new).filter(|after| needed(after)) {
            if !all(old).any(|before| same(before, after)) {
                let named = after.get("name").and_then(Value::as_str).unwrap_or_default();
                let place = format!("{name} ?{named}");
                self.say(&place, "parameter-required", "it is needed, and was not there");
            }
        }
    }

    fn body(&mut self, name: &str, old: &'a Value, new: &'a Value) {
        let needed = |operation: &Value| {
            operation.pointer("/requestBody/required") == Some(&Value::Bool(true))
        };
        if needed(new) && !needed(old) {
            self.say(name, "body-required", "a body is needed, and was not");
        }
        let place = format!("{name} body");
        let after = members(new, "/requestBody/content");
        for (media, before) in members(old, "/requestBody/content").into_iter().flatten() {
            match after.and_then(|after| after.get(media)) {
                None => {
                    self.say(&place, "media-removed", format!("`{media}` is not taken any more"))
                }
                Some(after) => {
                    if let (Some(old), Some(new)) = (before.get("schema"), after.get("schema")) {
                        self.schemas.asked(&place, old, new);
                    }
                }
            }
        }
    }

    /// A header that was promised with an answer still comes with it.
    fn headers(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        let promised = |headers: Option<&'a Map<String, Value>>| {
            let each = headers.into_iter().flatten();
            let promised = each.filter(|(_, of)| of.get("required") == Some(&Value::Bool(true)));
            promised.map(|(name, _)| name.as_str()).collect::<BTreeSet<_>>()
        };
        let after = promised(members(new, "/headers"));
        for name in promised(members(old, "/headers")).difference(&after) {
            self.say(place, "header-removed", format!("`{name}` is not promised any more"));
        }
    }

    fn answered(
        &mut self,
        place: &str,
        old: Option<&'a Map<String, Value>>,
        new: Option<&'a Map<String, Value>>,
    ) {
        for (media, before) in old.into_iter().flatten() {
            match new.and_then(|new| new.get(media)) {
                None => {
                    self.say(place, "media-removed", format!("`{media}` is not answered any more"))
                }
                Some(after) => {
                    if let (Some(old), Some(new)) = (before.get("schema"), after.get("schema")) {
                        self.schemas.answered(place, old, new);
                    }
                }
            }
        }
    }

    /// A code that programs decide by stays, with its status.
    fn codes(&mut self, old: &Value, new: &Value) {
        const AT: &str = "/components/x-mez-problem-codes";
        let after = members(new, AT);
        for (code, before) in members(old, AT).into_iter().flatten() {
            let place = format!("code {code}");
            match after.and_then(|after| after.get(code)) {
                None => self.say(&place, "code-removed", "no problem has it any more"),
                Some(after) if after.get("status") != before.get("status") => {
                    self.say(&place, "code-moved", "it has another status");
                }
                Some(_) => {}
            }
        }
    }
}
