//! The rows of regulators: what they see, and the log of what they saw. Nobody else asks here, not even an operator:
//! whoever reads as a regulator does it under a token that says so.

use law::manifest::RouteGroup;
use zone::Scope;

use super::{AFTER, AS_OF, FROM, KIND, KNOWN_AT, LIMIT, OUTCOME, PAGE, SUBJECT, get, post};
use crate::http::answer::JSON;
use crate::http::openapi::documents;
use crate::http::regulator::{self, AcknowledgeAlertBody};
use crate::http::route::Handler::Zone;
use crate::http::route::{Parameter, Route, schema};

const VIEW: &[Scope] = &[Scope::Regulator];

const OF: Parameter = Parameter {
    name: "of",
    about: "entities, licenses, persons, payments or decisions; entities unless given",
};
const BEGAN: Parameter = Parameter { name: "from_day", about: "begun on this day or later" };
const BEGAN_BY: Parameter = Parameter { name: "to_day", about: "begun on this day or before" };
const DOMAIN: Parameter =
    Parameter { name: "domain", about: "whose state is meant; the worst of all unless given" };
const STATE: Parameter = Parameter {
    name: "state",
    about: "non_compliant, pending, not_applicable, exempt or compliant",
};
const PLACE: Parameter = Parameter { name: "jurisdiction", about: "whose law was asked" };
const SORT: Parameter =
    Parameter { name: "sort", about: "type of a license, purpose of a payment, and the like" };
const EVENT: Parameter = Parameter { name: "event", about: "what happened to it last" };
const SPLIT: Parameter = Parameter {
    name: "split",
    about: "up to three of state, domain, jurisdiction, kind, outcome, sort, event, month, day",
};
const RULE: Parameter = Parameter { name: "rule", about: "only alerts of this rule" };

const DATED: &[Parameter] = &[AS_OF, KNOWN_AT];
const COUNTED: &[Parameter] = &[
    OF, SPLIT, AS_OF, KNOWN_AT, BEGAN, BEGAN_BY, DOMAIN, STATE, PLACE, KIND, OUTCOME, SORT, EVENT,
];
const LISTED: &[Parameter] = &[
    AFTER, LIMIT, OF, AS_OF, KNOWN_AT, BEGAN, BEGAN_BY, DOMAIN, STATE, PLACE, KIND, OUTCOME, SORT,
    EVENT, SUBJECT,
];
const ALERTED: &[Parameter] = &[AFTER, LIMIT, RULE];
const REPORTED: &[Parameter] = &[BEGAN, BEGAN_BY, AS_OF, KNOWN_AT];
const SAMPLED: &[Parameter] = &[
    Parameter { name: "seed", about: "32 bytes of the caller's own randomness, in hexadecimal" },
    Parameter { name: "size", about: "size of the checkpoint of the zone log the caller holds" },
    Parameter { name: "count", about: "how many entries, 1 to 100, 10 unless given" },
];
const EXPORT: &[Parameter] = &[FROM];

/// A row that a regulator alone may ask.
const fn viewed(row: Route) -> Route {
    row.group(RouteGroup::Regulator).needs(VIEW)
}

pub(super) const REGULATOR: &[Route] = &[
    viewed(get(
        "/v1/regulator/overview",
        "How many there are of each, by state, kind and place, as of a day and as known at a moment.",
        Zone(regulator::overview),
    ))
    .tells(schema::<documents::Overview>)
    .takes(DATED)
    .refuses(&[422]),
    viewed(get(
        "/v1/regulator/population",
        "A figure over the population, split as asked, each group with the way to its records.",
        Zone(regulator::population),
    ))
    .tells(schema::<documents::PopulationFigure>)
    .takes(COUNTED)
    .refuses(&[422]),
    viewed(get(
        "/v1/regulator/records",
        "A page of the records behind a figure.",
        Zone(regulator::records),
    ))
    .tells(schema::<documents::PopulationRecord>)
    .takes(LISTED)
    .refuses(&[422]),
    viewed(get(
        "/v1/regulator/records/{subject}",
        "One record with its decisions and evidence; persons are masked.",
        Zone(regulator::record),
    ))
    .tells(schema::<documents::SupervisedRecord>)
    .refuses(&[404, 422]),
    viewed(get(
        "/v1/regulator/decisions/{sequence}",
        "One decision: facts, what vouches for each, every rule's word with act and section.",
        Zone(regulator::decision),
    ))
    .tells(schema::<documents::SupervisedDecision>)
    .refuses(&[404, 422]),
    viewed(get(
        "/v1/regulator/alerts",
        "A page of the alerts that stand, computed from records now.",
        Zone(regulator::alerts),
    ))
    .tells(schema::<documents::Alert>)
    .takes(ALERTED)
    .refuses(&[422]),
    viewed(post(
        "/v1/regulator/alerts/{alert}/acknowledge",
        "Acknowledge an alert in the caller's own log.",
        Zone(regulator::acknowledge),
    ))
    .tells(schema::<documents::AlertAcknowledged>)
    .body(schema::<AcknowledgeAlertBody>)
    .answers(201, JSON)
    .refuses(&[404]),
    viewed(get(
        "/v1/regulator/report",
        "A report over a period, signed by the zone; `mez verify` judges it offline.",
        Zone(regulator::report),
    ))
    .tells(schema::<documents::RegulatorReport>)
    .takes(REPORTED)
    .refuses(&[404, 422]),
    viewed(get(
        "/v1/regulator/sample",
        "Entries of the zone log that a seed draws, opened and proven; `mez verify` judges them.",
        Zone(regulator::sample),
    ))
    .tells(schema::<documents::LogSample>)
    .takes(SAMPLED)
    .refuses(&[422]),
    viewed(get(
        "/v1/regulator/log",
        "A page of the caller's own log: what they were shown, when, and its digest.",
        Zone(regulator::log),
    ))
    .tells(schema::<documents::RegulatorLogEntry>)
    .takes(PAGE)
    .refuses(&[422]),
    viewed(get(
        "/v1/regulator/log/export",
        "Part of that log, signed by the zone; `mez regulator log verify` judges it offline.",
        Zone(regulator::log_export),
    ))
    .tells(schema::<documents::RegulatorLogExport>)
    .takes(EXPORT)
    .refuses(&[404, 422]),
];
