//! What a witness bundle holds, once it was judged: lanes and cuts, to go on working with.
//!
//! Invariant: nothing leaves a bundle that is INVALID.

use std::collections::BTreeMap;

use canon::{Canonical, Did, Digest, ZoneId};
use proof::artifact::Bundle;
use proof::credential::Verdict;
use serde_json::Value;

use super::container::{Part, part};
use super::judge::{Report, judge};
use super::{LaneHistory, LaneItem};
use crate::cut::Cut;
use crate::lane::Payload;

/// Lanes and cuts of a bundle that is not INVALID.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Both lanes.
    pub lanes: [LaneHistory; 2],
    /// Every cut with the digest it is named by, oldest first.
    pub cuts: Vec<(Digest, Cut)>,
}

/// Judges a bundle, and opens it unless it is INVALID.
#[must_use]
pub fn open(bytes: &[u8], trust: &[Did]) -> (Report, Option<Opened>) {
    let report = judge(bytes, trust);
    if report.verdict == Verdict::Invalid {
        return (report, None);
    }
    let lanes = report.lanes.iter().map(|lane| (lane.zone_id.clone(), BTreeMap::new()));
    let opened = opened(bytes, lanes.collect());
    (report, opened)
}

type Lanes = BTreeMap<ZoneId, BTreeMap<u64, LaneItem>>;

/// Entries are in the order of their names, so cuts come oldest first.
fn opened(bytes: &[u8], mut lanes: Lanes) -> Option<Opened> {
    let bundle = Bundle::read(bytes).ok()?;
    let mut cuts: Vec<(Digest, Cut)> = Vec::new();
    for (name, bytes) in bundle.entries() {
        if name.starts_with("cuts/") {
            let document: Value = Canonical::parse(bytes).ok()?.value();
            let digest = Cut::digest(&document).ok()?;
            cuts.push((digest, Canonical::of_value(&document).ok()?.read().ok()?));
        }
        let Some((zone, part)) = part(name) else { continue };
        let lane = lanes.get_mut(&ZoneId::parse(zone).ok()?)?;
        match part {
            Part::Receipt(sequence) => at(lane, sequence).receipt = bytes.clone(),
            Part::Payload(sequence) => {
                let payload: Payload = Canonical::parse(bytes).ok()?.read().ok()?;
                at(lane, sequence).payload = Some(payload);
            }
            Part::Checkpoint(size) => {
                let sequence = size.checked_sub(1)?;
                at(lane, sequence).checkpoint = bytes.clone();
            }
        }
    }
    let lanes = lanes
        .into_iter()
        .map(|(zone_id, items)| LaneHistory { zone_id, items: items.into_values().collect() });
    Some(Opened { lanes: lanes.collect::<Vec<_>>().try_into().ok()?, cuts })
}

fn at(lane: &mut BTreeMap<u64, LaneItem>, sequence: u64) -> &mut LaneItem {
    let empty = || LaneItem { receipt: Vec::new(), payload: None, checkpoint: Vec::new() };
    lane.entry(sequence).or_insert_with(empty)
}
