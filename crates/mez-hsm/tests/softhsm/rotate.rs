//! Keys of a token pass to the next: at every place it may be cut short, the folder holds one whole set
//! of keys with its cell, and asking again finishes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use canon::{Digest, JurisdictionId, Realm, Timestamp, ZoneId};
use link::RemoteKeys;
use proof::inception::{self, KeyCommitment, PurposeKey, key_commitment};
use proof::integrity::{ProofOptions, sign_document};
use proof::rotation::{Cause, CutOver, Rotation, TYPE};
use proof::{KeyHistory, PublicKey, Purpose, SecretKey, Verified};
use serde_json::Value;

use crate::place::{Place, Signer};

const LANE: &str = "sg.example/corridor/x/lane/org.momentum.mez.zone.sg";

fn at() -> Timestamp {
    Timestamp::parse("2026-11-20T12:00:00Z").unwrap()
}

fn root() -> SecretKey {
    SecretKey::from_seed([1; 32]).unwrap()
}

/// A signer, its caller, and the zone founded on its keys.
struct World {
    place: Place,
    signer: Option<Signer>,
    history: Verified<KeyHistory>,
}

impl World {
    fn new(name: &str) -> Self {
        let place = Place::new(name);
        assert_eq!(place.init("signer", &[]).0, 0);
        let signer = place.serve("signer", "127.0.0.1:0");
        let remote = signer.link(&place.caller, signer.key()).unwrap();
        let history = founded(&remote.public, &remote.next);
        Self { place, signer: Some(signer), history }
    }

    fn remote(&self) -> RemoteKeys {
        let signer = self.signer.as_ref().unwrap();
        signer.link(&self.place.caller, signer.key()).unwrap()
    }

    fn rotation(&self, purpose: Purpose, reason: Cause) -> Rotation {
        let (new_key, after) = self.remote().rotating.next(purpose).unwrap();
        let zone = self.history.inception();
        let log = Purpose::Log == purpose;
        let cut = CutOver { log: LANE.to_owned(), from_sequence: self.history.next_number() };
        Rotation {
            kind: TYPE.to_owned(),
            zone_id: zone.zone_id().clone(),
            zone_did: zone.did(),
            realm: zone.realm(),
            inception_sha256: zone.digest(),
            number: self.history.next_number(),
            previous_sha256: self.history.head(),
            purpose,
            reason,
            previous_key: self.history.key(purpose).clone(),
            new_key,
            cut_over: log.then_some(cut).into_iter().collect(),
            next_commitment_sha256: key_commitment(purpose, &after),
            created: at(),
        }
    }

    /// The document with all its signatures, which follows from the zone's keys.
    fn signed(&self, rotation: &Rotation) -> (Value, Verified<KeyHistory>) {
        let mut signed = self.remote().rotating.rotate(rotation.clone()).unwrap();
        if rotation.reason == Cause::Compromise {
            let options = ProofOptions::assertion(at(), &root());
            signed = sign_document(signed, &options, &root()).unwrap();
        }
        let history = self.history.extend(&signed).unwrap();
        (signed, history)
    }

    /// The signer dies, its files are as `change` leaves them, and it comes back.
    fn again(&mut self, change: impl FnOnce(&Place)) {
        drop(self.signer.take());
        change(&self.place);
        self.signer = Some(self.place.serve("signer", "127.0.0.1:0"));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.root.join("signer").join(name)
    }

    fn cell(&self, history: &KeyHistory) -> PathBuf {
        self.path(&format!("{}.cell", history.key(Purpose::Log).to_multikey()))
    }

    /// The signer's keys are those of `history`, each signs, and the cell stands where it stood.
    fn stands(&self, history: &KeyHistory, sequence: u64) {
        let remote = self.remote();
        for purpose in Purpose::RUNNING {
            assert_eq!(remote.public[&purpose], *history.key(purpose), "{purpose}");
            let next = key_commitment(purpose, &remote.next[&purpose]);
            assert_eq!(next, history.commitment(purpose), "{purpose}");
        }
        assert_eq!(remote.cell.last(LANE).unwrap().sequence, sequence);
        assert!(remote.cell.existed());
        let document = serde_json::json!({ "type": "T" });
        let options = ProofOptions::assertion(at(), remote.assertion.as_ref());
        sign_document(document, &options, remote.assertion.as_ref()).unwrap();
        let status = self.place.hsm(&["status", "--dir", "signer", "--pin-file", "pin"]);
        assert_eq!(status.0, 0, "{status:?}");
    }
}

fn founded(
    keys: &BTreeMap<Purpose, PublicKey>,
    next: &BTreeMap<Purpose, PublicKey>,
) -> Verified<KeyHistory> {
    let key = |(purpose, key): (&Purpose, &PublicKey)| PurposeKey {
        purpose: *purpose,
        key: key.clone(),
        from_sequence: 0,
    };
    let commitment = |(purpose, key): (&Purpose, &PublicKey)| KeyCommitment {
        purpose: *purpose,
        commitment_sha256: key_commitment(*purpose, key),
    };
    let draft = inception::Draft {
        kind: inception::TYPE.to_owned(),
        zone_id: ZoneId::parse("org.momentum.mez.zone.sg").unwrap(),
        zone_host: "sg.example".to_owned(),
        jurisdiction_id: JurisdictionId::parse("sg").unwrap(),
        realm: Realm::Sandbox,
        root_key: root().public(),
        keys: keys.iter().map(key).collect(),
        next_key_commitments: next.iter().map(commitment).collect(),
        created: at(),
    };
    let document = draft.found(&root()).unwrap();
    KeyHistory::verify(&document, &[], &root().public().did()).unwrap()
}

#[test]
fn a_rotation_cut_short_anywhere_is_finished_by_asking_again() {
    let mut world = World::new("rotate");
    world.remote().cell.advance(LANE, 7, Digest::of_blob(b"seven")).unwrap();
    for (purpose, reason) in [
        (Purpose::Log, Cause::Routine),
        (Purpose::Http, Cause::Routine),
        (Purpose::Log, Cause::Compromise),
        (Purpose::Assertion, Cause::Compromise),
        (Purpose::Cosigner, Cause::Routine),
    ] {
        // The key after the next is made, and the signer dies: it is the same key afterwards.
        let rotation = world.rotation(purpose, reason);
        world.again(|_| ());
        assert_eq!(world.rotation(purpose, reason), rotation);
        // It is signed, and the signer dies: nothing took effect.
        let (signed, history) = world.signed(&rotation);
        world.again(|_| ());
        world.stands(&world.history, 7);
        assert_eq!(world.signed(&rotation).0, signed);
        // It passes, and dies where the cell of the new key lay and nothing else.
        let old = world.cell(&world.history);
        let (about, cell) = (world.path("hsm.json"), std::fs::read(&old).unwrap());
        let before = std::fs::read(&about).unwrap();
        world.remote().rotating.turn(&signed).unwrap();
        assert_eq!(old.exists(), purpose != Purpose::Log, "the old cell is gone");
        world.again(|_| {
            std::fs::write(&about, &before).unwrap();
            std::fs::write(&old, &cell).unwrap();
        });
        world.stands(&world.history, 7);
        world.remote().rotating.turn(&signed).unwrap();
        // And dies before the old cell was removed.
        world.again(|_| std::fs::write(&old, &cell).unwrap());
        world.history = history;
        world.stands(&world.history, 7);
        world.remote().rotating.turn(&signed).unwrap();
        if purpose == Purpose::Log {
            std::fs::remove_file(&old).unwrap();
        }
        world.stands(&world.history, 7);
        assert!(world.cell(&world.history).exists());
    }
    assert_eq!(world.history.next_number(), 6);
}

#[test]
fn only_a_rotation_to_the_next_key_is_signed_or_passed_to() {
    let world = World::new("rotate-refused");
    let remote = world.remote();
    let honest = world.rotation(Purpose::Log, Cause::Routine);
    let stranger = SecretKey::from_seed([2; 32]).unwrap();
    let other = |change: &dyn Fn(&mut Rotation)| {
        let mut rotation = honest.clone();
        change(&mut rotation);
        remote.rotating.rotate(rotation).unwrap_err().to_string()
    };
    for told in [
        other(&|rotation| rotation.new_key = stranger.public()),
        other(&|rotation| rotation.previous_key = stranger.public()),
        other(&|rotation| rotation.next_commitment_sha256 = Digest::of_blob(b"mine")),
        other(&|rotation| rotation.purpose = Purpose::Http),
        other(&|rotation| rotation.purpose = Purpose::Root),
    ] {
        assert!(told.contains("refuses"), "{told}");
    }
    // Not what the new key signed.
    let unsigned = canon::Canonical::of(&honest).unwrap().value();
    let options = ProofOptions::assertion(at(), &stranger);
    let foreign = sign_document(unsigned.clone(), &options, &stranger).unwrap();
    for document in [unsigned, foreign] {
        assert!(remote.rotating.turn(&document).is_err());
    }
    world.stands_untouched();
}

impl World {
    fn stands_untouched(&self) {
        let remote = self.remote();
        assert!(Purpose::RUNNING.iter().all(|p| remote.public[p] == *self.history.key(*p)));
    }
}
