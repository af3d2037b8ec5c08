//! Watchers: who mirrors a corridor and stands for what it verified, with money.
//!
//! A watcher has one key, a scope of corridors, and a bond in a zone's ledger. It attests cuts; a
//! quorum of attestations by weight makes a cut economically final. It loses its bond only upon
//! evidence that verifies alone.
//!
//! **Architecture Invariant:** pure. Money is computed here and moved by the zone; nothing depends on
//! the order in which things are said to have been signed.

mod accusation;
mod attestation;
mod grow;
mod life;
mod mirror;
mod piece;
pub mod rates;
mod registration;
mod reputation;
mod reward;
mod round;
mod set;
mod slash;
#[cfg(test)]
mod tests;
mod unanswered;
mod weight;

use canon::Refusal;
use proof::integrity::IntegrityError;

pub use accusation::{
    ACCUSATION_TYPE, Accusation, Accused, Case, Pair, Placed, Proven, accuse,
    judge as judge_accusation,
};
pub use attestation::{Attestation, AttestedLane};
pub use grow::PIECES_KEPT_MAX;
pub use life::{Event, State, Volume, Watcher};
pub use mirror::{Difference, Mirror};
pub use piece::{PIECE_CUTS_MAX, Piece, PieceLane, read_piece};
pub use registration::Registration;
pub use reputation::{Reputation, Tier};
pub use reward::shares;
pub use round::{Doubt, Fault, Folder, Said, SetNow, Shown, Source, Told, Watching};
pub use set::{Member, Quorum, Tally, WatcherSet, set_digest};
pub use slash::{Claim, ClaimEvent, ClaimState, Condition, Outcome};
pub use unanswered::{RUN_MAX, Request, Response, Step, Unanswered};
pub use weight::{is_quorum, weights};

use crate::cut::CutError;
use crate::documents::DocumentError;

/// What a watcher's document or deed is refused for.
#[derive(Debug, thiserror::Error)]
pub enum WatcherError {
    /// Not the shape.
    #[error("not admissible: {0}")]
    Shape(#[from] Refusal),
    /// A document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A cut.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// A digest.
    #[error(transparent)]
    Integrity(#[from] IntegrityError),
    /// A member that does not fit the rest.
    #[error("`{0}` is not what it must be")]
    Other(&'static str),
    /// Not in this state.
    #[error("a watcher that is {state} cannot {deed}")]
    State {
        /// Its state.
        state: &'static str,
        /// What was asked.
        deed: &'static str,
    },
    /// The bond is too small.
    #[error("a bond of {found} is below the least, {least} minor units")]
    Bond {
        /// What it would be.
        found: i128,
        /// What it must be.
        least: i128,
    },
    /// More is attested than the bond allows.
    #[error("{found} minor units would be attested, the bond allows {allowed}")]
    Volume {
        /// What it would be.
        found: i128,
        /// What is allowed.
        allowed: i128,
    },
    /// Another currency than that of the bond.
    #[error("the bond is in another currency")]
    Currency,
    /// Not yet.
    #[error("not before {0}")]
    Early(canon::Timestamp),
    /// A claim is open.
    #[error("a claim on the bond is open")]
    ClaimOpen,
    /// A claim to which this cannot happen any more, or not yet.
    #[error("the claim is not where this can happen to it")]
    Claim,
    /// The end of the calendar.
    #[error("the time leaves the calendar")]
    Time,
}

macro_rules! integer_text {
    ($name:ident, $type:ty) => {
        /// Integers as decimal text: canonical JSON keeps them only up to 2^53 − 1.
        pub(crate) mod $name {
            use serde::{Deserialize, Deserializer, Serializer};

            pub(crate) fn serialize<S: Serializer>(n: &$type, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(n)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<$type, D::Error> {
                let text = String::deserialize(d)?;
                let read: $type = text.parse().map_err(serde::de::Error::custom)?;
                match read.to_string() == text {
                    true => Ok(read),
                    false => Err(serde::de::Error::custom("not a canonical integer")),
                }
            }
        }
    };
}

integer_text!(minor_text, u128);
integer_text!(signed_text, i128);
