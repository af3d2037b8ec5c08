//! The rows of tax: what is withheld, what is owed to whom, and what falls due.

use law::manifest::RouteGroup;

use super::{ACCOUNTS, BANK, PAGE, READ, REGISTER, REGULATE, get, post};
use crate::http::bodies::NothingBody;
use crate::http::openapi::documents::{self, AdmittedOf};
use crate::http::route::Handler::Zone;
use crate::http::route::{Parameter, Route, schema};
use crate::http::tax::{self, PrepareReturnBody, RemitBody, TaxEventBody, TaxStatusBody};

const FROM_DAY: Parameter = Parameter { name: "from_day", about: "first day, `YYYY-MM-DD`" };
const TO_DAY: Parameter = Parameter { name: "to_day", about: "last day, `YYYY-MM-DD`" };
const YEAR: Parameter =
    Parameter { name: "tax_year", about: "the calendar year in which the tax year ends" };
const OF_PAYER: Parameter = Parameter { name: "entity_id", about: "only of this payer" };
const AUTHORITY: Parameter =
    Parameter { name: "authority", about: "whose deadlines; those of withholding unless given" };
const PERIOD: &[Parameter] = &[OF_PAYER, FROM_DAY, TO_DAY, YEAR];
const DAYS: &[Parameter] = &[FROM_DAY, TO_DAY, YEAR];
const CALENDAR: &[Parameter] = &[AUTHORITY];

pub(super) const TAX: &[Route] = &[
    post(
        "/v1/tax/status",
        "Take a credential that says whether an entity files returns.",
        Zone(tax::status),
    )
    .group(RouteGroup::Tax)
    .needs(REGISTER)
    .body(schema::<TaxStatusBody>)
    .admitted(201)
    .tells(schema::<AdmittedOf<documents::TaxStatusKnown>>)
    .refuses(&[404]),
    post(
        "/v1/tax/events",
        "Record a taxable event that no payment of the zone made.",
        Zone(tax::record),
    )
    .group(RouteGroup::Tax)
    .needs(BANK)
    .body(schema::<TaxEventBody>)
    .admitted(201)
    .tells(schema::<AdmittedOf<documents::TaxEvent>>)
    .refuses(&[404]),
    get("/v1/tax/events", "A page of taxable events.", Zone(tax::list))
        .group(RouteGroup::Tax)
        .needs(READ)
        .tells(schema::<documents::TaxEvent>)
        .takes(ACCOUNTS)
        .refuses(&[422]),
    get("/v1/tax/events/{id}", "One taxable event.", Zone(tax::one))
        .group(RouteGroup::Tax)
        .needs(READ)
        .tells(schema::<documents::TaxEvent>)
        .refuses(&[404, 422]),
    post(
        "/v1/tax/events/{id}/assess",
        "Assess a pending event with what is known now.",
        Zone(tax::assess),
    )
    .group(RouteGroup::Tax)
    .needs(BANK)
    .body(schema::<NothingBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::TaxEvent>>)
    .refuses(&[404]),
    post(
        "/v1/tax/events/{id}/file",
        "Tell FBR of an event tax is due of; without an answer that counts it is pending.",
        Zone(tax::tell),
    )
    .group(RouteGroup::Tax)
    .needs(BANK)
    .body(schema::<NothingBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::TaxEventTold>>)
    .refuses(&[404]),
    post(
        "/v1/tax/returns",
        "Prepare the return of a payer for a month or a quarter, from every event of it.",
        Zone(tax::prepare),
    )
    .group(RouteGroup::Tax)
    .needs(BANK)
    .body(schema::<PrepareReturnBody>)
    .admitted(201)
    .tells(schema::<AdmittedOf<documents::TaxReturn>>)
    .refuses(&[404]),
    get("/v1/tax/returns", "A page of returns.", Zone(tax::returns))
        .group(RouteGroup::Tax)
        .needs(READ)
        .tells(schema::<documents::TaxReturn>)
        .takes(ACCOUNTS)
        .refuses(&[422]),
    get(
        "/v1/tax/returns/{id}",
        "One return: each line with act and section, its digest, and what was said of it.",
        Zone(tax::prepared),
    )
    .group(RouteGroup::Tax)
    .needs(READ)
    .tells(schema::<documents::TaxReturn>)
    .refuses(&[404, 422]),
    post(
        "/v1/tax/returns/{id}/file",
        "File a return with FBR, as it was prepared; without an answer that counts it is pending.",
        Zone(tax::file),
    )
    .group(RouteGroup::Tax)
    .needs(BANK)
    .body(schema::<NothingBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::TaxReturnTold>>)
    .refuses(&[404]),
    post(
        "/v1/tax/withhold",
        "What would be withheld, by which rate; nothing is written.",
        Zone(tax::preview),
    )
    .group(RouteGroup::Tax)
    .needs(READ)
    .tells(schema::<documents::TaxPreview>)
    .body(schema::<TaxEventBody>)
    .refuses(&[404]),
    get(
        "/v1/tax/rules/{jurisdiction_id}",
        "Every figure by which tax is withheld there, with its citation.",
        Zone(tax::rules),
    )
    .group(RouteGroup::Tax)
    .needs(READ)
    .tells(schema::<documents::TaxRules>)
    .refuses(&[422]),
    get(
        "/v1/tax/liabilities",
        "A page of what is owed, by authority, currency and month.",
        Zone(tax::liabilities),
    )
    .group(RouteGroup::Tax)
    .needs(READ)
    .tells(schema::<documents::TaxLiability>)
    .takes(PAGE)
    .refuses(&[422]),
    post("/v1/tax/remittances", "Pay over what was withheld in a month.", Zone(tax::remit))
        .group(RouteGroup::Tax)
        .needs(BANK)
        .body(schema::<RemitBody>)
        .admitted(201)
        .tells(schema::<AdmittedOf<documents::TaxRemitted>>)
        .refuses(&[404]),
    get("/v1/tax/calendar", "Which returns and payments fall due when.", Zone(tax::calendar))
        .group(RouteGroup::Tax)
        .needs(READ)
        .tells(schema::<documents::TaxCalendar>)
        .takes(CALENDAR),
    get(
        "/v1/tax/obligations/{entity_id}",
        "What a payer withheld, owes or has pending, by kind, currency and section.",
        Zone(tax::obligations),
    )
    .group(RouteGroup::Tax)
    .needs(READ)
    .tells(schema::<documents::TaxReport>)
    .takes(DAYS)
    .refuses(&[404, 409, 422]),
    get("/v1/tax/report", "Figures of a period, of one payer or of all.", Zone(tax::report))
        .group(RouteGroup::Tax)
        .needs(REGULATE)
        .tells(schema::<documents::TaxReport>)
        .takes(PERIOD)
        .refuses(&[404, 409, 422]),
];
