//! The rows of assets: who holds what, where it goes, and what both zones decided of it as of any other receipt.

use law::manifest::RouteGroup;

use super::{LANE, PAGE, READ, REGISTER, get, post};
use crate::http::assets::{self, RegisterAssetBody, TransferAssetBody};
use crate::http::corridors;
use crate::http::openapi::documents::{self, AdmittedOf};
use crate::http::route::Handler::Zone;
use crate::http::route::{Route, schema};

pub(super) const ASSETS: &[Route] = &[
    post(
        "/v1/assets/genesis",
        "Register an asset in the hands of an entity.",
        Zone(assets::register),
    )
    .group(RouteGroup::Assets)
    .needs(REGISTER)
    .body(schema::<RegisterAssetBody>)
    .admitted(201)
    .tells(schema::<AdmittedOf<documents::Asset>>)
    .refuses(&[404]),
    get("/v1/assets", "A page of assets.", Zone(assets::list))
        .group(RouteGroup::Assets)
        .needs(READ)
        .tells(schema::<documents::Asset>)
        .takes(PAGE)
        .refuses(&[422]),
    get("/v1/assets/{id}", "One asset: where it is, who holds it.", Zone(assets::one))
        .group(RouteGroup::Assets)
        .needs(READ)
        .tells(schema::<documents::Asset>)
        .refuses(&[404, 422]),
    post(
        "/v1/assets/{id}/transfers",
        "Send an asset to a holder in another zone.",
        Zone(assets::transfer),
    )
    .group(RouteGroup::Assets)
    .needs(REGISTER)
    .body(schema::<TransferAssetBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Asset>>)
    .refuses(&[404]),
    get(
        "/v1/corridors/{id}/receipts/{sequence}/compliance",
        "What both zones decided of a receipt; a side not heard is pending.",
        Zone(corridors::compliance),
    )
    .group(RouteGroup::Corridors)
    .needs(READ)
    .tells(schema::<documents::ReceiptCompliance>)
    .takes(LANE)
    .refuses(&[404, 422]),
];
