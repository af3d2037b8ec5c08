//! Each way a contract breaks, and what breaks none.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{breaks, kept};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/contract/openapi-v1.json");

/// A small contract with everything in it that may change.
fn base() -> Value {
    json!({
        "paths": {
            "/v1/things": {
                "get": {
                    "operationId": "get_v1_things",
                    "x-mez-scopes-any-of": ["operator", "reader"],
                    "security": [{ "token": [] }],
                    "parameters": [{ "name": "after", "in": "query", "required": false, "schema": { "type": "string", "maxLength": 10 } }],
                    "responses": {
                        "200": {
                            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } },
                            "headers": { "ETag": { "required": true } },
                        },
                        "404": { "content": {} },
                    },
                },
                "post": {
                    "operationId": "post_v1_things",
                    "security": [{ "token": [] }],
                    "x-mez-scopes-any-of": ["operator"],
                    "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Make" } } } },
                    "responses": { "201": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } } },
                },
            },
            "/open": { "get": { "operationId": "get_open", "responses": { "200": { "content": {} } } } },
        },
        "webhooks": {
            "thing.made": { "post": { "requestBody": { "content": { "application/cloudevents+json": { "schema": { "$ref": "#/components/schemas/Thing" } } } } } },
        },
        "components": {
            "x-mez-problem-codes": { "not-found": { "status": 404 }, "busy": { "status": 503 } },
            "schemas": {
                "Make": {
                    "type": "object", "additionalProperties": false, "required": ["name"],
                    "properties": {
                        "name": { "type": "string", "maxLength": 20 },
                        "size": { "type": ["integer", "null"], "minimum": 1 },
                        "kind": { "type": "string", "enum": ["a", "b"] },
                        "parts": { "type": "array", "items": { "type": "string" } },
                        "of": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
                    },
                },
                "Thing": {
                    "type": "object", "required": ["id", "name"],
                    "properties": {
                        "id": { "type": "string" },
                        "name": { "type": "string", "maxLength": 20 },
                        "kind": { "type": "string", "enum": ["a", "b"] },
                        "next": { "$ref": "#/components/schemas/Thing" },
                    },
                },
            },
        },
    })
}

/// The same with one place changed; `Null` takes a member out.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut document = base();
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let name = name.replace("~1", "/");
        let parent = document.pointer_mut(parent).unwrap();
        match (parent, value) {
            (Value::Object(members), Value::Null) => drop(members.remove(&name).unwrap()),
            (Value::Object(members), value) => drop(members.insert(name, value.clone())),
            (other, _) => panic!("{pointer}: {other}"),
        }
    }
    document
}

const GET: &str = "/paths/~1v1~1things/get";
const POST: &str = "/paths/~1v1~1things/post";
const MAKE: &str = "/components/schemas/Make";
const THING: &str = "/components/schemas/Thing";

fn codes(new: &Value) -> BTreeSet<&'static str> {
    breaks(&base(), new).into_iter().map(|one| one.code).collect()
}

#[test]
fn each_way_an_operation_breaks_is_named() {
    let needed = json!([{ "name": "after", "in": "query", "required": true, "schema": { "type": "string", "maxLength": 10 } }]);
    let more = json!([
        { "name": "after", "in": "query", "required": false, "schema": { "type": "string", "maxLength": 10 } },
        { "name": "day", "in": "query", "required": true, "schema": { "type": "string" } },
    ]);
    let shorter = json!([{ "name": "after", "in": "query", "required": false, "schema": { "type": "string", "maxLength": 5 } }]);
    let cases: &[(String, Value, &str)] = &[
        ("/paths/~1open".to_owned(), Value::Null, "operation-removed"),
        (format!("{GET}/operationId"), json!("list"), "operation-renamed"),
        ("/paths/~1open/get/security".to_owned(), json!([{ "token": [] }]), "operation-guarded"),
        (format!("{GET}/x-mez-scopes-any-of"), json!(["operator"]), "scope-removed"),
        (format!("{GET}/parameters"), json!([]), "parameter-removed"),
        (format!("{GET}/parameters"), needed, "parameter-required"),
        (format!("{GET}/parameters"), more, "parameter-required"),
        (format!("{GET}/parameters"), shorter, "bound-narrowed"),
        (format!("{GET}/responses/404"), Value::Null, "status-removed"),
        (format!("{GET}/responses/202"), json!({}), "success-added"),
        (format!("{GET}/responses/200/content"), json!({ "text/plain": {} }), "media-removed"),
        (format!("{GET}/responses/200/headers"), Value::Null, "header-removed"),
        (format!("{GET}/responses/200/headers"), json!({ "ETag": {} }), "header-removed"),
        (
            "/paths/~1open/get/requestBody".to_owned(),
            json!({ "required": true, "content": {} }),
            "body-required",
        ),
        (format!("{POST}/requestBody/content"), json!({ "text/plain": {} }), "media-removed"),
        ("/webhooks/thing.made".to_owned(), Value::Null, "event-removed"),
        ("/components/x-mez-problem-codes/busy".to_owned(), Value::Null, "code-removed"),
        ("/components/x-mez-problem-codes/busy".to_owned(), json!({ "status": 429 }), "code-moved"),
    ];
    named(cases);
}

#[test]
fn each_way_a_schema_breaks_is_named() {
    let cases: &[(String, Value, &str)] = &[
        (format!("{MAKE}/required"), json!(["name", "size"]), "member-required"),
        (format!("{MAKE}/properties/size"), Value::Null, "member-removed"),
        (
            format!("{MAKE}/properties/size"),
            json!({ "type": "integer", "minimum": 1 }),
            "type-narrowed",
        ),
        (
            format!("{MAKE}/properties/size"),
            json!({ "type": ["integer", "null"], "minimum": 2 }),
            "bound-narrowed",
        ),
        (
            format!("{MAKE}/properties/name"),
            json!({ "type": "string", "maxLength": 20, "pattern": "^a" }),
            "bound-narrowed",
        ),
        (
            format!("{MAKE}/properties/kind"),
            json!({ "type": "string", "enum": ["a"] }),
            "value-removed",
        ),
        (
            format!("{MAKE}/properties/name"),
            json!({ "type": "string", "maxLength": 20, "enum": ["a"] }),
            "value-removed",
        ),
        (
            format!("{MAKE}/properties/parts"),
            json!({ "type": "array", "items": { "type": "integer" } }),
            "type-narrowed",
        ),
        (format!("{MAKE}/properties/of"), json!({ "type": "string" }), "form-narrowed"),
        (format!("{THING}/required"), json!(["id"]), "member-not-promised"),
        (format!("{THING}/properties/id"), json!({ "type": ["string", "null"] }), "type-widened"),
        (
            format!("{THING}/properties/kind"),
            json!({ "type": "string", "enum": ["a", "b", "c"] }),
            "value-added",
        ),
        (
            format!("{THING}/properties/name"),
            json!({ "type": "string", "maxLength": 30 }),
            "bound-widened",
        ),
        (
            format!("{THING}/properties/id"),
            json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] }),
            "form-widened",
        ),
    ];
    named(cases);
}

fn named(cases: &[(String, Value, &str)]) {
    for (pointer, value, code) in cases {
        let found = codes(&with(&[(pointer, value.clone())]));
        assert!(found.contains(code), "{pointer} = {value}: {found:?}, not {code}");
    }
}

#[test]
fn what_only_adds_breaks_nobody() {
    let optional = json!([
        { "name": "after", "in": "query", "required": false, "schema": { "type": "string", "maxLength": 50 } },
        { "name": "day", "in": "query", "required": false, "schema": { "type": "string" } },
    ]);
    let colour = json!({ "type": "string", "enum": ["red"] });
    let cases: &[(String, Value)] = &[
        ("/paths/~1more".to_owned(), json!({ "get": { "responses": {} } })),
        ("/webhooks/thing.ended".to_owned(), json!({ "post": {} })),
        ("/components/x-mez-problem-codes/gone".to_owned(), json!({ "status": 410 })),
        (format!("{GET}/x-mez-scopes-any-of"), json!(["operator", "reader", "regulator"])),
        (format!("{GET}/parameters"), optional),
        (
            format!("{GET}/responses/200/headers"),
            json!({ "ETag": { "required": true }, "Link": { "required": true } }),
        ),
        (format!("{GET}/responses/429"), json!({})),
        (format!("{GET}/responses/200/content/text~1plain"), json!({})),
        (format!("{MAKE}/required"), json!([])),
        (format!("{MAKE}/properties/colour"), colour.clone()),
        (
            format!("{MAKE}/properties/size"),
            json!({ "type": ["integer", "null", "string"], "minimum": 0 }),
        ),
        (format!("{MAKE}/properties/kind"), json!({ "type": "string", "enum": ["a", "b", "c"] })),
        (
            format!("{MAKE}/properties/of"),
            json!({ "anyOf": [{ "type": "null" }, { "type": "integer" }, { "type": "string" }] }),
        ),
        (format!("{THING}/required"), json!(["id", "name", "kind"])),
        (format!("{THING}/properties/colour"), colour),
        (format!("{THING}/properties/kind"), json!({ "type": "string", "enum": ["a"] })),
        (format!("{THING}/properties/name"), json!({ "type": "string", "maxLength": 10 })),
        (format!("{THING}/description"), json!("words")),
    ];
    for (pointer, value) in cases {
        let found = breaks(&base(), &with(&[(pointer, value.clone())]));
        assert!(found.is_empty(), "{pointer} = {value}: {found:?}");
    }
}

#[test]
fn a_break_behind_a_schema_that_holds_itself_is_found_and_ends() {
    let new = with(&[(&format!("{THING}/properties/next"), json!({ "type": "string" }))]);
    assert!(codes(&new).contains("type-widened"), "{:?}", breaks(&base(), &new));
    assert!(breaks(&base(), &base()).is_empty());
}

/// The contract that was given out holds. What is meant to break is said in the changelog, and kept anew:
/// `./target/debug/mez openapi --kept > tests/contract/openapi-v1.json`.
#[test]
fn nothing_of_the_kept_contract_is_broken() {
    let old: Value = serde_json::from_slice(&std::fs::read(KEPT).unwrap()).unwrap();
    let new = crate::http::openapi();
    let found = breaks(&old, &new);
    assert!(found.is_empty(), "{found:#?}");
    // What is kept of a document says as much as the document.
    assert!(breaks(&new, &kept(&new)).is_empty() && breaks(&kept(&new), &new).is_empty());
    let mut less = kept(&new);
    less["paths"].as_object_mut().unwrap().remove("/v1/entities").unwrap();
    let found: Vec<_> = breaks(&old, &less).into_iter().map(|one| one.code).collect();
    assert_eq!(found, ["operation-removed"; 2]);
}
