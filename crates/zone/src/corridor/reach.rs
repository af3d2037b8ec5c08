//! Peers that could not be reached, and whether they are back.
//!
//! Each attempt of the outbox is written down, so the pauses between attempts grow to a minute. Alone they would keep
//! two zones apart for up to a minute after whatever parted them is over. Between attempts the zone therefore knocks:
//! a public question that costs no write and no signature. Who answers it, or sends us a message of its own, is told
//! at once what waits. A peer that answers knocks and nothing else is knocked at ever less often.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::{CorridorId, Timestamp};
use serde_json::Value;

use super::peer::PeerMessage;
use crate::limits::{
    KNOCK_SECS, KNOCKS_AT_ONCE, PATIENCE_SECS_MAX, PATIENCE_SECS_MIN, RETRY_SECS_MAX,
    SENDERS_TRIED_MAX,
};
use crate::refused::Refused;
use crate::zone::Zone;

/// Corridors whose peer could not be reached at the last attempt.
#[derive(Default)]
pub(crate) struct Reach(Mutex<BTreeMap<CorridorId, Away>>);

#[derive(Clone, Copy, Debug, Default)]
struct Away {
    /// When to knock next, in seconds; at once while 0.
    knock_at: i64,
    /// It answered a knock, or sent a message; no attempt has begun since.
    back: bool,
    /// The attempt under way began because it was back.
    tried: bool,
    /// Attempts in a row that began so, without success.
    in_vain: u32,
    /// Attempts in a row that nobody answered, whatever was written meanwhile.
    missed: u32,
}

impl Reach {
    fn held(&self) -> MutexGuard<'_, BTreeMap<CorridorId, Away>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt begins.
    pub(super) fn begun(&self, id: &CorridorId) {
        if let Some(away) = self.held().get_mut(id) {
            away.tried = std::mem::take(&mut away.back);
        }
    }

    /// An attempt failed because nobody answered. Who showed itself while it was under way is back all the same.
    pub(super) fn missed(&self, id: &CorridorId, now: Timestamp) {
        let mut held = self.held();
        let away = held.entry(id.clone()).or_default();
        away.in_vain = away.in_vain.saturating_add(u32::from(std::mem::take(&mut away.tried)));
        let pause = (KNOCK_SECS << away.in_vain.min(16)).min(RETRY_SECS_MAX);
        away.knock_at = now.unix().saturating_add(pause);
        away.missed = away.missed.saturating_add(1);
    }

    /// How long to wait for an answer, in seconds: on a network that loses, another attempt is soon worth more than
    /// the rest of this one; a peer that is slow is waited for longer each time.
    pub(super) fn patience(&self, id: &CorridorId) -> u64 {
        let in_vain = self.held().get(id).map_or(0, |away| away.in_vain);
        (PATIENCE_SECS_MIN << in_vain.min(16)).min(PATIENCE_SECS_MAX)
    }

    /// How many attempts in a row nobody answered. What is written meanwhile begins a job anew; it makes nobody answer.
    pub(super) fn missed_in_a_row(&self, id: &CorridorId) -> u32 {
        self.held().get(id).map_or(0, |away| away.missed)
    }

    /// An attempt came to an answer, whichever.
    pub(super) fn answered(&self, id: &CorridorId) {
        self.held().remove(id);
    }

    /// Whether the peer could not be reached the last time.
    pub(super) fn misses(&self, id: &CorridorId) -> bool {
        self.held().contains_key(id)
    }

    /// Those that are back.
    pub(super) fn back(&self) -> BTreeSet<CorridorId> {
        let held = self.held();
        held.iter().filter(|(_, away)| away.back).map(|(id, _)| id.clone()).collect()
    }

    /// It answered a knock.
    fn is_back(&self, id: &CorridorId) -> bool {
        self.held().get_mut(id).map(|away| away.back = true).is_some()
    }

    /// It sent a message. One that sends and never answers gains some attempts by it, and then no more than by knocks.
    fn has_sent(&self, id: &CorridorId, now: Timestamp) -> bool {
        let mut held = self.held();
        let away = held.get_mut(id);
        let believed =
            |away: &&mut Away| away.in_vain < SENDERS_TRIED_MAX || away.knock_at <= now.unix();
        away.filter(believed).map(|away| away.back = true).is_some()
    }

    /// Whom to knock at now, of all for whom something waits; the others are forgotten.
    fn due(&self, waiting: &BTreeMap<CorridorId, String>, now: Timestamp) -> BTreeSet<CorridorId> {
        let mut held = self.held();
        held.retain(|id, _| waiting.contains_key(id));
        let mut due = BTreeSet::new();
        for id in waiting.keys() {
            let away = held.entry(id.clone()).or_default();
            if !away.back && away.knock_at <= now.unix() {
                away.knock_at = now.unix().saturating_add(KNOCK_SECS);
                due.insert(id.clone());
            }
        }
        due
    }
}

impl Zone {
    /// Knock at the peers that could not be reached and for whom something waits. Returns how many are back; for
    /// those the pauses of the outbox are over.
    ///
    /// # Errors
    /// The store.
    pub fn knock(&self) -> Result<usize, Refused> {
        if self.stopped().is_some() {
            return Ok(0);
        }
        self.learn_corridors()?;
        let mut waiting = BTreeMap::new();
        for id in self.unreached()? {
            let url = self.corridor_record(&id)?.value.url_there.clone();
            waiting.insert(id, url);
        }
        let due: Vec<CorridorId> = self.reach.due(&waiting, self.now()).into_iter().collect();
        let mut back = 0;
        for some in due.chunks(KNOCKS_AT_ONCE) {
            let answered =
                |id: &CorridorId| waiting.get(id).is_some_and(|url| self.wire.knock(url));
            // One that hangs keeps these waiting, and never those that write or read.
            std::thread::scope(|scope| {
                let knocks: Vec<_> =
                    some.iter().map(|id| (id, scope.spawn(move || answered(id)))).collect();
                for (id, knock) in knocks {
                    if knock.join().unwrap_or(false) && self.reach.is_back(id) {
                        back += 1;
                    }
                }
            });
        }
        Ok(back)
    }

    /// A message that was taken shows that its sender is there: whether the outbox has waited for that.
    pub fn heard(&self, message: &PeerMessage) -> bool {
        if self.reach.held().is_empty() {
            return false;
        }
        let body = canon::parse_value(&message.body).unwrap_or(Value::Null);
        let id = body.get("corridor_id").and_then(Value::as_str).map(CorridorId::parse);
        id.is_some_and(|id| id.is_ok_and(|id| self.reach.has_sent(&id, self.now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> CorridorId {
        CorridorId::parse("org.momentum.mez.corridor.a--b").unwrap()
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_unix(1_700_000_000 + secs).unwrap()
    }

    #[test]
    fn whoever_is_missed_is_knocked_at_again_and_again_until_nothing_waits() {
        let reach = Reach::default();
        let waiting = BTreeMap::from([(id(), String::new())]);
        reach.missed(&id(), at(0));
        let knocks = (0..100).filter(|secs| !reach.due(&waiting, at(*secs)).is_empty()).count();
        assert_eq!(
            knocks as i64,
            (100 - 1) / KNOCK_SECS,
            "a knock that nobody answers costs no pause"
        );
        assert!(reach.is_back(&id()));
        assert!(reach.due(&waiting, at(200)).is_empty(), "it is the turn of the outbox");
        assert_eq!(reach.back(), BTreeSet::from([id()]));
        assert!(reach.due(&BTreeMap::new(), at(201)).is_empty());
        assert!(!reach.is_back(&id()), "forgotten");
    }

    #[test]
    fn one_that_answers_knocks_alone_is_knocked_at_ever_less_often() {
        let reach = Reach::default();
        let waiting = BTreeMap::from([(id(), String::new())]);
        let mut attempts = 0;
        reach.missed(&id(), at(0));
        for secs in 0..3_600 {
            if !reach.due(&waiting, at(secs)).is_empty() && reach.is_back(&id()) {
                attempts += 1;
                reach.begun(&id());
                reach.missed(&id(), at(secs));
            }
        }
        assert!(
            (60..70).contains(&attempts),
            "{attempts} attempts in an hour: no more than one a minute"
        );
    }

    #[test]
    fn one_that_sends_and_never_answers_is_not_tried_at_its_word_for_long() {
        let reach = Reach::default();
        let mut attempts = 0;
        reach.missed(&id(), at(0));
        for secs in 0..3_600 {
            if reach.has_sent(&id(), at(secs)) {
                attempts += 1;
                reach.begun(&id());
                reach.missed(&id(), at(secs));
            }
        }
        assert!((60..70).contains(&attempts), "{attempts} attempts in an hour");
    }

    #[test]
    fn whoever_shows_itself_while_an_attempt_fails_is_tried_again() {
        let reach = Reach::default();
        reach.missed(&id(), at(0));
        reach.begun(&id());
        assert!(reach.has_sent(&id(), at(1)));
        reach.missed(&id(), at(2));
        assert_eq!(reach.back(), BTreeSet::from([id()]));
        reach.begun(&id());
        assert!(reach.back().is_empty(), "once");
    }

    #[test]
    fn a_slow_peer_is_waited_for_longer_each_time_and_one_that_was_away_is_not() {
        let reach = Reach::default();
        let mut waited = vec![reach.patience(&id())];
        for secs in 0..4 {
            reach.begun(&id());
            reach.missed(&id(), at(secs));
            assert_eq!(reach.patience(&id()), PATIENCE_SECS_MIN, "nobody answered a knock");
        }
        for secs in 0..3 {
            assert!(reach.is_back(&id()));
            reach.begun(&id());
            waited.push(reach.patience(&id()));
            reach.missed(&id(), at(secs));
        }
        assert_eq!(waited, [3, 3, 6, 10]);
        reach.answered(&id());
        assert_eq!(reach.patience(&id()), PATIENCE_SECS_MIN);
    }

    #[test]
    fn what_is_missed_counts_until_somebody_answers() {
        let reach = Reach::default();
        for n in 1..=7 {
            reach.begun(&id());
            reach.missed(&id(), at(n));
            assert_eq!(i64::from(reach.missed_in_a_row(&id())), n);
        }
        reach.answered(&id());
        assert_eq!(reach.missed_in_a_row(&id()), 0);
    }

    #[test]
    fn a_zone_that_starts_knocks_at_once_at_those_it_was_waiting_for() {
        let waiting = BTreeMap::from([(id(), String::new())]);
        assert_eq!(Reach::default().due(&waiting, at(0)).len(), 1);
    }
}
