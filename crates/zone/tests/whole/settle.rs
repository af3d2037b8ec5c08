//! Settlement over lanes: what two and three zones owe is netted over signed cuts, agreed, paid and booked once.

use canon::{AccountId, CorridorId, Digest};
use corridor::Stop;
use serde_json::{Value, json};
use store::{Batch, KeyPut, Store as _};
use zone::limits::PLANS_MAX;
use zone::{Envelope, HaltAsk, InstructAsk, PlanAsk, Refused, ResumeAsk};

use crate::rig::work::{ask, balance, company, join, pump, pump_later, totals_are_zero, try_pay};
use crate::rig::{Net, Site};

/// The zone's account of a corridor, as its operator sees it.
pub fn corridor_account(site: &Site, id: &CorridorId) -> String {
    balance(site, &AccountId::parse(&format!("corridor:{id}:USD")).unwrap())
}

pub fn cut(site: &mut Site, id: &CorridorId, key: &str) {
    let caller = site.caller();
    site.zone().cut_corridor(&ask(&caller, key, "cut"), id).unwrap();
}

pub fn drawn(site: &Site) -> Result<(Value, Digest), Refused> {
    let told = site.zone().draw_settlement(&PlanAsk::default())?;
    let digest = Digest::from_hex(told["plan_sha256"].as_str().unwrap()).unwrap();
    Ok((told["plan"].clone(), digest))
}

pub fn try_consent(site: &mut Site, plan: &Value) -> Result<Envelope, Refused> {
    let caller = site.try_caller()?;
    site.zone().consent_to_plan(&ask(&caller, &format!("consent-{}", site.word), "c"), plan)
}

pub fn try_agree(site: &mut Site, plan: &Digest) -> Result<Envelope, Refused> {
    let caller = site.try_caller()?;
    site.zone().consent_to_known(&ask(&caller, "agree", "c"), plan)
}

pub fn try_instruct(site: &mut Site, leg: (&Digest, u64), key: &str) -> Result<Envelope, Refused> {
    let caller = site.try_caller()?;
    let banks = InstructAsk {
        instructing_bic: "MEZZAEK0".to_owned(),
        instructed_bic: "MEZZSGK0".to_owned(),
    };
    site.zone().instruct_leg(&ask(&caller, key, "i"), leg, &banks)
}

pub fn try_confirm(site: &mut Site, plan: &Digest, told: &str) -> Result<Envelope, Refused> {
    let caller = site.try_caller()?;
    let key = format!("confirm-{}", Digest::of_blob(told.as_bytes()));
    site.zone().confirm_leg(&ask(&caller, &key, "c"), (plan, 0), told)
}

pub fn try_fail(site: &mut Site, leg: (&Digest, u64)) -> Result<Envelope, Refused> {
    let caller = site.try_caller()?;
    let key = site.net.nonce();
    site.zone().fail_leg(&ask(&caller, &key, "f"), leg, "the bank refused it")
}

pub fn shown(site: &Site, plan: &Digest) -> Value {
    site.zone().settlement(plan).unwrap()
}

fn stage(site: &Site, plan: &Digest) -> String {
    shown(site, plan)["legs"][0]["stage"].as_str().unwrap().to_owned()
}

/// What the payee's bank writes of a leg.
pub fn notification(leg: &Value, minor: &str) -> String {
    let message = json!({ "message": "notification", "content": {
        "report": {
            "message_id": "BANK-1",
            "created": "2026-07-01T12:00:00Z",
            "report_id": "R-1",
            "account": { "other": "NOSTRO" },
            "currency": leg["amount"]["currency"],
        },
        "entries": [{
            "reference": "E-1",
            "amount": { "currency": leg["amount"]["currency"], "minor": minor },
            "direction": "CRDT",
            "status": "BOOK",
            "booked": "2026-07-01",
            "value": "2026-07-01",
            "kind": "SETTLEMENT",
            "end_to_end_id": "LEG",
            "uetr": leg["uetr"],
        }],
    }});
    let message: corridor::iso20022::Message = serde_json::from_value(message).unwrap();
    message.write().unwrap()
}

/// Two zones that have paid each other 100.00 and 40.00, and signed a cut.
pub struct Pair {
    pub a: Site,
    pub b: Site,
    pub id: CorridorId,
    pub one: AccountId,
    pub two: AccountId,
}

fn pair() -> Pair {
    let mut pair = uncut();
    cut(&mut pair.a, &pair.id, "cut-1");
    pair
}

/// The same before the cut.
pub fn uncut() -> Pair {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, one) = company(&mut a, "Al Maryah Analytics", "500.00");
    let (_, two) = company(&mut b, "Straits Ledger", "500.00");
    let id = join(&mut a, &mut b);
    try_pay(&mut a, "pay-1", (&one, "100.00"), (&b, &two, "Straits Ledger")).unwrap();
    try_pay(&mut b, "pay-2", (&two, "40.00"), (&a, &one, "Al Maryah Analytics")).unwrap();
    pump(&[&a, &b]);
    Pair { a, b, id, one, two }
}

fn agreed() -> (Pair, Digest) {
    let mut pair = pair();
    let (plan, digest) = drawn(&pair.a).unwrap();
    try_consent(&mut pair.a, &plan).unwrap();
    pump(&[&pair.a, &pair.b]);
    try_agree(&mut pair.b, &digest).unwrap();
    pump(&[&pair.a, &pair.b]);
    (pair, digest)
}

#[test]
fn what_two_zones_owe_is_netted_agreed_paid_and_booked_once() {
    let mut pair = pair();
    let (plan, digest) = drawn(&pair.a).unwrap();
    assert_eq!(drawn(&pair.b).unwrap(), (plan.clone(), digest), "both draw the same plan");
    assert_eq!(plan["legs"].as_array().unwrap().len(), 1);
    assert_eq!(plan["legs"][0]["amount"]["minor"], "6000");
    let proposed = try_consent(&mut pair.a, &plan).unwrap();
    assert_eq!(proposed.body["state"], "proposed");
    let again = try_consent(&mut pair.a, &plan).unwrap();
    assert!(again.replayed);
    // Nothing is instructed before both are bound.
    let early = try_instruct(&mut pair.a, (&digest, 0), "early").unwrap_err();
    assert_eq!(early.code(), "plan-state");
    pump(&[&pair.a, &pair.b]);
    assert_eq!(shown(&pair.b, &digest)["state"], "proposed");
    try_agree(&mut pair.b, &digest).unwrap();
    assert_eq!(try_agree(&mut pair.b, &digest).unwrap().body["state"], "in_force");
    pump(&[&pair.a, &pair.b]);
    let Pair { a, b, id, one, two } = &mut pair;
    assert_eq!(shown(a, &digest)["state"], "in_force");
    assert_eq!(try_instruct(b, (&digest, 0), "theirs").unwrap_err().code(), "leg-state");
    let done = try_instruct(a, (&digest, 0), "instruct").unwrap();
    let message = done.body["pacs_009"].as_str().unwrap();
    let read = corridor::iso20022::Message::read(message.as_bytes()).unwrap();
    assert!(read.unread.is_empty());
    pump(&[a, b]);
    let leg = shown(b, &digest)["legs"][0].clone();
    assert_eq!(leg["stage"], "instructed");
    // Another amount, or another payment, is not this leg.
    let wrong = try_confirm(b, &digest, &notification(&leg, "5999")).unwrap_err();
    assert_eq!(wrong.code(), "notification-differs");
    let mut other = leg.clone();
    other["uetr"] = json!("eb6305c9-1f7f-49de-aed0-16487c27b42d");
    let wrong = try_confirm(b, &digest, &notification(&other, "6000")).unwrap_err();
    assert_eq!(wrong.code(), "notification-differs");
    assert_eq!(try_confirm(b, &digest, "<nothing/>").unwrap_err().code(), "bad-message");
    try_confirm(b, &digest, &notification(&leg, "6000")).unwrap();
    pump(&[a, b]);
    for site in [&*a, &*b] {
        assert_eq!(stage(site, &digest), "confirmed", "{}", site.word);
        assert_eq!(corridor_account(site, id), "0.00", "{}", site.word);
        assert_eq!(shown(site, &digest)["totals"][0]["paid"], "60.00");
    }
    totals_are_zero(&[a, b]);
    assert_eq!(drawn(a).unwrap_err().code(), "nothing-owed");
    for site in [&*a, &*b] {
        let open = site.sim().find("settlement", "standing", "open", None, 10).unwrap();
        assert_eq!(open, Vec::<String>::new(), "an ended plan takes no room");
        let waits = site.sim().jobs(&format!("awaited/{id}"), i64::MAX, 10).unwrap();
        assert!(waits.is_empty(), "what was decided is awaited no more");
    }
    // The next cut begins where this plan ended.
    try_pay(a, "pay-3", (one, "7.00"), (b, two, "Straits Ledger")).unwrap();
    pump(&[a, b]);
    cut(b, id, "cut-2");
    let (plan, _) = drawn(a).unwrap();
    assert_eq!(plan["legs"][0]["amount"]["minor"], "700");
    assert_eq!(plan["obligations"], 1);
}

#[test]
fn a_leg_that_fails_is_owed_again_and_settled_by_the_next_plan() {
    let (mut pair, digest) = agreed();
    let Pair { a, b, id, .. } = &mut pair;
    try_instruct(a, (&digest, 0), "instruct").unwrap();
    pump(&[a, b]);
    try_fail(b, (&digest, 0)).unwrap();
    pump(&[a, b]);
    assert_eq!([stage(a, &digest), stage(b, &digest)], ["failed", "failed"]);
    assert_eq!(try_fail(a, (&digest, 0)).unwrap_err().code(), "leg-state");
    let (plan, again) = drawn(a).unwrap();
    assert_eq!(drawn(b).unwrap().1, again);
    assert_eq!(plan["legs"][0]["amount"]["minor"], "6000");
    assert_ne!(again, digest);
    assert_eq!([corridor_account(a, id), corridor_account(b, id)], ["60.00", "-60.00"]);
    totals_are_zero(&[a, b]);
}

#[test]
fn a_confirmation_that_crosses_a_failure_is_taken_back_with_its_money() {
    let (mut pair, digest) = agreed();
    let Pair { a, b, id, .. } = &mut pair;
    try_instruct(a, (&digest, 0), "instruct").unwrap();
    pump(&[a, b]);
    let leg = shown(b, &digest)["legs"][0].clone();
    a.net.cut(&a.url, &b.url, true);
    try_fail(a, (&digest, 0)).unwrap();
    try_confirm(b, &digest, &notification(&leg, "6000")).unwrap();
    assert_eq!(corridor_account(b, id), "0.00");
    a.net.cut(&a.url, &b.url, false);
    pump_later(&[a, b]);
    // Each refused the other's word: the leg stands where both last agreed, and can be confirmed.
    assert_eq!([stage(a, &digest), stage(b, &digest)], ["instructed", "instructed"]);
    assert_eq!([corridor_account(a, id), corridor_account(b, id)], ["60.00", "-60.00"]);
    totals_are_zero(&[a, b]);
    assert_eq!(drawn(a).unwrap_err().code(), "nothing-owed");
    let caller = b.caller();
    let told = notification(&leg, "6000");
    b.zone().confirm_leg(&ask(&caller, "once-more", "c"), (&digest, 0), &told).unwrap();
    pump(&[a, b]);
    assert_eq!([corridor_account(a, id), corridor_account(b, id)], ["0.00", "0.00"]);
}

#[test]
fn a_plan_is_refused_outdated_or_waited_for_by_name() {
    let mut pair = pair();
    let Pair { a, b, id, one, two } = &mut pair;
    let (plan, digest) = drawn(a).unwrap();
    try_consent(a, &plan).unwrap();
    pump(&[a, b]);
    // While it waits, its obligations are in no other.
    try_pay(a, "pay-3", (one, "7.00"), (b, two, "Straits Ledger")).unwrap();
    pump(&[a, b]);
    cut(a, id, "cut-2");
    let (newer, _) = drawn(a).unwrap();
    let caller = a.caller();
    let twice = a.zone().consent_to_plan(&ask(&caller, "newer", "n"), &newer).unwrap_err();
    assert_eq!(twice.code(), "plan-pending");
    // The other zone holds something else.
    let mut wrong = newer.clone();
    for row in wrong["currencies"][0]["positions"].as_array_mut().unwrap() {
        row["receivable"]["minor"] = json!("1");
    }
    let caller = b.caller();
    let refused = b.zone().consent_to_plan(&ask(&caller, "wrong", "w"), &wrong).unwrap_err();
    assert_eq!(refused.code(), "bad-settlement");
    let refused = b.zone().refuse_plan(&ask(&caller, "refuse", "r"), &digest, " ").unwrap_err();
    assert_eq!(refused.code(), "bad-settlement");
    b.zone().refuse_plan(&ask(&caller, "no", "n"), &digest, "the cut is disputed").unwrap();
    pump(&[a, b]);
    for site in [&*a, &*b] {
        assert_eq!(shown(site, &digest)["state"], "refused", "{}", site.word);
    }
    // The obligations are free again.
    let caller = a.caller();
    a.zone().consent_to_plan(&ask(&caller, "at-last", "n"), &newer).unwrap();
    // A plan over an older cut than the last settled one is of other obligations.
    pump(&[a, b]);
    let caller = b.caller();
    b.zone().consent_to_plan(&ask(&caller, "too", "n"), &newer).unwrap();
    let stale = b.zone().consent_to_plan(&ask(&caller, "stale", "n"), &plan).unwrap_err();
    assert_eq!(stale.code(), "plan-state");
}

#[test]
fn consent_is_heard_on_a_corridor_that_was_halted_and_answered_after_the_resume() {
    let mut pair = pair();
    let Pair { a, b, id, .. } = &mut pair;
    let (plan, digest) = drawn(a).unwrap();
    a.net.cut(&a.url, &b.url, true);
    try_consent(a, &plan).unwrap();
    let halt = HaltAsk { reason: "a test".to_owned(), authority: "the test".to_owned() };
    let caller = b.caller();
    b.zone().stop_corridor(&ask(&caller, "halt", "h"), id, Stop::Halt, &halt).unwrap();
    a.net.cut(&a.url, &b.url, false);
    pump_later(&[a, b]);
    assert_eq!(shown(b, &digest)["state"], "proposed");
    assert_eq!(try_agree(b, &digest).unwrap_err().code(), "corridor-not-active");
    for site in [&mut *b, &mut *a] {
        let caller = site.caller();
        let resume = ResumeAsk { reason: "it is over".to_owned() };
        site.zone().resume_corridor(&ask(&caller, "resume", "r"), id, &resume).unwrap();
        pump(&[&*site]);
    }
    pump_later(&[a, b]);
    assert_eq!(a.zone().corridor(id).unwrap()["state"], "ACTIVE");
    try_agree(b, &digest).unwrap();
    pump(&[a, b]);
    for site in [&*a, &*b] {
        assert_eq!(shown(site, &digest)["state"], "in_force", "{}", site.word);
    }
}

#[test]
fn consent_that_met_the_end_of_the_corridor_is_not_told_again_and_binds_nobody() {
    let mut pair = pair();
    let Pair { a, b, id, .. } = &mut pair;
    let (plan, digest) = drawn(a).unwrap();
    a.net.cut(&a.url, &b.url, true);
    try_consent(a, &plan).unwrap();
    let end = HaltAsk { reason: "it is over".to_owned(), authority: "the test".to_owned() };
    let caller = b.caller();
    b.zone().stop_corridor(&ask(&caller, "end", "e"), id, Stop::Deprecate, &end).unwrap();
    a.net.cut(&a.url, &b.url, false);
    for _ in 0..4 {
        pump_later(&[a, b]);
    }
    assert_eq!(a.zone().corridor(id).unwrap()["state"], "DEPRECATED");
    for site in [&*a, &*b] {
        assert_eq!(shown(site, &digest)["state"], "refused", "{}", site.word);
    }
    let health = a.zone().corridors_health().unwrap();
    assert_eq!(health["items"][0]["outbox"]["messages"], 0, "{health}");
}

/// So many plans stand open at a zone, or ended there, when it is started again.
fn stand(site: &mut Site, standing: &str) {
    site.close();
    let keys = (0..PLANS_MAX).map(|n| KeyPut {
        kind: "settlement".to_owned(),
        key: "standing".to_owned(),
        value: standing.to_owned(),
        id: format!("{n:064x}"),
    });
    site.sim().commit(Batch { keys: keys.collect(), ..Batch::default() }).unwrap();
    site.open().unwrap();
}

#[test]
fn consent_that_finds_no_room_there_is_told_again_and_the_plan_stays_open() {
    let mut pair = pair();
    let Pair { a, b, .. } = &mut pair;
    let (plan, digest) = drawn(a).unwrap();
    stand(b, "open");
    try_consent(a, &plan).unwrap();
    pump_later(&[a, b]);
    assert!(b.zone().settlement(&digest).is_err(), "there is no room for it");
    assert_eq!(shown(a, &digest)["state"], "proposed");
    stand(b, "ended");
    for _ in 0..8 {
        a.net.clock.forward(3_600);
        pump(&[a, b]);
    }
    try_agree(b, &digest).unwrap();
    pump(&[a, b]);
    for site in [&*a, &*b] {
        assert_eq!(shown(site, &digest)["state"], "in_force", "{}", site.word);
    }
}

/// Two peers without a corridor would never hear each other: no plan binds both.
#[test]
fn a_plan_over_the_corridors_of_one_zone_alone_is_not_drawn_up_for_its_peers() {
    let net = Net::new();
    let [mut hub, mut one, mut two] =
        ["ae-abudhabi-adgm", "pk-sifc", "sg"].map(|word| Site::opened(word, &net));
    let (_, payer) = company(&mut hub, "Al Maryah Analytics", "100.00");
    let mut ids = Vec::new();
    for (site, name) in [(&mut one, "Indus Textiles"), (&mut two, "Straits Ledger")] {
        let (_, payee) = company(site, name, "100.00");
        let id = join(&mut hub, site);
        try_pay(&mut hub, &format!("pay-{}", site.word), (&payer, "10.00"), (site, &payee, name))
            .unwrap();
        pump(&[&hub, site]);
        cut(&mut hub, &id, &format!("cut-{}", site.word));
        ids.push(id);
    }
    assert_eq!(drawn(&hub).unwrap_err().code(), "plan-has-strangers");
    for id in ids {
        let over = PlanAsk { corridor_ids: vec![id], ..PlanAsk::default() };
        assert!(hub.zone().draw_settlement(&over).is_ok());
    }
}
