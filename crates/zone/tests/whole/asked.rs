//! What is refused before anything is decided or written: names, filters, tokens and halts that
//! cannot be meant.

use canon::{PrincipalId, Timestamp};
use corridor::Stop;
use zone::{DecisionQuery, HaltAsk, Refused, ResumeAsk, Scope};

use crate::rig::work::{
    ask, balance, company, form_input, join, payment_state, pump, totals_are_zero, try_pay,
};
use crate::rig::{Net, Site};

fn code<T: std::fmt::Debug>(answer: Result<T, Refused>) -> &'static str {
    answer.unwrap_err().code()
}

fn entries(site: &Site) -> usize {
    site.zone().decisions(&DecisionQuery::default(), 200).unwrap().items.len()
}

#[test]
fn a_payee_of_another_name_is_not_paid_within_a_zone() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let (_, payer) = company(&mut site, "Straits Ledger", "10.00");
    let (_, payee) = company(&mut site, "Harbour Works", "0");
    let url = Site::new("sg", &net, None);
    let before = entries(&site);
    let to = (&url, &payee, "Harbor Works");
    assert_eq!(code(try_pay(&mut site, "other", (&payer, "1.00"), to)), "payee-name-differs");
    assert_eq!(entries(&site), before, "nothing is written");
    let to = (&url, &payee, "harbour   WORKS");
    try_pay(&mut site, "same", (&payer, "1.00"), to).unwrap();
    assert_eq!((balance(&site, &payer), balance(&site, &payee)), ("9.00".into(), "1.00".into()));
}

#[test]
fn a_payee_of_another_name_is_not_paid_across_a_corridor() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    join(&mut a, &mut b);
    let to = (&b, &payee, "Straits Hedger");
    let other = try_pay(&mut a, "other", (&payer, "10.00"), to).unwrap();
    let same = try_pay(&mut a, "same", (&payer, "1.00"), (&b, &payee, "STRAITS  ledger")).unwrap();
    pump(&[&a, &b]);
    assert_eq!(payment_state(&a, &other), "returned");
    assert_eq!(payment_state(&a, &same), "settled");
    assert_eq!((balance(&a, &payer), balance(&b, &payee)), ("99.00".into(), "1.00".into()));
    totals_are_zero(&[&a, &b]);
}

#[test]
fn nobody_is_paid_whose_name_cannot_be_screened_though_the_payer_is_clear() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    join(&mut a, &mut b);
    let refused = try_pay(&mut a, "pay", (&payer, "1.00"), (&b, &payee, "\u{12000}\u{12001}"));
    let refused = refused.unwrap_err();
    let Refused::Law { sanctions: false, grounds, .. } = &refused else { panic!("{refused:?}") };
    let grounds = serde_json::json!(grounds);
    let blocking = grounds["blocking"].as_array().unwrap();
    assert!(blocking.iter().any(|row| row["rule"] == "zone.sanctions.clear"), "{grounds}");
}

#[test]
fn a_name_that_cannot_be_screened_is_refused_and_no_hard_block() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    // Cuneiform, which is not written in Latin letters here.
    let form = form_input(&site, "Straits Ledger", &["\u{12000}\u{12001}", "Noor Fairweather"]);
    let caller = site.caller();
    let refused = site.zone().form_entity(&ask(&caller, "form", "f"), form).unwrap_err();
    let Refused::Law { sanctions: false, grounds, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!(refused.code(), "refused-by-law");
    let grounds = serde_json::json!(grounds);
    let blocking = grounds["blocking"].as_array().unwrap();
    let clear = blocking.iter().find(|row| row["rule"] == "zone.sanctions.clear").unwrap();
    assert_eq!(clear["state"], "pending");
    assert!(clear["remedy"].as_str().unwrap().contains("letters in use today"), "{clear}");
    let denied = site.zone().decisions(&DecisionQuery::default(), 50).unwrap().items;
    let screened = &denied.last().unwrap()["screenings"][1];
    assert_eq!(screened["unscreened"], "script_not_covered", "{screened}");
}

#[test]
fn filters_of_decisions_are_of_closed_sets() {
    let net = Net::new();
    let site = Site::opened("sg", &net);
    let with = |outcome: Option<&str>, kind: Option<&str>| DecisionQuery {
        outcome: outcome.map(str::to_owned),
        kind: kind.map(str::to_owned),
        ..DecisionQuery::default()
    };
    for good in ["allow", "deny", "error", "duty"] {
        site.zone().decisions(&with(Some(good), None), 1).unwrap();
    }
    for good in ["entity.form", "payment.return", "duty"] {
        site.zone().decisions(&with(None, Some(good)), 1).unwrap();
    }
    for (outcome, kind) in [(Some("denied"), None), (None, Some("payment")), (Some(""), None)] {
        let refused = site.zone().decisions(&with(outcome, kind), 1).unwrap_err();
        assert_eq!(refused.code(), "bad-query");
        assert!(refused.to_string().contains("duty"), "{refused}");
    }
}

#[test]
fn a_token_that_cannot_be_used_is_not_made() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let caller = site.caller();
    let before = entries(&site);
    let now = site.zone().now();
    let make = |key: &str, scopes: &[Scope], expires: Option<Timestamp>| {
        let principal = PrincipalId::parse("reader").unwrap();
        let ask = ask(&caller, key, key);
        site.zone().create_token(Some(&ask), principal, scopes.to_vec(), expires)
    };
    assert_eq!(code(make("now", &[Scope::Reader], Some(now))), "bad-expiry");
    assert_eq!(code(make("none", &[], None)), "invalid-fields");
    assert_eq!(code(make("twice", &[Scope::Reader, Scope::Reader], None)), "invalid-fields");
    assert_eq!(entries(&site), before);
    let text = make("once", &[Scope::Reader], Some(now.plus_secs(60).unwrap())).unwrap();
    assert_eq!(entries(&site), before + 1);
    for _ in 0..2 {
        assert_eq!(code(make("once", &[Scope::Reader], None)), "token-already-made");
    }
    assert_eq!(entries(&site), before + 1);
    site.zone().authenticate(&text).unwrap();
}

#[test]
fn tokens_that_have_ended_make_room() {
    let net = Net::new();
    let site = Site::opened("sg", &net);
    let make = |expires| {
        let principal = PrincipalId::parse("reader").unwrap();
        site.zone().create_token(None, principal, vec![Scope::Reader], expires)
    };
    let soon = site.zone().now().plus_secs(60).unwrap();
    let first = make(Some(soon)).unwrap();
    for _ in 1..zone::limits::TOKENS_MAX {
        make(Some(soon)).unwrap();
    }
    site.zone().authenticate(&first).unwrap();
    assert_eq!(code(make(None)), "too-many-tokens");
    net.clock.forward(60);
    assert_eq!(code(site.zone().authenticate(&first)), "unauthenticated");
    make(None).unwrap();
}

#[test]
fn a_halt_names_its_reason_and_authority_and_a_resume_its_reason() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let id = join(&mut a, &mut b);
    let caller = a.caller();
    for (reason, authority) in [("", "the operator"), (" \n", "the operator"), ("a test", " ")] {
        let halt = HaltAsk { reason: reason.to_owned(), authority: authority.to_owned() };
        let refused = a.zone().stop_corridor(&ask(&caller, "halt", "h"), &id, Stop::Halt, &halt);
        assert_eq!(code(refused), "invalid-fields", "{reason:?} {authority:?}");
    }
    assert_eq!(a.zone().corridor(&id).unwrap()["state"], "ACTIVE");
    let halt = HaltAsk { reason: "a test".to_owned(), authority: "the operator".to_owned() };
    a.zone().stop_corridor(&ask(&caller, "halt", "h"), &id, Stop::Halt, &halt).unwrap();
    let resume = ResumeAsk { reason: "\t".to_owned() };
    let refused = a.zone().resume_corridor(&ask(&caller, "resume", "r"), &id, &resume);
    assert_eq!(code(refused), "invalid-fields");
}
