//! What is taken off a payment, what is promised, and what is taken back.

use super::*;
use crate::fiscal::{
    BUILT_IN, BadFee, ChargeAccounts, ChargedFee, Charges, ChartAccount, ChartCode, Class, Entry,
    Fee, FeeEvent, FeeTerms, IllegalTransfer, Ledger, LedgerEvent, NotReversible, Side, Transfer,
    TransferEvent, journal, legs_charged, legs_fund, legs_internal,
};
use crate::text::Slug;
use proptest::prelude::*;

fn tax(code: &str) -> Account {
    let authority = Slug::parse("pk-fbr").unwrap();
    Account::standing(AccountKind::Tax { authority }, currency(code), noon()).unwrap()
}

fn fees(code: &str) -> Account {
    Account::standing(AccountKind::Fees {}, currency(code), noon()).unwrap()
}

fn row(number: usize, fixed: i128, rate_bp: u32, days: (&str, Option<&str>)) -> (FeeTerms, usize) {
    let day = |text: &str| Date::parse(text).unwrap();
    let terms = FeeTerms {
        event: FeeEvent::PaymentInternal,
        fixed: Amount::of_minor(fixed, currency("SGD")),
        rate_bp,
        from: day(days.0),
        until: days.1.map(day),
    };
    (terms, number)
}

fn fee((terms, number): (FeeTerms, usize), others: &[Fee]) -> Result<Fee, BadFee> {
    Fee::new(record_id(number), terms, others)
}

#[test]
fn rows_of_a_schedule_never_meet_and_charge_something() {
    let first = fee(row(1, 50, 25, ("2026-01-01", Some("2026-07-01"))), &[]).unwrap();
    assert_eq!(first.on(amount(10_000, "SGD")).unwrap().minor(), 75);
    let after = fee(row(2, 0, 30, ("2026-07-01", None)), std::slice::from_ref(&first)).unwrap();
    assert_eq!(after.on(amount(1, "SGD")), None);
    let both = [first, after];
    let meets = fee(row(3, 1, 0, ("2026-06-30", Some("2026-07-01"))), &both);
    assert_eq!(meets, Err(BadFee::Overlap(record_id(1))));
    assert_eq!(fee(row(3, 1, 0, ("2027-01-01", None)), &both), Err(BadFee::Overlap(record_id(2))));
    assert_eq!(fee(row(3, 0, 0, ("2025-01-01", None)), &[]), Err(BadFee::Amount));
    let turned = row(3, 1, 0, ("2026-01-02", Some("2026-01-01")));
    assert_eq!(fee(turned, &[]), Err(BadFee::Days));
}

#[test]
fn a_code_says_its_class_and_every_kind_of_account_has_one() {
    for built in BUILT_IN {
        assert_eq!(ChartCode::parse(built.code).unwrap().class(), built.class, "{}", built.code);
    }
    for bad in ["", "0100", "6000", "1a", "12345678901234567"] {
        assert!(ChartCode::parse(bad).is_err(), "{bad}");
    }
    let name = Line::parse("Rent").unwrap();
    let code = ChartCode::parse("5100").unwrap();
    assert!(ChartAccount::new(code.clone(), name.clone(), Class::Asset).is_err());
    assert!(ChartAccount::new(ChartCode::parse("1000").unwrap(), name, Class::Asset).is_err());
    assert_eq!(customer("c", "SGD").holder().chart_code(), "2000");
    assert_eq!(AccountKind::Ledger { code }.class(), Class::Expense);
    assert!(
        Account::customer(
            AccountId::parse("tax:pk-fbr:PKR").unwrap(),
            EntityId::parse("e").unwrap(),
            currency("PKR"),
            noon()
        )
        .is_err()
    );
}

#[test]
fn a_promise_ends_once_and_is_not_kept_after_its_time() {
    let expires = noon().plus_secs(60).unwrap();
    let legs = legs_internal(&customer("a", "SGD"), &customer("b", "SGD"), amount(5, "SGD"));
    let made = Transfer::new(record_id(9), vec![posting(1, legs.unwrap())], Some(expires), noon());
    let posted = made.clone().apply(TransferEvent::Post, noon()).unwrap();
    assert_eq!(posted.state(), "posted");
    let again = posted.apply(TransferEvent::Void, noon());
    assert_eq!(again, Err(IllegalTransfer::NotPending("posted")));
    let late = made.clone().apply(TransferEvent::Post, expires);
    assert_eq!(late, Err(IllegalTransfer::Expired(expires)));
    assert_eq!(made.apply(TransferEvent::Void, expires).unwrap().state(), "voided");
}

fn kept<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

proptest! {
    /// Whatever is charged, nothing is lost; and a reversal puts every balance back where it was.
    #[test]
    fn charges_and_their_reversal_conserve_money(gross in 1..1_000_000i128, taken in 0..9_999i128, fee in 0..500i128) {
        let withheld = gross * taken / 10_000;
        let [payer, payee, owed, earned] =
            [customer("a", "SGD"), customer("b", "SGD"), tax("SGD"), fees("SGD")];
        let gross = amount(gross, "SGD");
        let net = amount(gross.minor() - withheld, "SGD");
        let fee = PositiveAmount::try_from(Amount::of_minor(fee, currency("SGD"))).ok();
        let tax = crate::fiscal::WithheldTax {
            event_id: record_id(7), gross, withheld: Amount::of_minor(withheld, currency("SGD")), net,
            terms: terms(),
        };
        let fee = fee.map(|amount| ChargedFee { fee_id: record_id(8), amount });
        let charges = kept(&Charges { tax: Some(tax), fee });
        let accounts = ChargeAccounts { tax: Some(&owed), fee: Some(&earned) };
        let legs = legs_charged(legs_internal(&payer, &payee, gross).unwrap(), &charges, accounts);
        let paid = posting(2, legs.unwrap());
        let mut ledger = Ledger::of([payer, payee, owed, earned, treasury("SGD")], []).unwrap();
        let fund = legs_fund(&treasury("SGD"), &customer("a", "SGD"), amount(2_000_000, "SGD"));
        let _ = ledger.apply(LedgerEvent::Post(posting(1, fund.unwrap()))).unwrap();
        let before = ledger.clone();
        let applied = ledger.apply(LedgerEvent::Post(paid.clone())).unwrap();
        for entry in Entry::of(&applied.posting, &applied.accounts) {
            let was = before.account(entry.account_id()).unwrap().balance().posted();
            prop_assert_eq!(entry.before(), was);
        }
        prop_assert!(ledger.totals().unwrap().values().all(|sum| *sum == 0));
        let got = ledger.account(&AccountId::parse("b").unwrap()).unwrap().balance().posted();
        prop_assert_eq!(got, net.minor());
        let back = paid.reversal(record_id(3), today(), Line::parse("wrong").unwrap()).unwrap();
        let back = kept(&back);
        prop_assert_eq!(back.reverses(), Some(&record_id(2)));
        prop_assert_eq!(back.reversal(record_id(4), today(), Line::parse("x").unwrap()), Err(NotReversible::Reversal));
        let _ = ledger.apply(LedgerEvent::Post(back.clone())).unwrap();
        for account in before.accounts() {
            prop_assert_eq!(ledger.account(account.id()).unwrap().balance(), account.balance());
        }
        let taken_back = kept(&paid.taken_back(&back));
        let twice = taken_back.reversal(record_id(5), today(), Line::parse("x").unwrap());
        prop_assert_eq!(twice, Err(NotReversible::Already(record_id(3))));
    }
}

fn terms() -> crate::tax::Terms {
    use crate::tax::{Cited, FilerFact, FilerStatus, ROUNDING, Rate, Terms};
    let digest = canon::Digest::of_blob(b"x");
    let filer = FilerFact {
        status: FilerStatus::Filer,
        source: "credential".to_owned(),
        digest,
        issuer: None,
        expires: None,
    };
    let citation = Cited {
        pack: "pk".to_owned(),
        pack_sha256: digest,
        parameter: "p".to_owned(),
        instrument: "Act".to_owned(),
        section: "1".to_owned(),
        source: "s".to_owned(),
        from: today(),
        disagrees: None,
    };
    let rate = Rate { rate_bp: 1, citation };
    let authority = Slug::parse("pk-fbr").unwrap();
    Terms { authority, filer, rate, rounding: ROUNDING.to_owned() }
}

#[test]
fn what_is_charged_needs_an_account_of_its_kind() {
    let [payer, payee] = [customer("a", "SGD"), customer("b", "SGD")];
    let legs = || legs_internal(&payer, &payee, amount(100, "SGD")).unwrap();
    let fee = Some(ChargedFee { fee_id: record_id(8), amount: amount(1, "SGD") });
    let charges = Charges { tax: None, fee };
    assert!(legs_charged(legs(), &charges, ChargeAccounts::default()).is_err());
    let wrong = ChargeAccounts { tax: None, fee: Some(&payee) };
    assert!(legs_charged(legs(), &charges, wrong).is_err());
    let mixed = fees("USD");
    let charges = Charges {
        tax: None,
        fee: Some(ChargedFee { fee_id: record_id(8), amount: amount(1, "USD") }),
    };
    let other = ChargeAccounts { tax: None, fee: Some(&mixed) };
    assert!(legs_charged(legs(), &charges, other).is_err());
}

#[test]
fn a_journal_declares_what_it_names_and_writes_debits_above_nothing() {
    let [from, to] = [treasury("JPY"), customer("a", "JPY")];
    let legs = legs_fund(&from, &to, amount(700, "JPY")).unwrap();
    let booked = posting(1, legs).effective_on(Date::parse("2026-11-01").unwrap());
    let mut ledger = Ledger::of([from, to], []).unwrap();
    let _ = ledger.apply(LedgerEvent::Post(booked.clone())).unwrap();
    let accounts: Vec<Account> = ledger.accounts().cloned().collect();
    let text =
        journal("books; of a zone", &accounts, std::slice::from_ref(&booked), (true, today()));
    for line in [
        "; books, of a zone",
        "commodity 1000. JPY",
        "account assets:1000:treasury:JPY",
        "2026-11-20=2026-11-01 * (post-1) test",
        "    assets:1000:treasury:JPY  700 JPY",
        "    liabilities:2000:a  -700 JPY",
        "    liabilities:2000:a  0 JPY = -700 JPY",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    assert_eq!(booked.legs()[0].side, Side::Debit);
    assert!(!journal("x", &accounts, &[booked], (false, today())).contains(" = "));
}
