//! The rows of what law said: of an entity, of a write, of a corridor; of sanctions lists and of credentials; answers
//! to be carried away.

use law::manifest::RouteGroup;

use super::{
    AFTER, ANYONE, AS_OF, KIND, KNOWN_AT, LIMIT, OPERATE, OUTCOME, PAGE, REGULATE, SUBJECT, get,
    post,
};
use crate::http::answer::JSON;
use crate::http::bodies::{DispositionBody, NothingBody, VerifyBody};
use crate::http::openapi::documents;
use crate::http::route::Handler::Zone;
use crate::http::route::{Parameter, Route, schema};
use crate::http::{compliance, credentials, screening};

const DOMAINS: Parameter =
    Parameter { name: "domains", about: "names with commas, all 20 unless given" };
const PLACES: Parameter =
    Parameter { name: "jurisdictions", about: "names with commas, all unless given" };
const SHOWN: &[Parameter] = &[DOMAINS];
const SLICE: &[Parameter] = &[AS_OF, KNOWN_AT, DOMAINS, PLACES];
const DECISIONS: &[Parameter] = &[AFTER, LIMIT, OUTCOME, KIND, SUBJECT];
const DATED: &[Parameter] = &[AS_OF, KNOWN_AT];

pub(super) const LAW: &[Route] = &[
    get(
        "/v1/compliance/{entity_id}",
        "What law said about an entity: its domains as of a day, as known at a moment.",
        Zone(compliance::of_entity),
    )
    .group(RouteGroup::Compliance)
    .needs(REGULATE)
    .tells(schema::<documents::ComplianceSlice>)
    .takes(SLICE)
    .refuses(&[404, 422]),
    get(
        "/v1/compliance/{entity_id}/disclosure",
        "Chosen domains of an entity's latest admission, to be shown without the others.",
        Zone(compliance::disclosure),
    )
    .group(RouteGroup::Compliance)
    .needs(REGULATE)
    .tells(schema::<documents::DomainsDisclosed>)
    .takes(SHOWN)
    .refuses(&[404, 422]),
    get("/v1/decisions", "A page of the decision journal.", Zone(compliance::decisions))
        .group(RouteGroup::Compliance)
        .needs(REGULATE)
        .tells(schema::<documents::DecisionEntry>)
        .takes(DECISIONS)
        .refuses(&[422]),
    get(
        "/v1/decisions/{sha256}",
        "One decision, explained: every rule's word with act and section.",
        Zone(compliance::decision),
    )
    .group(RouteGroup::Compliance)
    .needs(REGULATE)
    .tells(schema::<documents::DecisionExplained>)
    .refuses(&[404, 422]),
    get(
        "/v1/screening",
        "The sanctions lists in force, the last sweep, and who is covered.",
        Zone(screening::status),
    )
    .group(RouteGroup::Compliance)
    .needs(REGULATE)
    .tells(schema::<documents::ScreeningStatus>),
    get(
        "/v1/screening/entities/{entity_id}",
        "What an entity and its owners were last found to be, and under which lists.",
        Zone(screening::of_entity),
    )
    .group(RouteGroup::Compliance)
    .needs(REGULATE)
    .tells(schema::<documents::EntityScreened>)
    .refuses(&[404, 422]),
    get(
        "/v1/screening/dispositions",
        "A page of decisions about hits, those awaiting a second officer included.",
        Zone(screening::dispositions),
    )
    .group(RouteGroup::Compliance)
    .needs(REGULATE)
    .tells(schema::<documents::Disposition>)
    .takes(PAGE)
    .refuses(&[422]),
    post(
        "/v1/screening/dispositions",
        "Propose what a hit is; it counts once another officer confirms it.",
        Zone(screening::propose),
    )
    .group(RouteGroup::Compliance)
    .needs(OPERATE)
    .tells(schema::<documents::DispositionMade>)
    .body(schema::<DispositionBody>)
    .answers(201, JSON),
    post(
        "/v1/screening/dispositions/{id}/confirm",
        "Confirm what somebody else proposed.",
        Zone(screening::confirm),
    )
    .group(RouteGroup::Compliance)
    .needs(OPERATE)
    .tells(schema::<documents::DispositionMade>)
    .body(schema::<NothingBody>)
    .refuses(&[404]),
    post(
        "/v1/credentials/verify",
        "Judge a credential under the zone's anchors; 200 whatever the verdict.",
        Zone(credentials::verify),
    )
    .group(RouteGroup::Credentials)
    .needs(ANYONE)
    .tells(schema::<documents::CredentialJudgement>)
    .body(schema::<VerifyBody>),
];

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
