//! The council of the zone: who votes about what is the zone's own, and what its approvals let through.
//!
//! Who is on it and when it has decided is settled with the process (`access.json`), never by whoever opens a proposal.
//! Proposals are the zone's own state: a duty opens them, votes are signed by the members' own keys, and an approval is
//! used up in the commit of the stop it authorises.
//!
//! Invariant: an approval of another council than the one there is now authorises nothing.

mod open;
mod shown;
mod used;
mod votes;

pub use open::OpenCouncil;

use registry::consent::{DecisionRule, Electorate, Voter};

/// The kind of record.
const KIND: &str = "council-proposal";

/// What a duty is about.
fn subject(id: &canon::RecordId) -> String {
    format!("{KIND}:{id}")
}

/// Who votes about what is the zone's own, and when it is carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Council {
    electorate: Electorate,
    rule: DecisionRule,
}

impl Council {
    /// A council that can decide something.
    ///
    /// # Errors
    /// In words: voters that cannot be, or a rule by which nothing is decided among them.
    pub fn of(voters: Vec<Voter>, rule: DecisionRule) -> Result<Self, String> {
        let electorate = Electorate::stated(voters).map_err(|error| error.to_string())?;
        let fits = rule.share_among(electorate.voters().len());
        fits.map_err(|error| error.to_string())?;
        Ok(Self { electorate, rule })
    }
}
