//! `mez pack`, `mez explain`, `mez policy`, `mez lawpack`: law counted, explained, tried and kept.

use std::path::Path;

use crate::place::Place;

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

/// No shipped rule without citation, dates and tests. The rulebook of sandboxes is law of nobody; parts of it have been
/// left nothing to say.
#[test]
fn no_shipped_pack_is_unfinished() {
    let place = Place::new("lint");
    let said = place.mez(&["pack", "lint", "--json"]);
    if said.exit == 0 {
        return;
    }
    let told: serde_json::Value = serde_json::from_str(&said.err).unwrap();
    let count = told["error"]["message"].as_str().unwrap().split(' ').next().unwrap();
    // Errors come before notes.
    let errors = told["error"]["problems"].as_array().unwrap().iter().take(count.parse().unwrap());
    for error in errors {
        assert!(error["file"].as_str().unwrap().starts_with("packs/sandbox/"), "{error}");
    }
}

#[test]
fn law_is_counted_and_its_sources_are_drawn_by_seed() {
    let place = Place::new("pack");
    let told = place.mez(&["pack", "completeness", "--json"]).json();
    for jurisdiction in told["jurisdictions"].as_array().unwrap() {
        for figure in [
            "domains_with_rules",
            "domains_scoped_out",
            "rules",
            "tests",
            "cited",
            "reviewed",
            "unsourced",
        ] {
            assert!(jurisdiction[figure].is_u64(), "{figure} of {jurisdiction}");
        }
        assert_eq!(jurisdiction["domains"].as_array().unwrap().len(), 20);
    }
    let floor = concat!(env!("CARGO_MANIFEST_DIR"), "/../law/completeness.json");
    assert_eq!(place.mez(&["pack", "completeness", "--floor", floor]).exit, 0);
    place.write("floor.json", r#"{"least":{"sg":{"rules":100000}},"lowered":{}}"#);
    assert_eq!(place.mez(&["pack", "completeness", "--floor", "floor.json"]).exit, 6);
    place.write("floor.json", r#"{"least":{"sg":{"rules":100000}},"lowered":{"sg: rules":"x"}}"#);
    assert_eq!(place.mez(&["pack", "completeness", "--floor", "floor.json"]).exit, 0);

    let draw =
        |seed: &str| place.mez(&["pack", "cite", "--sample", "20", "--seed", seed, "--json"]);
    let (one, same, other) = (draw("7").json(), draw("7").json(), draw("8").json());
    assert_eq!(one, same);
    assert_ne!(one["rules"], other["rules"]);
    for rule in one["rules"].as_array().unwrap() {
        assert!(
            rule["source"]["where"].is_string() && rule["source"]["read"].is_string(),
            "{rule}"
        );
    }
    let words = place.mez(&["pack", "vocabulary"]).out;
    assert!(
        words.contains("evidence.license.activities") && words.contains("plus_months(date, int)")
    );
}

/// The 12 acts become a lawpack whose texts the schema admits.
#[test]
fn official_texts_become_akoma_ntoso_that_the_schema_admits() {
    let acts = format!("{SHARED}/legislation-pk");
    let schema = format!("{SHARED}/akn/akomantoso30.xsd");
    if !Path::new(&acts).is_dir() {
        return;
    }
    let place = Place::new("lawpack");
    let import = |out: &str| {
        let args = ["lawpack", "import", &acts, "--jurisdiction", "pk", "--as-of", "2026-11-20"];
        place.mez(&[&args[..], &["--out", out, "--json"]].concat())
    };
    let said = import("one");
    assert_eq!(said.exit, 0, "{}", said.err);
    let made = said.json();
    assert_eq!((&made["texts"], &made["sections"]), (&12.into(), &1312.into()));
    assert_eq!(import("two").json()["digest_sha256"], made["digest_sha256"]);
    let verified = place.mez(&[
        "lawpack",
        "verify",
        "one",
        "--provision",
        "akn/pk-anti-money-laundering-aml-act-2010.xml#sec_6B",
        "--json",
    ]);
    assert_eq!(verified.json()["digest_sha256"], made["digest_sha256"], "{}", verified.err);
    let texts = std::fs::read_dir(place.path("one/akn")).unwrap().map(|e| e.unwrap().path());
    let mut lint = std::process::Command::new("xmllint");
    lint.args(["--noout", "--nonet", "--schema", &schema]).args(texts);
    match lint.output() {
        Ok(said) => assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr)),
        Err(_) => eprintln!("xmllint is not here: the schema was not asked"),
    }
    let path = "two/akn/pk-arbitration-act-1940.xml";
    let text = place.read(path).replace(">1</num>", ">1A</num>");
    place.write(path, text);
    assert_eq!(place.mez(&["lawpack", "verify", "two"]).exit, 6);
    assert_eq!(place.mez(&["lawpack", "diff", "one", "one"]).out, "no provision differs\n");
}

#[test]
fn what_a_pack_cites_becomes_a_lawpack_of_structure() {
    let place = Place::new("lawpack-structure");
    for name in ["sg", "pk", "ae-abudhabi-adgm"] {
        let said = place.mez(&["lawpack", "build", "--jurisdiction", name, "--out", name]);
        assert_eq!(said.exit, 0, "{name}: {}", said.err);
        assert_eq!(place.mez(&["lawpack", "verify", name]).exit, 0);
    }
    let schema = format!("{SHARED}/akn/akomantoso30.xsd");
    if Path::new(&schema).is_file() {
        let texts = std::fs::read_dir(place.path("sg/akn")).unwrap().map(|e| e.unwrap().path());
        let mut lint = std::process::Command::new("xmllint");
        lint.args(["--noout", "--nonet", "--schema", &schema]).args(texts);
        if let Ok(said) = lint.output() {
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        }
    }
}
