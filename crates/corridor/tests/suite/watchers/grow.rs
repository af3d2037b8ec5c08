//! A watcher's round goes on from what it holds: pieces where they join, the whole where they do not.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use canon::{CorridorId, ZoneId};
use corridor::watcher::{Doubt, Fault, Folder, Piece, Said, SetNow, Shown, Source, Told, Watching};

use super::pieces::beyond;
use super::*;

#[derive(Debug)]
struct Stopped(String);

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Doubt> for Stopped {
    fn from(doubt: Doubt) -> Self {
        Self(format!("{doubt:?}"))
    }
}

impl Fault for Stopped {
    fn code(&self) -> &'static str {
        "stopped"
    }
}

/// What it remembers on; `full` refuses every piece.
#[derive(Clone, Default)]
struct Kept(Rc<RefCell<BTreeMap<ZoneId, Shown>>>, Rc<Cell<bool>>);

impl Folder for Kept {
    type Fault = Stopped;

    fn mirror(&self, zone: &ZoneId) -> Result<Option<Shown>, Stopped> {
        Ok(self.0.borrow().get(zone).cloned())
    }

    fn keep_mirror(&self, zone: &ZoneId, bundle: &[u8]) -> Result<(), Stopped> {
        let shown = Shown { bundle: bundle.to_vec(), pieces: Vec::new() };
        self.0.borrow_mut().insert(zone.clone(), shown);
        Ok(())
    }

    fn keep_piece(&self, zone: &ZoneId, place: usize, piece: &[u8]) -> Result<(), Stopped> {
        if self.1.get() {
            return Err(Stopped("the disk is full".to_owned()));
        }
        let mut all = self.0.borrow_mut();
        let shown = all.get_mut(zone).unwrap();
        assert_eq!(shown.pieces.len(), place);
        shown.pieces.push(piece.to_vec());
        Ok(())
    }

    fn said(&self) -> Result<Option<Said>, Stopped> {
        Ok(None)
    }

    fn say(&self, _: &Said) -> Result<(), Stopped> {
        Ok(())
    }

    fn keep_evidence(&self, _: &Canonical) -> Result<bool, Stopped> {
        Ok(true)
    }
}

/// One end of a world, and how often each was asked of it.
#[derive(Clone)]
struct End {
    world: Rc<RefCell<World>>,
    side: usize,
    did: Did,
    zone: ZoneId,
    whole: Rc<Cell<u32>>,
    asked: Rc<Cell<u32>>,
    /// Its pieces are changed on their way.
    spoiled: Rc<Cell<bool>>,
}

impl Source for End {
    type Fault = Stopped;

    fn did(&self) -> &Did {
        &self.did
    }

    fn zone(&self) -> &ZoneId {
        &self.zone
    }

    fn head(&self, _: &CorridorId, lane: &ZoneId) -> Result<Vec<u8>, Stopped> {
        let world = self.world.borrow();
        let of = world.sides.iter().find(|side| side.party.zone() == lane).unwrap();
        Ok(of.here.items.last().unwrap().checkpoint.clone())
    }

    fn history(&self, _: &CorridorId) -> Result<Vec<u8>, Stopped> {
        self.whole.set(self.whole.get() + 1);
        Ok(bundle(&self.world.borrow(), self.side))
    }

    fn piece(&self, _: &CorridorId, from: [u64; 2], cuts: usize) -> Result<Piece, Stopped> {
        self.asked.set(self.asked.get() + 1);
        let mut piece = beyond(&self.world.borrow(), from, cuts, 2);
        if self.spoiled.get() {
            piece.lanes[0].root = Some(Digest::of_blob(b"another"));
        }
        Ok(piece)
    }

    fn watchers(&self, _: &CorridorId) -> Result<(Option<SetNow>, Value), Stopped> {
        Ok((None, json!(self.world.borrow().cuts.len())))
    }

    fn attest(&self, _: &Did, _: &Value) -> Result<Value, Stopped> {
        Ok(Value::Null)
    }

    fn accuse(&self, _: &CorridorId, _: &Value) -> Result<Value, Stopped> {
        Ok(Value::Null)
    }
}

/// Both ends, where the watcher remembers, and itself.
struct Scene {
    world: Rc<RefCell<World>>,
    ends: Vec<End>,
    kept: Kept,
}

impl Scene {
    fn new() -> Self {
        let world = Rc::new(RefCell::new(super::world()));
        let end = |side: usize| {
            let party = world.borrow().sides[side].party.clone();
            End {
                world: Rc::clone(&world),
                side,
                did: party.did().clone(),
                zone: party.zone().clone(),
                whole: Rc::default(),
                asked: Rc::default(),
                spoiled: Rc::default(),
            }
        };
        let ends = vec![end(0), end(1)];
        Self { world, ends, kept: Kept::default() }
    }

    fn round(&self, work: &mut Watching<'_, Kept, End>) -> Vec<Told> {
        work.round(at(90))
    }

    fn work<'k>(&self, key: &'k SecretKey) -> Watching<'k, Kept, End> {
        let id = self.world.borrow().terms.corridor_id.clone();
        Watching::open(self.kept.clone(), key, id, self.ends.clone(), 100).unwrap()
    }

    fn goes_on(&self) {
        let mut world = self.world.borrow_mut();
        for n in 0..6 {
            world.sides[n % 2].write(noop(n as u64)).unwrap();
            world.settle();
        }
        world.cut(0).unwrap();
    }

    fn asked(&self) -> [[u32; 2]; 2] {
        [0, 1].map(|at| [self.ends[at].whole.get(), self.ends[at].asked.get()])
    }

    fn pieces(&self) -> Vec<usize> {
        self.kept.0.borrow().values().map(|shown| shown.pieces.len()).collect()
    }

    fn receipts(&self) -> u64 {
        self.world.borrow().sides.iter().map(|side| side.here.size()).sum()
    }
}

#[test]
fn a_watcher_asks_for_what_it_lacks_and_begins_again_with_it() {
    let (scene, key) = (Scene::new(), watcher(0));
    let mut work = scene.work(&key);
    assert_eq!(scene.round(&mut work).len(), 2);
    assert_eq!(scene.asked(), [[1, 0]; 2]);
    // Nothing new: nothing is asked.
    assert_eq!(scene.round(&mut work), Vec::new());
    assert_eq!(scene.asked(), [[1, 0]; 2]);
    scene.goes_on();
    let receipts = scene.receipts();
    let told = scene.round(&mut work);
    let grown = |one: &Told| matches!(one, Told::Mirrored { receipts: n, .. } if *n == receipts);
    assert!(told.len() == 2 && told.iter().all(grown), "{told:?}");
    // The history was asked for once, and never again; two receipts a piece, and one to hear that it is all.
    assert_eq!(scene.asked().map(|[whole, _]| whole), [1, 1]);
    assert!(scene.pieces().iter().all(|pieces| *pieces >= 2), "{:?}", scene.pieces());
    // A watcher that begins again has all of it from its folder.
    let before = scene.asked();
    let mut again = scene.work(&key);
    assert_eq!(scene.round(&mut again), Vec::new());
    assert_eq!(scene.asked().map(|[whole, _]| whole), before.map(|[whole, _]| whole));
    scene.goes_on();
    assert_eq!(scene.round(&mut again).len(), 2);
    assert_eq!(scene.asked().map(|[whole, _]| whole), [1, 1]);
}

#[test]
fn what_does_not_join_is_asked_for_whole_and_a_piece_that_is_not_kept_does_not_count() {
    let (scene, key) = (Scene::new(), watcher(0));
    let mut work = scene.work(&key);
    scene.round(&mut work);
    scene.goes_on();
    scene.ends[0].spoiled.set(true);
    let told = scene.round(&mut work);
    assert!(matches!(told[..], [Told::Mirrored { .. }, Told::Mirrored { .. }]), "{told:?}");
    assert_eq!(scene.asked().map(|[whole, _]| whole), [2, 1]);
    // Nothing of it was kept as a piece: the whole took its place.
    assert_eq!(scene.kept.0.borrow()[&scene.ends[0].zone].pieces.len(), 0);
    scene.ends[0].spoiled.set(false);
    scene.goes_on();
    scene.kept.1.set(true);
    let told = scene.round(&mut work);
    assert!(matches!(told[..], [Told::Failed { .. }, Told::Failed { .. }]), "{told:?}");
    scene.kept.1.set(false);
    assert_eq!(scene.round(&mut work).len(), 2);
    // What the folder holds is what the mirror held: it opens, and lacks nothing.
    assert_eq!(scene.round(&mut scene.work(&key)), Vec::new());
    // A folder that was changed is not believed.
    let zone = scene.ends[0].zone.clone();
    let mut piece = scene.kept.0.borrow()[&zone].pieces[0].clone();
    let at = piece.len() / 2;
    piece[at] ^= 1;
    scene.kept.0.borrow_mut().get_mut(&zone).unwrap().pieces[0] = piece;
    let id = scene.world.borrow().terms.corridor_id.clone();
    assert!(Watching::open(scene.kept.clone(), &key, id, scene.ends.clone(), 100).is_err());
}
