//! Money of the simulator: in the smallest unit, with as many decimals as its currency has; accounts whose identifier begins with `house-` have no bottom.

use canon::Currency;
use serde_json::Value;

use super::shelf::Rows;
use super::treasury::is_house;
use crate::clock;
use crate::pakistan::text;

/// Beginning of the identifiers of accounts that money comes out of.
pub(super) const HOUSE: &str = "house-";

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
    let text = format!("{minor:0>width$}", width = decimals + 1);
    let (whole, part) = text.split_at_checked(text.len() - decimals).unwrap_or((&text, ""));
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

/// Move money, where there is enough; says whether there was.
pub(super) fn moved(
    rows: &mut Rows,
    (from, to): (&str, &str),
    amount: i128,
    currency: &str,
) -> Result<bool, &'static str> {
    let fits = |id: &str| {
        is_house(id) || rows.accounts.get(id).is_some_and(|row| text(row, "currency") == currency)
    };
    if from == to || !fits(from) || !fits(to) {
        return Err("an account is unknown, or of another currency");
    }
    let has = |rows: &Rows, id: &str| minor(&text(rows.accounts.get(id)?, "balance"), currency);
    if !is_house(from) {
        let Some(left) =
            has(rows, from).and_then(|has| has.checked_sub(amount)).filter(|l| *l >= 0)
        else {
            return Ok(false);
        };
        put(rows, from, (left, currency));
    }
    if !is_house(to) {
        let sum = has(rows, to).and_then(|has| has.checked_add(amount)).ok_or("too much")?;
        put(rows, to, (sum, currency));
    }
    Ok(true)
}

fn put(rows: &mut Rows, id: &str, (balance, currency): (i128, &str)) {
    if let Some(members) = rows.accounts.get_mut(id).and_then(Value::as_object_mut) {
        for name in ["balance", "available"] {
            members.insert(name.to_owned(), plain(balance, currency).into());
        }
    }
}
