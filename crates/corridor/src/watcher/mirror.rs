//! A watcher's mirror of a corridor: a witness bundle judged whole, and held against others.
//!
//! Invariant: a mirror exists only of a history in which every signature, link, root, view and cut was
//! verified under the DIDs the watcher pins; two mirrors that differ give evidence, never a guess.

use canon::{Canonical, CorridorId, Did, Digest, Realm, ZoneId};
use proof::artifact::Bundle;
use proof::credential::{Reason, Verdict};
use proof::merkle::Tree;
use serde_json::Value;

use super::attestation::AttestedLane;
use crate::cut::Cut;
use crate::evidence::{By, two_receipts};
use crate::lane::LaneReceipt;
use crate::verify::{LaneHistory, layout_of_keys, open};

/// A corridor's history as one zone shows it, verified.
#[derive(Clone, Debug)]
pub struct Mirror {
    corridor_id: CorridorId,
    realm: Realm,
    lanes: Vec<(LaneHistory, Tree)>,
    cuts: Vec<(Digest, Cut)>,
    keys: Vec<(ZoneId, By)>,
}

/// How a lane of one mirror relates to the same lane of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Its writer signed two receipts of one place: the evidence file.
    Equivocation(ZoneId, Canonical),
    /// The other holds more of it.
    Behind(ZoneId),
}

impl Mirror {
    /// Verify a witness bundle whole.
    ///
    /// # Errors
    /// The judge's reasons, for anything but VALID.
    pub fn read(bundle: &[u8], trust: &[Did]) -> Result<Self, Vec<Reason>> {
        let (report, opened) = open(bundle, trust);
        if report.verdict != Verdict::Valid {
            return Err(report.reasons);
        }
        let unread = || vec![Reason { code: "bundle", detail: "it cannot be opened".to_owned() }];
        let opened = opened.ok_or_else(unread)?;
        let (corridor_id, realm) = report.corridor_id.zip(report.realm).ok_or_else(unread)?;
        let mut lanes = Vec::new();
        for lane in opened.lanes {
            let mut tree = Tree::new();
            for item in &lane.items {
                let receipt = LaneReceipt::read(&item.receipt).map_err(|_| unread())?;
                tree.push(receipt.next_root).map_err(|_| unread())?;
            }
            lanes.push((lane, tree));
        }
        let entries = Bundle::read(bundle).map_err(|_| unread())?;
        let document = |name: &str| -> Option<Value> {
            Some(Canonical::parse(entries.entry(name)?).ok()?.value())
        };
        let mut keys = Vec::new();
        for (lane, _) in &lanes {
            let (over_time, inception) = layout_of_keys(&lane.zone_id);
            let by = document(&over_time).map(By::Keys);
            let by = by.or_else(|| document(&inception).map(By::Inception));
            keys.push((lane.zone_id.clone(), by.ok_or_else(unread)?));
        }
        Ok(Self { corridor_id, realm, lanes, cuts: opened.cuts, keys })
    }

    /// The corridor.
    #[must_use]
    pub const fn corridor_id(&self) -> &CorridorId {
        &self.corridor_id
    }

    /// Its realm.
    #[must_use]
    pub const fn realm(&self) -> Realm {
        self.realm
    }

    /// The newest cut, with its digest.
    #[must_use]
    pub fn newest_cut(&self) -> Option<(&Digest, &Cut)> {
        self.cuts.last().map(|(digest, cut)| (digest, cut))
    }

    /// How many receipts are held of each lane.
    pub fn sizes(&self) -> impl Iterator<Item = (&ZoneId, u64)> {
        self.lanes.iter().map(|(lane, tree)| (&lane.zone_id, tree.size()))
    }

    /// Whether what was attested is a prefix of what is held: nobody signs against an earlier word.
    #[must_use]
    pub fn extends(&self, attested: &[AttestedLane]) -> bool {
        attested.iter().all(|stated| {
            let lane = self.lanes.iter().find(|(lane, _)| lane.zone_id == stated.zone_id);
            lane.is_some_and(|(_, tree)| {
                stated.size <= tree.size() && tree.root_at(stated.size).ok() == Some(stated.root)
            })
        })
    }

    /// Holds this mirror against another of the same corridor: older, or from the other zone.
    #[must_use]
    pub fn against(&self, other: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        for (lane, _) in &self.lanes {
            let theirs = other.lanes.iter().find(|(known, _)| known.zone_id == lane.zone_id);
            let Some((theirs, _)) = theirs else { continue };
            let pairs = lane.items.iter().zip(&theirs.items);
            let two = pairs.filter(|(a, b)| a.receipt != b.receipt).find_map(|(a, b)| {
                let [a, b] = [a, b].map(|item| Canonical::exact(&item.receipt));
                let (_, by) = self.keys.iter().find(|(zone, _)| *zone == lane.zone_id)?;
                // Two signatures over one root are no equivocation, and make no file.
                two_receipts(by.clone(), a.ok()?.value(), b.ok()?.value()).ok()
            });
            if let Some(file) = two {
                found.push(Difference::Equivocation(lane.zone_id.clone(), file));
            } else if lane.items.len() < theirs.items.len() {
                found.push(Difference::Behind(lane.zone_id.clone()));
            }
        }
        found
    }
}
