//! The manifold: zones, the passages between them, and the way from one to another.
//!
//! A passage is one corridor in one direction, with what it costs, how long it takes, how much is
//! risked and which attestations whoever passes has to hold. [`Manifold::plan`] finds the cheapest ways
//! that keep every limit, says which attestations are missing on each, and where there is none, which
//! limit or closed passage stands in the way.
//!
//! Invariants: a label is dropped only for one that is no worse in cost, time, hops and missing
//! attestations, so a dearer way that alone keeps a limit is never lost; sums are checked; equal
//! requests give equal answers. A plan is arithmetic over stated terms: it admits nothing.

mod attestation;
mod network;
mod plan;
mod search;
mod terms;

pub use attestation::{Attestation, Attestations, Gap, Price, Prices, gap};
pub use plan::{Barred, Closed, Plan, Relaxed, Request, Route, Step};
pub use terms::{Source, Terms};

/// Most zones in one manifold.
pub const ZONES_MAX: usize = 1 << 16;
/// Most passages in one manifold.
pub const PASSAGES_MAX: usize = 1 << 23;
/// Most of a fee, in minor units.
pub const FEE_MAX: u64 = (1 << 31) - 1;
/// Most of a value moved, in minor units; with [`BPS_MAX`] the product stays in 64 bits.
pub const VALUE_MAX: u64 = 1_000_000_000_000_000;
/// Most of a proportional fee: the whole value.
pub const BPS_MAX: u16 = 10_000;
/// Most passages in one way.
pub const HOPS_MAX: u8 = 16;
/// Passages in one way unless asked otherwise.
pub const HOPS_DEFAULT: u8 = 5;
/// Most ways in one plan.
pub const ROUTES_MAX: usize = 16;
/// Most labels of one search; a search that needs more is refused.
pub const LABELS_MAX: usize = 1 << 20;

const _: () = assert!(VALUE_MAX.checked_mul(BPS_MAX as u64 + 1).is_some());

/// A zone as a place one can enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// What entering it costs, in minor units.
    pub entry_fee: u64,
    /// What one has to hold there.
    pub requires: Attestations,
    /// Why it cannot be entered or left; absent when it can.
    pub closed: Option<String>,
}

/// A corridor in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The corridor.
    pub corridor: String,
    /// The zone left, by position.
    pub from: u32,
    /// The zone entered, by position.
    pub to: u32,
    /// The part of its fee that does not depend on the value, in minor units.
    pub flat_fee: u64,
    /// The part that does, in basis points.
    pub fee_bps: u16,
    /// Hours until the value is transferred and final.
    pub hours: u16,
    /// Its grade of risk, 0 the least; a way is as risky as its riskiest passage.
    pub risk: u8,
    /// What one has to hold to pass.
    pub requires: Attestations,
    /// Most that passes at once, in minor units; absent for no limit.
    pub value_max: Option<u64>,
    /// Why it is closed; absent when it is open.
    pub closed: Option<String>,
}

/// Zones and passages that do not make a manifold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadManifold {
    /// [`ZONES_MAX`] or [`PASSAGES_MAX`].
    #[error("{0} are more than one manifold holds")]
    TooMany(&'static str),
    /// A passage from or to a zone that is not there, or from a zone to itself.
    #[error("corridor `{0}` does not join two zones of the manifold")]
    Ends(String),
    /// A fee above its bound.
    #[error("corridor `{0}` asks a fee above the bound")]
    Fee(String),
}

/// A passage as the search reads it: 16 bytes, entry fee and the entered zone's demands included.
#[derive(Clone, Copy, Debug)]
struct Edge {
    to: u32,
    fixed: u32,
    bps: u16,
    hours: u16,
    requires: Attestations,
    risk: u8,
    shut: bool,
}

impl Edge {
    /// What passing costs at this value; a fraction of a minor unit is a whole one.
    const fn cost(&self, value: u64) -> u64 {
        self.fixed as u64 + (value * self.bps as u64).div_ceil(10_000)
    }
}

/// An edge as seen from the zone it enters: all that a search asks of it first, side by side.
#[derive(Clone, Copy, Debug)]
struct Entering {
    number: u32,
    from: u32,
    edge: Edge,
}

/// Zones and passages, put in order for searching.
#[derive(Clone, Debug)]
pub struct Manifold {
    zones: Vec<Zone>,
    /// Ascending by zone left, then by zone entered.
    passages: Vec<Passage>,
    edges: Vec<Edge>,
    /// Where the edges that leave a zone begin; one more than there are zones.
    out: Vec<u32>,
    /// The edges that leave a zone once more, least fixed cost first.
    cheap: Vec<u32>,
    /// Edges by the zone they enter.
    into: Vec<Entering>,
    into_at: Vec<u32>,
    /// The least fixed cost of leaving a zone.
    least_out: Vec<u32>,
    /// Passages with a limit on what passes at once.
    limited: Vec<(u32, u64)>,
    prices: Prices,
}

impl Manifold {
    /// Puts zones and passages in order.
    ///
    /// # Errors
    /// See [`BadManifold`].
    pub fn new(
        zones: Vec<Zone>,
        mut passages: Vec<Passage>,
        prices: Prices,
    ) -> Result<Self, BadManifold> {
        if zones.len() > ZONES_MAX {
            return Err(BadManifold::TooMany("zones"));
        }
        if passages.len() > PASSAGES_MAX {
            return Err(BadManifold::TooMany("passages"));
        }
        passages.sort_by(|a, b| (a.from, a.to, &a.corridor).cmp(&(b.from, b.to, &b.corridor)));
        let edges = passages.iter().map(|passage| edge(&zones, passage));
        let edges = edges.collect::<Result<Vec<_>, _>>()?;
        let from: Vec<u32> = passages.iter().map(|passage| passage.from).collect();
        let (_, out) = by_zone(zones.len(), &from);
        let targets: Vec<u32> = edges.iter().map(|edge| edge.to).collect();
        let (into, into_at) = by_zone(zones.len(), &targets);
        let entering = |number: u32| {
            let edge = *edges.get(number as usize)?;
            Some(Entering { number, from: *from.get(number as usize)?, edge })
        };
        let into = into.into_iter().filter_map(entering).collect();
        let mut cheap: Vec<u32> = (0..).take(edges.len()).collect();
        // Edges are in order of the zone they leave, and stay so.
        cheap.sort_by_key(|number| {
            let at = *number as usize;
            (from.get(at), edges.get(at).map(|edge| edge.fixed))
        });
        let limits = passages.iter().zip(0..);
        let limited = limits.filter_map(|(passage, at)| Some((at, passage.value_max?))).collect();
        let mut least_out = vec![u32::MAX; zones.len()];
        for (edge, zone) in edges.iter().zip(&from).filter(|(edge, _)| !edge.shut) {
            if let Some(least) = least_out.get_mut(*zone as usize) {
                *least = edge.fixed.min(*least);
            }
        }
        Ok(Self { zones, passages, edges, out, cheap, into, into_at, least_out, limited, prices })
    }

    /// The zones.
    #[must_use]
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// The passages, ascending by the zones they leave and enter.
    #[must_use]
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// The position of a zone.
    #[must_use]
    pub fn zone(&self, name: &str) -> Option<u32> {
        u32::try_from(self.zones.iter().position(|zone| zone.name == name)?).ok()
    }

    /// The positions of the edges that leave a zone.
    fn leaving(&self, zone: u32) -> std::ops::Range<usize> {
        range(&self.out, zone)
    }

    /// The edges that enter a zone.
    fn entering(&self, zone: u32) -> &[Entering] {
        self.into.get(range(&self.into_at, zone)).unwrap_or_default()
    }
}

fn range(starts: &[u32], zone: u32) -> std::ops::Range<usize> {
    let at = |index: usize| starts.get(index).map_or(0, |start| *start as usize);
    at(zone as usize)..at(zone as usize + 1)
}

fn edge(zones: &[Zone], passage: &Passage) -> Result<Edge, BadManifold> {
    let ends = (zones.get(passage.from as usize), zones.get(passage.to as usize));
    let (Some(left), Some(entered)) = ends else {
        return Err(BadManifold::Ends(passage.corridor.clone()));
    };
    if passage.from == passage.to {
        return Err(BadManifold::Ends(passage.corridor.clone()));
    }
    let bound = passage.flat_fee <= FEE_MAX && entered.entry_fee <= FEE_MAX;
    let fixed = passage.flat_fee.checked_add(entered.entry_fee).map(u32::try_from);
    match fixed {
        Some(Ok(fixed)) if bound && passage.fee_bps <= BPS_MAX => Ok(Edge {
            to: passage.to,
            fixed,
            bps: passage.fee_bps,
            hours: passage.hours,
            requires: passage.requires.or(entered.requires),
            risk: passage.risk,
            shut: passage.closed.is_some() || left.closed.is_some() || entered.closed.is_some(),
        }),
        _ => Err(BadManifold::Fee(passage.corridor.clone())),
    }
}

/// The positions of `zone_of` gathered by zone, and where each zone's begin.
fn by_zone(zones: usize, zone_of: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; zones + 1];
    for zone in zone_of {
        if let Some(count) = starts.get_mut(*zone as usize + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut gathered = vec![0u32; zone_of.len()];
    for (zone, at) in zone_of.iter().zip(0u32..) {
        if let Some(slot) = next.get_mut(*zone as usize) {
            if let Some(place) = gathered.get_mut(*slot as usize) {
                *place = at;
            }
            *slot += 1;
        }
    }
    (gathered, starts)
}

#[cfg(test)]
mod tests;
