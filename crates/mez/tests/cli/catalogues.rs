//! `mez modules`, `mez corridor mesh`, `mez zone compose`, `mez lock --all`.

use crate::place::Place;

#[test]
fn modules_are_counted_and_what_is_declared_says_so() {
    let place = Place::new("modules");
    let json = place.mez(&["modules", "--json"]).json();
    let modules = json["modules"].as_array().unwrap();
    let working = modules.iter().filter(|module| module["state"] == "working");
    let working: Vec<_> = working.map(|module| module["module"].as_str().unwrap()).collect();
    assert_eq!(json["working"], working.len());
    assert_eq!(json["declared"], modules.len() - working.len());
    assert_eq!(json["families"].as_array().unwrap().len(), 16);
    assert!(working.contains(&"reg.sanctions") && !working.contains(&"lic.emi"), "{working:?}");
    for module in modules.iter().filter(|module| module["state"] == "working") {
        let provides = module["provides"].as_array().unwrap();
        let by = |one: &serde_json::Value| !one["by"].as_array().unwrap().is_empty();
        assert!(!provides.is_empty() && provides.iter().all(by), "{module}");
        assert!(!module["toggled_by"].as_array().unwrap().is_empty());
    }
    let text = place.mez(&["modules", "--family", "agentic"]).out;
    assert!(text.contains("declared") && !text.contains("working"), "{text}");
}

#[test]
fn every_provider_a_manifest_names_is_in_this_program() {
    let place = Place::new("providers");
    let said = place.mez(&["validate", "--all-modules"]);
    assert_eq!(said.exit, 0, "{}", said.err);
}

#[test]
fn a_mesh_is_derived_in_four_forms() {
    let place = Place::new("mesh");
    let json = place.mez(&["corridor", "mesh", "--all", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["pairs"], &json["by_type"]["cross_border"]), (&4851.into(), &3171.into()));
    let three = ["corridor", "mesh", "--zones", "sg,ae-dubai-difc,ae-dubai"];
    let table = place.mez(&three).out;
    assert!(table.contains("\nae-dubai       ae-dubai-difc  free_zone_to_host\n"), "{table}");
    let dot = place.mez(&[&three[..], &["--format", "dot"]].concat()).out;
    assert_eq!(dot.matches(" -- ").count(), 3);
    let svg = place.mez(&[&three[..], &["--format", "svg"]].concat()).out;
    assert_eq!(svg.matches("<title>").count(), 3);
    assert!(svg.ends_with("</svg>\n"));
    let slip = place.mez(&["corridor", "mesh", "--zones", "sg,hkk"]);
    assert_eq!(slip.exit, 64);
    assert!(slip.err.contains("no zone named `hkk`"), "{}", slip.err);
}

#[test]
fn a_zone_is_composed_and_conflicts_name_both_sources() {
    let place = Place::new("compose");
    let good = ["zone", "compose", "x", "--take", "aml_cft=sg", "--take", "tax=bh"];
    let said = place.mez(&[&good[..], &["--output", "z"]].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    assert_eq!(place.mez(&["lock", "z/zone.yaml"]).exit, 0);
    assert!(place.read("z/stack.lock").contains(r#""pending":["bh","synth-x"]"#));
    let bad = place.mez(&[&good[..], &["--take", "tax=hk"]].concat());
    assert_eq!(bad.exit, 6);
    assert!(bad.err.contains("`tax` is taken from `bh` and from `hk`"), "{}", bad.err);
    let bare = place.mez(&["zone", "compose", "x", "--take", "tax=sg"]);
    assert!(bare.err.contains("`aml_cft` must be taken from somewhere"), "{}", bare.err);
    let stray = ["zone", "compose", "x", "--take", "aml_cft=zz", "--take", "tax=sg"];
    assert!(place.mez(&stray).err.contains("no zone and has no pack"));
}

#[test]
fn every_zone_is_locked_at_once() {
    let place = Place::new("lock-all");
    let said = place.mez(&["lock", "--all", "--output", "locks", "--json"]);
    assert_eq!(said.exit, 0, "{}", said.err);
    assert_eq!(said.json()["locked"], 209);
    let lock = place.read("locks/synth-atlantic-fintech/stack.lock");
    assert!(lock.contains(r#""pending":["#), "{lock}");
    let again = place.mez(&["lock", "--all", "--json"]).json();
    assert_eq!(again["zones"], said.json()["zones"], "the same every time");
}
