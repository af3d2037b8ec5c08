//! What is required here, now: domains, states, rules, packs, admission, sanctions, manifest, lock.
//!
//! A write is described as a [`Case`] (kind, jurisdictions, day, facts with provenance) and judged
//! by a [`Rulebook`] (packs pinned by a lock). [`evaluate`] gives a [`Decision`]: 20 domains, every
//! rule's word in every jurisdiction with its citation. [`admit`] seals it: an [`Admission`] may
//! change records, a [`Refusal`] may write its record and nothing else.
//!
//! **Architecture Invariant:** every value has a date and a citation; unknown is never compliant;
//! evaluation is total, pure and replayable. Law reads no clock, no disk and no network: content
//! comes through [`Files`], time through [`Case`].
//!
//! The formats of packs, profiles, modules and zones are in `crates/law/FORMAT.md`.

// What the tests share says `law`, within and without.
#[cfg(test)]
extern crate self as law;

mod admission;
mod decision;
mod domain;
mod evaluate;
mod explain;
mod expr;
mod facts;
mod files;
mod history;
mod kind;
pub mod lawpack;
mod lock;
pub mod manifest;
pub mod manifold;
mod nearest;
mod pack;
mod packtest;
mod rule;
mod rulebook;
pub mod sanctions;
mod shared;
mod state;
pub mod tensor;
mod yaml;

pub use admission::{Admission, Blocking, Grounds, Refusal, admit};
pub use decision::{
    BadDecision, Cell, Cited, DECISION_TYPE, Decision, DisplacedBy, ENGINE, Engine, Fault,
    InJurisdiction, Outcome, PackUsed, Reason, Row, There,
};
pub use domain::{DOMAINS, Domain};
pub use evaluate::{Case, JURISDICTIONS_MAX, Told, Verdict, evaluate, verdict};
pub use explain::{Clause, Explained, Explanation};
pub use expr::{EXPRESSION_BYTES_MAX, EXPRESSION_DEPTH_MAX, EXPRESSION_TOKENS_MAX, functions};
pub use facts::{
    BadClaim, BadFact, Brackets, FACT_SET_MAX, FACT_TEXT_MAX, FACTS_MAX, Fact, Facts, Known,
    Provenance, Source, Type, Value, claims, evidence_types, exemption_name, known, vocabulary,
};
pub use files::{Files, Memory, Problem, Problems};
pub use history::{BadStored, Changed, Replayed, Stored};
pub use kind::Kind;
pub use lock::{BadLock, Drift, Lock};
pub use nearest::nearest;
pub use pack::completeness::{self, Completeness};
pub use pack::lint::{Lint, Weight, lint};
pub use pack::{IMPORT_ROWS_MAX, Pack, Parameter, Pinned, SANDBOX, SourceText};
pub use pack::{delta, licenses, records, statement};
pub use packtest::{Seen, Situation, TestReport, load_packs, run_tests, situations, test_packs};
pub use rule::{
    Citation, Conditions, Displacement, Effect, Mode, Review, Rule, Unsourced, Written,
};
pub use rulebook::{BadRulebook, ExtraEvidence, Rulebook, ScreeningPolicy};
pub use shared::Shared;
pub use state::{State, blocking, may_proceed};
