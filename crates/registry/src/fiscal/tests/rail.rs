//! Payments over payment systems of the state.

use canon::{Bic, Iban, PaymentId, Uetr};
use proptest::prelude::*;

use super::*;
use crate::fiscal::{
    Arrival, BankAccount, BankPayee, Instructed, Payment, PaymentEvent, RailAnswer, RailTerms,
    legs_rail, legs_rail_paid, legs_rail_returned,
};
use crate::text::Slug;

fn account(iban: &str, bic: &str) -> BankAccount {
    BankAccount { iban: Iban::parse(iban).unwrap(), bic: Bic::parse(bic).unwrap() }
}

fn payment() -> Payment {
    let terms = RailTerms {
        system: Slug::parse("pk-raast").unwrap(),
        payer: AccountId::parse("acc-1").unwrap(),
        payer_name: Line::parse("Quetta Cloth").unwrap(),
        from: account("PK36SCBL0000001123456702", "SCBLPKKX"),
        payee: BankPayee {
            name: Line::parse("Indus").unwrap(),
            account: account("PK35HABB0000001123450001", "HABBPKKA"),
            ntn: None,
        },
        uetr: Uetr::parse("eb6305c9-1f7f-49de-aed0-16487c27b42d").unwrap(),
    };
    let id = PaymentId::parse("pay-1").unwrap();
    let purpose = Slug::parse("services").unwrap();
    Payment::initiated(id, amount(100, "PKR"), purpose, None, Arrival::Rail(terms), noon())
}

fn event(number: u8) -> PaymentEvent {
    let (at, posting_id) = (noon(), record_id(usize::from(number)));
    let answer = |status: &str| RailAnswer {
        status: status.to_owned(),
        reason: None,
        evidence_id: "ev-1".to_owned(),
    };
    match number {
        0 => PaymentEvent::Instruct(Instructed { at, posting_id }),
        1 => PaymentEvent::Confirm { at, posting_id, answer: answer("ACSC") },
        2 => PaymentEvent::Reject { at, answer: answer("RJCT") },
        3 => PaymentEvent::GiveBack { at, posting_id, with_tax: true },
        4 => PaymentEvent::Settle { at, posting_id },
        _ => PaymentEvent::Reverse { at, posting_id },
    }
}

/// What may follow what, written down a second time.
fn next(state: &str, event: u8) -> Option<&'static str> {
    match (state, event) {
        ("initiated", 0) => Some("sent"),
        ("sent", 1) => Some("settled"),
        ("sent", 2) => Some("rejected"),
        ("rejected", 3) => Some("returned"),
        _ => None,
    }
}

fn own(kind: AccountKind) -> Account {
    Account::standing(kind, currency("PKR"), noon()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_payment_goes_as_the_table_says_and_reads_as_it_was_kept(events in proptest::collection::vec(0u8..6, 0..8)) {
        let mut payment = payment();
        for number in events {
            let wanted = next(payment.state(), number);
            let after = payment.clone().apply(event(number));
            prop_assert_eq!(after.as_ref().ok().map(Payment::state), wanted);
            payment = after.unwrap_or(payment);
            let kept = serde_json::to_value(&payment).unwrap();
            prop_assert_eq!(serde_json::from_value::<Payment>(kept).unwrap(), payment.clone());
        }
    }

    #[test]
    fn what_comes_back_is_what_was_given(net in 1i128..1_000_000, tax in 0i128..1_000_000) {
        let (payer, held) = (customer("acc-1", "PKR"), own(AccountKind::Held { reason: HeldReason::Rail }));
        let authority = own(AccountKind::Tax { authority: Slug::parse("pk-fbr").unwrap() });
        let withheld = (tax > 0).then(|| (&authority, amount(tax, "PKR")));
        let legs = legs_rail_returned(&held, &payer, amount(net, "PKR"), withheld).unwrap();
        // A posting is refused where its legs do not sum to nothing.
        let booked = posting(1, legs);
        let credited = booked.legs().iter().find(|leg| leg.account_id == *payer.id()).unwrap();
        prop_assert_eq!(credited.amount.minor(), net + tax);
    }
}

#[test]
fn each_step_takes_the_accounts_of_its_part_and_no_others() {
    let (payer, held) =
        (customer("acc-1", "PKR"), own(AccountKind::Held { reason: HeldReason::Rail }));
    let (bridge, money) = (own(AccountKind::Held { reason: HeldReason::Bridge }), amount(5, "PKR"));
    assert!(legs_rail(&payer, &held, money).is_ok());
    assert!(legs_rail(&payer, &bridge, money).is_err() && legs_rail(&held, &held, money).is_err());
    assert!(legs_rail_paid(&held, &treasury("PKR"), money).is_ok());
    assert!(legs_rail_paid(&held, &payer, money).is_err());
    assert!(legs_rail_paid(&bridge, &treasury("PKR"), money).is_err());
    assert!(legs_rail_returned(&bridge, &payer, money, None).is_err());
    assert!(legs_rail_returned(&held, &treasury("PKR"), money, None).is_err());
    assert!(legs_rail_returned(&held, &payer, money, Some((&held, money))).is_err());
}
