//! A watcher's mirror of a corridor: a witness bundle judged whole, and held against others.
//!
//! Invariant: a mirror exists only of a history in which every signature, link, root, view and cut was
//! verified under the DIDs the watcher pins; two mirrors that differ give evidence, never a guess.

use canon::{Canonical, CorridorId, Did, Digest, Realm, ZoneId};
use proof::artifact::Bundle;
use proof::credential::{Reason, Verdict};
use proof::merkle::Tree;
use proof::{KeyHistory, PublicKey};
use serde_json::Value;

use super::attestation::AttestedLane;
use crate::cut::Cut;
use crate::evidence::{By, two_receipts};
use crate::handshake::Terms;
use crate::lane::{AppendError, Appended, Lane, LaneReceipt, Payload};
use crate::party::{Participant, Party};
use crate::verify::{DEFINITION, LaneHistory, LaneItem, layout_of_agreement, layout_of_keys, open};

/// A corridor's history as one zone shows it, verified.
#[derive(Clone, Debug)]
pub struct Mirror {
    corridor_id: CorridorId,
    realm: Realm,
    lanes: [(LaneHistory, Tree); 2],
    cuts: Vec<(Digest, Cut)>,
    keys: Vec<(ZoneId, By)>,
    terms: Terms,
    participants: Vec<Participant>,
    /// Where both lanes stand, to go on from.
    folds: [Lane; 2],
}

/// The terms of a bundle that was judged, and its parties, in the order of its lanes.
fn agreed(
    document: &impl Fn(&str) -> Option<Value>,
    keys: &[(ZoneId, By)],
) -> Option<(Terms, Vec<Party>)> {
    let mut parties = Vec::new();
    for (_, by) in keys {
        let history = match by {
            By::Keys(document) => document.clone(),
            By::Inception(document) => KeyHistory::document(document, &[]).ok()?.value(),
            By::VerifierKey(_) => return None,
        };
        let root = history.pointer("/inception/root_key").and_then(Value::as_str)?;
        let root = PublicKey::from_multikey(root).ok()?;
        parties.push(Party::with(KeyHistory::read(&history, &root.did()).ok()?));
    }
    let [one, other] = parties.as_slice() else { return None };
    let agreements = [one, other].map(|party| document(&layout_of_agreement(party.zone())));
    let [Some(first), Some(second)] = agreements else { return None };
    let views = [(one, &first), (other, &second)];
    let terms = Terms::derive(&document(DEFINITION)?, &views, [one, other]).ok()?;
    Some((terms, parties))
}

/// Both lanes as they stand after what a judged bundle holds of them.
fn folded(terms: &Terms, lanes: &[(LaneHistory, Tree)], parties: &[Party]) -> Option<[Lane; 2]> {
    let [one, other] = parties else { return None };
    let genesis = |party: &Party| Lane::genesis(terms, party.zone()).ok();
    let mut folds = [genesis(one)?, genesis(other)?];
    let mut next = [0usize; 2];
    loop {
        let mut moved = false;
        for at in [0, 1] {
            let (history, _) = lanes.get(at)?;
            while let Some(item) = history.items.get(*next.get(at)?) {
                let receipt = LaneReceipt::read(&item.receipt).ok()?;
                let [first, second] = &mut folds;
                let (fold, there) = if at == 0 { (first, &*second) } else { (second, &*first) };
                if receipt.seen.as_ref().is_some_and(|seen| seen.size > there.size()) {
                    break;
                }
                fold.append(&receipt, item.payload.as_ref(), there, [one, other]).ok()?;
                *next.get_mut(at)? += 1;
                moved = true;
            }
        }
        if !moved {
            return Some(folds);
        }
    }
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
        let lanes: [(LaneHistory, Tree); 2] = lanes.try_into().map_err(|_| unread())?;
        let (terms, parties) = agreed(&document, &keys).ok_or_else(unread)?;
        let folds = folded(&terms, &lanes, &parties).ok_or_else(unread)?;
        let participants = parties.iter().map(|party| party.participant.clone()).collect();
        let cuts = opened.cuts;
        Ok(Self { corridor_id, realm, lanes, cuts, keys, terms, participants, folds })
    }

    pub(super) const fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(super) fn participants(&self) -> &[Participant] {
        &self.participants
    }

    pub(super) fn zones(&self) -> impl Iterator<Item = &ZoneId> {
        self.lanes.iter().map(|(lane, _)| &lane.zone_id)
    }

    pub(super) fn trees(&self) -> impl Iterator<Item = &Tree> {
        self.lanes.iter().map(|(_, tree)| tree)
    }

    pub(super) fn tree_of(&self, at: usize) -> &Tree {
        let [(_, one), (_, other)] = &self.lanes;
        if at == 0 { one } else { other }
    }

    pub(super) fn tree_of_other(&self, at: usize) -> &Tree {
        let [(_, one), (_, other)] = &self.lanes;
        if at == 0 { other } else { one }
    }

    pub(super) fn size_of_other(&self, at: usize) -> u64 {
        self.tree_of_other(at).size()
    }

    /// Append a receipt where its lane stands.
    pub(super) fn append(
        &mut self,
        at: usize,
        receipt: &LaneReceipt,
        payload: Option<&Payload>,
        parties: [&Party; 2],
    ) -> Result<Appended, AppendError> {
        let [one, other] = &mut self.folds;
        let (fold, there) = if at == 0 { (one, &*other) } else { (other, &*one) };
        fold.append(receipt, payload, there, parties)
    }

    pub(super) fn item(&self, at: usize, sequence: u64) -> Option<&LaneItem> {
        let (lane, _) = self.lanes.get(at)?;
        lane.items.get(usize::try_from(sequence).ok()?)
    }

    /// Keep a receipt that was appended.
    pub(super) fn keep(
        &mut self,
        at: usize,
        receipt: &LaneReceipt,
        item: LaneItem,
    ) -> Result<(), &'static str> {
        let (lane, tree) = self.lanes.get_mut(at).ok_or("a corridor has two lanes")?;
        tree.push(receipt.next_root).map_err(|_| "the lane is full")?;
        lane.items.push(item);
        Ok(())
    }

    pub(super) fn keep_cut(&mut self, digest: Digest, cut: Cut) {
        self.cuts.push((digest, cut));
    }

    pub(super) fn replace_keys(&mut self, keys: Vec<By>) {
        for ((_, known), new) in self.keys.iter_mut().zip(keys) {
            *known = new;
        }
    }

    /// How many cuts are held.
    #[must_use]
    pub fn cut_count(&self) -> usize {
        self.cuts.len()
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
