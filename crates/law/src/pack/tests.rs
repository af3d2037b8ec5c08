//! Packs: what loads, what the linter refuses, what the digest covers.

use canon::{Date, PackId};

use super::Pack;
use crate::domain::Domain;
use crate::facts::Value;
use crate::files::Memory;

const HEAD: &str = "pack: sg\njurisdiction: sg\ntitle: t\nversion: 1\nas_of: 2026-11-20\n\
    sources:\n  - { id: a, title: A, where: w, read: 2026-11-20 }\n";
const CITED: &str = "citation: { instrument: I, section: '1', source: a }";

fn files(parts: &[(&str, &str)]) -> Memory {
    let mut memory = Memory::default();
    memory.0.insert("packs/sg/pack.yaml".into(), HEAD.into());
    for (name, text) in parts {
        memory.0.insert(format!("packs/sg/{name}"), text.as_bytes().to_vec());
    }
    memory
}

fn load(parts: &[(&str, &str)]) -> Result<Pack, String> {
    Pack::load(&files(parts), &PackId::parse("sg").unwrap())
        .map_err(|problems| problems.to_string())
}

fn rule(domain: &str, lines: &[&str]) -> String {
    let mut text = format!("domain: {domain}\nrules:\n  - id: sg.x\n");
    for line in lines {
        text.push_str("    ");
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn whole() -> Vec<&'static str> {
    vec![
        "effect: requirement",
        "summary: s",
        CITED,
        "from: 2020-01-01",
        "kinds: [entity.form]",
        "require: owner.identified",
        "remedy: r",
        "mode: enforce",
    ]
}

fn without(key: &str) -> String {
    let lines: Vec<&str> = whole().into_iter().filter(|line| !line.starts_with(key)).collect();
    load(&[("rules/aml.yaml", &rule("aml", &lines))]).unwrap_err()
}

#[test]
fn no_rule_without_citation_date_kinds_mode_or_remedy() {
    assert!(load(&[("rules/aml.yaml", &rule("aml", &whole()))]).is_ok());
    for key in ["citation", "from", "kinds", "mode", "summary", "effect"] {
        let told = without(key);
        assert_eq!(told, format!("packs/sg/rules/aml.yaml:3:5: `{key}` is missing"));
    }
    assert!(without("remedy").contains("a requirement needs `remedy`"));
    assert!(without("require").contains("a requirement needs `require`"));
}

#[test]
fn slips_are_refused_where_they_are() {
    let swap = |from: &str, to: &'static str| {
        let lines: Vec<&str> = whole()
            .into_iter()
            .map(|line| if line.starts_with(from) { to } else { line })
            .collect();
        load(&[("rules/aml.yaml", &rule("aml", &lines))]).unwrap_err()
    };
    assert!(swap("mode", "mod: enforce").contains("unknown key `mod` (did you mean `mode`?)"));
    assert!(swap("kinds", "kinds: [entity.from]").contains("did you mean `entity.form`?"));
    let told = swap("require", "require: owner.identifed");
    assert!(
        told.starts_with("packs/sg/rules/aml.yaml:9:14: in the expression, column 1"),
        "{told}"
    );
    let told = swap("citation", "citation: { instrument: I, section: '1', source: b }");
    assert!(told.contains("the pack has no source `b`"), "{told}");
    assert!(swap("from", "from: '2020-01-01'").contains("unquoted"));
    let told = load(&[("rules/taxs.yaml", "x")]).unwrap_err();
    assert_eq!(told, "packs/sg/rules/taxs.yaml: `taxs` is not a domain (did you mean `tax`?)");
    assert!(load(&[("rule.yaml", "x")]).unwrap_err().contains("no such part of a pack"));
}

#[test]
fn sanctions_admit_no_scoping_and_no_guard() {
    let mut scoping = whole();
    scoping.retain(|line| !line.starts_with("require") && !line.starts_with("effect"));
    scoping.push("effect: scoping");
    let told = load(&[("rules/sanctions.yaml", &rule("sanctions", &scoping))]).unwrap_err();
    assert!(told.contains("no scoping rules here"), "{told}");
    let told = load(&[("rules/sanctions.yaml", &rule("sanctions", &whole()))]).unwrap_err();
    assert!(told.contains("must read `screening.clear`"), "{told}");
    let mut guarded = whole();
    guarded.push("when: screening.clear");
    let told = load(&[("rules/sanctions.yaml", &rule("sanctions", &guarded))]).unwrap_err();
    assert!(told.contains("has no `when`"), "{told}");
}

#[test]
fn parameters_are_dated_and_never_doubled() {
    let row = |from: &str, more: &str| {
        format!("  - {{ name: fee, value: 5, from: {from}{more}, {CITED} }}\n")
    };
    let two = format!(
        "parameters:\n{}{}",
        row("2020-01-01", ", until: 2021-01-01"),
        row("2021-01-01", "")
    );
    let pack = load(&[("parameters.yaml", &two)]).unwrap();
    let day = |text: &str| Date::parse(text).unwrap();
    assert_eq!(pack.parameter("fee", day("2020-12-31")), Some(&Value::Int(5)));
    assert_eq!(pack.parameter("fee", day("2019-12-31")), None);
    let clash = format!("parameters:\n{}{}", row("2020-01-01", ""), row("2021-01-01", ""));
    let told = load(&[("parameters.yaml", &clash)]).unwrap_err();
    assert!(told.contains("two values of `fee` are in force on one day"), "{told}");
}

#[test]
fn the_digest_covers_every_record_but_not_comments_or_tests() {
    let text = rule("aml", &whole());
    let table = format!("regulators:\n  - {{ name: N, from: 2020-01-01, {CITED} }}\n");
    let parts = [("rules/aml.yaml", text.as_str()), ("regulators.yaml", table.as_str())];
    let digest = load(&parts).unwrap().digest();
    let commented = format!("# note\n{text}");
    let same = [("rules/aml.yaml", commented.as_str()), parts[1], ("tests/a.yaml", "x: 1\n")];
    assert_eq!(load(&same).unwrap().digest(), digest);
    let renamed = table.replace("name: N", "name: M");
    let other = [parts[0], ("regulators.yaml", renamed.as_str())];
    assert_ne!(load(&other).unwrap().digest(), digest);
    let reworded = text.replace("remedy: r", "remedy: q");
    assert_ne!(load(&[("rules/aml.yaml", reworded.as_str()), parts[1]]).unwrap().digest(), digest);
    assert_ne!(load(&parts[..1]).unwrap().digest(), digest);
}

#[test]
fn a_missing_rule_file_loads_and_is_named() {
    let pack = load(&[("rules/aml.yaml", &rule("aml", &whole()))]).unwrap();
    assert_eq!(pack.missing().len(), 19);
    assert!(!pack.missing().contains(&Domain::Aml));
}

#[test]
fn the_chain_of_parents_must_exist_and_end() {
    let mut memory = files(&[]);
    let text = format!("{HEAD}parent: my\n");
    memory.0.insert("packs/sg/pack.yaml".into(), text.clone().into());
    let id = PackId::parse("sg").unwrap();
    let told = Pack::load(&memory, &id).unwrap_err().to_string();
    assert!(told.contains("packs/my/pack.yaml: named as a parent"), "{told}");
    let circle = text.replace("sg", "my").replace("parent: my", "parent: sg");
    memory.0.insert("packs/my/pack.yaml".into(), circle.into());
    let told = Pack::load(&memory, &id).unwrap_err().to_string();
    assert!(told.contains("circle"), "{told}");
}
