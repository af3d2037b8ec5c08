//! The sealed witnesses: an [`Admission`] may change records, a [`Refusal`] may write its decision
//! record and nothing else. Neither can be made outside [`admit`].

use canon::{Canonical, Digest, JurisdictionId, RuleId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::decision::{Cell, Decision, Fault, Outcome, PackUsed, Reason, Row, commitment};
use crate::domain::Domain;
use crate::evaluate::{Case, evaluate};
use crate::kind::Kind;
use crate::rule::Citation;
use crate::rulebook::Rulebook;
use crate::state::{State, blocking, may_proceed};

/// Proof that law lets a write proceed. The commit compares its pack and list digests with the
/// current ones inside the transaction.
#[derive(Debug)]
#[must_use = "an admission is for one write"]
pub struct Admission {
    decision: Decision,
    record: Canonical,
}

impl Admission {
    /// The decision, always [`Outcome::Allow`].
    #[must_use]
    pub const fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Its canonical record.
    #[must_use]
    pub const fn record(&self) -> &Canonical {
        &self.record
    }

    /// SHA-256 of the record.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.record.digest()
    }

    /// [`Decision::commitment`] of it.
    ///
    /// # Errors
    /// A record over the limits of the canonical form.
    pub fn commitment(&self, salt: &[u8; 32]) -> Result<Digest, canon::Refusal> {
        commitment(&self.record, salt)
    }

    /// The transition admitted.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.decision.kind
    }

    /// The packs used.
    #[must_use]
    pub fn packs(&self) -> &[PackUsed] {
        &self.decision.packs
    }

    /// The sanctions lists used.
    #[must_use]
    pub fn lists(&self) -> &[Digest] {
        &self.decision.lists
    }
}

/// One reason for a refusal, fit for the subject to read: no fact values, no list detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Blocking {
    /// The domain.
    pub domain: Domain,
    /// Its state.
    pub state: State,
    /// The jurisdiction; absent for what the zone itself asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<JurisdictionId>,
    /// The rule; absent when no rule decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// Where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<Citation>,
    /// Names of facts that were needed and not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What a caller is told of a refusal: rules, citations, remedies; no fact values, no list detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Grounds {
    /// Which rows refuse, worst first within a domain.
    pub blocking: Vec<Blocking>,
    /// Why it could not be evaluated; empty when it was.
    pub faults: Vec<Fault>,
    /// Deny or error.
    pub outcome: Outcome,
}

/// Proof that law refuses a write.
#[derive(Debug)]
#[must_use = "a refusal leaves a record"]
pub struct Refusal {
    inner: Box<Refused>,
}

#[derive(Debug)]
struct Refused {
    decision: Decision,
    record: Canonical,
    blocking: Vec<Blocking>,
}

impl Refusal {
    /// The decision: [`Outcome::Deny`] or [`Outcome::Error`].
    #[must_use]
    pub fn decision(&self) -> &Decision {
        &self.inner.decision
    }

    /// Its canonical record.
    #[must_use]
    pub fn record(&self) -> &Canonical {
        &self.inner.record
    }

    /// SHA-256 of the record.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.inner.record.digest()
    }

    /// [`Decision::commitment`] of it.
    ///
    /// # Errors
    /// A record over the limits of the canonical form.
    pub fn commitment(&self, salt: &[u8; 32]) -> Result<Digest, canon::Refusal> {
        commitment(&self.inner.record, salt)
    }

    /// Deny or error.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.inner.decision.outcome()
    }

    /// Which rows refuse, worst first within a domain.
    #[must_use]
    pub fn blocking(&self) -> &[Blocking] {
        &self.inner.blocking
    }

    /// What a caller is told of it.
    #[must_use]
    pub fn grounds(&self) -> Grounds {
        Grounds {
            blocking: self.inner.blocking.clone(),
            faults: self.inner.decision.faults.clone(),
            outcome: self.outcome(),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for fault in &self.inner.decision.faults {
            write!(f, "{}; ", fault.detail)?;
        }
        for (index, block) in self.inner.blocking.iter().enumerate() {
            let gap = if index == 0 { "" } else { "; " };
            write!(f, "{gap}{} is {}", block.domain, block.state)?;
            if let Some(citation) = &block.citation {
                write!(f, " under {citation}")?;
            }
        }
        Ok(())
    }
}

/// Evaluate a case and seal the outcome.
///
/// # Errors
/// The refusal, for a case that may not proceed or could not be evaluated.
pub fn admit(book: &Rulebook, case: &Case) -> Result<Admission, Refusal> {
    let decision = evaluate(book, case);
    match (may_proceed(&decision), decision.record()) {
        (true, Ok(record)) => Ok(Admission { decision, record }),
        (_, Ok(record)) => Err(refuse(decision, record)),
        (_, Err(error)) => {
            // A record too large to write: what cannot be recorded may not proceed.
            let detail = format!("the record of the decision: {error}");
            let fault = crate::decision::Fault { code: "canonical-form".to_owned(), detail };
            let decision = Decision { faults: vec![fault], cells: Vec::new(), ..decision };
            let record = decision.record().unwrap_or_else(|_| book.last_resort.clone());
            Err(refuse(decision, record))
        }
    }
}

fn refuse(decision: Decision, record: Canonical) -> Refusal {
    let blocked = if decision.faults.is_empty() { blocking(&decision) } else { Vec::new() };
    let blocking = blocked
        .into_iter()
        .filter_map(|domain| decision.cell(domain))
        .flat_map(|cell| rows_that_block(cell).into_iter().map(|row| reason(cell.domain, row)))
        .collect();
    Refusal { inner: Box::new(Refused { decision, record, blocking }) }
}

/// The counted rows as bad as the cell; in sanctions anything short of compliant.
fn rows_that_block(cell: &Cell) -> Vec<&Row> {
    let mut rows: Vec<&Row> =
        cell.rows.iter().filter(|row| row.counted && row.state <= cell.state).collect();
    rows.sort_by_key(|row| row.state);
    rows
}

fn reason(domain: Domain, row: &Row) -> Blocking {
    Blocking {
        domain,
        state: row.state,
        jurisdiction: row.jurisdiction.clone(),
        rule: row.rule.clone(),
        citation: row.cited.as_ref().map(|cited| (*cited.citation).clone()),
        missing: row.missing.clone(),
        remedy: match row.reason {
            Reason::Unsourced => Some(format!("{}; {UNSOURCED}", row.explanation)),
            _ => row.remedy.clone(),
        },
    }
}

/// What stands behind a refusal that is nobody's fault but the pack's.
const UNSOURCED: &str = "a zone in production refuses what it cannot cite: nothing the applicant gives \
                         changes that, whoever keeps the pack must find the source";
