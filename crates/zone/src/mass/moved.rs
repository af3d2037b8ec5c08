//! Data that are not all that was signed with them, such as those of an older backup, while Mass went on: what differs.
//!
//! Such a zone signs nothing, tells of accounts what the postings come to that it knows, and says here how far Mass is.

use std::sync::PoisonError;

use canon::Amount;
use store::Head;

use super::read::{Reference, TREASURY};
use super::{Client, Primitives};
use crate::journal::DECISIONS;
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::zone::{Zone, parse};

/// What was found at a place of the journal.
pub(crate) struct Beside {
    at: Option<Head>,
    found: (bool, String),
}

impl Zone {
    /// Whether Mass agrees with these data, once they are in doubt, and what was found. Asked until there is an answer,
    /// and then not before these data have changed.
    pub(crate) fn beside_mass(&self) -> Option<(bool, String)> {
        let Primitives::Mass(client) = self.primitives() else { return None };
        self.in_doubt()?;
        let at = self.store.head(DECISIONS).ok()?;
        let mut kept = self.moved_on.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Beside { found, .. }) = kept.as_ref().filter(|kept| kept.at == at) {
            return Some(found.clone());
        }
        match self.compared(client) {
            Ok(found) => {
                *kept = Some(Beside { at, found: found.clone() });
                Some(found)
            }
            Err(error) => Some((false, format!("Mass cannot be compared with: {error}"))),
        }
    }

    /// The first account, of as many as a page holds, that has another balance there. The one that money comes out of is
    /// not this zone's alone.
    fn compared(&self, client: &Client) -> Result<(bool, String), Refused> {
        let mut seen = 0_usize;
        for (id, row) in self.store.records("account", None, PAGE_MAX)? {
            if id.starts_with(TREASURY) {
                continue;
            }
            seen = seen.saturating_add(1);
            let known: Reference = parse(("account", &id), &row.body)?;
            let (account, found) = client.held_account(&known)?;
            let (there, ..) = self.balance_there(&account, &found)?;
            let here = self.posted_as_known(&account)?;
            if there != here {
                let day = self.now().date();
                let told = |minor| Amount::of_minor(minor, account.currency()).to_decimal(day);
                let detail = format!(
                    "Mass has moved on: on account {id} it has {} {}, and what these data know of comes to {}; \
                     put newer data back",
                    told(there),
                    account.currency(),
                    told(here)
                );
                return Ok((false, detail));
            }
        }
        Ok((true, format!("{seen} accounts have at Mass what these data know of")))
    }
}
