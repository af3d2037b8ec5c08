//! Decisions made again: byte for byte under their own law, told apart under another; and the
//! verdict without a record says what the record says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

use canon::{Amount, Currency, Date, Did, Digest, JurisdictionId, Realm, Timestamp};
use law::manifest::{Catalog, Stack};
use law::{
    Case, Explanation, Facts, Files, Kind, Lock, Outcome, Provenance, Rulebook, Source, State,
    Stored, Type, Value, evaluate, known, verdict,
};
use proptest::prelude::*;
use serde_json::json;

const ZONES: [&str; 3] = ["pk-sifc", "ae-abudhabi-adgm", "sg"];
const TEXTS: [&str; 6] = ["private-company", "software", "remittance", "sg", "ae-dubai-difc", "x"];

fn book(files: &dyn Files, zone: &str, profile: Option<&str>) -> Rulebook {
    let stack = Stack::named(Catalog::new(files), zone, profile).unwrap();
    Lock::of(&stack).pin(stack).unwrap().rulebook(Realm::Sandbox, Vec::new()).unwrap()
}

/// A small generator of our own, so that equal seeds give equal cases everywhere.
struct Lot(u64);

impl Lot {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Any case: each fact of the vocabulary is missing, fresh or expired, with any value.
fn case(lot: &mut Lot) -> Case {
    let as_of = Date::parse("2026-11-20").unwrap().plus_days(lot.below(700) as i64 - 600).unwrap();
    let known_at = as_of.start().plus_secs(43_200).unwrap();
    let mut facts = Facts::new();
    let wanted = 2 + lot.below(6);
    for fact in known()
        .iter()
        .filter(|fact| !fact.name.starts_with("evidence.") || fact.name.len() % 7 == 0)
    {
        if lot.below(8) >= wanted {
            continue;
        }
        let value = match fact.kind {
            Type::Bool => Value::Bool(lot.below(4) > 0),
            Type::Int => Value::Int(lot.below(12) as i64 - 1),
            Type::Text if !fact.one_of.is_empty() => Value::from(fact.one_of[0]),
            Type::Text if fact.name.ends_with("currency") => {
                Value::from(["SGD", "AED", "PKR", "USD"][lot.below(4) as usize])
            }
            Type::Text => Value::from(TEXTS[lot.below(6) as usize]),
            Type::Date => Value::Date(as_of.plus_days(lot.below(100) as i64 - 50).unwrap()),
            Type::Money => {
                let currency =
                    Currency::parse(["SGD", "AED", "PKR"][lot.below(3) as usize]).unwrap();
                Value::Money(Amount::of_minor(i128::from(lot.below(400_000_000)), currency))
            }
            _ => Value::set(TEXTS.iter().take(lot.below(4) as usize).map(|t| (*t).to_owned())),
        };
        let source = match fact.name.split('.').next() {
            Some("screening") => Source::Screening,
            Some("evidence") => Source::Credential,
            _ => Source::Registry,
        };
        let mut provenance = Provenance::new(source, Digest::of_blob(fact.name.as_bytes()));
        if lot.below(4) == 0 {
            let end = known_at.plus_secs(lot.below(2_000_000) as i64 - 1_000_000).unwrap();
            provenance = provenance.until(end);
        }
        facts.state(&fact.name, value, provenance).unwrap();
    }
    for zone in ZONES {
        if lot.below(5) == 0 {
            let end = known_at.plus_secs(lot.below(2_000) as i64 - 1_000).unwrap();
            let by = Provenance::new(Source::Credential, Digest::of_blob(b"exemption"))
                .by(Did::parse("did:web:tax.example").unwrap())
                .until(end);
            let name = law::exemption_name(zone, law::Domain::ALL[lot.below(20) as usize]);
            let _ = facts.state(&name, lot.below(3) > 0, by);
        }
    }
    let count = 1 + lot.below(2) as usize;
    let jurisdictions =
        (0..count).map(|_| JurisdictionId::parse(ZONES[lot.below(3) as usize]).unwrap()).collect();
    Case { kind: Kind::ALL[lot.below(8) as usize], jurisdictions, as_of, known_at, facts }
}

/// All three jurisdictions in one book.
fn all(files: &dyn Files) -> Rulebook {
    book(files, "pk-sifc", None)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// The compiled conditions say what the trees say, domain by domain, expiry included.
    #[test]
    fn the_verdict_is_the_records(seed: u64) {
        thread_local! {
            static BOOKS: Vec<Rulebook> = {
                let files = rig::content();
                ZONES.iter().flat_map(|zone| [book(&files, zone, None), book(&files, zone, Some("plain"))]).collect()
            };
        }
        BOOKS.with(|books| {
            let mut lot = Lot(seed);
            for book in books {
                let case = case(&mut lot);
                let decision = evaluate(book, &case);
                let quick = verdict(book, &case);
                for (cell, state) in decision.cells.iter().zip(quick.states) {
                    assert_eq!(cell.state, state, "{} of {:?}\n{:#?}", cell.domain, case.jurisdictions, cell.rows);
                }
                if decision.cells.is_empty() {
                    assert!(quick.states.iter().all(|state| *state == State::Pending));
                }
            }
        });
    }
}

fn stored(book: &Rulebook, case: &Case) -> serde_json::Value {
    json!({"decision": evaluate(book, case).document(), "facts": case.facts})
}

#[test]
fn ten_thousand_stored_decisions_come_out_byte_for_byte() {
    let book = all(&rig::content());
    let mut lot = Lot(7);
    let count = if cfg!(debug_assertions) { 500 } else { 10_000 };
    let mut outcomes = std::collections::BTreeSet::new();
    for _ in 0..count {
        let case = case(&mut lot);
        let document = stored(&book, &case);
        let replayed = Stored::read(&document).unwrap().replay(&book);
        assert!(replayed.identical && replayed.changed.is_empty(), "{document}");
        outcomes.insert(format!("{:?}", replayed.after));
    }
    assert!(outcomes.contains("Deny"), "{outcomes:?}");
}

#[test]
fn a_changed_pack_shows_what_it_changes_and_a_changed_fact_is_no_history() {
    let mut files = rig::content();
    let before = book(&files, "sg", Some("plain"));
    let case = Case {
        kind: Kind::EntityForm,
        jurisdictions: vec![JurisdictionId::parse("sg").unwrap()],
        as_of: Date::parse("2026-11-20").unwrap(),
        known_at: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
        facts: rig::formation("sg"),
    };
    let document = stored(&before, &case);
    let history = Stored::read(&document).unwrap();
    assert_eq!(history.decision.outcome(), Outcome::Allow);

    let path = "packs/sg/rules/kyc.yaml";
    let text = String::from_utf8(files.0[path].clone()).unwrap();
    let text = text
        .replace("require: 'owner.identified", "require: 'owner.count > 5 and owner.identified");
    assert_ne!(text.as_bytes(), files.0[path]);
    files.0.insert(path.into(), text.into());
    let replayed = history.replay(&book(&files, "sg", Some("plain")));
    assert_eq!((replayed.before, replayed.after), (Outcome::Allow, Outcome::Deny));
    let kyc = replayed.changed.iter().find(|c| c.domain.name() == "kyc").unwrap();
    assert_eq!((kyc.before, kyc.after), (State::Compliant, State::NonCompliant));
    assert!(!kyc.rules.is_empty());

    let mut forged = document;
    forged["facts"]["owner.count"]["value"]["int"] = json!(9);
    assert!(Stored::read(&forged).is_err());
}

#[test]
fn an_explanation_names_rule_section_inputs_and_what_would_change_it() {
    let book = book(&rig::content(), "sg", Some("plain"));
    let mut facts = rig::formation("sg");
    let by = Provenance::new(Source::Credential, Digest::of_blob(b"t"));
    facts.state("owner.identified", false, by).unwrap();
    facts
        .state("entity.name", "<b>&", Provenance::new(Source::Registry, Digest::of_blob(b"t")))
        .unwrap();
    let case = Case {
        kind: Kind::EntityForm,
        jurisdictions: vec![JurisdictionId::parse("sg").unwrap()],
        as_of: Date::parse("2026-11-20").unwrap(),
        known_at: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
        facts,
    };
    let explanation = Explanation::of(&evaluate(&book, &case));
    assert!(explanation.domains[0].refuses);
    let clause = &explanation.domains[0].clauses[0];
    assert_eq!(clause.state, State::NonCompliant);
    assert!(clause.citation.is_some() && !clause.would_change.is_empty());
    assert!(clause.inputs.contains("owner.identified [false]"), "{}", clause.inputs);
    let text = explanation.text();
    for word in
        ["entity.form denied", "clause: ", "would change it: ", "inputs: ", "pack: sg sha256:"]
    {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    let html = explanation.html();
    assert!(html.starts_with("<!doctype html>") && !html.contains("<b>&"));
}
