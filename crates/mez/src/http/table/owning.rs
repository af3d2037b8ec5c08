//! The rows of ownership and consent: who owns an entity, and what they decide.

use law::manifest::RouteGroup;

use super::{ACCOUNTS, AFTER, LIMIT, PAGE, READ, REGISTER, get, post};
use crate::http::consent::{self, CancelBody, DelegateBody, OpenConsentBody, VoteBody};
use crate::http::openapi::documents::{self, AdmittedOf};
use crate::http::ownership::{self, EnterBody, OpenCapTableBody};
use crate::http::route::Handler::Zone;
use crate::http::route::{Parameter, Route, schema};

const AS_OF: &[Parameter] =
    &[Parameter { name: "as_of", about: "the day that is meant, today unless given" }];
const ENTRIES: &[Parameter] = &[AFTER, LIMIT];

pub(super) const OWNERSHIP: &[Route] = &[
    post(
        "/v1/ownership/cap-tables",
        "Open the register of members of an entity.",
        Zone(ownership::open),
    )
    .group(RouteGroup::Ownership)
    .needs(REGISTER)
    .body(schema::<OpenCapTableBody>)
    .admitted(201)
    .tells(schema::<AdmittedOf<documents::CapTableEntered>>)
    .refuses(&[404]),
    get("/v1/ownership/cap-tables", "A page of registers.", Zone(ownership::list))
        .group(RouteGroup::Ownership)
        .needs(READ)
        .tells(schema::<documents::CapTableBrief>)
        .takes(PAGE)
        .refuses(&[422]),
    get(
        "/v1/ownership/cap-tables/{entity_id}",
        "The cap table of an entity as on a day.",
        Zone(ownership::one),
    )
    .group(RouteGroup::Ownership)
    .needs(READ)
    .tells(schema::<documents::CapTable>)
    .takes(AS_OF)
    .refuses(&[404, 422]),
    post(
        "/v1/ownership/cap-tables/{entity_id}/events",
        "Make an entry: issue, transfer, split, options, dividends.",
        Zone(ownership::enter),
    )
    .group(RouteGroup::Ownership)
    .needs(REGISTER)
    .body(schema::<EnterBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::CapTableEntered>>)
    .refuses(&[404]),
    get(
        "/v1/ownership/cap-tables/{entity_id}/events",
        "A page of the entries of a register.",
        Zone(ownership::entries),
    )
    .group(RouteGroup::Ownership)
    .needs(READ)
    .tells(schema::<documents::CapTableEntry>)
    .takes(ENTRIES)
    .refuses(&[404, 422]),
    get(
        "/v1/ownership/cap-tables/{entity_id}/dividends/{dividend_id}",
        "A dividend, and what each holder is paid of it.",
        Zone(ownership::dividend),
    )
    .group(RouteGroup::Ownership)
    .needs(READ)
    .tells(schema::<documents::Dividend>)
    .refuses(&[404, 422]),
];

pub(super) const CONSENT: &[Route] = &[
    post("/v1/consent", "Put an operation to the vote.", Zone(consent::open))
        .group(RouteGroup::Consent)
        .needs(REGISTER)
        .body(schema::<OpenConsentBody>)
        .admitted(201)
        .tells(schema::<AdmittedOf<documents::Consent>>)
        .refuses(&[404]),
    get("/v1/consent", "A page of proposals, of one entity or all.", Zone(consent::list))
        .group(RouteGroup::Consent)
        .needs(READ)
        .tells(schema::<documents::ConsentBrief>)
        .takes(ACCOUNTS)
        .refuses(&[422]),
    get("/v1/consent/{id}", "One proposal, how it stands, its votes.", Zone(consent::one))
        .group(RouteGroup::Consent)
        .needs(READ)
        .tells(schema::<documents::Consent>)
        .refuses(&[404, 422]),
    post("/v1/consent/{id}/votes", "Cast a vote signed by its voter.", Zone(consent::vote))
        .group(RouteGroup::Consent)
        .needs(REGISTER)
        .body(schema::<VoteBody>)
        .admitted(200)
        .tells(schema::<AdmittedOf<documents::Consent>>)
        .refuses(&[404]),
    post(
        "/v1/consent/{id}/delegations",
        "Give a vote to somebody else, signed by its voter.",
        Zone(consent::delegate),
    )
    .group(RouteGroup::Consent)
    .needs(REGISTER)
    .body(schema::<DelegateBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Consent>>)
    .refuses(&[404]),
    post("/v1/consent/{id}/cancel", "Call a proposal off.", Zone(consent::cancel))
        .group(RouteGroup::Consent)
        .needs(REGISTER)
        .body(schema::<CancelBody>)
        .admitted(200)
        .tells(schema::<AdmittedOf<documents::Consent>>)
        .refuses(&[404]),
];
