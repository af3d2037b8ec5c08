//! What every request shares: the zone or the reason why there is none, counters, the bell.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Semaphore;
use tokio::sync::watch::{Receiver, Sender};
use zone::{Readiness, Zone};

use super::forward::Forward;
use super::landing::Landing;
use super::metrics::Metrics;
use super::repeats::Repeats;
use super::stream::Streams;
use crate::serve::{Bell, Door};

/// Most requests under way at once; more are asked to come again.
pub(crate) const REQUESTS_MAX: usize = 64;

/// What stands behind the doors, and what to ring after a write.
pub(crate) struct Standing {
    pub(crate) door: Door,
    pub(crate) bell: Bell,
    /// Where the journal ends; its other end is gone when the term is over.
    pub(crate) head: Receiver<Option<u64>>,
    pub(super) repeats: Repeats,
}

impl Standing {
    fn new(door: Door, bell: Bell, head: Receiver<Option<u64>>) -> Self {
        Self { door, bell, head, repeats: Repeats::default() }
    }
}

/// The end of a journal that nobody tells of.
pub(crate) fn unheard() -> Receiver<Option<u64>> {
    Sender::new(None).subscribe()
}

/// The shared part.
pub(crate) struct Service {
    /// Replaced as a whole when this process begins to write, or another does.
    standing: RwLock<Arc<Standing>>,
    url: String,
    pub(crate) metrics: Metrics,
    pub(crate) room: Arc<Semaphore>,
    pub(super) forward: Arc<Forward>,
    pub(super) streams: Arc<Streams>,
    pub(super) landing: Landing,
}

impl Service {
    /// Around a door.
    pub(crate) fn new(
        door: Door,
        url: String,
        bell: Bell,
        closed: Receiver<bool>,
        landing: Landing,
    ) -> Self {
        let room = Arc::new(Semaphore::new(REQUESTS_MAX));
        let standing = RwLock::new(Arc::new(Standing::new(door, bell, unheard())));
        let (streams, forward) = (Arc::new(Streams::new(closed)), Arc::default());
        Self { standing, url, metrics: Metrics::default(), room, forward, streams, landing }
    }

    /// How things stand.
    pub(crate) fn standing(&self) -> Arc<Standing> {
        Arc::clone(&self.standing.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on things stand so. Requests under way end as they began.
    pub(crate) fn put(&self, door: Door, bell: Bell, head: Receiver<Option<u64>>) {
        let standing = Arc::new(Standing::new(door, bell, head));
        *self.standing.write().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    /// The zone, if one is open.
    pub(crate) fn zone(&self) -> Option<Arc<Zone>> {
        self.standing().door.zone().cloned()
    }

    /// The base URL peers use.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How everything is.
    pub(crate) fn readiness(&self) -> Readiness {
        self.standing().door.readiness()
    }
}
