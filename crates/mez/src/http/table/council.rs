//! The rows of the council: what is put to its vote.

use law::manifest::RouteGroup;

use super::{OPERATE, PAGE, READ, get, post};
use crate::http::answer::JSON;
use crate::http::consent::{CancelBody, DelegateBody, VoteBody};
use crate::http::council::{self, OpenCouncilBody};
use crate::http::openapi::documents;
use crate::http::route::Handler::Zone;
use crate::http::route::{Route, schema};

pub(super) const COUNCIL: &[Route] = &[
    post("/v1/council/proposals", "Put the stop of a corridor to the vote.", Zone(council::open))
        .group(RouteGroup::Corridors)
        .needs(OPERATE)
        .tells(schema::<documents::Consent>)
        .body(schema::<OpenCouncilBody>)
        .answers(201, JSON)
        .refuses(&[404]),
    get("/v1/council/proposals", "A page of what the council votes on.", Zone(council::list))
        .group(RouteGroup::Corridors)
        .needs(READ)
        .tells(schema::<documents::ConsentBrief>)
        .takes(PAGE)
        .refuses(&[422]),
    get(
        "/v1/council/proposals/{id}",
        "One proposal of the council, how it stands, its votes.",
        Zone(council::one),
    )
    .group(RouteGroup::Corridors)
    .needs(READ)
    .tells(schema::<documents::Consent>)
    .refuses(&[404, 422]),
    post(
        "/v1/council/proposals/{id}/votes",
        "Hand in a vote signed by a member of the council.",
        Zone(council::vote),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .tells(schema::<documents::Consent>)
    .body(schema::<VoteBody>)
    .refuses(&[404]),
    post(
        "/v1/council/proposals/{id}/delegations",
        "Hand in a member's signed word that somebody else votes.",
        Zone(council::delegate),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .tells(schema::<documents::Consent>)
    .body(schema::<DelegateBody>)
    .refuses(&[404]),
    post(
        "/v1/council/proposals/{id}/cancel",
        "Call a proposal of the council off.",
        Zone(council::cancel),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .tells(schema::<documents::Consent>)
    .body(schema::<CancelBody>)
    .refuses(&[404]),
];
