//! The rows of bridges: invoices, payments over several corridors, repair.

use law::manifest::RouteGroup;

use super::{BANK, NothingBody, PAGE, READ, get, post};
use crate::http::answer::JSON;
use crate::http::bridge::{self, InvoiceBody, TransferBody};
use crate::http::openapi::documents::{self, AdmittedOf};
use crate::http::route::Handler::Zone;
use crate::http::route::{Route, schema};

pub(super) const BRIDGE: &[Route] = &[
    post(
        "/v1/bridge/invoices",
        "Ask to be paid over a bridge: an invoice to be handed to the payer.",
        Zone(bridge::invoice),
    )
    .group(RouteGroup::Corridors)
    .needs(BANK)
    .body(schema::<InvoiceBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::DoneOf<documents::InvoiceIssued>>),
    post(
        "/v1/bridge/transfers",
        "Pay an invoice over a chain of corridors, all of it or none of it.",
        Zone(bridge::pay),
    )
    .group(RouteGroup::Corridors)
    .needs(BANK)
    .body(schema::<TransferBody>)
    .admitted(201)
    .refuses(&[404])
    .tells(schema::<AdmittedOf<documents::BridgeTransfer>>),
    get(
        "/v1/bridge/transfers",
        "A page of bridged payments this zone has a part in.",
        Zone(bridge::list),
    )
    .group(RouteGroup::Corridors)
    .needs(READ)
    .takes(PAGE)
    .refuses(&[422])
    .tells(schema::<documents::BridgeTransfer>),
    get(
        "/v1/bridge/transfers/{id}",
        "One bridged payment: how far it is, what is missing, the receipts it rests on.",
        Zone(bridge::one),
    )
    .group(RouteGroup::Corridors)
    .needs(READ)
    .refuses(&[404, 422])
    .tells(schema::<documents::BridgeTransfer>),
    post(
        "/v1/bridge/transfers/{id}/repair",
        "Ask the zones beside this one again, and say what is missing; nothing is guessed.",
        Zone(bridge::repair),
    )
    .group(RouteGroup::Corridors)
    .needs(BANK)
    .body(schema::<NothingBody>)
    .refuses(&[404])
    .tells(schema::<documents::BridgeRepaired>),
];
