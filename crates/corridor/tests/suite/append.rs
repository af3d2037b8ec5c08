//! Every rule of the lane, broken once by a writer who signs what it breaks.

use canon::{CorridorId, Digest, ZoneId};
use corridor::halt::Stop;
use corridor::lane::{Ack, AckError, Draft, LaneReceipt, ReceiptError, Seen, TransitionKind};
use corridor::{AppendError, Lane};
use serde_json::json;

use crate::zones::{Side, World, at, draft, key, payload, resealed};

/// Both sides hold two receipts of `pk` and one acknowledgement by `sg`, of the first.
fn world() -> World {
    let mut world = World::new();
    for n in [1, 2] {
        world.sides[0].write(draft(TransitionKind::Noop, json!({ "n": n }))).unwrap();
    }
    world.settle();
    world.sides[1].ack(1, &[]).unwrap();
    world.settle();
    world
}

fn noop() -> Draft {
    draft(TransitionKind::Noop, json!({}))
}

/// What the other side answers to a receipt; a refusal leaves its lane as it was.
fn answer(reader: &Side, receipt: &LaneReceipt, sent: Option<&Draft>) -> AppendError {
    let mut lane: Lane = reader.there.lane().clone();
    let before = lane.clone();
    let sent = sent.map(|draft| &draft.payload);
    let other = reader.here.lane();
    let refused = match lane.append(receipt, sent, other, reader.parties()) {
        Err(refused) => refused,
        Ok(_) => receipt.check_views(|n| reader.here.tree.root_at(n).ok()).unwrap_err(),
    };
    assert!(lane == before || matches!(refused, AppendError::Equivocation { .. }));
    assert!(!refused.to_string().is_empty());
    refused
}

/// The answer of `pk` to the next receipt of `sg`, changed by `edit` and properly signed.
fn edited(draft: Draft, edit: impl FnOnce(&mut LaneReceipt)) -> AppendError {
    let world = world();
    let receipt = world.sides[1].forged(draft.clone(), edit);
    answer(&world.sides[0], &receipt, Some(&draft))
}

macro_rules! refused {
    ($draft:expr, $edit:expr, $name:pat) => {
        let refused = edited($draft, $edit);
        assert!(matches!(refused, $name), "{refused:?}");
    };
}

#[test]
fn the_place_in_the_lane() {
    let other = CorridorId::parse("org.momentum.mez.corridor.aa--bb").unwrap();
    refused!(noop(), |r| r.corridor_id = other, AppendError::Corridor(_));
    let third = ZoneId::parse("org.momentum.mez.zone.third").unwrap();
    refused!(noop(), |r| r.lane = third, AppendError::Owner(_));
    refused!(noop(), |r| r.sequence = 5, AppendError::Sequence { expected: 1, found: 5 });
    refused!(noop(), |r| r.sequence = 0, AppendError::Sequence { expected: 1, found: 0 });
    refused!(noop(), |r| r.prev_root = Digest::of_blob(b"x"), AppendError::Link { .. });
    refused!(noop(), |r| r.timestamp = at(10), AppendError::Time { .. });
    refused!(noop(), |r| r.epoch = 1, AppendError::Epoch { expected: 0, found: 1 });
    let sets = [Digest::of_blob(b"pack")];
    refused!(
        noop(),
        |r| r.lawpack_digest_set = sets.to_vec(),
        AppendError::Terms("lawpack_digest_set")
    );
    refused!(
        noop(),
        |r| r.ruleset_digest_set = sets.to_vec(),
        AppendError::Terms("ruleset_digest_set")
    );
}

#[test]
fn normal_form_and_signature() {
    let wrong = |r: &mut LaneReceipt| r.type_ = "MEZReceipt".to_owned();
    refused!(noop(), wrong, AppendError::Receipt(ReceiptError::Type { .. }));
    let wrong = |r: &mut LaneReceipt| r.transition.type_ = "Other".to_owned();
    refused!(noop(), wrong, AppendError::Receipt(ReceiptError::Type { .. }));
    let world = world();
    let [reader, writer] = &world.sides;
    // A root of the writer's choosing, under its own good signature.
    let mut receipt = writer.forged(noop(), |_| ());
    receipt.next_root = Digest::of_blob(b"chosen");
    let refused = answer(reader, &receipt, None);
    assert!(matches!(refused, AppendError::Receipt(ReceiptError::Root { .. })));
    let stranger = resealed(writer.forged(noop(), |_| ()), &key(99));
    let refused = answer(reader, &stranger, None);
    assert!(matches!(refused, AppendError::Receipt(ReceiptError::OtherKey)));
    let mut bare = writer.forged(noop(), |_| ());
    let proof = bare.proof.take().unwrap();
    let refused = answer(reader, &bare, None);
    assert!(matches!(refused, AppendError::Receipt(ReceiptError::OtherKey)));
    bare.proof = Some(json!([proof]));
    let refused = answer(reader, &bare, None);
    assert!(matches!(refused, AppendError::Receipt(ReceiptError::OtherKey)));
    let mut broken = proof;
    broken["created"] = json!(at(1));
    bare.proof = Some(broken);
    let refused = answer(reader, &bare, None);
    assert!(matches!(refused, AppendError::Receipt(ReceiptError::Signature(_))));
}

#[test]
fn one_receipt_has_one_spelling() {
    let world = World::lived();
    for side in &world.sides {
        for item in &side.here.items {
            let value = canon::parse_value(&item.receipt).unwrap();
            for name in ["ack", "decision_commitment", "seen"] {
                let mut other = value.clone();
                if !other[name].is_null() {
                    continue;
                }
                other[name] = serde_json::Value::Null;
                let bytes = canon::Canonical::of_value(&other).unwrap();
                assert!(LaneReceipt::read(bytes.bytes()).is_err(), "{name} as null");
            }
        }
    }
}

#[test]
fn bytes_that_are_no_receipt() {
    let world = world();
    let good = world.sides[1].forged(noop(), |_| ());
    let bytes = |receipt: &LaneReceipt| receipt.canonical().unwrap().bytes().to_vec();
    assert_eq!(LaneReceipt::read(&bytes(&good)).unwrap(), good);
    let refused = |bytes: &[u8]| LaneReceipt::read(bytes).unwrap_err();
    let spaced = [bytes(&good), b" ".to_vec()].concat();
    assert!(matches!(refused(&spaced), ReceiptError::Shape(_)));
    let mut value = good.canonical().unwrap().value();
    value["more"] = json!(1);
    assert!(matches!(refused(value.to_string().as_bytes()), ReceiptError::Shape(_)));
    let text = String::from_utf8(bytes(&good)).unwrap().replace("\"noop\"", "\"asset.lock\"");
    assert!(refused(text.as_bytes()).to_string().contains("asset.lock"));
    let [one, other] = [Digest::of_blob(b"1"), Digest::of_blob(b"2")];
    let (low, high) = (one.min(other), one.max(other));
    let too_many = (0u8..65).map(|n| Digest::from_bytes([n; 32])).collect();
    for set in [vec![high, low], vec![low, low], too_many] {
        let mut receipt = good.clone();
        receipt.lawpack_digest_set = set.clone();
        let receipt = resealed(receipt, &world.sides[1].log);
        assert!(matches!(refused(&bytes(&receipt)), ReceiptError::DigestSet(_)), "{set:?}");
    }
    let mut receipt = good;
    receipt.sequence += 1;
    assert!(matches!(refused(&bytes(&receipt)), ReceiptError::Root { .. }));
}

#[test]
fn seen_only_grows_and_never_runs_ahead() {
    refused!(noop(), |r| r.seen = None, AppendError::Seen);
    refused!(noop(), |r| r.seen.as_mut().unwrap().size = 1, AppendError::Seen);
    refused!(noop(), |r| r.seen.as_mut().unwrap().size = 0, AppendError::Seen);
    let root = Digest::of_blob(b"other");
    refused!(noop(), |r| r.seen.as_mut().unwrap().root = root, AppendError::Seen);
    let third = ZoneId::parse("org.momentum.mez.zone.third").unwrap();
    refused!(noop(), |r| r.seen.as_mut().unwrap().lane = third, AppendError::Seen);
    let ahead = |r: &mut LaneReceipt| r.seen.as_mut().unwrap().size = 3;
    refused!(noop(), ahead, AppendError::Ahead { seen: 3, held: 2 });
}

#[test]
fn a_root_this_side_never_had_is_equivocation() {
    let mut world = world();
    world.sides[0].write(noop()).unwrap();
    let seen = |r: &mut LaneReceipt| {
        let size = 3;
        r.seen = Some(Seen { size, root: Digest::of_blob(b"x"), ..r.seen.clone().unwrap() });
    };
    let receipt = world.sides[1].forged(noop(), seen);
    let refused = answer(&world.sides[0], &receipt, None);
    assert!(matches!(refused, AppendError::Equivocation { sequence: 1, size: 3 }));
    let ack = world.sides[1].ack_of(1, &[]);
    let ack = Ack { root: Digest::of_blob(b"x"), ..ack };
    let receipt = world.sides[1].forged(noop(), |r| r.ack = Some(ack));
    let refused = answer(&world.sides[0], &receipt, None);
    assert!(matches!(refused, AppendError::Equivocation { sequence: 1, size: 1 }));
}

#[test]
fn acknowledgements() {
    let world = world();
    let ack = |size: u64, refused: &[u64]| world.sides[1].ack_of(size, refused);
    let answered = |ack: Ack| match edited(noop(), |r| r.ack = Some(ack)) {
        AppendError::Ack(refused) => refused,
        other => panic!("{other:?}"),
    };
    let third = ZoneId::parse("org.momentum.mez.zone.third").unwrap();
    let about = |lane| answered(Ack { lane, ..ack(2, &[]) });
    assert_eq!(about(third.clone()), AckError::Lane(third));
    let own = world.sides[1].party.zone().clone();
    assert_eq!(about(own.clone()), AckError::Lane(own));
    assert_eq!(answered(ack(0, &[])), AckError::Retracts { previous: 1, found: 0 });
    assert_eq!(answered(ack(3, &[])), AckError::BeyondSeen { size: 3, seen: 2 });
    let other_root = Ack { root: Digest::of_blob(b"x"), ..ack(2, &[]) };
    assert_eq!(answered(other_root), AckError::Root);
    // Decided before, not decided yet, twice.
    assert_eq!(answered(ack(2, &[0])), AckError::Refused(0));
    assert_eq!(answered(ack(2, &[2])), AckError::Refused(2));
    assert_eq!(answered(ack(2, &[1, 1])), AckError::Refused(1));
    assert_eq!(answered(ack(2, &[1; 1_001])), AckError::TooMany);
    for code in ["", "two words", "é", &"x".repeat(101)] {
        let mut ack = ack(2, &[1]);
        ack.refused[0].reason_code = code.to_owned();
        assert_eq!(answered(ack), AckError::Reason(1));
    }
    let missing = draft(TransitionKind::Noop, json!({}));
    let no_ack = |r: &mut LaneReceipt| r.transition.kind = TransitionKind::Ack;
    refused!(missing, no_ack, AppendError::AckMissing);
}

#[test]
fn nothing_seen_nothing_acknowledged() {
    let world = World::new();
    let ack = world.sides[1].ack_of(0, &[]);
    let receipt = world.sides[1].forged(noop(), |r| r.ack = Some(ack));
    let refused = answer(&world.sides[0], &receipt, None);
    let beyond = AckError::BeyondSeen { size: 0, seen: 0 };
    assert!(matches!(refused, AppendError::Ack(e) if e == beyond));
}

#[test]
fn decisions_and_payloads() {
    let some = Some(Digest::of_blob(b"decided"));
    refused!(noop(), |r| r.decision_commitment = some, AppendError::Decision(TransitionKind::Noop));
    for kind in [TransitionKind::PaymentTransfer, TransitionKind::PaymentReturn] {
        let decided = draft(kind, json!({}));
        refused!(decided, |r| r.decision_commitment = None, AppendError::Decision(_));
    }
    refused!(
        noop(),
        |r| r.transition.payload_commitment = Digest::of_blob(b"x"),
        AppendError::Payload
    );
    let world = world();
    let receipt = world.sides[1].forged(noop(), |_| ());
    for (content, salt) in [(json!({ "n": 1 }), 7), (json!({}), 8)] {
        let other = Draft { payload: payload(content, salt), ..noop() };
        assert!(matches!(answer(&world.sides[0], &receipt, Some(&other)), AppendError::Payload));
    }
    let halt = draft(TransitionKind::Halt, world.sides[1].notice(Stop::Halt, "sg:1"));
    let receipt = world.sides[1].forged(halt, |_| ());
    let refused = answer(&world.sides[0], &receipt, None);
    assert!(matches!(refused, AppendError::PayloadMissing(TransitionKind::Halt)));
}

#[test]
fn a_writer_refuses_what_its_reader_would_refuse() {
    let mut world = world();
    let [a, b] = &mut world.sides;
    // The other party's pen, and the assertion key instead of the log key.
    std::mem::swap(&mut a.log, &mut b.log);
    let refused = a.write(noop()).unwrap_err();
    assert!(matches!(refused, AppendError::Receipt(ReceiptError::OtherKey)));
    std::mem::swap(&mut a.log, &mut b.log);
    std::mem::swap(&mut a.log, &mut a.pen);
    assert!(a.write(noop()).is_err());
    std::mem::swap(&mut a.log, &mut a.pen);
    assert!(a.ack(2, &[]).is_err());
    // A clock that went back does not take the lane back.
    a.clock = -1_000;
    let before = a.here.lane().timestamp();
    assert_eq!(a.write(noop()).unwrap().timestamp, before);
}

#[test]
fn a_lane_keeps_at_rest() {
    let world = World::lived();
    for side in &world.sides {
        let lane = side.here.lane();
        let rest = canon::Canonical::of(lane).unwrap();
        assert_eq!(&rest.read::<Lane>().unwrap(), lane);
        let mut broken = rest.value();
        broken["tree"]["size"] = json!(999);
        assert!(serde_json::from_value::<Lane>(broken).is_err());
    }
}
