//! The rows of compliance beyond one entity here: corridors, and answers to be carried away.

use law::manifest::RouteGroup;

use super::{AS_OF, KNOWN_AT, REGULATE, SLICE, get};
use crate::http::compliance;
use crate::http::openapi::documents;
use crate::http::route::Handler::Zone;
use crate::http::route::{Parameter, Route, schema};

const DATED: &[Parameter] = &[AS_OF, KNOWN_AT];

pub(super) const COMPLIANCE: &[Route] = &[
    get(
        "/v1/compliance/{entity_id}/export",
        "The same answer as a credential of the zone; `mez verify` judges it offline.",
        Zone(compliance::entity_export),
    )
    .group(RouteGroup::Compliance)
    .needs(REGULATE)
    .tells(schema::<documents::ComplianceExport>)
    .takes(SLICE)
    .refuses(&[404, 422]),
    get(
        "/v1/compliance/{entity_id}/corridors",
        "What both zones decided of an entity's payments over corridors, as far as the peers told.",
        Zone(compliance::across),
    )
    .group(RouteGroup::Compliance)
    .needs(REGULATE)
    .tells(schema::<documents::ComplianceAcross>)
    .takes(DATED)
    .refuses(&[404, 422]),
    get(
        "/v1/compliance/corridors/{id}",
        "What law said of what crossed a corridor: domains here, verdicts there.",
        Zone(compliance::of_corridor),
    )
    .group(RouteGroup::Compliance)
    .needs(REGULATE)
    .tells(schema::<documents::CorridorCompliance>)
    .takes(DATED)
    .refuses(&[404, 409, 422]),
    get(
        "/v1/compliance/corridors/{id}/export",
        "The same answer as a credential of the zone; `mez verify` judges it offline.",
        Zone(compliance::corridor_export),
    )
    .group(RouteGroup::Compliance)
    .needs(REGULATE)
    .tells(schema::<documents::CorridorComplianceExport>)
    .takes(DATED)
    .refuses(&[404, 409, 422]),
];
