//! The rows of the books: statements, the chart, transfers in two phases, fees, reversals, the journal.

use law::manifest::RouteGroup;

use super::{AFTER, BANK, LIMIT, OPERATE, PAGE, READ, REGULATE, get, post};
use crate::http::bodies::NothingBody;
use crate::http::books::{self, ChartBody, FeeBody, ReverseBody, TransfersBody};
use crate::http::openapi::documents::{self, AdmittedOf};
use crate::http::route::Handler::Zone;
use crate::http::route::{Parameter, Route, schema};
use crate::http::system::TEXT;

const FROM_DAY: Parameter = Parameter { name: "from_day", about: "first day, `YYYY-MM-DD`" };
const TO_DAY: Parameter = Parameter { name: "to_day", about: "last day, `YYYY-MM-DD`" };
const BY: Parameter =
    Parameter { name: "by", about: "`booked` (unless given) or `effective` days" };
const FORMAT: Parameter = Parameter { name: "format", about: "`hledger`" };
const STATEMENT: &[Parameter] = &[FROM_DAY, TO_DAY, BY, AFTER, LIMIT];
const JOURNAL: &[Parameter] = &[FORMAT, FROM_DAY, TO_DAY];

pub(super) const BOOKS: &[Route] = &[
    get(
        "/v1/fiscal/accounts/{id}/statement",
        "An account over a period: opening, entries with running balances, closing.",
        Zone(books::statement),
    )
    .group(RouteGroup::Fiscal)
    .needs(READ)
    .tells_whole(schema::<documents::Statement>)
    .takes(STATEMENT)
    .refuses(&[404, 409, 422]),
    get(
        "/v1/fiscal/treasuries/{entity_id}",
        "All an entity has here: its accounts, and sums by currency.",
        Zone(books::treasury),
    )
    .group(RouteGroup::Fiscal)
    .needs(READ)
    .tells(schema::<documents::Treasury>)
    .refuses(&[404, 409, 422]),
    get(
        "/v1/fiscal/chart",
        "The chart of accounts with the balances under it.",
        Zone(books::chart),
    )
    .group(RouteGroup::Fiscal)
    .needs(REGULATE)
    .tells(schema::<documents::TrialBalance>)
    .refuses(&[409]),
    post("/v1/fiscal/chart", "Add a code to the chart.", Zone(books::add_code))
        .group(RouteGroup::Fiscal)
        .needs(OPERATE)
        .body(schema::<ChartBody>)
        .admitted(201)
        .tells(schema::<AdmittedOf<documents::ChartRow>>),
    get(
        "/v1/fiscal/journal",
        "The books in the syntax of hledger; of the whole history the balances are asserted.",
        Zone(books::journal),
    )
    .group(RouteGroup::Fiscal)
    .needs(REGULATE)
    .takes(JOURNAL)
    .answers(200, TEXT)
    .refuses(&[409, 422]),
    post(
        "/v1/fiscal/transfers",
        "Move money along linked transfers, at once or promised until a moment.",
        Zone(books::transfer),
    )
    .group(RouteGroup::Fiscal)
    .needs(BANK)
    .body(schema::<TransfersBody>)
    .admitted(201)
    .tells(schema::<AdmittedOf<documents::Transfer>>)
    .refuses(&[404]),
    get("/v1/fiscal/transfers", "A page of transfers.", Zone(books::transfers))
        .group(RouteGroup::Fiscal)
        .needs(READ)
        .tells(schema::<documents::Transfer>)
        .takes(PAGE)
        .refuses(&[422]),
    get("/v1/fiscal/transfers/{id}", "One transfer.", Zone(books::transfer_one))
        .group(RouteGroup::Fiscal)
        .needs(READ)
        .tells(schema::<documents::Transfer>)
        .refuses(&[404, 422]),
    post("/v1/fiscal/transfers/{id}/post", "Book what was promised.", Zone(books::post))
        .group(RouteGroup::Fiscal)
        .needs(BANK)
        .body(schema::<NothingBody>)
        .admitted(200)
        .tells(schema::<AdmittedOf<documents::Transfer>>)
        .refuses(&[404]),
    post("/v1/fiscal/transfers/{id}/void", "Let go what was promised.", Zone(books::void))
        .group(RouteGroup::Fiscal)
        .needs(BANK)
        .body(schema::<NothingBody>)
        .admitted(200)
        .tells(schema::<AdmittedOf<documents::Transfer>>)
        .refuses(&[404]),
    get("/v1/fiscal/fees", "A page of the schedule of fees.", Zone(books::fees))
        .group(RouteGroup::Fiscal)
        .needs(READ)
        .tells(schema::<documents::Fee>)
        .takes(PAGE)
        .refuses(&[422]),
    post("/v1/fiscal/fees", "Add a row to the schedule of fees.", Zone(books::add_fee))
        .group(RouteGroup::Fiscal)
        .needs(OPERATE)
        .body(schema::<FeeBody>)
        .admitted(201)
        .tells(schema::<AdmittedOf<documents::Fee>>),
    post(
        "/v1/fiscal/payments/{id}/reverse",
        "Take a payment within the zone back, once, with its tax and fee.",
        Zone(books::reverse),
    )
    .group(RouteGroup::Fiscal)
    .needs(BANK)
    .body(schema::<ReverseBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Payment>>)
    .refuses(&[404]),
];
