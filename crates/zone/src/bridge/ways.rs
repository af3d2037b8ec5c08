//! Ways to zones no corridor of ours leads to: over our corridors and those our peers tell of.
//!
//! The manifold plans; what is known is only where it may look. Nothing here admits a payment: each zone on the way
//! decides for itself, and a way that is not there comes back as a refusal.
//!
//! Invariant: nobody is asked but peers this zone has pinned, and never under the lock of writing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use canon::{CorridorId, Timestamp, ZoneId};
use corridor::bridge::{KnownCorridor, KnownCorridors};
use corridor::{State, TransitionKind};
use law::manifold::{Attestations, Manifold, Passage, Prices, Request};
use serde_json::Value;

use crate::corridor::CorridorRecord;
use crate::limits::{PAGE_MAX, WAYS_FRESH_SECS};
use crate::refused::Refused;
use crate::zone::Zone;

/// Where a zone tells which corridors it knows.
pub const KNOWN_CORRIDORS: &str = "/.well-known/mez/corridors.json";

/// What peers told, by peer; a hint that is asked for again, so it is not kept over a restart.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    told: Mutex<BTreeMap<ZoneId, Vec<KnownCorridor>>>,
    asked: Mutex<Option<Timestamp>>,
}

/// What became of asking the peers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    pub(super) peers: usize,
    pub(super) answered: usize,
}

impl Ways {
    fn told(&self) -> MutexGuard<'_, BTreeMap<ZoneId, Vec<KnownCorridor>>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every corridor once, as told by whoever is nearest to it.
    fn all(&self) -> Vec<KnownCorridor> {
        let told = self.told();
        let mut nearest: BTreeMap<&CorridorId, &KnownCorridor> = BTreeMap::new();
        for known in told.values().flatten() {
            let first = nearest.entry(&known.corridor_id).or_insert(known);
            if known.told < first.told {
                *first = known;
            }
        }
        nearest.into_values().cloned().collect()
    }

    /// Whether it is time to ask again; if so, the time is noted.
    fn is_due(&self, now: Timestamp) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = asked.is_none_or(|at| now.unix() - at.unix() >= WAYS_FRESH_SECS || now < at);
        if due {
            *asked = Some(now);
        }
        due
    }
}

impl Zone {
    /// Own corridors a payment over a bridge may go over now.
    fn open_to_bridges(&self) -> Result<Vec<CorridorRecord>, Refused> {
        let mut open = Vec::new();
        for (_, row) in self.store.records("corridor", None, PAGE_MAX)? {
            let Ok(known) = serde_json::from_slice::<CorridorRecord>(&row.body) else { continue };
            if known.state != State::Active {
                continue;
            }
            let terms = self.open_corridor(&known.corridor_id)?;
            if terms.has_agreed(TransitionKind::BridgePrepare).is_ok() {
                open.push(known);
            }
        }
        Ok(open)
    }

    fn own(&self, open: &[CorridorRecord]) -> Vec<KnownCorridor> {
        let own = |known: &CorridorRecord| {
            let (here, there) = (self.zone_id().clone(), known.zone_there.clone());
            KnownCorridor::own(known.corridor_id.clone(), here, there)
        };
        open.iter().map(own).collect()
    }

    /// The corridors this zone knows of, for anybody (`MEZKnownCorridors`).
    ///
    /// # Errors
    /// The store.
    pub fn known_corridors(&self) -> Result<Value, Refused> {
        let own = self.own(&self.open_to_bridges()?);
        let all = KnownCorridors::of(self.zone_id().clone(), own, &self.ways.all());
        serde_json::to_value(all).map_err(Refused::host)
    }

    /// Ask every peer which corridors it knows, if that is due. Returns how many answered.
    ///
    /// # Errors
    /// The store; a peer that does not answer, or not what can be read, is one that knows none.
    pub fn learn_corridors(&self) -> Result<usize, Refused> {
        match self.ways.is_due(self.now()) {
            true => Ok(self.ask_for_corridors(&self.open_to_bridges()?).answered),
            false => Ok(0),
        }
    }

    fn ask_for_corridors(&self, open: &[CorridorRecord]) -> Asked {
        let mut asked = Asked::default();
        let mut told = BTreeMap::new();
        for known in open {
            let Some(heard) = self.corridors_of(known) else { continue };
            asked.answered += 1;
            told.insert(known.zone_there.clone(), heard);
        }
        asked.peers = open.len();
        *self.ways.told() = told;
        asked
    }

    fn corridors_of(&self, known: &CorridorRecord) -> Option<Vec<KnownCorridor>> {
        let bytes = self.wire.fetch(&known.url_there, KNOWN_CORRIDORS).ok()?;
        let document = canon::parse_value(&bytes).ok()?;
        KnownCorridors::heard(&document, &known.zone_there).ok()
    }

    /// The corridors to cross to a zone none of ours leads to: the fewest, of what the peers tell now.
    pub(super) fn way_to(&self, there: &ZoneId) -> Result<Vec<CorridorId>, Refused> {
        let open = self.open_to_bridges()?;
        let asked = self.ask_for_corridors(&open);
        let all = KnownCorridors::of(self.zone_id().clone(), self.own(&open), &self.ways.all());
        let way = planned(self.zone_id(), there, &all.corridors).map_err(Refused::host)?;
        way.ok_or_else(|| {
            let Asked { peers, answered } = asked;
            let detail = format!(
                "no way to `{there}` over the {} corridors known here; {answered} of {peers} peers \
                 told theirs: name the corridors to cross",
                all.corridors.len()
            );
            Refused::invalid("bridge-route-needed", detail)
        })
    }
}

/// The shortest way, as the manifold plans it: every corridor both ways, each as dear as the other.
fn planned(
    here: &ZoneId,
    there: &ZoneId,
    known: &[KnownCorridor],
) -> Result<Option<Vec<CorridorId>>, String> {
    let mut names: Vec<&str> =
        known.iter().flat_map(|one| &one.zones).map(ZoneId::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let place = |zone: &ZoneId| {
        let at = names.binary_search(&zone.as_str()).ok()?;
        u32::try_from(at).ok()
    };
    let (Some(from), Some(to)) = (place(here), place(there)) else { return Ok(None) };
    let mut passages = Vec::new();
    for one in known {
        let [low, high] = one.zones.as_slice() else { continue };
        let (Some(low), Some(high)) = (place(low), place(high)) else { continue };
        for (from, to) in [(low, high), (high, low)] {
            passages.push(passage(&one.corridor_id, from, to));
        }
    }
    let zones = names.iter().map(|name| law::manifold::Zone {
        name: (*name).to_owned(),
        entry_fee: 0,
        requires: Attestations::NONE,
        closed: None,
    });
    let manifold =
        Manifold::new(zones.collect(), passages, Prices::default()).map_err(|e| e.to_string())?;
    let best = manifold.best(&Request::new(from, to, 0)).map_err(|e| e.to_string())?;
    let Some(best) = best else { return Ok(None) };
    let corridor = |step: &law::manifold::Step| {
        let passage = manifold.passages().get(usize::try_from(step.passage).ok()?)?;
        CorridorId::parse(&passage.corridor).ok()
    };
    Ok(best.steps.iter().map(corridor).collect())
}

/// An hour each, so that the fewest corridors are the best way.
fn passage(id: &CorridorId, from: u32, to: u32) -> Passage {
    Passage {
        corridor: id.to_string(),
        from,
        to,
        flat_fee: 0,
        fee_bps: 0,
        hours: 1,
        risk: 0,
        requires: Attestations::NONE,
        value_max: None,
        closed: None,
    }
}
