//! Decisions as stored, made again: under the same law they must come out byte for byte, under
//! another they show what it would have changed.

use std::collections::BTreeMap;

use canon::{Canonical, Digest, RuleId};
use serde::Serialize;
use serde_json::Value;

use crate::decision::{BadDecision, Decision, Engine, Outcome};
use crate::domain::Domain;
use crate::evaluate::{Case, evaluate_as};
use crate::facts::{BadFact, Fact, Facts};
use crate::rulebook::Rulebook;
use crate::state::State;

/// A stored decision that cannot be made again.
#[derive(Debug, thiserror::Error)]
pub enum BadStored {
    /// Neither an entry of a journal nor an object with `decision` and `facts`.
    #[error("not a stored decision: {0}")]
    Shape(&'static str),
    /// The decision itself.
    #[error(transparent)]
    Decision(#[from] BadDecision),
    /// Its canonical form.
    #[error(transparent)]
    Form(#[from] canon::Refusal),
    /// Its facts.
    #[error("facts: {0}")]
    Facts(#[from] BadFact),
    /// Made by an engine this program does not have.
    #[error("engine `{0}` is not known here")]
    Engine(String),
    /// The facts beside it are not those it was made upon.
    #[error("the facts beside the decision are not those it was made upon")]
    OtherFacts,
}

/// A decision with the facts it was made upon.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The decision.
    pub decision: Decision,
    /// The engine that made it, and makes it again.
    pub engine: Engine,
    /// Its record as stored.
    pub record: Canonical,
    /// The facts.
    pub facts: Facts,
    /// What was known of the other end, where its law was asked.
    pub facts_there: Option<Facts>,
}

/// One domain that comes out otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The domain.
    pub domain: Domain,
    /// As stored.
    pub before: State,
    /// As made again.
    pub after: State,
    /// The rules that say so now.
    pub rules: Vec<RuleId>,
}

/// What became of one stored decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// SHA-256 of the record as stored.
    pub decision_sha256: Digest,
    /// Whether every byte came out again.
    pub identical: bool,
    /// As stored.
    pub before: Outcome,
    /// As made again.
    pub after: Outcome,
    /// Domains that come out otherwise.
    pub changed: Vec<Changed>,
}

impl Stored {
    /// Read a journal entry (`body` and `facts`), or an object of `decision` and `facts`.
    ///
    /// # Errors
    /// Another shape, a decision that contradicts itself, facts that are not the decision's.
    pub fn read(document: &Value) -> Result<Self, BadStored> {
        let decision = document.get("body").or_else(|| document.get("decision"));
        let record = decision.ok_or(BadStored::Shape("no `body` and no `decision`"))?;
        let record = Canonical::of_value(record)?;
        let facts = document.get("facts").ok_or(BadStored::Shape("no `facts` beside it"))?;
        let facts = Facts::read(facts)?;
        let facts_there = document.get("facts_there").map(Facts::read).transpose()?;
        let decision = Decision::parse(&record)?;
        let there = facts_there.as_ref().map(Canonical::of).transpose()?.map(|c| c.digest());
        let said = decision.there.as_ref().and_then(|there| there.facts_sha256);
        if decision.facts_sha256 != Some(Canonical::of(&facts)?.digest()) || said != there {
            return Err(BadStored::OtherFacts);
        }
        let engine = Engine::parse(&decision.engine)
            .ok_or_else(|| BadStored::Engine(decision.engine.chars().take(80).collect()))?;
        Ok(Self { decision, engine, record, facts, facts_there })
    }

    /// The case as it was put.
    #[must_use]
    pub fn case(&self) -> Case {
        let Decision { kind, jurisdictions, as_of, known_at, there, .. } = &self.decision;
        let (as_of, known_at) = (*as_of, *known_at);
        let there = there.as_ref().zip(self.facts_there.clone()).map(|(there, facts)| {
            let (kind, jurisdictions) = (there.kind, there.jurisdictions.clone());
            Box::new(Case { kind, jurisdictions, as_of, known_at, facts, there: None })
        });
        let (kind, jurisdictions, facts) = (*kind, jurisdictions.clone(), self.facts.clone());
        Case { kind, jurisdictions, as_of, known_at, facts, there }
    }

    /// Make the decision again under a rulebook, by the engine that made it.
    #[must_use]
    pub fn replay(&self, book: &Rulebook) -> Replayed {
        let again = evaluate_as(book, &self.case(), self.engine);
        let identical = again.record().is_ok_and(|record| record.bytes() == self.record.bytes());
        let changed =
            Domain::ALL.into_iter().filter_map(|domain| changed(&self.decision, &again, domain));
        Replayed {
            decision_sha256: self.record.digest(),
            identical,
            before: self.decision.outcome(),
            after: again.outcome(),
            changed: changed.collect(),
        }
    }
}

fn changed(before: &Decision, after: &Decision, domain: Domain) -> Option<Changed> {
    let state = |decision: &Decision| decision.cell(domain).map_or(State::Pending, |c| c.state);
    let (was, is) = (state(before), state(after));
    if was == is {
        return None;
    }
    let rows = after.cell(domain).map(|cell| cell.rows.as_slice()).unwrap_or_default();
    let decisive = rows.iter().filter(|row| row.counted && row.state == is);
    let rules = decisive.filter_map(|row| row.rule.clone()).collect();
    Some(Changed { domain, before: was, after: is, rules })
}

impl Facts {
    /// Read facts as a decision's `facts_sha256` commits to them.
    ///
    /// # Errors
    /// As [`Facts::state`]; a shape that is no fact under the name it has.
    pub fn read(document: &Value) -> Result<Self, BadFact> {
        let limit = |_| BadFact::Limit("facts".to_owned());
        let read: BTreeMap<String, Fact> =
            serde_json::from_value(document.clone()).map_err(limit)?;
        let mut facts = Self::new();
        for (name, Fact { value, provenance }) in read {
            facts.state(&name, value, provenance)?;
        }
        Ok(facts)
    }
}
