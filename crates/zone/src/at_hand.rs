//! Reads that need no more than is in memory: answered where they are asked, without a thread that may wait.

use crate::caller::Caller;
use crate::mass::Primitives;
use crate::rates::Rate;
use crate::zone::Zone;

impl Zone {
    /// What the holder of a token in force is told, counted as a request of theirs; `None` where anything of it is not in
    /// memory, or a record lies elsewhere: then nothing was counted, and it has to be asked as any other.
    pub fn at_hand<T>(
        &self,
        token: &str,
        told: impl FnOnce(Caller) -> Option<T>,
    ) -> Option<(Rate, T)> {
        if !matches!(self.primitives(), Primitives::Sovereign) {
            return None;
        }
        let (who, told) = self.ahead.at_hand(|| {
            let caller = self.holder(token).ok()?;
            Some((caller.principal().clone(), told(caller)?))
        })??;
        Some((self.counted_at_hand(&who)?, told))
    }
}
