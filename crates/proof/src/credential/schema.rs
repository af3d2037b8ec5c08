//! Schemas of credentials (W3C VC JSON Schema 1.0): those a credential names, and those of types known by name.
//!
//! Nothing is fetched: a schema that is named and not at hand leaves the credential UNKNOWN.

use serde_json::{Map, Value};

use super::judgement::Findings;
use crate::shape::{Misfit, Shape};

/// Most schemas that one credential names.
pub const SCHEMAS_MAX: usize = 8;
const TYPE: &str = "JsonSchema";

/// The schemas at hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schemas {
    given: Vec<Shape>,
    of_type: Vec<(String, Shape)>,
}

impl Schemas {
    /// Adds a schema. It holds for credentials that name its `$id`, and for those that name none.
    #[must_use]
    pub fn with(mut self, schema: Shape) -> Self {
        self.given.push(schema);
        self
    }

    /// Adds the schema of every credential of a type.
    #[must_use]
    pub fn with_type(mut self, credential_type: &str, schema: Shape) -> Self {
        self.of_type.push((credential_type.to_owned(), schema));
        self
    }

    /// Holds a credential against all that apply to it.
    pub(super) fn judge(&self, document: &Value, types: &[String], findings: &mut Findings) {
        let named = document.get("credentialSchema").map(|named| read(named, findings));
        let given: Vec<&Shape> = match named {
            None => self.given.iter().collect(),
            Some(ids) => ids.iter().filter_map(|id| self.of_id(id, findings)).collect(),
        };
        let own = self.of_type.iter().filter(|(name, _)| types.contains(name));
        for shape in given.into_iter().chain(own.map(|(_, shape)| shape)) {
            let name = shape.id().unwrap_or("the schema given");
            match shape.check(document) {
                Ok(()) => {}
                Err(Misfit::Differs { pointer, keyword }) => {
                    let pointer: String = pointer.chars().take(200).collect();
                    let detail = format!("`{pointer}` breaks `{keyword}` of `{name}`");
                    findings.invalid("schema-mismatch", detail);
                }
                Err(Misfit::NotChecked { what }) => {
                    findings.unknown("schema-not-checked", format!("`{name}`: {what}"));
                }
            }
        }
    }

    fn of_id(&self, id: &str, findings: &mut Findings) -> Option<&Shape> {
        let found = self.given.iter().chain(self.of_type.iter().map(|(_, shape)| shape));
        let found = found.into_iter().find(|shape| shape.id() == Some(id));
        if found.is_none() {
            findings.unknown("schema-missing", format!("the schema `{id}` is not at hand"));
        }
        found
    }
}

/// The ids a credential names.
fn read(named: &Value, findings: &mut Findings) -> Vec<String> {
    let entries = named.as_array().map_or(std::slice::from_ref(named), Vec::as_slice);
    if entries.is_empty() || entries.len() > SCHEMAS_MAX {
        let detail = format!("`credentialSchema` names {} schemas", entries.len());
        findings.invalid("schema-malformed", detail);
        return Vec::new();
    }
    entries.iter().filter_map(|entry| id(entry.as_object(), findings)).collect()
}

fn id(entry: Option<&Map<String, Value>>, findings: &mut Findings) -> Option<String> {
    let text = |name: &str| entry.and_then(|entry| entry.get(name)).and_then(Value::as_str);
    let (Some(id), Some(kind)) = (text("id"), text("type")) else {
        findings.invalid("schema-malformed", "a `credentialSchema` lacks `id` or `type`");
        return None;
    };
    let more = entry.into_iter().flatten().find(|(name, _)| *name != "id" && *name != "type");
    if kind != TYPE || more.is_some() {
        let what = more.map_or(kind, |(name, _)| name);
        let what: String = what.chars().take(60).collect();
        findings.unknown("schema-not-supported", format!("`{what}` of a `credentialSchema`"));
        return None;
    }
    Some(id.chars().take(400).collect())
}
