//! The edges of each zone, laid side by side so that those under a cost are met first.
//!
//! What an edge costs depends on the value, which is known only when asked. Edges of one zone stand in
//! bands of like proportional fee, and within a band the least fixed cost first: whatever the value, a
//! reader leaves a band at the first edge too dear, and the zone at the first band too dear.

use super::{Edge, share};

/// Edges whose proportional fees are alike; the least fixed cost first.
#[derive(Clone, Copy, Debug)]
struct Band {
    first: u32,
    end: u32,
    /// The least proportional fee in it.
    bps: u16,
}

/// Edges by a zone: those that leave it, or those that enter it.
#[derive(Clone, Debug)]
pub(super) struct Fan {
    edges: Vec<Edge>,
    bands: Vec<Band>,
    /// Where the bands of a zone begin; one more than there are zones.
    at: Vec<u32>,
}

impl Fan {
    /// Gathers edges by the zone that `of` names, which is one of `zones`.
    pub(super) fn new(zones: usize, edges: &[Edge], of: fn(&Edge) -> u32) -> Self {
        let mut edges = edges.to_vec();
        edges.sort_unstable_by_key(|edge| (of(edge), edge.bps, edge.number));
        let (mut bands, mut at) = (Vec::new(), vec![0]);
        let (mut first, mut rest) = (0, edges.as_mut_slice());
        for zone in (0..).take(zones) {
            let here = rest.partition_point(|edge| of(edge) == zone);
            let (mut own, others) = rest.split_at_mut(here);
            rest = others;
            // As many bands as edges in one: few are touched, whichever part of the fee weighs more.
            let long = here.isqrt();
            while let Some(last) = own.get(long.min(own.len()).saturating_sub(1)) {
                let (bps, alike) = (own.first().map_or(0, |edge| edge.bps), last.bps);
                let (band, behind) =
                    own.split_at_mut(own.partition_point(|edge| edge.bps <= alike));
                band.sort_unstable_by_key(|edge| (edge.fixed, edge.number));
                let end = first + count(band.len());
                bands.push(Band { first, end, bps });
                (first, own) = (end, behind);
            }
            at.push(count(bands.len()));
        }
        Self { edges, bands, at }
    }

    /// The edges of a zone, band by band, without the bands that surely cost more than `most` at this
    /// value; with each what the value adds to every edge of it at the least.
    pub(super) fn bands(
        &self,
        zone: u32,
        value: u64,
        most: u64,
    ) -> impl Iterator<Item = (u64, &[Edge])> {
        let at = |index: usize| self.at.get(index).map_or(0, |start| *start as usize);
        let bands = self.bands.get(at(zone as usize)..at(zone as usize + 1)).unwrap_or_default();
        let bands = bands.iter().map(move |band| (share(value, band.bps), band));
        bands.take_while(move |(share, _)| *share <= most).map(|(share, band)| {
            (share, self.edges.get(band.first as usize..band.end as usize).unwrap_or_default())
        })
    }
}

/// Positions fit: there are at most [`super::PASSAGES_MAX`] edges.
fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
