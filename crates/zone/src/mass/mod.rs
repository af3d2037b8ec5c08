//! Where entities, accounts, payments and what belongs to them are kept: in the zone's own store, or at Mass (ADR 085, 089).
//!
//! In proxy mode the zone admits, attests and journals as ever; the records lie at Mass, and here lies a
//! [`Reference`](read::Reference) to each: the identifier there and the digest of what was put there. Reads fetch and
//! compare. How a call travels is not known here: the door hands in a function.
//!
//! | file | what |
//! |---|---|
//! | `hand` | one key for all that a write asks for, and the identifiers that follow from it |
//! | `plan` | what of a commit belongs at Mass, and where it goes there |
//! | `legs` | a posting as payments |
//! | `carry` | having it done, part by part |
//! | `intent` | how far that has come, and paying back |
//! | `tags`, `texts` | records as texts of Mass |
//! | `read`, `told` | what is read of it, and told again |
//! | `named` | names that decisions were made upon, and that lie there |
//! | `moved` | how far Mass is, beside data that are in doubt |
//! | `ahead` | many records asked for at once, before they are read one by one |
//! | `client`, `calls`, `call`, `reading`, `at_mass` | the calls, their answers and what goes wrong |
//!
//! Invariant: in proxy mode no body of a record that belongs at Mass is written here, and nothing counts as done that
//! Mass did not answer for, in the form and with the members that were asked.

mod ahead;
mod at_mass;
mod call;
mod calls;
mod carry;
mod client;
mod hand;
mod intent;
mod legs;
mod moved;
mod named;
mod plan;
mod read;
mod reading;
mod tags;
mod texts;
mod told;

pub use at_mass::{AtMass, Unwell};
pub use call::{Call, Method, Reply};
pub use client::Client;
pub(crate) use moved::Beside;
pub use named::Names;
pub(crate) use named::{MEMBER as NAME_LIES, Named};
pub(crate) use plan::EntryAtMass;
pub use reading::Reading;
pub(crate) use told::Stands;

use canon::AccountId;
use store::Batch;

use crate::refused::Refused;
use crate::zone::{Loaded, Zone};
use registry::{Account, Posting};

/// Where primitives are kept.
pub enum Primitives {
    /// In the zone's own store.
    Sovereign,
    /// At Mass.
    Mass(Client),
}

/// Kinds of records that are Mass's in proxy mode.
const AT_MASS: [&str; 9] = [
    "account",
    "cap-table",
    "cap-table-entry",
    "consent",
    "entity",
    "payment",
    "posting",
    "tax-event",
    "transfer",
];
/// More than any account has, in minor units.
const ENOUGH: i128 = 1_000_000_000_000_000_000_000_000_000_000;

impl Zone {
    /// Have done at Mass what of a batch belongs there, and put references in its place. Says which record the answer
    /// shows, where that lies at Mass.
    pub(crate) fn carried(
        &self,
        batch: &mut Batch,
        subject: &str,
    ) -> Result<Option<Stands>, Refused> {
        let Primitives::Mass(client) = self.primitives() else { return Ok(None) };
        let owners = |id: &AccountId| Ok(self.holding(id)?.entity.id().clone());
        let plan = plan::Plan::of(&mut batch.records, &owners)?;
        if plan.is_empty() {
            return Ok(None);
        }
        let hand = self.lay_down();
        let hand = hand.ok_or_else(|| not_at_mass("what the zone does of itself"))?;
        if !self.rehearses() {
            batch.jobs_done.push(intent::Intent::job(&hand.name()));
            batch.records.extend(self.have_done(client, &plan, (hand, subject))?);
            batch.keys.extend(plan.keys.iter().cloned());
        }
        let shows = subject.split_once(':').filter(|(kind, id)| plan.writes(kind, id));
        Ok(shows.map(|(kind, id)| Stands::of(kind, id)))
    }

    /// Accounts as a write goes by them that may have moved their money before: whether there is enough is Mass's to say.
    pub(crate) fn as_begun(
        &self,
        accounts: Vec<Loaded<Account>>,
    ) -> Result<Vec<Loaded<Account>>, Refused> {
        if !self.resumes() {
            return Ok(accounts);
        }
        let raised = |known: Loaded<Account>| {
            let balance = known.value.balance();
            let posted = balance.posted().saturating_add(ENOUGH);
            let balance = (posted, balance.reserved_in(), balance.reserved_out());
            let value = read::with_balance(&known.value, balance)?;
            let value = serde_json::from_value(value).map_err(Refused::host)?;
            Ok(Loaded { rev: known.rev, value })
        };
        accounts.into_iter().map(raised).collect()
    }

    /// The posting that an entry of an account is of, where the entry is only its name.
    pub(crate) fn posting_of(&self, entry: &EntryAtMass) -> Result<Posting, Refused> {
        Ok(self.need("posting", entry.posting_id.as_str())?.value)
    }

    /// Whether records are kept at Mass.
    pub(crate) fn is_at_mass(&self) -> bool {
        matches!(self.primitives(), Primitives::Mass(_))
    }
}

/// That something is not kept at Mass, and not here either.
fn not_at_mass(what: &str) -> Refused {
    let detail = format!("{what} is not carried at Mass, where this zone keeps its records");
    AtMass::new(Unwell::NotThere, detail).into()
}

#[cfg(test)]
mod tests;
