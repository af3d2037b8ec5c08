//! Two zones and the money between them.

use super::*;
use crate::fiscal::{
    Ledger, LedgerError, LedgerEvent, LegError, legs_fund, legs_held, legs_internal, legs_receive,
    legs_release, legs_return, legs_send,
};
use proptest::prelude::*;

const NAME: &str = "org.momentum.mez.corridor.ae--sg";

/// A zone with a funded customer and an account for each part a payment plays.
struct Zone {
    ledger: Ledger,
    postings: usize,
}

impl Zone {
    fn new(funds: i128) -> Self {
        let accounts = [customer("c", "SGD"), treasury("SGD"), corridor(NAME, "SGD"), held("SGD")];
        let mut zone = Self { ledger: Ledger::of(accounts, []).unwrap(), postings: 0 };
        let legs = legs_fund(&treasury("SGD"), &customer("c", "SGD"), amount(funds, "SGD"));
        zone.book(legs).unwrap();
        zone
    }
    fn book(&mut self, legs: Result<[Leg; 2], LegError>) -> Result<(), LedgerError> {
        self.postings += 1;
        let posting = posting(self.postings, legs.unwrap());
        self.ledger.apply(LedgerEvent::Post(posting)).map(drop)
    }
    fn posted(&self, account: &Account) -> i128 {
        self.ledger.account(account.id()).unwrap().balance().posted()
    }
    fn sums_to_zero(&self) -> bool {
        self.ledger.totals().unwrap().values().all(|total| *total == 0)
    }
}

proptest! {
    /// Whatever is sent, accepted, refused, returned, held and released: each zone's books sum to zero, the two
    /// corridor accounts sum to what is in flight, and when nothing is in flight to zero.
    #[test]
    fn corridor_accounts_sum_to_what_is_in_flight(
        funds in (1i128..5_000, 1i128..5_000),
        steps in prop::collection::vec((any::<bool>(), 1i128..900, 0u8..6), 1..60)
    ) {
        let over = corridor_id(NAME);
        let (c, x, h) = (customer("c", "SGD"), corridor(NAME, "SGD"), held("SGD"));
        let mut zones = [Zone::new(funds.0), Zone::new(funds.1)];
        let everything = funds.0 + funds.1;
        let mut in_flight: Vec<(usize, PositiveAmount)> = Vec::new();
        for (side, minor, what) in steps {
            let (here, much) = (usize::from(side), amount(minor, "SGD"));
            match what {
                0..=2 => {
                    if zones[here].book(legs_send(&c, &x, &over, much)).is_ok() {
                        in_flight.push((here, much));
                    }
                }
                3 => if let Some((from, sent)) = in_flight.pop() {
                    zones[1 - from].book(legs_receive(&x, &c, &over, sent)).unwrap();
                },
                4 => if let Some((from, sent)) = in_flight.pop() {
                    zones[from].book(legs_return(&x, &c, &over, sent)).unwrap();
                },
                _ => if let Some((from, sent)) = in_flight.pop() {
                    zones[from].book(legs_held(&x, &h, &over, sent)).unwrap();
                    if sent.minor() % 2 == 0 {
                        zones[from].book(legs_release(&h, &c, sent)).unwrap();
                    }
                },
            }
            let flying: i128 = in_flight.iter().map(|(_, sent)| sent.minor()).sum();
            let owed: i128 = zones.iter().map(|zone| zone.posted(&x)).sum();
            let had: i128 = zones.iter().map(|zone| zone.posted(&c) + zone.posted(&h)).sum();
            prop_assert!(zones.iter().all(Zone::sums_to_zero));
            prop_assert_eq!(owed, flying);
            prop_assert_eq!(had + flying, everything);
        }
        for (from, sent) in in_flight {
            zones[from].book(legs_return(&x, &c, &over, sent)).unwrap();
        }
        prop_assert_eq!(zones.iter().map(|zone| zone.posted(&x)).sum::<i128>(), 0);
    }
}

#[test]
fn each_step_takes_only_the_accounts_made_for_it() {
    let one = amount(1, "SGD");
    let (c, d, t) = (customer("c", "SGD"), customer("d", "SGD"), treasury("SGD"));
    let (x, h, over) = (corridor(NAME, "SGD"), held("SGD"), corridor_id(NAME));
    let kind =
        |legs: Result<[Leg; 2], LegError>| matches!(legs.unwrap_err(), LegError::WrongKind { .. });
    assert!(kind(legs_fund(&c, &d, one)) && kind(legs_fund(&t, &x, one)));
    assert!(kind(legs_internal(&t, &c, one)) && kind(legs_internal(&c, &h, one)));
    assert!(kind(legs_send(&t, &x, &over, one)) && kind(legs_send(&c, &t, &over, one)));
    assert!(kind(legs_receive(&t, &c, &over, one)) && kind(legs_receive(&x, &h, &over, one)));
    assert!(kind(legs_held(&x, &c, &over, one)) && kind(legs_release(&x, &c, one)));
    let other = corridor_id("org.momentum.mez.corridor.ae--pk");
    let astray = legs_send(&c, &x, &other, one).unwrap_err();
    assert!(matches!(astray, LegError::WrongCorridor { .. }));
    let same = LegError::SameAccount(c.id().clone());
    assert_eq!(legs_internal(&c, &c, one), Err(same));
    let foreign = LegError::WrongCurrency(c.id().clone());
    assert_eq!(legs_internal(&c, &d, amount(1, "PKR")), Err(foreign));
}
