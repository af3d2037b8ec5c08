//! The whole life of a corridor, as both sides see it.

use corridor::Terms;
use corridor::verify::judge;
use proof::credential::Verdict;

use crate::zones::{World, at};

#[test]
fn a_corridor_lives_and_a_stranger_believes_it() {
    let world = World::lived();
    let [a, b] = &world.sides;
    assert_eq!(a.here.lane(), b.there.lane());
    assert_eq!(b.here.lane(), a.there.lane());
    assert_eq!((a.here.lane().epoch(), b.here.lane().epoch()), (1, 1));
    assert!(a.here.lane().halts().is_empty() && b.here.lane().halts().is_empty());
    for by in [0, 1] {
        let report = judge(&world.bundle(by), &world.dids());
        assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
        assert_eq!(report.cuts, 2);
        assert_eq!(report.corridor_id.as_ref(), Some(&world.terms.corridor_id));
        let [one, other] = report.lanes.as_slice() else { panic!("two lanes") };
        assert_eq!((one.size, one.root), (a.here.size(), a.here.lane().root()));
        assert_eq!((other.acknowledged, other.refused), (5, 1));
    }
}

#[test]
fn both_sides_derive_the_same_terms_whatever_order_they_look_in() {
    let world = World::new();
    let [a, b] = world.sides.each_ref().map(|side| &side.party);
    let views = [(b, &world.agreements[1]), (a, &world.agreements[0])];
    let again = Terms::derive(&world.definition, &views, [b, a]).unwrap();
    assert_eq!(again, world.terms);
    assert!(again.in_effect(at(0)).is_ok());
}
