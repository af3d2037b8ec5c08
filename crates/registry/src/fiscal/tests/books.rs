//! The books against a slow model of them.

use super::*;
use crate::fiscal::{
    BadAccount, LEGS_MAX, Ledger, LedgerError, LedgerEvent, NotPositive, Phase, PostingError, Side,
};
use canon::Canonical;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

fn names() -> Vec<Account> {
    let mut accounts = Vec::new();
    for code in ["SGD", "PKR"] {
        accounts.extend(["a", "b", "c"].map(|who| customer(&format!("{who}-{code}"), code)));
        accounts.push(treasury(code));
        let position = AccountKind::Position {};
        accounts.push(Account::standing(position, currency(code), noon()).unwrap());
    }
    accounts
}

fn refused(legs: &[Leg]) -> PostingError {
    let reference = Line::parse("test").unwrap();
    Posting::new(record_id(0), today(), reference, legs.iter().cloned()).unwrap_err()
}

#[test]
fn a_posting_that_does_not_balance_cannot_be_made() {
    let (a, b, c) = (customer("a", "SGD"), customer("b", "SGD"), customer("c", "PKR"));
    let one = amount(1, "SGD");
    let out = Leg::debit(a.id(), one);
    assert_eq!(refused(&[]), PostingError::LegCount(0));
    assert_eq!(refused(std::slice::from_ref(&out)), PostingError::LegCount(1));
    let many: Vec<Leg> = (0..LEGS_MAX + 9).map(|_| out.clone()).collect();
    assert_eq!(refused(&many), PostingError::LegCount(LEGS_MAX + 1));
    let short = [out.clone(), Leg::credit(b.id(), amount(2, "SGD"))];
    let unbalanced = PostingError::Unbalanced { currency: currency("SGD"), minor: 1 };
    assert_eq!(refused(&short), unbalanced);
    let across = [out.clone(), Leg::credit(c.id(), amount(1, "PKR"))];
    assert!(
        matches!(refused(&across), PostingError::Unbalanced { .. }),
        "one does not pay the other"
    );
    let twice = [out.clone(), Leg::credit(a.id(), one)];
    assert_eq!(refused(&twice), PostingError::AccountTwice(a.id().clone()));
    let most = amount(i128::MAX, "SGD");
    let huge = [out, Leg::credit(b.id(), most), Leg::credit(c.id(), most)];
    assert_eq!(refused(&huge), PostingError::Overflow(currency("SGD")));
}

#[test]
fn an_exchange_goes_through_position_accounts() {
    let mut ledger = Ledger::of(names(), []).unwrap();
    let id = |name: &str| AccountId::parse(name).unwrap();
    let (sgd, pkr) = (amount(100, "SGD"), amount(20_700, "PKR"));
    let fund = [Leg::debit(&id("treasury:SGD"), sgd), Leg::credit(&id("a-SGD"), sgd)];
    let _ = ledger.apply(LedgerEvent::Post(posting(1, fund))).unwrap();
    let exchange = [
        Leg::debit(&id("a-SGD"), sgd),
        Leg::credit(&id("position:SGD"), sgd),
        Leg::debit(&id("position:PKR"), pkr),
        Leg::credit(&id("a-PKR"), pkr),
    ];
    let _ = ledger.apply(LedgerEvent::Post(posting(2, exchange))).unwrap();
    assert_eq!(ledger.account(&id("position:PKR")).unwrap().balance().posted(), -20_700);
    assert!(ledger.totals().unwrap().values().all(|total| *total == 0));
}

#[test]
fn the_zones_own_accounts_have_one_name_each() {
    let corridor = corridor("org.momentum.mez.corridor.a--b", "SGD");
    assert_eq!(corridor.id().as_str(), "corridor:org.momentum.mez.corridor.a--b:SGD");
    assert_eq!(held("PKR").id().as_str(), "held:credit_refused:PKR");
    let owner = EntityId::parse("ent-1").unwrap();
    let name = AccountId::parse("treasury:SGD").unwrap();
    let squatted = Account::customer(name.clone(), owner, currency("SGD"), noon());
    assert_eq!(squatted, Err(BadAccount::NameTaken(name)));
    let mut renamed = Canonical::of(&treasury("SGD")).unwrap().value();
    renamed["account_id"] = json!("treasury:PKR");
    assert!(serde_json::from_value::<Account>(renamed).is_err());
}

#[test]
fn accounts_and_postings_rest_as_canonical_json_and_wake_equal() {
    let a = customer("a", "SGD");
    let rest = Canonical::of(&a).unwrap();
    let expected = r#"{"account_id":"a","balance":{"posted":"0","reserved_in":"0","reserved_out":"0"},"currency":"SGD","holder":{"kind":"customer","owner":"ent-1"},"opened":"2026-11-20T12:00:00Z","type":"MEZAccount"}"#;
    assert_eq!(rest.bytes(), expected.as_bytes());
    assert_eq!(rest.read::<Account>().unwrap(), a);
    let one = amount(1, "SGD");
    let made = posting(1, [Leg::debit(treasury("SGD").id(), one), Leg::credit(a.id(), one)]);
    let rest = Canonical::of(&made).unwrap();
    assert_eq!(rest.value()["type"], "MEZPosting");
    assert_eq!(rest.read::<Posting>().unwrap(), made);
    let mut skewed = rest.value();
    skewed["legs"][0]["amount"]["minor"] = json!("2");
    assert!(serde_json::from_value::<Posting>(skewed).is_err());
}

#[test]
fn a_resting_balance_below_zero_does_not_wake() {
    for (part, text) in
        [("posted", "-1"), ("reserved_in", "-1"), ("posted", "+1"), ("posted", "01")]
    {
        let mut kept = Canonical::of(&customer("a", "SGD")).unwrap().value();
        kept["balance"][part] = json!(text);
        assert!(serde_json::from_value::<Account>(kept).is_err(), "{part} {text}");
    }
}

#[test]
fn nothing_and_less_than_nothing_do_not_move() {
    for minor in [0, -1, i128::MIN] {
        let nothing = PositiveAmount::try_from(Amount::of_minor(minor, currency("SGD")));
        assert!(matches!(nothing, Err(NotPositive::Nothing(_))));
    }
    assert!(PositiveAmount::parse("-1.00", currency("SGD"), today()).is_err());
    assert!(PositiveAmount::parse("1.001", currency("SGD"), today()).is_err());
    assert_eq!(PositiveAmount::parse("1.01", currency("SGD"), today()).unwrap().minor(), 101);
}

#[test]
fn a_balance_never_leaves_128_bits() {
    let accounts = [treasury("SGD"), customer("a", "SGD")];
    let (from, to) = (accounts[0].id().clone(), accounts[1].id().clone());
    let mut ledger = Ledger::of(accounts, []).unwrap();
    let most = amount(i128::MAX, "SGD");
    let all = |n| posting(n, [Leg::debit(&from, most), Leg::credit(&to, most)]);
    let _ = ledger.apply(LedgerEvent::Post(all(1))).unwrap();
    let full = ledger.clone();
    let refused = ledger.apply(LedgerEvent::Post(all(2))).unwrap_err();
    assert!(matches!(refused, LedgerError::Overflow(_)));
    assert_eq!(ledger, full);
}

#[test]
fn refusals_name_the_account() {
    let (a, b) = (customer("a", "SGD"), customer("b", "PKR"));
    let (from, to) = (a.id().clone(), b.id().clone());
    let mut ledger = Ledger::of([a.clone(), b], []).unwrap();
    assert_eq!(ledger.open(a), Err(LedgerError::AccountTwice(from.clone())));
    let one = amount(1, "SGD");
    let mut post = |legs| ledger.apply(LedgerEvent::Post(posting(1, legs))).unwrap_err();
    let poor = post([Leg::debit(&from, one), Leg::credit(&to, one)]);
    let (account_id, available, wanted) = (from.clone(), 0, 1);
    assert_eq!(poor, LedgerError::Insufficient { account_id, available, wanted });
    let wrong = post([Leg::credit(&to, one), Leg::debit(&from, one)]);
    assert!(matches!(wrong, LedgerError::WrongCurrency { .. }));
    let nowhere = AccountId::parse("nowhere").unwrap();
    let gone = post([Leg::credit(&nowhere, one), Leg::debit(&from, one)]);
    assert_eq!(gone, LedgerError::NoSuchAccount(nowhere));
    let absent = ledger.apply(LedgerEvent::Void(record_id(9))).unwrap_err();
    assert_eq!(absent, LedgerError::NotReserved(record_id(9)));
}

#[derive(Debug, Clone)]
enum Step {
    Move { reserve: bool, from: usize, to: usize, minor: i128 },
    Book(usize),
    Void(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<bool>(), 0usize..10, 0usize..10, 1i128..1_000)
            .prop_map(|(reserve, from, to, minor)| Step::Move { reserve, from, to, minor }),
        1 => (0usize..80).prop_map(Step::Book),
        1 => (0usize..80).prop_map(Step::Void),
    ]
}

/// The books as a slow, obvious model: booked and promised postings, balances summed afresh each time.
#[derive(Default)]
struct Model {
    booked: Vec<Posting>,
    promised: BTreeMap<RecordId, Posting>,
}

impl Model {
    fn sum<'a>(postings: impl Iterator<Item = &'a Posting>, id: &AccountId, side: Side) -> i128 {
        let legs = postings.flat_map(Posting::legs);
        let own = legs.filter(|leg| leg.account_id == *id && leg.side == side);
        own.map(|leg| leg.amount.minor()).sum()
    }
    fn agrees(&self, account: &Account) -> bool {
        let (id, balance) = (account.id(), account.balance());
        let booked = |side| Self::sum(self.booked.iter(), id, side);
        let promised = |side| Self::sum(self.promised.values(), id, side);
        balance.posted() == booked(Side::Credit) - booked(Side::Debit)
            && balance.reserved_in() == promised(Side::Credit)
            && balance.reserved_out() == promised(Side::Debit)
    }
}

proptest! {
    #[test]
    fn money_is_conserved_and_nobody_overdraws(steps in prop::collection::vec(step(), 1..80)) {
        let accounts = names();
        let (mut ledger, mut model) = (Ledger::of(names(), []).unwrap(), Model::default());
        for (n, step) in steps.into_iter().enumerate() {
            let before = ledger.clone();
            let event = match step {
                Step::Move { from, to, .. } if from == to => continue,
                Step::Move { reserve, from, to, minor } => {
                    let how_much = amount(minor, accounts[from].currency().code());
                    let legs = [
                        Leg::debit(accounts[from].id(), how_much),
                        Leg::credit(accounts[to].id(), how_much),
                    ];
                    let posting = posting(n, legs);
                    if reserve { LedgerEvent::Reserve(posting) } else { LedgerEvent::Post(posting) }
                }
                Step::Book(which) => LedgerEvent::PostReserved(record_id(which)),
                Step::Void(which) => LedgerEvent::Void(record_id(which)),
            };
            match ledger.apply(event) {
                Ok(applied) => {
                    let id = applied.posting.id().clone();
                    model.promised.remove(&id);
                    match applied.phase {
                        Phase::Reserved => drop(model.promised.insert(id, applied.posting)),
                        Phase::Posted => model.booked.push(applied.posting),
                        Phase::Voided => {}
                    }
                    for account in applied.accounts {
                        prop_assert_eq!(ledger.account(account.id()), Some(&account));
                    }
                }
                Err(_) => prop_assert_eq!(&before, &ledger, "a refused event changes nothing"),
            }
            prop_assert!(ledger.reserved().eq(model.promised.values()), "a promise ends once");
            prop_assert!(ledger.totals().unwrap().values().all(|total| *total == 0));
            for account in ledger.accounts() {
                let covered = account.balance().available() >= 0;
                prop_assert!(covered || account.holder().allows_negative());
                prop_assert!(model.agrees(account), "{account:?}");
            }
        }
        for account in ledger.accounts() {
            let rest = Canonical::of(account).unwrap();
            prop_assert_eq!(&rest.read::<Account>().unwrap(), account);
        }
    }
}
