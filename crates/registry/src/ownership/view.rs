//! A cap table as it is read: totals per class, holdings with their part of the whole, votes, options vested.

use canon::{Date, EntityId, RecordId};
use serde::Serialize;

use super::class::{Holder, ShareClass};
use super::dividend::Declared;
use super::limits::WHOLE_BP;
use super::table::{CapTable, Class};
use super::vesting::{Grant, NewGrant};
use crate::text::Slug;

/// What a holder has of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// Who.
    pub holder_id: RecordId,
    /// How many shares.
    pub shares: u64,
    /// Whole basis points of those issued.
    pub share_bp: u64,
    /// Votes they carry, as text: they may exceed what JSON keeps exact.
    pub votes: String,
}

/// A class and its totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassShown {
    /// Its terms.
    pub terms: ShareClass,
    /// Issued and not taken back: the sum of the holdings.
    pub issued: u64,
    /// Set aside for options.
    pub reserved: u64,
    /// Authorized, neither issued nor set aside.
    pub unreserved: u64,
    /// Issued and set aside together.
    pub fully_diluted: u64,
    /// Who holds it.
    pub holdings: Vec<Holding>,
}

/// A grant on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantShown {
    /// As made.
    pub terms: NewGrant,
    /// Vested, exercised ones included.
    pub vested: u64,
    /// Options that became shares.
    pub exercised: u64,
    /// Options that ended without vesting.
    pub lapsed: u64,
    /// Options that can be exercised.
    pub exercisable: u64,
}

/// A dividend under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DividendShown {
    /// Its name.
    pub dividend_id: RecordId,
    /// As declared.
    #[serde(flatten)]
    pub declared: Declared,
}

/// A cap table on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CapTableShown {
    /// Whose.
    pub entity_id: EntityId,
    /// The day.
    pub as_of: Date,
    /// Entries that count on the day.
    pub entries: u64,
    /// The day of the last of them.
    pub effective: Date,
    /// Classes by code word.
    pub classes: Vec<ClassShown>,
    /// Who is entered.
    pub holders: Vec<Holder>,
    /// Grants of options.
    pub grants: Vec<GrantShown>,
    /// Dividends declared.
    pub dividends: Vec<DividendShown>,
}

fn part(shares: u64, issued: u64) -> u64 {
    let bp = u128::from(shares).saturating_mul(WHOLE_BP).checked_div(u128::from(issued));
    bp.and_then(|bp| u64::try_from(bp).ok()).unwrap_or_default()
}

fn grant(grant: &Grant, on: Date) -> GrantShown {
    GrantShown {
        terms: grant.terms.clone(),
        vested: grant.vested(on),
        exercised: grant.exercised,
        lapsed: grant.lapsed,
        exercisable: grant.exercisable(on),
    }
}

impl Class {
    fn shown(&self, reserved: u64) -> ClassShown {
        let votes = u128::from(self.terms.votes_per_share.get());
        let holding = |(holder, shares): (&RecordId, &u64)| Holding {
            holder_id: holder.clone(),
            shares: *shares,
            share_bp: part(*shares, self.issued),
            votes: u128::from(*shares).saturating_mul(votes).to_string(),
        };
        let fully_diluted = self.issued.saturating_add(reserved);
        ClassShown {
            terms: self.terms.clone(),
            issued: self.issued,
            reserved,
            unreserved: self.terms.authorized.get().saturating_sub(fully_diluted),
            fully_diluted,
            holdings: self.holdings.iter().map(holding).collect(),
        }
    }
}

impl CapTable {
    /// As read on a day, which is not before its last entry.
    #[must_use]
    pub fn shown(&self, as_of: Date) -> CapTableShown {
        let class = |(id, class): (&Slug, &Class)| class.shown(self.reserved(id));
        let dividend = |(id, declared): (&RecordId, &Declared)| DividendShown {
            dividend_id: id.clone(),
            declared: declared.clone(),
        };
        CapTableShown {
            entity_id: self.entity().clone(),
            as_of,
            entries: self.entries(),
            effective: self.effective(),
            classes: self.classes().iter().map(class).collect(),
            holders: self.holders().values().cloned().collect(),
            grants: self.grants().values().map(|known| grant(known, as_of)).collect(),
            dividends: self.dividends().iter().map(dividend).collect(),
        }
    }
}
