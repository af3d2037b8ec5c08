//! Names people type, and definitions that read back.

use super::{Catalog, Profile, Zone};
use crate::domain::Domain;
use crate::files::Memory;

const ZONE: &str = "zone_id: org.momentum.mez.zone.sg\njurisdiction_id: sg\n\
    zone_name: \"Singapore: a name\"\naliases: [singapore]\n\
    profile: { profile_id: org.momentum.mez.profile.hub, version: 0.1.0 }\n\
    jurisdiction_stack: [sg]\npeer_jurisdictions: [pk-sifc]\ncurrency: SGD\n\
    max_list_age_days: 7\nsandbox_rulebook: true\n\
    key_rotation_policy: { rotation_days: 90, grace_days: 14 }\n";

#[test]
fn a_zone_written_reads_back_the_same() {
    let zone = Zone::parse("zone.yaml", ZONE.as_bytes()).unwrap();
    let again = Zone::parse("zone.yaml", zone.to_yaml().as_bytes()).unwrap();
    assert_eq!(again, zone);
    // Defaults spelled out or left out make no other zone.
    let short = ZONE.replace("sandbox_rulebook: true\n", "");
    let long = format!("{short}sandbox_rulebook: false\ncorridors: []\n");
    let [short, long] = [short, long].map(|text| Zone::parse("z", text.as_bytes()).unwrap());
    let again = Zone::parse("zone.yaml", short.to_yaml().as_bytes()).unwrap();
    assert_eq!((&again, &long), (&short, &short));
}

#[test]
fn names_and_aliases_are_found_and_slips_get_a_suggestion() {
    let mut files = Memory::default();
    files.0.insert("zones/sg/zone.yaml".into(), ZONE.into());
    let catalog = Catalog::new(&files);
    for name in ["sg", "singapore", "org.momentum.mez.zone.sg"] {
        assert_eq!(catalog.zone(name).unwrap().name, "Singapore: a name");
    }
    let told = catalog.zone("singapure").unwrap_err().to_string();
    assert_eq!(told, "no zone named `singapure` (did you mean `singapore`?)");
    files.0.insert("zones/sg2/zone.yaml".into(), ZONE.into());
    assert!(Catalog::new(&files).zone("singapore").is_err(), "an alias of two zones is nobody's");
}

#[test]
fn grace_and_stack_are_checked() {
    let bad = ZONE.replace("grace_days: 14", "grace_days: 90").replace("[sg]\npeer", "[my]\npeer");
    let told = Zone::parse("z", bad.as_bytes()).unwrap_err().to_string();
    assert!(told.contains("0 <= grace_days < rotation_days"), "{told}");
    assert!(told.contains("begins with `jurisdiction_id`"), "{told}");
}

#[test]
fn a_profile_asks_for_known_evidence_only() {
    let text = "profile_id: org.momentum.mez.profile.hub\nversion: 0.1.0\ntitle: Hub\n\
        modules:\n  - { module_id: org.momentum.mez.legal.core, version: 0.1.0, variant: v }\n\
        routes: [fiscal, entities]\nextra_evidence: { aml: [source_of_funds] }\n";
    let profile = Profile::parse("p", text.as_bytes()).unwrap();
    assert_eq!(profile.short(), "hub");
    let asks = profile.evidence().unwrap().asks;
    assert_eq!(asks.get(&Domain::Aml).unwrap(), &["source_of_funds"]);
    let slip = text.replace("source_of_funds", "source_of_fund").replace("fiscal", "fiscl");
    let told = Profile::parse("p", slip.as_bytes()).unwrap_err().to_string();
    assert!(told.contains("did you mean `source_of_funds`?"), "{told}");
    assert!(told.contains("did you mean `fiscal`?"), "{told}");
}
