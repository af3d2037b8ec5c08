//! One receipt read where it lies.
//!
//! Invariant: what is read in place is what [`LaneReceipt::read`] reads; whatever is spelled in any other
//! way than the writer's is left to it, so that there is one judge of what a receipt is.

use std::sync::Arc;

use canon::{CorridorId, Digest, Members, Pieces, Timestamp, ZoneId};
use proof::integrity::{Claim, Options};
use proof::{Message, Signature};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::endorsement::Endorsed;
use crate::lane::{
    Ack, ENVELOPE_TYPE, LaneReceipt, RECEIPT_TYPE, Seen, Step, TransitionKind, check_digest_set,
};

/// What all receipts of one lane have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The writing zone.
    pub lane: ZoneId,
    /// Packs pinned by the agreements.
    pub lawpack_digest_set: Vec<Digest>,
    /// Rulesets of the definition.
    pub ruleset_digest_set: Vec<Digest>,
}

/// What remains of a receipt once it is judged by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub(super) header: Arc<Header>,
    pub(super) sequence: u64,
    pub(super) timestamp: Timestamp,
    pub(super) prev_root: Digest,
    pub(super) next_root: Digest,
    pub(super) epoch: u64,
    pub(super) kind: TransitionKind,
    pub(super) decided: bool,
    pub(super) seen: Option<Seen>,
    pub(super) ack: Option<Ack>,
    /// Only of a receipt that carries endorsements: its payload commitment, and they.
    pub(super) endorsed: Option<Box<(Digest, Vec<Value>)>>,
}

impl Entry {
    pub(super) fn endorsed(&self) -> Endorsed<'_> {
        let (payload_commitment, endorsements) = match &self.endorsed {
            Some(endorsed) => (endorsed.0, endorsed.1.as_slice()),
            None => (self.next_root, &[][..]),
        };
        Endorsed {
            corridor_id: &self.header.corridor_id,
            lane: &self.header.lane,
            kind: self.kind,
            payload_commitment,
            timestamp: self.timestamp,
            endorsements,
        }
    }

    /// Its place in the lane.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// What happens in it.
    #[must_use]
    pub fn kind(&self) -> TransitionKind {
        self.kind
    }

    /// Its digest, the entry of the lane's tree.
    #[must_use]
    pub fn next_root(&self) -> Digest {
        self.next_root
    }

    pub(super) fn step(&self) -> Step<'_> {
        Step {
            sequence: self.sequence,
            timestamp: self.timestamp,
            prev_root: self.prev_root,
            epoch: self.epoch,
            kind: self.kind,
            decided: self.decided,
            seen: self.seen.as_ref(),
            ack: self.ack.as_ref(),
        }
    }

    pub(super) fn of(receipt: LaneReceipt) -> Self {
        let commitment = receipt.transition.payload_commitment;
        let endorsed = receipt.endorsements.map(|said| Box::new((commitment, said)));
        let header = Header {
            corridor_id: receipt.corridor_id,
            lane: receipt.lane,
            lawpack_digest_set: receipt.lawpack_digest_set,
            ruleset_digest_set: receipt.ruleset_digest_set,
        };
        Self {
            header: Arc::new(header),
            sequence: receipt.sequence,
            timestamp: receipt.timestamp,
            prev_root: receipt.prev_root,
            next_root: receipt.next_root,
            epoch: receipt.epoch,
            kind: receipt.transition.kind,
            decided: receipt.decision_commitment.is_some(),
            seen: receipt.seen,
            ack: receipt.ack,
            endorsed,
        }
    }
}

/// The signature of a receipt that was read in place.
pub(super) struct Signed {
    pub message: Message,
    pub signature: Signature,
}

/// A receipt read in place, and what has yet to be hashed before it is believed.
pub(super) struct Read<'a> {
    entry: Entry,
    /// The receipt without `next_root` and `proof`: what `next_root` is the digest of.
    committed: Pieces<'a>,
    /// Its proof, and the receipt without it.
    claim: Option<(Claim<'a>, Pieces<'a>)>,
}

impl<'a> Read<'a> {
    /// The messages whose digests it waits for.
    pub fn messages(&self) -> impl Iterator<Item = Pieces<'a>> {
        std::iter::once(self.committed).chain(self.claim.as_ref().map(|(_, document)| *document))
    }

    /// Takes the digests of its messages; nothing where `next_root` is another than the receipt's.
    pub fn judged(
        self,
        digests: &mut impl Iterator<Item = Digest>,
    ) -> Option<(Entry, Option<Signed>)> {
        let committed = digests.next()?;
        let signed = match self.claim {
            None => None,
            Some((claim, _)) => {
                Some(Signed { message: claim.message(digests.next()?), signature: claim.signature })
            }
        };
        (committed == self.entry.next_root).then_some((self.entry, signed))
    }
}

/// Reads receipts in place; remembers the header, which is the same in all of them.
#[derive(Default)]
pub(super) struct Reader {
    header: Option<([Vec<u8>; 4], Arc<Header>)>,
    options: Option<Options>,
}

/// Members that every receipt has.
const MEMBERS: usize = 12;
const HEADER: [&str; 4] = ["corridor_id", "lane", "lawpack_digest_set", "ruleset_digest_set"];

impl Reader {
    /// Reads one receipt in normal form, and the signature of `method` where one is asked for. Nothing for
    /// what has to be read slowly.
    pub fn read<'a>(&mut self, bytes: &'a [u8], method: Option<&str>) -> Option<Read<'a>> {
        let members = Members::of(bytes)?;
        let (ack, seen) = (optional(&members, "ack")?, optional(&members, "seen")?);
        let decision: Option<Digest> = optional(&members, "decision_commitment")?;
        let more = [ack.is_some(), seen.is_some(), decision.is_some()].map(usize::from);
        let typed = members.text("type")? == RECEIPT_TYPE;
        if !typed || members.count() != MEMBERS + more.iter().sum::<usize>() {
            return None;
        }
        let entry = Entry {
            header: self.header(&members)?,
            sequence: members.read("sequence")?,
            timestamp: Timestamp::parse(members.text("timestamp")?).ok()?,
            prev_root: Digest::from_hex(members.text("prev_root")?).ok()?,
            next_root: Digest::from_hex(members.text("next_root")?).ok()?,
            epoch: members.read("epoch")?,
            kind: transition(&members.object("transition")?)?,
            decided: decision.is_some(),
            seen,
            ack,
            endorsed: None,
        };
        let (root, proof) = (members.cut("next_root")?, members.cut("proof")?);
        let (start, end) = (members.part(..root.start)?, members.part(proof.end..)?);
        let committed = [start, members.part(root.end..proof.start)?, end];
        let Some(method) = method else { return Some(Read { entry, committed, claim: None }) };
        let claim = Claim::read(&members.object("proof")?, &mut self.options)?;
        if claim.created != entry.timestamp || claim.method != method {
            return None;
        }
        let document = [members.part(..proof.start)?, end, &[]];
        Some(Read { entry, committed, claim: Some((claim, document)) })
    }

    fn header(&mut self, members: &Members<'_>) -> Option<Arc<Header>> {
        let same = self.header.as_ref().filter(|(raw, _)| {
            HEADER.iter().zip(raw).all(|(name, raw)| members.value(name) == Some(raw.as_slice()))
        });
        if let Some((_, header)) = same {
            return Some(Arc::clone(header));
        }
        let [corridor_id, lane, lawpacks, rulesets] = HEADER;
        let header = Header {
            corridor_id: members.read(corridor_id)?,
            lane: members.read(lane)?,
            lawpack_digest_set: members.read(lawpacks)?,
            ruleset_digest_set: members.read(rulesets)?,
        };
        let sets = [&header.lawpack_digest_set, &header.ruleset_digest_set];
        if !sets.into_iter().all(|set| check_digest_set(set)) {
            return None;
        }
        let raw = HEADER.map(|name| members.value(name).unwrap_or_default().to_vec());
        let (_, header) = self.header.insert((raw, Arc::new(header)));
        Some(Arc::clone(header))
    }
}

/// An absent member is `Some(None)`; one that is there and of another type is nothing.
fn optional<T: DeserializeOwned>(members: &Members<'_>, name: &str) -> Option<Option<T>> {
    match members.value(name) {
        None => Some(None),
        Some(_) => members.read(name).map(Some),
    }
}

fn transition(members: &Members<'_>) -> Option<TransitionKind> {
    Digest::from_hex(members.text("payload_commitment")?).ok()?;
    let fits = members.count() == 3 && members.text("type")? == ENVELOPE_TYPE;
    TransitionKind::of(members.text("kind")?).filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use canon::Canonical;

    use super::*;

    /// Else every receipt would be read slowly, and nobody would notice but the clock.
    #[test]
    fn golden_receipts_are_read_in_place() {
        let vectors = include_str!("../../../../../vectors/corridor.json");
        let vectors = canon::parse_value(vectors.as_bytes()).unwrap();
        let mut reader = Reader::default();
        let mut read = 0;
        for row in vectors["lanes"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|l| l["receipts"].as_array().unwrap())
        {
            let bytes = Canonical::of(&row["receipt"]).unwrap();
            let receipt = LaneReceipt::read(bytes.bytes()).unwrap();
            let method = row["receipt"]["proof"]["verificationMethod"].as_str();
            let waiting = reader.read(bytes.bytes(), method).unwrap();
            let messages: Vec<_> = waiting.messages().collect();
            let (entry, signed) =
                waiting.judged(&mut canon::sha256_each(&messages).into_iter()).unwrap();
            assert!(signed.is_some());
            assert_eq!(entry, Entry::of(receipt));
            read += 1;
        }
        assert!(read > 8);
    }
}
