//! Reads that need no more than is in memory: answered where they are asked, without a thread that may wait, and again
//! for as long as they would be answered the same.

use std::sync::Arc;

use canon::{PrincipalId, Timestamp};
use store::Seen;

use crate::caller::Caller;
use crate::config::InForce;
use crate::mass::Primitives;
use crate::rates::Rate;
use crate::zone::Zone;

/// What an answer stands on: whoever asks with the same token is told the same while none of it is another.
///
/// It holds for what handlers read of records and of law. Heads, journals and searches are never at hand.
#[derive(Debug)]
pub struct Grounds {
    who: PrincipalId,
    /// Tokens end, holds lapse and currencies lose decimals with time.
    second: Timestamp,
    law: Arc<InForce>,
    /// The record of the token among them.
    seen: Seen,
}

impl Zone {
    /// What the holder of a token in force is told, counted as a request of theirs, and on what grounds; `None` where
    /// anything of it is not in memory, or a record lies elsewhere: then nothing was counted, and it has to be asked as
    /// any other.
    pub fn at_hand<T>(
        &self,
        token: &str,
        told: impl FnOnce(Caller) -> Option<T>,
    ) -> Option<(Rate, T, Grounds)> {
        if !matches!(self.primitives(), Primitives::Sovereign) {
            return None;
        }
        let (second, law) = (self.now(), self.law());
        let (told, seen) = self.ahead.at_hand(|| {
            let caller = self.holder(token).ok()?;
            Some((caller.principal().clone(), told(caller)?))
        })?;
        let (who, told) = told?;
        let rate = self.counted_at_hand(&who)?;
        Some((rate, told, Grounds { who, second, law, seen }))
    }

    /// Count a request that is answered as one before it, where that still stands on its grounds.
    pub fn again(&self, grounds: &Grounds) -> Option<Rate> {
        let same = grounds.second == self.now()
            && self.is_in_force(&grounds.law)
            && self.ahead.still(&grounds.seen);
        same.then(|| self.counted_at_hand(&grounds.who)).flatten()
    }
}
