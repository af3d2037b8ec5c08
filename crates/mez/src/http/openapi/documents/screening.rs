//! Sanctions lists, who is screened against them, and decisions about hits.

use canon::{Date, Digest, EntityId, Timestamp};
use schemars::JsonSchema;

/// The lists in force, the last sweep, and who is covered.
#[derive(JsonSchema)]
pub(crate) struct ScreeningStatus {
    /// Of entities.
    coverage: Coverage,
    lists: Vec<SanctionsList>,
    /// Of all lists together.
    lists_sha256: Digest,
    persons: PersonsCovered,
    /// The zone's bound, where it has one.
    max_list_age_days: Option<i64>,
    /// Why newer lists were refused, in words.
    refused: Option<String>,
    sweep: Option<Sweep>,
}

/// A list in force.
#[derive(JsonSchema)]
struct SanctionsList {
    list_id: String,
    title: String,
    digest_sha256: Digest,
    /// How many records.
    entries: u64,
    published: Option<Date>,
    /// Negative for one dated in the future; absent where nobody says.
    age_days: Option<i64>,
}

/// How much of a population is screened against the lists in force.
#[derive(JsonSchema)]
#[schemars(rename = "ScreeningCoverage")]
struct Coverage {
    /// `entities` or `persons`.
    population: String,
    /// How many should be screened.
    should: u64,
    /// How many are.
    screened: u64,
    /// Those screened against other lists only; the first of them.
    stale: Vec<String>,
    /// Those never screened; the first of them.
    never: Vec<String>,
}

/// The same of persons.
#[derive(JsonSchema)]
struct PersonsCovered {
    coverage: Coverage,
    sweep: Option<PersonsSweep>,
}

/// How far a sweep of persons has come.
#[derive(JsonSchema)]
struct PersonsSweep {
    /// `MEZPersonsSweep`.
    #[serde(rename = "type")]
    type_: String,
    begun: Timestamp,
    /// Against which lists.
    lists_sha256: Digest,
    /// How many are done.
    screened: u64,
    /// How many came out otherwise than before.
    changed: u64,
    finished: Option<Timestamp>,
}

/// How far a sweep has come.
#[derive(JsonSchema)]
#[schemars(rename = "ScreeningSweep")]
struct Sweep {
    /// `MEZSweep`.
    #[serde(rename = "type")]
    type_: String,
    begun: Timestamp,
    sweep: SweepPlace,
    /// How many came out otherwise than before.
    changed: u64,
    finished: Option<Timestamp>,
}

/// Against which lists, over whom, how many are done.
#[derive(JsonSchema)]
struct SweepPlace {
    snapshot_sha256: Digest,
    population_sha256: Digest,
    done: u64,
}

/// What an entity and its owners were last found to be.
#[derive(JsonSchema)]
pub(crate) struct EntityScreened {
    /// `MEZScreened`.
    #[serde(rename = "type")]
    type_: String,
    entity_id: EntityId,
    at: Timestamp,
    /// The lists it was screened against.
    lists_sha256: Digest,
    finding: Finding,
}

/// What came out.
#[derive(JsonSchema)]
#[schemars(rename = "ScreeningFinding")]
struct Finding {
    /// `clear`, `hit` or `unknown`.
    outcome: String,
    /// Id of the list and number of the record, of each hit.
    hits: Vec<[String; 2]>,
}

/// A decision about a hit: one officer proposes, another confirms.
#[derive(JsonSchema)]
pub(crate) struct Disposition {
    /// `MEZDisposition`.
    #[serde(rename = "type")]
    type_: String,
    id: String,
    proposal: Proposal,
    proposed: Timestamp,
    /// Who confirmed it; absent while nobody has, and it counts for nothing.
    checker: Option<String>,
    confirmed: Option<Timestamp>,
}

/// One officer's view.
#[derive(JsonSchema)]
#[schemars(rename = "DispositionProposal")]
struct Proposal {
    about: About,
    /// `not_this_subject` or `this_subject`.
    verdict: String,
    /// `birth_differs`, `identifier_differs`, `kind_differs`, `place_differs`, `common_name` or `documents`.
    ground: String,
    note: String,
    /// Who proposed it.
    maker: String,
    /// First day.
    from: Date,
    /// Last day.
    until: Date,
}

/// A subject and a listed record, both as they stood.
#[derive(JsonSchema)]
#[schemars(rename = "DispositionAbout")]
struct About {
    subject: String,
    subject_sha256: Digest,
    /// Id of the list.
    list: String,
    /// Record number on it.
    entry: String,
    entry_sha256: Digest,
}

/// A decision about a hit that was proposed or confirmed.
#[derive(JsonSchema)]
pub(crate) struct DispositionMade {
    result: Disposition,
}
