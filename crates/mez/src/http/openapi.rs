//! The OpenAPI 3.1 document, made from the table.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::answer::JSON;
use super::problem::{Document, MEDIA};
use super::route::{Auth, Handler, Method, Route};
use super::table::routes;

/// The document.
pub(crate) fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
        settings.transforms.push(Box::new(Published));
    });
    let mut generator = SchemaGenerator::new(settings);
    let problem = generator.subschema_for::<Document<'_>>();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes() {
        let operation = operation(&route, &problem, &mut generator);
        let path = paths.entry(route.path.replace("{*", "{")).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(route.method.as_str().to_lowercase(), operation);
        }
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "mez: the API of a zone",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "peer": {
                    "type": "apiKey", "in": "header", "name": "Signature",
                    "description": "RFC 9421 over @method, @target-uri and content-digest, by the \
                        peer's HTTP key as a did:key",
                },
            },
        },
    })
}

/// A schema of another file stands under `/schemas/`.
#[derive(Clone)]
struct Published;

impl Transform for Published {
    fn transform(&mut self, schema: &mut Schema) {
        let elsewhere = schema.get("$ref").and_then(Value::as_str);
        let elsewhere = elsewhere.filter(|file| file.ends_with(".schema.json"));
        if let Some(path) = elsewhere.map(|file| format!("/schemas/{file}")) {
            schema.insert("$ref".to_owned(), path.into());
        }
        transform_subschemas(self, schema);
    }
}

fn operation(route: &Route, problem: &schemars::Schema, generator: &mut SchemaGenerator) -> Value {
    let mut operation = Map::new();
    operation.insert("summary".to_owned(), json!(route.about));
    operation.insert("operationId".to_owned(), json!(operation_id(route)));
    if let Some(group) = route.group {
        operation.insert("tags".to_owned(), json!([group.name()]));
    }
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(parameters));
    }
    match route.auth {
        Auth::Public => {}
        Auth::Peer => {
            operation.insert("security".to_owned(), json!([{ "peer": [] }]));
        }
        Auth::Token(scopes) => {
            operation.insert("security".to_owned(), json!([{ "token": [] }]));
            let any: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
            operation.insert("x-mez-scopes-any-of".to_owned(), json!(any));
        }
    }
    if let Some(body) = route.body {
        let schema = body(generator);
        let content = json!({ JSON: { "schema": schema } });
        operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    let mut responses = Map::new();
    for status in route.statuses() {
        responses.insert(status.to_string(), response(route, status, problem));
    }
    operation.insert("responses".to_owned(), Value::Object(responses));
    Value::Object(operation)
}

fn response(route: &Route, status: u16, problem: &schemars::Schema) -> Value {
    if status == route.success.0 {
        let media = route.success.1.split(';').next().unwrap_or_default();
        let schema = if media == JSON { json!({ "type": "object" }) } else { json!({}) };
        return json!({ "description": "done", "content": { media: { "schema": schema } } });
    }
    if !matches!(route.handler, Handler::Zone(_)) {
        return json!({ "description": "not ready", "content": { JSON: { "schema": {} } } });
    }
    json!({ "description": "refused", "content": { MEDIA: { "schema": problem } } })
}

fn parameters(route: &Route) -> Vec<Value> {
    let text = json!({ "type": "string" });
    let mut all = Vec::new();
    for part in route.path.split('/') {
        if let Some(name) = part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            // `*` is the router's word for "the rest of the path"; OpenAPI has none.
            let name = name.trim_start_matches('*');
            all.push(json!({ "name": name, "in": "path", "required": true, "schema": text }));
        }
    }
    for parameter in route.query {
        all.push(json!({
            "name": parameter.name, "in": "query", "required": false, "schema": text,
            "description": parameter.about,
        }));
    }
    if route.method == Method::Post && matches!(route.auth, Auth::Token(_)) {
        all.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false, "schema": text,
            "description": "1 to 128 printable ASCII characters; the same key with another \
                request is refused",
        }));
    }
    all
}

/// `get_v1_entities_id`.
fn operation_id(route: &Route) -> String {
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let words: Vec<&str> = words.collect();
    format!("{}_{}", route.method.as_str().to_lowercase(), words.join("_"))
}
