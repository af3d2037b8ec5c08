//! The OpenAPI 3.1 document, made from the table: whole in itself, so a generator of clients needs nothing else.

mod answers;
pub(super) mod codes;
mod compare;
pub(crate) mod documents;
mod examples;
mod parameters;
#[cfg(test)]
mod tests;
mod told;
mod whole;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::answer::JSON;
use super::route::{Auth, Route};
use super::table::routes;
use answers::Answers;
pub(crate) use compare::{Break, breaks, kept, lines};

/// What holds for every operation.
const ABOUT: &str = "\
A write is admitted by law, attested and journaled before it is answered. Send an `Idempotency-Key` with each: the same \
key and body are answered again with `Idempotency-Replayed: true`, another body is refused with 409. The read of one \
record answers its `ETag`; a write about that record that gives it as `If-Match` is refused with 412 where the record is \
another by now, in the same step in which it is written. Lists answer \
`items` and, while there are more, `next`; give it as `after`. Refusals are problems (RFC 9457) with a stable `code`, \
the JSON pointer of what was wrong and a remedy; 429 and 503 say when to ask again. Fields that are not described are \
refused in what is asked, and may be there in what is answered. What happens is told under `/v1/events`, as a stream, and \
to receivers as `webhooks` says.";

/// The document.
pub(crate) fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = SchemaGenerator::new(settings);
    let answers = Answers::among(&mut generator);
    let mut paths: Map<String, Value> = Map::new();
    for route in routes() {
        let operation = operation(&route, &answers, &mut generator);
        let path = paths.entry(route.path.replace("{*", "{")).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(route.method.as_str().to_lowercase(), operation);
        }
    }
    let webhooks = told::webhooks(&mut generator);
    let schemas = generator.take_definitions(true);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "mez: the API of a zone",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": ABOUT,
        },
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "schemas": schemas,
            "x-mez-problem-codes": codes::all(),
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "peer": {
                    "type": "apiKey", "in": "header", "name": "Signature",
                    "description": "RFC 9421 over @method, @target-uri and content-digest, by the \
                        peer's HTTP key as a did:key",
                },
            },
        },
    });
    whole::make(&mut document);
    if let Some(schemas) = document.pointer_mut("/components/schemas") {
        whole::plain(schemas);
    }
    document
}

fn operation(route: &Route, answers: &Answers, generator: &mut SchemaGenerator) -> Value {
    let mut operation = Map::new();
    operation.insert("summary".to_owned(), json!(route.about));
    operation.insert("operationId".to_owned(), json!(operation_id(route)));
    if let Some(group) = route.group {
        operation.insert("tags".to_owned(), json!([group.name()]));
    }
    let parameters = parameters::of(route, generator);
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
            let isolation = route.isolation().as_str();
            operation.insert("x-mez-bound-token".to_owned(), isolation.into());
        }
    }
    if let Some(body) = route.body {
        let schema = body(generator);
        let mut content = json!({ "schema": schema });
        if let (Some(examples), Value::Object(content)) = (examples::of(route.path), &mut content) {
            content.insert("examples".to_owned(), examples);
        }
        let content = json!({ JSON: content });
        operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    let told = route.told.map(|told| told(generator));
    let mut responses = Map::new();
    for status in route.statuses() {
        responses.insert(status.to_string(), answers.of(route, status, told.as_ref()));
    }
    operation.insert("responses".to_owned(), Value::Object(responses));
    Value::Object(operation)
}

/// `get_v1_entities_id`.
fn operation_id(route: &Route) -> String {
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let words: Vec<&str> = words.collect();
    format!("{}_{}", route.method.as_str().to_lowercase(), words.join("_"))
}
