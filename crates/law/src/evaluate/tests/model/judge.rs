//! One rule over the facts of one case, down its tree.

use std::cell::RefCell;
use std::collections::BTreeMap;

use canon::{Canonical, Digest, JurisdictionId, Timestamp};
use serde::Serialize;

use super::{Case, Held, no_inputs};
use crate::decision::{Cited, Engine, Fault, Reason, Row};
use crate::domain::Domain;
use crate::expr::calendar::Calendar;
use crate::expr::tree::{Lookup, evaluate};
use crate::expr::{Expr, Read, Reads, Truth};
use crate::facts::{Fact, Value, exemption_name};
use crate::kind::Kind;
use crate::pack::{Pack, Pinned};
use crate::rule::{Citation, Effect, Mode, Rule};
use crate::state::State;

/// The parameter that names the days of rest, where they are not Saturday and Sunday.
pub(super) const WEEKEND: &str = "weekend";
/// Longest explanation kept, in characters.
const EXPLANATION_MAX: usize = 1_200;

/// On whose behalf a rule speaks.
#[derive(Clone, Copy)]
pub(super) struct Said {
    unsourced: bool,
}

impl Said {
    pub(super) const fn law() -> Self {
        Self { unsourced: false }
    }

    pub(super) const fn sandbox() -> Self {
        Self { unsourced: true }
    }
}

/// What an expression pair came to.
pub(super) struct Finding {
    pub(super) truth: Truth,
    pub(super) met: Truth,
    pub(super) unstated: bool,
    pub(super) explanation: String,
    pub(super) inputs: Digest,
    pub(super) missing: Vec<String>,
    pub(super) expired: bool,
    pub(super) expires: Option<Timestamp>,
}

/// A case on the bench: its facts, its moment, and faults met on the way.
pub(super) struct Bench<'c> {
    case: &'c Case,
    engine: Engine,
    moment: Timestamp,
    faults: RefCell<Vec<Fault>>,
}

/// How a read is written into the inputs commitment.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Input<'a> {
    Fresh(&'a Fact),
    Expired(&'a Fact),
    Missing,
    Param(&'a Value),
    NoneInForce,
}

impl<'c> Bench<'c> {
    pub(super) fn new(case: &'c Case, engine: Engine) -> Self {
        Self { case, engine, moment: case.moment(), faults: RefCell::default() }
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        self.faults.take()
    }

    pub(super) const fn kind(&self) -> Kind {
        self.case.kind
    }

    pub(super) fn reaches(&self, rule: &Rule) -> bool {
        rule.reaches(self.case.kind, self.case.as_of)
    }

    /// Run `when`, then `require` unless `when` is false.
    pub(super) fn find<'p>(
        &'p self,
        when: Option<&Expr>,
        require: Option<&Expr>,
        param: &dyn Fn(&str) -> Option<&'p Value>,
        calendar: &Calendar,
    ) -> Finding {
        let fact = |name: &str| self.case.facts.get(name);
        let (moment, as_of) = (self.moment, self.case.as_of);
        let stating = self.engine == Engine::Two;
        let lookup = Lookup { fact: &fact, param, moment, as_of, calendar, stating, open: false };
        let open = Lookup { open: true, ..lookup };
        // Once with every absence taken as such, once with those nobody accounts for left open.
        let leaves = |expr: &Expr| evaluate(expr, &open, &mut Reads::new()).truth;
        let mut reads = Reads::new();
        let mut told = Vec::new();
        let met = when.map_or(Truth::True, |when| {
            let verdict = evaluate(when, &lookup, &mut reads);
            told.push(format!("when {}", verdict.explanation));
            verdict.truth
        });
        let mut unstated = false;
        let truth = match (met, require) {
            (Truth::False, _) | (_, None) => {
                unstated = require.is_some() && when.is_some_and(|when| leaves(when) != met);
                met
            }
            (_, Some(require)) => {
                let verdict = evaluate(require, &lookup, &mut reads);
                told.push(format!("require {}", verdict.explanation));
                if met == Truth::True && verdict.truth == Truth::True {
                    unstated =
                        leaves(require) != met || when.is_some_and(|when| leaves(when) != met);
                }
                if met == Truth::Unknown { Truth::Unknown } else { verdict.truth }
            }
        };
        self.finding((met, truth, unstated), told, &reads)
    }

    fn finding(
        &self,
        (met, truth, unstated): (Truth, Truth, bool),
        mut told: Vec<String>,
        reads: &Reads<'_>,
    ) -> Finding {
        let unknown = met == Truth::Unknown || truth == Truth::Unknown;
        let open = |read: &Read<'_>| matches!(read, Read::Unstated);
        let lacks = |read: &Read<'_>| {
            let gone = matches!(read, Read::Missing | Read::Param(None));
            unknown && gone || (unknown || unstated) && open(read)
        };
        if unstated {
            let names = reads.iter().filter(|(_, read)| open(read));
            let names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
            let names = names.join(" or ");
            let why = format!("nobody says whether there is {names}, so the rule settles nothing");
            told.insert(0, why);
        }
        let missing = reads.iter().filter(|(_, read)| lacks(read));
        let expired = unknown && reads.values().any(|read| matches!(read, Read::Expired(_)));
        let ends = reads.values().filter_map(|read| match read {
            Read::Fresh(fact) => fact.provenance.expires,
            _ => None,
        });
        let mut explanation: String = told.join("; ").chars().take(EXPLANATION_MAX).collect();
        if explanation.is_empty() {
            explanation.push_str("applies without condition");
        }
        Finding {
            truth,
            met,
            unstated,
            explanation,
            inputs: self.commit(reads),
            missing: missing.map(|(name, _)| name.clone()).collect(),
            expired,
            expires: ends.min(),
        }
    }

    fn commit(&self, reads: &Reads<'_>) -> Digest {
        let inputs: BTreeMap<&str, Input<'_>> = reads
            .iter()
            .map(|(name, read)| {
                let input = match read {
                    Read::Fresh(fact) => Input::Fresh(fact),
                    Read::Expired(fact) => Input::Expired(fact),
                    Read::Missing | Read::Unstated => Input::Missing,
                    Read::Param(Some(value)) => Input::Param(value),
                    Read::Param(None) => Input::NoneInForce,
                };
                (name.as_str(), input)
            })
            .collect();
        match Canonical::of(&inputs) {
            Ok(canonical) => canonical.digest(),
            Err(error) => {
                let detail = format!("inputs of a rule: {error}");
                let fault = Fault { code: "canonical-form".to_owned(), detail };
                self.faults.borrow_mut().push(fault);
                no_inputs()
            }
        }
    }

    /// What the guard of a rule comes to.
    pub(super) fn met(&self, held: &Held<'_>) -> Truth {
        let param =
            |name: &str| held.chain.iter().find_map(|pack| pack.parameter(name, self.case.as_of));
        let when = held.rule.when.as_ref().map(|condition| &condition.tree);
        self.find(when, None, &param, &calendar_of(held.chain, &param)).met
    }

    /// The row of a rule in a jurisdiction.
    pub(super) fn row(&self, held: &Held<'_>, jurisdiction: &JurisdictionId, said: Said) -> Row {
        let (rule, pack) = (held.rule, held.pack);
        let param =
            |name: &str| held.chain.iter().find_map(|pack| pack.parameter(name, self.case.as_of));
        let when = rule.when.as_ref().map(|condition| &condition.tree);
        let require = rule.require.as_ref().map(|condition| &condition.tree);
        let calendar = calendar_of(held.chain, &param);
        let finding = self.find(when, require, &param, &calendar);
        let (state, reason) = match rule.effect {
            Effect::Requirement => required(&finding),
            Effect::Scoping => scopes(finding.met, finding.expired),
        };
        let silent = rule.effect == Effect::Scoping && finding.met == Truth::False;
        let refuses = matches!(state, State::NonCompliant | State::Pending);
        Row {
            jurisdiction: Some(jurisdiction.clone()),
            rule: Some(rule.id.clone()),
            effect: Some(rule.effect),
            mode: Some(rule.mode),
            cited: Some(Cited {
                citation: rule.citation.clone(),
                pack: Some(pack.id().clone()),
                pack_sha256: Some(pack.digest()),
            }),
            review: Some(rule.review),
            displaced_by: None,
            state,
            counted: rule.mode == Mode::Enforce && !silent,
            reason,
            explanation: finding.explanation,
            remedy: (refuses && !rule.remedy.is_empty()).then(|| rule.remedy.clone()),
            inputs_sha256: finding.inputs,
            missing: finding.missing,
            expires: finding.expires,
            unsourced: said.unsourced,
        }
    }

    /// A pending row no rule stands behind.
    pub(super) fn pending(
        &self,
        jurisdiction: &JurisdictionId,
        reason: Reason,
        explanation: String,
    ) -> Row {
        Row {
            jurisdiction: Some(jurisdiction.clone()),
            rule: None,
            effect: None,
            mode: None,
            cited: None,
            review: None,
            displaced_by: None,
            state: State::Pending,
            counted: true,
            reason,
            explanation,
            remedy: Some("load a pack whose rules decide this domain".to_owned()),
            inputs_sha256: no_inputs(),
            missing: Vec::new(),
            expires: None,
            unsourced: false,
        }
    }

    /// The row of an exemption credential, counted while it holds.
    pub(super) fn exemption(&self, jurisdiction: &JurisdictionId, domain: Domain) -> Option<Row> {
        let name = exemption_name(jurisdiction.as_str(), domain);
        let fact = self.case.facts.get(&name)?;
        let end = fact.provenance.expires?;
        let issuer = fact.provenance.issuer.as_ref()?;
        let holds = end > self.moment;
        let granted = fact.value == Value::Bool(true);
        let read = if holds { Read::Fresh(fact) } else { Read::Expired(fact) };
        let inputs = self.commit(&BTreeMap::from([(name, read)]));
        let citation = Citation {
            instrument: format!("exemption credential of {issuer}"),
            section: fact.provenance.digest.prefixed(),
            heading: None,
            source: "credential".to_owned(),
            disagrees: None,
        };
        Some(Row {
            jurisdiction: Some(jurisdiction.clone()),
            rule: None,
            effect: None,
            mode: None,
            cited: Some(Cited { citation: citation.into(), pack: None, pack_sha256: None }),
            review: None,
            displaced_by: None,
            state: if holds { State::Exempt } else { State::NonCompliant },
            counted: holds && granted,
            reason: if holds { Reason::Exempt } else { Reason::Expired },
            explanation: format!("exempt until {end} by {issuer}"),
            remedy: None,
            inputs_sha256: inputs,
            missing: Vec::new(),
            expires: holds.then_some(end),
            unsourced: false,
        })
    }
}

/// The calendar of the nearest pack that has one, with the weekend in force.
pub(super) fn calendar_of<'p>(
    chain: &[&Pinned<Pack>],
    param: &dyn Fn(&str) -> Option<&'p Value>,
) -> Calendar {
    let own = chain.iter().find_map(|pack| pack.calendar.clone()).unwrap_or_default();
    match param(WEEKEND) {
        Some(Value::Texts(days)) => own.resting(days),
        _ => own,
    }
}

pub(super) fn required(finding: &Finding) -> (State, Reason) {
    match (finding.met, finding.truth) {
        _ if finding.unstated => (State::NotApplicable, Reason::NotStated),
        (Truth::False, _) => (State::Compliant, Reason::ConditionNotMet),
        (Truth::True, Truth::True) => (State::Compliant, Reason::Satisfied),
        (Truth::True, Truth::False) => (State::NonCompliant, Reason::Broken),
        _ if finding.expired => (State::NonCompliant, Reason::Expired),
        _ => (State::Pending, Reason::Unknown),
    }
}

/// What a scoping rule comes to.
pub(super) const fn scopes(met: Truth, expired: bool) -> (State, Reason) {
    match met {
        Truth::True => (State::NotApplicable, Reason::OutOfScope),
        Truth::False => (State::Pending, Reason::ConditionNotMet),
        Truth::Unknown if expired => (State::NonCompliant, Reason::Expired),
        Truth::Unknown => (State::Pending, Reason::Unknown),
    }
}
