//! One effect per key: replays, other bodies, and a crash on the way.

use store::sim::Remains;
use zone::Refused;

use crate::rig::site::Backend;
use crate::rig::unsure::{Lose, Unsure};
use crate::rig::work::{
    account_id, ask, balance, company, entity_id, join, pump, totals_are_zero, try_account,
    try_form, try_fund, try_pay,
};
use crate::rig::{Net, Site};

const OWNERS: [&str; 2] = ["Ada Brightwater", "Noor Fairweather"];

#[test]
fn the_same_request_is_answered_again_and_another_body_refused() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let formed = try_form(&mut site, "form", "Straits Ledger", &OWNERS).unwrap();
    let again = try_form(&mut site, "form", "Straits Ledger", &OWNERS).unwrap();
    assert_eq!((again.replayed, &again.body, again.status), (true, &formed.body, formed.status));
    let other = try_form(&mut site, "form", "Other Ledger", &OWNERS).unwrap_err();
    assert!(matches!(other, Refused::IdempotencyReused(_)), "{other:?}");
    assert_eq!(other.code(), "idempotency-key-reused");
    assert_eq!(site.zone().entities(None, 50).unwrap().items.len(), 1);

    let entity = entity_id(&formed);
    let account = account_id(&try_account(&mut site, "open", &entity).unwrap());
    for _ in 0..3 {
        try_fund(&mut site, "fund", &account, "50.00").unwrap();
    }
    assert_eq!(balance(&site, &account), "50.00");
    let other = try_fund(&mut site, "fund", &account, "51.00").unwrap_err();
    assert!(matches!(other, Refused::IdempotencyReused(_)));
    for bad in ["", "with space", &"k".repeat(129)] {
        let digest = canon::Digest::of_blob(b"x");
        assert!(zone::Ask::keyed(site.caller(), bad, digest).is_err(), "{bad:?}");
    }
}

#[test]
fn a_refusal_is_no_effect_and_its_key_may_be_used_again() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let (_, account) = company(&mut site, "Straits Ledger", "10.00");
    let (_, other) = company(&mut site, "Harbour Works", "0");
    for _ in 0..2 {
        let caller = site.caller();
        let _ = ask(&caller, "k", "x");
        let to = (&account, "11.00");
        let sent = serde_json::from_value(serde_json::json!({
            "from_account_id": to.0, "to": { "account_id": other, "name": "Harbour Works" },
            "amount": to.1, "currency": "USD", "purpose": "services",
        }))
        .unwrap();
        let refused = site.zone().pay(&ask(&caller, "pay", "p"), sent).unwrap_err();
        assert_eq!(refused.code(), "insufficient-funds");
    }
    let sent = serde_json::from_value(serde_json::json!({
        "from_account_id": account, "to": { "account_id": other, "name": "Harbour Works" },
        "amount": "10.00", "currency": "USD", "purpose": "services",
    }))
    .unwrap();
    let caller = site.caller();
    site.zone().pay(&ask(&caller, "pay", "p"), sent).unwrap();
    assert_eq!((balance(&site, &account), balance(&site, &other)), ("0.00".into(), "10.00".into()));
}

#[test]
fn a_crash_between_commit_and_answer_replays() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    join(&mut a, &mut b);
    for (key, remains) in [("lost", Remains::Nothing), ("kept", Remains::Everything)] {
        a.sim().fail_fsync(1);
        let paid = try_pay(&mut a, key, (&payer, "10.00"), (&b, &payee, "Straits Ledger"));
        assert!(matches!(paid, Err(Refused::NotSigning(_))), "{paid:?}");
        let paid = try_pay(&mut a, key, (&payer, "10.00"), (&b, &payee, "Straits Ledger"));
        assert!(matches!(paid, Err(Refused::NotSigning(_))), "until it is opened again");
        a.sim().crash_leaving(remains);
        a.open().unwrap();
        let paid = try_pay(&mut a, key, (&payer, "10.00"), (&b, &payee, "Straits Ledger"));
        assert_eq!(paid.unwrap().replayed, remains == Remains::Everything);
        let again = try_pay(&mut a, key, (&payer, "10.00"), (&b, &payee, "Straits Ledger"));
        assert!(again.unwrap().replayed);
        pump(&[&a, &b]);
    }
    assert_eq!((balance(&a, &payer), balance(&b, &payee)), ("80.00".into(), "20.00".into()));
    totals_are_zero(&[&a, &b]);
}

#[test]
fn a_commit_whose_answer_was_lost_is_looked_up_before_anything_new() {
    let net = Net::new();
    let unsure: std::sync::Arc<Unsure> = std::sync::Arc::default();
    let mut a =
        Site::new("ae-abudhabi-adgm", &net, Some(Backend::Unsure(std::sync::Arc::clone(&unsure))));
    a.open().unwrap();
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    let id = join(&mut a, &mut b);
    let mut paid = 0;
    for written in [true, false] {
        for reads_down in [0, 1, 5] {
            let key = format!("pay-{written}-{reads_down}");
            let to = (&b, &payee, "Straits Ledger");
            *unsure.next.lock().unwrap() = Some(Lose { written, reads_down });
            // The caller is known before the line breaks.
            let first = try_pay(&mut a, &key, (&payer, "1.00"), to);
            assert_eq!(first.is_ok(), written && reads_down == 0, "{key} {first:?}");
            let mut last = first;
            for _ in 0..8 {
                if last.is_err() {
                    last = try_pay(&mut a, &key, (&payer, "1.00"), (&b, &payee, "Straits Ledger"));
                }
            }
            last.unwrap();
            paid += 1;
            pump(&[&a, &b]);
            assert_eq!(balance(&b, &payee), format!("{paid}.00"), "{key}");
        }
    }
    assert_eq!(a.zone().corridor(&id).unwrap()["lane_here"]["size"], paid);
    assert_eq!(balance(&a, &payer), format!("{}.00", 100 - paid));
    totals_are_zero(&[&a, &b]);
    a.open().unwrap();
    assert_eq!(a.zone().stopped(), None);
}

/// Many callers on a store that is slow, fails, and loses answers: what was acknowledged is there, what was not is
/// asked again under its key, and everything happened once.
#[test]
fn many_callers_build_on_what_is_not_durable_yet_and_each_payment_is_booked_once() {
    const CALLERS: u64 = 6;
    const ROUNDS: u64 = 6;
    let net = Net::new();
    let unsure: std::sync::Arc<Unsure> = std::sync::Arc::default();
    let mut a =
        Site::new("ae-abudhabi-adgm", &net, Some(Backend::Unsure(std::sync::Arc::clone(&unsure))));
    a.open().unwrap();
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    let id = join(&mut a, &mut b);
    let caller = a.caller();
    unsure.slow();
    let refused = std::sync::Mutex::new(std::collections::BTreeMap::<String, u64>::new());
    std::thread::scope(|scope| {
        for worker in 0..CALLERS {
            let (zone, caller, refused, id) = (a.zone(), &caller, &refused, &id);
            let sent = serde_json::json!({
                "from_account_id": payer,
                "to": {
                    "account_id": payee,
                    "name": "Straits Ledger",
                    "zone_id": b.inception_document["zone_id"],
                    "corridor_id": id,
                },
                "amount": "1.00", "currency": "USD", "purpose": "services",
            });
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let key = format!("{worker}-{round}");
                    loop {
                        let asked = ask(caller, &key, &key);
                        let done = match round % 2 {
                            0 => zone.pay(&asked, serde_json::from_value(sent.clone()).unwrap()),
                            _ => zone.send_noop(&asked, id),
                        };
                        let Err(why) = done else { break };
                        *refused.lock().unwrap().entry(why.code().to_owned()).or_default() += 1;
                    }
                }
            });
        }
    });
    unsure.quick();
    let refused = refused.into_inner().unwrap();
    let expected = ["busy", "store-unavailable"].map(str::to_owned);
    assert!(refused.keys().all(|code| expected.contains(code)), "{refused:?}");
    assert!(!refused.is_empty(), "the store failed");
    assert_eq!(a.zone().corridor(&id).unwrap()["lane_here"]["size"], CALLERS * ROUNDS);
    pump(&[&a, &b]);
    let paid = CALLERS * ROUNDS / 2;
    let found = (balance(&a, &payer), balance(&b, &payee));
    assert_eq!(found, (format!("{}.00", 100 - paid), format!("{paid}.00")));
    totals_are_zero(&[&a, &b]);
    assert_eq!(a.zone().stopped(), None);
    a.close();
    let keys = proof::KeyHistory::verify(&a.inception_document, &a.rotations, &a.did).unwrap();
    assert_eq!(zone::fsck(unsure.sim.as_ref(), &keys, None).unwrap().faults, []);
    a.open().unwrap();
    assert_eq!(a.zone().stopped(), None);
}
