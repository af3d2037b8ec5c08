//! Stacked law: what a free zone's rules put in the place of its host's, and what nothing can.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

use std::collections::BTreeMap;

use canon::{Date, Digest, JurisdictionId, PackId, Timestamp};
use law::manifest::{Catalog, Stack};
use law::{
    Case, Decision, Domain, Effect, Explanation, Facts, Kind, Lock, Memory, Pack, Problems,
    Provenance, Reason, Rulebook, Source, State, evaluate,
};

const HOST: &str = "ae";
const ZONE: &str = "ae-abudhabi-adgm";
const HEAD: &str = "domain: tax\nrules:\n";

/// A rule of tax law over every formation.
fn rule(id: &str, lines: &[&str]) -> String {
    let head = format!(
        "  - id: {id}\n    summary: a rule\n    from: 2020-01-01\n    kinds: [entity.form]\n    \
         mode: enforce\n    remedy: do it\n    citation: {{ instrument: An Act, section: \"1\", source: SOURCE }}\n"
    );
    lines.iter().fold(head, |text, line| format!("{text}    {line}\n"))
}

const ASKS: &str = "effect: requirement\n    require: 'evidence.license'";
const OWN: &str = "effect: requirement\n    require: 'owner.identified'";
const DISPLACES: &str = "displaces: [ { rule: host.tax.asks, citation: { instrument: The Host Act, section: \"9\", source: SOURCE } } ]";

/// The content of the checkout, its tax law replaced by these rules, and no tests beside them.
fn content(host: &str, zone: &str) -> Memory {
    let mut files = rig::content();
    for (pack, rules) in [(HOST, host), (ZONE, zone)] {
        let head = String::from_utf8(files.0[&format!("packs/{pack}/pack.yaml")].clone()).unwrap();
        let (_, sources) = head.split_once("sources:").unwrap();
        let (_, source) = sources.split_once("id:").unwrap();
        let source = source.trim_start().split([',', '\n', ' ']).next().unwrap().trim();
        let text = format!("{HEAD}{}", rules.replace("SOURCE", source));
        files.0.insert(format!("packs/{pack}/rules/tax.yaml"), text.into());
        // Parameters and citations of other files stay as they are.
        files.0.retain(|path, _| !path.starts_with(&format!("packs/{pack}/tests/")));
    }
    files
}

fn loaded(files: &Memory) -> Result<Pack, Problems> {
    Pack::load(files, &PackId::parse(ZONE).unwrap())
}

fn book(files: &Memory) -> Rulebook {
    let stack = Stack::named(&Catalog::new(files), ZONE, Some("plain")).unwrap();
    let pinned = Lock::of(&stack).pin(stack).unwrap();
    pinned.rulebook(canon::Realm::Sandbox, Vec::new()).unwrap()
}

fn decided(files: &Memory, facts: &[(&str, bool)]) -> Decision {
    let mut all = Facts::new();
    for (name, value) in facts {
        let source = if name.starts_with("evidence") || name.starts_with("owner") {
            Source::Credential
        } else {
            Source::Registry
        };
        all.state(name, *value, Provenance::new(source, Digest::of_blob(b"t"))).unwrap();
    }
    let case = Case {
        kind: Kind::EntityForm,
        jurisdictions: vec![JurisdictionId::parse(ZONE).unwrap()],
        as_of: Date::parse("2026-11-20").unwrap(),
        known_at: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
        facts: all,
        there: None,
    };
    evaluate(&book(files), &case)
}

/// The state of tax, and why the host's rule says what it says.
fn tax(files: &Memory, facts: &[(&str, bool)]) -> (State, Reason) {
    let decision = decided(files, facts);
    let cell = decision.cell(Domain::Tax).unwrap();
    let host = cell
        .rows
        .iter()
        .find(|row| row.rule.as_ref().is_some_and(|rule| rule.as_str() == "host.tax.asks"));
    (cell.state, host.unwrap().reason)
}

#[test]
fn a_zone_stands_on_its_host_until_it_displaces_by_name() {
    let host = rule("host.tax.asks", &[ASKS]);
    let known = [("owner.identified", true)];
    let both = content(&host, &rule("zone.tax.own", &[OWN]));
    assert_eq!(tax(&both, &known), (State::Pending, Reason::Unknown), "the host's law counts");
    let displaced = content(&host, &rule("zone.tax.own", &[OWN, DISPLACES]));
    assert_eq!(tax(&displaced, &known), (State::Compliant, Reason::Displaced));
    let broken = [("owner.identified", false), ("evidence.license", true)];
    assert_eq!(
        tax(&displaced, &broken),
        (State::NonCompliant, Reason::Displaced),
        "what stands in its place decides"
    );

    let decision = decided(&displaced, &known);
    let rows = &decision.cell(Domain::Tax).unwrap().rows;
    let row = rows.iter().find(|row| row.reason == Reason::Displaced).unwrap();
    assert!(!row.counted && row.remedy.is_none());
    let by = row.displaced_by.as_ref().unwrap();
    assert_eq!((by.rule.as_str(), by.citation.section.as_str()), ("zone.tax.own", "9"));
    let again = Decision::parse(&decision.record().unwrap()).unwrap();
    assert_eq!(again, decision, "the record tells it");
    let told = Explanation::of(&decision);
    let text = told.text();
    assert!(text.contains("host.tax.asks (ae-abudhabi-adgm) says pending, displaced"), "{text}");
    assert!(text.contains("displaced by: zone.tax.own under The Host Act, 9"), "{text}");
    assert!(told.html().contains("<dt>displaced by</dt>"));
}

#[test]
fn displacement_holds_only_where_its_rule_does() {
    let host = rule("host.tax.asks", &[ASKS]);
    let guarded = |more: &[&str]| {
        let lines = [&[OWN, DISPLACES][..], more].concat();
        content(&host, &rule("zone.tax.own", &lines))
    };
    let known = ("owner.identified", true);
    let when = guarded(&["when: 'owner.natural_persons'"]);
    assert_eq!(tax(&when, &[known, ("owner.natural_persons", true)]).1, Reason::Displaced);
    for facts in [vec![known, ("owner.natural_persons", false)], vec![known]] {
        let said = tax(&when, &facts);
        assert_eq!(
            said,
            (State::Pending, Reason::Unknown),
            "false or not known: the host's counts"
        );
    }
    let host_mode = |zone: &str| content(&host, zone);
    for (from, to) in [
        ("mode: enforce", "mode: shadow"),
        ("mode: enforce", "mode: off"),
        ("from: 2020-01-01", "from: 2026-11-21"),
        ("from: 2020-01-01", "from: 2020-01-01\n    until: 2026-11-20"),
        (
            "kinds: [entity.form]",
            "kinds: [account.open, entity.form]\n    when: 'owner.natural_persons'",
        ),
    ] {
        let zone = rule("zone.tax.own", &[OWN, DISPLACES]).replace(from, to);
        let said = tax(&host_mode(&zone), &[known]);
        assert_eq!(said, (State::Pending, Reason::Unknown), "{to}");
    }
}

#[test]
fn a_scoping_rule_may_displace_and_nothing_in_its_place_decides_nothing() {
    let host = rule("host.tax.asks", &[ASKS]);
    let scoping = rule("zone.tax.out", &["effect: scoping", DISPLACES]);
    let said = tax(&content(&host, &scoping), &[]);
    assert_eq!(said, (State::NotApplicable, Reason::Displaced));
    let both = format!("{host}{}", rule("host.tax.other", &[OWN]));
    let said = tax(&content(&both, &scoping), &[]);
    assert_eq!(said, (State::Pending, Reason::Displaced), "only what is named is displaced");
}

#[test]
fn what_cannot_be_displaced_does_not_load() {
    let host = format!(
        "{}{}",
        rule("host.tax.asks", &[ASKS]),
        rule("host.tax.opening", &[ASKS]).replace("[entity.form]", "[account.open]")
    );
    let said = |displaces: &str| {
        let zone = rule("zone.tax.own", &[OWN, displaces]);
        loaded(&content(&host, &zone)).map(drop).unwrap_err().to_string()
    };
    let named = |name: &str| DISPLACES.replace("host.tax.asks", name);
    let unknown = said(&named("host.tax.ask"));
    assert!(
        unknown.contains("no pack above has a rule `host.tax.ask` (did you mean `host.tax.asks`?)")
    );
    assert!(unknown.contains("packs/ae-abudhabi-adgm/rules/tax.yaml:"), "{unknown}");
    let own = said(&named("zone.tax.own"));
    assert!(own.contains("no pack above has a rule `zone.tax.own`"), "{own}");
    let uncited = said("displaces: [ { rule: host.tax.asks } ]");
    assert!(uncited.contains("citation"), "{uncited}");
    let apart = said(&named("host.tax.opening"));
    assert!(apart.contains("speak of no transition together"), "{apart}");
    let none = said("displaces: []");
    assert!(none.contains("names 1 to 32 rules"), "{none}");
    let twice = DISPLACES.replace("} } ]", "} }, { rule: host.tax.asks, citation: { instrument: B, section: \"2\", source: SOURCE } } ]");
    assert!(said(&twice).contains("displaced twice"));

    let files = content(&host, &rule("zone.tax.own", &[OWN]));
    let packs: BTreeMap<_, _> = [HOST, ZONE]
        .map(|id| (id, Pack::load(&files, &PackId::parse(id).unwrap()).unwrap()))
        .into();
    let of = |pack: &Pack, domain| {
        pack.rules().iter().find(|rule| rule.domain == domain).map(|rule| rule.id.to_string())
    };
    let sanctions = of(&packs[HOST], Domain::Sanctions).expect("the host has sanctions law");
    let across = said(&named(&sanctions));
    assert!(across.contains("is a rule of `sanctions`, not of `tax`"), "{across}");
}

#[test]
fn nothing_displaces_sanctions() {
    let mut files = rig::content();
    let path = "packs/ae-abudhabi-adgm/rules/sanctions.yaml";
    let text = String::from_utf8(files.0[path].clone()).unwrap();
    let host = Pack::load(&files, &PackId::parse(HOST).unwrap()).unwrap();
    let gone = host.rules().iter().find(|rule| rule.domain == Domain::Sanctions).unwrap();
    assert_eq!(gone.effect, Effect::Requirement);
    let own = loaded(&files).unwrap();
    let Some(rule) = own.rules().iter().find(|rule| rule.domain == Domain::Sanctions) else {
        // The free zone leaves sanctions to its host: one rule of its own that would displace.
        let source = &own.sources()[0].id;
        let text = format!(
            "domain: sanctions\nrules:\n  - id: zone.sanctions.own\n    effect: requirement\n    \
             summary: own\n    from: 2020-01-01\n    kinds: [entity.form]\n    mode: enforce\n    \
             remedy: do\n    require: 'screening.clear'\n    citation: {{ instrument: A, section: \"1\", source: {source} }}\n    \
             displaces: [ {{ rule: {}, citation: {{ instrument: A, section: \"1\", source: {source} }} }} ]\n",
            gone.id
        );
        files.0.insert(path.into(), text.into());
        let said = loaded(&files).map(drop).unwrap_err().to_string();
        assert!(said.contains("nothing displaces a rule of sanctions"), "{said}");
        return;
    };
    let line = format!("id: {}", rule.id);
    let source = &rule.citation.source;
    let more = format!(
        "{line}\n    displaces: [ {{ rule: {}, citation: {{ instrument: A, section: \"1\", source: {source} }} }} ]",
        gone.id
    );
    files.0.insert(path.into(), text.replacen(&line, &more, 1).into());
    let said = loaded(&files).map(drop).unwrap_err().to_string();
    assert!(said.contains("nothing displaces a rule of sanctions"), "{said}");
}
