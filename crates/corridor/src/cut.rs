//! The corridor checkpoint ("cut"): one point of both lanes, signed by both parties.

use std::collections::BTreeSet;

use canon::{Canonical, CorridorId, Digest, Refusal, Timestamp, ZoneId};
use proof::Signer;
use proof::integrity::{self, IntegrityError, ProofOptions};
use proof::merkle::{Proof, Tree, verify_inclusion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::handshake::Terms;
use crate::lane::Lane;
use crate::party::Party;

/// The object type of a cut.
pub const CUT_TYPE: &str = "MEZCorridorCheckpoint";

/// One lane in a cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CutLane {
    /// Inclusion proof of entry `size − 1`, from the leaf upwards.
    pub inclusion: Vec<Digest>,
    /// `next_root` of receipt `size − 1`.
    pub last_next_root: Digest,
    /// SHA-256 of the lane's checkpoint note at that size.
    pub note_sha256: Digest,
    /// RFC 9162 root.
    pub root: Digest,
    /// Receipts covered.
    pub size: u64,
    /// The writer.
    pub zone_id: ZoneId,
}

/// Both lanes at one causally closed point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// Highest epoch of the covered receipts.
    pub epoch: u64,
    /// Its genesis root.
    pub genesis_root: Digest,
    /// Both lanes, by zone id.
    pub lanes: Vec<CutLane>,
    /// Union of the lanes' lawpack sets.
    pub lawpack_digest_set: Vec<Digest>,
    /// Digests of the cuts this one dominates directly; empty for the first.
    pub previous: Vec<Digest>,
    /// Signatures of both parties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<proof::schema::Proofs>")]
    pub proof: Option<Value>,
    /// Union of the lanes' ruleset sets.
    pub ruleset_digest_set: Vec<Digest>,
    /// When it was proposed.
    pub timestamp: Timestamp,
    /// Always [`CUT_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = CUT_TYPE))]
    pub type_: String,
}

/// A cut that was refused.
#[derive(Debug, thiserror::Error)]
pub enum CutError {
    /// Not the shape.
    #[error("not a corridor checkpoint: {0}")]
    Shape(#[from] Refusal),
    /// Another type, corridor, genesis or lanes.
    #[error("the cut's `{0}` is not this corridor's")]
    Other(&'static str),
    /// Nothing to fix yet.
    #[error("lane `{0}` is empty")]
    EmptyLane(ZoneId),
    /// States a lane differently from what is held.
    #[error("lane `{0}` at size {1} has another root than the cut states")]
    Root(ZoneId, u64),
    /// The inclusion proof of the last entry fails.
    #[error("the last receipt of lane `{0}` is not shown to be in its root")]
    Inclusion(ZoneId),
    /// A lane has said it saw more of the other than the cut covers.
    #[error(
        "not causally closed: lane `{lane}` has seen {seen} receipts, the cut covers {covered}"
    )]
    Open {
        /// The lane that has seen.
        lane: ZoneId,
        /// How much.
        seen: u64,
        /// How much the cut covers.
        covered: u64,
    },
    /// Goes back behind a cut already signed.
    #[error("the cut does not dominate one signed before")]
    Dominance,
    /// A signature fails.
    #[error("the cut's signature is refused: {0}")]
    Signature(#[from] IntegrityError),
    /// A signature is missing or foreign.
    #[error("the cut is not signed by {0}")]
    Unsigned(&'static str),
}

/// A lane as a party holds it when it proposes or checks a cut.
pub struct HeldLane<'a> {
    /// The fold of all its receipts.
    pub lane: &'a Lane,
    /// Its whole tree.
    pub tree: &'a Tree,
    /// Its signed checkpoint note.
    pub note: &'a [u8],
}

/// Where a lane stood at one size, as far as a cut states it.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub owner: ZoneId,
    pub size: u64,
    pub root: Digest,
    pub last_root: Digest,
    pub epoch: u64,
    /// How much of the other lane it had seen.
    pub seen: u64,
    pub lawpacks: Vec<Digest>,
    pub rulesets: Vec<Digest>,
}

impl Point {
    fn of(lane: &Lane) -> Self {
        Self {
            owner: lane.owner().clone(),
            size: lane.size(),
            root: lane.root(),
            last_root: lane.last_root(),
            epoch: lane.epoch(),
            seen: lane.seen().map_or(0, |seen| seen.size),
            lawpacks: lane.lawpack_digest_set().to_vec(),
            rulesets: lane.ruleset_digest_set().to_vec(),
        }
    }
}

/// Both sets as one; they differ only while one lane has gone over to other terms and the other has not.
fn union(sets: [&[Digest]; 2]) -> Vec<Digest> {
    let all: BTreeSet<Digest> = sets.into_iter().flatten().copied().collect();
    all.into_iter().collect()
}

impl HeldLane<'_> {
    fn cut(&self) -> Result<CutLane, CutError> {
        let owner = self.lane.owner().clone();
        let size = self.lane.size();
        let last = size.checked_sub(1).ok_or_else(|| CutError::EmptyLane(owner.clone()))?;
        let inclusion = self.tree.inclusion(last, size);
        let inclusion = inclusion.map_err(|_| CutError::Inclusion(owner.clone()))?;
        Ok(CutLane {
            zone_id: owner,
            size,
            root: self.lane.root(),
            last_next_root: self.lane.last_root(),
            note_sha256: Digest::of_blob(self.note),
            inclusion: inclusion.hashes().to_vec(),
        })
    }
}

impl Cut {
    /// Propose a cut over everything held of both lanes, as the first of two signers.
    ///
    /// # Errors
    /// A lane is empty, or the point is not causally closed.
    pub fn propose(
        terms: &Terms,
        lanes: [&HeldLane<'_>; 2],
        mut previous: Vec<Digest>,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, CutError> {
        let [one, other] = lanes;
        previous.sort();
        previous.dedup();
        let mut cut_lanes = vec![one.cut()?, other.cut()?];
        cut_lanes.sort_by(|a, b| a.zone_id.cmp(&b.zone_id));
        let cut = Self {
            type_: CUT_TYPE.to_owned(),
            corridor_id: terms.corridor_id.clone(),
            genesis_root: terms.genesis_root,
            epoch: one.lane.epoch().max(other.lane.epoch()),
            timestamp: now,
            lanes: cut_lanes,
            lawpack_digest_set: union([one.lane, other.lane].map(Lane::lawpack_digest_set)),
            ruleset_digest_set: union([one.lane, other.lane].map(Lane::ruleset_digest_set)),
            previous,
            proof: None,
        };
        cut.closed([&Point::of(one.lane), &Point::of(other.lane)])?;
        Self::sign(Canonical::of(&cut)?.value(), now, assertion_here)
    }

    fn sign(
        document: Value,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, CutError> {
        let options = ProofOptions::assertion(now, assertion_here);
        Ok(integrity::sign_document(document, &options, assertion_here)?)
    }

    /// Sign a cut the other party proposed, after [`Cut::check_against`].
    ///
    /// # Errors
    /// When the signer does not sign.
    pub fn countersign(
        document: Value,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, CutError> {
        Self::sign(document, now, assertion_here)
    }

    /// Read a cut of this corridor: shape, corridor, genesis, sets, inclusion proofs.
    ///
    /// # Errors
    /// By name of what does not fit.
    pub fn read(document: &Value, terms: &Terms) -> Result<Self, CutError> {
        let cut: Self = Canonical::of_value(document)?.read()?;
        let zones: Vec<&ZoneId> = cut.lanes.iter().map(|lane| &lane.zone_id).collect();
        // Amendments open epochs; later ones are judged against the lanes.
        let [lawpacks, rulesets] = &terms.sets_at_first;
        let first = cut.epoch == 0;
        let fields = [
            ("lawpack_digest_set", !first || cut.lawpack_digest_set == *lawpacks),
            ("ruleset_digest_set", !first || cut.ruleset_digest_set == *rulesets),
            ("corridor_id", cut.corridor_id == terms.corridor_id),
            ("genesis_root", cut.genesis_root == terms.genesis_root),
            ("lanes", zones.into_iter().eq(terms.lanes.iter())),
        ];
        if let Some((name, _)) = fields.iter().find(|(_, same)| !same) {
            return Err(CutError::Other(name));
        }
        cut.check_form()?;
        Ok(cut)
    }

    /// What holds of a cut whatever its corridor: type, order, and that the last receipt of each
    /// lane is in the root stated.
    ///
    /// # Errors
    /// The first field that does not fit.
    pub fn check_form(&self) -> Result<(), CutError> {
        let fields = [
            ("type", self.type_ == CUT_TYPE),
            ("lanes", self.lanes.is_sorted_by(|a, b| a.zone_id < b.zone_id)),
            ("previous", self.previous.iter().is_sorted_by(|a, b| a < b)),
        ];
        if let Some((name, _)) = fields.iter().find(|(_, same)| !same) {
            return Err(CutError::Other(name));
        }
        for lane in &self.lanes {
            let zone = || lane.zone_id.clone();
            let last = lane.size.checked_sub(1).ok_or_else(|| CutError::EmptyLane(zone()))?;
            let proof = Proof::of(lane.inclusion.clone());
            let proof = proof.map_err(|_| CutError::Inclusion(zone()))?;
            verify_inclusion(&lane.last_next_root, last, lane.size, &proof, &lane.root)
                .map_err(|_| CutError::Inclusion(zone()))?;
        }
        Ok(())
    }

    /// Verify the signatures: every proof is of a party, and all of `needed` are among them.
    ///
    /// # Errors
    /// A failing, foreign or missing signature.
    pub fn verify_signers(
        document: &Value,
        parties: [&Party; 2],
        needed: &[&Party],
    ) -> Result<(), CutError> {
        let signers = integrity::verify_document(document, &integrity::resolve_did_key)?;
        // Its writer signed it when that lane had the size it states.
        let cut: Self = Canonical::of_value(document).and_then(|canonical| canonical.read())?;
        let size = |party: &Party| {
            let lane = cut.lanes.iter().find(|lane| lane.zone_id == *party.zone());
            lane.map_or(u64::MAX, |lane| lane.size.saturating_sub(1))
        };
        let by = |party: &Party, key| party.asserted(key, &cut.corridor_id, Some(size(party)));
        let foreign = signers.iter().any(|s| !parties.iter().any(|party| by(party, &s.key)));
        if foreign {
            return Err(CutError::Unsigned("participants only"));
        }
        let all = needed.iter().all(|party| signers.iter().any(|s| by(party, &s.key)));
        if all { Ok(()) } else { Err(CutError::Unsigned("both parties")) }
    }

    /// Causally closed: no covered lane has seen more of the other than is covered.
    fn closed(&self, lanes: [&Point; 2]) -> Result<(), CutError> {
        for Point { owner, seen, .. } in lanes {
            let other = self.lanes.iter().find(|l| l.zone_id != *owner);
            let covered = other.map_or(0, |l| l.size);
            if *seen > covered {
                return Err(CutError::Open { lane: owner.clone(), seen: *seen, covered });
            }
        }
        Ok(())
    }

    /// Check a cut against the lanes folded up to exactly its sizes and their checkpoint notes.
    ///
    /// # Errors
    /// Any difference from what is held, or a cut that is not causally closed.
    pub fn check_against(
        &self,
        lanes: [&Lane; 2],
        notes: [&[u8]; 2],
        parties: [&Party; 2],
    ) -> Result<(), CutError> {
        let [one, other] = lanes.map(Point::of);
        self.check_points([&one, &other], notes, parties)
    }

    /// The same, of lanes that are not held.
    pub(crate) fn check_points(
        &self,
        lanes: [&Point; 2],
        notes: [&[u8]; 2],
        parties: [&Party; 2],
    ) -> Result<(), CutError> {
        for (lane, note) in lanes.into_iter().zip(notes) {
            let stated = self.lanes.iter().find(|l| l.zone_id == lane.owner);
            let stated = stated.ok_or(CutError::Other("lanes"))?;
            let differs = || CutError::Root(lane.owner.clone(), stated.size);
            let same = stated.size == lane.size
                && stated.root == lane.root
                && stated.last_next_root == lane.last_root;
            if !same {
                return Err(differs());
            }
            let writer = parties.into_iter().find(|party| *party.zone() == lane.owner);
            let writer = writer.ok_or(CutError::Other("lanes"))?;
            let origin = writer.lane_origin(&self.corridor_id);
            let checkpoint = writer.checkpoint(note, &origin).map_err(|_| differs())?;
            let noted = checkpoint.size() == stated.size
                && checkpoint.root() == stated.root
                && Digest::of_blob(note) == stated.note_sha256;
            if !noted {
                return Err(differs());
            }
        }
        if lanes.iter().map(|lane| lane.epoch).max() != Some(self.epoch) {
            return Err(CutError::Other("epoch"));
        }
        let lawpacks = union(lanes.map(|lane| lane.lawpacks.as_slice()));
        let rulesets = union(lanes.map(|lane| lane.rulesets.as_slice()));
        match () {
            () if self.lawpack_digest_set != lawpacks => Err(CutError::Other("lawpack_digest_set")),
            () if self.ruleset_digest_set != rulesets => Err(CutError::Other("ruleset_digest_set")),
            () => self.closed(lanes),
        }
    }

    /// The digest by which a later cut names this one: of the document without its proofs.
    ///
    /// # Errors
    /// A document without canonical form.
    pub fn digest(document: &Value) -> Result<Digest, CutError> {
        Ok(integrity::payload_digest(document)?)
    }

    /// Check a cut against all cuts signed before.
    ///
    /// `previous` is not required to be held: after a lost answer one party knows a cut that the
    /// other does not. What protects is that every cut covers those before it.
    ///
    /// # Errors
    /// [`CutError::Dominance`] for a cut behind an earlier one.
    pub fn check_after<'a>(
        &self,
        earlier: impl IntoIterator<Item = &'a Self>,
    ) -> Result<(), CutError> {
        let all = earlier.into_iter().all(|before| self.dominates(before));
        if all { Ok(()) } else { Err(CutError::Dominance) }
    }

    /// Whether this cut covers at least what `earlier` covers, in every lane.
    #[must_use]
    pub fn dominates(&self, earlier: &Self) -> bool {
        earlier.lanes.iter().all(|before| {
            self.lanes.iter().any(|l| l.zone_id == before.zone_id && l.size >= before.size)
        })
    }
}
