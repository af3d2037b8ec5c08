//! Parameters of paths, queries and headers, with the grammar of each.

use canon::{
    AccountId, CorridorId, Date, Did, Digest, EntityId, JurisdictionId, PaymentId, RecordId,
    Timestamp, ZoneId,
};
use schemars::SchemaGenerator;
use serde_json::{Value, json};
use zone::Of;
use zone::limits::{IDEMPOTENCY_KEY_BYTES_MAX, PAGE_DEFAULT, PAGE_MAX};

use super::super::asked::DRY_RUN;
use super::super::etag::{CONDITION, CONDITION_BYTES_MAX};
use super::super::route::{Auth, BodySchema, Handler, Route, schema};

/// Of a parameter in a path, by its name and the segment before it. Those that name no type of ours are text.
const PATH: &[(&str, &str, BodySchema)] = &[
    ("accounts", "id", schema::<AccountId>),
    ("assets", "id", schema::<Digest>),
    ("consent", "id", schema::<RecordId>),
    ("corridor", "id", schema::<CorridorId>),
    ("corridors", "id", schema::<CorridorId>),
    ("entities", "id", schema::<EntityId>),
    ("events", "id", schema::<RecordId>),
    ("evidence", "id", schema::<RecordId>),
    ("flows", "id", schema::<RecordId>),
    ("invoices", "id", schema::<PaymentId>),
    ("payments", "id", schema::<PaymentId>),
    ("proposals", "id", schema::<RecordId>),
    ("transfers", "id", schema::<PaymentId>),
    ("webhooks", "id", schema::<RecordId>),
    ("", "did", schema::<Did>),
    ("", "alert", schema::<Digest>),
    ("", "dividend_id", schema::<RecordId>),
    ("", "entity_id", schema::<EntityId>),
    ("", "jurisdiction_id", schema::<JurisdictionId>),
    ("", "leg", schema::<u64>),
    ("", "plan", schema::<Digest>),
    ("", "sequence", schema::<u64>),
    ("", "sha256", schema::<Digest>),
    ("", "zone", schema::<ZoneId>),
];

/// Of a parameter in a query, by its name.
const QUERY: &[(&str, BodySchema)] = &[
    ("as_of", schema::<Date>),
    ("count", schema::<u64>),
    ("cuts", schema::<u64>),
    ("disclose", schema::<bool>),
    ("domain", schema::<law::Domain>),
    (DRY_RUN, schema::<bool>),
    ("entity_id", schema::<EntityId>),
    ("first", schema::<u64>),
    ("from", schema::<u64>),
    ("from_day", schema::<Date>),
    ("jurisdiction", schema::<JurisdictionId>),
    ("known_at", schema::<Timestamp>),
    ("lane", schema::<ZoneId>),
    ("second", schema::<u64>),
    ("seed", schema::<Digest>),
    ("sequence", schema::<u64>),
    ("size", schema::<u64>),
    ("state", schema::<law::State>),
    ("tax_year", schema::<u16>),
    ("to_day", schema::<Date>),
];

/// All parameters of a route.
pub(super) fn of(route: &Route, generator: &mut SchemaGenerator) -> Vec<Value> {
    let (mut all, mut before) = (Vec::new(), "");
    for part in route.path.split('/') {
        if let Some(name) = part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            // `*` is the router's word for "the rest of the path"; OpenAPI has none.
            let name = name.trim_start_matches('*');
            let schema = in_path(before, name, generator);
            all.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
        before = part;
    }
    for parameter in route.query {
        // The cursor of events is a number; that of other lists is what their page before said.
        let position = parameter.name == "after" && route.path.starts_with("/v1/events");
        let schema = match position {
            true => json!(schema::<u64>(generator)),
            false => in_query(parameter.name, generator),
        };
        all.push(json!({
            "name": parameter.name, "in": "query", "required": false, "schema": schema,
            "description": parameter.about,
        }));
    }
    if matches!(route.handler, Handler::Stream(_)) {
        all.push(json!({
            "name": "Last-Event-ID", "in": "header", "required": false, "schema": schema::<u64>(generator),
            "description": "the `id` of the last event another stream told; wins over `after`",
        }));
    }
    if route.method.writes() && matches!(route.auth, Auth::Token(_)) {
        let key = json!({
            "type": "string", "minLength": 1, "maxLength": IDEMPOTENCY_KEY_BYTES_MAX,
            "pattern": "^[!-~]+$",
        });
        all.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false, "schema": key,
            "description": "the same key with another request is refused",
        }));
    }
    let conditions = [
        (
            route.is_of_one(),
            "If-None-Match",
            "tags that are known: the record is answered where it has none of them",
        ),
        (
            route.changes().is_some(),
            "If-Match",
            "tags the record may have: where it has none of them, nothing is written",
        ),
    ];
    for (_, name, about) in conditions.into_iter().filter(|(taken, ..)| *taken) {
        let tags = json!({
            "type": "string", "minLength": 1, "maxLength": CONDITION_BYTES_MAX, "pattern": CONDITION,
        });
        all.push(json!({
            "name": name, "in": "header", "required": false, "schema": tags, "description": about,
        }));
    }
    all
}

fn in_path(before: &str, name: &str, generator: &mut SchemaGenerator) -> Value {
    let found = PATH.iter().find(|(at, known, _)| *known == name && [before, ""].contains(at));
    found.map_or_else(
        || json!({ "type": "string", "minLength": 1 }),
        |(_, _, of)| json!(of(generator)),
    )
}

fn in_query(name: &str, generator: &mut SchemaGenerator) -> Value {
    match name {
        "by" => json!({ "type": "string", "enum": ["booked", "effective"], "default": "booked" }),
        "format" => json!({ "type": "string", "enum": ["hledger"], "default": "hledger" }),
        "of" => json!({ "type": "string", "enum": Of::ALL.map(Of::name) }),
        "limit" => {
            json!({ "type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE_DEFAULT })
        }
        _ => {
            let found = QUERY.iter().find(|(known, _)| *known == name);
            found.map_or_else(|| json!({ "type": "string" }), |(_, of)| json!(of(generator)))
        }
    }
}
