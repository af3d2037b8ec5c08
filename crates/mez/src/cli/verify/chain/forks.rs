//! Two histories of one lane.

use canon::Digest;
use schemars::JsonSchema;
use serde::Serialize;

use super::judge::Lane;

/// A place in a lane with more than one signed receipt.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Fork {
    /// The first sequence that differs.
    pub sequence: u64,
    /// `next_root` of each receipt found there.
    pub candidates: Vec<Digest>,
}

/// Where lanes of the same zone in the same corridor part.
pub(super) fn between(lanes: &[Lane]) -> Vec<Fork> {
    let mut forks: Vec<Fork> = lanes.iter().filter_map(|lane| lane.fork.clone()).collect();
    for (at, one) in lanes.iter().enumerate() {
        let rest = lanes.get(at + 1..).unwrap_or_default();
        let of_one = |other: &&Lane| {
            other.zone.is_some() && (&other.zone, &other.corridor) == (&one.zone, &one.corridor)
        };
        for other in rest.iter().filter(of_one) {
            let pairs = one.roots.iter().zip(&other.roots).zip(0u64..);
            let parting = pairs.into_iter().find(|((a, b), _)| a != b);
            let Some(((a, b), sequence)) = parting else { continue };
            match forks
                .iter_mut()
                .find(|fork| fork.sequence == sequence && fork.candidates.contains(a))
            {
                Some(fork) if fork.candidates.contains(b) => {}
                Some(fork) => fork.candidates.push(*b),
                None => forks.push(Fork { sequence, candidates: vec![*a, *b] }),
            }
        }
    }
    forks
}
