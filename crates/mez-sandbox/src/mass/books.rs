//! Money of the simulator: in the smallest unit, with as many decimals as its currency has. Accounts whose identifier begins
//! with `house-`, and those of such a treasury, may owe.

use canon::Currency;
use serde_json::{Value, json};

use super::shelf::Rows;
use super::treasury::is_house;
use crate::clock;
use crate::pakistan::text;

/// Beginning of the identifiers of accounts that money comes out of.
pub(super) const HOUSE: &str = "house-";
/// The treasury that is there from the start, for accounts of whoever runs a zone.
pub(super) const HOUSE_TREASURY: &str = "house-treasury";

/// Decimals of a currency today; of one that nobody knows, two.
fn decimals(currency: &str) -> usize {
    let known =
        Currency::parse(currency).ok().zip(clock::today()).and_then(|(c, day)| c.exponent_at(day));
    known.map_or(2, usize::from)
}

/// Smallest units of a decimal text with all the decimals of its currency, or with none.
pub(super) fn minor(amount: &str, currency: &str) -> Option<i128> {
    let decimals = decimals(currency);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = match amount.split_once('.') {
        Some((whole, part)) if part.len() == decimals && decimals > 0 => (whole, part.to_owned()),
        Some(_) => return None,
        None => (amount, "0".repeat(decimals)),
    };
    if whole.is_empty() || !digits(whole) || !digits(&part) {
        return None;
    }
    format!("{whole}{part}").parse().ok()
}

/// The text of so many smallest units.
pub(super) fn plain(minor: i128, currency: &str) -> String {
    let decimals = decimals(currency);
    let sign = if minor < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, part) = text.split_at_checked(text.len() - decimals).unwrap_or((&text, ""));
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// What is on an account.
fn balance(rows: &Rows, id: &str, currency: &str) -> Option<i128> {
    let text = text(rows.accounts.get(id)?, "balance");
    match text.strip_prefix('-') {
        Some(owed) => minor(owed, currency)?.checked_neg(),
        None => minor(&text, currency),
    }
}

/// Move money, where there is enough; says whether there was.
pub(super) fn moved(
    rows: &mut Rows,
    (from, to): (&str, &str),
    amount: i128,
    currency: &str,
) -> Result<bool, &'static str> {
    for id in [from, to].into_iter().filter(|id| is_house(id)) {
        rows.accounts
            .entry(id.to_owned())
            .or_insert_with(|| opened(id, (HOUSE_TREASURY, HOUSE_TREASURY), (id, currency)));
    }
    let fits =
        |id: &str| rows.accounts.get(id).is_some_and(|row| text(row, "currency") == currency);
    if from == to || !fits(from) || !fits(to) {
        return Err("an account is unknown, or of another currency");
    }
    let may_owe = rows.accounts.get(from).is_some_and(|row| is_house(&text(row, "treasuryId")));
    let left = balance(rows, from, currency).and_then(|has| has.checked_sub(amount));
    let Some(left) = left.filter(|left| may_owe || *left >= 0) else { return Ok(false) };
    let sum = balance(rows, to, currency).and_then(|has| has.checked_add(amount));
    let sum = sum.ok_or("too much")?;
    put(rows, from, (left, currency));
    put(rows, to, (sum, currency));
    Ok(true)
}

/// A new account.
pub(super) fn opened(
    id: &str,
    (holder, treasury): (&str, &str),
    (name, currency): (&str, &str),
) -> Value {
    json!({
        "id": id, "entityId": holder, "treasuryId": treasury, "name": name, "currency": currency,
        "balance": plain(0, currency), "available": plain(0, currency), "status": "ACTIVE",
        "createdAt": clock::text(), "updatedAt": clock::text(),
    })
}

fn put(rows: &mut Rows, id: &str, (balance, currency): (i128, &str)) {
    if let Some(members) = rows.accounts.get_mut(id).and_then(Value::as_object_mut) {
        for name in ["balance", "available"] {
            members.insert(name.to_owned(), plain(balance, currency).into());
        }
    }
}
