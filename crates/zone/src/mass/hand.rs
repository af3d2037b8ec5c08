//! The hand a write is written with: from one key its identifiers follow, so that the same write, asked for again after
//! its answer was lost, asks Mass for the very same things under the very same keys.
//!
//! Invariant: a hand is taken up once nothing was answered before under the key, and laid down before the next write of
//! the thread begins.

use std::cell::RefCell;

use canon::{Digest, Timestamp};

use super::Primitives;
use super::intent::{INTENT, Intent, Made, Stage};
use crate::idempotency::Ask;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

thread_local! {
    static HAND: RefCell<Option<Hand>> = const { RefCell::new(None) };
}

/// What identifiers and keys of a write follow from.
#[derive(Clone)]
pub(crate) struct Hand {
    key: Digest,
    /// Which time it is tried: one that was paid back is another.
    attempt: u32,
    /// The moment of its records, where it was asked of Mass before and nobody knows here what came of it.
    begun: Option<Timestamp>,
    /// The moment of its records, where it is asked of Mass for the first time: that of the act, since by the time its intent
    /// is durable another second may have begun.
    at: Option<Timestamp>,
    /// What is known of it.
    intent: Option<Loaded<Intent>>,
    /// The payments of it that stand, where it was asked before.
    made: Vec<Made>,
    /// Identifiers given so far.
    given: u32,
}

impl Hand {
    fn of(key: Digest, intent: Option<Loaded<Intent>>, made: Vec<Made>) -> Self {
        let (mut attempt, mut begun) = (1, None);
        if let Some(Loaded { value, .. }) = &intent {
            match value.stage() {
                Stage::Asked { .. } => (attempt, begun) = (value.attempt(), Some(value.at())),
                _ => attempt = value.attempt().saturating_add(1),
            }
        }
        Self { key, attempt, begun, at: None, intent, made, given: 0 }
    }

    /// The name of its intent.
    pub(crate) fn name(&self) -> String {
        self.key.to_string()
    }

    /// A key of this attempt, for a call of this name.
    pub(crate) fn key(&self, name: &str) -> String {
        Digest::of_blob(format!("{}\n{}\n{name}", self.key, self.attempt).as_bytes()).to_string()
    }

    /// Whether it was asked of Mass before, and nobody knows here what came of it.
    pub(crate) const fn resumes(&self) -> bool {
        self.begun.is_some()
    }

    /// The moment of its records.
    pub(crate) fn begun(&self, now: Timestamp) -> Timestamp {
        self.begun.or(self.at).unwrap_or(now)
    }

    /// Which time it is tried.
    pub(crate) const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The payments of it that stand already.
    pub(super) fn made(&self) -> &[Made] {
        &self.made
    }

    /// The same for another attempt, once what was made is paid back.
    pub(super) fn again(self, undone: Loaded<Intent>) -> Self {
        // Its records were made before that.
        let at = self.begun.or(self.at);
        Self { given: self.given, at, ..Self::of(self.key, Some(undone), Vec::new()) }
    }

    /// What is known of it.
    pub(crate) const fn intent(&self) -> Option<&Loaded<Intent>> {
        self.intent.as_ref()
    }

    fn next_id(&mut self) -> String {
        self.given = self.given.saturating_add(1);
        let digest = self.key(&format!("id/{}", self.given));
        let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
        // UUID version 4, as rails want it: to whoever has not the key its bits are as good as drawn.
        let (third, fourth) = (part(12, 15), part(15, 18));
        format!("{}-{}-4{third}-8{fourth}-{}", part(0, 8), part(8, 12), part(18, 30))
    }
}

impl Zone {
    /// Take up the hand of a request, in proxy mode. What an earlier attempt left half done is paid back first.
    pub(crate) fn hand(&self, ask: &Ask) -> Result<(), Refused> {
        if !self.is_at_mass() {
            return Ok(());
        }
        let (zone, by) = (self.did(), ask.caller.principal());
        let text = match &ask.key {
            Some((key, request)) => format!("mez.mass.write\n{zone}\n{by}\n{key}\n{request}"),
            // Without a key of the caller nobody can ask for it again.
            None => format!("mez.mass.write\n{zone}\n{by}\n{}", self.salt()?),
        };
        self.hand_of(&text)
    }

    /// Take up the hand of something that the zone does by itself, and again until it is done.
    pub(crate) fn own_hand(&self, what: &str) -> Result<(), Refused> {
        self.hand_of(&format!("mez.mass.own\n{}\n{what}", self.did()))
    }

    fn hand_of(&self, text: &str) -> Result<(), Refused> {
        let Primitives::Mass(client) = self.primitives() else { return Ok(()) };
        let key = Digest::of_blob(text.as_bytes());
        let known: Option<Loaded<Intent>> = self.load(INTENT, &key.to_string())?;
        let (intent, made) = match known {
            Some(known) if !self.rehearses() => {
                let (known, made) = self.driven(client, &key.to_string(), known)?;
                (Some(known), made)
            }
            known => (known, Vec::new()),
        };
        HAND.set(Some(Hand::of(key, intent, made)));
        Ok(())
    }

    /// Lay it down: another write begins, or this one is done.
    pub(crate) fn lay_down(&self) -> Option<Hand> {
        HAND.take()
    }

    /// An identifier of the hand that is up.
    pub(crate) fn id_in_hand(&self) -> Option<String> {
        HAND.with_borrow_mut(|hand| hand.as_mut().map(Hand::next_id))
    }

    /// The moment of the records of a write that is built now.
    pub(crate) fn begun(&self, now: Timestamp) -> Timestamp {
        HAND.with_borrow_mut(|hand| {
            let Some(hand) = hand else { return now };
            let begun = hand.begun(now);
            hand.at = Some(begun);
            begun
        })
    }

    /// Whether the write that is built now was asked of Mass before.
    pub(crate) fn resumes(&self) -> bool {
        HAND.with_borrow(|hand| hand.as_ref().is_some_and(Hand::resumes))
    }
}
