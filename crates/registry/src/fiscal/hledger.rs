//! The books as a journal of plain-text accounting, in the syntax of hledger: every account and commodity declared,
//! every posting a balanced transaction with both its days, and at the end what must be on each account.
//!
//! Amounts are written debit-positive, as those programs reckon: what a customer holds is a liability, and negative.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use canon::{Amount, Currency, Date};

use super::account::Account;
use super::posting::{Leg, Posting};

/// The account's name in the journal: its class, its code, its id.
#[must_use]
pub fn account_name(account: &Account) -> String {
    let holder = account.holder();
    format!("{}:{}:{}", holder.class().root(), holder.chart_code(), account.id())
}

/// The journal of postings, in the order given. `complete` says that no posting is left out, so that the balances can be
/// asserted at the end.
#[must_use]
pub fn journal(
    title: &str,
    accounts: &[Account],
    postings: &[Posting],
    (complete, today): (bool, Date),
) -> String {
    let names: BTreeMap<&canon::AccountId, String> =
        accounts.iter().map(|account| (account.id(), account_name(account))).collect();
    let mut text = format!("; {}\n", plain(title));
    let currencies: BTreeSet<Currency> = accounts.iter().map(Account::currency).collect();
    for currency in currencies {
        let one = Amount::of_minor(scale(currency, today), currency).to_decimal(today);
        let point = if one.contains('.') { "" } else { "." };
        let _ = writeln!(text, "commodity {one}{point} {}", currency.code());
    }
    for name in names.values() {
        let _ = writeln!(text, "account {name}");
    }
    for posting in postings {
        let (booked, effective) = (posting.booked(), posting.effective());
        let second = if effective == booked { String::new() } else { format!("={effective}") };
        let (id, about) = (posting.id(), plain(posting.reference()));
        let _ = writeln!(text, "\n{booked}{second} * ({id}) {about}");
        for leg in posting.legs() {
            let name = names.get(&leg.account_id).cloned();
            let name = name.unwrap_or_else(|| format!("equity:unknown:{}", leg.account_id));
            let _ = writeln!(text, "    {name}  {}", written(leg, booked));
        }
    }
    if complete && !accounts.is_empty() {
        let _ = writeln!(text, "\n{today} * balances of the books");
        for account in accounts {
            let zero = Amount::of_minor(0, account.currency()).to_decimal(today);
            let minor = account.balance().posted().saturating_neg();
            let held = Amount::of_minor(minor, account.currency()).to_decimal(today);
            let (name, currency) = (account_name(account), account.currency());
            let code = currency.code();
            let _ = writeln!(text, "    {name}  {zero} {code} = {held} {code}");
        }
    }
    text
}

/// A thousand whole units, in minor ones: what a `commodity` directive shows.
fn scale(currency: Currency, today: Date) -> i128 {
    let exponent = u32::from(currency.exponent_at(today).unwrap_or(0));
    10i128.checked_pow(exponent.saturating_add(3)).unwrap_or(1_000)
}

fn written(leg: &Leg, day: Date) -> String {
    let currency = leg.amount.currency();
    let amount = Amount::of_minor(leg.change().saturating_neg(), currency);
    format!("{} {}", amount.to_decimal(day), currency.code())
}

/// One line of text without what begins a comment or a note there.
fn plain(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ';' | '|' | '\n' | '\r') { ',' } else { c }).collect()
}
