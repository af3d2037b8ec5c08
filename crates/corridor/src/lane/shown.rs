//! What a lane says of itself, and what its receipts say of the other one.

use canon::{CorridorId, Digest, Timestamp, ZoneId};

use super::ack::Seen;
use super::append::{AppendError, Lane, OpenHalt};
use super::receipt::LaneReceipt;
use crate::fork::Forks;

impl Lane {
    /// The corridor.
    #[must_use]
    pub fn corridor_id(&self) -> &CorridorId {
        &self.corridor_id
    }

    /// The writing zone.
    #[must_use]
    pub fn owner(&self) -> &ZoneId {
        &self.owner
    }

    /// Number of receipts.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// RFC 9162 root over all `next_root`s.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// `next_root` of the last receipt, or the lane genesis.
    #[must_use]
    pub fn last_root(&self) -> Digest {
        self.last_root
    }

    /// Current epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Time of the last receipt.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The prefix of the other lane this lane said it holds.
    #[must_use]
    pub fn seen(&self) -> Option<&Seen> {
        self.seen.as_ref()
    }

    /// The prefix of the other lane this lane said it decided.
    #[must_use]
    pub fn acked(&self) -> u64 {
        self.acked
    }

    /// Halts, suspensions and deprecations declared in this lane and not lifted.
    #[must_use]
    pub fn halts(&self) -> &[OpenHalt] {
        &self.halts
    }

    /// What the lane tells of forks.
    #[must_use]
    pub fn forks(&self) -> &Forks {
        &self.forks
    }

    /// The `seen` another lane writes about this one; nothing while it is empty.
    #[must_use]
    pub fn as_seen(&self) -> Option<Seen> {
        let seen = Seen { lane: self.owner.clone(), size: self.size(), root: self.root() };
        (self.size() > 0).then_some(seen)
    }
}

impl LaneReceipt {
    /// Check what the receipt says of the other lane against that lane's own roots by size.
    ///
    /// # Errors
    /// [`AppendError::Equivocation`] where a stated root is not the one `root_at` gives.
    pub fn check_views(&self, root_at: impl Fn(u64) -> Option<Digest>) -> Result<(), AppendError> {
        let seen = self.seen.iter().map(|seen| (seen.size, seen.root));
        let mut stated = seen.chain(self.ack.iter().map(|ack| (ack.size, ack.root)));
        match stated.find(|(size, root)| root_at(*size) != Some(*root)) {
            Some((size, _)) => Err(AppendError::Equivocation { sequence: self.sequence, size }),
            None => Ok(()),
        }
    }
}
