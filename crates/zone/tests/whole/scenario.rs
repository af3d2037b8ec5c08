//! The main job in one process: companies, refusals, a corridor, payments there and back, a cut, a
//! bundle a stranger can judge, a halt and a resume.
use crate::rig::work::{
    ask, balance, company, corridor_of, credential, entity_id, form_input, join, payment_state,
    pump, totals_are_zero, try_account, try_form, try_pay,
};
use crate::rig::{Net, Site, law_of};
use canon::AccountId;
use corridor::Stop;
use corridor::verify::judge;
use proof::credential::Verdict;
use zone::{ComplianceQuery, EntityEventAsk, HaltAsk, Refused, ResumeAsk};

const OWNERS: [&str; 2] = ["Ada Brightwater", "Noor Fairweather"];

#[test]
fn a_company_is_formed_a_listed_owner_refused_a_near_miss_passed() {
    let net = Net::new();
    for word in ["sg", "pk-sifc", "ae-abudhabi-adgm"] {
        let mut site = Site::opened(word, &net);
        let formed = try_form(&mut site, "one", "Straits Ledger", &OWNERS).unwrap();
        assert_eq!(formed.status, 201);
        let compliance = &formed.body["compliance"];
        assert_eq!(compliance["outcome"], "allow", "{word}: {compliance}");
        assert_eq!(compliance["domains"].as_array().unwrap().len(), 20);
        let verified =
            proof::credential::verify(&formed.body["credential"], &trusting(&site), net_now(&site));
        assert_eq!(verified.verdict(), Verdict::Valid, "{word} {:?}", verified.reasons());

        let head = journal(&site);
        let listed = [law_of::LISTED_ALIAS, "Noor Fairweather"];
        let refused = try_form(&mut site, "two", "Shadow Holdings", &listed).unwrap_err();
        let Refused::Law { sanctions, grounds, .. } = &refused else { panic!("{refused:?}") };
        let grounds = serde_json::json!(grounds);
        assert!(*sanctions, "{word} {grounds}");
        assert_eq!(refused.code(), "sanctions-hard-block");
        for told in [grounds.to_string(), refused.to_string()] {
            let detail = ["Quarrend", "test-list", "test-1", "score", "screenings"];
            assert!(detail.iter().all(|word| !told.contains(word)), "no list detail: {told}");
        }
        screened_on_record(&site);
        // The decision is recorded; nothing else is.
        assert_eq!(journal(&site), head + 1);
        assert_eq!(site.zone().entities(None, 50).unwrap().items.len(), 1);

        let near = [law_of::NEAR_MISS, "Noor Fairweather"];
        try_form(&mut site, "three", "Marlowe Works", &near).unwrap();
        let unidentified = form_input(&site, "Nobody Ltd", &OWNERS);
        let without = zone::FormEntity { evidence: Vec::new(), ..unidentified };
        let caller = site.caller();
        let refused = site.zone().form_entity(&ask(&caller, "four", "x"), without).unwrap_err();
        let Refused::Law { sanctions: false, grounds, .. } = &refused else {
            panic!("{refused:?}")
        };
        let grounds = serde_json::json!(grounds);
        let first = &grounds["blocking"][0];
        assert!(first["rule"].is_string() && first["remedy"].is_string(), "{first}");
        let id = entity_id(&formed);
        let seen = site.zone().compliance_of(&id, &ComplianceQuery::default()).unwrap();
        assert_eq!(seen["total_domains"], 20);
        assert_eq!(seen["blocking_count"], 0, "{seen}");
    }
}

/// The regulator sees which owner's name was found on which list, how well, and why.
fn screened_on_record(site: &Site) {
    let wanted = zone::DecisionQuery { outcome: Some("deny".to_owned()), ..Default::default() };
    let denied = site.zone().decisions(&wanted, 50).unwrap().items;
    let screenings = denied[0]["screenings"].as_array().unwrap();
    // The company, then its owners as given.
    let outcomes: Vec<_> = screenings.iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["clear", "hit", "clear"], "{denied:?}");
    let hit = &screenings[1]["hits"][0];
    assert_eq!((&hit["list"], &hit["entry"]), (&"test-list".into(), &"test-1".into()), "{hit}");
    assert!(hit["score_bp"].as_u64().unwrap() >= screenings[1]["threshold_bp"].as_u64().unwrap());
    assert!(hit["why"].to_string().contains(law_of::LISTED_ALIAS), "{hit}");
    assert_eq!(screenings[1]["lists"][0]["id"], "test-list");
}

fn trusting(site: &Site) -> proof::credential::Anchors {
    let anchors = proof::credential::Anchors::pinned(
        &proof::credential::TrustList(vec![site.did.clone()]),
        site.realm,
    );
    let inception = proof::Inception::verify(&site.inception_document, &site.did).unwrap();
    anchors.with_zone(inception).unwrap()
}

fn net_now(site: &Site) -> canon::Timestamp {
    site.zone().now()
}

fn journal(site: &Site) -> u64 {
    let ready = site.zone().readiness();
    let heads = ready.checks.iter().find(|check| check.name == "heads").unwrap();
    let at = heads.detail.split("at ").nth(1).unwrap();
    at.split(';').next().unwrap().parse().unwrap()
}

/// Two zones, a corridor, an account each: (a, b, payer, payee, payee's entity).
fn joined() -> (Site, Site, AccountId, AccountId, canon::EntityId) {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "1000.00");
    let (entity, payee) = company(&mut b, "Straits Ledger", "0");
    join(&mut a, &mut b);
    (a, b, payer, payee, entity)
}

#[test]
fn a_payment_arrives_and_settles_and_one_refused_there_comes_back() {
    let (mut a, mut b, payer, payee, entity) = joined();
    let paid = try_pay(&mut a, "pay-1", (&payer, "250.00"), (&b, &payee, "Straits Ledger"));
    let paid = paid.unwrap();
    assert_eq!(payment_state(&a, &paid), "sent");
    pump(&[&a, &b]);
    assert_eq!(payment_state(&a, &paid), "settled");
    assert_eq!(payment_state(&b, &paid), "settled");
    assert_eq!((balance(&a, &payer), balance(&b, &payee)), ("750.00".into(), "250.00".into()));
    totals_are_zero(&[&a, &b]);

    // An account nobody keeps there.
    let nobody = AccountId::parse("nobody").unwrap();
    let lost = try_pay(&mut a, "pay-2", (&payer, "10.00"), (&b, &nobody, "Nobody")).unwrap();
    assert_eq!(balance(&a, &payer), "740.00");
    pump(&[&a, &b]);
    assert_eq!(payment_state(&a, &lost), "returned");
    assert_eq!(balance(&a, &payer), "750.00");

    // A payee that may not act.
    let caller = b.caller();
    let suspend = EntityEventAsk::Suspend { reason: "an inquiry".to_owned() };
    b.zone().change_entity(&ask(&caller, "suspend", "s"), &entity, suspend).unwrap();
    let refused = try_pay(&mut a, "pay-3", (&payer, "20.00"), (&b, &payee, "Straits Ledger"));
    let refused = refused.unwrap();
    pump(&[&a, &b]);
    assert_eq!(payment_state(&a, &refused), "returned");
    assert_eq!((balance(&a, &payer), balance(&b, &payee)), ("750.00".into(), "250.00".into()));
    totals_are_zero(&[&a, &b]);
    assert!(matches!(
        try_account(&mut b, "another", &entity).unwrap_err(),
        Refused::Conflict { code: "entity-not-active", .. }
    ));
}

#[test]
fn a_payer_listed_only_there_is_refused_by_the_law_there() {
    let net = Net::new();
    let mut a = Site::opened("pk-sifc", &net);
    let mut b = Site::new("sg", &net, None);
    b.listed_here = vec!["Indus Weave Tremblant".to_owned()];
    b.open().unwrap();
    let (_, payer) = company(&mut a, "Indus Weave Tremblant", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    join(&mut b, &mut a);
    let head = journal(&b);
    let paid = try_pay(&mut a, "pay", (&payer, "30.00"), (&b, &payee, "Straits Ledger")).unwrap();
    pump(&[&a, &b]);
    assert_eq!(payment_state(&a, &paid), "returned");
    assert_eq!((balance(&a, &payer), balance(&b, &payee)), ("100.00".into(), "0.00".into()));
    assert!(journal(&b) > head, "the refusal is recorded there");
    totals_are_zero(&[&a, &b]);
}

#[test]
fn a_cut_signed_by_both_and_a_bundle_a_stranger_finds_valid() {
    let (mut a, mut b, payer, payee, _) = joined();
    let id = corridor_of(&a, &b);
    try_pay(&mut a, "pay-1", (&payer, "250.00"), (&b, &payee, "Straits Ledger")).unwrap();
    let nobody = AccountId::parse("nobody").unwrap();
    try_pay(&mut a, "pay-2", (&payer, "10.00"), (&b, &nobody, "Nobody")).unwrap();
    pump(&[&a, &b]);
    let caller = a.caller();
    let cut = a.zone().cut_corridor(&ask(&caller, "cut", "cut"), &id).unwrap();
    assert_eq!(cut.body["cut"]["proof"].as_array().map(Vec::len), Some(2), "{}", cut.body);
    assert_eq!(a.zone().cuts(&id).unwrap(), b.zone().cuts(&id).unwrap());
    let caller_b = b.caller();
    b.zone().cut_corridor(&ask(&caller_b, "cut-2", "cut"), &id).unwrap();
    let trust = [a.did.clone(), b.did.clone()];
    for (site, disclose) in [(&mut a, true), (&mut b, false)] {
        let caller = site.caller();
        let bundle =
            site.zone().export_bundle(&ask(&caller, "export", "e"), &id, disclose).unwrap();
        let report = judge(&bundle, &trust);
        assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
        assert!(report.cuts >= 1);
        assert_eq!(report.lanes.len(), 2);
        let report = judge(&bundle, &trust[..1]);
        assert_eq!(report.verdict, Verdict::Unknown);
        assert_eq!(report.needs.len(), 1);
        for at in (0..bundle.len()).step_by(997) {
            let mut flipped = bundle.clone();
            flipped[at] ^= 1;
            assert_eq!(judge(&flipped, &trust).verdict, Verdict::Invalid, "byte {at}");
        }
    }
}

#[test]
fn one_party_halts_both_resume_and_business_waits() {
    let (mut a, mut b, payer, payee, _) = joined();
    let id = corridor_of(&a, &b);
    let state =
        |site: &Site| site.zone().corridor(&id).unwrap()["state"].as_str().unwrap().to_owned();
    let halt = HaltAsk { reason: "an inquiry".to_owned(), authority: "the operator".to_owned() };
    // In flight when the other halts: refused there, and undone.
    let paid = try_pay(&mut a, "pay-0", (&payer, "5.00"), (&b, &payee, "Straits Ledger")).unwrap();
    let caller_b = b.caller();
    b.zone().stop_corridor(&ask(&caller_b, "halt", "h"), &id, Stop::Halt, &halt).unwrap();
    assert_eq!(state(&b), "HALTED");
    pump(&[&a, &b]);
    assert_eq!(state(&a), "HALTED");
    assert_eq!(payment_state(&a, &paid), "returned");
    assert_eq!(balance(&a, &payer), "1000.00");
    let refused = try_pay(&mut a, "pay-1", (&payer, "5.00"), (&b, &payee, "Straits Ledger"));
    assert!(matches!(refused, Err(Refused::Conflict { code: "corridor-not-active", .. })));
    let caller_a = a.caller();
    let refused = a.zone().send_noop(&ask(&caller_a, "noop", "n"), &id);
    assert!(matches!(refused, Err(Refused::Conflict { code: "corridor-not-active", .. })));
    // A second halt, by the other party.
    a.zone().stop_corridor(&ask(&caller_a, "halt", "h"), &id, Stop::Halt, &halt).unwrap();
    pump(&[&a, &b]);
    let resume = ResumeAsk { reason: "it is over".to_owned() };
    a.zone().resume_corridor(&ask(&caller_a, "resume", "r"), &id, &resume).unwrap();
    pump(&[&a, &b]);
    assert_eq!((state(&a), state(&b)), ("HALTED".to_owned(), "HALTED".to_owned()));
    b.zone().resume_corridor(&ask(&caller_b, "resume", "r"), &id, &resume).unwrap();
    pump(&[&a, &b]);
    assert_eq!((state(&a), state(&b)), ("ACTIVE".to_owned(), "ACTIVE".to_owned()));
    let paid = try_pay(&mut a, "pay-2", (&payer, "5.00"), (&b, &payee, "Straits Ledger")).unwrap();
    pump(&[&a, &b]);
    assert_eq!(payment_state(&a, &paid), "settled");
    totals_are_zero(&[&a, &b]);
    // And again, the other way round, through a bundle.
    b.zone().stop_corridor(&ask(&caller_b, "halt-2", "h"), &id, Stop::Halt, &halt).unwrap();
    pump(&[&a, &b]);
    b.zone().resume_corridor(&ask(&caller_b, "resume-2", "r"), &id, &resume).unwrap();
    pump(&[&a, &b]);
    a.zone().resume_corridor(&ask(&caller_a, "resume-2", "r"), &id, &resume).unwrap();
    pump(&[&a, &b]);
    assert_eq!((state(&a), state(&b)), ("ACTIVE".to_owned(), "ACTIVE".to_owned()));
    // Offers that cross: both operators said so, and both lanes hold one credential.
    for (site, caller) in [(&a, &caller_a), (&b, &caller_b)] {
        site.zone().stop_corridor(&ask(caller, "halt-3", "h"), &id, Stop::Halt, &halt).unwrap();
    }
    pump(&[&a, &b]);
    for (site, caller) in [(&a, &caller_a), (&b, &caller_b)] {
        site.zone().resume_corridor(&ask(caller, "resume-3", "r"), &id, &resume).unwrap();
    }
    pump(&[&a, &b]);
    assert_eq!((state(&a), state(&b)), ("ACTIVE".to_owned(), "ACTIVE".to_owned()));
    let bundle = a.zone().export_bundle(&ask(&caller_a, "x", "x"), &id, true).unwrap();
    let report = judge(&bundle, &[a.did.clone(), b.did.clone()]);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
}

#[test]
fn three_zones_pay_in_a_ring() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let mut c = Site::opened("pk-sifc", &net);
    let (_, one) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, two) = company(&mut b, "Straits Ledger", "100.00");
    let (_, three) = company(&mut c, "Indus Weave", "100.00");
    join(&mut a, &mut b);
    join(&mut a, &mut c);
    join(&mut b, &mut c);
    for round in 0..3 {
        let key = format!("ring-{round}");
        try_pay(&mut a, &key, (&one, "10.00"), (&b, &two, "Straits Ledger")).unwrap();
        try_pay(&mut b, &key, (&two, "20.00"), (&c, &three, "Indus Weave")).unwrap();
        try_pay(&mut c, &key, (&three, "30.00"), (&a, &one, "Al Maryah Analytics")).unwrap();
    }
    pump(&[&a, &b, &c]);
    let all = [balance(&a, &one), balance(&b, &two), balance(&c, &three)];
    assert_eq!(all, ["160.00", "70.00", "70.00"]);
    totals_are_zero(&[&a, &b, &c]);
}

#[test]
fn a_profile_decides_what_evidence_a_company_needs() {
    let net = Net::new();
    for (profile, formed) in [("sovereign-govos", true), ("digital-financial-center", false)] {
        let mut site = Site::called(profile, "sg", canon::Realm::Sandbox, &net, None);
        site.profile = profile.to_owned();
        site.open().unwrap();
        let mut form = form_input(&site, "Straits Ledger", &OWNERS);
        form.evidence.truncate(1);
        let resident = serde_json::json!({ "id": "urn:test:x", "legal_name": "Straits Ledger" });
        form.evidence.push(credential("TaxResidencyCredential", resident, site.zone()));
        let caller = site.caller();
        let answer = site.zone().form_entity(&ask(&caller, "form", "f"), form);
        match answer {
            Ok(_) => assert!(formed, "{profile}"),
            Err(Refused::Law { grounds, .. }) => {
                let told = serde_json::json!(grounds);
                assert!(!formed && told["blocking"][0]["domain"] == "aml", "{profile} {told}");
            }
            Err(other) => panic!("{profile} {other:?}"),
        }
    }
}
