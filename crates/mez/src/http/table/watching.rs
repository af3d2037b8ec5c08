//! The rows of watchers: who stands for what, claims, certificates of finality.

use law::manifest::RouteGroup;
use zone::Scope;

use super::{
    ANYONE, BANK, MIRROR, NothingBody, OF_LANE, OPERATE, PAGE, REHEARSED, SEQUENCE, get, post,
};
use crate::http::answer::JSON;
use crate::http::openapi::documents::{self, AdmittedOf, DoneOf, files};
use crate::http::route::Handler::Zone;
use crate::http::route::{Parameter, Route, schema};
use crate::http::watchers::{
    self, AppealBody, AttestBody, BondBody, EvidenceBody, RegisterBody, RequestBody, RewardBody,
    RuleBody, SlashBody,
};

const RULE: &[Scope] = &[Scope::Regulator];
const WATCH: &[Scope] = &[Scope::Watcher, Scope::Operator];
const GRADE: Parameter =
    Parameter { name: "grade", about: "LVC or EFC; the most there is, unless given" };
const FIRST: Parameter =
    Parameter { name: "first", about: "receipts held of the lane whose zone id comes first" };
const SECOND: Parameter = Parameter { name: "second", about: "receipts held of the other" };
const CUTS: Parameter = Parameter { name: "cuts", about: "cuts held" };
const HELD: &[Parameter] = &[FIRST, SECOND, CUTS];
const CERTIFIED: &[Parameter] = &[OF_LANE, SEQUENCE, GRADE];

pub(super) const WATCHERS: &[Route] = &[
    post("/v1/watchers", "Register a watcher, under its own signature.", Zone(watchers::register))
        .group(RouteGroup::Corridors)
        .needs(OPERATE)
        .body(schema::<RegisterBody>)
        .answers(201, JSON)
        .refuses(&[404])
        .tells(schema::<DoneOf<documents::Watcher>>),
    get("/v1/watchers", "A page of watchers.", Zone(watchers::list))
        .group(RouteGroup::Corridors)
        .needs(MIRROR)
        .takes(PAGE)
        .refuses(&[422])
        .tells(schema::<documents::Watcher>),
    get("/v1/watchers/{did}", "One watcher with its bond.", Zone(watchers::one))
        .group(RouteGroup::Corridors)
        .needs(MIRROR)
        .refuses(&[404, 422])
        .tells(schema::<documents::Watcher>),
    post("/v1/watchers/{did}/bond", "Put money at stake.", Zone(watchers::bond))
        .group(RouteGroup::Corridors)
        .needs(BANK)
        .body(schema::<BondBody>)
        .admitted(200)
        .refuses(&[404])
        .tells(schema::<AdmittedOf<documents::Watcher>>),
    post("/v1/watchers/{did}/activate", "Let a bonded watcher count.", Zone(watchers::activate))
        .group(RouteGroup::Corridors)
        .needs(OPERATE)
        .body(schema::<NothingBody>)
        .refuses(&[404])
        .tells(schema::<DoneOf<documents::Watcher>>),
    post("/v1/watchers/{did}/unbond", "Take a watcher's notice.", Zone(watchers::unbond))
        .group(RouteGroup::Corridors)
        .needs(WATCH)
        .body(schema::<NothingBody>)
        .refuses(&[404])
        .tells(schema::<DoneOf<documents::Watcher>>),
    post(
        "/v1/watchers/{did}/withdraw",
        "Give a bond back, once it is no longer at stake.",
        Zone(watchers::withdraw),
    )
    .group(RouteGroup::Corridors)
    .needs(WATCH)
    .body(schema::<NothingBody>)
    // Law is asked where there is a bond to give back.
    .takes(REHEARSED)
    .refuses(&[404])
    .tells(documents::withdrawn),
    post("/v1/watchers/{did}/attest", "Take an attestation of a cut.", Zone(watchers::attest))
        .group(RouteGroup::Corridors)
        .needs(WATCH)
        .body(schema::<AttestBody>)
        .answers(201, JSON)
        .refuses(&[404])
        .tells(schema::<DoneOf<documents::Attested>>),
    post(
        "/v1/watchers/{did}/requests",
        "Ask a watcher, in our lane, to attest a cut.",
        Zone(watchers::request),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<RequestBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::WatcherAsked>),
    get(
        "/v1/corridors/{id}/requests",
        "A page of requests to watchers, and which were answered.",
        Zone(watchers::requests),
    )
    .group(RouteGroup::Corridors)
    .needs(MIRROR)
    .takes(PAGE)
    .refuses(&[404, 422])
    .tells(schema::<documents::WatcherRequest>),
    get(
        "/v1/corridors/{id}/requests/{sequence}/evidence",
        "The file that proves that nobody answered a request in time.",
        Zone(watchers::unanswered),
    )
    .group(RouteGroup::Corridors)
    .needs(MIRROR)
    .refuses(&[404, 409, 422])
    .tells(schema::<documents::Unanswered>),
    get(
        "/v1/corridors/{id}/piece",
        "What both lanes and the cuts hold beyond what a watcher has.",
        Zone(watchers::piece),
    )
    .group(RouteGroup::Corridors)
    .needs(MIRROR)
    .takes(HELD)
    .refuses(&[404, 422])
    .tells(schema::<files::CorridorPiece>),
    post("/v1/watchers/{did}/slash", "File a claim, upon evidence.", Zone(watchers::slash))
        .group(RouteGroup::Corridors)
        .needs(ANYONE)
        .body(schema::<SlashBody>)
        .answers(201, JSON)
        .refuses(&[404])
        .tells(schema::<DoneOf<documents::WatcherClaim>>),
    post(
        "/v1/watchers/{did}/appeal",
        "Appeal a claim: it is stayed until a ruling.",
        Zone(watchers::appeal),
    )
    .group(RouteGroup::Corridors)
    .needs(WATCH)
    .body(schema::<AppealBody>)
    .refuses(&[404])
    .tells(schema::<DoneOf<documents::WatcherClaim>>),
    post(
        "/v1/watchers/{did}/ruling",
        "Record what an authority ruled on an appeal.",
        Zone(watchers::ruling),
    )
    .group(RouteGroup::Corridors)
    .needs(RULE)
    .body(schema::<RuleBody>)
    .refuses(&[404])
    .tells(schema::<DoneOf<documents::WatcherClaim>>),
    get("/v1/watchers/claims", "A page of claims with their evidence.", Zone(watchers::claims))
        .group(RouteGroup::Corridors)
        .needs(MIRROR)
        .takes(PAGE)
        .refuses(&[422])
        .tells(schema::<documents::WatcherClaim>),
    post(
        "/v1/watchers/rewards",
        "Share what was slashed among the quorum of a cut.",
        Zone(watchers::reward),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<RewardBody>)
    .refuses(&[404])
    .tells(schema::<DoneOf<documents::WatchersRewarded>>),
    post(
        "/v1/corridors/{id}/evidence",
        "Take a proof that the peer signed two histories: the corridor halts.",
        Zone(watchers::evidence),
    )
    .group(RouteGroup::Corridors)
    .needs(ANYONE)
    .body(schema::<EvidenceBody>)
    .refuses(&[404])
    .tells(schema::<DoneOf<documents::EvidenceTaken>>),
    get(
        "/v1/corridors/{id}/watchers",
        "The watcher set of a corridor that counts now.",
        Zone(watchers::of_corridor),
    )
    .group(RouteGroup::Corridors)
    .needs(MIRROR)
    .refuses(&[404, 422])
    .tells(schema::<documents::CorridorWatchers>),
    post(
        "/v1/corridors/{id}/watchers",
        "Sign the watchers that count anew, before their set ends.",
        Zone(watchers::renew),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<NothingBody>)
    .refuses(&[404])
    .tells(schema::<DoneOf<documents::WatcherSetRenewed>>),
    get(
        "/v1/corridors/{id}/finality/certificate",
        "A certificate of finality; `mez verify` judges it alone.",
        Zone(watchers::certificate),
    )
    .group(RouteGroup::Corridors)
    .needs(MIRROR)
    .takes(CERTIFIED)
    .refuses(&[404, 422])
    .tells(schema::<files::FinalityCertificate>),
];
