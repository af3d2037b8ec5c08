//! The rows of events: what happened, as pages and as a stream, and the receivers that are told.

use zone::Scope;

use super::row::delete;
use super::{LIMIT, OPERATE, PAGE, get, post};
use crate::http::answer::JSON;
use crate::http::openapi::documents::{Attempts, Event, Webhook, WebhookChanged, WebhookSecret};
use crate::http::route::Handler::{Stream, Zone};
use crate::http::route::{Parameter, Route, schema};
use crate::http::stream::{self, EVENT_STREAM};
use crate::http::webhooks::{self, MakeWebhookBody, RenewSecretBody, ReplayBody};

/// Whoever reads records, or decisions.
const TOLD: &[Scope] = &[Scope::Reader, Scope::Regulator, Scope::Operator];
/// Whoever may be told as it happens: a regulator is not, since each answer is logged before it is given.
const LISTENS: &[Scope] = &[Scope::Reader, Scope::Operator];
const POSITION: Parameter =
    Parameter { name: "after", about: "only behind this position of the journal" };
const TYPES: Parameter = Parameter {
    name: "types",
    about: "types with commas, or records with `.*`; every type unless given",
};

pub(super) const EVENTS: &[Route] = &[
    get("/v1/events", "A page of what happened, in order.", Zone(webhooks::events))
        .needs(TOLD)
        .takes(&[POSITION, LIMIT, TYPES])
        .tells(schema::<Event>)
        .refuses(&[422]),
    get(
        "/v1/events/stream",
        "What happens, as server-sent events; `Last-Event-ID` goes on where another stream ended.",
        Stream(stream::open),
    )
    .needs(LISTENS)
    .takes(&[POSITION, TYPES])
    .answers(200, EVENT_STREAM)
    .refuses(&[429]),
    post("/v1/webhooks", "Make a webhook; its secret is answered once.", Zone(webhooks::make))
        .needs(OPERATE)
        .body(schema::<MakeWebhookBody>)
        .answers(201, JSON)
        .tells(schema::<WebhookSecret>),
    get("/v1/webhooks", "A page of webhooks.", Zone(webhooks::list))
        .needs(OPERATE)
        .tells(schema::<Webhook>)
        .takes(PAGE)
        .refuses(&[422]),
    get("/v1/webhooks/{id}", "One webhook, and how far it got.", Zone(webhooks::one))
        .needs(OPERATE)
        .tells(schema::<Webhook>)
        .refuses(&[404, 422]),
    delete("/v1/webhooks/{id}", "Take a webhook back.", Zone(webhooks::end))
        .needs(OPERATE)
        .tells(schema::<WebhookChanged>)
        .refuses(&[404]),
    get(
        "/v1/webhooks/{id}/attempts",
        "The newest attempts to reach a receiver, the last one first.",
        Zone(webhooks::attempts),
    )
    .needs(OPERATE)
    .tells(schema::<Attempts>)
    .refuses(&[404, 422]),
    post(
        "/v1/webhooks/{id}/secret",
        "Give a webhook another secret; the one before still signs for a while.",
        Zone(webhooks::renew),
    )
    .needs(OPERATE)
    .body(schema::<RenewSecretBody>)
    .tells(schema::<WebhookSecret>)
    .refuses(&[404]),
    post(
        "/v1/webhooks/{id}/replay",
        "Send again everything behind a position; a disabled webhook is active again.",
        Zone(webhooks::replay),
    )
    .needs(OPERATE)
    .body(schema::<ReplayBody>)
    .tells(schema::<WebhookChanged>)
    .refuses(&[404]),
];
