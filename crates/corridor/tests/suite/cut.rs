//! Cuts: one point of both lanes, or a refusal by name.

use canon::Digest;
use corridor::CutError;
use corridor::cut::Cut;
use corridor::lane::TransitionKind;
use serde_json::{Value, json};

use crate::zones::{World, draft, key, resigned};

fn noop() -> corridor::lane::Draft {
    draft(TransitionKind::Noop, json!({}))
}

/// One receipt in each lane, known to both.
fn world() -> World {
    let mut world = World::new();
    for side in [0, 1] {
        world.sides[side].write(noop()).unwrap();
    }
    world.settle();
    world
}

#[test]
fn cuts_of_a_growing_corridor_name_each_other() {
    let mut world = world();
    world.cut(0).unwrap();
    world.sides[1].write(noop()).unwrap();
    world.cut(1).unwrap();
    // One side has not got the latest receipts; the point is closed all the same.
    world.sides[0].write(noop()).unwrap();
    world.sides[1].write(noop()).unwrap();
    world.cut(0).unwrap();
    let last = Cut::read(&world.cuts[2], &world.terms).unwrap();
    assert_eq!(last.previous, [Cut::digest(&world.cuts[1]).unwrap()]);
    assert_eq!(last.lanes.iter().map(|lane| lane.size).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn nothing_to_cut() {
    let world = World::new();
    assert!(matches!(world.propose_cut(0, Vec::new()), Err(CutError::EmptyLane(_))));
    let world = self::world();
    let good = world.propose_cut(0, Vec::new()).unwrap();
    let mut empty = good;
    empty["lanes"][0]["size"] = json!(0);
    assert!(matches!(Cut::read(&empty, &world.terms), Err(CutError::EmptyLane(_))));
}

#[test]
fn another_shape_or_another_corridor() {
    let world = world();
    let good = world.propose_cut(0, Vec::new()).unwrap();
    let read = |name: &str, value: Value| {
        let mut cut = good.clone();
        cut[name] = value;
        Cut::read(&cut, &world.terms).unwrap_err()
    };
    assert!(matches!(read("more", json!(1)), CutError::Shape(_)));
    let digest = json!(Digest::of_blob(b"x"));
    let mut swapped = good["lanes"].clone();
    swapped.as_array_mut().unwrap().swap(0, 1);
    let unsorted = json!([Digest::of_blob(b"x"), Digest::of_blob(b"x")]);
    let others = [
        ("type", json!("MEZCut")),
        ("corridor_id", json!("org.momentum.mez.corridor.aa--bb")),
        ("genesis_root", digest.clone()),
        ("lanes", swapped),
        ("lanes", json!([])),
        ("lawpack_digest_set", json!([digest])),
        ("ruleset_digest_set", json!([])),
        ("previous", unsorted),
    ];
    for (name, value) in others {
        let refused = read(name, value);
        assert!(matches!(&refused, CutError::Other(found) if *found == name), "{refused:?}");
    }
}

/// What `sg` answers to a cut by `pk` that says something else.
fn checked(edit: impl FnOnce(&mut Value)) -> CutError {
    let mut world = world();
    world.sides[0].write(noop()).unwrap();
    world.settle();
    let mut cut = world.propose_cut(0, Vec::new()).unwrap();
    edit(&mut cut);
    let cut = match Cut::read(&cut, &world.terms) {
        Ok(cut) => cut,
        Err(refused) => return refused,
    };
    let signer = &world.sides[1];
    let parts = [&signer.there, &signer.here].map(|kept| kept.at(kept.size()));
    let (lanes, notes) = (parts.map(|(lane, _)| lane), parts.map(|(_, note)| note));
    cut.check_against(lanes, notes, signer.parties()).unwrap_err()
}

#[test]
fn a_cut_that_differs_from_what_is_held() {
    let digest = || json!(Digest::of_blob(b"x"));
    let refused = checked(|cut| cut["lanes"][0]["root"] = digest());
    assert!(matches!(refused, CutError::Inclusion(_)));
    let refused = checked(|cut| cut["lanes"][0]["last_next_root"] = digest());
    assert!(matches!(refused, CutError::Inclusion(_)));
    let refused = checked(|cut| cut["lanes"][0]["inclusion"] = json!([]));
    assert!(matches!(refused, CutError::Inclusion(_)));
    let refused = checked(|cut| cut["lanes"][0]["note_sha256"] = digest());
    assert!(matches!(refused, CutError::Root(_, 2)));
    let refused = checked(|cut| cut["epoch"] = json!(1));
    assert!(matches!(refused, CutError::Other("epoch")));
    // A lane of one receipt that is not the one held: its root is the leaf.
    let other = Digest::of_blob(b"other");
    let refused = checked(|cut| {
        let leaf = canon::sha256_parts(&[&[0], other.as_bytes()]);
        cut["lanes"][1]["last_next_root"] = json!(other);
        cut["lanes"][1]["root"] = json!(leaf);
    });
    assert!(matches!(refused, CutError::Root(_, 1)));
}

#[test]
fn a_point_that_is_not_causally_closed() {
    let mut world = world();
    world.sides[0].write(noop()).unwrap();
    world.settle();
    world.sides[1].write(noop()).unwrap();
    world.settle();
    // `sg` has seen two receipts of `pk`; cover one.
    let [_, there] = world.held(0);
    let short = world.sides[0].here.at(1);
    let one: proof::merkle::Tree = [short.0.last_root()].into_iter().collect();
    let here = corridor::cut::HeldLane { lane: short.0, tree: &one, note: short.1 };
    let pen = &world.sides[0].pen;
    let now = crate::zones::at(60);
    let refused = Cut::propose(&world.terms, [&here, &there], Vec::new(), now, pen).unwrap_err();
    assert!(matches!(refused, CutError::Open { seen: 2, covered: 1, .. }));
}

#[test]
fn behind_the_cuts_before() {
    let mut world = world();
    let early = world.propose_cut(0, Vec::new()).unwrap();
    let read = |world: &World, cut: &Value| Cut::read(cut, &world.terms).unwrap();
    world.sides[0].write(noop()).unwrap();
    world.settle();
    let late = world.propose_cut(0, Vec::new()).unwrap();
    let signed = [read(&world, &late)];
    let refused = read(&world, &early).check_after(&signed).unwrap_err();
    assert!(matches!(refused, CutError::Dominance));
    // The same point may be fixed again, and a cut may name one that is not held here.
    let again = world.propose_cut(0, vec![Digest::of_blob(b"lost")]).unwrap();
    read(&world, &again).check_after(&signed).unwrap();
}

#[test]
fn signatures_of_both_and_of_nobody_else() {
    let mut world = world();
    world.cut(0).unwrap();
    let [a, b] = &world.sides;
    let parties = [&a.party, &b.party];
    let verify = |document: &Value| Cut::verify_signers(document, parties, &parties);
    let good = &world.cuts[0];
    verify(good).unwrap();
    let alone = resigned(good, &[&a.pen], |_| ());
    assert!(matches!(verify(&alone), Err(CutError::Unsigned("both parties"))));
    let crowd = resigned(good, &[&a.pen, &b.pen, &key(99)], |_| ());
    assert!(matches!(verify(&crowd), Err(CutError::Unsigned("participants only"))));
    let mut changed = good.clone();
    changed["timestamp"] = json!("2026-11-20T12:00:00Z");
    assert!(matches!(verify(&changed), Err(CutError::Signature(_))));
    let logged = resigned(good, &[&a.log, &b.pen], |_| ());
    assert!(matches!(verify(&logged), Err(CutError::Unsigned(_))));
}
