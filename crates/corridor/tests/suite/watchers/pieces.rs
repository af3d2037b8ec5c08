//! A mirror that grows is the mirror of the whole, and takes nothing that does not join or does not hold.

use corridor::lane::LaneReceipt;
use corridor::messages::Item;
use corridor::verify::LaneItem;
use corridor::watcher::{Piece, PieceLane, read_piece};

use super::*;

fn mirror(world: &World) -> Mirror {
    Mirror::read(&bundle(world, 0), &world.dids()).unwrap()
}

/// What the world shows beyond what a mirror holds, at most `most` receipts a lane.
fn piece(world: &World, held: &Mirror, most: usize) -> Piece {
    let mut from = [0; 2];
    from.iter_mut().zip(held.sizes()).for_each(|(from, (_, size))| *from = size);
    beyond(world, from, held.cut_count(), most)
}

/// The same beyond so many receipts and cuts.
pub fn beyond(world: &World, from: [u64; 2], cuts: usize, most: usize) -> Piece {
    let item = |item: &LaneItem| {
        let receipt = LaneReceipt::read(&item.receipt).unwrap();
        let public = receipt.transition.kind.payload_is_public();
        Item {
            receipt: Canonical::exact(&item.receipt).unwrap().value(),
            payload: item.payload.clone().filter(|_| public),
            sealed: None,
            checkpoint: String::from_utf8(item.checkpoint.clone()).unwrap(),
        }
    };
    let lane = |(side, from): (&crate::zones::Side, u64)| {
        let items = side.here.items.iter().skip(usize::try_from(from).unwrap()).take(most);
        PieceLane {
            from,
            items: items.map(item).collect(),
            root: side.here.tree.root_at(from).ok(),
            size: side.here.size(),
            zone_id: side.party.zone().clone(),
        }
    };
    Piece {
        corridor_id: world.terms.corridor_id.clone(),
        cuts: world.cuts.iter().skip(cuts).cloned().collect(),
        lanes: world.sides.iter().zip(from).map(lane).collect(),
        type_: Piece::TYPE.to_owned(),
        zones: zones(world),
    }
}

/// The world, and the same some receipts and a cut later.
fn two() -> (World, World) {
    let mut later = world();
    for n in 0..7 {
        later.sides[n % 2].write(noop(n as u64)).unwrap();
        later.settle();
    }
    later.cut(0).unwrap();
    (world(), later)
}

fn same(one: &Mirror, other: &Mirror) {
    assert_eq!((one.against(other), other.against(one)), (Vec::new(), Vec::new()));
    assert!(one.sizes().eq(other.sizes()));
    assert_eq!(one.cut_count(), other.cut_count());
    assert_eq!(one.newest_cut().map(|(digest, _)| digest), other.newest_cut().map(|(d, _)| d));
}

#[test]
fn a_mirror_that_grew_is_the_mirror_of_the_whole() {
    let (early, later) = two();
    let whole = mirror(&later);
    for most in [1, 2, 3, 100] {
        let mut grown = mirror(&early);
        let mut pieces = 0;
        loop {
            let piece = piece(&later, &grown, most);
            let bytes = Canonical::of(&piece).unwrap();
            assert_eq!(read_piece(bytes.bytes()).unwrap(), piece);
            let before = grown.cut_count();
            if grown.extend(&piece).unwrap() == 0 && grown.cut_count() == before {
                break;
            }
            pieces += 1;
        }
        assert!(pieces >= 1 && (most > 1 || pieces > 3), "{pieces} pieces of {most}");
        same(&grown, &whole);
    }
}

#[test]
fn what_does_not_join_or_does_not_hold_is_refused() {
    let (early, later) = two();
    let held = mirror(&early);
    let good = piece(&later, &held, 100);
    let code = |piece: &Piece| mirror(&early).extend(piece).unwrap_err()[0].code;
    assert!(mirror(&early).extend(&good).is_ok());
    let with = |change: &dyn Fn(&mut Piece)| {
        let mut piece = good.clone();
        change(&mut piece);
        code(&piece)
    };
    assert_eq!(with(&|piece| piece.type_ = "MEZPiece".to_owned()), "piece");
    assert_eq!(with(&|piece| piece.lanes.reverse()), "piece");
    assert_eq!(with(&|piece| piece.lanes[0].from += 1), "piece");
    assert_eq!(with(&|piece| piece.lanes[0].root = None), "piece", "it shows less than it did");
    assert_eq!(
        with(&|piece| piece.lanes[0].root = piece.lanes[1].root),
        "piece",
        "another history"
    );
    assert_eq!(with(&|piece| piece.zones.reverse()), "zone-keys");
    assert_eq!(with(&|piece| drop(piece.zones.pop())), "zone-keys");
    // Out of order, a receipt does not follow, or waits for what never comes.
    let broken = ["causality", "receipt"];
    assert!(broken.contains(&with(&|piece| drop(piece.lanes[0].items.remove(0)))));
    assert!(broken.contains(&with(&|piece| piece.lanes[0].items.swap(0, 1))));
    assert_eq!(with(&|piece| piece.lanes[0].items[0].receipt["epoch"] = json!(1)), "receipt");
    let note = good.lanes[0].items[1].checkpoint.clone();
    assert_eq!(with(&|piece| piece.lanes[0].items[0].checkpoint = note.clone()), "checkpoint");
    assert_eq!(with(&|piece| piece.cuts[0]["epoch"] = json!(3)), "cut");
}
