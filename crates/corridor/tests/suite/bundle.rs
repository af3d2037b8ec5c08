//! Bundles: believed when whole, refused by name when not.

use canon::Canonical;
use corridor::lane::{LaneReceipt, TransitionKind};
use corridor::verify::{LaneHistory, Report, assemble, judge};
use proof::credential::Verdict;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::zones::{World, at, attested, draft, entries, repacked, resealed, resigned};

fn noop(n: u64) -> corridor::lane::Draft {
    draft(TransitionKind::Noop, json!({ "n": n }))
}

/// One receipt and one acknowledgement.
fn small() -> World {
    let mut world = World::new();
    world.sides[0].write(noop(1)).unwrap();
    world.settle();
    world.sides[1].ack(1, &[]).unwrap();
    world.settle();
    world
}

fn code(report: &Report) -> &'static str {
    report.reasons.first().map_or("", |reason| reason.code)
}

/// The code and detail under which a bundle is INVALID, whoever is trusted.
fn invalid(world: &World, bundle: &[u8]) -> (&'static str, String) {
    let report = judge(bundle, &world.dids());
    assert_eq!(report.verdict, Verdict::Invalid);
    assert_ne!(judge(bundle, &[]).verdict, Verdict::Valid);
    (code(&report), report.reasons[0].detail.clone())
}

type Entries = std::collections::BTreeMap<String, Vec<u8>>;

fn edit(entries: &mut Entries, name: &str, edit: impl FnOnce(&mut Value)) {
    let mut value = Canonical::exact(&entries[name]).unwrap().value();
    edit(&mut value);
    entries.insert(name.to_owned(), Canonical::of_value(&value).unwrap().bytes().to_vec());
}

/// What is said to a bundle that a party changed and attested itself.
fn changed(world: &World, change: impl FnOnce(&mut Entries)) -> (&'static str, String) {
    let mut entries = entries(&world.bundle(0));
    change(&mut entries);
    invalid(world, &attested(entries, world, 0))
}

const PK: &str = "lanes/org.momentum.mez.zone.pk";

#[test]
fn trust_decides_between_valid_and_unknown() {
    let world = World::lived();
    let bundle = world.bundle(0);
    let dids = world.dids();
    for (trust, needs) in
        [(&dids[..0], &dids[..]), (&dids[..1], &dids[1..]), (&dids[1..], &dids[..1])]
    {
        let report = judge(&bundle, trust);
        assert_eq!(report.verdict, Verdict::Unknown);
        assert_eq!(report.needs, needs);
        assert_eq!(code(&report), "untrusted-did");
        assert!(report.reasons[0].detail.contains(needs[0].as_str()));
    }
    let report = judge(&bundle, &dids);
    assert_eq!((report.verdict, report.needs.len(), report.reasons.len()), (Verdict::Valid, 0, 0));
}

#[test]
fn rebuilt_under_other_keys_it_is_never_valid() {
    let dids = World::new().dids();
    for seeds in [(50, 70), (10, 70), (50, 30)] {
        let world = World::lived_of_seeds(seeds.0, seeds.1);
        let report = judge(&world.bundle(0), &dids);
        assert_eq!(report.verdict, Verdict::Unknown);
        assert!(report.needs.iter().all(|did| !dids.contains(did)));
    }
    // The old identities around new lanes.
    let (mine, forged) = (World::lived(), World::lived_of_seeds(50, 70));
    for name in ["inception/org.momentum.mez.zone.pk.json", "definition.json", "activation.json"] {
        let mut entries = entries(&forged.bundle(0));
        let old = crate::zones::entries(&mine.bundle(0)).remove(name).unwrap();
        entries.insert(name.to_owned(), old);
        invalid(&mine, &attested(entries, &forged, 0));
    }
}

#[test]
fn the_same_history_gives_the_same_bytes() {
    assert_eq!(World::lived().bundle(1), World::lived().bundle(1));
}

#[test]
fn payloads_may_be_withheld_but_not_those_of_halts_and_resumes() {
    let world = World::lived();
    let side = &world.sides[0];
    let signing: (_, &dyn proof::Signer) = (at(90), &side.pen);
    let history = world.history(0);
    let id = &world.terms.corridor_id;
    let bundle = assemble(id, &history, false, &side.party, signing).unwrap();
    let report = judge(&bundle, &world.dids());
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
    assert_eq!(report.lanes.iter().map(|lane| lane.withheld).collect::<Vec<_>>(), [4, 2]);
    let (code, detail) = changed(&world, |e| {
        e.remove("lanes/org.momentum.mez.zone.sg/00000001.payload.json").unwrap();
    });
    assert!(code == "receipt" && detail.contains("`halt` needs its payload"), "{detail}");
}

#[test]
fn no_byte_can_change() {
    let world = small();
    let (bundle, dids) = (world.bundle(0), world.dids());
    let mut bytes = bundle.clone();
    for place in 0..bytes.len() {
        bytes[place] ^= 1 << (place % 8);
        assert_ne!(judge(&bytes, &dids).verdict, Verdict::Valid, "byte {place}");
        bytes[place] ^= 1 << (place % 8);
    }
    assert_eq!(judge(&bytes, &dids).verdict, Verdict::Valid);
    // Again with every checksum of the container put right.
    let whole = entries(&bundle);
    for (name, content) in &whole {
        let fixed = ["manifest.json", "attestation.json"].contains(&&**name);
        for place in (0..content.len()).step_by(if fixed { 1 } else { 11 }) {
            let mut entries = whole.clone();
            entries.get_mut(name).unwrap()[place] ^= 1 << (place % 8);
            let verdict = judge(&repacked(&entries), &dids).verdict;
            assert_ne!(verdict, Verdict::Valid, "{name} byte {place}");
        }
    }
}

#[test]
fn entries_dropped_added_or_exchanged() {
    let world = small();
    let whole = entries(&world.bundle(0));
    for name in whole.keys() {
        let mut fewer = whole.clone();
        fewer.remove(name);
        invalid(&world, &repacked(&fewer));
        if !["manifest.json", "attestation.json", "README.txt"].contains(&&**name)
            && !name.ends_with("payload.json")
        {
            let (code, _) = invalid(&world, &attested(fewer, &world, 0));
            assert!(["missing-entry", "stray-entry", "causality"].contains(&code), "{name} {code}");
        }
    }
    let mut more = whole.clone();
    more.insert("extra.txt".to_owned(), b"hello".to_vec());
    assert_eq!(invalid(&world, &repacked(&more)).0, "manifest");
    assert_eq!(invalid(&world, &attested(more, &world, 0)).0, "stray-entry");
    let mut reordered = whole;
    edit(&mut reordered, "manifest.json", |manifest| {
        manifest["entries"].as_array_mut().unwrap().reverse();
    });
    assert_eq!(invalid(&world, &repacked(&reordered)).0, "manifest");
    let exchanged = changed(&World::lived(), |entries| {
        let [one, other] = [0, 1].map(|n| format!("{PK}/{n:08}.receipt.json"));
        let first = entries[&one].clone();
        let second = entries.insert(other, first).unwrap();
        entries.insert(one, second);
    });
    assert!(exchanged.0 == "receipt" && exchanged.1.contains("sequence"), "{exchanged:?}");
}

#[test]
fn what_a_party_changes_and_attests_itself_is_named() {
    let world = World::lived();
    let receipt = format!("{PK}/00000001.receipt.json");
    let said = changed(&world, |e| edit(e, &receipt, |r| r["epoch"] = json!(1)));
    assert!(said.0 == "receipt" && said.1.contains("`next_root`"), "{said:?}");
    // Signed again by its own writer: the note and the next link no longer fit.
    let said = changed(&world, |e| {
        let read = LaneReceipt::read(&e[&receipt]).unwrap();
        let other = LaneReceipt { timestamp: at(80), ..read };
        let other = resealed(other, &world.sides[0].log);
        e.insert(receipt.clone(), other.canonical().unwrap().bytes().to_vec());
    });
    assert!(said.0 == "receipt" && said.1.contains("`prev_root`"), "{said:?}");
    let note = format!("{PK}/00000002.checkpoint");
    let said = changed(&world, |e| e.get_mut(&note).unwrap()[20] ^= 1);
    assert_eq!(said.0, "checkpoint");
    let said = changed(&world, |e| {
        let other = e[&format!("{PK}/00000001.checkpoint")].clone();
        e.insert(note.clone(), other);
    });
    assert!(said.0 == "checkpoint" && said.1.contains("does not match"), "{said:?}");
    let payload = format!("{PK}/00000001.payload.json");
    let said = changed(&world, |e| edit(e, &payload, |p| p["payload"]["note"] = json!(9)));
    assert_eq!(said.0, "payload");
    let said = changed(&world, |e| e.insert(payload.clone(), b"{}".to_vec()).map_or((), drop));
    assert_eq!(said.0, "payload");
    let cut = "cuts/0000.json";
    let said = changed(&world, |e| edit(e, cut, |c| c["lanes"][0]["size"] = json!(1)));
    assert_eq!(said.0, "cut");
    let said = changed(&world, |e| edit(e, cut, |c| c["timestamp"] = json!(at(0))));
    assert!(said.0 == "cut" && said.1.contains("signature"), "{said:?}");
    let alone = resigned(&world.cuts[0], &[&world.sides[0].pen], |_| ());
    let said = changed(&world, |e| edit(e, cut, |c| *c = alone));
    assert!(said.0 == "cut" && said.1.contains("both parties"), "{said:?}");
    let said = changed(&world, |e| {
        let second = e.remove("cuts/0001.json").unwrap();
        let first = e.insert(cut.to_owned(), second).unwrap();
        e.insert("cuts/0001.json".to_owned(), first);
    });
    assert!(said.0 == "cut" && said.1.contains("dominate"), "{said:?}");
    let documents = [
        ("inception/org.momentum.mez.zone.pk.json", "inception"),
        ("definition.json", "handshake"),
        ("agreement/org.momentum.mez.zone.sg.json", "handshake"),
        ("activation.json", "activation"),
    ];
    for (name, code) in documents {
        let field = if code == "inception" { "created" } else { "validFrom" };
        let said = changed(&world, |e| edit(e, name, |d| d[field] = json!(at(7))));
        assert_eq!(said.0, code, "{said:?}");
    }
}

#[test]
fn an_attestation_is_of_one_party_over_this_manifest() {
    let world = small();
    let whole = entries(&world.bundle(0));
    let replaced = |keys: &[&proof::SecretKey], change: &dyn Fn(&mut Value)| {
        let mut entries = whole.clone();
        edit(&mut entries, "attestation.json", |d| *d = resigned(d, keys, change));
        invalid(&world, &repacked(&entries)).0
    };
    let [a, b] = world.sides.each_ref().map(|side| &side.pen);
    assert_eq!(replaced(&[b], &|_| ()), "attestation");
    assert_eq!(replaced(&[a, b], &|_| ()), "attestation");
    assert_eq!(replaced(&[&crate::zones::key(99)], &|_| ()), "attestation");
    let path = |d: &mut Value| d["credentialSubject"]["manifest_path"] = json!("other.json");
    assert_eq!(replaced(&[a], &path), "attestation");
}

/// Two lives of one corridor that part after the first receipt of `pk`.
#[test]
fn a_writer_with_two_histories_is_caught_by_what_the_other_saw() {
    let (mut mine, mut shown) = (World::new(), World::new());
    mine.sides[0].write(noop(1)).unwrap();
    shown.sides[0].write(noop(2)).unwrap();
    shown.settle();
    shown.sides[1].ack(1, &[]).unwrap();
    let mut history = mine.history(0);
    let items = shown.sides[1].here.items.clone();
    history.lanes[1] = LaneHistory { zone_id: shown.sides[1].party.zone().clone(), items };
    let side = &mine.sides[0];
    let signing: (_, &dyn proof::Signer) = (at(90), &side.pen);
    let id = &mine.terms.corridor_id;
    let bundle = assemble(id, &history, true, &side.party, signing).unwrap();
    assert_eq!(invalid(&mine, &bundle).0, "equivocation");
    // And one that leaves out what the other has seen.
    history.lanes[0].items.clear();
    let bundle = assemble(id, &history, true, &side.party, signing).unwrap();
    assert_eq!(invalid(&mine, &bundle).0, "causality");
}

#[test]
fn a_long_corridor_is_judged() {
    let mut world = World::new();
    for n in 0..100 {
        world.sides[0].write(noop(n)).unwrap();
        world.settle();
        world.sides[1].ack(n + 1, &[]).unwrap();
        world.settle();
    }
    assert_eq!(judge(&world.bundle(1), &world.dids()).verdict, Verdict::Valid);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(judge(&bytes, &[]).verdict, Verdict::Invalid);
    }

    #[test]
    fn any_content_under_a_known_name_gets_an_answer(
        place in 0..100usize,
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..60),
            Just(b"{}".to_vec()),
            Just(b"[]".to_vec()),
            Just(b"null".to_vec()),
        ],
    ) {
        let world = small();
        let mut entries = entries(&world.bundle(0));
        let name = entries.keys().nth(place % entries.len()).unwrap().clone();
        let packed = if ["manifest.json", "attestation.json"].contains(&&*name) {
            entries.insert(name.clone(), bytes);
            repacked(&entries)
        } else {
            entries.insert(name.clone(), bytes);
            attested(entries, &world, 0)
        };
        let verdict = judge(&packed, &world.dids()).verdict;
        // The explanation for readers is the only entry nothing depends on.
        prop_assert!(name == "README.txt" || verdict == Verdict::Invalid, "{}", name);
    }
}
