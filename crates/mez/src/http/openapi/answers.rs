//! What operations answer.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::super::answer::{JSON, Shape, documents};
use super::super::etag::STRONG;
use super::super::problem::{Document, MEDIA};
use super::super::route::{Handler, Route};
use super::documents::{Approval, Readiness};

/// Schemas of answers, kept among the components.
pub(super) struct Answers {
    admitted: Schema,
    asked: Schema,
    page: Schema,
    problem: Schema,
    readiness: Schema,
    rehearsed: Schema,
}

impl Answers {
    pub(super) fn among(generator: &mut SchemaGenerator) -> Self {
        fn kept<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
            generator.subschema_for::<T>()
        }
        Self {
            admitted: kept::<documents::Admitted>(generator),
            asked: kept::<Approval>(generator),
            page: kept::<documents::Page>(generator),
            problem: kept::<Document<'_>>(generator),
            readiness: kept::<Readiness>(generator),
            rehearsed: kept::<documents::Rehearsed>(generator),
        }
    }

    pub(super) fn of(&self, route: &Route, status: u16, told: Option<&Schema>) -> Value {
        if status == route.success.0 {
            return self.success(route, told);
        }
        if status == 304 {
            let headers = json!({ "ETag": etag() });
            return json!({ "description": "it is what the caller knows", "headers": headers });
        }
        if status == 202 {
            let content = json!({ JSON: { "schema": self.asked } });
            return json!({ "description": "it awaits a second person; nothing was done", "content": content });
        }
        if status == 200 {
            let content = json!({ JSON: { "schema": self.rehearsed } });
            return json!({ "description": "what law says: nothing was written", "content": content });
        }
        if status == 503 && matches!(route.handler, Handler::System(_)) {
            let content = json!({ JSON: { "schema": self.readiness } });
            return json!({ "description": "not ready", "content": content });
        }
        let content = json!({ MEDIA: { "schema": self.problem } });
        let (description, later) = (about(status), matches!(status, 429 | 503));
        if !later {
            return json!({ "description": description, "content": content });
        }
        let seconds = json!({ "type": "integer", "minimum": 0 });
        let headers = json!({ "Retry-After": { "description": "Seconds", "schema": seconds } });
        json!({ "description": description, "content": content, "headers": headers })
    }

    fn success(&self, route: &Route, told: Option<&Schema>) -> Value {
        let media = route.success.1.split(';').next().unwrap_or_default();
        let schema = match (route.shape(), told) {
            _ if media != JSON => json!({}),
            (Shape::Admitted, told) => {
                let admitted = told.unwrap_or(&self.admitted);
                match route.success.0 {
                    200 => json!({ "anyOf": [admitted, self.rehearsed] }),
                    _ => json!(admitted),
                }
            }
            (Shape::Page, Some(item)) => page_of(item),
            (Shape::Page, None) => json!(self.page),
            (Shape::List, Some(item)) => json!({ "type": "array", "items": item }),
            (Shape::List, None) => json!({ "type": "array", "items": { "type": "object" } }),
            (Shape::Document, Some(told)) => json!(told),
            (Shape::Document, None) => json!({ "type": "object" }),
        };
        let content = json!({ media: { "schema": schema } });
        if !route.is_of_one() {
            return json!({ "description": "done", "content": content });
        }
        let headers = json!({ "ETag": etag() });
        json!({ "description": "done", "content": content, "headers": headers })
    }
}

/// The tag of a record, as a header.
fn etag() -> Value {
    let schema = json!({ "type": "string", "pattern": STRONG });
    let about = "The digest of what is answered; give it as `If-Match` of a write";
    json!({ "description": about, "required": true, "schema": schema })
}

/// A page whose items are known.
fn page_of(item: &Schema) -> Value {
    let next = json!({
        "type": "string", "description": "What to give as `after` for the next; absent on the last.",
    });
    let items = json!({ "type": "array", "items": item });
    json!({ "type": "object", "required": ["items"], "properties": { "items": items, "next": next } })
}

/// A refusal in a few words; its `code` says exactly.
const fn about(status: u16) -> &'static str {
    match status {
        400 => "the path or a header is not well written",
        408 => "the body did not come in time",
        401 => "no valid token or signature was given",
        403 => "the caller may not ask this, or law refuses it",
        404 => "no such record for this caller, or the profile does not mount the route",
        409 => {
            "it conflicts with what is there: a duplicate, another state, a key used for another request"
        }
        412 => "the record is not what `If-Match` wants it to be; nothing was written",
        413 => "the body is too large",
        415 => "the body is no JSON",
        422 => "a field is wrong; `errors` says which and why",
        429 => "too many requests",
        502 => "another zone did not answer as it should",
        503 => "not now: ask again after `Retry-After`",
        _ => "refused",
    }
}
