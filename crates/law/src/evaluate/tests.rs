//! What decides is held against the slow and obvious model, byte for byte.

mod model;
#[path = "../../tests/rig/mod.rs"]
mod rig;

use std::collections::BTreeSet;

use canon::{PackId, Realm, RuleId};
use proptest::prelude::*;

use super::{Case, evaluate, verdict};
use crate::domain::Domain;
use crate::facts::{Facts, evidence_types};
use crate::kind::Kind;
use crate::pack::{Pack, Pinned};
use crate::rule::{Displacement, Mode};
use crate::rulebook::{ExtraEvidence, Rulebook, ScreeningPolicy};
use crate::state::{State, passes};
use rig::cases::{Lot, case};

/// All packs of the checkout, the sandbox rulebook apart.
fn packs() -> (Vec<Pack>, Pack) {
    let files = rig::content();
    let (sandbox, law): (Vec<Pack>, Vec<Pack>) = crate::packtest::load_packs(&files)
        .unwrap_or_else(|problems| panic!("{problems}"))
        .into_iter()
        .partition(|pack| pack.id.as_str() == crate::pack::SANDBOX);
    (law, sandbox.into_iter().next().unwrap())
}

fn pinned(pack: &Pack) -> Pinned<Pack> {
    Pinned::new(pack.clone(), pack.digest())
}

/// What is there, with some rules of children made to displace rules of what is above them, and some
/// rules switched off or shadowed.
fn bent(packs: &[Pack], lot: &mut Lot) -> Vec<Pack> {
    let mut bent = packs.to_vec();
    for pack in &mut bent {
        for rule in &mut pack.rules {
            match lot.below(24) {
                0 => rule.mode = Mode::Off,
                1 => rule.mode = Mode::Shadow,
                _ => {}
            }
        }
        let parent = pack.parent.clone();
        let Some(parent) = packs.iter().find(|other| Some(&other.id) == parent.as_ref()) else {
            continue;
        };
        for rule in &mut pack.rules {
            let above: Vec<&RuleId> = parent
                .rules
                .iter()
                .filter(|other| other.domain == rule.domain && rule.domain != Domain::Sanctions)
                .map(|other| &other.id)
                .collect();
            if above.is_empty() || lot.below(3) == 0 {
                continue;
            }
            let gone = above[lot.below(above.len() as u64) as usize].clone();
            let (citation, written) = (rule.citation.clone(), rule.written.clone());
            rule.displaces = vec![Displacement { rule: gone, citation, written }];
            pack.displaces.insert(rule.domain);
        }
    }
    bent
}

fn book(packs: &[Pack], sandbox: &Pack, lot: &mut Lot) -> Rulebook {
    let realm = if lot.below(3) == 0 { Realm::Production } else { Realm::Sandbox };
    let asks = (0..lot.below(4)).map(|_| {
        let types: Vec<_> = evidence_types().collect();
        let ask = types[lot.below(types.len() as u64) as usize].to_string();
        (Domain::ALL[lot.below(20) as usize], vec![ask, "of_nobody".to_owned()])
    });
    let evidence = ExtraEvidence {
        profile: canon::ProfileId::parse("profile.plain").unwrap(),
        version: "1.0.0".to_owned(),
        asks: asks.collect(),
        kinds: Kind::ALL.into_iter().take(5).collect(),
    };
    let bound = realm == Realm::Production || lot.below(2) == 0;
    let screening = ScreeningPolicy {
        max_list_age_days: bound.then(|| lot.below(8) as i64),
        lists: Vec::new(),
    };
    let evidence = (lot.below(2) == 0).then_some(evidence);
    let sandbox = (realm == Realm::Sandbox).then(|| pinned(sandbox));
    let packs = packs.iter().map(pinned).collect();
    Rulebook::of(realm, packs, sandbox, evidence, screening).unwrap()
}

fn same(book: &Rulebook, case: &Case) -> usize {
    let (quick, slow) = (evaluate(book, case), model::evaluate(book, case));
    for (quick, slow) in quick.cells.iter().zip(&slow.cells) {
        assert_eq!(quick, slow, "{:?}", case.jurisdictions);
    }
    assert_eq!(quick.record().unwrap().bytes(), slow.record().unwrap().bytes());
    let states = verdict(book, case).states;
    assert!(quick.cells.iter().map(|cell| cell.state).eq(states) || quick.cells.is_empty());
    quick.cells.iter().flat_map(|cell| &cell.rows).filter(|row| row.displaced_by.is_some()).count()
}

#[test]
fn records_are_those_of_the_model_whatever_is_displaced_or_switched_off() {
    let (law, sandbox) = packs();
    let places: Vec<PackId> = law.iter().map(|pack| pack.id.clone()).collect();
    let places: Vec<&str> = places.iter().map(PackId::as_str).collect();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(60));
    let displaced = std::cell::Cell::new(0);
    let run = runner.run(&any::<u64>(), |seed| {
        let mut lot = Lot(seed);
        let bent = bent(&law, &mut lot);
        let book = book(&bent, &sandbox, &mut lot);
        for _ in 0..10 {
            let case = case(&mut lot, &places);
            displaced.set(displaced.get() + same(&book, &case));
        }
        Ok(())
    });
    run.unwrap();
    assert!(displaced.get() > 0, "nothing was displaced");
}

/// Names whose absence a rule of a domain asks about: `present(x)` is a question that absence answers.
fn asked_for_absence(packs: &[Pack], domain: Domain) -> BTreeSet<String> {
    let rules = packs.iter().flat_map(|pack| pack.rules_of(domain));
    let conditions = rules.flat_map(|rule| rule.when.iter().chain(&rule.require));
    conditions.flat_map(|condition| condition.flat.presence()).map(str::to_owned).collect()
}

/// A fact less, or one that has ended, opens nothing in any domain of any pack we ship; nor does it make
/// compliant what was not. Apart are `present(x)`, and an exemption, which stands before what it exempts from.
#[test]
fn a_fact_less_or_ended_never_opens_a_domain() {
    let (law, _) = packs();
    let places: Vec<&str> = law.iter().map(|pack| pack.id.as_str()).collect();
    let absence = Domain::ALL.map(|domain| asked_for_absence(&law, domain));
    // In a sandbox a list of unknown age is shown and admitted (D8); in production nothing is.
    let screening = ScreeningPolicy { max_list_age_days: Some(5), lists: Vec::new() };
    let pinned = law.iter().map(pinned).collect();
    let book = Rulebook::of(Realm::Production, pinned, None, None, screening).unwrap();
    let (mut tried, mut passing) = (0, 0);
    for seed in 0..40 {
        let mut lot = Lot(seed);
        let case = case(&mut lot, &places);
        let before = verdict(&book, &case).states;
        passing += before.iter().filter(|state| **state == State::Compliant).count();
        for (name, fact) in case.facts.iter() {
            if name.starts_with("exemption.") {
                continue;
            }
            let mut ended = fact.clone();
            ended.provenance.expires = Some(case.moment());
            for (fact, removed) in [(None, true), (Some(ended), false)] {
                let others = case.facts.iter().filter(|(other, _)| *other != name);
                let mut facts = Facts::new();
                let all = others.map(|(name, fact)| (name, fact.clone()));
                for (name, fact) in all.chain(fact.map(|fact| (name, fact))) {
                    facts.state(name, fact.value, fact.provenance).unwrap();
                }
                let after = Case { facts, ..case.clone() };
                let after = verdict(&book, &after).states;
                for ((domain, before), after) in Domain::ALL.into_iter().zip(before).zip(after) {
                    if removed && absence[domain.ordinal()].contains(name) {
                        continue;
                    }
                    tried += 1;
                    let opened = passes(domain, after) && !passes(domain, before);
                    let bettered = after == State::Compliant && before != State::Compliant;
                    assert!(
                        !opened && !bettered,
                        "{domain}: {before} became {after} without {name}"
                    );
                }
            }
        }
    }
    assert!(tried > 10_000 && passing > 0, "{tried} looked at, {passing} were compliant");
}
