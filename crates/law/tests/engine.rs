//! The engine over the real packs: what refuses, what never passes, what is recorded.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

use canon::{Canonical, Date, Did, Digest, JurisdictionId, Realm, Timestamp};
use law::manifest::{Catalog, Stack};
use law::{
    Case, Decision, Domain, Facts, Files, Kind, Lock, Outcome, Provenance, Reason, Rulebook,
    ScreeningPolicy, Source, State, admit, blocking, evaluate, exemption_name, may_proceed,
};
use proptest::prelude::*;

const ZONES: [&str; 3] = ["pk-sifc", "ae-abudhabi-adgm", "sg"];

fn book(files: &dyn Files, zone: &str, profile: Option<&str>) -> Rulebook {
    let stack = Stack::named(&Catalog::new(files), zone, profile)
        .unwrap_or_else(|error| panic!("{zone}: {error}"));
    Lock::of(&stack).pin(stack).unwrap().rulebook(Realm::Sandbox, Vec::new()).unwrap()
}

/// A profile without extra evidence, so that `formation` suffices.
const PLAIN: Option<&str> = Some("plain");

fn case(zone: &str, facts: Facts) -> Case {
    Case {
        kind: Kind::EntityForm,
        jurisdictions: vec![JurisdictionId::parse(zone).unwrap()],
        as_of: Date::parse("2026-11-20").unwrap(),
        known_at: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
        facts,
        there: None,
    }
}

fn from(source: Source) -> Provenance {
    Provenance::new(source, Digest::of_blob(b"test"))
}

#[test]
fn a_formation_is_admitted_decided_in_20_domains_and_its_record_reads_back() {
    let files = rig::content();
    for zone in ZONES {
        let book = book(&files, zone, PLAIN);
        let case = case(zone, rig::formation(zone));
        let admission = admit(&book, &case).unwrap_or_else(|refusal| panic!("{zone}: {refusal}"));
        assert_eq!(admission.decision().cells.len(), 20);
        assert_eq!(admission.decision().outcome(), Outcome::Allow);
        let again = Decision::parse(admission.record()).unwrap();
        assert_eq!(&again, admission.decision());
        assert_eq!(evaluate(&book, &case).record().unwrap().bytes(), admission.record().bytes());
        for cell in &again.cells {
            for row in cell.rows.iter().filter(|row| row.counted) {
                assert!(
                    row.cited.is_some(),
                    "{zone} {}: a counted row without citation",
                    cell.domain
                );
            }
        }
        assert!(!again.unsourced.contains(&Domain::Sanctions));
    }
}

#[test]
fn a_forged_record_contradicts_itself() {
    let files = rig::content();
    let book = book(&files, "sg", PLAIN);
    let mut facts = rig::formation("sg");
    facts.state("screening.clear", false, from(Source::Screening)).unwrap();
    let refusal = admit(&book, &case("sg", facts)).unwrap_err();
    let text = String::from_utf8(refusal.record().bytes().to_vec()).unwrap();
    for (what, by) in [
        ("\"outcome\":\"deny\"", "\"outcome\":\"allow\""),
        ("\"domain\":\"tax\"", "\"domain\":\"trade\""),
        ("\"state\":\"non_compliant\"", "\"state\":\"compliant\""),
    ] {
        assert!(text.contains(what), "{what}");
        let forged = Canonical::parse(text.replace(what, by).as_bytes()).unwrap();
        assert!(Decision::parse(&forged).is_err(), "{what}");
    }
}

#[test]
fn deleting_any_rule_file_refuses_naming_the_domain() {
    let files = rig::content();
    for (zone, packs) in [
        ("pk-sifc", vec!["pk-sifc", "pk"]),
        ("ae-abudhabi-adgm", vec!["ae-abudhabi-adgm", "ae"]),
        ("sg", vec!["sg"]),
    ] {
        for pack in packs {
            for domain in Domain::ALL {
                let mut less = files.clone();
                let gone = less.0.remove(&format!("packs/{pack}/rules/{domain}.yaml"));
                assert!(gone.is_some(), "packs/{pack} has no file for {domain}");
                let book = book(&less, zone, PLAIN);
                let refusal = admit(&book, &case(zone, rig::formation(zone))).unwrap_err();
                assert_eq!(refusal.blocking()[0].domain, domain, "{pack}");
                assert!(refusal.to_string().starts_with(&format!("{domain} is pending")));
                let rows = &refusal.decision().cell(domain).unwrap().rows;
                assert_eq!(rows[0].reason, Reason::NoRuleFile);
            }
        }
    }
}

#[test]
fn without_the_sandbox_rulebook_unsourced_domains_refuse() {
    let mut files = rig::content();
    let path = "zones/sg/zone.yaml";
    let text = String::from_utf8(files.0[path].clone()).unwrap();
    let full = book(&files, "sg", PLAIN);
    let unsourced = evaluate(&full, &case("sg", rig::formation("sg"))).unsourced;
    assert!(!unsourced.is_empty());
    files.0.insert(
        path.into(),
        text.replace("sandbox_rulebook: true", "sandbox_rulebook: false").into(),
    );
    let bare = book(&files, "sg", PLAIN);
    let decision = evaluate(&bare, &case("sg", rig::formation("sg")));
    assert_eq!(blocking(&decision), unsourced);
}

#[test]
fn production_refuses_the_sandbox_rulebook_and_unbounded_lists() {
    let files = rig::content();
    let stack = Stack::named(&Catalog::new(&files), "sg", None).unwrap();
    let pinned = Lock::of(&stack).pin(stack).unwrap();
    assert!(pinned.rulebook(Realm::Production, Vec::new()).is_err());
    let packs = pinned.packs().to_vec();
    let unbounded = ScreeningPolicy::default();
    assert!(Rulebook::of(Realm::Production, packs.clone(), None, None, unbounded).is_err());
    let policy = ScreeningPolicy { max_list_age_days: Some(7), lists: Vec::new() };
    let book = Rulebook::of(Realm::Production, packs, None, None, policy).unwrap();
    let mut facts = Facts::new();
    facts.state("screening.clear", true, from(Source::Screening)).unwrap();
    let decision = evaluate(&book, &case("sg", facts));
    let sanctions = decision.cell(Domain::Sanctions).unwrap();
    assert!(sanctions.state < State::Compliant, "a list of unknown age passes in production");
}

#[test]
fn sanctions_block_hard_and_an_old_list_refuses() {
    let files = rig::content();
    let book = book(&files, "sg", PLAIN);
    let with = |name: &str, value: law::Value| {
        let mut facts = rig::formation("sg");
        facts.state(name, value, from(Source::Screening)).unwrap();
        admit(&book, &case("sg", facts)).unwrap_err()
    };
    let hit = with("screening.clear", false.into());
    assert_eq!(hit.decision().cell(Domain::Sanctions).unwrap().state, State::NonCompliant);
    let old = with("screening.list_age_days", 8.into());
    assert_eq!(old.blocking()[0].domain, Domain::Sanctions);
    assert_eq!(old.decision().list_age_days, Some(8));
}

#[test]
fn a_list_dated_in_the_future_is_over_every_bound_in_production_and_shown_elsewhere() {
    let files = rig::content();
    let stack = Stack::named(&Catalog::new(&files), "sg", None).unwrap();
    let packs = Lock::of(&stack).pin(stack).unwrap().packs().to_vec();
    for realm in [Realm::Production, Realm::Sandbox] {
        let policy = ScreeningPolicy { max_list_age_days: Some(7), lists: Vec::new() };
        let book = Rulebook::of(realm, packs.clone(), None, None, policy).unwrap();
        let mut facts = rig::formation("sg");
        facts.state("screening.list_age_days", -3_i64, from(Source::Screening)).unwrap();
        let decision = evaluate(&book, &case("sg", facts));
        let sanctions = decision.cell(Domain::Sanctions).unwrap();
        let rule = |row: &&law::Row| {
            row.rule.as_ref().is_some_and(|rule| rule.as_str() == "zone.sanctions.list-age")
        };
        let row = sanctions.rows.iter().find(rule).unwrap();
        assert!(row.explanation.contains("dated in the future"), "{}", row.explanation);
        assert_eq!(row.state == State::Compliant, realm == Realm::Sandbox);
    }
}

#[test]
fn an_expired_credential_reads_non_compliant() {
    let files = rig::content();
    let book = book(&files, "sg", PLAIN);
    let mut facts = rig::formation("sg");
    let end = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
    facts.state("owner.identified", true, from(Source::Credential).until(end)).unwrap();
    let mut case = case("sg", facts);
    let refusal = admit(&book, &case).unwrap_err();
    let expired = |domain: Domain| {
        let cell = refusal.decision().cell(domain).unwrap();
        cell.state == State::NonCompliant && cell.rows.iter().any(|r| r.reason == Reason::Expired)
    };
    assert!(Domain::ALL.into_iter().any(expired));
    case.known_at = end.plus_secs(-1).unwrap();
    let admission = admit(&book, &case).unwrap();
    assert_eq!(admission.decision().next_expiry, Some(end));
}

#[test]
fn an_exemption_reaches_its_own_jurisdiction_only_and_a_lapsed_one_nothing() {
    let files = rig::content();
    let book = book(&files, "sg", PLAIN);
    let issuer = Did::parse("did:web:acra.example").unwrap();
    let state = |place: &str, end: &str| {
        let mut facts = rig::formation("sg");
        facts.state("owner.identified", false, from(Source::Credential)).unwrap();
        let end = Timestamp::parse(end).unwrap();
        let provenance = from(Source::Credential).by(issuer.clone()).until(end);
        facts.state(&exemption_name(place, Domain::Kyc), true, provenance).unwrap();
        evaluate(&book, &case("sg", facts)).cell(Domain::Kyc).unwrap().state
    };
    assert_eq!(state("sg", "2027-01-01T00:00:00Z"), State::Exempt);
    assert_eq!(state("pk", "2027-01-01T00:00:00Z"), State::NonCompliant);
    assert_eq!(state("sg", "2026-11-01T00:00:00Z"), State::NonCompliant);
}

#[test]
fn a_profile_adds_evidence_and_drops_nothing() {
    let files = rig::content();
    let catalog = &Catalog::new(&files);
    let plain = book(&files, "sg", PLAIN);
    for name in catalog.profile_names().unwrap() {
        let profile = catalog.profile(&name).unwrap();
        let book = book(&files, "sg", Some(&name));
        let before = evaluate(&plain, &case("sg", rig::formation("sg")));
        let after = evaluate(&book, &case("sg", rig::formation("sg")));
        for domain in Domain::ALL {
            let (a, b) = (before.cell(domain).unwrap().state, after.cell(domain).unwrap().state);
            assert!(b <= a, "{name} makes {domain} better");
            let asks = profile.extra_evidence.contains_key(&domain);
            assert_eq!(b == State::Pending, asks, "{name} {domain}");
        }
        let mut facts = rig::formation("sg");
        for ask in profile.extra_evidence.values().flatten() {
            facts.state(&format!("evidence.{ask}"), true, from(Source::Credential)).unwrap();
        }
        assert!(may_proceed(&evaluate(&book, &case("sg", facts))), "{name}");
    }
}

#[test]
fn an_empty_or_unknown_slice_is_an_error_that_leaves_a_record() {
    let files = rig::content();
    let book = book(&files, "sg", None);
    let mut nowhere = case("sg", rig::formation("sg"));
    nowhere.jurisdictions.clear();
    let mut elsewhere = case("hk", rig::formation("hk"));
    elsewhere.jurisdictions.push(JurisdictionId::parse("sg").unwrap());
    for case in [nowhere, elsewhere] {
        let refusal = admit(&book, &case).unwrap_err();
        assert_eq!(refusal.outcome(), Outcome::Error);
        assert!(!may_proceed(refusal.decision()));
        assert_eq!(&Decision::parse(refusal.record()).unwrap(), refusal.decision());
    }
}

#[test]
fn a_changed_pack_differs_from_the_lock_by_name() {
    let files = rig::content();
    let lock = Lock::of(&Stack::named(&Catalog::new(&files), "pk-sifc", None).unwrap());
    let differs = |path: &str, from: &str, to: &str| {
        let mut other = files.clone();
        let text = String::from_utf8(other.0[path].clone()).unwrap();
        assert!(text.contains(from), "{path} has no `{from}`");
        other.0.insert(path.into(), text.replacen(from, to, 1).into());
        let stack = Stack::named(&Catalog::new(&other), "pk-sifc", None).unwrap();
        lock.pin(stack).unwrap_err().item
    };
    assert_eq!(differs("packs/pk/rules/aml.yaml", "mode: enforce", "mode: shadow"), "pack `pk`");
    assert!(
        differs("zones/pk-sifc/zone.yaml", "zone_name: ", "zone_name: Other ")
            .starts_with("zone `")
    );
    let mut other = files.clone();
    other.0.remove("packs/pk-sifc/rules/ip.yaml");
    let stack = Stack::named(&Catalog::new(&other), "pk-sifc", None).unwrap();
    assert_eq!(lock.check(&stack).unwrap_err().item, "pack `pk-sifc`");
}

#[test]
fn the_commitment_needs_its_salt() {
    let files = rig::content();
    let decision = evaluate(&book(&files, "sg", None), &case("sg", rig::formation("sg")));
    assert_eq!(decision.record().unwrap(), Canonical::of_value(&decision.document()).unwrap());
    let (a, b) = (decision.commitment(&[1; 32]).unwrap(), decision.commitment(&[2; 32]).unwrap());
    assert_ne!(a, b);
    assert_ne!(a, decision.record().unwrap().digest());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_facts_give_a_decision_and_more_knowledge_never_undoes_a_refusal_by_ignorance_alone(
        keep in proptest::collection::vec(any::<bool>(), 11),
        kind in proptest::sample::select(Kind::ALL.to_vec()),
    ) {
        thread_local! {
            static BOOK: Rulebook = {
                let files = rig::content();
                book(&files, "pk-sifc", PLAIN)
            };
        }
        BOOK.with(|book| {
            let full = rig::formation("pk-sifc");
            let mut facts = Facts::new();
            for ((name, fact), keep) in full.iter().zip(&keep) {
                if *keep {
                    facts.state(name, fact.value.clone(), fact.provenance.clone()).unwrap();
                }
            }
            let judge = |facts: Facts| {
                evaluate(book, &Case { kind, ..case("pk-sifc", facts) })
            };
            let (partial, whole) = (judge(facts), judge(full));
            for domain in Domain::ALL {
                let (less, more) =
                    (partial.cell(domain).unwrap().state, whole.cell(domain).unwrap().state);
                assert!(less <= more, "{kind} {domain}: knowing less gives {less}, more gives {more}");
            }
            assert!(Decision::parse(&partial.record().unwrap()).is_ok());
        });
    }
}
