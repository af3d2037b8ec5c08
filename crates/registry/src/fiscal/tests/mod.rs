//! Tests of the books and of payments.

mod books;
mod charges;
mod payments;
mod rail;
mod zones;

use super::{Account, AccountKind, HeldReason, Leg, PositiveAmount, Posting};
use crate::text::Line;
use canon::{AccountId, Amount, CorridorId, Currency, Date, EntityId, RecordId, Timestamp};

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn amount(minor: i128, code: &str) -> PositiveAmount {
    PositiveAmount::try_from(Amount::of_minor(minor, currency(code))).unwrap()
}

fn noon() -> Timestamp {
    Timestamp::parse("2026-11-20T12:00:00Z").unwrap()
}

fn today() -> Date {
    Date::parse("2026-11-20").unwrap()
}

fn corridor_id(name: &str) -> CorridorId {
    CorridorId::parse(name).unwrap()
}

fn customer(name: &str, code: &str) -> Account {
    let owner = EntityId::parse("ent-1").unwrap();
    Account::customer(AccountId::parse(name).unwrap(), owner, currency(code), noon()).unwrap()
}

fn treasury(code: &str) -> Account {
    Account::standing(AccountKind::Treasury {}, currency(code), noon()).unwrap()
}

fn corridor(name: &str, code: &str) -> Account {
    let kind = AccountKind::Corridor { corridor_id: corridor_id(name) };
    Account::standing(kind, currency(code), noon()).unwrap()
}

fn held(code: &str) -> Account {
    let kind = AccountKind::Held { reason: HeldReason::CreditRefused };
    Account::standing(kind, currency(code), noon()).unwrap()
}

fn record_id(number: usize) -> RecordId {
    RecordId::parse(&format!("post-{number}")).unwrap()
}

fn posting(number: usize, legs: impl IntoIterator<Item = Leg>) -> Posting {
    let reference = Line::parse("test").unwrap();
    Posting::new(record_id(number), today(), reference, legs).unwrap()
}
