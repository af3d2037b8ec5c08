//! Other lists while the zone runs, everybody screened again, and decisions about hits.

use canon::PrincipalId;
use law::sanctions::disposition::{Ground, Verdict};
use law::sanctions::{Screener, Thresholds};
use serde_json::{Value, json};
use zone::{Ask, Caller, DecisionQuery, DispositionAsk, Refused, Rescreened, Scope};

use crate::rig::work::{ask, company, try_form};
use crate::rig::{Net, Site, law_of};

const OWNERS: [&str; 2] = ["Ada Brightwater", "Noor Fairweather"];

fn take(site: &mut Site, more: &[&str]) -> bool {
    site.listed_here = more.iter().map(|name| (*name).to_owned()).collect();
    let lists = vec![law_of::list(more)];
    site.zone().take_lists(Screener::build(lists, Thresholds::default())).unwrap()
}

fn duties(site: &Site, task: &str) -> Vec<(String, Value)> {
    let query = DecisionQuery { kind: Some("duty".to_owned()), ..DecisionQuery::default() };
    let items = site.zone().decisions(&query, 200).unwrap().items;
    let of = |item: &Value| item["task"] == json!(task);
    let told = |item: &Value| (item["subject"].as_str().unwrap().to_owned(), item["said"].clone());
    items.iter().filter(|item| of(item)).map(told).collect()
}

fn coverage(site: &Site) -> (u64, u64) {
    let told = site.zone().screening().unwrap();
    let count = |name: &str| told["coverage"][name].as_u64().unwrap();
    (count("screened"), count("should"))
}

#[test]
fn a_changed_outcome_is_written_wherever_the_sweep_was_stopped() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    for (n, name) in ["Straits Ledger", "Quay Works", "Harbour Mill"].into_iter().enumerate() {
        let owners = if n == 1 { ["Zora Quillfeather", "Ada Brightwater"] } else { OWNERS };
        try_form(&mut site, &format!("form-{n}"), name, &owners).unwrap();
    }
    assert_eq!(coverage(&site), (3, 3), "screened when formed");
    assert!(site.zone().rescreen(9).unwrap().whole, "nobody is left");
    assert!(duties(&site, "screening").is_empty(), "and nothing was written");

    assert!(take(&mut site, &["Zora Quillfeather"]));
    assert!(!take(&mut site, &["Zora Quillfeather"]), "the same lists change nothing");
    assert_eq!(coverage(&site), (0, 3), "screened against other lists only");
    let lists = duties(&site, "lists");
    assert_eq!(lists.len(), 1);
    assert_eq!(lists[0].1["changes"][0]["added"], 1);

    let mut changed = 0;
    for step in 0..3 {
        let done = site.zone().rescreen(1).unwrap();
        changed += done.changed;
        assert_eq!((done.screened, done.whole), (1, step == 2));
        // A stop after every step: the rest goes on, nobody twice.
        site.open().unwrap();
    }
    assert_eq!(changed, 1);
    assert_eq!(coverage(&site), (3, 3));
    assert_eq!(site.zone().rescreen(9).unwrap(), Rescreened { whole: true, ..Default::default() });
    let written = duties(&site, "screening");
    let of_entity: Vec<_> = written.iter().filter(|(s, _)| s.starts_with("entity:")).collect();
    assert_eq!(of_entity.len(), 1, "{written:?}");
    let (subject, said) = of_entity[0];
    assert_eq!(
        (&said["before"]["outcome"], &said["after"]["outcome"]),
        (&json!("clear"), &json!("hit"))
    );
    let id = canon::EntityId::parse(subject.strip_prefix("entity:").unwrap()).unwrap();
    let kept = site.zone().screening_of(&id).unwrap();
    assert_eq!(kept["finding"]["hits"], json!([["test-list", "test-more-0"]]));
    let end = &written.last().unwrap().1;
    assert_eq!((&end["changed"], &end["screened"]), (&json!(1), &json!(3)));

    // Taken off the list again: that is another outcome too, and another decision.
    take(&mut site, &[]);
    assert_eq!(site.zone().rescreen(9).unwrap().changed, 1);
    let query = DecisionQuery { subject: Some(subject.clone()), ..DecisionQuery::default() };
    let told = site.zone().decisions(&query, 50).unwrap().items;
    assert_eq!(told.len(), 3, "formed, listed, taken off: {told:?}");
}

#[test]
fn a_write_under_lists_no_longer_in_force_is_not_committed() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    take(&mut site, &["Ada Brightwater"]);
    let refused = try_form(&mut site, "f", "Straits Ledger", &OWNERS).unwrap_err();
    assert_eq!(refused.code(), "sanctions-hard-block");
    site.open().unwrap();
    let refused = try_form(&mut site, "g", "Straits Ledger", &OWNERS).unwrap_err();
    assert_eq!(refused.code(), "sanctions-hard-block", "the start takes the same lists");
    let none = Screener::build(Vec::new(), Thresholds::default());
    let error = site.zone().take_lists(none).unwrap_err();
    assert!(error.to_string().contains("no list is left"), "{error}");
}

fn officer(site: &Site, name: &str) -> Caller {
    let principal = PrincipalId::parse(name).unwrap();
    let token = site.zone().create_token(None, principal, vec![Scope::Operator], None).unwrap();
    site.zone().authenticate(&token).unwrap()
}

fn hit_of(site: &Site) -> DispositionAsk {
    let query = DecisionQuery { outcome: Some("deny".to_owned()), ..DecisionQuery::default() };
    let denied = site.zone().decisions(&query, 50).unwrap().items;
    let screenings = denied[0]["screenings"].as_array().unwrap().clone();
    let hit = screenings.iter().find(|screening| screening["outcome"] == "hit").unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    DispositionAsk {
        subject_sha256: canon::Digest::from_hex(&text(&hit["subject_sha256"])).unwrap(),
        list: text(&hit["hits"][0]["list"]),
        entry: text(&hit["hits"][0]["entry"]),
        verdict: Verdict::NotThisSubject,
        ground: Ground::Documents,
        note: "passports of both were seen".to_owned(),
        until: canon::Date::parse("2026-12-20").unwrap(),
    }
}

#[test]
fn two_officers_silence_a_hit_for_a_time_and_one_never() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    take(&mut site, &["Ada Brightwater"]);
    try_form(&mut site, "a", "Straits Ledger", &OWNERS).unwrap_err();
    let (ann, bob) = (officer(&site, "ann"), officer(&site, "bob"));
    let wanted = hit_of(&site);
    let other = DispositionAsk { entry: "no-such".to_owned(), ..wanted.clone() };
    let refused = site.zone().propose_disposition(&Ask::once(ann.clone()), other).unwrap_err();
    assert_eq!(refused.code(), "no-such-entry");
    let endless = canon::Date::parse("2028-01-01").unwrap();
    let endless = DispositionAsk { until: endless, ..wanted.clone() };
    let refused = site.zone().propose_disposition(&Ask::once(ann.clone()), endless).unwrap_err();
    assert_eq!(refused.code(), "bad-disposition");

    let proposed = site.zone().propose_disposition(&ask(&ann, "p", "p"), wanted).unwrap();
    let id = proposed.body["result"]["id"].as_str().unwrap().to_owned();
    let still = try_form(&mut site, "b", "Straits Ledger", &OWNERS).unwrap_err();
    assert_eq!(still.code(), "sanctions-hard-block", "one officer silences nothing");
    let same = site.zone().confirm_disposition(&Ask::once(ann), &id).unwrap_err();
    assert!(matches!(same, Refused::Conflict { code: "same-eyes", .. }), "{same:?}");
    site.zone().confirm_disposition(&ask(&bob, "c", "c"), &id).unwrap();
    let twice = site.zone().confirm_disposition(&ask(&bob, "d", "d"), &id).unwrap_err();
    assert_eq!(twice.code(), "already-confirmed");

    // It is kept over a restart, and what it took out is told in the journal.
    site.open().unwrap();
    let (entity, _) = company(&mut site, "Straits Ledger", "1.00");
    let query =
        DecisionQuery { subject: Some(format!("entity:{entity}")), ..DecisionQuery::default() };
    let formed = site.zone().decisions(&query, 50).unwrap().items;
    let silenced = &formed[0]["screenings"].as_array().unwrap()[1]["silenced"];
    assert_eq!(silenced[0]["entry"], "test-more-0", "{formed:?}");
    assert_eq!(duties(&site, "disposition").len(), 2);

    // After its last day the hit stands again.
    net.clock.forward(40 * 86_400);
    let late = try_form(&mut site, "e", "Straits Ledger", &OWNERS).unwrap_err();
    assert_eq!(late.code(), "sanctions-hard-block", "{late:?}");
}
