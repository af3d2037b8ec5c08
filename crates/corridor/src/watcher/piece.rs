//! A mirror that grows: what a zone shows beyond what is held, verified where it joins.
//!
//! Each receipt passes the checks of appending with the very keys and terms of the bundle the mirror began with; so a
//! mirror that grew is the mirror of the whole. What does not join is refused, and the whole is asked for instead.

use std::collections::VecDeque;

use canon::{Canonical, CorridorId, Digest, ZoneId};
use proof::credential::Reason;
use proof::merkle::Tree;
use proof::{KeyHistory, PublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mirror::Mirror;
use crate::cut::{Cut, Point};
use crate::evidence::By;
use crate::lane::LaneReceipt;
use crate::messages::Item;
use crate::party::Party;

/// Most cuts one piece carries.
pub const PIECE_CUTS_MAX: usize = 64;

/// A run of one lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PieceLane {
    /// Sequence of the first item.
    pub from: u64,
    /// Receipts in order, payloads only where they are public.
    pub items: Vec<Item>,
    /// Root of the lane at `from`, as the zone holds it; absent where it holds less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Digest>,
    /// Receipts the zone holds.
    pub size: u64,
    /// Whose lane.
    pub zone_id: ZoneId,
}

/// What a zone shows beyond what a watcher holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Cuts after those that are held, oldest first.
    pub cuts: Vec<Value>,
    /// Both lanes, ascending by zone.
    #[schemars(length(min = 2, max = 2))]
    pub lanes: Vec<PieceLane>,
    /// Always `MEZCorridorPiece`.
    #[serde(rename = "type")]
    #[schemars(extend("const" = Self::TYPE))]
    pub type_: String,
    /// Both zones' keys over time, in the order of the lanes.
    #[schemars(length(min = 2, max = 2))]
    pub zones: Vec<Value>,
}

type Grown<T> = Result<T, Vec<Reason>>;

fn reason<E: std::fmt::Display>(code: &'static str) -> impl Fn(E) -> Vec<Reason> {
    move |error| vec![Reason { code, detail: error.to_string() }]
}

impl Piece {
    /// The object type.
    pub const TYPE: &'static str = "MEZCorridorPiece";

    /// Whether it shows nothing new.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cuts.is_empty() && self.lanes.iter().all(|lane| lane.items.is_empty())
    }
}

/// One receipt on its way into a mirror.
struct Next {
    receipt: LaneReceipt,
    item: Item,
}

impl PieceLane {
    fn joins(&self, held: &Tree) -> bool {
        self.from == held.size() && self.root == Some(held.root())
    }
}

impl Mirror {
    fn is_of(&self, piece: &Piece) -> bool {
        piece.type_ == Piece::TYPE
            && piece.corridor_id == *self.corridor_id()
            && piece.lanes.iter().map(|lane| &lane.zone_id).eq(self.zones())
            && piece.cuts.len() <= PIECE_CUTS_MAX
    }

    /// Whether a piece goes on from exactly what is held.
    #[must_use]
    pub fn joins(&self, piece: &Piece) -> bool {
        let mut lanes = piece.lanes.iter().zip(self.trees());
        self.is_of(piece) && lanes.all(|(lane, held)| lane.joins(held))
    }

    /// Take what a zone shows beyond what is held. After a refusal the mirror is half grown: read it again.
    ///
    /// # Errors
    /// What does not join, or does not hold.
    pub fn extend(&mut self, piece: &Piece) -> Grown<u64> {
        if !self.is_of(piece) {
            return Err(reason("piece")("it is of another corridor, or of other lanes"));
        }
        let parties = self.parties(&piece.zones)?;
        let [one, other] = &parties;
        let mut waiting = Vec::new();
        for (lane, tree) in piece.lanes.iter().zip(self.trees()) {
            if !lane.joins(tree) {
                let detail = format!("lane {} does not join what is held", lane.zone_id);
                return Err(reason("piece")(detail));
            }
            let read = |item: &Item| -> Grown<Next> {
                let receipt = item.read().map_err(reason("receipt"))?;
                Ok(Next { receipt, item: item.clone() })
            };
            waiting.push(lane.items.iter().map(read).collect::<Grown<VecDeque<_>>>()?);
        }
        let mut grown = 0;
        loop {
            let mut moved = false;
            for (at, queue) in waiting.iter_mut().enumerate() {
                while let Some(next) = queue.pop_front() {
                    let seen = next.receipt.seen.as_ref().map_or(0, |seen| seen.size);
                    if seen > self.size_of_other(at) {
                        queue.push_front(next);
                        break;
                    }
                    self.push(at, next, [one, other])?;
                    grown += 1;
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        let stuck = grown == 0 && waiting.iter().any(|queue| !queue.is_empty());
        if stuck && waiting.iter().all(|queue| !queue.is_empty()) {
            let detail = "a receipt has seen more of the other lane than exists";
            return Err(reason("causality")(detail));
        }
        for document in &piece.cuts {
            // One that covers more than this piece brings comes again with the next.
            if !self.cut(document, [one, other])? {
                break;
            }
        }
        self.keep_keys(&piece.zones);
        Ok(grown)
    }

    /// Both parties with the keys a piece carries, under the DIDs the mirror was verified with.
    fn parties(&self, zones: &[Value]) -> Grown<[Party; 2]> {
        let mut parties = Vec::new();
        for (document, participant) in zones.iter().zip(self.participants()) {
            let root = document.pointer("/inception/root_key").and_then(Value::as_str);
            let root = PublicKey::from_multikey(root.unwrap_or_default());
            let root = root.map_err(reason("zone-keys"))?;
            let keys = KeyHistory::read(document, &root.did()).map_err(reason("zone-keys"))?;
            let party = Party::with(keys);
            if party.participant != *participant {
                return Err(reason("zone-keys")("the keys are of another zone"));
            }
            parties.push(party);
        }
        parties.try_into().map_err(|_| reason("zone-keys")("a corridor has exactly two zones"))
    }

    fn push(&mut self, at: usize, next: Next, parties: [&Party; 2]) -> Grown<()> {
        let Next { receipt, item } = next;
        let party = parties.get(at).copied();
        let party = party.ok_or_else(|| reason("piece")("a corridor has two lanes"))?;
        let appended = self.append(at, &receipt, item.payload.as_ref(), parties);
        let appended = appended.map_err(reason("receipt"))?;
        let history = item.history().map_err(reason("receipt"))?;
        let root_at = |tree: &Tree, size| tree.root_at(size).ok();
        receipt
            .check_views(|size| root_at(self.tree_of_other(at), size))
            .map_err(reason("equivocation"))?;
        self.keep(at, &receipt, history).map_err(reason("receipt"))?;
        if let Some(chosen) = appended.chosen {
            let own = chosen.fork.lane == *party.zone();
            let tree = if own { self.tree_of(at) } else { self.tree_of_other(at) };
            if !chosen.is_of(tree) {
                return Err(reason("fork")(format!("{} is not what is held", chosen.next_root)));
            }
        }
        let origin = party.lane_origin(&receipt.corridor_id);
        let note = party.checkpoint(item.checkpoint.as_bytes(), &origin);
        let note = note.map_err(reason("checkpoint"))?;
        let tree = self.tree_of(at);
        if note.size() != tree.size() || note.root() != tree.root() {
            return Err(reason("checkpoint")("it does not match its receipts"));
        }
        Ok(())
    }

    /// Take a cut; `false` where it covers more than is held.
    fn cut(&mut self, document: &Value, parties: [&Party; 2]) -> Grown<bool> {
        let cut = Cut::read(document, self.terms()).map_err(reason("cut"))?;
        Cut::verify_signers(document, parties, &parties).map_err(reason("cut"))?;
        let mut held: Vec<(Point, Vec<u8>)> = Vec::new();
        for (at, stated) in cut.lanes.iter().enumerate() {
            if stated.size > self.tree_of(at).size() {
                return Ok(false);
            }
            held.push(self.point(at, stated.size).ok_or_else(|| reason("cut")("of no receipt"))?);
        }
        let [(a, m), (b, n)] = held.as_slice() else {
            return Err(reason("cut")("not two lanes"));
        };
        cut.check_points([a, b], [m, n], parties).map_err(reason("cut"))?;
        cut.check_after(self.newest_cut().map(|(_, cut)| cut)).map_err(reason("cut"))?;
        let digest = Cut::digest(document).map_err(reason("cut"))?;
        self.keep_cut(digest, cut);
        Ok(true)
    }

    fn keep_keys(&mut self, zones: &[Value]) {
        let by = zones.iter().cloned().map(By::Keys).collect();
        self.replace_keys(by);
    }
}

impl Mirror {
    /// Where a lane stood at a size above 0, and its checkpoint there.
    fn point(&self, at: usize, size: u64) -> Option<(Point, Vec<u8>)> {
        let item = self.item(at, size.checked_sub(1)?)?;
        let receipt = LaneReceipt::read(&item.receipt).ok()?;
        let point = Point {
            owner: receipt.lane,
            size,
            root: self.tree_of(at).root_at(size).ok()?,
            last_root: receipt.next_root,
            epoch: receipt.epoch,
            seen: receipt.seen.map_or(0, |seen| seen.size),
            lawpacks: receipt.lawpack_digest_set,
            rulesets: receipt.ruleset_digest_set,
        };
        Some((point, item.checkpoint.clone()))
    }
}

/// A piece as it travels.
///
/// # Errors
/// Not the shape.
pub fn read_piece(bytes: &[u8]) -> Result<Piece, canon::Refusal> {
    Canonical::parse(bytes)?.read()
}
