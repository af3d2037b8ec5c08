//! Schemas: the rows of the test suite of others, what is left unchecked, and what takes too long.

use serde_json::{Value, json};

use super::*;

fn shape(mut schema: Value) -> Shape {
    schema["$schema"] = json!(DIALECT);
    Shape::of(schema).unwrap()
}

fn differs(schema: Value, instance: Value) -> (String, String) {
    match shape(schema).check(&instance) {
        Err(Misfit::Differs { pointer, keyword }) => (pointer, keyword),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn not_checked(schema: Value, instance: Value) {
    let found = shape(schema).check(&instance);
    assert!(matches!(found, Err(Misfit::NotChecked { .. })), "{found:?}");
}

#[test]
fn documents_are_judged_as_others_judge_them() {
    let file: Value =
        serde_json::from_str(include_str!("../../tests/vectors/json-schema.json")).unwrap();
    let (mut told, mut open) = (0, 0);
    for row in file["rows"].as_array().unwrap() {
        let schema = Shape::of(row["schema"].clone()).unwrap();
        for test in row["tests"].as_array().unwrap() {
            match (schema.check(&test[0]), test[1].as_bool().unwrap()) {
                (Ok(()), true) | (Err(Misfit::Differs { .. }), false) => told += 1,
                (Err(Misfit::NotChecked { .. }), _) => open += 1,
                (found, fits) => panic!("{} of {}: {found:?}, not {fits}", test[0], row["schema"]),
            }
        }
    }
    assert!(told >= 150 && open <= 12, "{told} told, {open} open");
}

#[test]
fn the_place_is_a_json_pointer() {
    let schema = json!({ "properties": { "a/b": { "items": { "type": "string" } } } });
    let found = differs(schema, json!({ "a/b": ["x", 7] }));
    assert_eq!(found, ("/a~1b/1".to_owned(), "type".to_owned()));
    assert_eq!(
        differs(json!({ "required": ["a"] }), json!({})),
        (String::new(), "required".to_owned())
    );
    let closed = json!({ "additionalProperties": false });
    assert_eq!(
        differs(closed, json!({ "m~": 1 })),
        ("/m~0".to_owned(), "additionalProperties".to_owned())
    );
}

/// A schema with a name of its own may refer to itself.
#[test]
fn a_tree_refers_to_its_own_schema() {
    let schema = json!({
        "$id": "https://schemas.example/tree",
        "properties": { "below": { "items": { "$ref": "#" } } },
        "required": ["name"],
    });
    let tree = json!({ "name": "a", "below": [{ "name": "b", "below": [{ "name": "c" }] }] });
    assert_eq!(shape(schema.clone()).check(&tree), Ok(()));
    let found = differs(schema, json!({ "name": "a", "below": [{ "name": "b", "below": [{}] }] }));
    assert_eq!(found, ("/below/0/below/0".to_owned(), "required".to_owned()));
}

#[test]
fn what_is_not_known_is_never_passed_over() {
    for schema in [
        json!({ "unevaluatedProperties": false }),
        json!({ "$ref": "https://other.example/schema" }),
        json!({ "$ref": "#/$defs/none" }),
        json!({ "properties": { "a": { "$id": "https://other.example/", "type": "string" } } }),
        json!({ "properties": { "a": { "pattern": "(?=b)" } } }),
        json!({ "properties": { "a": { "pattern": "\\p{L}" } } }),
        json!({ "properties": { "a": { "pattern": "\\s" } } }),
        json!({ "properties": { "a": { "pattern": "(" } } }),
        json!({ "properties": { "a": { "pattern": "(?i)b" } } }),
        json!({ "properties": { "a": { "pattern": "[]b]" } } }),
        json!({ "properties": { "a": { "pattern": "b{,2}" } } }),
        json!({ "properties": { "a": 7 } }),
        json!({ "anyOf": [{ "type": "string" }, { "multipleOf": 2 }] }),
        json!({ "not": { "contains": {} } }),
        json!({ "oneOf": [true, { "$dynamicRef": "#x" }] }),
    ] {
        not_checked(schema, json!({ "a": "b" }));
    }
    // A difference beside it is still one.
    let both = json!({ "unevaluatedProperties": false, "required": ["z"] });
    assert_eq!(differs(both, json!({ "a": 1 })).1, "required");
    assert_eq!(Shape::of(json!({ "type": "object" })), Err(SchemaError::Dialect));
    assert_eq!(Shape::of(json!(true)), Err(SchemaError::Kind));
}

#[test]
fn no_schema_takes_long() {
    not_checked(json!({ "$ref": "#" }), json!(1));
    let twice = json!({ "allOf": [{ "$ref": "#" }, { "$ref": "#" }] });
    not_checked(twice, json!(1));
    let many: Vec<Value> = (0..2_000).map(Value::from).collect();
    not_checked(json!({ "uniqueItems": true }), json!(many));
    not_checked(json!({ "pattern": "a{1000}{1000}" }), json!("a"));
    not_checked(json!({ "pattern": "a" }), json!("b".repeat(100_000)));
}
