//! How often one principal may ask, however many replicas answer: a bucket of tokens in the store they share, of which each
//! replica takes a lease now and then, so that a request costs no commit.
//!
//! A lease that is not used up in time is lost, never given back: a principal may get less than the bucket holds, and
//! with `r` replicas never more than `r` leases above it. Where the store cannot be asked, a replica goes by what it has
//! leased, and lets one lease's worth through without: to be slow is no reason to be shut.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::{PrincipalId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::duty::{Duty, Task};
use crate::limits::{
    RATE_BURST, RATE_LEASE, RATE_LEASE_SECS, RATE_PER_MINUTE, RATE_PRINCIPALS_MAX, RATE_TRIES,
};
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// The kind of record.
pub(crate) const KIND: &str = "rate";
/// Parts of a token, so that a slow bucket fills by the second as well.
const PARTS: u64 = 60;

/// How fast a bucket fills, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatePolicy {
    /// Requests a minute that go on for ever.
    pub per_minute: u32,
    /// Requests at once, after a rest.
    pub burst: u32,
    /// Tokens a replica takes at once.
    pub lease: u32,
}

impl Default for RatePolicy {
    fn default() -> Self {
        Self { per_minute: RATE_PER_MINUTE, burst: RATE_BURST, lease: RATE_LEASE }
    }
}

/// Where a principal stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Whether the request may go on.
    pub admitted: bool,
    /// Requests that may follow at once, as far as this replica knows.
    pub remaining: u64,
    /// Seconds until one may be asked again, or until the bucket is full.
    pub secs: u64,
    /// What is kept to.
    pub policy: RatePolicy,
}

/// The shared bucket at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bucket {
    #[serde(rename = "type")]
    type_: String,
    /// Tokens in it, in parts of a sixtieth.
    parts: u64,
    /// When that was so.
    at: Timestamp,
}

/// What this replica has leased.
#[derive(Clone, Copy, Debug)]
struct Leased {
    left: u32,
    until: i64,
    /// Tokens that were left in the bucket then.
    beyond: u64,
    /// The bucket was empty; nobody looks again before then.
    empty_until: i64,
}

/// By principal.
#[derive(Default)]
pub(crate) struct Leases(Mutex<BTreeMap<PrincipalId, Leased>>);

impl Leases {
    fn all(&self) -> MutexGuard<'_, BTreeMap<PrincipalId, Leased>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Use one of what was leased: how much is left of it, or until when there is nothing.
    fn one(&self, who: &PrincipalId, now: i64) -> Option<Result<Leased, i64>> {
        let mut all = self.all();
        let leased = all.get_mut(who)?;
        if leased.until > now && leased.left > 0 {
            leased.left -= 1;
            return Some(Ok(*leased));
        }
        (leased.empty_until > now).then_some(Err(leased.empty_until))
    }

    fn put(&self, who: &PrincipalId, leased: Leased, now: i64) {
        let mut all = self.all();
        if all.len() >= RATE_PRINCIPALS_MAX {
            all.retain(|_, leased| leased.until > now || leased.empty_until > now);
        }
        if all.len() < RATE_PRINCIPALS_MAX || all.contains_key(who) {
            all.insert(who.clone(), leased);
        }
    }
}

impl Bucket {
    fn full(policy: RatePolicy, at: Timestamp) -> Self {
        let parts = u64::from(policy.burst).saturating_mul(PARTS);
        Self { type_: "MEZRate".to_owned(), parts, at }
    }

    /// The bucket as it is now: a second adds a sixtieth of what a minute does.
    fn filled(self, policy: RatePolicy, now: Timestamp) -> Self {
        let secs = u64::try_from(now.unix().saturating_sub(self.at.unix())).unwrap_or(0);
        let added = secs.saturating_mul(u64::from(policy.per_minute));
        let most = u64::from(policy.burst).saturating_mul(PARTS);
        // A clock that was ahead elsewhere takes nothing back.
        let at = self.at.max(now);
        Self { parts: self.parts.saturating_add(added).min(most), at, ..self }
    }

    /// Take up to a lease.
    fn take(&mut self, policy: RatePolicy) -> u32 {
        let held = u32::try_from(self.parts / PARTS).unwrap_or(u32::MAX);
        let taken = held.min(policy.lease);
        self.parts = self.parts.saturating_sub(u64::from(taken).saturating_mul(PARTS));
        taken
    }

    /// Seconds until it holds a token.
    fn secs_to_one(&self, policy: RatePolicy) -> u64 {
        let lacking = PARTS.saturating_sub(self.parts);
        lacking.div_ceil(u64::from(policy.per_minute).max(1)).max(1)
    }
}

impl Zone {
    /// Count a request of a caller.
    pub fn counted(&self, caller: &Caller) -> Rate {
        let policy = self.access().map(|access| access.rates).unwrap_or_default();
        let (who, now) = (caller.principal(), self.now());
        match self.leases.one(who, now.unix()) {
            Some(Ok(leased)) => admitted(leased, policy),
            Some(Err(until)) => refused(until.saturating_sub(now.unix()), policy),
            None => self.leased(who, policy, now),
        }
    }

    /// Count a request where that needs no look at the bucket, and lets it in.
    pub(crate) fn counted_at_hand(&self, who: &PrincipalId) -> Option<Rate> {
        let policy = self.access().map(|access| access.rates).unwrap_or_default();
        let leased = self.leases.one(who, self.now().unix())?.ok()?;
        Some(admitted(leased, policy))
    }

    /// Take a lease, and use one token of it.
    fn leased(&self, who: &PrincipalId, policy: RatePolicy, now: Timestamp) -> Rate {
        let mut tries = 0;
        let (taken, bucket) = loop {
            match self.lease(who, policy, now) {
                Ok(leased) => break leased,
                Err(Refused::Busy) if tries < RATE_TRIES => tries += 1,
                Err(_) => break (policy.lease.min(policy.burst), Bucket::full(policy, now)),
            }
        };
        let until = now.unix().saturating_add(RATE_LEASE_SECS);
        let Some(left) = taken.checked_sub(1) else {
            let secs = bucket.secs_to_one(policy);
            let wait = i64::try_from(secs).unwrap_or(i64::MAX);
            let empty_until = now.unix().saturating_add(wait);
            let none = Leased { left: 0, until, beyond: 0, empty_until };
            self.leases.put(who, none, now.unix());
            return refused(wait, policy);
        };
        let leased = Leased { left, until, beyond: bucket.parts / PARTS, empty_until: 0 };
        self.leases.put(who, leased, now.unix());
        admitted(leased, policy)
    }

    fn lease(
        &self,
        who: &PrincipalId,
        policy: RatePolicy,
        now: Timestamp,
    ) -> Result<(u32, Bucket), Refused> {
        let building = self.building();
        let kept: Option<Loaded<Bucket>> = self.load(KIND, who.as_str())?;
        let (rev, bucket) = match kept {
            Some(kept) => (kept.rev, kept.value),
            None => (None, Bucket::full(policy, now)),
        };
        let mut bucket = bucket.filled(policy, now);
        let taken = bucket.take(policy);
        if taken > 0 {
            let duty = Duty::of_zone(Task::Rates);
            self.state_alone(&duty, building, (KIND, who.as_str()), rev, &bucket)?;
        }
        Ok((taken, bucket))
    }
}

fn admitted(leased: Leased, policy: RatePolicy) -> Rate {
    let remaining = leased.beyond.saturating_add(u64::from(leased.left));
    let lacking = u64::from(policy.burst).saturating_sub(remaining).saturating_mul(PARTS);
    let secs = lacking.div_ceil(u64::from(policy.per_minute).max(1));
    Rate { admitted: true, remaining, secs, policy }
}

fn refused(secs: i64, policy: RatePolicy) -> Rate {
    let secs = u64::try_from(secs).unwrap_or(0).max(1);
    Rate { admitted: false, remaining: 0, secs, policy }
}

#[cfg(test)]
mod tests {
    use canon::Timestamp;

    use super::{Bucket, RatePolicy};

    /// Leases of two replicas out of one bucket never come to more than it held and was filled with.
    #[test]
    fn a_bucket_gives_what_it_held_and_what_came_and_no_more() {
        let policy = RatePolicy { per_minute: 7, burst: 10, lease: 3 };
        let mut bucket = Bucket::full(policy, Timestamp::from_unix(0).unwrap());
        let (mut given, mut random) = (0u64, 1u64);
        let mut now = 0;
        for _ in 0..10_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            now += i64::try_from(random >> 61).unwrap();
            bucket = bucket.filled(policy, Timestamp::from_unix(now).unwrap());
            given += u64::from(bucket.take(policy));
            let most = 10 + u64::try_from(now).unwrap() * 7 / 60;
            assert!(given <= most, "{given} of {most} at {now}");
        }
        assert!(given > u64::try_from(now).unwrap() * 7 / 60 - 20, "it fills: {given} at {now}");
    }

    #[test]
    fn a_clock_that_goes_back_fills_nothing_twice() {
        let policy = RatePolicy { per_minute: 60, burst: 60, lease: 60 };
        let at = |secs| Timestamp::from_unix(secs).unwrap();
        let mut bucket = Bucket::full(policy, at(100));
        assert_eq!(bucket.take(policy), 60);
        let mut bucket = bucket.filled(policy, at(90)).filled(policy, at(100));
        assert_eq!(bucket.take(policy), 0);
        assert_eq!(bucket.secs_to_one(policy), 1);
        assert_eq!(bucket.filled(policy, at(130)).take(policy), 30);
    }
}
