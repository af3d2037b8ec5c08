//! Entries of options: granted, exercised, lapsed, and split with their class.

use canon::{Date, RecordId};

use super::event::IllegalOwnership as Illegal;
use super::limits::GRANTS_MAX;
use super::moves::ratio;
use super::shares::Shares;
use super::table::{CapTable, unknown};
use super::vesting::{Grant, NewGrant};

impl CapTable {
    pub(super) fn grant(&mut self, new: &NewGrant) -> Result<(), Illegal> {
        self.holder(&new.holder_id)?;
        if self.grants.contains_key(&new.grant_id) {
            return Err(Illegal::Known { kind: "grant", id: new.grant_id.to_string() });
        }
        if self.grants.len() >= GRANTS_MAX {
            return Err(Illegal::Full { kind: "grants", max: GRANTS_MAX as u64 });
        }
        let authorized = self.class(&new.class_id)?.terms.authorized.get();
        let taken = self.taken(&new.class_id)?.checked_add(new.options.get());
        let taken = taken.ok_or(Illegal::Overflow)?;
        if taken > authorized {
            return Err(Illegal::BelowIssued { authorized, taken });
        }
        let grant = Grant { terms: new.clone(), exercised: 0, lapsed: 0 };
        self.grants.insert(new.grant_id.clone(), grant);
        Ok(())
    }

    /// The shares were set aside when the options were granted, so they are authorized.
    pub(super) fn exercise(&mut self, id: &RecordId, wanted: u64, on: Date) -> Result<(), Illegal> {
        let grant = self.grants.get_mut(id).ok_or_else(|| unknown("grant", id))?;
        let exercisable = grant.exercisable(on);
        if wanted > exercisable {
            return Err(Illegal::NotVested { exercisable, wanted });
        }
        grant.exercised = grant.exercised.checked_add(wanted).ok_or(Illegal::Overflow)?;
        let (class_id, holder) = (grant.terms.class_id.clone(), grant.terms.holder_id.clone());
        self.class_mut(&class_id)?.issue_to(&holder, wanted)
    }

    pub(super) fn lapse(&mut self, id: &RecordId, on: Date) -> Result<(), Illegal> {
        let grant = self.grants.get_mut(id).ok_or_else(|| unknown("grant", id))?;
        let unvested = grant.terms.options.get().saturating_sub(grant.vested(on));
        let ends = unvested.checked_sub(grant.lapsed).filter(|ends| *ends > 0);
        let ends = ends.ok_or(Illegal::Senseless("nothing of the grant is left to vest"))?;
        grant.lapsed = grant.lapsed.checked_add(ends).ok_or(Illegal::Overflow)?;
        Ok(())
    }
}

impl Grant {
    pub(super) fn split(&mut self, by: (u64, u64)) -> Result<(), Illegal> {
        let whose = self.terms.grant_id.to_string();
        let options = ratio(self.terms.options.get(), by, &whose)?;
        self.terms.options = Shares::try_from(options).map_err(|_| Illegal::Overflow)?;
        self.exercised = ratio(self.exercised, by, &whose)?;
        self.lapsed = ratio(self.lapsed, by, &whose)?;
        if let Some(strike) = &mut self.terms.strike {
            *strike = strike.split(by.0, by.1).ok_or(Illegal::Fraction(whose))?;
        }
        Ok(())
    }
}
