//! A zone that is no place, decided by the law it takes from others.
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
use law::manifest::{Catalog, ComposedDomain, Stack, Zone};
use law::{Case, Decision, Domain, Kind, Lock, Memory, Reason, State, evaluate};

const ZONE: &str = "zone_id: org.momentum.mez.zone.synthetic.test\njurisdiction_id: synth-test\n\
    zone_name: Test\nzone_kind: synthetic\n\
    profile: { profile_id: org.momentum.mez.profile.plain, version: 0.1.0 }\n\
    jurisdiction_stack: [synth-test]\npending_jurisdictions: [synth-test]\n";
const TAKEN: &str = "composition: { corporate_formation: ae-abudhabi-adgm, tax: hk, aml_cft: sg, \
    licensing: ae-abudhabi-adgm, data_privacy: pk-sifc, securities: de }\n";

fn formed(files: &Memory, zone: &str, place: &str) -> Decision {
    let zone = Zone::parse("zone.yaml", zone.as_bytes()).unwrap();
    let stack = Stack::resolve(&Catalog::new(files), zone).unwrap();
    let book = Lock::of(&stack).pin(stack).unwrap().rulebook(Realm::Sandbox, Vec::new()).unwrap();
    let case = Case {
        kind: Kind::EntityForm,
        jurisdictions: vec![JurisdictionId::parse(place).unwrap()],
        as_of: Date::parse("2026-11-20").unwrap(),
        known_at: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
        facts: rig::formation(place),
        there: None,
    };
    evaluate(&book, &case)
}

/// What a place of its own law says of a domain: state and rules, without where it says it.
fn said(decision: &Decision, domain: Domain) -> (State, Vec<String>) {
    let cell = decision.cell(domain).unwrap();
    let row = |row: &law::Row| {
        let rule = row.rule.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{rule} {:?} {:?} {}", row.state, row.reason, row.counted)
    };
    // What the zone itself asks is asked of both.
    let rows = cell.rows.iter().filter(|row| row.jurisdiction.is_some() && row.rule.is_some());
    (cell.state, rows.map(row).collect())
}

fn of_source(files: &Memory, source: &str) -> Decision {
    let zone = Catalog::new(files).zone(source).unwrap();
    let mut zone = zone;
    zone.profile = Catalog::new(files).profile("plain").unwrap().id;
    // The rulebook of sandboxes is no part of what was taken.
    zone.sandbox_rulebook = false;
    formed(files, &zone.to_yaml(), source)
}

#[test]
fn each_domain_is_decided_as_where_it_was_taken_from() {
    let files = rig::content();
    let composed = formed(&files, &format!("{ZONE}{TAKEN}"), "synth-test");
    let taken = [
        (ComposedDomain::CorporateFormation, "ae-abudhabi-adgm"),
        (ComposedDomain::Tax, "hk"),
        (ComposedDomain::AmlCft, "sg"),
        (ComposedDomain::Licensing, "ae-abudhabi-adgm"),
        (ComposedDomain::DataPrivacy, "pk-sifc"),
    ];
    let mut decided = 0;
    for (layer, source) in taken {
        let own = of_source(&files, source);
        for domain in layer.covers() {
            assert_eq!(said(&composed, *domain), said(&own, *domain), "{domain} of {source}");
            decided += usize::from(composed.cell(*domain).unwrap().state > State::Pending);
        }
    }
    assert!(decided >= 6, "{decided}");
    // Taken from where there is no pack, or from nowhere.
    let rest = Domain::ALL
        .into_iter()
        .filter(|domain| !taken.iter().any(|(layer, _)| layer.covers().contains(domain)));
    for domain in rest {
        let cell = composed.cell(domain).unwrap();
        assert_eq!((cell.state, cell.rows[0].reason), (State::Pending, Reason::NoRule), "{domain}");
    }
    let used: Vec<&str> = composed.packs.iter().map(|used| used.pack.as_str()).collect();
    assert_eq!(used, ["ae", "ae-abudhabi-adgm", "hk", "pk", "pk-sifc", "sg"]);
}

#[test]
fn a_file_gone_where_it_was_taken_from_is_gone_here() {
    let mut files = rig::content();
    files.0.remove("packs/ae/rules/corporate.yaml").unwrap();
    files.0.remove("packs/hk/rules/aml.yaml").unwrap();
    let composed = formed(&files, &format!("{ZONE}{TAKEN}"), "synth-test");
    let corporate = composed.cell(Domain::Corporate).unwrap();
    assert_eq!((corporate.state, corporate.rows[0].reason), (State::Pending, Reason::NoRuleFile));
    // What hk says of money laundering was not taken.
    let aml = said(&composed, Domain::Aml);
    assert_eq!(aml, said(&of_source(&files, "sg"), Domain::Aml));
}

#[test]
fn law_of_nowhere_judges_nothing() {
    let files = rig::content();
    let none =
        formed(&files, &format!("{ZONE}composition: {{ aml_cft: de, tax: sg }}\n"), "synth-test");
    assert_eq!(none.cell(Domain::Sanctions).unwrap().state, State::Pending);
    assert!(
        none.cell(Domain::Tax).unwrap().state > State::Pending
            || !none.cell(Domain::Tax).unwrap().rows.is_empty()
    );
}
