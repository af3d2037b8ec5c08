//! The rows of the register of entities, of licenses and of persons.

use law::manifest::RouteGroup;

use super::{ACCOUNTS, AFTER, AS_OF, KNOWN_AT, LIMIT, OPERATE, READ, REGISTER, get, post};
use crate::http::bodies::NothingBody;
use crate::http::identity::{self, AddEvidenceBody, BindBody, RegisterPersonBody, TierLimitsBody};
use crate::http::licenses::{self, ApplyBody, LicenseEventBody};
use crate::http::openapi::documents::{self, AdmittedOf};
use crate::http::register::{self, AppointBody, LeaveBody, MoveBody, OwnersBody, RenameBody};
use crate::http::route::Handler::Zone;
use crate::http::route::{Parameter, Route, schema};

const NAME: Parameter =
    Parameter { name: "name", about: "beginnings of words of the legal name, case apart" };
const STATUS: Parameter =
    Parameter { name: "status", about: "a status in capitals, such as ACTIVE" };
const IDENTIFIER: Parameter =
    Parameter { name: "identifier", about: "an identifier of an owner or officer" };
/// Parameters of a search for entities.
pub(super) const SEARCH: &[Parameter] = &[AFTER, LIMIT, NAME, STATUS, IDENTIFIER];
const DAY: &[Parameter] = &[AS_OF, KNOWN_AT];

pub(super) const REGISTERS: &[Route] = &[
    post("/v1/entities/{id}/names", "Change an entity's legal name.", Zone(register::rename))
        .group(RouteGroup::Entities)
        .needs(REGISTER)
        .body(schema::<RenameBody>)
        .admitted(200)
    .tells(schema::<AdmittedOf<documents::Entity>>)
        .refuses(&[404]),
    post("/v1/entities/{id}/offices", "Move the registered office.", Zone(register::relocate))
        .group(RouteGroup::Entities)
        .needs(REGISTER)
        .body(schema::<MoveBody>)
        .admitted(200)
    .tells(schema::<AdmittedOf<documents::Entity>>)
        .refuses(&[404]),
    post(
        "/v1/entities/{id}/owners",
        "Declare all beneficial owners as of a day.",
        Zone(register::declare),
    )
    .group(RouteGroup::Entities)
    .needs(REGISTER)
    .body(schema::<OwnersBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Entity>>)
    .refuses(&[404]),
    post("/v1/entities/{id}/officers", "Appoint an officer.", Zone(register::appoint))
        .group(RouteGroup::Entities)
        .needs(REGISTER)
        .body(schema::<AppointBody>)
        .admitted(200)
    .tells(schema::<AdmittedOf<documents::Entity>>)
        .refuses(&[404]),
    post(
        "/v1/entities/{id}/officers/{number}/end",
        "End an officer's appointment.",
        Zone(register::leave),
    )
    .group(RouteGroup::Entities)
    .needs(REGISTER)
    .body(schema::<LeaveBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Entity>>)
    .refuses(&[404]),
    get(
        "/v1/entities/{id}/register",
        "Name, office, owners, officers and licenses of an entity as of a day, as known at a moment.",
        Zone(register::register),
    )
    .group(RouteGroup::Entities)
    .needs(READ)
    .tells(schema::<documents::Register>)
    .takes(DAY)
    .refuses(&[404, 422]),
    get(
        "/v1/entities/{id}/bods",
        "Who owns and controls an entity, as statements of the Beneficial Ownership Data Standard 0.4.",
        Zone(register::bods),
    )
    .group(RouteGroup::Entities)
    .needs(READ)
    .tells(schema::<documents::BodsStatement>)
    .listed()
    .refuses(&[404, 422]),
    get(
        "/v1/license-types",
        "The types of license that the packs in force name.",
        Zone(licenses::types),
    )
    .group(RouteGroup::Entities)
    .needs(READ)
    .tells(schema::<documents::LicenseTypes>),
    post("/v1/licenses", "Apply for a license.", Zone(licenses::apply))
        .group(RouteGroup::Entities)
        .needs(REGISTER)
        .body(schema::<ApplyBody>)
        .admitted(201)
    .tells(schema::<AdmittedOf<documents::License>>)
        .refuses(&[404]),
    get("/v1/licenses", "A page of licenses.", Zone(licenses::list))
        .group(RouteGroup::Entities)
        .needs(READ)
        .tells(schema::<documents::License>)
        .takes(ACCOUNTS)
        .refuses(&[422]),
    get("/v1/licenses/{id}", "One license.", Zone(licenses::one))
        .group(RouteGroup::Entities)
        .needs(READ)
        .tells(schema::<documents::License>)
        .refuses(&[404, 422]),
    post(
        "/v1/licenses/{id}/events",
        "Issue, renew, suspend, revoke or end a license; meet an obligation.",
        Zone(licenses::change),
    )
    .group(RouteGroup::Entities)
    .needs(REGISTER)
    .body(schema::<LicenseEventBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::License>>)
    .refuses(&[404]),
];

pub(super) const IDENTITY: &[Route] = &[
    post("/v1/identity", "Register a person or an organisation.", Zone(identity::register))
        .group(RouteGroup::Identity)
        .needs(REGISTER)
        .body(schema::<RegisterPersonBody>)
        .admitted(201)
    .tells(schema::<AdmittedOf<documents::Person>>)
        .refuses(&[404]),
    get("/v1/identity", "A page of persons; nothing personal is told.", Zone(identity::list))
        .group(RouteGroup::Identity)
        .needs(READ)
    .tells(schema::<documents::Person>)
        .takes(ACCOUNTS)
        .refuses(&[422]),
    post(
        "/v1/identity/limits",
        "Set how much a customer of each tier may pay in a currency: at once, in a day, in a month.",
        Zone(identity::limit),
    )
    .group(RouteGroup::Identity)
    .needs(OPERATE)
    .tells(schema::<documents::TierLimitsSet>)
    .body(schema::<TierLimitsBody>),
    get(
        "/v1/identity/{id}",
        "One person: masked, unless the caller registers persons.",
        Zone(identity::one),
    )
    .group(RouteGroup::Identity)
    .needs(SEEN)
    .tells(schema::<documents::Person>)
    .refuses(&[404, 409, 422]),
    post(
        "/v1/identity/{id}/evidence",
        "Hand in credentials about a person; the tier follows.",
        Zone(identity::evidence),
    )
    .group(RouteGroup::Identity)
    .needs(REGISTER)
    .body(schema::<AddEvidenceBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Person>>)
    .refuses(&[404]),
    post(
        "/v1/identity/{id}/dids",
        "Bind a DID whose holder signed the binding.",
        Zone(identity::bind),
    )
    .group(RouteGroup::Identity)
    .needs(REGISTER)
    .body(schema::<BindBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Person>>)
    .refuses(&[404]),
    post(
        "/v1/identity/{id}/erase",
        "Forget a person: the key of what is known of them is destroyed.",
        Zone(identity::erase),
    )
    .group(RouteGroup::Identity)
    .needs(OPERATE)
    .body(schema::<NothingBody>)
    .admitted(200)
    .tells(schema::<AdmittedOf<documents::Person>>)
    .refuses(&[404]),
];

/// Who may look somebody up: readers see what is masked.
const SEEN: &[zone::Scope] = &[zone::Scope::Reader, zone::Scope::Registrar, zone::Scope::Operator];
