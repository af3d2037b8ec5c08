//! Documents that stand in files of their own are put among the components, so that no reference leads outside; and
//! what JSON Schema knows and generators of clients do not is said in other words.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const HERE: &str = "#/components/schemas/";
const FILE: &str = ".schema.json";

/// Puts in every document that is referred to, and those they refer to.
pub(super) fn make(document: &mut Value) {
    let mut known = BTreeSet::new();
    let mut wanted = point_inside(document, None);
    while let Some(file) = wanted.pop_first() {
        if !known.insert(file.clone()) {
            continue;
        }
        let Some(Value::Object(mut schema)) = crate::schemas::of(&file) else { continue };
        let name = component(&file);
        schema.remove("$id");
        schema.remove("$schema");
        // Several files are of one type with another subject; generators name by titles, and drop what has another's.
        schema.remove("title");
        let parts = schema.remove("$defs");
        let mut added = Map::new();
        added.insert(name.clone(), Value::Object(schema));
        if let Some(Value::Object(parts)) = parts {
            added
                .extend(parts.into_iter().map(|(part, schema)| (format!("{name}.{part}"), schema)));
        }
        for schema in added.values_mut() {
            wanted.append(&mut point_inside(schema, Some(&name)));
        }
        if let Some(Value::Object(all)) = document.pointer_mut("/components/schemas") {
            all.append(&mut added);
        }
    }
}

/// `true` as the schema without a condition, a list that is one value as a list of one value at each place, and one
/// of several texts as their enumeration.
pub(super) fn plain(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Object(members) => {
            if let Some(Value::Array(items)) = members.get("const").cloned() {
                let places: Vec<Value> =
                    items.iter().map(|item| json!({ "const": item })).collect();
                members.remove("const");
                members.insert("type".to_owned(), "array".into());
                members.insert("minItems".to_owned(), places.len().into());
                members.insert("maxItems".to_owned(), places.len().into());
                members.insert("prefixItems".to_owned(), places.into());
            }
            if let Some(texts) = members.get("oneOf").and_then(texts) {
                members.remove("oneOf");
                members.insert("type".to_owned(), "string".into());
                members.insert("enum".to_owned(), texts.into());
            }
            for (name, member) in members.iter_mut() {
                if name == "items" && *member == Value::Bool(true) {
                    *member = json!({});
                }
                plain(member);
            }
            if let Some(Value::Object(properties)) = members.get_mut("properties") {
                let open = properties.values_mut().filter(|of| **of == Value::Bool(true));
                open.for_each(|of| *of = json!({}));
            }
        }
        _ => {}
    }
}

/// The texts of choices that are all texts.
fn texts(choices: &Value) -> Option<Vec<Value>> {
    let text = |choice: &Value| choice.get("const").filter(|text| text.is_string()).cloned();
    choices.as_array()?.iter().map(text).collect()
}

/// `corridor-lane-receipt.schema.json` is `CorridorLaneReceipt`.
fn component(file: &str) -> String {
    let mut name = String::new();
    for word in file.trim_end_matches(FILE).split('-') {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// Turns references to files, and to the parts of the file `of`, into references to components; the files.
fn point_inside(value: &mut Value, of: Option<&str>) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(|item| files.append(&mut point_inside(item, of)));
        }
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                if reference.ends_with(FILE) {
                    files.insert(reference.clone());
                    *reference = format!("{HERE}{}", component(reference));
                } else if let (Some(part), Some(name)) = (reference.strip_prefix("#/$defs/"), of) {
                    *reference = format!("{HERE}{name}.{part}");
                }
            }
            members.values_mut().for_each(|member| files.append(&mut point_inside(member, of)));
        }
        _ => {}
    }
    files
}
