//! Consent: what is put to the vote, who votes, and what the outcome authorises.
//!
//! The electorate is frozen when a proposal opens. Votes are documents signed by the voter's own key over the digest of
//! the proposal. An approval is good for exactly the operation that was voted on, once, for half a year.

mod ballot;
mod electorate;
pub mod limits;
mod operation;
mod proposal;
mod rule;
mod tally;
#[cfg(test)]
mod tests;
mod whose;

pub use ballot::{BadBallot, Ballot, Choice, Delegation};
pub use electorate::{BadElectorate, Basis, Electorate, Voter};
pub use operation::{Authorised, Body, Operation};
pub use proposal::{Cast, Consent, IllegalConsent, Proposal, Standing};
pub use rule::{BadRule, DecisionRule, Threshold, Whole};
pub use tally::Tally;
pub use whose::Whose;
