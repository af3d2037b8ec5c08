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

use canon::Realm;
use law::manifest::{Catalog, Stack};
use law::{Lock, run_tests};

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
