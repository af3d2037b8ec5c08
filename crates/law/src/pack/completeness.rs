//! How much law a pack really holds, counted so that nothing can be padded.
//!
//! A rule counts when it is an enforced requirement unlike every other of its domain: two that
//! are equal up to names, figures and texts are one. Rules that ask no more than whether one thing
//! is there count for at most [`PRESENCE_MAX`]. Scoping rules and duties without a source stand
//! apart; a domain of which nothing is said is unsourced.

use std::collections::{BTreeMap, BTreeSet};

use canon::PackId;
use serde::Serialize;

use super::{Pack, SANDBOX};
use crate::domain::Domain;
use crate::expr::Condition;
use crate::kind::Kind;
use crate::packtest::{Seen, TestReport};
use crate::rule::{Effect, Mode, Review, Rule};

/// Most rules of presence alone that count in a jurisdiction.
pub const PRESENCE_MAX: usize = 20;
/// Most domains that may be scoped out of a jurisdiction as not regulated there.
pub const SCOPED_OUT_MAX: usize = 4;

/// What stands in a domain of a jurisdiction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// At least one rule that counts.
    Rules,
    /// Cited scoping rules take every kind of transition out of its reach.
    ScopedOut,
    /// Nothing that decides it: the sandbox rulebook does, or nobody.
    Unsourced,
}

/// The figures of one domain in one jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InDomain {
    /// The domain.
    pub domain: Domain,
    /// What stands in it.
    pub standing: Standing,
    /// Rules that count.
    pub rules: usize,
    /// Scoping rules in force.
    pub scoping: usize,
    /// Tests of the pack that expect something of the domain.
    pub tests: usize,
    /// Counted rules with section, quoted heading and a source that was read.
    pub cited: usize,
    /// Counted rules a person answerable for it has reviewed.
    pub reviewed: usize,
    /// Duties written down as `pending: unsourced`; 1 for a domain of which nothing is said.
    pub unsourced: usize,
}

/// The figures of one jurisdiction: its own pack, and beside them those of the law it stands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completeness {
    /// The jurisdiction.
    pub jurisdiction: PackId,
    /// The host whose law applies too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_on: Option<PackId>,
    /// Domains with at least one rule that counts.
    pub domains_with_rules: usize,
    /// Domains that cited scoping rules take out of its law.
    pub domains_scoped_out: usize,
    /// Rules that count.
    pub rules: usize,
    /// Tests.
    pub tests: usize,
    /// Counted rules with section, quoted heading and a source that was read.
    pub cited: usize,
    /// Counted rules that were reviewed.
    pub reviewed: usize,
    /// Duties, and whole domains, without a source.
    pub unsourced: usize,
    /// Counted rules seen both to pass and to refuse in tests.
    pub tested: usize,
    /// Rules in the files, before counting.
    pub written: usize,
    /// Left out: equal to another up to names and figures.
    pub equal: usize,
    /// Left out: rules of presence beyond [`PRESENCE_MAX`].
    pub presence_beyond: usize,
    /// Left out: not enforced.
    pub not_enforced: usize,
    /// Scoping rules, apart.
    pub scoping: usize,
    /// The law that applies there: its own together with that of every host.
    pub with_hosts: WithHosts,
    /// Each domain.
    pub domains: Vec<InDomain>,
}

/// The figures of a jurisdiction together with the hosts it stands on, counted as if they were one
/// pack: equal rules once, rules of presence up to [`PRESENCE_MAX`] in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithHosts {
    /// The packs counted, nearest first.
    pub packs: Vec<PackId>,
    /// Domains in which at least one of them has a rule that counts.
    pub domains_with_rules: usize,
    /// Domains that they take out of the law together.
    pub domains_scoped_out: usize,
    /// Rules that count.
    pub rules: usize,
    /// Tests.
    pub tests: usize,
    /// Counted rules with section, quoted heading and a source that was read.
    pub cited: usize,
    /// Counted rules that were reviewed.
    pub reviewed: usize,
    /// Counted rules seen both to pass and to refuse in tests.
    pub tested: usize,
    /// Duties, and whole domains, without a source.
    pub unsourced: usize,
    /// Left out: rules of a host that a nearer pack displaces, be it in some cases only.
    pub displaced: usize,
}

/// Which rules of some packs count, and why the others do not.
#[derive(Default)]
struct Counted<'p> {
    rules: Vec<(&'p Pack, &'p Rule)>,
    equal: usize,
    presence_beyond: usize,
    not_enforced: usize,
    displaced: usize,
}

/// The figures of every pack of law, in order of id; packs without any rule are there and zero.
#[must_use]
pub fn completeness(packs: &[Pack], tests: &TestReport) -> Vec<Completeness> {
    let law = packs.iter().filter(|pack| pack.id().as_str() != SANDBOX);
    law.map(|pack| of(pack, packs, tests)).collect()
}

/// The rules of a pack that count.
#[must_use]
pub fn counted(pack: &Pack) -> Vec<&Rule> {
    count(&[pack]).rules.into_iter().map(|(_, rule)| rule).collect()
}

/// Packs nearest first.
fn count<'p>(packs: &[&'p Pack]) -> Counted<'p> {
    let mut found = Counted::default();
    let mut shapes = BTreeSet::new();
    let mut presence = 0usize;
    let mut displaced: BTreeSet<&str> = BTreeSet::new();
    for &pack in packs {
        for rule in pack.rules.iter().filter(|rule| rule.effect == Effect::Requirement) {
            if rule.mode != Mode::Enforce {
                found.not_enforced += 1;
            } else if displaced.contains(rule.id.as_str()) {
                found.displaced += 1;
            } else if !shapes.insert((rule.domain, shape(rule))) {
                found.equal += 1;
            } else if presence_only(rule) && presence >= PRESENCE_MAX {
                found.presence_beyond += 1;
            } else {
                presence += usize::from(presence_only(rule));
                found.rules.push((pack, rule));
            }
        }
        let rules = pack.rules.iter().filter(|rule| rule.mode == Mode::Enforce);
        displaced.extend(rules.flat_map(|rule| &rule.displaces).map(|gone| gone.rule.as_str()));
    }
    found
}

fn of(pack: &Pack, all: &[Pack], tests: &TestReport) -> Completeness {
    let found = count(&[pack]);
    let domains: Vec<InDomain> = Domain::ALL
        .into_iter()
        .map(|domain| in_domain(&[pack], &found.rules, domain, tests))
        .collect();
    let standing = |wanted| domains.iter().filter(|d| d.standing == wanted).count();
    Completeness {
        jurisdiction: pack.id.clone(),
        stands_on: pack.parent.clone(),
        domains_with_rules: standing(Standing::Rules),
        domains_scoped_out: standing(Standing::ScopedOut),
        rules: found.rules.len(),
        tests: tests.by_pack.get(&pack.id).copied().unwrap_or(0),
        cited: domains.iter().map(|d| d.cited).sum(),
        reviewed: domains.iter().map(|d| d.reviewed).sum(),
        unsourced: domains.iter().map(|d| d.unsourced).sum(),
        tested: tested(&found.rules, tests),
        written: pack.rules.len(),
        equal: found.equal,
        presence_beyond: found.presence_beyond,
        not_enforced: found.not_enforced,
        scoping: domains.iter().map(|d| d.scoping).sum(),
        with_hosts: with_hosts(pack, all, tests),
        domains,
    }
}

fn with_hosts(pack: &Pack, all: &[Pack], tests: &TestReport) -> WithHosts {
    let mut chain = vec![pack];
    while let Some(host) = chain.last().and_then(|last| last.parent.as_ref())
        && let Some(host) = all.iter().find(|pack| pack.id == *host)
        && !chain.iter().any(|pack| pack.id == host.id)
    {
        chain.push(host);
    }
    let found = count(&chain);
    let domains: Vec<InDomain> = Domain::ALL
        .into_iter()
        .map(|domain| in_domain(&chain, &found.rules, domain, tests))
        .collect();
    let standing = |wanted| domains.iter().filter(|d| d.standing == wanted).count();
    WithHosts {
        packs: chain.iter().map(|pack| pack.id.clone()).collect(),
        domains_with_rules: standing(Standing::Rules),
        domains_scoped_out: standing(Standing::ScopedOut),
        rules: found.rules.len(),
        tests: chain.iter().filter_map(|pack| tests.by_pack.get(&pack.id)).sum(),
        cited: domains.iter().map(|d| d.cited).sum(),
        reviewed: domains.iter().map(|d| d.reviewed).sum(),
        tested: tested(&found.rules, tests),
        unsourced: domains.iter().map(|d| d.unsourced).sum(),
        displaced: found.displaced,
    }
}

/// How many were seen both to pass and to refuse.
fn tested(rules: &[(&Pack, &Rule)], tests: &TestReport) -> usize {
    let both = |(pack, rule): &&(&Pack, &Rule)| {
        let seen = tests.rules.get(&(pack.id.clone(), rule.id.clone()));
        seen.is_some_and(|Seen { passed, refused }| *passed > 0 && *refused > 0)
    };
    rules.iter().filter(both).count()
}

/// What stands in a domain.
pub(super) fn standing(pack: &Pack, domain: Domain) -> Standing {
    in_domain(&[pack], &count(&[pack]).rules, domain, &TestReport::default()).standing
}

fn in_domain(
    packs: &[&Pack],
    counted: &[(&Pack, &Rule)],
    domain: Domain,
    tests: &TestReport,
) -> InDomain {
    let rules: Vec<_> = counted.iter().filter(|(_, rule)| rule.domain == domain).collect();
    let scoping: Vec<&Rule> = packs
        .iter()
        .flat_map(|pack| &pack.rules)
        .filter(|r| r.domain == domain && r.effect == Effect::Scoping && r.mode == Mode::Enforce)
        .collect();
    let scoped: BTreeSet<Kind> = scoping.iter().flat_map(|rule| rule.kinds.clone()).collect();
    let standing = match (rules.is_empty(), scoped.len() == Kind::ALL.len()) {
        (false, _) => Standing::Rules,
        (true, true) => Standing::ScopedOut,
        (true, false) => Standing::Unsourced,
    };
    let duties = packs.iter().flat_map(|pack| &pack.unsourced);
    let duties = duties.filter(|duty| duty.domain == domain).count();
    let silent = usize::from(standing == Standing::Unsourced && duties == 0);
    let tested = packs.iter().filter_map(|pack| tests.by_domain.get(&(pack.id.clone(), domain)));
    InDomain {
        domain,
        standing,
        rules: rules.len(),
        scoping: scoping.len(),
        tests: tested.sum(),
        cited: rules.iter().filter(|(pack, rule)| cited(pack, rule)).count(),
        reviewed: rules.iter().filter(|(_, rule)| rule.review == Review::Reviewed).count(),
        unsourced: duties + silent,
    }
}

/// Whether a reader can follow the citation: a heading to look for, a section that was read, a
/// source with a place and a date. `section: "… not read"` says that it was not.
fn cited(pack: &Pack, rule: &Rule) -> bool {
    let citation = &rule.citation;
    let source = pack.sources.iter().any(|source| source.id == citation.source);
    source && citation.heading.is_some() && !citation.section.contains("not read")
}

/// The conditions of a rule without names of parameters, figures and texts.
pub(super) fn shape(rule: &Rule) -> String {
    let of = |condition: &Option<Condition>| {
        condition.as_ref().map(|condition| condition.tree.shape()).unwrap_or_default()
    };
    format!("{} => {}", of(&rule.when), of(&rule.require))
}

/// Whether a rule asks no more than whether one thing is there and true.
fn presence_only(rule: &Rule) -> bool {
    let mut names = Vec::new();
    for condition in [&rule.when, &rule.require].into_iter().flatten() {
        condition.tree.facts(&mut names);
        if condition.tree.compares() {
            return false;
        }
    }
    names.into_iter().collect::<BTreeSet<_>>().len() == 1
}

/// Figures that fell below a floor, in words; a floor without the jurisdiction asks nothing of it.
#[must_use]
pub fn fallen(
    now: &[Completeness],
    floor: &BTreeMap<String, BTreeMap<String, usize>>,
) -> Vec<String> {
    let mut told = Vec::new();
    for (jurisdiction, figures) in floor {
        let found = now.iter().find(|c| c.jurisdiction.as_str() == jurisdiction);
        for (figure, least) in figures {
            let is = found.and_then(|found| found.figure(figure)).unwrap_or(0);
            if is < *least {
                told.push(format!("{jurisdiction}: {figure} is {is}, was {least}"));
            }
        }
    }
    told
}

impl Completeness {
    /// The figures that may not fall.
    pub const FLOORS: [&str; 8] = [
        "domains_with_rules",
        "rules",
        "tests",
        "cited",
        "reviewed",
        "tested",
        "with_hosts.domains_with_rules",
        "with_hosts.rules",
    ];

    /// A figure of [`Self::FLOORS`] by name; the names of domains give their rules.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<usize> {
        Some(match name {
            "domains_with_rules" => self.domains_with_rules,
            "rules" => self.rules,
            "tests" => self.tests,
            "cited" => self.cited,
            "reviewed" => self.reviewed,
            "tested" => self.tested,
            "with_hosts.domains_with_rules" => self.with_hosts.domains_with_rules,
            "with_hosts.rules" => self.with_hosts.rules,
            other => {
                let domain = Domain::parse(other)?;
                self.domains.iter().find(|d| d.domain == domain)?.rules
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::parse;

    #[test]
    fn equal_up_to_names_and_figures_is_one_shape() {
        let shape = |text: &str| parse(text).unwrap().shape();
        assert_eq!(
            shape(r#"payment.amount >= param.a and entity.type == "x""#),
            shape(r#"payment.amount >= param.b and entity.type == "y""#)
        );
        assert_eq!(shape("owner.count >= 2"), shape("owner.count >= param.least"));
        assert_ne!(shape("owner.count >= 2"), shape("owner.count > 2"));
        assert_ne!(shape("payer.identified"), shape("payee.identified"));
    }
}
