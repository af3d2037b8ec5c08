//! Zones of the world whose keys are replaced while their lanes go on.

use canon::Digest;
use corridor::lane::{KeyNotice, TransitionKind};
use corridor::{LaneReceipt, Party};
use proof::inception::key_commitment;
use proof::rotation::{Cause, CutOver, Rotation, TYPE};
use proof::{KeyHistory, Purpose, SecretKey};
use serde_json::Value;

use super::{World, at, draft, key};

/// Seed of a side's root key.
pub const ROOTS: [u8; 2] = [10, 30];

/// The key of a purpose of one side after so many rotations of it.
pub fn running(side: usize, purpose: Purpose, generation: u8) -> SecretKey {
    let place = Purpose::RUNNING.into_iter().zip(0u8..).find(|(p, _)| *p == purpose).unwrap().1;
    key(match generation {
        0 | 1 => ROOTS[side] + 1 + place + 4 * generation,
        _ => 100 + 70 * u8::try_from(side).unwrap() + 4 * generation + place,
    })
}

impl World {
    fn generation(&self, side: usize, purpose: Purpose) -> u8 {
        let rotations = self.sides[side].party.keys().rotations();
        u8::try_from(rotations.filter(|rotation| rotation.purpose == purpose).count()).unwrap()
    }

    /// The next rotation of a side as it should be, signed by whoever must.
    pub fn rotation(&self, side: usize, purpose: Purpose, reason: Cause) -> Value {
        self.rotation_from(side, purpose, reason, self.sides[side].here.size())
    }

    /// The same, with the lane passing over at another sequence.
    pub fn rotation_from(&self, by: usize, purpose: Purpose, reason: Cause, from: u64) -> Value {
        let (side, generation) = (&self.sides[by], self.generation(by, purpose));
        let [old, new, next] = [0, 1, 2].map(|n| running(by, purpose, generation + n));
        let root = key(ROOTS[by]);
        let outgoing = if reason == Cause::Routine { &old } else { &root };
        self.draft_rotation(side.party.keys(), purpose, reason, (&old, &new, &next), from, by)
            .sign(outgoing, &new)
            .unwrap()
    }

    fn draft_rotation(
        &self,
        keys: &KeyHistory,
        purpose: Purpose,
        reason: Cause,
        (old, new, next): (&SecretKey, &SecretKey, &SecretKey),
        from_sequence: u64,
        by: usize,
    ) -> Rotation {
        let zone = keys.inception();
        let log = self.sides[by].party.lane_origin(&self.terms.corridor_id);
        Rotation {
            kind: TYPE.to_owned(),
            zone_id: zone.zone_id().clone(),
            zone_did: zone.did(),
            realm: zone.realm(),
            inception_sha256: zone.digest(),
            number: keys.next_number(),
            previous_sha256: keys.head(),
            purpose,
            reason,
            previous_key: proof::Signer::public(old),
            new_key: proof::Signer::public(new),
            cut_over: vec![CutOver { log, from_sequence }],
            next_commitment_sha256: key_commitment(purpose, &proof::Signer::public(next)),
            created: at(70),
        }
    }

    /// Both sides learn a rotation, and the side that made it signs with its new key.
    pub fn install(&mut self, by: usize, document: Value) {
        let known = self.sides[by].party.keys().extend(&document).unwrap();
        let purpose = known.rotations().last().unwrap().purpose;
        let party = Party::with(known);
        self.sides[by].rotations.push(document);
        self.sides[by].party = party.clone();
        self.sides[1 - by].peer = party;
        let key = running(by, purpose, self.generation(by, purpose));
        match purpose {
            Purpose::Log => self.sides[by].log = key,
            Purpose::Assertion => self.sides[by].pen = key,
            _ => {}
        }
    }

    /// Rotate a key in good order and state it in the lane.
    pub fn rotate(&mut self, by: usize, purpose: Purpose, reason: Cause) -> LaneReceipt {
        let document = self.rotation(by, purpose, reason);
        self.install(by, document);
        self.sides[by].write(draft(TransitionKind::KeyRotate, self.notice(by))).unwrap()
    }

    /// What the lane of a side has to state at its next sequence.
    pub fn notice(&self, by: usize) -> Value {
        let side = &self.sides[by];
        let due = side.party.stated_at(&self.terms.corridor_id, side.here.size());
        let due = due.unwrap_or((9, Digest::of_blob(b"none")));
        canon::Canonical::of(&KeyNotice::of(due)).unwrap().value()
    }
}
