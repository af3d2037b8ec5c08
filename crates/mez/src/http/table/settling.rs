//! The rows of settlement: plans, consent, legs.

use law::manifest::RouteGroup;

use super::{NothingBody, OPERATE, PAGE, READ, get, post};
use crate::http::answer::JSON;
use crate::http::openapi::documents;
use crate::http::route::Handler::Zone;
use crate::http::route::{Route, schema};
use crate::http::settlement::{self, ComputeBody, ConfirmBody, InstructBody, PlanBody, ReasonBody};

pub(super) const SETTLEMENT: &[Route] = &[
    post(
        "/v1/settlement/compute",
        "Draw up the plan over the last cuts of this zone's corridors; nothing is written.",
        Zone(settlement::compute),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<ComputeBody>)
    .refuses(&[404])
    .tells(schema::<documents::PlanDrawn>),
    post(
        "/v1/settlement/plans",
        "Consent to a plan; every peer in it is told, with the plan.",
        Zone(settlement::consent),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<PlanBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::Settlement>),
    get("/v1/settlement/plans", "A page of plans with their legs.", Zone(settlement::list))
        .group(RouteGroup::Corridors)
        .needs(READ)
        .takes(PAGE)
        .refuses(&[422])
        .tells(schema::<documents::Settlement>),
    get(
        "/v1/settlement/plans/{plan}",
        "One plan: gross, net and settled, consent, and each leg.",
        Zone(settlement::one),
    )
    .group(RouteGroup::Corridors)
    .needs(READ)
    .refuses(&[404, 422])
    .tells(schema::<documents::Settlement>),
    post(
        "/v1/settlement/plans/{plan}/consent",
        "Consent to a plan a peer has told of.",
        Zone(settlement::consent_to),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<NothingBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::Settlement>),
    post(
        "/v1/settlement/plans/{plan}/refuse",
        "Refuse a plan this zone has not consented to: nobody is bound by it.",
        Zone(settlement::refuse),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<ReasonBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::Settlement>),
    post(
        "/v1/settlement/plans/{plan}/legs/{leg}/instruct",
        "Tell the payee that the bank is instructed; answers the pacs.009.",
        Zone(settlement::instruct),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<InstructBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::Settlement>),
    post(
        "/v1/settlement/plans/{plan}/legs/{leg}/confirm",
        "Confirm a leg upon the bank's camt.054; both zones book it.",
        Zone(settlement::confirm),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<ConfirmBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::Settlement>),
    post(
        "/v1/settlement/plans/{plan}/legs/{leg}/fail",
        "Say that a leg is not paid; it stays owed between its two ends.",
        Zone(settlement::fail),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<ReasonBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::Settlement>),
];
