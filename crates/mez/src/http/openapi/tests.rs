//! What is answered has a shape: whoever makes a client of the document gets types, not maps.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document;
use crate::http::answer::JSON;

/// Whether a schema names members, of itself or of each that it may be; of a list or a page, of its items.
fn has_a_shape(schema: &Value, all: &Value) -> bool {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return has_a_shape(&all[name], all);
    }
    if let Some(choices) = ["anyOf", "oneOf", "allOf"].iter().find_map(|of| schema[*of].as_array())
    {
        return !choices.is_empty() && choices.iter().all(|choice| has_a_shape(choice, all));
    }
    if schema["items"].is_object() {
        return has_a_shape(&schema["items"], all);
    }
    let Some(members) = schema["properties"].as_object() else { return is_a_text(schema) };
    let items = members.get("items").filter(|items| items["type"] == "array");
    !members.is_empty() && items.is_none_or(|items| has_a_shape(items, all))
}

fn is_a_text(schema: &Value) -> bool {
    schema["type"] == "string"
}

/// Every success that is JSON and says nothing of what is in it.
fn shapeless(document: &Value) -> BTreeSet<String> {
    let all = &document["components"]["schemas"];
    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let content = &response["content"][JSON];
                let says = content.is_null() || has_a_shape(&content["schema"], all);
                if status.starts_with('2') && !says {
                    found.insert(format!("{path} {method} {status}"));
                }
            }
        }
    }
    found
}

#[test]
fn every_answer_that_is_json_has_a_shape() {
    let found = shapeless(&document());
    assert!(found.is_empty(), "these answers have no shape, see `tells`: {found:#?}");
}

#[test]
fn an_answer_without_a_shape_is_found() {
    let mut document = document();
    let parts = ["/paths/~1v1~1entities/get", "/paths/~1v1~1entities~1{id}/get"];
    for (part, bare) in parts.into_iter().zip([
        serde_json::json!({ "$ref": "#/components/schemas/Page" }),
        serde_json::json!({ "type": "object" }),
    ]) {
        let at = format!("{part}/responses/200/content/application~1json/schema");
        *document.pointer_mut(&at).unwrap() = bare;
    }
    let found = shapeless(&document);
    for missed in ["/v1/entities get 200", "/v1/entities/{id} get 200"] {
        assert!(found.contains(missed), "{found:#?}");
    }
}
