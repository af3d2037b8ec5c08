//! What a zone tells of its own accord: `webhooks`, one operation for each type of event.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use zone::event_types;

use super::documents::Event;

/// Media type of one event.
const CLOUDEVENT: &str = "application/cloudevents+json";
/// The headers of Standard Webhooks, and what each says.
const HEADERS: [(&str, &str); 3] = [
    ("webhook-id", "the same for each attempt and each replay of one event"),
    ("webhook-timestamp", "when this attempt was made, in seconds since 1970 UTC"),
    (
        "webhook-signature",
        "`v1,` and HMAC-SHA256 over `id.timestamp.body` in base64; several with spaces between",
    ),
];

/// Every type of event, as an operation of the receiver.
pub(super) fn webhooks(generator: &mut SchemaGenerator) -> Value {
    let event = generator.subschema_for::<Event>();
    let all = event_types().into_iter().map(|(name, about)| {
        let is = json!({ "type": "object", "properties": { "type": { "const": name } } });
        let schema = json!({ "allOf": [event, is] });
        let parameters: Vec<Value> = HEADERS
            .iter()
            .map(|(header, about)| json!({
                "name": header, "in": "header", "required": true, "schema": { "type": "string" },
                "description": about,
            }))
            .collect();
        let post = json!({
            "summary": about,
            "operationId": name.replace(['.', '-'], "_"),
            "parameters": parameters,
            "requestBody": { "required": true, "content": { CLOUDEVENT: { "schema": schema } } },
            "responses": {
                "2XX": { "description": "it arrived" },
                "410": { "description": "the receiver is gone: the webhook is disabled" },
                "default": { "description": "it is sent again later" },
            },
        });
        (name, json!({ "post": post }))
    });
    Value::Object(all.collect::<Map<String, Value>>())
}
