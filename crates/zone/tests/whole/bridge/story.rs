//! Paid, refused, late, twice, silent: what each zone shows and what the accounts hold.

use canon::{AccountId, Digest};
use corridor::Stop;
use serde_json::json;
use store::{Batch, RecordPut, Store};
use zone::{HaltAsk, Refused};

use super::{Chain, PAYEE, phase, transfer, try_bridge, try_invoice};
use crate::rig::work::{ask, balance, payment_state};

const HOUR: i64 = 3_600;

fn code<T: std::fmt::Debug>(told: Result<T, Refused>) -> &'static str {
    told.unwrap_err().code()
}

#[test]
fn a_payment_crosses_two_corridors_and_every_zone_shows_it() {
    let mut it = Chain::new();
    let (id, invoice) = it.invoice("invoice");
    let sent = it.pay("pay", &invoice).unwrap();
    assert_eq!(transfer(&sent), id);
    assert_eq!(sent.body["result"]["phase"], "initiated");
    it.stands("70.00", "30.00", "0.00");
    it.pump();
    it.stands("70.00", "0.00", "30.00");
    assert_eq!(it.phases(&id), ["completed", "completed", "completed"]);
    let shown = it.b.zone().bridged_one(&id).unwrap();
    assert_eq!(shown["role"], "relay", "{shown}");
    let what: Vec<&str> =
        shown["evidence"].as_array().unwrap().iter().map(|e| e["what"].as_str().unwrap()).collect();
    let all =
        ["prepare_before", "answer", "answer_verdict", "prepare_after", "accepted", "outcome"];
    assert_eq!(what, all);
    let kinds: Vec<&str> = shown["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["receipt"]["transition"]["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds[..2], ["bridge.prepare.v1", "bridge.commit.v1"]);
    // The corridor between A and B carries what B is owed, the one between B and C what B owes.
    let account = |site: &crate::rig::Site, at: usize| {
        balance(site, &AccountId::parse(&format!("corridor:{}:USD", it.route[at])).unwrap())
    };
    assert_eq!([account(&it.a, 0), account(&it.b, 0)], ["30.00", "-30.00"]);
    assert_eq!([account(&it.b, 1), account(&it.c, 1)], ["30.00", "-30.00"]);
    // The payee has a payment as of any other.
    assert_eq!(
        payment_state(
            &it.c,
            &zone::Envelope {
                body: json!({ "result": { "payment_id": id } }),
                status: 200,
                replayed: false,
            }
        ),
        "settled"
    );
}

#[test]
fn one_corridor_is_a_bridge_as_well() {
    let mut it = Chain::new();
    let told = try_invoice(&mut it.c, "invoice", &it.payee, None).unwrap();
    let id = transfer(&told);
    let (_, payer) = crate::rig::work::company(&mut it.b, "Straits Ledger", "50.00");
    let caller = it.b.caller();
    let sent = zone::BridgeAsk {
        from_account_id: payer.clone(),
        invoice: told.body["result"]["invoice"].clone(),
        route: None,
        travel_rule: false,
    };
    it.b.zone().pay_bridged(&ask(&caller, "pay", "p"), &sent).unwrap();
    it.pump();
    assert_eq!([phase(&it.b, &id), phase(&it.c, &id)], ["completed", "completed"]);
    assert_eq!(balance(&it.b, &payer), "20.00");
    it.stands_without_held("100.00", "30.00");
}

impl Chain {
    fn stands_without_held(&self, payer: &str, payee: &str) {
        assert_eq!([balance(&self.a, &self.payer), balance(&self.c, &self.payee)], [payer, payee]);
        crate::rig::work::totals_are_zero(&[&self.a, &self.b, &self.c]);
    }
}

#[test]
fn refused_by_law_at_the_far_end_the_payer_has_it_back() {
    let mut it = Chain::new();
    let (id, invoice) = it.invoice("invoice");
    it.c.close();
    // The payee is listed in its own zone only.
    it.c.listed_here = vec![PAYEE.to_owned()];
    it.c.open().unwrap();
    it.pay("pay", &invoice).unwrap();
    it.pump();
    it.stands("100.00", "0.00", "0.00");
    assert_eq!([phase(&it.a, &id), phase(&it.b, &id)], ["released", "released"]);
    assert!(it.c.zone().bridged_one(&id).is_err(), "a refused lock is nothing to the payee's zone");
    let shown = it.a.zone().bridged_one(&id).unwrap();
    assert_eq!(shown["after"]["outcome"]["said"]["release"], "refused-by-law", "{shown}");
}

#[test]
fn refused_by_law_on_the_way_nothing_reaches_the_far_end() {
    let mut it = Chain::new();
    it.b.close();
    it.b.listed_here = vec![super::PAYER.to_owned()];
    it.b.open().unwrap();
    let (id, invoice) = it.invoice("invoice");
    it.pay("pay", &invoice).unwrap();
    it.pump();
    it.stands("100.00", "0.00", "0.00");
    assert_eq!(phase(&it.a, &id), "released");
    assert_eq!(it.c.zone().corridor(&it.route[1]).unwrap()["lane_there"]["size"], 0);
}

#[test]
fn an_invoice_is_paid_once_and_under_its_own_terms() {
    let mut it = Chain::new();
    let (id, invoice) = it.invoice("invoice");
    it.pay("pay", &invoice).unwrap();
    assert_eq!(code(it.pay("again", &invoice)), "bridge-transfer-known");
    // Under the same key it is the same payment.
    assert!(it.pay("pay", &invoice).unwrap().replayed);
    it.pump();
    // Somebody else pays the same invoice from the zone next to the payee's.
    let (_, payer) = crate::rig::work::company(&mut it.b, "Straits Ledger", "50.00");
    let told = try_bridge(&mut it.b, "pay", &payer, &invoice, &it.route[1..]);
    assert_eq!(code(told), "bridge-transfer-known");
    assert_eq!(it.phases(&id), ["completed", "completed", "completed"]);
    // Not as signed.
    for (pointer, value) in [
        ("/credentialSubject/amount/minor", json!("1")),
        ("/credentialSubject/payee/name", json!("Somebody Else")),
        ("/validUntil", json!("2026-11-22T09:00:00Z")),
    ] {
        let (_, mut other) = it.invoice(pointer);
        *other.pointer_mut(pointer).unwrap() = value;
        assert_eq!(code(it.pay(pointer, &other)), "bridge-invoice-refused", "{pointer}");
    }
    it.stands("70.00", "0.00", "30.00");
}

#[test]
fn an_invoice_of_the_past_is_refused_at_both_ends() {
    let mut it = Chain::new();
    let told = try_invoice(&mut it.c, "short", &it.payee, Some(60)).unwrap();
    let (id, invoice) = (transfer(&told), told.body["result"]["invoice"].clone());
    it.pay("pay", &invoice).unwrap();
    it.a.net.clock.forward(61);
    let told = try_invoice(&mut it.c, "shorter", &it.payee, Some(1)).unwrap();
    it.a.net.clock.forward(1);
    assert_eq!(code(it.pay("late", &told.body["result"]["invoice"])), "bridge-invoice-expired");
    it.pump();
    it.stands("100.00", "0.00", "0.00");
    let shown = it.a.zone().bridged_one(&id).unwrap();
    assert_eq!(shown["after"]["outcome"]["said"]["release"], "bridge-invoice-expired", "{shown}");
}

#[test]
fn routes_that_lead_nowhere_are_refused_where_that_is_known() {
    let mut it = Chain::new();
    let [one, two] = [it.route[0].clone(), it.route[1].clone()];
    let unknown = canon::CorridorId::parse("org.momentum.mez.corridor.hk--sg").unwrap();
    let (_, invoice) = it.invoice("door");
    let payer = it.payer.clone();
    for (n, (route, wanted)) in [
        (vec![], "bridge-route-refused"),
        (vec![unknown.clone()], "not-found"),
        (vec![one.clone(), one.clone()], "bridge-route-refused"),
    ]
    .into_iter()
    .enumerate()
    {
        let told = try_bridge(&mut it.a, &format!("bad-{n}"), &payer, &invoice, &route);
        assert_eq!(code(told), wanted, "{route:?}");
    }
    for (n, (route, wanted)) in [
        (vec![one.clone(), unknown.clone()], "bridge-corridor-unknown"),
        (vec![one.clone()], "bridge-invoice-unknown"),
        (vec![one.clone(), two.clone(), unknown], "bridge-route-refused"),
    ]
    .into_iter()
    .enumerate()
    {
        let (id, invoice) = it.invoice(&format!("route-{n}"));
        try_bridge(&mut it.a, &format!("route-{n}"), &payer, &invoice, &route).unwrap();
        it.pump();
        it.stands("100.00", "0.00", "0.00");
        let shown = it.a.zone().bridged_one(&id).unwrap();
        assert_eq!(shown["phase"], "released");
        assert_eq!(shown["after"]["outcome"]["said"]["release"], wanted, "{shown}");
    }
}

#[test]
fn a_lock_that_comes_too_late_goes_no_further() {
    let mut it = Chain::new();
    let (id, invoice) = it.invoice("invoice");
    it.a.net.cut(&it.a.url, &it.b.url, true);
    it.pay("pay", &invoice).unwrap();
    // Three margins of 15 minutes are there for two corridors; B needs two of them.
    it.a.net.clock.forward(901);
    it.a.net.cut(&it.a.url, &it.b.url, false);
    it.later();
    let shown = it.a.zone().bridged_one(&id).unwrap();
    assert_eq!(shown["after"]["outcome"]["said"]["release"], "bridge-too-late", "{shown}");
    it.stands("100.00", "0.00", "0.00");
}

#[test]
fn a_lock_that_arrives_after_its_expiry_is_not_paid() {
    let mut it = Chain::new();
    let told = try_invoice(&mut it.c, "long", &it.payee, Some(3 * 86_400)).unwrap();
    let (id, invoice) = (transfer(&told), told.body["result"]["invoice"].clone());
    it.b.net.cut(&it.b.url, &it.c.url, true);
    it.pay("pay", &invoice).unwrap();
    it.pump();
    assert_eq!(phase(&it.b, &id), "initiated");
    it.stands("70.00", "30.00", "0.00");
    it.a.net.clock.forward(10 * HOUR);
    it.later();
    // Silence ends nothing.
    assert_eq!([phase(&it.a, &id), phase(&it.b, &id)], ["in_doubt", "in_doubt"]);
    it.stands("70.00", "30.00", "0.00");
    let caller = it.b.caller();
    let told = it.b.zone().repair_bridged(&ask(&caller, "repair", "r"), &id).unwrap();
    assert_eq!(told.body["asked"][0]["answered"], true, "{}", told.body);
    assert_eq!(told.body["asked"][1]["code"], "peer-unreachable", "{}", told.body);
    let missing = told.body["result"]["missing"].as_str().unwrap();
    assert!(missing.starts_with("the verdict on receipt 0 of our lane"), "{missing}");
    it.b.net.cut(&it.b.url, &it.c.url, false);
    it.later();
    assert_eq!([phase(&it.a, &id), phase(&it.b, &id)], ["released", "released"]);
    it.stands("100.00", "0.00", "0.00");
}

#[test]
fn what_was_paid_in_time_is_paid_however_late_the_word_arrives() {
    let mut it = Chain::new();
    let (id, invoice) = it.invoice("invoice");
    it.pay("pay", &invoice).unwrap();
    it.a.zone().run_jobs().unwrap();
    it.b.zone().run_jobs().unwrap();
    // C has it and has paid; its word stays behind a wall for a month.
    it.b.net.cut(&it.b.url, &it.c.url, true);
    assert_eq!(phase(&it.c, &id), "committed");
    for _ in 0..30 {
        it.a.net.clock.forward(24 * HOUR);
        it.pump();
    }
    assert_eq!([phase(&it.a, &id), phase(&it.b, &id)], ["in_doubt", "in_doubt"]);
    it.b.net.cut(&it.b.url, &it.c.url, false);
    it.later();
    assert_eq!(it.phases(&id), ["completed", "completed", "completed"]);
    it.stands("70.00", "0.00", "30.00");
}

#[test]
fn repair_fetches_what_a_silent_outbox_keeps_back() {
    let mut it = Chain::new();
    let (id, invoice) = it.invoice("invoice");
    it.pay("pay", &invoice).unwrap();
    it.a.zone().run_jobs().unwrap();
    it.b.zone().run_jobs().unwrap();
    assert_eq!(phase(&it.c, &id), "committed");
    // C never runs its outbox; B asks, and passes the word on.
    let caller = it.b.caller();
    let told = it.b.zone().repair_bridged(&ask(&caller, "repair", "r"), &id).unwrap();
    assert_eq!(told.body["asked"][1]["taken"], 1, "{}", told.body);
    assert_eq!(phase(&it.b, &id), "committed");
    let caller = it.a.caller();
    it.a.zone().repair_bridged(&ask(&caller, "repair", "r"), &id).unwrap();
    assert_eq!(phase(&it.a, &id), "completed");
    it.pump();
    it.stands("70.00", "0.00", "30.00");
}

#[test]
fn a_halt_stops_no_payment_halfway() {
    for halted in [0, 1] {
        let mut it = Chain::new();
        let (id, invoice) = it.invoice("invoice");
        it.pay("pay", &invoice).unwrap();
        it.a.zone().run_jobs().unwrap();
        it.b.zone().run_jobs().unwrap();
        assert_eq!(phase(&it.c, &id), "committed");
        let halt = HaltAsk { reason: "an inquiry".into(), authority: "the operator".into() };
        let caller = it.b.caller();
        let over = it.route[halted].clone();
        it.b.zone().stop_corridor(&ask(&caller, "halt", "h"), &over, Stop::Halt, &halt).unwrap();
        it.pump();
        assert_eq!(it.phases(&id), ["completed", "completed", "completed"]);
        it.stands("70.00", "0.00", "30.00");
        let (id, invoice) = it.invoice("after");
        match it.pay("after", &invoice) {
            Err(refused) => assert_eq!((halted, refused.code()), (0, "corridor-not-active")),
            Ok(_) => {
                it.pump();
                assert_eq!((halted, phase(&it.a, &id).as_str()), (1, "released"));
            }
        }
        it.stands("70.00", "0.00", "30.00");
    }
}

/// The payee's zone pays out and tells another preimage than it promised: its word counts for nothing before it.
#[test]
fn a_wrong_preimage_moves_nothing_before_the_zone_that_told_it() {
    let mut it = Chain::new();
    let (id, invoice) = it.invoice("invoice");
    let sim = it.c.sim().clone();
    let kept = sim.record("bridge-invoice", id.as_str()).unwrap().unwrap();
    let mut issued: serde_json::Value = serde_json::from_slice(&kept.body).unwrap();
    issued["preimage"] = json!(Digest::of_blob(b"another"));
    let body = canon::Canonical::of_value(&issued).unwrap().bytes().to_vec();
    let (kind, name) = ("bridge-invoice".to_owned(), id.to_string());
    let put = RecordPut { kind, id: name, old_rev: Some(kept.rev), body };
    // While it does not run: nobody else writes to the store of a zone that does.
    it.c.close();
    sim.commit(Batch { records: vec![put], ..Batch::default() }).unwrap();
    it.c.open().unwrap();
    it.pay("pay", &invoice).unwrap();
    it.pump();
    assert_eq!(it.phases(&id), ["prepared", "prepared", "in_doubt"]);
    let shown = it.c.zone().bridged_one(&id).unwrap();
    let verdict = &shown["before"]["answer"]["verdict"];
    assert_eq!(verdict["refused"], "bridge-preimage-wrong", "{shown}");
    assert!(shown["missing"].as_str().unwrap().contains("bridge-preimage-wrong"), "{shown}");
    // C has paid its own customer out of its own pocket; nobody before it owes anything.
    let found = [balance(&it.a, &it.payer), it.held(), balance(&it.c, &it.payee)];
    assert_eq!(found, ["70.00", "30.00", "30.00"]);
    it.a.net.clock.forward(10 * HOUR);
    it.later();
    assert_eq!(it.phases(&id), ["in_doubt", "in_doubt", "in_doubt"]);
    let account = format!("corridor:{}:USD", it.route[0]);
    assert!(it.b.zone().account(&AccountId::parse(&account).unwrap()).is_err());
}

/// What bridges moved is owed over the cut like what payments moved, in the same direction.
#[test]
fn a_claim_is_owed_over_the_cut() {
    let mut it = Chain::new();
    let (_, invoice) = it.invoice("invoice");
    it.pay("pay", &invoice).unwrap();
    it.pump();
    for (at, over) in [(0, 0), (1, 1)] {
        let site = if at == 0 { &mut it.a } else { &mut it.b };
        let caller = site.caller();
        site.zone().cut_corridor(&ask(&caller, "cut", "c"), &it.route[over]).unwrap();
        let bundle = site.zone().export_bundle(&ask(&caller, "x", "x"), &it.route[over], true);
        let (report, opened) = corridor::verify::open(&bundle.unwrap(), &[]);
        let opened = opened.unwrap_or_else(|| panic!("{:?}", report.reasons));
        let (_, cut) = opened.cuts.last().unwrap();
        let [one, other] = &opened.lanes;
        let owed = corridor::netting::accepted_over(cut, None, [one, other], |_| 0).unwrap();
        let [only] = owed.as_slice() else { panic!("{owed:?}") };
        let names =
            ["ae.abudhabi.adgm", "sg", "pk-sifc"].map(|n| format!("org.momentum.mez.zone.{n}"));
        assert_eq!([only.debtor.as_str(), only.creditor.as_str()], [&names[at], &names[at + 1]]);
        assert_eq!(only.amount.minor(), 3_000);
        // B took the lock in its first receipt to A and claimed it in the second; C did both in one.
        assert_eq!(only.source, corridor::netting::Source::Commit([1, 0][at]));
    }
}
