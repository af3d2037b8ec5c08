//! The rows of trade: flows and their steps.

use law::manifest::RouteGroup;

use super::{BANK, PAGE, READ, get, post};
use crate::http::openapi::documents::{self, AdmittedOf};
use crate::http::route::Handler::Zone;
use crate::http::route::{Route, schema};
use crate::http::trade::{self, ActBody, OpenFlowBody};

pub(super) const TRADE: &[Route] = &[
    post("/v1/trade/flows", "Open a trade flow, in the zone of its first step.", Zone(trade::open))
        .group(RouteGroup::Trade)
        .needs(BANK)
        .body(schema::<OpenFlowBody>)
        .admitted(201)
        .refuses(&[404])
        .tells(schema::<AdmittedOf<documents::TradeFlowMoved>>),
    get("/v1/trade/flows", "A page of trade flows.", Zone(trade::list))
        .group(RouteGroup::Trade)
        .needs(READ)
        .takes(PAGE)
        .refuses(&[422])
        .tells(schema::<documents::TradeFlow>),
    get("/v1/trade/flows/{id}", "One trade flow: where it stands, who holds.", Zone(trade::one))
        .group(RouteGroup::Trade)
        .needs(READ)
        .refuses(&[404, 422])
        .tells(schema::<documents::TradeFlow>),
    post("/v1/trade/flows/{id}/transitions", "Take a step of a trade flow.", Zone(trade::act))
        .group(RouteGroup::Trade)
        .needs(BANK)
        .body(schema::<ActBody>)
        .admitted(200)
        .refuses(&[404])
        .tells(schema::<AdmittedOf<documents::TradeFlowMoved>>),
    get(
        "/v1/trade/flows/{id}/transitions",
        "The steps of a trade flow, with the documents they carry.",
        Zone(trade::transitions),
    )
    .group(RouteGroup::Trade)
    .needs(READ)
    .refuses(&[404, 422])
    .tells(schema::<documents::TradeSteps>),
];
