//! What loads and is still not good enough: rules no test was seen to pass or to refuse, citations
//! nobody can follow, figures written into conditions.

use std::collections::{BTreeMap, BTreeSet};

use super::completeness::{self, SCOPED_OUT_MAX, Standing};
use super::{Pack, SANDBOX};
use crate::domain::Domain;
use crate::expr::Condition;
use crate::files::Problem;
use crate::packtest::TestReport;
use crate::rule::{Effect, Mode, Rule, Written};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The pack is not finished.
    Error,
    /// Worth a look.
    Note,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lint {
    /// How bad it is.
    pub weight: Weight,
    /// Stable code of the rule of style that is broken.
    pub code: &'static str,
    /// Where, which rule, what is wrong, and what would be right.
    pub problem: Problem,
}

/// Everything to say about one pack, in order of place; `tests` of all packs.
#[must_use]
pub fn lint(pack: &Pack, tests: &TestReport) -> Vec<Lint> {
    let mut found = Vec::new();
    for rule in &pack.rules {
        if rule.mode == Mode::Enforce {
            tested(pack, rule, tests, &mut found);
        }
        if pack.id.as_str() != SANDBOX {
            followed(rule, &mut found);
            figures(rule, &mut found);
            withheld(rule, &mut found);
        }
    }
    equal(pack, &mut found);
    unread(pack, &mut found);
    let scoped =
        Domain::ALL.into_iter().filter(|d| completeness::standing(pack, *d) == Standing::ScopedOut);
    let scoped = scoped.count();
    if scoped > SCOPED_OUT_MAX && pack.id.as_str() != SANDBOX {
        let detail = format!("{scoped} domains are scoped out; at most {SCOPED_OUT_MAX} may be");
        let problem = Problem::of_file(&format!("packs/{}", pack.id), detail);
        found.push(Lint { weight: Weight::Error, code: "scoped-out", problem });
    }
    found.sort();
    found
}

fn at(weight: Weight, code: &'static str, written: &Written, detail: String) -> Lint {
    let Written { file, line, column } = written.clone();
    Lint { weight, code, problem: Problem { file, line, column, detail } }
}

/// A test in which it passes, and one in which it refuses.
fn tested(pack: &Pack, rule: &Rule, tests: &TestReport, found: &mut Vec<Lint>) {
    let seen = tests.rules.get(&(pack.id.clone(), rule.id.clone())).copied().unwrap_or_default();
    let (id, domain) = (&rule.id, rule.domain);
    if seen.passed == 0 {
        let detail = format!(
            "rule `{id}`: no test in which it passes; add one with `expect: {{ {domain}: … }}`"
        );
        found.push(at(Weight::Error, "test-passing", &rule.written, detail));
    }
    let speaks_always = rule.effect == Effect::Scoping && rule.when.is_none();
    if seen.refused == 0 && !speaks_always {
        let word = if rule.effect == Effect::Scoping { "is silent" } else { "refuses" };
        let detail = format!(
            "rule `{id}`: no test in which it {word}; add one with `expect: {{ {domain}: … }}`"
        );
        found.push(at(Weight::Error, "test-refusing", &rule.written, detail));
    }
}

/// A citation a reader can follow.
fn followed(rule: &Rule, found: &mut Vec<Lint>) {
    let id = &rule.id;
    if rule.citation.heading.is_none() {
        let detail = format!("rule `{id}`: quote the heading of {}", rule.citation);
        found.push(at(Weight::Note, "heading", &rule.written, detail));
    }
    if rule.citation.section.contains("not read") {
        let detail = format!("rule `{id}`: the section was not read; open it, or leave it uncited");
        found.push(at(Weight::Note, "section", &rule.written, detail));
    }
}

/// Figures change, so they are parameters with dates of their own.
fn figures(rule: &Rule, found: &mut Vec<Lint>) {
    let conditions: Vec<&Condition> = rule.when.iter().chain(&rule.require).collect();
    if let Some(figure) = conditions.iter().find_map(|condition| condition.tree.figure()) {
        let detail = format!(
            "rule `{}`: {figure} is written into the condition; make it a parameter with date and \
             citation, and write `param.<name>`",
            rule.id
        );
        found.push(at(Weight::Note, "figure", &rule.written, detail));
    }
}

/// Where the presence of evidence is the guard, a rule settles nothing until somebody says whether
/// there is any.
fn withheld(rule: &Rule, found: &mut Vec<Lint>) {
    let guard = rule.when.iter().filter(|_| rule.effect == Effect::Requirement);
    let mut names = guard.flat_map(|condition| condition.flat.presence());
    if let Some(name) = names.find(|name| name.starts_with("evidence.")) {
        let detail = format!(
            "rule `{}`: without `{name}` it settles nothing (`not-stated`) until a declaration says \
             whether there is any; a fact the zone itself knows settles it at once",
            rule.id
        );
        found.push(at(Weight::Note, "presence", &rule.written, detail));
    }
}

/// Rules equal up to names and figures count once.
fn equal(pack: &Pack, found: &mut Vec<Lint>) {
    let mut first: BTreeMap<_, &Rule> = BTreeMap::new();
    for rule in pack.rules.iter().filter(|rule| rule.effect == Effect::Requirement) {
        let shape = (rule.domain, completeness::shape(rule));
        match first.get(&shape) {
            None => {
                first.insert(shape, rule);
            }
            Some(other) => {
                let detail = format!(
                    "rule `{}` asks what `{}` asks, up to names and figures: counted once",
                    rule.id, other.id
                );
                found.push(at(Weight::Note, "equal", &rule.written, detail));
            }
        }
    }
}

/// Sources and parameters nothing points to. Children may read a parameter, so that is a note.
fn unread(pack: &Pack, found: &mut Vec<Lint>) {
    let conditions = pack.rules.iter().flat_map(|rule| rule.when.iter().chain(&rule.require));
    let read: BTreeSet<&str> =
        conditions.flat_map(|condition| &condition.flat.params).map(String::as_str).collect();
    let file = format!("packs/{}/parameters.yaml", pack.id);
    let names: BTreeSet<&str> = pack.parameters.iter().map(|p| p.name.as_str()).collect();
    for name in names.difference(&read).filter(|name| **name != "weekend") {
        let detail = format!("no rule of the pack reads `param.{name}`");
        let problem = Problem::of_file(&file, detail);
        found.push(Lint { weight: Weight::Note, code: "unread-parameter", problem });
    }
}
