//! What must hold in every state, read off the lanes alone.

use std::collections::BTreeSet;

use super::rules::{Kind, State, Zone, open_in, other};

/// The first promise that does not hold.
pub(super) fn broken(state: &State) -> Option<&'static str> {
    for zone in [0, 1] {
        let (here, there) = (state.zone(zone)?, state.zone(other(zone))?);
        if there.lane.get(..here.held.len()) != Some(here.held.as_slice()) {
            return Some("what is held of a lane is a prefix of it");
        }
        if !acks_only_grow(here) {
            return Some("an ack never retracts");
        }
        if !halts_are_respected(zone, here, there) {
            return Some("halts are respected");
        }
    }
    cuts_are_ordered(state).then_some(()).map_or(Some("cuts dominate each other"), |()| None)
}

/// Each decides what comes after the one before, and refuses nothing outside of that.
fn acks_only_grow(here: &Zone) -> bool {
    let mut decided = 0;
    here.lane.iter().filter_map(|receipt| receipt.ack.as_ref()).all(|(size, refused)| {
        let fresh = decided..*size;
        let fits = *size > decided && refused.iter().all(|sequence| fresh.contains(sequence));
        decided = *size;
        fits
    })
}

/// No business was written, and none accepted, while the writer knew of a stop.
fn halts_are_respected(zone: u8, here: &Zone, there: &Zone) -> bool {
    let mut decided: u8 = 0;
    (0..).zip(&here.lane).all(|(at, receipt)| {
        let own = open_in(zone, &here.lane, at);
        let theirs = |seen: u8| open_in(other(zone), &there.lane, usize::from(seen));
        let wrote = receipt.kind == Kind::Noop;
        let quiet = own.is_empty() && theirs(receipt.seen).is_empty();
        let nothing = (0, BTreeSet::new());
        let (size, refused) = receipt.ack.as_ref().unwrap_or(&nothing);
        let took = (decided..*size).all(|sequence| {
            let taken = there.lane.get(usize::from(sequence));
            let business = taken.is_some_and(|taken| taken.kind == Kind::Noop);
            let stopped = !own.is_empty() || !theirs(sequence).is_empty();
            !business || !stopped || refused.contains(&sequence)
        });
        decided = decided.max(*size);
        (!wrote || quiet) && took
    })
}

/// Of any two cuts signed by both, one covers the other.
fn cuts_are_ordered(state: &State) -> bool {
    let cuts: Vec<(u8, u8)> = state.zones.iter().flat_map(|zone| zone.cuts.clone()).collect();
    let covers = |a: &(u8, u8), b: &(u8, u8)| a.0 <= b.0 && a.1 <= b.1;
    let each = state.zones.iter().all(|zone| zone.cuts.is_sorted_by(covers));
    each && cuts.iter().all(|a| cuts.iter().all(|b| covers(a, b) || covers(b, a)))
}
