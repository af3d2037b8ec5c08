//! What the process says of itself, and what operators are told of powers over the zone.

use std::collections::BTreeMap;

use canon::{Digest, EntityId, PrincipalId, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use crate::http::bodies::ScopeBody;
use crate::http::table::routes;

/// Whether the zone may be used. What is not known of a zone that is not opened yet is empty.
#[derive(JsonSchema)]
pub(crate) struct Readiness {
    /// Whether every check holds, `witnesses` aside.
    ready: bool,
    zone_id: String,
    did: String,
    realm: String,
    checks: Vec<Check>,
}

/// One thing that must hold.
#[derive(JsonSchema)]
#[schemars(rename = "ReadinessCheck")]
struct Check {
    /// `store`, `keys`, `packs`, `lists`, `heads`, `witnesses`, `mass`, `replica`, …
    name: String,
    ok: bool,
    /// What was found, in words.
    detail: String,
}

/// An OpenAPI 3.1 document.
#[derive(JsonSchema)]
pub(crate) struct OpenApi {
    /// `3.1.0`.
    openapi: String,
    info: Map<String, Value>,
    /// Operations, by path and method.
    paths: BTreeMap<String, Map<String, Value>>,
    webhooks: BTreeMap<String, Map<String, Value>>,
    /// Schemas, ways to authenticate, and `x-mez-problem-codes`.
    components: BTreeMap<String, Map<String, Value>>,
}

/// A JSON Schema (2020-12); its keywords are members of it.
#[derive(JsonSchema)]
pub(crate) struct SchemaDocument {
    #[serde(rename = "$schema")]
    schema: String,
    #[serde(rename = "$id")]
    id: String,
}

/// A token. Its text is in this answer and nowhere else.
#[derive(JsonSchema)]
pub(crate) struct TokenMade {
    /// What to send as `Authorization: Bearer`.
    token: String,
    principal: PrincipalId,
    scopes: Vec<ScopeBody>,
    expires: Option<Timestamp>,
    /// The entity it is bound to.
    entity_id: Option<EntityId>,
}

/// A request that two persons are needed for.
#[derive(JsonSchema)]
pub(crate) struct Approval {
    /// The digest of the request, which is its name.
    approval_id: Digest,
    request_sha256: Digest,
    /// `pending`, `used` or `expired`.
    state: String,
    /// What it does, in words.
    what: String,
    method: String,
    path: String,
    /// The request's body, as it was sent.
    body: Map<String, Value>,
    requested_by: PrincipalId,
    requested: Timestamp,
    /// Until when a second person may let it through.
    expires: Timestamp,
    /// Who let it through, once somebody did.
    approved_by: Option<PrincipalId>,
    approved: Option<Timestamp>,
}

/// An entry of the audit log, with its root.
#[derive(JsonSchema)]
pub(crate) struct AuditRow {
    entry: AuditEntry,
    root: Digest,
}

/// Who asked, by which right, and what came of it.
#[derive(JsonSchema)]
struct AuditEntry {
    /// `MEZAuditEntry`.
    #[serde(rename = "type")]
    type_: String,
    /// Its place, from 0.
    sequence: u64,
    /// Root of the entry before; absent in the first.
    previous: Option<Digest>,
    at: Timestamp,
    /// `unknown` where nobody was recognised.
    principal: String,
    /// The scope by which it was let in; `peer`, `host` or `none`.
    scope: String,
    /// The entity the caller is bound to.
    entity_id: Option<EntityId>,
    method: String,
    /// Template of the route.
    route: String,
    /// The path asked, without its query.
    target: String,
    /// `allow`, `deny` or `error` as law said; `duty`; `refused` at the door; `unchanged`.
    outcome: String,
    /// Code of the refusal.
    code: Option<String>,
    /// Of the body's bytes.
    body_sha256: Option<Digest>,
    decision: Option<Decided>,
    /// The request that a second person let through with this write.
    approval: Option<Digest>,
    /// How many refusals of this principal before it have no entry of their own.
    uncounted: Option<u64>,
}

/// The decision that a write stands beside, in the same commit.
#[derive(JsonSchema)]
#[schemars(rename = "AuditDecision")]
struct Decided {
    /// Its place in the decision journal.
    sequence: u64,
    root: Digest,
    /// A transition kind, or `duty`.
    kind: String,
    subject: String,
}

/// What is answered to the second person: what the route answers that was asked for.
pub(crate) fn approved(generator: &mut SchemaGenerator) -> Schema {
    let mut each: Vec<Schema> = Vec::new();
    for route in routes().filter(|route| route.is_of_two()) {
        let bare = || json_schema!({ "type": "object" });
        let schema = route.told.map_or_else(bare, |told| told(generator));
        if !each.contains(&schema) {
            each.push(schema);
        }
    }
    json_schema!({ "type": "object", "anyOf": each })
}
