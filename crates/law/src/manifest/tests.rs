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

const FAMILY: &str = "family: legal\nkind: legal\nlicense: Apache-2.0\nmodules:\n\
    \x20 - module: legal.core\n    version: 0.1.0\n    name: Core\n\
    \x20 - module: legal.act\n    version: 0.2.0\n    name: Act\n\
    \x20   depends_on: { legal.core: \">=0.1.0, <0.3.0\" }\n\
    \x20   provides: [ { interface: mez.x.v1, by: [rules aml, route GET /v1/entities] } ]\n";

fn modules(text: &str) -> Result<Vec<String>, String> {
    let mut files = Memory::default();
    files.0.insert("modules/legal.yaml".into(), text.into());
    let catalog = Catalog::new(&files);
    let all = catalog.modules().map_err(|problems| problems.to_string())?;
    Ok(all.values().map(|module| format!("{} {}", module.short(), module.version)).collect())
}

/// `LINE:COLUMN` of a piece of text.
fn place(text: &str, piece: &str) -> String {
    let before = &text[..text.find(piece).unwrap()];
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
    format!("{}:{column}", before.matches('\n').count() + 1)
}

#[test]
fn a_family_is_read_and_what_is_wrong_in_it_has_its_place() {
    assert_eq!(modules(FAMILY).unwrap(), ["legal.act 0.2.0", "legal.core 0.1.0"]);
    let act = "module: legal.act";
    let cases = [
        ("rules aml", "rules amk", "rules amk", "unknown domain `amk` (did you mean `aml`?)"),
        ("family: legal", "family: legl", "legl", "unknown family `legl` (did you mean `legal`?)"),
        ("<0.3.0", "<0.1.0", act, "needs `legal.core` >=0.1.0, <0.1.0, found 0.1.0"),
        (
            "{ legal.core:",
            "{ legal.cores:",
            act,
            "needs module `legal.cores`, which nobody wrote (did you mean `legal.core`?)",
        ),
        ("{ legal.core:", "{ legal.act:", act, "`legal.act` needs itself in the end"),
        ("0.2.0\n", "0.2\n", "0.2\n", "`0.2` is not a version MAJOR.MINOR.PATCH"),
    ];
    for (from, to, at, said) in cases {
        let text = FAMILY.replace(from, to);
        let said = format!("modules/legal.yaml:{}: {said}", place(&text, at));
        let told = modules(&text).unwrap_err();
        assert!(told.lines().any(|line| line == said), "{said}\n{told}");
    }
    let twice = modules(&FAMILY.replace("legal.act", "legal.core")).unwrap_err();
    assert!(twice.contains("yaml:8:5: module `legal.core` is written twice"), "{twice}");
}

const ROWS: &str = "zones:\n\
    \x20 - { zone: ae, name: UAE, region: mena, kind: country, profile: hub, network: true }\n\
    \x20 - { zone: ae-dubai-x, name: \"X: a park\", region: mena, kind: free-zone, profile: hub }\n\
    \x20 - { zone: synth-y, name: Y, region: synthetic, kind: synthetic, profile: hub, composition: { aml_cft: ae, tax: sg } }\n";

fn rows(text: &str) -> Memory {
    let mut files = Memory::default();
    files.0.insert("zones/rows.yaml".into(), text.into());
    let profile = "profile_id: org.momentum.mez.profile.hub\nversion: 0.1.0\ntitle: Hub\n\
        modules: [ { module_id: org.momentum.mez.legal.core, version: 0.1.0, variant: v } ]\n\
        routes: [fiscal]\n";
    files.0.insert("profiles/hub/profile.yaml".into(), profile.into());
    files
}

#[test]
fn a_row_is_a_zone_whose_law_is_looked_up() {
    let mut files = rows(ROWS);
    let zone = Catalog::new(&files).zone("ae-dubai-x").unwrap();
    let places =
        |list: &[canon::JurisdictionId]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(zone.id.as_str(), "org.momentum.mez.zone.ae.dubai.x");
    assert_eq!(places(&zone.stack), ["ae-dubai-x", "ae"]);
    assert_eq!(places(&zone.pending), ["ae-dubai-x", "ae"]);
    files.0.insert("packs/ae/pack.yaml".into(), Vec::new());
    let zone = Catalog::new(&files).zone("org.momentum.mez.zone.ae.dubai.x").unwrap();
    assert_eq!(places(&zone.pending), ["ae-dubai-x"]);
    let composed = Catalog::new(&files).zone("synth-y").unwrap();
    assert_eq!(composed.id.as_str(), "org.momentum.mez.zone.synthetic.y");
    assert_eq!(composed.composition.layers().count(), 2);
    let again = Zone::parse("z", composed.to_yaml().as_bytes()).unwrap();
    assert_eq!(again, composed);
    files.0.insert("zones/sg/zone.yaml".into(), ZONE.into());
    assert_eq!(Catalog::new(&files).zone_names().unwrap(), ["ae", "ae-dubai-x", "sg", "synth-y"]);
}

#[test]
fn rows_that_say_what_cannot_be_are_refused_at_their_place() {
    let cases = [
        ("zone: ae,", "zone: zx,", "zx,", "`zx` of `zx` is not a country code of ISO 3166-1"),
        ("mena, kind: c", "mina, kind: c", "mina", "unknown region `mina` (did you mean `mena`?)"),
        (
            "free-zone",
            "fre-zone",
            "fre-zone",
            "unknown zone kind `fre-zone` (did you mean `free-zone`?)",
        ),
        (
            "aml_cft",
            "aml_cf",
            "aml_cf",
            "unknown composed domain `aml_cf` (did you mean `aml_cft`?)",
        ),
        ("network: true", "network: yes", "yes", "expected true or false, unquoted"),
    ];
    for (from, to, at, said) in cases {
        let text = ROWS.replace(from, to);
        let said = format!("zones/rows.yaml:{}: {said}", place(&text, at));
        let told = Catalog::new(&rows(&text)).rows().unwrap_err().to_string();
        assert!(told.lines().any(|line| line == said), "{said}\n{told}");
    }
    let twice = rows(&ROWS.replace("zone: ae-dubai-x", "zone: ae"));
    let told = Catalog::new(&twice).rows().unwrap_err().to_string();
    assert!(told.contains("rows.yaml:3:5: zone `ae` is written twice"), "{told}");
}
