//! The one table of routes. Everything that can be asked is a row here, with who may ask it.

mod adapting;
mod agreeing;
mod booking;
pub(super) mod bound;
mod bridging;
mod complying;
mod council;
mod events;
mod holding;
mod owning;
mod people;
mod regulating;
mod row;
mod settling;
mod taxing;
mod trading;
mod watching;

use corridor::messages;
use law::manifest::RouteGroup;
use zone::Scope;

use super::answer::JSON;
use super::asked::DRY_RUN;
use super::bodies::{
    AcceptBody, AdoptBody, EntityEventBody, FormEntityBody, FundBody, HaltBody, NothingBody,
    OpenAccountBody, PayBody, ProposeBody, ReceiptBody, ResolveBody, ResumeBody, TokenBody,
};
use super::corridors::{NOTE, ZIP};
use super::openapi::documents::{self, AdmittedOf, files};
use super::route::Handler::{Now, System, Zone};
use super::route::{Parameter, Route, schema};
use super::system::{METRICS, TEXT};
use super::tlog::OCTETS;
use super::{
    approvals, asked, audit, corridors, entities, fiscal, peers, register, system, tlog, tokens,
};
use row::{get, post};

const OPERATE: &[Scope] = &[Scope::Operator];
const REGISTER: &[Scope] = &[Scope::Registrar, Scope::Operator];
const BANK: &[Scope] = &[Scope::Banker, Scope::Operator];
const READ: &[Scope] = &[Scope::Reader, Scope::Operator];
const REGULATE: &[Scope] = &[Scope::Regulator, Scope::Operator];
const WITNESS: &[Scope] = &[Scope::Operator, Scope::Regulator, Scope::Watcher];
const MIRROR: &[Scope] = &[Scope::Reader, Scope::Operator, Scope::Watcher];
const ANYONE: &[Scope] = &Scope::ALL;

const AFTER: Parameter = Parameter { name: "after", about: "`next` of the page before" };
const LIMIT: Parameter = Parameter { name: "limit", about: "1 to 200, 50 unless given" };
const OF_ENTITY: Parameter = Parameter { name: "entity_id", about: "only of this holder" };
const OF_LANE: Parameter = Parameter { name: "lane", about: "zone id of the lane's owner" };
const FROM: Parameter = Parameter { name: "from", about: "first sequence, 0 unless given" };
const SEQUENCE: Parameter =
    Parameter { name: "sequence", about: "which receipt, the last unless given" };
const SHOW: Parameter = Parameter { name: "disclose", about: "`true` adds the payloads" };
const OUTCOME: Parameter = Parameter { name: "outcome", about: "allow, deny, error or duty" };
const KIND: Parameter = Parameter { name: "kind", about: "a transition kind" };
const SUBJECT: Parameter = Parameter { name: "subject", about: "the exact subject" };
const AS_OF: Parameter =
    Parameter { name: "as_of", about: "the day whose law is meant, today unless given" };
const KNOWN_AT: Parameter =
    Parameter { name: asked::KNOWN_AT, about: "by what was known then, now unless given" };

const REHEARSED: &[Parameter] = &[Parameter {
    name: DRY_RUN,
    about: "`true` answers what law says (200), and writes nothing; no idempotency key is looked at",
}];
const PAGE: &[Parameter] = &[AFTER, LIMIT];
const ACCOUNTS: &[Parameter] = &[AFTER, LIMIT, OF_ENTITY];
const RECEIPTS: &[Parameter] = &[OF_LANE, FROM, LIMIT, SHOW];
const ENTRIES: &[Parameter] = &[FROM, LIMIT];
const LANE: &[Parameter] = &[OF_LANE];
const RECEIPT: &[Parameter] = &[OF_LANE, SEQUENCE];
const DISCLOSE: &[Parameter] = &[SHOW];

/// Every route.
pub(crate) fn routes() -> impl Iterator<Item = Route> {
    let all: [&'static [Route]; 24] = [
        SYSTEM,
        ENTITIES,
        FISCAL,
        booking::BOOKS,
        complying::LAW,
        complying::COMPLIANCE,
        CORRIDORS,
        adapting::ADAPTERS,
        agreeing::AGREEING,
        bridging::BRIDGE,
        council::COUNCIL,
        events::EVENTS,
        holding::ASSETS,
        owning::OWNERSHIP,
        owning::CONSENT,
        people::REGISTERS,
        people::IDENTITY,
        regulating::REGULATOR,
        settling::SETTLEMENT,
        taxing::TAX,
        trading::TRADE,
        watching::WATCHERS,
        PEERS,
        LOGS,
    ];
    all.into_iter().flatten().copied()
}

const SYSTEM: &[Route] = &[
    get("/health/liveness", "Whether the process answers.", Now(system::liveness))
        .public()
        .answers(200, TEXT),
    get(
        "/health/readiness",
        "Whether the zone may be used, each check with its reason.",
        System(system::readiness),
    )
    .public()
    .tells(schema::<documents::Readiness>)
    .refuses(&[503]),
    get("/metrics", "Counters in the text format of Prometheus.", System(system::metrics))
        .public()
        .answers(200, METRICS),
    get("/openapi.json", "This document.", Now(system::openapi)).public()
    .tells(schema::<documents::OpenApi>),
    get(
        "/.well-known/mez/inception.json",
        "The zone's inception document, signed by its root.",
        Zone(system::inception),
    )
    .public()
    .tells(schema::<files::Inception>),
    get(
        "/.well-known/mez/keys.json",
        "The zone's keys over time: its inception document and every rotation since.",
        Zone(system::keys),
    )
    .public()
    .tells(schema::<files::ZoneKeys>),
    get("/.well-known/mez/corridors.json", "Corridors it knows of.", Zone(system::corridors))
        .public()
    .tells(schema::<files::KnownCorridors>),
    get("/schemas/{file}", "The JSON Schema of a document that travels.", Zone(system::schema))
        .public()
    .tells(schema::<documents::SchemaDocument>)
        .refuses(&[404]),
    post("/v1/tokens", "Make a token; its text is answered once.", Zone(tokens::create))
        .needs(OPERATE)
    .tells(schema::<documents::TokenMade>)
        .body(schema::<TokenBody>)
        .answers(201, JSON),
    get("/v1/approvals", "A page of what two persons are needed for.", Zone(approvals::list))
        .needs(OPERATE)
    .tells(schema::<documents::Approval>)
        .takes(PAGE)
        .refuses(&[422]),
    get(
        "/v1/approvals/{id}",
        "One request that two persons are needed for, by its digest.",
        Zone(approvals::one),
    )
    .needs(OPERATE)
    .tells(schema::<documents::Approval>)
    .refuses(&[404, 422]),
    post(
        "/v1/approvals/{id}/approve",
        "Let through what another operator asked for; it is done, and answered with what that answers.",
        Zone(approvals::approve),
    )
    .needs(OPERATE)
    .tells(documents::approved)
    .body(schema::<NothingBody>)
    .refuses(&[404, 502]),
    get(
        "/v1/audit",
        "A page of the audit log: who asked, by which right, and what came of it.",
        Zone(audit::list),
    )
    .needs(REGULATE)
    .tells(schema::<documents::AuditRow>)
    .takes(PAGE)
    .refuses(&[410, 422]),
];

const ENTITIES: &[Route] = &[
    post(
        "/v1/entities",
        "Form an entity, admitted under all domains of law.",
        Zone(entities::form),
    )
    .group(RouteGroup::Entities)
    .needs(REGISTER)
    .body(schema::<FormEntityBody>)
    .admitted(201)
    .tells(schema::<AdmittedOf<documents::Entity>>),
    get("/v1/entities", "A page of entities, of those that fit.", Zone(register::search))
        .group(RouteGroup::Entities)
        .needs(READ)
        .tells(schema::<documents::Entity>)
        .takes(people::SEARCH)
        .refuses(&[422]),
    get("/v1/entities/{id}", "One entity.", Zone(entities::one))
        .group(RouteGroup::Entities)
        .needs(READ)
        .tells(schema::<documents::Entity>)
        .refuses(&[404, 422]),
    post("/v1/entities/{id}/events", "Change an entity's status.", Zone(entities::change))
        .group(RouteGroup::Entities)
        .needs(REGISTER)
        .body(schema::<EntityEventBody>)
        .admitted(200)
        .tells(schema::<AdmittedOf<documents::Entity>>)
        .refuses(&[404]),
];

const FISCAL: &[Route] = &[
    post("/v1/fiscal/accounts", "Open an account.", Zone(fiscal::open))
        .group(RouteGroup::Fiscal)
        .needs(BANK)
        .body(schema::<OpenAccountBody>)
        .admitted(201)
        .tells(schema::<AdmittedOf<documents::Account>>)
        .refuses(&[404]),
    get("/v1/fiscal/accounts", "A page of accounts.", Zone(fiscal::accounts))
        .group(RouteGroup::Fiscal)
        .needs(READ)
        .tells(schema::<documents::Account>)
        .takes(ACCOUNTS)
        .refuses(&[422]),
    get("/v1/fiscal/accounts/{id}", "One account with its balance.", Zone(fiscal::account))
        .group(RouteGroup::Fiscal)
        .needs(READ)
        .tells(schema::<documents::Account>)
        .refuses(&[404, 422]),
    post("/v1/fiscal/accounts/{id}/fund", "Fund an account from the treasury.", Zone(fiscal::fund))
        .group(RouteGroup::Fiscal)
        .needs(BANK)
        .body(schema::<FundBody>)
        .admitted(200)
        .tells(schema::<AdmittedOf<documents::Account>>)
        .refuses(&[404]),
    post("/v1/fiscal/payments", "Pay, within the zone or across a corridor.", Zone(fiscal::pay))
        .group(RouteGroup::Fiscal)
        .needs(BANK)
        .body(schema::<PayBody>)
        .admitted(201)
        .tells(schema::<AdmittedOf<documents::PaymentMade>>)
        .refuses(&[404]),
    get("/v1/fiscal/payments", "A page of payments.", Zone(fiscal::payments))
        .group(RouteGroup::Fiscal)
        .needs(READ)
        .tells(schema::<documents::Payment>)
        .takes(PAGE)
        .refuses(&[422]),
    get("/v1/fiscal/payments/{id}", "One payment.", Zone(fiscal::payment))
        .group(RouteGroup::Fiscal)
        .needs(READ)
        .tells(schema::<documents::Payment>)
        .refuses(&[404, 422]),
    get(
        "/v1/fiscal/totals",
        "Sums of the ledger by currency; the first is zero.",
        Zone(fiscal::totals),
    )
    .group(RouteGroup::Fiscal)
    .needs(READ)
    .tells(schema::<documents::LedgerTotals>),
];

const CORRIDORS: &[Route] = &[
    post("/v1/corridors", "Propose a corridor to a pinned peer.", Zone(corridors::propose))
        .group(RouteGroup::Corridors)
        .needs(OPERATE)
        .body(schema::<ProposeBody>)
        .answers(201, JSON)
        .refuses(&[502])
        .tells(schema::<documents::Corridor>),
    get("/v1/corridors", "A page of corridors.", Zone(corridors::list))
        .group(RouteGroup::Corridors)
        .needs(READ)
        .tells(schema::<documents::Corridor>)
        .takes(PAGE)
        .refuses(&[422]),
    get(
        "/v1/corridors/health",
        "How each corridor does: heights, lag, age of checkpoints, finality, open obligations.",
        Zone(corridors::health),
    )
    .group(RouteGroup::Corridors)
    .needs(READ)
    .tells(schema::<documents::CorridorsHealth>),
    post(
        "/v1/corridors/adopt",
        "Take up again what the peers hold of ours, after data were put back.",
        Zone(corridors::adopt),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<AdoptBody>)
    .refuses(&[502])
    .tells(schema::<documents::Adopted>),
    get("/v1/corridors/{id}", "One corridor with both lanes.", Zone(corridors::one))
        .group(RouteGroup::Corridors)
        .needs(MIRROR)
        .tells(schema::<documents::Corridor>)
        .refuses(&[404, 422]),
    post(
        "/v1/corridors/{id}/accept",
        "Accept the proposal of exactly this peer.",
        Zone(corridors::accept),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<AcceptBody>)
    .refuses(&[404])
    .tells(schema::<documents::Corridor>),
    post(
        "/v1/corridors/{id}/acks",
        "Acknowledge the peer's lane as far as it is held and decided.",
        Zone(corridors::acknowledge),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<NothingBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::ReceiptWritten>),
    post(
        "/v1/corridors/{id}/receipts",
        "Write a receipt that moves nothing: of presence, or of a statement to the other zone.",
        Zone(corridors::write),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<ReceiptBody>)
    .answers(201, JSON)
    .refuses(&[404])
    .tells(schema::<documents::ReceiptWritten>),
    get("/v1/corridors/{id}/receipts", "Receipts of a lane.", Zone(corridors::receipts))
        .group(RouteGroup::Corridors)
        .needs(MIRROR)
        .tells(schema::<documents::Receipts>)
        .takes(RECEIPTS)
        .refuses(&[404, 422]),
    get(
        "/v1/corridors/{id}/checkpoint",
        "The signed checkpoint of a lane (C2SP note).",
        Zone(corridors::checkpoint),
    )
    .group(RouteGroup::Corridors)
    .needs(MIRROR)
    .takes(LANE)
    .answers(200, NOTE)
    .refuses(&[404, 422]),
    get(
        "/v1/corridors/{id}/finality",
        "How final a receipt is: each level with its evidence, or what is missing for it.",
        Zone(corridors::finality),
    )
    .group(RouteGroup::Corridors)
    .needs(MIRROR)
    .takes(RECEIPT)
    .refuses(&[404, 422])
    .tells(schema::<corridor::finality::Finality>),
    post("/v1/corridors/{id}/cuts", "Sign a cut with the peer.", Zone(corridors::cut))
        .group(RouteGroup::Corridors)
        .needs(OPERATE)
        .body(schema::<NothingBody>)
        .answers(201, JSON)
        .refuses(&[404, 502])
        .tells(schema::<documents::CutMade>),
    get("/v1/corridors/{id}/cuts", "All cuts.", Zone(corridors::cuts))
        .group(RouteGroup::Corridors)
        .needs(MIRROR)
        .refuses(&[404, 422])
        .tells(schema::<documents::Cuts>),
    post("/v1/corridors/{id}/halt", "Halt, alone and at once.", Zone(corridors::halt))
        .group(RouteGroup::Corridors)
        .needs(OPERATE)
        .body(schema::<HaltBody>)
        .refuses(&[404])
        .tells(schema::<documents::Corridor>),
    post("/v1/corridors/{id}/suspend", "Pause, until both resume.", Zone(corridors::suspend))
        .group(RouteGroup::Corridors)
        .needs(OPERATE)
        .body(schema::<HaltBody>)
        .refuses(&[404])
        .tells(schema::<documents::Corridor>),
    post("/v1/corridors/{id}/deprecate", "End, for good.", Zone(corridors::deprecate))
        .group(RouteGroup::Corridors)
        .needs(OPERATE)
        .body(schema::<HaltBody>)
        .refuses(&[404])
        .tells(schema::<documents::Corridor>),
    post("/v1/corridors/{id}/resume", "Offer or countersign a resume.", Zone(corridors::resume))
        .group(RouteGroup::Corridors)
        .needs(OPERATE)
        .body(schema::<ResumeBody>)
        .refuses(&[404])
        .tells(schema::<documents::Corridor>),
    get(
        "/v1/corridors/{id}/evidence",
        "The proofs kept that the peer signed two histories.",
        Zone(corridors::evidence),
    )
    .group(RouteGroup::Corridors)
    .needs(ANYONE)
    .refuses(&[404, 422])
    .tells(schema::<documents::EvidenceKept>),
    get(
        "/v1/corridors/{id}/evidence/{sha256}",
        "One evidence file; `mez verify` judges it alone.",
        Zone(corridors::evidence_file),
    )
    .group(RouteGroup::Corridors)
    .needs(ANYONE)
    .refuses(&[404, 422])
    .tells(schema::<files::Evidence>),
    get(
        "/v1/corridors/{id}/forks",
        "Forks of either lane: who signed what, what stands, and on what ground.",
        Zone(corridors::forks),
    )
    .group(RouteGroup::Corridors)
    .needs(ANYONE)
    .refuses(&[404, 422])
    .tells(schema::<documents::Forks>),
    get(
        "/v1/corridors/{id}/forks/{fork}/alarm",
        "The alarm about a fork with its evidence; `mez verify` judges it alone.",
        Zone(corridors::fork_alarm),
    )
    .group(RouteGroup::Corridors)
    .needs(ANYONE)
    .refuses(&[404, 422])
    .tells(schema::<documents::ForkAlarmFile>),
    post(
        "/v1/corridors/{id}/forks/{fork}/resolve",
        "Record what stands at a fork, for good.",
        Zone(corridors::resolve),
    )
    .group(RouteGroup::Corridors)
    .needs(OPERATE)
    .body(schema::<ResolveBody>)
    .refuses(&[404])
    .tells(schema::<documents::ForkResolved>),
    get(
        "/v1/corridors/{id}/bundle",
        "A witness bundle a stranger can verify offline.",
        Zone(corridors::bundle),
    )
    .group(RouteGroup::Corridors)
    .needs(WITNESS)
    .takes(DISCLOSE)
    .answers(200, ZIP)
    .refuses(&[404, 422]),
];

/// Read by anybody, as C2SP `tlog-tiles` says.
const LOGS: &[Route] = &[
    get(
        "/tlog/zone/checkpoint",
        "The signed checkpoint of the zone log.",
        Zone(tlog::zone_checkpoint),
    )
    .public()
    .answers(200, NOTE)
    .refuses(&[404]),
    get(
        "/tlog/zone/entries",
        "The documents of entries of the zone log, as far as it is signed.",
        Zone(tlog::zone_entries),
    )
    .public()
    .takes(ENTRIES)
    .refuses(&[422])
    .tells(schema::<documents::LogEntries>),
    get("/tlog/zone/tile/{*tile}", "A tile of the zone log.", Zone(tlog::zone_tile))
        .public()
        .answers(200, OCTETS)
        .refuses(&[404]),
    get(
        "/tlog/corridor/{id}/lane/{zone}/checkpoint",
        "The signed checkpoint of a lane.",
        Zone(tlog::lane_checkpoint),
    )
    .group(RouteGroup::Corridors)
    .public()
    .answers(200, NOTE)
    .refuses(&[404, 422]),
    get(
        "/tlog/corridor/{id}/lane/{zone}/tile/{*tile}",
        "A tile of a lane; entries are its receipts' `next_root`s.",
        Zone(tlog::lane_tile),
    )
    .group(RouteGroup::Corridors)
    .public()
    .answers(200, OCTETS)
    .refuses(&[404, 422]),
];

const PEERS: &[Route] = &[
    post("/v1/corridors/peers/propose", "Take a proposal.", Zone(peers::propose))
        .group(RouteGroup::Corridors)
        .of_peers()
        .body(schema::<messages::Proposal>)
        .tells(schema::<files::PeerTaken>),
    post("/v1/corridors/peers/accept", "Take an acceptance.", Zone(peers::accept))
        .group(RouteGroup::Corridors)
        .of_peers()
        .body(schema::<messages::Acceptance>)
        .tells(schema::<files::PeerTaken>),
    post("/v1/corridors/peers/activate", "Countersign an activation.", Zone(peers::activate))
        .group(RouteGroup::Corridors)
        .of_peers()
        .body(schema::<messages::ActivationOffer>)
        .tells(schema::<files::PeerActivated>),
    post("/v1/corridors/peers/receipts", "Mirror receipts and answer ours.", Zone(peers::receipts))
        .group(RouteGroup::Corridors)
        .of_peers()
        .body(schema::<messages::Delivery>)
        .tells(schema::<files::PeerDelivered>),
    post("/v1/corridors/peers/cut", "Countersign a cut.", Zone(peers::cut))
        .group(RouteGroup::Corridors)
        .of_peers()
        .body(schema::<messages::CutOffer>)
        .tells(schema::<files::PeerCutSigned>),
    post("/v1/corridors/peers/resume", "Take or countersign a resume.", Zone(peers::resume))
        .group(RouteGroup::Corridors)
        .of_peers()
        .body(schema::<messages::ResumeOffer>)
        .tells(schema::<files::PeerTaken>),
    post("/v1/corridors/peers/history", "Tell what is held of both lanes.", Zone(peers::history))
        .group(RouteGroup::Corridors)
        .of_peers()
        .body(schema::<messages::HistoryAsked>)
        .tells(schema::<files::PeerHistory>),
];
