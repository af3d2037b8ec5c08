//! Limits of tiers and payments over bridges: what is locked counts, what is let go does not.

use zone::TierLimitsAsk;

use super::{Chain, PAYEE};
use crate::rig::work::{ask, usd};

#[test]
fn a_bridged_payment_counts_in_its_day_unless_it_is_let_go() {
    let mut it = Chain::new();
    let (_, first) = it.invoice("first");
    it.c.close();
    it.c.listed_here = vec![PAYEE.to_owned()];
    it.c.open().unwrap();
    let caller = it.a.caller();
    let wanted = TierLimitsAsk {
        currency: usd(),
        per_payment: ["30.00"; 4].map(str::to_owned),
        per_day: Some(["50.00"; 4].map(str::to_owned)),
        per_month: None,
    };
    it.a.zone().set_tier_limits(&ask(&caller, "limits", "l"), &wanted).unwrap();
    it.a.net.clock.forward(2);
    it.pay("refused", &first).unwrap();
    it.pump();
    it.stands("100.00", "0.00", "0.00");
    it.c.close();
    it.c.listed_here = Vec::new();
    it.c.open().unwrap();
    let (_, second) = it.invoice("second");
    it.pay("paid", &second).unwrap();
    let (_, third) = it.invoice("third");
    let over = it.pay("over", &third).unwrap_err();
    assert_eq!(over.code(), "over-tier-day-limit");
    assert!(over.to_string().contains("20.00 USD are left"), "{over}");
    it.pump();
    it.stands("70.00", "0.00", "30.00");
    assert_eq!(it.pay("still-over", &third).unwrap_err().code(), "over-tier-day-limit");
}
