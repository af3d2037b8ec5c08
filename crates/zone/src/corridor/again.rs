//! Taking a receipt of ours up again may have to wait: what one commit wrote on several corridors comes back from several
//! peers.

use std::collections::BTreeMap;

use canon::{CorridorId, Digest};
use corridor::LaneReceipt;
use corridor::messages::Item;
use serde_json::Value;

use crate::refused::Refused;

/// What a receipt rests on is in another corridor's lane, and not taken up yet.
pub(super) const WAITS: &str = "adopt-waits";

/// Why a receipt is not taken up now.
pub(crate) enum NotNow {
    /// What it rests on is in a lane of another corridor, and not here yet.
    Waits(&'static str),
    /// It never can be.
    Never(String),
    /// This zone cannot tell now.
    Passing(Refused),
}

impl From<Refused> for NotNow {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound { .. } | Refused::Conflict { .. } | Refused::CallerInvalid { .. } => {
                Self::Never(refused.to_string())
            }
            passing => Self::Passing(passing),
        }
    }
}

/// It never can be, for this reason.
pub(crate) fn never(error: impl std::fmt::Display) -> NotNow {
    NotNow::Never(error.to_string())
}

/// What a receipt says, where its peer tells it.
pub(crate) fn payload(item: &Item) -> Result<&Value, NotNow> {
    let payload = item.payload.as_ref().map(|payload| &payload.payload);
    payload.ok_or_else(|| never("its payload is withheld"))
}

/// A receipt that moves what is not in these data.
pub(super) fn not_bookable(receipt: &LaneReceipt, why: impl std::fmt::Display) -> Refused {
    let detail = format!("receipt {} of our lane cannot be booked again: {why}", receipt.sequence);
    Refused::conflict("adopt-not-bookable", detail)
}

/// A receipt that rests on one of another corridor is taken up after that.
pub(super) fn in_turn<T>(receipt: &LaneReceipt, taken: Result<T, NotNow>) -> Result<T, Refused> {
    taken.map_err(|not| match not {
        NotNow::Never(why) => not_bookable(receipt, why),
        NotNow::Passing(refused) => refused,
        NotNow::Waits(what) => {
            let detail = format!("receipt {} of our lane waits for {what}", receipt.sequence);
            Refused::conflict(WAITS, detail)
        }
    })
}

/// How far the history of each corridor is taken up, as far as others have to know.
pub(crate) type Standing = BTreeMap<CorridorId, Stand>;

/// Where one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// The next receipt of ours consents to this plan, and waits for others to come as far.
    Before(Digest),
    /// The next receipt of ours waits for something else.
    Waits,
    /// All the peer holds is here.
    Over,
}
