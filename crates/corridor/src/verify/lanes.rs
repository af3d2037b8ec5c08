//! Both lanes of a bundle, receipt by receipt in causal order.
//!
//! Invariant: the fault named is the first in this order, however they are met: what cannot be read, of
//! one lane and then of the other; what does not follow; a checkpoint that is wrong, then a view that
//! is, again of one lane and then of the other.

use std::collections::BTreeSet;

use canon::Canonical;
use proof::merkle::{Tree, empty_root};
use serde_json::Value;

use super::container::{LaneIndex, Opened, Window};
use super::judge::{Fault, Judged, LaneSummary, fault};
use super::layout;
use crate::cut::Point;
use crate::handshake::Terms;
use crate::lane::{AppendError, Lane, LaneReceipt, Payload, TransitionKind};
use crate::party::Party;

/// One place of a lane.
struct Item {
    receipt: LaneReceipt,
    payload: Option<Payload>,
    note: Vec<u8>,
}

/// A lane verified receipt by receipt.
pub(super) struct ReadLane<'s> {
    index: LaneIndex,
    window: Window<'s>,
    lane: Lane,
    /// All `next_root`s so far, for the root at any size.
    tree: Tree,
    /// The next receipt, while it waits for the other lane.
    waiting: Option<Item>,
    /// Sequences of the other lane that this one refused.
    refused: BTreeSet<u64>,
    /// Receipts that attach a checkpoint of another chain.
    attached: Vec<u64>,
    withheld: u64,
    checkpoint: Option<Fault>,
    view: Option<Fault>,
}

impl<'s> ReadLane<'s> {
    fn begin(bundle: &Opened<'s>, terms: &Terms, party: &Party, index: LaneIndex) -> Judged<Self> {
        Ok(Self {
            index,
            window: bundle.window(),
            lane: Lane::genesis(terms, party.zone()).map_err(fault("lane"))?,
            tree: Tree::default(),
            waiting: None,
            refused: BTreeSet::new(),
            attached: Vec::new(),
            withheld: 0,
            checkpoint: None,
            view: None,
        })
    }

    /// Receipts verified.
    pub(super) fn size(&self) -> u64 {
        self.lane.size()
    }

    pub(super) fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Where it attaches checkpoints of other chains.
    pub(super) fn attached(&self) -> &[u64] {
        &self.attached
    }

    /// Whether it refuses a receipt of the other lane.
    pub(super) fn refuses(&self, sequence: u64) -> bool {
        self.refused.contains(&sequence)
    }

    /// The payload at a place, where it is disclosed.
    pub(super) fn payload(&mut self, bundle: &Opened<'s>, at: u64) -> Judged<Option<Value>> {
        let item = self.item(bundle, at)?;
        Ok(item.and_then(|item| item.payload).map(|payload| payload.payload))
    }

    pub(super) fn summary(&self, party: &Party) -> LaneSummary {
        LaneSummary {
            zone_id: party.zone().clone(),
            did: party.did().clone(),
            size: self.lane.size(),
            root: self.lane.root(),
            acknowledged: self.lane.acked(),
            refused: self.refused.len() as u64,
            withheld: self.withheld,
        }
    }

    /// Where the lane stood at a size above 0, and its checkpoint there; nothing beyond its end.
    pub(super) fn at(
        &mut self,
        bundle: &Opened<'s>,
        size: u64,
    ) -> Judged<Option<(Point, Vec<u8>)>> {
        let last = size.checked_sub(1).filter(|_| size <= self.size());
        let Some(Item { receipt, note, .. }) =
            last.map(|last| self.item(bundle, last)).transpose()?.flatten()
        else {
            return Ok(None);
        };
        let point = Point {
            owner: receipt.lane,
            size,
            root: self.root_at(size),
            last_root: receipt.next_root,
            epoch: receipt.epoch,
            seen: receipt.seen.map_or(0, |seen| seen.size),
            lawpacks: receipt.lawpack_digest_set,
            rulesets: receipt.ruleset_digest_set,
        };
        Ok(Some((point, note)))
    }

    fn root_at(&self, size: u64) -> canon::Digest {
        self.tree.root_at(size).unwrap_or_else(|_| empty_root())
    }

    /// Reads what is at a sequence; nothing where the lane ends.
    fn item(&mut self, bundle: &Opened<'s>, sequence: u64) -> Judged<Option<Item>> {
        let place = usize::try_from(sequence).unwrap_or(usize::MAX);
        let Some(extent) = self.index.receipts.get(place) else { return Ok(None) };
        let zone = self.lane.owner().clone();
        let receipt = LaneReceipt::read(bundle.read(&mut self.window, *extent)?);
        let receipt = receipt.map_err(|e| {
            let name = layout::receipt(&zone, sequence);
            Fault::Found("receipt", format!("{name}: {e}"))
        })?;
        let missing = || Fault::Found("missing-entry", layout::checkpoint(&zone, sequence + 1));
        let note = *self.index.notes.get(place).ok_or_else(missing)?;
        let note = bundle.read(&mut self.window, note)?.to_vec();
        let payload = match self.index.payload(sequence) {
            None => None,
            Some(extent) => {
                let read = Canonical::exact(bundle.read(&mut self.window, extent)?);
                let read = read.and_then(|canonical| canonical.read::<Payload>());
                Some(read.map_err(|e| {
                    let name = layout::payload(&zone, sequence);
                    Fault::Found("payload", format!("{name}: {e}"))
                })?)
            }
        };
        Ok(Some(Item { receipt, payload, note }))
    }

    /// Appends the next receipt; `false` when there is none, or it waits for the other lane.
    fn step(
        &mut self,
        other: &Self,
        (bundle, parties): (&Opened<'s>, [&Party; 2]),
        party: &Party,
    ) -> Judged<bool> {
        let at = self.size();
        let item = match self.waiting.take() {
            Some(item) => item,
            None => match self.item(bundle, at)? {
                Some(item) => item,
                None => return Ok(false),
            },
        };
        if item.receipt.seen.as_ref().is_some_and(|seen| seen.size > other.size()) {
            self.waiting = Some(item);
            return Ok(false);
        }
        let named = |e: AppendError| {
            let code = if matches!(e, AppendError::Payload) { "payload" } else { "receipt" };
            Fault::Found(code, format!("lane {} sequence {at}: {e}", party.zone()))
        };
        let Item { receipt, payload, note } = &item;
        let appended = self.lane.append(receipt, payload.as_ref(), &other.lane, parties);
        let appended = appended.map_err(named)?;
        self.refused.extend(appended.refused.iter().map(|refused| refused.sequence));
        if receipt.transition.kind == TransitionKind::Attach {
            self.attached.push(at);
        }
        self.withheld += u64::from(payload.is_none());
        self.tree.push(receipt.next_root).map_err(|_| named(AppendError::Full))?;
        if let Some(chosen) = appended.chosen {
            let own = chosen.fork.lane == *party.zone();
            let forked = if own { &self.tree } else { &other.tree };
            if !chosen.is_of(forked) {
                let detail = format!(
                    "lane {} sequence {at}: {} is not what the lane holds",
                    party.zone(),
                    chosen.next_root
                );
                return Err(Fault::Found("fork", detail));
            }
        }
        if self.checkpoint.is_none() {
            self.checkpoint = wrong_note(note, &self.lane, party);
        }
        if self.view.is_none() {
            let root_at = |size| (size <= other.size()).then(|| other.root_at(size));
            let named = |e| Fault::Found("equivocation", format!("lane {}: {e}", party.zone()));
            self.view = receipt.check_views(root_at).err().map(named);
        }
        Ok(true)
    }
}

/// Why the checkpoint of a lane is not over its receipts.
fn wrong_note(note: &[u8], lane: &Lane, party: &Party) -> Option<Fault> {
    let name = || format!("checkpoint {} of lane {}", lane.size(), party.zone());
    match party.checkpoint(note, &party.lane_origin(lane.corridor_id())) {
        Err(e) => Some(Fault::Found("checkpoint", format!("{}: {e}", name()))),
        Ok(checkpoint) => {
            let same = checkpoint.size() == lane.size() && checkpoint.root() == lane.root();
            let differs = || format!("{} does not match its receipts", name());
            (!same).then(|| Fault::Found("checkpoint", differs()))
        }
    }
}

/// Reads and verifies both lanes.
pub(super) fn read<'s>(
    bundle: &Opened<'s>,
    terms: &Terms,
    parties: [&Party; 2],
    [first, second]: [LaneIndex; 2],
) -> Judged<[ReadLane<'s>; 2]> {
    let [one, other] = parties;
    let mut a = ReadLane::begin(bundle, terms, one, first)?;
    let mut b = ReadLane::begin(bundle, terms, other, second)?;
    if let Err(found) = append_both((&mut a, &mut b), bundle, parties) {
        if let Fault::Gone(_) = found {
            return Err(found);
        }
        readable(&mut a, bundle)?;
        readable(&mut b, bundle)?;
        return Err(found);
    }
    let faults = [a.checkpoint.take(), a.view.take(), b.checkpoint.take(), b.view.take()];
    faults.into_iter().flatten().next().map_or(Ok([a, b]), Err)
}

/// Whether everything of a lane can be read.
fn readable<'s>(lane: &mut ReadLane<'s>, bundle: &Opened<'s>) -> Judged<()> {
    (0u64..)
        .try_for_each(|sequence| match lane.item(bundle, sequence) {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(None),
            Err(found) => Err(Some(found)),
        })
        .or_else(|end| end.map_or(Ok(()), Err))
}

/// Append both lanes in causal order: a receipt waits until what it has seen is appended.
fn append_both<'s>(
    (a, b): (&mut ReadLane<'s>, &mut ReadLane<'s>),
    bundle: &Opened<'s>,
    parties: [&Party; 2],
) -> Judged<()> {
    let [one, other] = parties;
    while a.step(b, (bundle, parties), one)? | b.step(a, (bundle, parties), other)? {}
    if a.waiting.is_none() && b.waiting.is_none() {
        return Ok(());
    }
    let detail = "a receipt has seen more of the other lane than exists";
    Err(Fault::Found("causality", detail.to_owned()))
}
