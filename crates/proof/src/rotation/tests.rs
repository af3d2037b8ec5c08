//! Rotations: who may rotate, what follows, what a key signed when, and what is refused by name.

use canon::{Did, JurisdictionId, ZoneId};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::credential::Verdict;
use crate::inception::{self, Draft, Inception, KeyCommitment, PurposeKey, key_commitment};
use crate::keys::SecretKey;
use crate::verified::Verified;

const LOG: &str = "test.zone.example/corridor/c1/lane/org.momentum.mez.zone.test";

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

/// Root 1, running keys 2 to 5, next keys 12 to 15.
fn founded(name: &str, realm: Realm) -> Value {
    let numbered = Purpose::RUNNING.into_iter().zip(2u8..);
    let next = |(purpose, n): (Purpose, u8)| KeyCommitment {
        purpose,
        commitment_sha256: key_commitment(purpose, &secret(n + 10).public()),
    };
    let draft = Draft {
        kind: inception::TYPE.to_owned(),
        zone_id: ZoneId::parse(&format!("org.momentum.mez.zone.{name}")).unwrap(),
        zone_host: "test.zone.example".to_owned(),
        jurisdiction_id: JurisdictionId::parse("ae-abudhabi-adgm").unwrap(),
        realm,
        root_key: secret(1).public(),
        keys: numbered
            .clone()
            .map(|(purpose, n)| PurposeKey { purpose, key: secret(n).public(), from_sequence: 0 })
            .collect(),
        next_key_commitments: numbered.map(next).collect(),
        created: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
    };
    draft.found(&secret(1)).unwrap()
}

fn begun() -> Verified<KeyHistory> {
    let document = founded("test", Realm::Sandbox);
    KeyHistory::of(Inception::verify(&document, &secret(1).public().did()).unwrap())
}

fn cut(log: &str, from_sequence: u64) -> CutOver {
    CutOver { log: log.to_owned(), from_sequence }
}

/// The next rotation of the log key: to key `new`, with key `new` + 10 committed to.
fn next(history: &KeyHistory, new: u8, cut_over: Vec<CutOver>) -> Rotation {
    let zone = history.inception();
    let purpose = Purpose::Log;
    Rotation {
        kind: TYPE.to_owned(),
        zone_id: zone.zone_id().clone(),
        zone_did: zone.did(),
        realm: zone.realm(),
        inception_sha256: zone.digest(),
        number: history.next_number(),
        previous_sha256: history.head(),
        purpose,
        reason: Cause::Routine,
        previous_key: history.key(purpose).clone(),
        new_key: secret(new).public(),
        cut_over,
        next_commitment_sha256: key_commitment(purpose, &secret(new + 10).public()),
        created: Timestamp::parse("2026-11-21T12:00:00Z").unwrap(),
    }
}

/// Signed by these two keys whatever `Rotation::sign` thinks of it.
fn forced(rotation: &Rotation, signers: &[u8]) -> Value {
    let mut document = Canonical::of(rotation).unwrap().value();
    for byte in signers {
        let key = secret(*byte);
        let options = ProofOptions::assertion(rotation.created, &key);
        document = sign_document(document, &options, &key).unwrap();
    }
    document
}

/// Log keys 3 → 13 at 100 → 23 at 250.
fn twice() -> (Verified<KeyHistory>, Vec<Value>) {
    let first = next(&begun(), 13, vec![cut(LOG, 100)]).sign(&secret(3), &secret(13)).unwrap();
    let history = begun().extend(&first).unwrap();
    let second = next(&history, 23, vec![cut(LOG, 250)]).sign(&secret(13), &secret(23)).unwrap();
    (history.extend(&second).unwrap(), vec![first, second])
}

#[test]
fn a_chain_gives_each_sequence_one_key() {
    let (history, documents) = twice();
    let pin = secret(1).public().did();
    let founded = founded("test", Realm::Sandbox);
    assert_eq!(KeyHistory::verify(&founded, &documents, &pin).unwrap(), history);
    for (sequence, byte) in [(0, 3), (99, 3), (100, 13), (249, 13), (250, 23), (u64::MAX, 23)] {
        assert_eq!(*history.key_for(Purpose::Log, LOG, sequence), secret(byte).public());
    }
    // A log nobody named had no entry: the last key signs it from its beginning.
    assert_eq!(*history.key_for(Purpose::Log, "another", 0), secret(23).public());
    assert_eq!(*history.key(Purpose::Http), secret(5).public());
    assert_eq!(history.standing(Purpose::Log, &secret(23).public()), Standing::Current);
    let former = history.standing(Purpose::Log, &secret(3).public());
    assert_eq!(former, Standing::Former(Cause::Routine));
    assert_eq!(history.standing(Purpose::Log, &secret(5).public()), Standing::Never);
    // Before its cut and after its cut.
    let place = |sequence, byte: u8| {
        history.place(Purpose::Log, (LOG, sequence), &secret(byte).public(), 0)
    };
    assert_eq!(place(99, 3), Place::Counts);
    assert_eq!(place(100, 3), Place::OtherKey);
    assert_eq!(place(99, 13), Place::OtherKey);
    assert_eq!(place(100, 13), Place::Counts);
}

#[test]
fn what_does_not_follow_is_refused_by_name() {
    type Change = fn(&mut Rotation);
    let (history, _) = twice();
    let refused = |change: Change| {
        let mut rotation = next(&history, 33, vec![cut(LOG, 300)]);
        change(&mut rotation);
        history.extend(&forced(&rotation, &[23, 33])).unwrap_err()
    };
    assert!(matches!(
        refused(|r| r.kind = "MEZOther".to_owned()),
        RotationError::UnsupportedType(_)
    ));
    let other = ZoneId::parse("org.momentum.mez.zone.other").unwrap();
    let error = history.extend(&forced(
        &Rotation { zone_id: other, ..next(&history, 33, vec![cut(LOG, 300)]) },
        &[23, 33],
    ));
    assert_eq!(error.unwrap_err(), RotationError::OtherZone("zone_id"));
    assert_eq!(refused(|r| r.realm = Realm::Production), RotationError::OtherZone("realm"));
    assert_eq!(
        refused(|r| r.inception_sha256 = Digest::of_blob(b"x")),
        RotationError::OtherZone("inception_sha256")
    );
    assert_eq!(
        refused(|r| r.zone_did = secret(2).public().did()),
        RotationError::OtherZone("zone_did")
    );
    assert_eq!(refused(|r| r.number = 4), RotationError::Number { expected: 3, found: 4 });
    let link = refused(|r| r.previous_sha256 = Digest::of_blob(b"x"));
    assert!(matches!(link, RotationError::Link { .. }));
    assert_eq!(refused(|r| r.purpose = Purpose::Root), RotationError::Root);
    let previous = refused(|r| r.previous_key = secret(13).public());
    assert!(matches!(previous, RotationError::PreviousKey { .. }));
    let uncommitted = refused(|r| r.new_key = secret(34).public());
    assert_eq!(uncommitted, RotationError::Uncommitted(Purpose::Log));
    let old = refused(|r| {
        r.next_commitment_sha256 = key_commitment(Purpose::Log, &secret(33).public());
    });
    assert_eq!(old, RotationError::OldCommitment);
    assert_eq!(refused(|r| r.cut_over.clear()), RotationError::Gap(LOG.to_owned()));
    let overlap = refused(|r| r.cut_over = vec![cut(LOG, 249)]);
    assert_eq!(overlap, RotationError::Overlap { log: LOG.to_owned(), last: 250, found: 249 });
    assert_eq!(refused(|r| r.cut_over.push(cut("a", 1))), RotationError::CutOver);
    assert_eq!(refused(|r| r.cut_over.push(cut(LOG, 301))), RotationError::CutOver);
    assert_eq!(refused(|r| r.cut_over.insert(0, cut("", 1))), RotationError::CutOver);
    let early = refused(|r| r.created = Timestamp::parse("2026-11-20T12:00:00Z").unwrap());
    assert!(matches!(early, RotationError::Time { .. }));
}

#[test]
fn only_the_keys_that_must_sign_do() {
    let history = begun();
    let routine = next(&history, 13, vec![cut(LOG, 100)]);
    let compromise = Rotation { reason: Cause::Compromise, ..routine.clone() };
    assert!(history.extend(&forced(&routine, &[3, 13])).is_ok());
    assert!(history.extend(&forced(&compromise, &[1, 13])).is_ok());
    let by_old = RotationError::Signers("routine", "old");
    for wrong in [&[3][..], &[13], &[1, 13], &[9, 13], &[3, 9], &[3, 13, 1], &[2, 13]] {
        assert_eq!(history.extend(&forced(&routine, wrong)), Err(by_old.clone()), "{wrong:?}");
    }
    // Without the root, whoever holds the stolen key gets nowhere.
    let by_root = RotationError::Signers("compromise", "root");
    for wrong in [&[3, 13][..], &[1], &[1, 3], &[1, 13, 3]] {
        assert_eq!(history.extend(&forced(&compromise, wrong)), Err(by_root.clone()), "{wrong:?}");
    }
    assert_eq!(routine.sign(&secret(4), &secret(13)), Err(by_old.clone()));
    assert_eq!(routine.sign(&secret(3), &secret(14)), Err(by_old));
    assert_eq!(compromise.sign(&secret(3), &secret(13)), Err(by_root));
}

#[test]
fn a_key_serves_once() {
    // The commitment to the next log key is to the present http key: a rotation would join them.
    let history = begun();
    let mut first = next(&history, 13, vec![]);
    first.next_commitment_sha256 = key_commitment(Purpose::Log, &secret(5).public());
    let history = history.extend(&first.sign(&secret(3), &secret(13)).unwrap()).unwrap();
    let second = next(&history, 5, vec![]).sign(&secret(13), &secret(5)).unwrap();
    assert_eq!(history.extend(&second), Err(RotationError::UsedBefore(secret(5).public().did())));
}

#[test]
fn an_old_rotation_or_one_of_another_zone_is_not_the_next() {
    let (history, documents) = twice();
    for document in &documents {
        assert!(matches!(history.extend(document), Err(RotationError::Number { .. })));
    }
    let pin = secret(1).public().did();
    for (other, member) in [
        (founded("other", Realm::Sandbox), "zone_id"),
        (founded("test", Realm::Production), "realm"),
    ] {
        let at = KeyHistory::verify(&other, &documents, &pin).unwrap_err();
        let source = RotationError::OtherZone(member);
        assert_eq!(at, HistoryError::Rotation { at: 1, source });
    }
    let swapped = [documents[1].clone(), documents[0].clone()];
    let founded = founded("test", Realm::Sandbox);
    let error = KeyHistory::verify(&founded, &swapped, &pin);
    assert!(matches!(error, Err(HistoryError::Rotation { at: 1, .. })));
}

#[test]
fn two_rotations_of_one_number_are_evidence() {
    let (history, documents) = twice();
    let other = next(&begun(), 13, vec![cut(LOG, 90)]).sign(&secret(3), &secret(13)).unwrap();
    let shown = history.contradicts(&other).unwrap();
    assert_eq!(shown.number, 1);
    assert_ne!(shown.held, shown.other);
    // The same document again, one not signed as it must be, and one of the future are none.
    assert!(history.contradicts(&documents[0]).is_err());
    let unsigned = forced(&next(&begun(), 13, vec![cut(LOG, 90)]), &[3, 9]);
    assert!(matches!(history.contradicts(&unsigned), Err(RotationError::Signers(..))));
    let ahead = next(&history, 33, vec![cut(LOG, 300)]).sign(&secret(23), &secret(33)).unwrap();
    assert!(matches!(history.contradicts(&ahead), Err(RotationError::Number { .. })));
}

#[test]
fn after_a_compromise_only_what_others_hold_counts() {
    let rotation =
        Rotation { reason: Cause::Compromise, ..next(&begun(), 13, vec![cut(LOG, 100)]) };
    let history = begun().extend(&rotation.sign(&secret(1), &secret(13)).unwrap()).unwrap();
    let place = |sequence, byte: u8, held| {
        history.place(Purpose::Log, (LOG, sequence), &secret(byte).public(), held)
    };
    assert_eq!(place(79, 3, 80), Place::Counts);
    assert_eq!(place(80, 3, 80), Place::Unproven);
    assert_eq!(place(99, 3, 80), Place::Unproven);
    assert_eq!(place(99, 3, 200), Place::Counts);
    assert_eq!(place(100, 3, 200), Place::OtherKey);
    assert_eq!(place(100, 13, 0), Place::Counts);
    let intervals = history.intervals(Purpose::Log, LOG);
    assert_eq!(intervals.len(), 2);
    assert!(intervals[0].compromised && !intervals[1].compromised);
}

#[test]
fn the_travelling_document_is_judged_alone() {
    let (history, rotations) = twice();
    let founded = founded("test", Realm::Sandbox);
    let document = KeyHistory::document(&founded, &rotations).unwrap().value();
    let pin = secret(1).public().did();
    assert_eq!(KeyHistory::read(&document, &pin).unwrap(), history);
    let trusted = judge(&document, std::slice::from_ref(&pin));
    assert_eq!((trusted.verdict, trusted.reasons.len()), (Verdict::Valid, 0));
    let alone = judge(&document, &[]);
    assert_eq!((alone.verdict, alone.needs), (Verdict::Unknown, vec![pin.clone()]));
    let short = KeyHistory::document(&founded, &rotations[1..]).unwrap().value();
    assert_eq!(judge(&short, &[pin]).verdict, Verdict::Invalid);
    for wrong in [serde_json::json!([]), serde_json::json!({"type": "MEZZoneKeys"})] {
        assert_eq!(judge(&wrong, &[]).verdict, Verdict::Invalid);
    }
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let document = next(&begun(), 13, vec![cut(LOG, 100)]).sign(&secret(3), &secret(13)).unwrap();
    let history = begun();
    assert!(history.extend(&document).is_ok());
    let bytes = Canonical::of_value(&document).unwrap().bytes().to_vec();
    let mut read = 0;
    for bit in (0..bytes.len() * 8).step_by(9) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(tree) = canon::parse_value(&flipped) {
            read += 1;
            assert!(history.extend(&tree).is_err(), "bit {bit}");
        }
    }
    assert!(read > 500, "the test must meet documents, met {read}");
}

proptest! {
    #[test]
    fn intervals_partition_every_log(
        steps in prop::collection::vec((0u64..50, 0u64..50), 1..6), asked in 0u64..400,
    ) {
        // An obvious model beside it: the running sums of the steps are the cuts.
        let (mut history, mut at) = (begun(), [0, 0]);
        let mut keys: Vec<u8> = vec![3];
        let mut model: Vec<[u64; 2]> = vec![[0, 0]];
        for (byte, (a, b)) in (13u8..).step_by(10).zip(steps) {
            at = [at[0] + a, at[1] + b];
            let rotation = next(&history, byte, vec![cut("a", at[0]), cut("b", at[1])]);
            let old = secret(*keys.last().unwrap());
            history = history.extend(&rotation.sign(&old, &secret(byte)).unwrap()).unwrap();
            keys.push(byte);
            model.push(at);
        }
        for (index, log) in ["a", "b"].into_iter().enumerate() {
            let last = model.iter().rposition(|cuts| cuts[index] <= asked).unwrap();
            let expected = secret(keys[last]).public();
            prop_assert_eq!(history.key_for(Purpose::Log, log, asked), &expected);
            let intervals = history.intervals(Purpose::Log, log);
            let mut holding = intervals.iter().filter(|interval| {
                interval.from <= asked && interval.until.is_none_or(|until| asked < until)
            });
            prop_assert_eq!(holding.next().map(|interval| interval.key), Some(&expected));
            prop_assert!(holding.next().is_none());
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(tree) = canon::parse_value(&bytes) {
            prop_assert!(begun().extend(&tree).is_err());
            prop_assert_eq!(judge(&tree, &[]).verdict, Verdict::Invalid);
        }
    }
}

#[test]
fn the_pin_is_the_root() {
    let wrong: Did = secret(9).public().did();
    let error = KeyHistory::verify(&founded("test", Realm::Sandbox), &[], &wrong);
    assert!(matches!(error, Err(HistoryError::Inception(_))));
}
