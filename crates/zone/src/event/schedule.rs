//! When an event that did not arrive is sent again.

use canon::{EntropyGone, Timestamp};

use crate::limits::{WEBHOOK_JITTER_PERCENT, WEBHOOK_PAUSE_SECS_MAX, WEBHOOK_RETRY_SECS};
use crate::zone::Zone;

/// The pause after so many attempts in vain, in seconds, without jitter.
pub(super) fn pause(attempts: u32) -> i64 {
    let at = usize::try_from(attempts).unwrap_or(usize::MAX).saturating_sub(1);
    let last = WEBHOOK_RETRY_SECS.last().copied().unwrap_or(WEBHOOK_PAUSE_SECS_MAX);
    WEBHOOK_RETRY_SECS.get(at).copied().unwrap_or(last)
}

/// The same, longer by a share of it that one byte draws: receivers that failed together are not all asked again at once.
pub(super) fn jittered(pause: i64, drawn: u8) -> i64 {
    let most = pause.saturating_mul(WEBHOOK_JITTER_PERCENT) / 100;
    pause.saturating_add(most.saturating_mul(i64::from(drawn)) / i64::from(u8::MAX))
}

impl Zone {
    /// When it is sent again; a receiver that asks for more time gets it, within bounds.
    pub(super) fn again_at(
        &self,
        now: Timestamp,
        attempts: u32,
        asked_secs: Option<i64>,
    ) -> Result<Timestamp, EntropyGone> {
        let mut drawn = [0u8; 1];
        self.entropy.fill(&mut drawn)?;
        let [drawn] = drawn;
        let asked = asked_secs.unwrap_or(0).clamp(0, WEBHOOK_PAUSE_SECS_MAX);
        let pause = jittered(pause(attempts).max(asked), drawn);
        Ok(now.plus_secs(pause).unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_day_and_jitter_only_lengthens_them() {
        let all: Vec<i64> = (1..=12).map(pause).collect();
        assert!(all.is_sorted() && all[0] == 5 && all[11] == 86_400, "{all:?}");
        for pause in all {
            assert_eq!(jittered(pause, 0), pause);
            assert_eq!(jittered(pause, u8::MAX), pause + pause / 10);
        }
    }
}
