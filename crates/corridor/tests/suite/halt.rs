//! Stopping alone, starting together.

use corridor::Since;
use corridor::halt::{HaltError, HaltNotice, Resume, Stop};
use corridor::lane::{Draft, TransitionKind};
use corridor::{AppendError, DocumentError};
use serde_json::{Value, json};

use crate::zones::{World, at, draft, key, resigned};

fn noop() -> Draft {
    draft(TransitionKind::Noop, json!({}))
}

fn resume(document: Value) -> Draft {
    draft(TransitionKind::Resume, document)
}

/// `sg` has halted, and `pk` knows.
fn stopped() -> World {
    let mut world = World::new();
    world.sides[1].halt("sg:0").unwrap();
    world.settle();
    world
}

#[test]
fn no_business_after_a_halt_is_known_on_either_side() {
    let mut world = World::new();
    world.sides[1].halt("sg:0").unwrap();
    for kind in [TransitionKind::Noop, TransitionKind::PaymentTransfer] {
        let refused = world.sides[1].write(draft(kind, json!({}))).unwrap_err();
        assert!(matches!(&refused, AppendError::State(id) if id.as_str() == "sg:0"));
    }
    // In flight: `pk` does not know yet, and its lane stays good.
    world.sides[0].write(noop()).unwrap();
    world.settle();
    assert!(matches!(world.sides[0].write(noop()), Err(AppendError::State(_))));
    // A reader refuses it too, whatever the writer did to sign it.
    let lying = world.sides[0].forged(draft(TransitionKind::PaymentReturn, json!({})), |r| {
        r.transition.kind = TransitionKind::PaymentTransfer;
    });
    let reader = &world.sides[1];
    let mut lane = reader.there.lane().clone();
    let other = reader.here.lane();
    let refused = lane.append(&lying, None, other, reader.parties()).unwrap_err();
    assert!(matches!(refused, AppendError::State(_)));
    // Control goes on: acknowledgement, return, a further halt.
    world.sides[0].ack(1, &[]).unwrap();
    world.sides[0].write(draft(TransitionKind::PaymentReturn, json!({}))).unwrap();
    world.sides[0].halt("pk:3").unwrap();
    world.settle();
}

#[test]
fn what_was_seen_decides_not_when_it_is_judged() {
    let mut world = stopped();
    // `pk` has seen the halt and nothing later; `sg` goes on and lifts it.
    let lying = world.sides[0].forged(draft(TransitionKind::PaymentReturn, json!({})), |r| {
        r.transition.kind = TransitionKind::PaymentTransfer;
    });
    let lifting = world.resume(1, &["sg:0"]);
    world.sides[1].write(resume(lifting)).unwrap();
    let reader = &world.sides[1];
    for other in &reader.here.prefixes[1..] {
        let mut lane = reader.there.lane().clone();
        let refused = lane.append(&lying, None, other, reader.parties()).unwrap_err();
        assert!(matches!(refused, AppendError::State(_)));
    }
    world.settle();
    world.sides[0].write(noop()).unwrap();
    world.settle();
}

#[test]
fn a_halt_nobody_listed_keeps_the_corridor_stopped() {
    let mut world = stopped();
    world.sides[0].halt("pk:0").unwrap();
    world.settle();
    let lifting = world.resume(1, &["sg:0"]);
    world.sides[1].write(resume(lifting.clone())).unwrap();
    world.sides[0].write(resume(lifting)).unwrap();
    world.settle();
    for side in [0, 1] {
        let refused = world.sides[side].write(noop()).unwrap_err();
        assert!(matches!(&refused, AppendError::State(id) if id.as_str() == "pk:0"));
    }
    let lifting = world.resume(2, &["pk:0"]);
    for side in [0, 1] {
        world.sides[side].write(resume(lifting.clone())).unwrap();
    }
    world.settle();
    world.sides[1].write(noop()).unwrap();
}

fn resumed(document: Value) -> HaltError {
    match stopped().sides[1].write(resume(document)).unwrap_err() {
        AppendError::Halt(refused) => refused,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_resume_needs_both_and_its_own_epoch() {
    let world = stopped();
    let good = world.resume(1, &["sg:0"]);
    let pens = world.sides.each_ref().map(|side| &side.pen);
    for pen in pens {
        let alone = resigned(&good, &[pen], |_| ());
        assert!(matches!(resumed(alone), HaltError::Unilateral));
    }
    let again = resumed(world.resume(2, &["sg:0"]));
    assert!(matches!(again, HaltError::Epoch { expected: 1, found: 2 }));
    let subject =
        |name: &str, value: Value| resigned(&good, &pens, |d| d["credentialSubject"][name] = value);
    let elsewhere = json!("org.momentum.mez.corridor.aa--bb");
    assert!(matches!(resumed(subject("corridor_id", elsewhere)), HaltError::Corridor));
    let long = json!("x".repeat(501));
    assert!(matches!(resumed(subject("reason", long)), HaltError::TooLong("reason")));
    let many: Vec<_> = (0..129).map(|n| format!("h:{n}")).collect();
    assert!(matches!(resumed(subject("lifts", json!(many))), HaltError::TooLong("lifts")));
    let stranger = resigned(&good, &[pens[0], &key(99)], |_| ());
    let refused = resumed(stranger);
    assert!(matches!(refused, HaltError::Document(DocumentError::Stranger { .. })));
    let mut changed = good.clone();
    changed["credentialSubject"]["reason"] = json!("other");
    let refused = resumed(changed);
    assert!(matches!(refused, HaltError::Document(DocumentError::Proof { .. })));
    assert!(matches!(resumed(json!({})), HaltError::Document(DocumentError::Shape { .. })));
    // Once written, the same credential opens nothing again.
    let mut world = stopped();
    world.sides[1].write(resume(good.clone())).unwrap();
    let refused = world.sides[1].write(resume(good)).unwrap_err();
    assert!(matches!(refused, AppendError::Halt(HaltError::Epoch { expected: 2, found: 1 })));
}

fn halted(content: Value) -> AppendError {
    stopped().sides[1].write(draft(TransitionKind::Halt, content)).unwrap_err()
}

#[test]
fn every_fault_of_a_notice_has_its_name() {
    let world = stopped();
    let notice = |name: &str, value: Value| {
        let mut notice = world.sides[1].notice(Stop::Halt, "sg:1");
        notice[name] = value;
        match halted(notice) {
            AppendError::Halt(refused) => refused,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(notice("more", json!(1)), HaltError::Shape(_)));
    assert!(matches!(notice("type", json!("MEZHalt")), HaltError::Corridor));
    let elsewhere = json!("org.momentum.mez.corridor.aa--bb");
    assert!(matches!(notice("corridor_id", elsewhere), HaltError::Corridor));
    let long = json!("x".repeat(501));
    assert!(matches!(notice("reason", long.clone()), HaltError::TooLong("reason")));
    assert!(matches!(notice("authority", long), HaltError::TooLong("authority")));
    assert!(matches!(notice("halt_id", json!("sg:0")), HaltError::Duplicate(_)));
    let id = canon::RecordId::parse("sg:1").unwrap();
    let corridor = &world.terms.corridor_id;
    let refused = HaltNotice::new(Stop::Halt, corridor, id, &"x".repeat(501), "a").unwrap_err();
    assert!(matches!(refused, HaltError::TooLong("reason")));
}

#[test]
fn an_id_names_one_halt_for_ever() {
    let mut world = stopped();
    let lifting = world.resume(1, &["sg:0"]);
    world.sides[1].write(resume(lifting)).unwrap();
    let refused = world.sides[1].halt("sg:0").unwrap_err();
    assert!(matches!(refused, AppendError::Halt(HaltError::Duplicate(_))));
}

#[test]
fn a_suspension_stops_business_until_both_resume() {
    let mut world = World::new();
    world.sides[1].stop(Stop::Suspend, "sg:0").unwrap();
    world.settle();
    for side in 0..2 {
        let refused = world.sides[side].write(noop()).unwrap_err();
        assert!(matches!(refused, AppendError::State(id) if id.as_str() == "sg:0"), "{side}");
    }
    let open = &world.sides[1].here.lane().halts()[0];
    assert_eq!((open.stop, open.stop.state()), (Stop::Suspend, corridor::State::Suspended));
    let lifting = world.resume(1, &["sg:0"]);
    world.sides[1].write(resume(lifting.clone())).unwrap();
    world.settle();
    world.sides[0].write(resume(lifting)).unwrap();
    world.sides[0].write(noop()).unwrap();
}

#[test]
fn an_ended_corridor_winds_down_and_nothing_starts_it_again() {
    let mut world = World::new();
    world.sides[0].write(noop()).unwrap();
    world.settle();
    world.sides[1].stop(Stop::Deprecate, "sg:0").unwrap();
    // Whoever does not know yet may still halt.
    world.sides[0].halt("pk:1").unwrap();
    world.settle();
    let lifting = world.resume(1, &["pk:1", "sg:0"]);
    for side in 0..2 {
        for kind in [Stop::Halt, Stop::Suspend, Stop::Deprecate] {
            let refused = world.sides[side].stop(kind, "again:7").unwrap_err();
            assert!(matches!(refused, AppendError::State(id) if id.as_str() == "sg:0"), "{kind:?}");
        }
        for draft in [noop(), resume(lifting.clone())] {
            let refused = world.sides[side].write(draft).unwrap_err();
            assert!(matches!(refused, AppendError::State(id) if id.as_str() == "sg:0"), "{side}");
        }
    }
    world.sides[1].ack(2, &[]).unwrap();
}

#[test]
fn a_notice_is_of_the_kind_of_its_receipt() {
    let mut world = World::new();
    let halt = world.sides[0].notice(Stop::Halt, "pk:0");
    for kind in [TransitionKind::Suspend, TransitionKind::Deprecate] {
        let refused = world.sides[0].write(draft(kind, halt.clone())).unwrap_err();
        assert!(matches!(refused, AppendError::Halt(HaltError::Corridor)), "{kind}");
    }
}

#[test]
fn a_lane_holds_at_most_so_many_open_halts() {
    let mut world = World::new();
    for n in 0..corridor::limits::HALTS_MAX {
        world.sides[0].halt(&format!("pk:{n}")).unwrap();
    }
    assert!(matches!(world.sides[0].halt("pk:64"), Err(AppendError::Full)));
}

#[test]
fn a_resume_is_read_with_one_signature_while_it_waits_for_the_other() {
    let world = World::new();
    let [a, b] = world.sides.each_ref().map(|side| &side.party);
    let good = world.resume(1, &[]);
    let alone = resigned(&good, &[&world.sides[0].pen], |_| ());
    let read =
        Resume::read(&alone, &world.terms.corridor_id, [Since(a, None), Since(b, None)]).unwrap();
    assert!(!read.signed_by_all(&[a, b]));
    let twice = Resume::countersign(good, at(60), &world.sides[0].pen).unwrap_err();
    assert!(matches!(twice, HaltError::Document(DocumentError::Sign(_))));
}
