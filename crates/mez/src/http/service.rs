//! What every request shares: the zone or the reason why there is none, counters, the bell.

use std::sync::Arc;

use tokio::sync::Semaphore;
use zone::{Readiness, Zone};

use super::metrics::Metrics;
use crate::serve::{Bell, Door};

/// Most requests under way at once; more are asked to come again.
pub(crate) const REQUESTS_MAX: usize = 64;

/// The shared part.
pub(crate) struct Service {
    door: Door,
    url: String,
    bell: Bell,
    pub(crate) metrics: Metrics,
    pub(crate) room: Arc<Semaphore>,
}

impl Service {
    /// Around a door.
    pub(crate) fn new(door: Door, url: String, bell: Bell) -> Self {
        let room = Arc::new(Semaphore::new(REQUESTS_MAX));
        Self { door, url, bell, metrics: Metrics::default(), room }
    }

    /// The zone, if one is open.
    pub(crate) fn zone(&self) -> Option<&Arc<Zone>> {
        self.door.zone()
    }

    /// Why there is none.
    pub(crate) fn reason(&self) -> &str {
        self.door.reason()
    }

    /// The base URL peers use.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Something was written: the outbox may hold something.
    pub(crate) fn ring(&self) {
        self.bell.ring();
    }

    /// How everything is.
    pub(crate) fn readiness(&self) -> Readiness {
        match &self.door {
            Door::Open(zone, _) => zone.readiness(),
            Door::Shut(told) => told.clone(),
        }
    }
}
