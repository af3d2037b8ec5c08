//! Events and their receivers, with a clock in hand and a store that fails: nothing written is missed.

use std::cell::RefCell;

use canon::RecordId;
use proof::personal::ZoneKey;
use serde_json::Value;
use store::sim::Remains;
use zone::{Outcome, Parcel, Refused, WebhookAsk};

use crate::rig::work::{ask, company};
use crate::rig::{Net, Site};

const DAY: i64 = 86_400;

fn arrived() -> Outcome {
    Outcome::Answered { status: 200, after_secs: None }
}

fn failed() -> Outcome {
    Outcome::Failed("nobody answers".to_owned())
}

fn keyed(site: &Site) {
    site.zone().keep_persons_with(ZoneKey::from_seed(&mut [7; 32])).unwrap();
}

fn hook(site: &mut Site, types: &[&str], after: Option<u64>) -> RecordId {
    let caller = site.caller();
    let types = types.iter().map(|one| (*one).to_owned()).collect();
    let wanted = WebhookAsk { url: "https://hooks.example/".to_owned(), types, after };
    let made = site.zone().make_webhook(&ask(&caller, "hook", "hook"), &wanted).unwrap();
    assert!(made.body["secret"].as_str().unwrap().starts_with("whsec_"));
    RecordId::parse(made.body["result"]["webhook_id"].as_str().unwrap()).unwrap()
}

/// One run for whoever is due; what was sent.
fn deliver(site: &Site, outcome: impl Fn(&Parcel) -> Outcome) -> Vec<Parcel> {
    let sent = RefCell::new(Vec::new());
    for id in site.zone().webhooks_due().unwrap() {
        let bring = |parcel: &Parcel| {
            sent.borrow_mut().push(parcel.clone());
            outcome(parcel)
        };
        site.zone().deliver_events(&id, bring).unwrap();
    }
    sent.into_inner()
}

fn position(parcel: &Parcel) -> u64 {
    let event: Value = serde_json::from_slice(&parcel.body).unwrap();
    event["data"]["sequence"].as_u64().unwrap()
}

#[test]
fn pauses_follow_the_schedule_until_the_webhook_is_disabled_and_a_replay_begins_anew() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    keyed(&site);
    let id = hook(&mut site, &["org.momentum.mez.entity.formed"], None);
    company(&mut site, "Straits Ledger", "0");
    let mut pauses = Vec::new();
    loop {
        let began = site.zone().now().unix();
        assert_eq!(deliver(&site, |_| failed()).len(), 1, "one attempt, and then a pause");
        let told = site.zone().webhook(&id).unwrap();
        if told["status"] == "disabled" {
            break;
        }
        let next = told["failing"]["next_at"].as_str().unwrap();
        let next = canon::Timestamp::parse(next).unwrap().unix();
        pauses.push(next - began);
        net.clock.forward(next - began - 1);
        assert_eq!(deliver(&site, |_| arrived()), [], "not a second earlier");
        net.clock.forward(1);
    }
    let least = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, 86_400, 86_400];
    assert_eq!(pauses.len(), 11, "{pauses:?}");
    for (pause, least) in pauses.iter().zip(least) {
        assert!((least..=least + least / 10).contains(pause), "{pauses:?}");
    }
    net.clock.forward(10 * DAY);
    assert_eq!(deliver(&site, |_| arrived()), [], "a disabled webhook gets nothing");
    let caller = site.caller();
    site.zone().replay_webhook(&ask(&caller, "again", "again"), &id, None).unwrap();
    assert_eq!(deliver(&site, |_| arrived()).len(), 1);
    let told = site.zone().webhook(&id).unwrap();
    assert!(told["status"] == "active" && told.get("failing").is_none(), "{told}");
    let tried = site.zone().webhook_attempts(&id).unwrap();
    assert_eq!(tried["items"].as_array().unwrap().len(), 13);
}

#[test]
fn a_receiver_that_asks_for_time_gets_it_within_bounds() {
    for (asked, least) in [(60, 60), (-5, 5), (i64::MAX, DAY)] {
        let net = Net::new();
        let mut site = Site::opened("sg", &net);
        keyed(&site);
        let id = hook(&mut site, &["org.momentum.mez.entity.formed"], None);
        company(&mut site, "Straits Ledger", "0");
        let now = site.zone().now().unix();
        deliver(&site, |_| Outcome::Answered { status: 429, after_secs: Some(asked) });
        let told = site.zone().webhook(&id).unwrap();
        let next = canon::Timestamp::parse(told["failing"]["next_at"].as_str().unwrap()).unwrap();
        let pause = next.unix() - now;
        assert!((least..=least + least / 10).contains(&pause), "{asked}: {pause}");
    }
}

#[test]
fn what_nobody_wants_writes_nothing() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    keyed(&site);
    hook(&mut site, &["org.momentum.mez.lists.replaced"], None);
    company(&mut site, "Straits Ledger", "10.00");
    let head = site.zone().events_head();
    for _ in 0..3 {
        assert_eq!(deliver(&site, |_| arrived()), []);
    }
    assert_eq!(site.zone().events_head(), head);
    assert_eq!(site.zone().webhooks_due().unwrap(), []);
}

#[test]
fn deliveries_cause_no_deliveries() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    keyed(&site);
    hook(&mut site, &[], Some(0));
    company(&mut site, "Straits Ledger", "10.00");
    let sent = deliver(&site, |_| arrived());
    let positions: Vec<u64> = sent.iter().map(position).collect();
    assert!(positions.len() >= 4 && positions.is_sorted(), "{positions:?}");
    let head = site.zone().events_head();
    for _ in 0..3 {
        assert_eq!(deliver(&site, |_| arrived()), [], "the book of deliveries is no event");
    }
    assert_eq!(site.zone().events_head(), head);
}

/// Each fsync of a run fails once, with nothing and with everything of its commit left: after the zone is opened again
/// each event has arrived at least once, under the id it had, and none is skipped.
#[test]
fn whatever_fails_on_the_way_each_event_arrives_in_order() {
    let mut failures = 0;
    for remains in [Remains::Nothing, Remains::Everything] {
        for nth in 1..40 {
            let net = Net::new();
            let mut site = Site::opened("sg", &net);
            keyed(&site);
            hook(&mut site, &[], Some(0));
            for name in ["Straits Ledger", "Harbour Works"] {
                company(&mut site, name, "0");
            }
            let mut got: Vec<(u64, String)> = Vec::new();
            site.sim().fail_fsync(nth);
            let mut broke = false;
            for run in 0..6 {
                let taken = RefCell::new(Vec::new());
                let limit = 2;
                let due = site.zone().webhooks_due().unwrap_or_default();
                for id in due {
                    let bring = |parcel: &Parcel| {
                        if taken.borrow().len() == limit {
                            return failed();
                        }
                        taken.borrow_mut().push((position(parcel), parcel.id.clone()));
                        arrived()
                    };
                    broke |= site.zone().deliver_events(&id, bring).is_err();
                }
                got.extend(taken.into_inner());
                if broke && site.zone().stopped().is_some() {
                    site.close();
                    site.sim().crash_leaving(remains);
                    site.open().unwrap();
                    keyed(&site);
                }
                net.clock.forward(DAY + run);
            }
            failures += usize::from(broke);
            let mut seen: Vec<(u64, String)> = Vec::new();
            for (at, id) in got {
                match seen.iter().find(|(known, _)| *known == at) {
                    Some((_, known)) => assert_eq!(known, &id, "the same event, the same id"),
                    None => {
                        assert!(seen.last().is_none_or(|(last, _)| *last < at), "in order");
                        seen.push((at, id));
                    }
                }
            }
            let query = zone::EventQuery::of(&site.caller(), &[], Some(0)).unwrap();
            let all = site.zone().events(&query, 200).unwrap().items;
            let told: Vec<u64> =
                all.iter().map(|event| event["data"]["sequence"].as_u64().unwrap()).collect();
            let seen: Vec<u64> = seen.into_iter().map(|(at, _)| at).collect();
            assert_eq!(seen, told, "{nth} {remains:?}");
            if !broke {
                break;
            }
        }
    }
    assert!(failures >= 4, "{failures} runs met a failure");
}

#[test]
fn a_zone_without_its_key_derives_no_secret_and_says_so() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let caller = site.caller();
    let wanted =
        WebhookAsk { url: "https://hooks.example/".to_owned(), types: vec![], after: None };
    let refused = site.zone().make_webhook(&ask(&caller, "hook", "hook"), &wanted).unwrap_err();
    assert_eq!(refused.code(), "webhook-key-absent");
    keyed(&site);
    let caller = site.caller();
    for n in 0..zone::limits::WEBHOOKS_MAX {
        let key = format!("hook-{n}");
        site.zone().make_webhook(&ask(&caller, &key, &key), &wanted).unwrap();
    }
    let refused = site.zone().make_webhook(&ask(&caller, "more", "more"), &wanted).unwrap_err();
    assert!(matches!(refused, Refused::Conflict { code: "too-many-webhooks", .. }), "{refused:?}");
}
