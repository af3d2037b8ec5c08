//! Decisions made again: byte for byte under their own law, told apart under another; and the
//! verdict without a record says what the record says.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

use canon::{Date, Digest, JurisdictionId, Realm, Timestamp};
use law::manifest::{Catalog, Stack};
use law::{
    Case, Explanation, Files, Kind, Lock, Outcome, Provenance, Rulebook, Source, State, Stored,
    evaluate, verdict,
};
use proptest::prelude::*;
use rig::cases::{Lot, case};
use serde_json::json;

const ZONES: [&str; 3] = ["pk-sifc", "ae-abudhabi-adgm", "sg"];

fn book(files: &dyn Files, zone: &str, profile: Option<&str>) -> Rulebook {
    let stack = Stack::named(&Catalog::new(files), zone, profile).unwrap();
    Lock::of(&stack).pin(stack).unwrap().rulebook(Realm::Sandbox, Vec::new()).unwrap()
}

/// All three jurisdictions in one book.
fn all(files: &dyn Files) -> Rulebook {
    book(files, "pk-sifc", None)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Nobody listening changes nothing.
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
                let case = case(&mut lot, &ZONES);
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

/// `DECISIONS` says how many; `cargo xtask soak decisions` asks for 10^4 of a release build.
#[test]
fn stored_decisions_come_out_byte_for_byte() {
    let book = all(&rig::content());
    let mut lot = Lot(7);
    let count: u32 = std::env::var("DECISIONS").map_or(500, |count| count.parse().unwrap());
    let mut outcomes = std::collections::BTreeSet::new();
    for _ in 0..count {
        let case = case(&mut lot, &ZONES);
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
        there: None,
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
    // Nobody says whether there is a record of owners.
    assert_eq!((kyc.before, kyc.after), (State::NotApplicable, State::NonCompliant));
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
        there: None,
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
