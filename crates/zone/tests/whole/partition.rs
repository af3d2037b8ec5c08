//! Zones that cannot reach each other go on alone; when they can, all of it arrives in order.

use corridor::limits::DELIVERY_RECEIPTS_MAX;
use corridor::verify::judge;
use proof::credential::Verdict;
use zone::Refused;

use crate::rig::work::{
    ask, balance, company, corridor_of, join, payment_state, pump, pump_later, totals_are_zero,
    try_fund, try_pay,
};
use crate::rig::{Net, Site};

const DAY: i64 = 86_400;

#[test]
fn after_a_month_of_silence_everything_arrives_in_order() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, one) = company(&mut a, "Al Maryah Analytics", "1000.00");
    let (_, two) = company(&mut b, "Straits Ledger", "1000.00");
    let id = join(&mut a, &mut b);
    net.cut(&a.url, &b.url, true);
    let mut sent = Vec::new();
    for day in 0..30 {
        let key = format!("day-{day}");
        let paid = try_pay(&mut a, &key, (&one, "10.00"), (&b, &two, "Straits Ledger")).unwrap();
        sent.push(paid);
        try_pay(&mut b, &key, (&two, "3.00"), (&a, &one, "Al Maryah Analytics")).unwrap();
        try_fund(&mut a, &format!("fund-{day}"), &one, "1.00").unwrap();
        for _ in 0..3 {
            a.zone().run_jobs().unwrap();
            b.zone().run_jobs().unwrap();
            net.clock.forward(DAY / 3);
        }
    }
    assert_eq!(payment_state(&a, &sent[0]), "sent");
    assert_eq!(a.zone().corridor(&id).unwrap()["lane_there"]["size"], 0);
    let caller = a.caller();
    let cut = a.zone().cut_corridor(&ask(&caller, "cut", "c"), &id);
    assert!(cut.is_err(), "nobody is there to sign");
    net.cut(&a.url, &b.url, false);
    pump_later(&[&a, &b]);
    assert!(sent.iter().all(|paid| payment_state(&a, paid) == "settled"));
    assert_eq!((balance(&a, &one), balance(&b, &two)), ("820.00".into(), "1210.00".into()));
    totals_are_zero(&[&a, &b]);
    a.zone().cut_corridor(&ask(&caller, "cut", "c"), &id).unwrap();
    let bundle = b.caller();
    let bundle = b.zone().export_bundle(&ask(&bundle, "x", "x"), &id, true).unwrap();
    let report = judge(&bundle, &[a.did.clone(), b.did.clone()]);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
}

#[test]
fn more_than_one_delivery_holds_arrives() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let id = join(&mut a, &mut b);
    net.cut(&a.url, &b.url, true);
    let caller = a.caller();
    let many = DELIVERY_RECEIPTS_MAX + 10;
    for n in 0..many {
        a.zone().send_noop(&ask(&caller, &format!("noop-{n}"), "n"), &id).unwrap();
    }
    net.cut(&a.url, &b.url, false);
    pump_later(&[&a, &b]);
    let shown = b.zone().corridor(&id).unwrap();
    assert_eq!(shown["lane_there"]["size"], many);
    let shown = a.zone().corridor(&id).unwrap();
    assert_eq!(shown["lane_there"]["acknowledged"], many);
    assert_eq!(shown["delivered"], many);
}

#[test]
fn lost_answers_do_nothing_twice() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, one) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, two) = company(&mut b, "Straits Ledger", "0");
    net.lose_answers(1);
    crate::rig::work::try_propose(&mut a, &b, "propose").unwrap();
    pump_later(&[&a, &b]);
    net.lose_answers(2);
    crate::rig::work::try_accept(&mut b, &a, "accept").unwrap();
    pump_later(&[&a, &b]);
    let id = corridor_of(&a, &b);
    for site in [&a, &b] {
        assert_eq!(site.zone().corridor(&id).unwrap()["state"], "ACTIVE", "{}", site.word);
    }
    for n in 0..4 {
        net.lose_answers(n);
        let key = format!("pay-{n}");
        try_pay(&mut a, &key, (&one, "10.00"), (&b, &two, "Straits Ledger")).unwrap();
        pump_later(&[&a, &b]);
    }
    assert_eq!((balance(&a, &one), balance(&b, &two)), ("60.00".into(), "40.00".into()));
    totals_are_zero(&[&a, &b]);
    // The signature on a cut comes back the second time.
    net.lose_answers(1);
    let caller = a.caller();
    let lost = a.zone().cut_corridor(&ask(&caller, "cut", "c"), &id);
    assert!(matches!(lost, Err(Refused::Peer { code: "peer-unreachable", .. })), "{lost:?}");
    net.clock.forward(5);
    a.zone().cut_corridor(&ask(&caller, "cut", "c"), &id).unwrap();
    let bundle = a.zone().export_bundle(&ask(&caller, "x", "x"), &id, true).unwrap();
    let report = judge(&bundle, &[a.did.clone(), b.did.clone()]);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
}

#[test]
fn many_callers_and_both_outboxes_at_once_neither_wait_for_ever_nor_lose_a_cent() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, one) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, two) = company(&mut b, "Straits Ledger", "100.00");
    let id = join(&mut a, &mut b);
    let callers = [a.caller(), b.caller()];
    let sides = [(&a, &b, &one, &two), (&b, &a, &two, &one)];
    let left = std::sync::atomic::AtomicUsize::new(4);
    std::thread::scope(|scope| {
        for (n, (here, there, payer, payee)) in sides.into_iter().enumerate() {
            let (caller, id, left) = (&callers[n], &id, &left);
            let name = ["Straits Ledger", "Al Maryah Analytics"][n];
            for worker in 0..2 {
                scope.spawn(move || {
                    for round in 0..10 {
                        let sent = serde_json::from_value(serde_json::json!({
                            "from_account_id": payer,
                            "to": {
                                "account_id": payee,
                                "name": name,
                                "zone_id": there.inception_document["zone_id"],
                                "corridor_id": id,
                            },
                            "amount": "1.00", "currency": "USD", "purpose": "services",
                        }))
                        .unwrap();
                        let key = format!("{worker}-{round}");
                        here.zone().pay(&ask(caller, &key, &key), sent).unwrap();
                        // A cut may come too early; it must not wait for the other's lock.
                        let cut = ask(caller, &format!("cut-{key}"), "c");
                        let _ = here.zone().cut_corridor(&cut, id);
                    }
                    left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                });
            }
            scope.spawn(move || {
                while left.load(std::sync::atomic::Ordering::SeqCst) > 0 {
                    // A race for one record is `Busy`, and the job is tried again.
                    let _ = here.zone().run_jobs();
                }
            });
        }
    });
    pump_later(&[&a, &b]);
    assert_eq!((balance(&a, &one), balance(&b, &two)), ("100.00".into(), "100.00".into()));
    totals_are_zero(&[&a, &b]);
    a.zone().cut_corridor(&ask(&callers[0], "last", "c"), &id).unwrap();
    let bundle = a.zone().export_bundle(&ask(&callers[0], "x", "x"), &id, true).unwrap();
    let report = judge(&bundle, &[a.did.clone(), b.did.clone()]);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
}

#[test]
fn a_busy_corridor_shows_that_its_peer_is_silent() {
    let net = Net::new();
    let (mut a, mut b) = (Site::opened("ae-abudhabi-adgm", &net), Site::opened("sg", &net));
    let id = join(&mut a, &mut b);
    let silent = |site: &Site| {
        let health = site.zone().corridors_health().unwrap();
        health["items"][0]["attention"].as_array().unwrap().contains(&"peer-silent".into())
    };
    net.cut(&a.url, &b.url, true);
    // Each receipt begins the delivery anew; that makes nobody answer.
    for n in 0..8 {
        let caller = a.caller();
        a.zone().send_noop(&ask(&caller, &format!("busy-{n}"), "x"), &id).unwrap();
        pump(&[&a]);
    }
    assert!(silent(&a), "{:#}", a.zone().corridors_health().unwrap());
    net.cut(&a.url, &b.url, false);
    net.clock.forward(61);
    pump(&[&a, &b]);
    assert!(!silent(&a), "{:#}", a.zone().corridors_health().unwrap());
}
