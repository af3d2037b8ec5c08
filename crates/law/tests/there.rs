//! The law of the other end, over the real packs: what is broken there refuses here, the rest is left.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

use std::collections::BTreeSet;

use canon::{Amount, Currency, Date, Digest, JurisdictionId, Realm, RuleId, Timestamp};
use law::manifest::{Catalog, Stack};
use law::{
    Case, Decision, Domain, Facts, Kind, Lock, Provenance, Reason, Rulebook, Source, State, Stored,
    evaluate, verdict,
};
use rig::cases::Lot;
use serde_json::json;

const HERE: &str = "ae-abudhabi-adgm";
const THERE: &str = "sg";
const SHARED: [&str; 4] = ["payee.", "payer.", "payment.", "screening."];

fn jurisdiction(name: &str) -> JurisdictionId {
    JurisdictionId::parse(name).unwrap()
}

/// The law of a zone that names a peer.
fn book() -> Rulebook {
    let files = rig::content();
    let catalog = Catalog::new(&files);
    let mut zone = Stack::named(&catalog, HERE, Some("plain")).unwrap().zone;
    zone.peers = vec![jurisdiction(THERE)];
    let yaml = zone.to_yaml();
    let zone = law::manifest::Zone::parse("zone.yaml", yaml.as_bytes()).unwrap();
    let stack = Stack::resolve(&catalog, zone).unwrap();
    Lock::of(&stack).pin(stack).unwrap().rulebook(Realm::Sandbox, Vec::new()).unwrap()
}

fn case(kind: Kind, facts: Facts) -> Case {
    Case {
        kind,
        jurisdictions: vec![jurisdiction(HERE)],
        as_of: Date::parse("2026-11-20").unwrap(),
        known_at: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
        facts,
        there: None,
    }
}

/// Gold for SGD 50,000, as either end knows it.
fn gold(identified: bool) -> Facts {
    let mut facts = Facts::new();
    let by = Provenance::new(Source::Registry, Digest::of_blob(b"test"));
    let amount = Amount::of_minor(5_000_000, Currency::parse("SGD").unwrap());
    facts.state("payment.amount", amount, by.clone()).unwrap();
    facts.state("payment.currency", "SGD", by.clone()).unwrap();
    facts.state("payment.purpose", "precious-metals", by.clone()).unwrap();
    facts.state("payment.cross_border", true, by.clone()).unwrap();
    facts.state("payer.name_present", true, by.clone()).unwrap();
    facts.state("payer.identified", identified, by).unwrap();
    facts
}

fn broken(decision: &Decision) -> BTreeSet<(Domain, RuleId)> {
    let there = jurisdiction(THERE);
    let rows = decision.cells.iter().flat_map(|cell| {
        let rows = cell.rows.iter().filter(|row| row.jurisdiction.as_ref() == Some(&there));
        rows.map(|row| {
            assert!(row.counted && row.reason == Reason::Broken, "{row:?}");
            (cell.domain, row.rule.clone().unwrap())
        })
    });
    rows.collect()
}

#[test]
fn what_the_law_there_forbids_is_refused_here_and_what_it_does_not_know_is_left_to_it() {
    let book = book();
    let ask = |identified| {
        let facts = gold(identified);
        let case = case(Kind::PaymentSend, facts.clone());
        case.and_there(Kind::PaymentReceive, jurisdiction(THERE), facts)
    };
    let decision = evaluate(&book, &ask(false));
    let rule = RuleId::parse("sg.aml.precious-payer-known").unwrap();
    assert_eq!(broken(&decision), BTreeSet::from([(Domain::Aml, rule)]));
    let aml = decision.cell(Domain::Aml).unwrap();
    assert_eq!(aml.state, State::NonCompliant);
    let place = aml.by_jurisdiction.last().unwrap();
    assert_eq!((place.jurisdiction.as_str(), place.left), (THERE, false));
    let row = aml.rows.last().unwrap();
    let section = &row.cited.as_ref().unwrap().citation.section;
    assert_eq!((section.as_str(), row.remedy.is_some()), ("15", true));
    assert!(decision.packs.iter().any(|used| used.pack.as_str() == THERE));

    let (asked, alone) = (ask(true), case(Kind::PaymentSend, gold(true)));
    let (asked, alone) = (evaluate(&book, &asked), evaluate(&book, &alone));
    assert!(broken(&asked).is_empty());
    for (asked, alone) in asked.cells.iter().zip(&alone.cells) {
        assert_eq!((asked.state, &asked.rows), (alone.state, &alone.rows));
        let place = asked.by_jurisdiction.last().unwrap();
        assert_eq!((place.jurisdiction.as_str(), place.left), (THERE, true));
    }
    assert!(alone.there.is_none());
}

/// Facts of a random case: those both ends share, and the others.
fn split(facts: &Facts) -> [Facts; 2] {
    let mut split = [Facts::new(), Facts::new()];
    for (name, fact) in facts.iter().filter(|(name, _)| !name.starts_with("exemption.")) {
        let shared = SHARED.iter().any(|prefix| name.starts_with(prefix));
        let into = &mut split[usize::from(!shared)];
        into.state(name, fact.value.clone(), fact.provenance.clone()).unwrap();
    }
    split
}

#[test]
fn more_facts_there_never_mend_what_is_broken_and_the_other_end_never_helps() {
    let book = book();
    let mut lot = Lot(11);
    let mut rules = BTreeSet::new();
    for _ in 0..200 {
        let drawn = rig::cases::case(&mut lot, &[HERE]);
        let [mut facts, more] = split(&rig::cases::case(&mut lot, &[HERE]).facts);
        let alone = evaluate(&book, &drawn);
        let ask = |facts: &Facts| {
            drawn.clone().and_there(Kind::PaymentReceive, jurisdiction(THERE), facts.clone())
        };
        let (asked, few) = (ask(&facts), evaluate(&book, &ask(&facts)));
        assert_eq!(verdict(&book, &asked).states.to_vec(), states(&few));
        for (was, is) in alone.cells.iter().zip(&few.cells) {
            let refuses = is.rows.len() > was.rows.len();
            assert_eq!(is.state, if refuses { State::NonCompliant } else { was.state });
        }
        let document = json!({ "decision": few.document(), "facts": asked.facts,
            "facts_there": facts });
        assert!(Stored::read(&document).unwrap().replay(&book).identical);
        let forgotten = json!({ "decision": few.document(), "facts": asked.facts });
        assert!(Stored::read(&forgotten).is_err(), "a decision without what it was made upon");

        let known = broken(&few);
        for (name, fact) in more.iter() {
            facts.state(name, fact.value.clone(), fact.provenance.clone()).unwrap();
        }
        let many = broken(&evaluate(&book, &ask(&facts)));
        assert!(many.is_superset(&known), "{known:?} and then {many:?}");
        rules.extend(known);
    }
    assert!(rules.len() >= 2, "{rules:?}");
}

fn states(decision: &Decision) -> Vec<State> {
    decision.cells.iter().map(|cell| cell.state).collect()
}

#[test]
fn law_that_is_not_loaded_is_a_fault_and_not_a_pass() {
    let case = case(Kind::PaymentSend, gold(true));
    let asked = case.and_there(Kind::PaymentReceive, jurisdiction("ky"), gold(true));
    let book = book();
    let decision = evaluate(&book, &asked);
    assert_eq!(decision.faults[0].code, "no-pack");
    assert!(verdict(&book, &asked).states.iter().all(|state| *state == State::Pending));
}
