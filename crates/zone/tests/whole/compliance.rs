//! What is read of an entity's compliance: at another time, in part, and after everything was forgotten.
use canon::{Clock as _, Date, Digest, Timestamp};
use law::tensor::Disclosure;
use law::{Domain, State};
use zone::{ComplianceQuery, Refused};

use crate::rig::work::{entity_id, try_form};
use crate::rig::{BEGIN, Net, Site};

const OWNERS: [&str; 2] = ["Ada Brightwater", "Noor Fairweather"];
const YEAR: i64 = 366 * 86_400;

#[test]
fn an_entity_reads_as_of_a_day_and_as_known_at_a_moment() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    net.clock.forward(60);
    let formed = try_form(&mut site, "one", "Straits Ledger", &OWNERS).unwrap();
    let id = entity_id(&formed);
    let read = |site: &Site, query: &ComplianceQuery| site.zone().compliance_of(&id, query);
    let present = ComplianceQuery::default();
    let now = read(&site, &present).unwrap();
    assert_eq!((&now["blocking_count"], &now["outcome"]), (&0.into(), &"allow".into()), "{now}");

    let before = Timestamp::parse(BEGIN).unwrap();
    let early = ComplianceQuery { known_at: Some(before), ..present.clone() };
    assert!(matches!(read(&site, &early), Err(Refused::NotFound { .. })));

    net.clock.forward(YEAR);
    let later = read(&site, &present).unwrap();
    assert_eq!(later["aggregate"], "non_compliant", "{later}");
    let domains = later["domains"].as_array().unwrap();
    let ended: Vec<_> = domains.iter().filter(|domain| domain["reason"] == "expired").collect();
    assert!(!ended.is_empty(), "{later}");
    assert!(ended.iter().all(|domain| domain["state"] == "non_compliant"));
    let then = Some(Date::parse("2026-11-20").unwrap());
    let then = read(&site, &ComplianceQuery { as_of: then, ..present.clone() }).unwrap();
    assert_eq!(then["blocking_count"], 0, "what ended since had not ended then: {then}");

    site.open().unwrap();
    let again = read(&site, &present).unwrap();
    assert_eq!(again, later, "folded again from the journal");
}

#[test]
fn a_slice_is_of_the_domains_asked_for_and_never_of_none() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let formed = try_form(&mut site, "one", "Straits Ledger", &OWNERS).unwrap();
    let id = entity_id(&formed);
    let of = |domains: &[Domain], places: Option<&str>| {
        let place = |text: &str| canon::JurisdictionId::parse(text).unwrap();
        let query = ComplianceQuery {
            domains: Some(domains.to_vec()),
            jurisdictions: places.map(|text| text.split(',').map(place).collect()),
            ..ComplianceQuery::default()
        };
        site.zone().compliance_of(&id, &query)
    };
    let two = of(&[Domain::Kyc, Domain::Sanctions], None).unwrap();
    assert_eq!((&two["total_domains"], &two["aggregate"]), (&2.into(), &"compliant".into()));
    assert_eq!(of(&[], None).unwrap_err().code(), "empty-slice");
    let elsewhere = of(&[Domain::Kyc], Some("sg,pk")).unwrap();
    assert_eq!(elsewhere["aggregate"], "pending", "nothing was decided there: {elsewhere}");
}

#[test]
fn the_credential_carries_the_head_under_which_single_domains_are_shown() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let formed = try_form(&mut site, "one", "Straits Ledger", &OWNERS).unwrap();
    let id = entity_id(&formed);
    let head = &formed.body["credential"]["credentialSubject"]["tensor_head_sha256"];
    let head = Digest::from_hex(head.as_str().unwrap()).unwrap();
    let told = site.zone().disclose(&id, &[Domain::Kyc]).unwrap();
    assert_eq!(told["tensor_head_sha256"], head.to_string());
    let shown: Disclosure = serde_json::from_value(told["disclosures"][0].clone()).unwrap();
    let now = net.clock.now();
    let found = shown.verify(&head).unwrap();
    assert_eq!(found.subject(), format!("entity:{id}"));
    assert_eq!(found.state(Domain::Kyc, now), Some(State::Compliant));
    assert_eq!(found.state(Domain::Sanctions, now), None, "nothing else is shown");
    let over = now.plus_secs(YEAR).unwrap();
    assert_eq!(found.state(Domain::Kyc, over), Some(State::NonCompliant));
    assert_eq!(site.zone().disclose(&id, &[]).unwrap_err().code(), "empty-slice");
    let other = try_form(&mut site, "two", "Marlowe Works", &OWNERS).unwrap();
    let other = other.body["credential"]["credentialSubject"]["tensor_head_sha256"].clone();
    assert!(shown.verify(&Digest::from_hex(other.as_str().unwrap()).unwrap()).is_err());
}
