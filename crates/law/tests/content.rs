//! The content of this checkout: every pack, profile and zone resolves, and its tests of law pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

use canon::{Date, JurisdictionId, Realm, Timestamp};
use law::manifest::{Catalog, Stack, Zone};
use law::{Case, Kind, Lock, admit, run_tests};

#[test]
fn every_test_of_law_passes() {
    let report = run_tests(&rig::content()).unwrap_or_else(|problems| panic!("{problems}"));
    let failures: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), report.ran, failures.join("\n"));
    assert!(report.ran >= 10, "only {} tests of law", report.ran);
}

#[test]
fn the_zones_of_the_main_job_resolve_lock_and_pin_under_every_profile() {
    let files = rig::content();
    let catalog = &Catalog::new(&files);
    for zone in ["pk-sifc", "ae-abudhabi-adgm", "sg"] {
        for profile in catalog.profile_names().unwrap() {
            let stack = Stack::named(catalog, zone, Some(&profile))
                .unwrap_or_else(|error| panic!("{zone} {profile}: {error}"));
            let lock = Lock::of(&stack);
            let bytes = lock.record().unwrap();
            assert_eq!(Lock::parse(bytes.bytes()).unwrap(), lock);
            let pinned = lock.pin(stack).unwrap();
            pinned.rulebook(Realm::Sandbox, Vec::new()).unwrap();
        }
    }
}

/// kz-aifc knows of duties whose source was not found: a zone in production refuses what they reach, and
/// tells whoever asked that nothing they could give would change it.
#[test]
fn a_duty_without_a_source_refuses_in_production_and_says_so() {
    let files = rig::content();
    let catalog = &Catalog::new(&files);
    let mut zone = catalog.zone("kz-aifc").unwrap();
    zone.sandbox_rulebook = false;
    let zone = Zone::parse("zone.yaml", zone.to_yaml().as_bytes()).unwrap();
    let stack = Stack::resolve(catalog, zone).unwrap();
    let lists = Vec::new();
    let book = Lock::of(&stack).pin(stack).unwrap().rulebook(Realm::Production, lists).unwrap();
    let case = Case {
        kind: Kind::EntityLifecycle,
        jurisdictions: vec![JurisdictionId::parse("kz-aifc").unwrap()],
        as_of: Date::parse("2026-11-20").unwrap(),
        known_at: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
        facts: rig::formation("kz-aifc"),
        there: None,
    };
    let refusal = admit(&book, &case).unwrap_err();
    let named = |name: &str| {
        let rule = |block: &&law::Blocking| block.rule.as_ref().is_some_and(|r| r.as_str() == name);
        refusal.blocking().iter().find(rule).unwrap_or_else(|| panic!("{name}: {refusal}"))
    };
    let remedy = named("kz-aifc.banking.ratios").remedy.clone().unwrap();
    assert!(remedy.starts_with("no source was found for: Least ratios of capital"), "{remedy}");
    assert!(remedy.contains("a zone in production refuses what it cannot cite"), "{remedy}");
}
