//! What witnesses claim without a signature: that they hold more of a log written here than there is,
//! or another root of it.
//!
//! A claim may be true (the data were put back), a lie, or a fault of the witness. It is asked about
//! again with a fresh proof, after a longer pause each time, and falls when that witness cosigns the
//! log. Meanwhile it counts as the policy counts a cosignature: a quorum of witnesses is believed.
//!
//! Invariant: a claim is never kept over a restart, and never removed but by its own witness.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::Timestamp;

/// First pause before a claim is asked about again, in seconds; it doubles.
const AGAIN_SECS_MIN: i64 = 3;
/// Longest pause, in seconds.
const AGAIN_SECS_MAX: i64 = 300;

/// The claims that stand, by witness and stream.
#[derive(Default)]
pub(crate) struct Disputes(Mutex<BTreeMap<(String, String), Claim>>);

struct Claim {
    why: String,
    times: u32,
    again: i64,
}

impl Disputes {
    fn claims(&self) -> MutexGuard<'_, BTreeMap<(String, String), Claim>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A witness claims it of a stream, for the first time or again.
    pub(crate) fn claimed(&self, (witness, stream): (&str, &str), why: &str, now: Timestamp) {
        let mut claims = self.claims();
        let key = (witness.to_owned(), stream.to_owned());
        let times = claims.get(&key).map_or(0, |claim| claim.times.saturating_add(1));
        let pause = (AGAIN_SECS_MIN << times.min(16)).min(AGAIN_SECS_MAX);
        let again = now.unix().saturating_add(pause);
        claims.insert(key, Claim { why: why.to_owned(), times, again });
    }

    /// The witness cosigned the stream.
    pub(crate) fn withdrawn(&self, (witness, stream): (&str, &str)) {
        self.claims().remove(&(witness.to_owned(), stream.to_owned()));
    }

    /// Whether a claim is not to be asked about yet.
    pub(crate) fn rests(&self, (witness, stream): (&str, &str), now: Timestamp) -> bool {
        let key = (witness.to_owned(), stream.to_owned());
        self.claims().get(&key).is_some_and(|claim| now.unix() < claim.again)
    }

    /// What a witness claims, of whichever stream.
    pub(crate) fn of(&self, witness: &str) -> Option<String> {
        let claims = self.claims();
        let own = claims.iter().find(|((name, _), _)| name == witness);
        own.map(|(_, claim)| claim.why.clone())
    }

    /// A claim, once so many witnesses make one.
    pub(crate) fn believed(&self, quorum: usize) -> Option<String> {
        let claims = self.claims();
        let witnesses: BTreeSet<&str> = claims.keys().map(|(name, _)| name.as_str()).collect();
        if witnesses.len() < quorum {
            return None;
        }
        claims.values().next().map(|claim| claim.why.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::parse("2026-11-20T12:00:00Z").unwrap().plus_secs(secs).unwrap()
    }

    #[test]
    fn a_quorum_is_believed_for_as_long_as_each_repeats_it() {
        let disputes = Disputes::default();
        assert_eq!(disputes.believed(1), None);
        // One that lies about every log is still one.
        disputes.claimed(("w1", "zone/log"), "a", at(0));
        disputes.claimed(("w1", "lane/here/x"), "b", at(0));
        assert_eq!((disputes.believed(1).is_some(), disputes.believed(2)), (true, None));
        disputes.claimed(("w2", "zone/log"), "c", at(0));
        assert!(disputes.believed(2).is_some());
        assert_eq!(disputes.of("w2").as_deref(), Some("c"));
        disputes.withdrawn(("w2", "zone/log"));
        assert_eq!((disputes.believed(2), disputes.of("w2")), (None, None));
        disputes.withdrawn(("w1", "zone/log"));
        assert!(disputes.believed(1).is_some(), "the other log is disputed still");
    }

    #[test]
    fn each_pause_is_longer_up_to_a_bound() {
        let (disputes, log) = (Disputes::default(), ("w1", "zone/log"));
        let mut now = 0;
        for pause in [3, 6, 12, 24, 48, 96, 192, 300, 300, 300] {
            disputes.claimed(log, "a", at(now));
            assert!(disputes.rests(log, at(now + pause - 1)), "{pause}");
            assert!(!disputes.rests(log, at(now + pause)), "{pause}");
            now += pause;
        }
    }
}
