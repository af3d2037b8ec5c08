//! How each receipt of a lane follows from the one before.

use std::sync::Arc;

use canon::{Digest, Timestamp, ZoneId};
use proof::merkle::{Peaks, SIZE_MAX};

use super::entry::{Entry, Header};
use crate::endorsement::ThresholdError;
use crate::handshake::{Rules, ruleset_digest};
use crate::lane::{AppendError, Seen, Standing, TransitionKind, check_agreed};
use crate::transition_types;

/// Entries of the tree hashed side by side.
const TOGETHER: usize = 512;

/// A lane as its own receipts tell it, from the first one on.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    begun: Option<Begun>,
    tree: Peaks,
    /// Entries of the tree that are not hashed yet, fewer than [`TOGETHER`].
    waiting: Vec<Digest>,
    seen: Option<Seen>,
    acked: u64,
    epoch: u64,
    /// Thresholds it may have been agreed under, as told.
    told: Vec<Rules>,
}

/// What the first receipt said, and the last.
#[derive(Clone, Debug)]
struct Begun {
    header: Arc<Header>,
    genesis: Digest,
    last_root: Digest,
    timestamp: Timestamp,
}

impl Chain {
    /// An empty lane that may have been agreed under these thresholds: a lane names theirs by digest alone.
    #[must_use]
    pub fn under(told: Vec<Rules>) -> Self {
        Self { told, ..Self::default() }
    }

    /// Learns thresholds the lane may name from here on.
    pub fn tell(&mut self, rules: Rules) {
        if !rules.is_empty() && !self.told.contains(&rules) {
            self.told.push(rules);
        }
    }

    /// Goes on with a receipt that was judged by itself.
    ///
    /// # Errors
    /// The first rule of the lane it breaks; the chain is unchanged.
    pub fn push(&mut self, entry: &Entry) -> Result<(), AppendError> {
        if let Some(begun) = &self.begun {
            same_lane(&begun.header, &entry.header, entry.kind)?;
        }
        let own = &entry.header.lane;
        let step = entry.step();
        let named = entry.seen.as_ref().map(|seen| &seen.lane);
        let other: Option<&ZoneId> =
            self.seen.as_ref().map(|seen| &seen.lane).or(named).filter(|other| *other != own);
        let standing = Standing {
            size: self.size(),
            timestamp: self.begun.as_ref().map_or(entry.timestamp, |begun| begun.timestamp),
            last_root: self.begun.as_ref().map_or(entry.prev_root, |begun| begun.last_root),
            epoch: self.epoch,
            // A lane that speaks of itself is refused by the checks of `seen` and `ack`.
            other: match other {
                Some(other) => other,
                None if named.is_some() => return Err(AppendError::Seen),
                None => own,
            },
            seen: self.seen.as_ref(),
            acked: self.acked,
        };
        standing.check_link(&step)?;
        // What an amendment leads to is asked of the receipts after it.
        let header = self.begun.as_ref().map_or(&entry.header, |begun| &begun.header);
        check_agreed(&header.ruleset_digest_set, step.kind)?;
        self.rules(&entry.header)?;
        self.rules(header)?.map_or(Ok(()), |rules| rules.check(entry.endorsed(), None))?;
        standing.check_said(&step)?;
        standing.check_epoch(&step)?;
        standing.check_ack(&step)?;
        if self.size() >= SIZE_MAX {
            return Err(AppendError::Full);
        }
        self.waiting.push(entry.next_root);
        if self.waiting.len() >= TOGETHER {
            self.tree.extend(&self.waiting).map_err(|_| AppendError::Full)?;
            self.waiting.clear();
        }
        let genesis = self.begun.as_ref().map_or(entry.prev_root, |begun| begun.genesis);
        self.begun = Some(Begun {
            header: Arc::clone(&entry.header),
            genesis,
            last_root: entry.next_root,
            timestamp: entry.timestamp,
        });
        self.acked = entry.ack.as_ref().map_or(self.acked, |ack| ack.size);
        self.epoch = entry.epoch;
        if entry.seen.is_some() {
            self.seen.clone_from(&entry.seen);
        }
        Ok(())
    }

    /// The thresholds a header names, if it names any.
    fn rules(&self, header: &Header) -> Result<Option<&Rules>, ThresholdError> {
        let known = |one: &&Digest| **one == ruleset_digest() || transition_types::is_registry(one);
        let mut others = header.ruleset_digest_set.iter().filter(|one| !known(one));
        let Some(named) = others.next() else {
            return Ok(None);
        };
        let told = self.told.iter().find(|rules| rules.digest() == Some(*named));
        match (told, others.next()) {
            (Some(told), None) => Ok(Some(told)),
            _ => Err(ThresholdError::Unknown(*named)),
        }
    }

    /// What all receipts have in common; nothing while there is none.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.begun.as_ref().map(|begun| begun.header.as_ref())
    }

    /// Receipts so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size() + self.waiting.len() as u64
    }

    /// RFC 9162 root over all `next_root`s.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut whole = self.tree.clone();
        // It fits: `push` looked.
        whole.extend(&self.waiting).map_or_else(|_| self.tree.root(), |()| whole.root())
    }

    /// The `prev_root` of the first receipt, for whoever knows the genesis of the lane.
    #[must_use]
    pub fn genesis(&self) -> Option<Digest> {
        self.begun.as_ref().map(|begun| begun.genesis)
    }

    /// `next_root` of the last receipt.
    #[must_use]
    pub fn last_root(&self) -> Option<Digest> {
        self.begun.as_ref().map(|begun| begun.last_root)
    }

    /// Time of the last receipt.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.begun.as_ref().map(|begun| begun.timestamp)
    }

    /// Counts activations and resumes.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Receipts of the other lane decided.
    #[must_use]
    pub fn acked(&self) -> u64 {
        self.acked
    }
}

/// Only an amendment changes what receipts say of law and rules.
fn same_lane(
    held: &Arc<Header>,
    found: &Arc<Header>,
    kind: TransitionKind,
) -> Result<(), AppendError> {
    if Arc::ptr_eq(held, found) || held == found {
        return Ok(());
    }
    if held.corridor_id != found.corridor_id {
        return Err(AppendError::Corridor(found.corridor_id.clone()));
    }
    if held.lane != found.lane {
        return Err(AppendError::Owner(found.lane.clone()));
    }
    if kind == TransitionKind::Amend {
        return Ok(());
    }
    let lawpacks = held.lawpack_digest_set != found.lawpack_digest_set;
    Err(AppendError::Terms(if lawpacks { "lawpack_digest_set" } else { "ruleset_digest_set" }))
}
