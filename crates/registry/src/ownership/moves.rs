//! Entries that make, move and end shares; and which of them need a vote.

use std::collections::BTreeSet;

use canon::{Canonical, Date, RecordId};

use super::event::{Allotment, IllegalOwnership as Illegal, OwnershipEvent as Event, Waiver};
use super::limits::{RATIO_MAX, SHARES_MAX};
use super::shares::Shares;
use super::table::{CapTable, Class};
use crate::consent::Operation;
use crate::text::Slug;

impl CapTable {
    /// The operation an event needs an approval for, as the register is now; none where it needs none.
    ///
    /// # Errors
    /// A class that is not there, or numbers that do not fit.
    pub fn needs(&self, event: &Event) -> Result<Option<Operation>, Illegal> {
        Ok(match event {
            Event::CreateClass { class } => {
                let terms = Canonical::of(class).map_err(|_| Illegal::Overflow)?;
                let (class_id, authorized) = (class.class_id.clone(), class.authorized);
                Some(Operation::CreateClass { class_id, authorized, terms_sha256: terms.digest() })
            }
            Event::Authorize { class_id, authorized } => {
                let (class_id, authorized) = (class_id.clone(), *authorized);
                Some(Operation::AuthorizeShares { class_id, authorized })
            }
            Event::Issue { class_id, allotments, .. } => {
                let shares = total(allotments.as_slice())?;
                let after = self.taken(class_id)?.checked_add(shares.get());
                let beyond = after.is_none_or(|n| n > self.authorized(class_id));
                beyond.then(|| Operation::IssueShares { class_id: class_id.clone(), shares })
            }
            Event::Split { class_id, new, old } => {
                let class_id = class_id.clone();
                Some(Operation::SplitShares { class_id, new: *new, old: *old })
            }
            Event::Transfer { class_id, from, to, shares, .. } => {
                let asked = self.class(class_id)?.terms.transfer.approval;
                let (from, to) = (from.clone(), to.clone());
                let class_id = class_id.clone();
                let operation = Operation::TransferShares { class_id, from, to, shares: *shares };
                asked.then_some(operation)
            }
            _ => None,
        })
    }

    fn authorized(&self, class_id: &Slug) -> u64 {
        self.classes.get(class_id).map_or(0, |class| class.terms.authorized.get())
    }

    pub(super) fn authorize(&mut self, id: &Slug, authorized: Shares) -> Result<(), Illegal> {
        let taken = self.taken(id)?;
        if authorized.get() < taken {
            return Err(Illegal::BelowIssued { authorized: authorized.get(), taken });
        }
        self.class_mut(id)?.terms.authorized = authorized;
        Ok(())
    }

    /// What is missing of those authorized was approved, or [`CapTable::needs`] had refused.
    pub(super) fn issue(
        &mut self,
        id: &Slug,
        allotments: &[Allotment],
        waivers: &[Waiver],
    ) -> Result<(), Illegal> {
        let shares = total(allotments)?.get();
        let mut seen = BTreeSet::new();
        for allotment in allotments {
            self.holder(&allotment.holder_id)?;
            if !seen.insert(&allotment.holder_id) {
                return Err(Illegal::Senseless("a holder is allotted shares twice"));
            }
        }
        let after = self.taken(id)?.checked_add(shares).ok_or(Illegal::Overflow)?;
        let class = self.class_mut(id)?;
        if class.terms.pre_emption {
            offered(class, allotments, (shares, waivers))?;
        }
        if after > class.terms.authorized.get() {
            class.terms.authorized = Shares::try_from(after).map_err(|_| Illegal::Overflow)?;
        }
        for allotment in allotments {
            class.issue_to(&allotment.holder_id, allotment.shares.get())?;
        }
        Ok(())
    }

    pub(super) fn transfer(
        &mut self,
        id: &Slug,
        (from, to, shares): (&RecordId, &RecordId, u64),
        waivers: &[Waiver],
        on: Date,
    ) -> Result<(), Illegal> {
        self.holder(from)?;
        self.holder(to)?;
        if from == to {
            return Err(Illegal::Senseless("giver and taker are one"));
        }
        let class = self.class_mut(id)?;
        if let Some(until) = class.terms.transfer.locked_until.filter(|until| on < *until) {
            return Err(Illegal::Locked(until));
        }
        if class.terms.transfer.first_refusal {
            let others = class.holdings.keys().filter(|holder| *holder != from && *holder != to);
            let holds = others.into_iter().find(|holder| !waived(waivers, holder));
            if let Some(holder) = holds {
                let holder = holder.to_string();
                return Err(Illegal::PreEmption { holder, entitled: shares });
            }
        }
        class.debit(from, shares)?;
        class.credit(to, shares)
    }

    pub(super) fn repurchase(
        &mut self,
        id: &Slug,
        holder: &RecordId,
        shares: u64,
    ) -> Result<(), Illegal> {
        self.holder(holder)?;
        let class = self.class_mut(id)?;
        class.debit(holder, shares)?;
        class.issued = class.issued.checked_sub(shares).ok_or(Illegal::Overflow)?;
        Ok(())
    }

    pub(super) fn split(&mut self, id: &Slug, (new, old): (u64, u64)) -> Result<(), Illegal> {
        let sides = 1..=RATIO_MAX;
        if !sides.contains(&new) || !sides.contains(&old) || new == old {
            return Err(Illegal::Senseless("a split takes two different numbers, 1 to 1000000"));
        }
        let class = self.class_mut(id)?;
        let authorized = ratio(class.terms.authorized.get(), (new, old), "the shares authorized")?;
        class.terms.authorized = Shares::try_from(authorized).map_err(|_| Illegal::Overflow)?;
        if let Some(par) = &mut class.terms.par_value {
            let after = par.split(new, old);
            *par = after.ok_or_else(|| Illegal::Fraction("the par value".to_owned()))?;
        }
        for (holder, held) in &mut class.holdings {
            *held = ratio(*held, (new, old), holder.as_str())?;
        }
        class.issued = ratio(class.issued, (new, old), "the shares issued")?;
        for grant in self.grants.values_mut().filter(|grant| grant.terms.class_id == *id) {
            grant.split((new, old))?;
        }
        Ok(())
    }
}

/// A number after a split; none where it leaves a fraction.
pub(super) fn ratio(n: u64, (new, old): (u64, u64), whose: &str) -> Result<u64, Illegal> {
    let scaled = u128::from(n).checked_mul(u128::from(new)).ok_or(Illegal::Overflow)?;
    let rest = scaled.checked_rem(u128::from(old)).ok_or(Illegal::Overflow)?;
    if rest != 0 {
        return Err(Illegal::Fraction(whose.to_owned()));
    }
    let after = scaled.checked_div(u128::from(old)).and_then(|n| u64::try_from(n).ok());
    after.filter(|after| *after <= SHARES_MAX).ok_or(Illegal::Overflow)
}

fn total(allotments: &[Allotment]) -> Result<Shares, Illegal> {
    if allotments.is_empty() {
        return Err(Illegal::Senseless("an issue without an allotment"));
    }
    let mut numbers = allotments.iter().map(|allotment| allotment.shares.get());
    let sum = numbers.try_fold(0_u64, u64::checked_add).ok_or(Illegal::Overflow)?;
    Shares::try_from(sum).map_err(|_| Illegal::Overflow)
}

fn waived(waivers: &[Waiver], holder: &RecordId) -> bool {
    waivers.iter().any(|waiver| waiver.holder_id == *holder)
}

/// Whoever holds shares is allotted at least the whole part of what falls to them, or gave it up.
fn offered(
    class: &Class,
    allotments: &[Allotment],
    (shares, waivers): (u64, &[Waiver]),
) -> Result<(), Illegal> {
    for (holder, held) in &class.holdings {
        let part = u128::from(shares).checked_mul(u128::from(*held));
        let part = part.and_then(|part| part.checked_div(u128::from(class.issued)));
        let entitled = part.and_then(|n| u64::try_from(n).ok()).ok_or(Illegal::Overflow)?;
        let given = allotments.iter().find(|allotment| allotment.holder_id == *holder);
        let given = given.map_or(0, |allotment| allotment.shares.get());
        if given < entitled && !waived(waivers, holder) {
            return Err(Illegal::PreEmption { holder: holder.to_string(), entitled });
        }
    }
    Ok(())
}
