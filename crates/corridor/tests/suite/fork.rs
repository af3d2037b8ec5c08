//! Forks: the alarm says what its evidence proves, and what stands follows from one table.

use canon::{Canonical, Did, Digest};
use corridor::evidence::{By, Evidence, two_notes, two_receipts};
use corridor::fork::{
    Alarm, AlarmError, Basis, Fork, ForkError, Raised, Resolution, ResolutionError, evidence_set,
    judge_alarm,
};
use corridor::lane::{LaneReceipt, TransitionKind};
use corridor::verify::Known;
use corridor::{AppendError, Since};
use proof::credential::Verdict;
use proof::{Checkpoint, SecretKey, Signer};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::zones::{World, at, draft, key, resealed};

/// Seed of the authority some agreements name.
const AUTHORITY: u8 = 70;

/// The receipt under another payload: a further history, signed by the same key.
pub fn another(receipt: &LaneReceipt, log: &SecretKey, word: &str) -> LaneReceipt {
    let mut receipt = receipt.clone();
    receipt.transition.payload_commitment = Digest::of_blob(word.as_bytes());
    resealed(receipt, log)
}

/// Proof that side `of` signed `n` histories of its receipt `sequence`: one file for each further.
pub fn evidence(world: &World, of: usize, sequence: usize, n: usize) -> Vec<Evidence> {
    let side = &world.sides[of];
    let held = LaneReceipt::read(&side.here.items[sequence].receipt).unwrap();
    let value = |receipt: &LaneReceipt| receipt.canonical().unwrap().value();
    let file = |n: usize| {
        let other = another(&held, &side.log, &format!("history {n}"));
        let by = By::Inception(side.inception.clone());
        two_receipts(by, value(&held), value(&other)).unwrap().read().unwrap()
    };
    (1..n).map(file).collect()
}

pub fn fork(world: &World, of: usize, sequence: u64) -> Fork {
    Fork { lane: world.sides[of].party.zone().clone(), sequence }
}

/// What the other side of `of` says of that evidence.
pub fn raised(world: &World, of: usize, sequence: u64, files: Vec<Evidence>) -> Raised {
    let (accused, by) = (&world.sides[of].party, &world.sides[1 - of]);
    let signing: (_, &dyn Signer) = (at(30), &by.pen);
    let parties = (&by.party, accused);
    let fork = fork(world, of, sequence);
    Alarm::raise(&fork, &world.terms.corridor_id, parties, files, signing).unwrap()
}

/// The other side halts for it, and both know.
pub fn alarm(world: &mut World, of: usize, sequence: u64, n: usize) -> Alarm {
    let files = evidence(world, of, usize::try_from(sequence).unwrap(), n);
    let raised = raised(world, of, sequence, files);
    let by = &world.sides[1 - of];
    let id = format!("{}:{}", by.party.zone(), by.here.size());
    let mut notice = by.notice(corridor::Stop::Halt, &id);
    notice["alarm"] = Canonical::of(&raised).unwrap().value();
    let appended = world.sides[1 - of].write(draft(TransitionKind::Halt, notice));
    appended.unwrap();
    let subject = raised.credential["credentialSubject"].clone();
    serde_json::from_value(subject).unwrap()
}

/// `pk` wrote two receipts and `sg` holds both; then what the table asks for.
pub fn standing(acked: bool, cut: bool, both: bool, authority: bool) -> World {
    let authority = authority.then(|| key(AUTHORITY).public().did());
    let mut world = World::agreed(10, 30, authority);
    for n in 0..2 {
        world.sides[0].write(draft(TransitionKind::Noop, json!({ "n": n }))).unwrap();
    }
    world.settle();
    world.sides[1].write(draft(TransitionKind::Noop, json!({}))).unwrap();
    world.settle();
    if acked {
        world.sides[1].ack(2, &[]).unwrap();
        world.settle();
    }
    if cut {
        world.cut(0).unwrap();
    }
    if both {
        alarm(&mut world, 1, 0, 2);
        world.settle();
    }
    world
}

pub fn resolution(world: &World, alarm: &Alarm, basis: Basis) -> Resolution {
    let held = &world.sides[0].here.items[usize::try_from(alarm.sequence).unwrap()];
    Resolution {
        corridor_id: alarm.corridor_id.clone(),
        lane: alarm.lane.clone(),
        sequence: alarm.sequence,
        candidates: alarm.candidates.clone(),
        evidence_set_sha256: alarm.evidence_set_sha256,
        chosen_next_root: LaneReceipt::read(&held.receipt).unwrap().next_root,
        basis,
        reason: "put back".to_owned(),
    }
}

fn ground(world: &World, basis: &str) -> Option<Basis> {
    Some(match basis {
        Basis::ACKNOWLEDGED => {
            let root = world.sides[0].here.tree.root_at(2).unwrap();
            Basis::Acknowledged { size: 2, root }
        }
        Basis::CUT => Basis::Cut(world.cuts.first()?.clone()),
        _ => Basis::Choice,
    })
}

/// `sg` writes it down in its lane.
fn record(world: &mut World, document: Value) -> Result<(), AppendError> {
    world.sides[1].write(draft(TransitionKind::ForkResolve, document)).map(drop)
}

#[test]
fn what_stands_follows_from_one_table() {
    let mut taken = 0;
    for row in 0..16u8 {
        let [acked, cut, both, named] = [1, 2, 4, 8].map(|bit| row & bit != 0);
        for basis in [Basis::ACKNOWLEDGED, Basis::CUT, Basis::CHOICE] {
            for signer in ["sg", "pk", "authority", "stranger"] {
                let mut world = standing(acked, cut, both, named);
                let alarm = alarm(&mut world, 0, 1, 3);
                let Some(found) = ground(&world, basis) else { continue };
                let drawn = resolution(&world, &alarm, found);
                let pens = [&world.sides[1].pen, &world.sides[0].pen, &key(AUTHORITY), &key(99)];
                let place = ["sg", "pk", "authority", "stranger"].iter().position(|s| *s == signer);
                let pen = pens[place.unwrap()];
                let signed = drawn.sign(&pen.public().did(), at(40), pen).unwrap();
                // The slow way to say it.
                let holds = match basis {
                    Basis::ACKNOWLEDGED => acked,
                    Basis::CUT => cut && !acked,
                    _ => !acked,
                };
                let may = match (basis == Basis::CHOICE && both, named) {
                    (false, _) => signer == "sg",
                    (true, true) => signer == "authority",
                    (true, false) => false,
                };
                let told = record(&mut world, signed);
                let what = (acked, cut, both, named, basis, signer);
                assert_eq!(told.is_ok(), holds && may, "{what:?}: {told:?}");
                taken += u32::from(told.is_ok());
                if both && !named && holds && basis == Basis::CHOICE && signer == "sg" {
                    let fault = ForkError::Resolution(ResolutionError::NoAuthority);
                    assert_eq!(told.unwrap_err().to_string(), fault.to_string());
                }
            }
        }
    }
    assert_eq!(taken, 8 + 4 + 8 - 2, "acknowledged, cut, choice less where nobody may");
}

#[test]
fn a_resolution_is_final_whole_and_about_a_fork_that_was_told() {
    let world = || standing(false, false, false, false);
    let sign = |world: &World, drawn: Resolution| {
        let pen = &world.sides[1].pen;
        drawn.sign(world.sides[1].party.did(), at(40), pen).unwrap()
    };
    let fault = |told: Result<(), AppendError>| match told {
        Err(AppendError::Fork(fault)) => fault,
        other => panic!("{other:?}"),
    };
    let mut one = world();
    let told = alarm(&mut one, 0, 1, 3);
    let drawn = resolution(&one, &told, Basis::Choice);
    let mut unheard = drawn.clone();
    unheard.sequence = 0;
    let document = sign(&one, unheard);
    assert!(matches!(fault(record(&mut one, document)), ForkError::Unknown(_)));
    let mut fewer = drawn.clone();
    let chosen = Some(drawn.chosen_next_root);
    let one_less = drawn.candidates.iter().find(|c| c.next_root != chosen).unwrap();
    fewer.candidates.remove(one_less);
    let document = sign(&one, fewer);
    assert!(matches!(fault(record(&mut one, document)), ForkError::Incomplete(_)));
    let mut set = drawn.clone();
    set.evidence_set_sha256 = evidence_set(&std::collections::BTreeSet::new()).unwrap();
    let document = sign(&one, set);
    assert!(matches!(fault(record(&mut one, document)), ForkError::Incomplete(_)));
    let mut other = drawn.clone();
    other.chosen_next_root = Digest::of_blob(b"nobody's");
    let signed = other.sign(one.sides[1].party.did(), at(40), &one.sides[1].pen);
    assert!(matches!(signed, Err(ResolutionError::NoCandidate(_))));
    // A resume waits for it, in each lane.
    one.settle();
    let id = one.sides[1].here.lane().halts()[0].halt_id.to_string();
    let resume = one.resume(1, &[&id]);
    for side in [0, 1] {
        let early = one.sides[side].write(draft(TransitionKind::Resume, resume.clone()));
        assert!(matches!(early, Err(AppendError::Fork(ForkError::Open(_)))), "{early:?}");
    }
    let document = sign(&one, drawn.clone());
    record(&mut one, document.clone()).unwrap();
    assert!(matches!(fault(record(&mut one, document.clone())), ForkError::Final(_)));
    // Another candidate, later: refused, whoever signs it.
    let mut second = drawn.clone();
    second.chosen_next_root = drawn
        .candidates
        .iter()
        .filter_map(|c| c.next_root)
        .find(|r| *r != drawn.chosen_next_root)
        .unwrap();
    let second = sign(&one, second);
    assert!(matches!(fault(record(&mut one, second.clone())), ForkError::Final(_)));
    one.settle();
    // The other lane repeats exactly that.
    let differs = one.sides[0].write(draft(TransitionKind::ForkResolve, second));
    assert!(matches!(differs, Err(AppendError::Fork(ForkError::Differs(_)))), "{differs:?}");
    one.sides[0].write(draft(TransitionKind::ForkResolve, document)).unwrap();
    one.settle();
    for side in [1, 0] {
        one.sides[side].write(draft(TransitionKind::Resume, resume.clone())).unwrap();
    }
    one.settle();
    one.sides[0].write(draft(TransitionKind::Noop, json!({ "after": true }))).unwrap();
    one.settle();
}

#[test]
fn notes_that_differ_are_a_fork_too() {
    let mut world = standing(true, false, false, false);
    let side = &world.sides[0];
    let origin = side.party.lane_origin(&world.terms.corridor_id);
    let held = String::from_utf8(side.here.items[1].checkpoint.clone()).unwrap();
    let other = Checkpoint::new(&origin, 2, Digest::of_blob(b"other")).unwrap();
    let other = String::from_utf8(other.sign(&side.log).unwrap().to_bytes()).unwrap();
    let by = By::Inception(side.inception.clone());
    let file: Evidence = two_notes(by, &held, &other).unwrap().read().unwrap();
    let raised = raised(&world, 0, 1, vec![file]);
    let by = &world.sides[1];
    let mut notice = by.notice(corridor::Stop::Halt, "sg:notes");
    notice["alarm"] = Canonical::of(&raised).unwrap().value();
    world.sides[1].write(draft(TransitionKind::Halt, notice)).unwrap();
    let alarm: Alarm =
        serde_json::from_value(raised.credential["credentialSubject"].clone()).unwrap();
    assert!(alarm.candidates.iter().all(|c| c.next_root.is_none() && c.size == 2));
    let basis = ground(&world, Basis::ACKNOWLEDGED).unwrap();
    let pen = &world.sides[1].pen;
    let signed = resolution(&world, &alarm, basis).sign(world.sides[1].party.did(), at(40), pen);
    let receipt = world.sides[1].write(draft(TransitionKind::ForkResolve, signed.unwrap()));
    let item = world.sides[1].here.items.last().unwrap().clone();
    assert!(receipt.is_ok());
    world.settle();
    let mut lane = world.sides[1].here.prefix(world.sides[1].here.size() - 1).clone();
    let receipt = LaneReceipt::read(&item.receipt).unwrap();
    let other = world.sides[1].there.lane();
    let told = lane.append(&receipt, item.payload.as_ref(), other, world.sides[1].parties());
    let chosen = told.unwrap().chosen.unwrap();
    assert!(chosen.is_of(&world.sides[0].here.tree));
    let mut foreign = proof::merkle::Tree::new();
    foreign.push(chosen.next_root).unwrap();
    foreign.push(chosen.next_root).unwrap();
    assert!(!chosen.is_of(&foreign), "a lane of other roots is another history");
}

/// A canonical alarm with its evidence, and who is to be believed.
fn alone() -> (Vec<u8>, Vec<Did>, Vec<Known>) {
    let world = standing(false, false, false, false);
    let raised = raised(&world, 0, 1, evidence(&world, 0, 1, 3));
    let bytes = Canonical::of(&raised).unwrap().bytes().to_vec();
    let known = Known { party: world.sides[1].party.clone(), trusted: true };
    (bytes, world.dids(), vec![known])
}

#[test]
fn an_alarm_is_judged_alone() {
    let (bytes, trust, zones) = alone();
    let judged = judge_alarm(&bytes, &trust, &zones);
    assert_eq!(judged.verdict, Verdict::Valid, "{:?}", judged.reasons);
    assert_eq!(judged.document.unwrap().candidates.len(), 3);
    // Without the keys of whoever says it, the evidence still speaks; nobody is believed unasked.
    let judged = judge_alarm(&bytes, &trust, &[]);
    assert_eq!((judged.verdict, judged.reasons[0].code), (Verdict::Unknown, "inception-missing"));
    let judged = judge_alarm(&bytes, &[], &zones);
    assert_eq!((judged.verdict, judged.reasons[0].code), (Verdict::Unknown, "untrusted-did"));
    // Evidence taken away, or of another place.
    let whole: Value = serde_json::from_slice(&bytes).unwrap();
    let mut less = whole.clone();
    less["evidence"].as_array_mut().unwrap().pop();
    let less = Canonical::of_value(&less).unwrap();
    assert_eq!(judge_alarm(less.bytes(), &trust, &zones).verdict, Verdict::Invalid);
    let world = standing(false, false, false, false);
    let elsewhere = evidence(&world, 0, 0, 2);
    let signing: (_, &dyn Signer) = (at(30), &world.sides[1].pen);
    let parties = (&world.sides[1].party, &world.sides[0].party);
    let id = &world.terms.corridor_id;
    let wrong = Alarm::raise(&fork(&world, 0, 1), id, parties, elsewhere, signing);
    assert!(matches!(wrong, Err(AlarmError::Evidence(..))));
    // The accused may not raise it about itself, nor a stranger.
    let raised: Raised = serde_json::from_value(whole).unwrap();
    let by = Since(&world.sides[0].party, Some(9));
    assert!(raised.read(id, by, &world.sides[0].party).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever byte of an alarm or its evidence is another, nothing is proven by it.
    #[test]
    fn an_alarm_with_a_changed_byte_is_never_valid(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let (mut bytes, trust, zones) = alone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let judged = judge_alarm(&bytes, &trust, &zones);
        prop_assert_ne!(judged.verdict, Verdict::Valid, "byte {}", at);
    }

    /// The same of the resolution: signed content, signature, and the envelope around both.
    #[test]
    fn a_resolution_with_a_changed_byte_is_refused(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut world = standing(false, false, false, false);
        let told = alarm(&mut world, 0, 1, 3);
        let drawn = resolution(&world, &told, Basis::Choice);
        let signed = drawn.sign(world.sides[1].party.did(), crate::zones::at(40), &world.sides[1].pen);
        let mut bytes = Canonical::of_value(&signed.unwrap()).unwrap().bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(changed) = Canonical::exact(&bytes) {
            prop_assert!(record(&mut world, changed.value()).is_err(), "byte {}", at);
        }
    }
}
