//! Dividends: declared per share, paid in whole minor units that add up.
//!
//! The sum is what all shares together bring, rounded down to a minor unit once. Each holder gets the whole minor units
//! of the own part; what is left over goes one unit each to the largest remainders, at equal remainders by name in the
//! register. So the parts sum to the whole, nobody is a unit away from the exact part, and anybody gets the same.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use canon::{Amount, Date, RecordId};
use serde::{Deserialize, Serialize};

use super::event::IllegalOwnership as Illegal;
use super::limits::{DIVIDENDS_MAX, PER_SHARE_DECIMALS};
use super::shares::PerShare;
use super::table::{CapTable, unknown};
use crate::text::Slug;

/// A dividend as declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Which class.
    pub class_id: Slug,
    /// How much a share brings.
    pub per_share: PerShare,
    /// The day on which whoever holds the class is paid.
    pub record_date: Date,
    /// Shares issued on that day.
    pub shares: u64,
    /// What is paid in all.
    pub total: Amount,
    /// The entry that declared it: what each holder is paid follows from the register up to it.
    pub entry: u64,
}

const UNITS: i128 = 10_i128.pow(PER_SHARE_DECIMALS);

/// Minor units of `shares`, and what is left below one.
fn minor(per_share: PerShare, shares: u64, exponent: u8) -> Result<(i128, i128), Illegal> {
    let coins = 10_i128.checked_pow(u32::from(exponent)).ok_or(Illegal::Overflow)?;
    let exact = i128::from(per_share.units())
        .checked_mul(i128::from(shares))
        .and_then(|all| all.checked_mul(coins))
        .ok_or(Illegal::Overflow)?;
    Ok((exact.div_euclid(UNITS), exact.rem_euclid(UNITS)))
}

impl CapTable {
    pub(super) fn declare(
        &mut self,
        id: &RecordId,
        (class_id, per_share): (&Slug, PerShare),
        on: Date,
    ) -> Result<(), Illegal> {
        if self.dividends.contains_key(id) {
            return Err(Illegal::Known { kind: "dividend", id: id.to_string() });
        }
        if self.dividends.len() >= DIVIDENDS_MAX {
            return Err(Illegal::Full { kind: "dividends", max: DIVIDENDS_MAX as u64 });
        }
        let class = self.class(class_id)?;
        if class.issued == 0 {
            return Err(Illegal::Senseless("nobody holds shares of the class"));
        }
        let currency = per_share.currency();
        let exponent = currency.exponent_at(on).ok_or(Illegal::Currency(currency))?;
        let (total, _) = minor(per_share, class.issued, exponent)?;
        let declared = Declared {
            class_id: class_id.clone(),
            per_share,
            record_date: on,
            shares: class.issued,
            total: Amount::of_minor(total, currency),
            entry: self.entries().saturating_add(1),
        };
        self.dividends.insert(id.clone(), declared);
        Ok(())
    }

    /// What each holder is paid of a dividend, by the register as it was when that was declared. Who is paid nothing is
    /// not listed.
    ///
    /// # Errors
    /// A dividend that is not there, or of a later entry.
    pub fn parts(&self, id: &RecordId) -> Result<BTreeMap<RecordId, Amount>, Illegal> {
        let declared = self.dividends.get(id).ok_or_else(|| unknown("dividend", id))?;
        if declared.entry != self.entries() {
            return Err(Illegal::Senseless("the register is not that of the declaration"));
        }
        let (per_share, on) = (declared.per_share, declared.record_date);
        let currency = per_share.currency();
        let exponent = currency.exponent_at(on).ok_or(Illegal::Currency(currency))?;
        let class = self.class(&declared.class_id)?;
        let mut parts = Vec::with_capacity(class.holdings.len());
        let mut given: i128 = 0;
        for (holder, held) in &class.holdings {
            let (whole, rest) = minor(per_share, *held, exponent)?;
            given = given.checked_add(whole).ok_or(Illegal::Overflow)?;
            parts.push((Reverse(rest), holder, whole));
        }
        parts.sort();
        let over = declared.total.minor().checked_sub(given);
        let over = over.and_then(|over| usize::try_from(over).ok()).ok_or(Illegal::Overflow)?;
        let part = |(n, (_, holder, whole)): (usize, (_, &RecordId, i128))| {
            let minor = if n < over { whole.saturating_add(1) } else { whole };
            (minor > 0).then(|| (holder.clone(), Amount::of_minor(minor, currency)))
        };
        Ok(parts.into_iter().enumerate().filter_map(part).collect())
    }
}
