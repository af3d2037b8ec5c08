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

mod ahead;
mod attestation;
mod fan;
mod network;
mod plan;
mod search;
mod terms;

use fan::Fan;

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

/// A passage as the search reads it: 24 bytes, entry fee and the entered zone's demands included.
#[derive(Clone, Copy, Debug)]
struct Edge {
    /// The passage, by position.
    number: u32,
    from: u32,
    to: u32,
    fixed: u32,
    bps: u16,
    hours: u16,
    requires: Attestations,
    risk: u8,
    shut: bool,
}

impl Edge {
    /// What passing costs at this value.
    const fn cost(&self, value: u64) -> u64 {
        self.fixed as u64 + share(value, self.bps)
    }
}

/// A proportional fee; a fraction of a minor unit is a whole one.
const fn share(value: u64, bps: u16) -> u64 {
    (value * bps as u64).div_ceil(10_000)
}

/// Zones and passages, put in order for searching.
#[derive(Clone, Debug)]
pub struct Manifold {
    zones: Vec<Zone>,
    /// Ascending by zone left, then by zone entered.
    passages: Vec<Passage>,
    /// By position.
    edges: Vec<Edge>,
    /// By the zone they leave, and by the zone they enter.
    leaving: Fan,
    entering: Fan,
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
        let edges = passages.iter().zip(0..).map(|(passage, at)| edge(&zones, passage, at));
        let edges = edges.collect::<Result<Vec<_>, _>>()?;
        let leaving = Fan::new(zones.len(), &edges, |edge| edge.from);
        let entering = Fan::new(zones.len(), &edges, |edge| edge.to);
        let limits = passages.iter().zip(0..);
        let limited = limits.filter_map(|(passage, at)| Some((at, passage.value_max?))).collect();
        Ok(Self { zones, passages, edges, leaving, entering, limited, prices })
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

    /// The edges from one zone to another.
    fn between(&self, from: u32, to: u32) -> &[Edge] {
        let first = self.edges.partition_point(|edge| (edge.from, edge.to) < (from, to));
        let rest = self.edges.get(first..).unwrap_or_default();
        let here = rest.iter().take_while(|edge| (edge.from, edge.to) == (from, to)).count();
        rest.get(..here).unwrap_or_default()
    }

    /// The position of a zone.
    #[must_use]
    pub fn zone(&self, name: &str) -> Option<u32> {
        u32::try_from(self.zones.iter().position(|zone| zone.name == name)?).ok()
    }
}

fn edge(zones: &[Zone], passage: &Passage, number: u32) -> Result<Edge, BadManifold> {
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
            number,
            from: passage.from,
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

#[cfg(test)]
mod tests;
