//! What decides is held against the slow and obvious model, byte for byte.

mod model;
#[path = "../../tests/rig/mod.rs"]
mod rig;

use std::collections::BTreeSet;

use canon::{PackId, Realm, RuleId};
use proptest::prelude::*;

use super::{Case, evaluate, evaluate_as, verdict};
use crate::decision::{Decision, Engine, Reason};
use crate::domain::Domain;
use crate::facts::{Fact, Facts, OCCASIONS, Value, evidence_types, of_credential};
use crate::history::{BadStored, Stored};
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

/// The verdict alone says what the record says, rule by rule.
fn alone(book: &Rulebook, case: &Case, record: &Decision) {
    let verdict = verdict(book, case);
    let states = record.cells.iter().map(|cell| cell.state);
    assert!(states.eq(verdict.states) || record.cells.is_empty());
    let rows = record.cells.iter().flat_map(|cell| &cell.rows);
    let rows = rows.filter(|row| row.effect.is_some() && row.jurisdiction.is_some());
    let written = rows.map(|r| (r.rule.as_ref(), r.state, r.reason, r.counted, r.expires));
    let told =
        verdict.told.iter().map(|t| (Some(&t.rule.id), t.state, t.reason, t.counted, t.expires));
    assert!(written.eq(told), "{:?}", case.jurisdictions);
}

fn same(book: &Rulebook, case: &Case) -> usize {
    let earlier = evaluate_as(book, case, Engine::One);
    let slow = model::evaluate(book, case, Engine::One);
    assert_eq!(earlier.record().unwrap().bytes(), slow.record().unwrap().bytes());
    let (quick, slow) = (evaluate(book, case), model::evaluate(book, case, Engine::NOW));
    for (quick, slow) in quick.cells.iter().zip(&slow.cells) {
        assert_eq!(quick, slow, "{:?}", case.jurisdictions);
    }
    assert_eq!(quick.record().unwrap().bytes(), slow.record().unwrap().bytes());
    alone(book, case, &quick);
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

/// The facts of a case with some left out or changed.
fn with(case: &Case, change: impl Fn(&str, &Fact) -> Option<Fact>) -> Case {
    let mut facts = Facts::new();
    for (name, fact) in case.facts.iter() {
        if let Some(Fact { value, provenance }) = change(name, fact) {
            facts.state(name, value, provenance).unwrap();
        }
    }
    Case { facts, ..case.clone() }
}

/// What is handed in or kept back as one: a credential goes with its claims.
fn unit(name: &str) -> &str {
    of_credential(name).unwrap_or(name)
}

/// The same case, with a declaration of exactly the evidence it holds where it had one.
fn honest(case: &Case) -> Case {
    let kinds: BTreeSet<&str> =
        case.facts.iter().filter_map(|(name, _)| of_credential(name)?.split('.').nth(1)).collect();
    let declared = Value::set(kinds.into_iter().map(str::to_owned));
    with(case, |name, fact| {
        let value = if name == OCCASIONS { declared.clone() } else { fact.value.clone() };
        Some(Fact { value, ..fact.clone() })
    })
}

/// Other values a fact might have had.
fn otherwise(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(value) => vec![Value::Bool(!value)],
        Value::Int(value) => vec![Value::Int(value - 1_000_000), Value::Int(value + 1_000_000)],
        Value::Date(date) => {
            [-9_000, 9_000].map(|days| Value::Date(date.plus_days(days).unwrap())).to_vec()
        }
        Value::Money(amount) => {
            let other = |minor| Value::Money(canon::Amount::of_minor(minor, amount.currency()));
            vec![other(0), other(i128::from(u64::MAX))]
        }
        Value::Texts(_) => vec![Value::Texts(Vec::new())],
        _ => Vec::new(),
    }
}

/// Without a fact, or after its end, no domain is compliant that was not; and what is compliant without
/// it is compliant whatever it says. So nothing is gained by keeping it back.
fn nothing_is_gained(book: &Rulebook, case: &Case, turned: bool) -> usize {
    let before = verdict(book, case).states;
    let mut passing = 0;
    let units: BTreeSet<&str> = case.facts.iter().map(|(name, _)| unit(name)).collect();
    for gone in units {
        // An exemption stands before what it exempts from; in a sandbox a list of unknown age is shown
        // and admitted (D8).
        let shown = book.realm == Realm::Sandbox && gone == "screening.list_age_days";
        if gone.starts_with("exemption.") || shown {
            continue;
        }
        let without = with(case, |name, fact| (unit(name) != gone).then(|| fact.clone()));
        let ended = with(case, |name, fact| {
            let mut fact = fact.clone();
            if unit(name) == gone {
                fact.provenance.expires = Some(case.moment());
            }
            Some(fact)
        });
        let left = verdict(book, &without).states;
        let ended = verdict(book, &ended).states;
        for domain in Domain::ALL {
            let [before, left, ended] = [before, left, ended].map(|all| all[domain.ordinal()]);
            passing += usize::from(before == State::Compliant);
            for after in [left, ended] {
                let bettered = after == State::Compliant && before != State::Compliant;
                assert!(!bettered, "{domain}: {before} became {after} without {gone}");
            }
            // Without a declaration nothing is claimed, and nothing is refused for that.
            let undeclared = gone == "evidence.declaration";
            let opened = passes(domain, ended) && !passes(domain, before) && !undeclared;
            assert!(!opened, "{domain}: {before} became {ended} when {gone} ended");
        }
        let told = case.facts.iter().filter(|(name, _)| turned && unit(name) == gone);
        for (name, value) in
            told.flat_map(|(n, f)| otherwise(&f.value).into_iter().map(move |v| (n, v)))
        {
            let case = with(case, |other, fact| {
                let value = if other == name { value.clone() } else { fact.value.clone() };
                Some(Fact { value, ..fact.clone() })
            });
            for ((domain, left), state) in
                Domain::ALL.into_iter().zip(left).zip(verdict(book, &case).states)
            {
                let hidden = left == State::Compliant && state < State::Compliant;
                assert!(
                    !hidden,
                    "{domain} is {left} without {gone}, {state} when {name} is {value:?}"
                );
            }
        }
    }
    passing
}

#[test]
fn nothing_is_gained_by_keeping_back_a_fact_of_any_case() {
    let (law, _) = packs();
    let places: Vec<&str> = law.iter().map(|pack| pack.id.as_str()).collect();
    let screening = ScreeningPolicy { max_list_age_days: Some(5), lists: Vec::new() };
    let pinned = law.iter().map(pinned).collect();
    let book = Rulebook::of(Realm::Production, pinned, None, None, screening).unwrap();
    let mut passing = 0;
    for seed in 0..40 {
        let case = honest(&case(&mut Lot(seed), &places));
        passing += nothing_is_gained(&book, &case, true);
    }
    assert!(passing > 0, "nothing was compliant");
}

#[test]
fn nothing_is_gained_by_keeping_back_a_fact_of_a_pack_test_that_proceeds() {
    let (law, sandbox) = packs();
    let screening = ScreeningPolicy { max_list_age_days: Some(7), lists: Vec::new() };
    let book = Rulebook::of(
        Realm::Sandbox,
        law.iter().map(pinned).collect(),
        Some(pinned(&sandbox)),
        None,
        screening,
    );
    let (book, files) = (book.unwrap(), rig::content());
    let declared = |name: &str| unit(name) == "evidence.declaration";
    let (mut tried, mut passing) = (BTreeSet::new(), 0);
    for pack in &law {
        for (_, situation) in crate::packtest::situations(&files, &pack.id).unwrap() {
            let case = situation.case;
            let states = verdict(&book, &case).states;
            if !Domain::ALL.into_iter().zip(states).all(|(domain, state)| passes(domain, state)) {
                continue;
            }
            // Turned round as well: one case of each pack and kind.
            let turned = tried.insert((pack.id.clone(), case.kind));
            passing += nothing_is_gained(&book, &case, turned);
            let silent = with(&case, |name, fact| (!declared(name)).then(|| fact.clone()));
            passing += nothing_is_gained(&book, &silent, false);
        }
    }
    assert!(tried.len() >= 12 && passing > 10_000, "{tried:?}: {passing}");
}

#[test]
fn a_decision_of_the_earlier_engine_opens_and_is_made_again_as_it_was() {
    let (law, _) = packs();
    let places: Vec<&str> = law.iter().map(|pack| pack.id.as_str()).collect();
    let screening = ScreeningPolicy { max_list_age_days: Some(5), lists: Vec::new() };
    let pinned = law.iter().map(pinned).collect();
    let book = Rulebook::of(Realm::Production, pinned, None, None, screening).unwrap();
    let mut settled_since = 0;
    for seed in 0..20 {
        let case = case(&mut Lot(seed), &places);
        let [then, now] = [Engine::One, Engine::Two].map(|e| evaluate_as(&book, &case, e));
        assert_eq!((then.engine.as_str(), now.engine.as_str()), ("law/1", "law/2"));
        let says = |decision: &Decision| {
            let rows = decision.cells.iter().flat_map(|cell| &cell.rows);
            rows.filter(|row| row.reason == Reason::NotStated).count()
        };
        assert_eq!(says(&then), 0);
        settled_since += says(&now);
        let mut document = serde_json::json!({"decision": then.document(), "facts": case.facts});
        let stored = Stored::read(&document).unwrap();
        assert!(stored.engine == Engine::One && stored.replay(&book).identical);
        document["decision"]["engine"] = "law/9".into();
        assert!(matches!(Stored::read(&document), Err(BadStored::Engine(_))));
    }
    assert!(settled_since > 0, "no absence made a difference");
}
