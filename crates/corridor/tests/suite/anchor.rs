//! Other chains: real headers of Bitcoin, a chain mined for the test, a log, and what each convinces whom of.

use canon::{Canonical, Digest};
use corridor::Cut;
use corridor::anchor::{Anchor, AnchorError, BitcoinProof, Held, Root};
use corridor::attachment::{About, Attachment, Checkpointed, Relation};
use corridor::certificate::{Certificate, Grade, judge_under};
use corridor::lane::TransitionKind;
use proof::Checkpoint;
use proof::credential::Verdict;
use proof::merkle::Tree;
use proof::note::verifier_key;
use serde_json::{Value, json};

use crate::watchers::certificate;
use crate::zones::{World, draft, key};

/// The first three headers of Bitcoin, and the hashes by which everybody knows them.
const REAL: [(&str, &str); 3] = [
    (
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617f\
         c81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
        "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
    ),
    (
        "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677b\
         a1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299",
        "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048",
    ),
    (
        "010000004860eb18bf1b1620e37e9490fc8a427514416fd75159ab86688e9a8300000000d5fdcc541e25de1c7a5addedf24858b8bb\
         665c9f36ef744ee42c316022c90f9bb0bc6649ffff001d08d2bd61",
        "000000006a625f06636b8bb6ac7b960a8d03705d1ace08b1a19da3fdcc99ddbd",
    ),
];
/// The easiest target of Bitcoin; what is mined for a test could never pass for it.
const BITCOIN_BITS: &str = "1d00ffff";
const TEST_BITS: u32 = 0x207f_ffff;

fn observed(checkpoint: Checkpointed) -> Attachment {
    let type_ = Attachment::TYPE.to_owned();
    Attachment { about: None, checkpoint, relation: Relation::Observed, type_ }
}

fn headers(of: &[(&str, &str)]) -> Vec<String> {
    of.iter().map(|(header, _)| (*header).to_owned()).collect()
}

#[test]
fn real_headers_hold_and_any_changed_digit_does_not() {
    let world = World::new();
    let verify = |headers| {
        let attachment = observed(Checkpointed::Bitcoin { headers });
        attachment.verify(&world.terms.corridor_id).map(|rests| json!(rests))
    };
    let rests = verify(headers(&REAL)).unwrap();
    let shown: Vec<&str> = rests["blocks"].as_array().unwrap()[1..]
        .iter()
        .map(|block| block.as_str().unwrap())
        .collect();
    assert_eq!(shown, REAL.map(|(_, hash)| hash));
    assert_eq!(rests["easiest_bits"], 0x1d00_ffff);
    for place in (0..160).step_by(7) {
        let mut changed = headers(&REAL);
        let digit = if &changed[1][place..=place] == "5" { "6" } else { "5" };
        changed[1].replace_range(place..=place, digit);
        assert!(verify(changed).is_err(), "{place}");
    }
    let apart = [REAL[0], REAL[2]];
    assert!(verify(headers(&apart)).is_err());
    assert!(verify(Vec::new()).is_err());
}

fn twice(bytes: &[u8]) -> [u8; 32] {
    *Digest::of_blob(Digest::of_blob(bytes).as_bytes()).as_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A header after another, worked for at the test's target.
fn mined(previous: [u8; 32], merkle: [u8; 32]) -> Vec<u8> {
    let header = |nonce: u32| {
        let mut header = Vec::with_capacity(80);
        header.extend(1u32.to_le_bytes());
        header.extend(previous);
        header.extend(merkle);
        header.extend(1_800_000_000u32.to_le_bytes());
        header.extend(TEST_BITS.to_le_bytes());
        header.extend(nonce.to_le_bytes());
        header
    };
    (0..).map(header).find(|header| twice(header)[31] < 0x7f).unwrap()
}

/// A transaction with one input, and one output that commits to a digest.
fn transaction(digest: &Digest) -> Vec<u8> {
    let mut bytes = vec![1, 0, 0, 0, 1];
    bytes.extend([7; 36]);
    bytes.extend([0, 0xff, 0xff, 0xff, 0xff, 1]);
    bytes.extend([0; 8]);
    bytes.extend([34, 0x6a, 0x20]);
    bytes.extend(digest.as_bytes());
    bytes.extend([0; 4]);
    bytes
}

/// A proof over five headers; the transaction is the third of four in the second block.
fn proof(digest: &Digest) -> BitcoinProof {
    let transaction = transaction(digest);
    let leaves = [twice(b"a"), twice(b"b"), twice(&transaction), twice(b"d")];
    let pair = |a: [u8; 32], b: [u8; 32]| twice([a, b].as_flattened());
    let left = pair(leaves[0], leaves[1]);
    let root = pair(left, pair(leaves[2], leaves[3]));
    let mut headers: Vec<Vec<u8>> = Vec::new();
    let mut previous = [9; 32];
    for n in 0..5 {
        let header = mined(previous, if n == 1 { root } else { [n; 32] });
        previous = twice(&header);
        headers.push(header);
    }
    BitcoinProof {
        block: 1,
        branch: vec![hex(&leaves[3]), hex(&left)],
        headers: headers.iter().map(|header| hex(header)).collect(),
        position: 2,
        transaction: hex(&transaction),
    }
}

#[test]
fn a_digest_in_a_transaction_is_shown_down_to_a_trusted_block() {
    let digest = Digest::of_blob(b"a cut");
    let good = proof(&digest);
    let held = Anchor::Bitcoin(good.clone()).verify(&digest).unwrap();
    let Held::Bitcoin { blocks, confirmations, .. } = &held else { panic!("{held:?}") };
    assert_eq!((blocks.len(), *confirmations), (3, 4));
    let trusts = |block: &str, bits: &str, confirmations: u64| {
        let text = format!("bitcoin:{block}:{bits}:{confirmations}");
        Root::parse(&text).unwrap().carries(&held)
    };
    assert!(blocks.iter().all(|block| trusts(block, "207fffff", 4)));
    assert!(!trusts(&blocks[0], "207fffff", 5), "fewer confirmations than asked for");
    assert!(!trusts(&blocks[0], BITCOIN_BITS, 1), "easier than Bitcoin ever was");
    assert!(!trusts(REAL[0].1, "207fffff", 1), "another chain");
    let refused = |edit: fn(&mut BitcoinProof)| {
        let mut changed = good.clone();
        edit(&mut changed);
        Anchor::Bitcoin(changed).verify(&digest).unwrap_err()
    };
    assert_eq!(refused(|p| p.block = 2), AnchorError::Branch);
    assert_eq!(refused(|p| p.position = 3), AnchorError::Branch);
    assert_eq!(refused(|p| p.position = 6), AnchorError::Form("position"));
    assert_eq!(refused(|p| p.block = 5), AnchorError::Form("block"));
    assert_eq!(refused(|p| p.transaction = "00".repeat(64)), AnchorError::Form("transaction"));
    assert!(matches!(refused(|p| p.headers.swap(3, 4)), AnchorError::Header(3, _)));
    assert!(matches!(
        refused(|p| drop(p.branch.pop())),
        AnchorError::Branch | AnchorError::Form(_)
    ));
    let other = Digest::of_blob(b"another cut");
    assert_eq!(Anchor::Bitcoin(good).verify(&other).unwrap_err(), AnchorError::Output);
    for text in ["bitcoin:00:207fffff:1", "bitcoin:x", "log.example", "bitcoin:aa:1:1:1"] {
        assert_eq!(Root::parse(text), None, "{text}");
    }
}

#[test]
fn an_entry_of_a_log_is_shown_under_its_key() {
    let (digest, log) = (Digest::of_blob(b"a cut"), key(77));
    let mut tree = Tree::new();
    for entry in [Digest::of_blob(b"one"), digest, Digest::of_blob(b"three")] {
        tree.push(entry).unwrap();
    }
    let root = tree.root_at(3).unwrap();
    let note = Checkpoint::new("log.example/anchors", 3, root).unwrap().sign(&log).unwrap();
    let named = verifier_key("log.example/anchors", &log.public());
    let hashes = tree.inclusion(1, 3).unwrap();
    let anchor = Anchor::of_log(&named, 1, hashes.clone(), &note.to_bytes());
    let held = anchor.verify(&digest).unwrap();
    assert!(Root::parse(&named).unwrap().carries(&held));
    let other = verifier_key("log.example/anchors", &key(78).public());
    assert!(!Root::parse(&other).unwrap().carries(&held));
    assert!(Anchor::of_log(&other, 1, hashes.clone(), &note.to_bytes()).verify(&digest).is_err());
    assert!(Anchor::of_log(&named, 2, hashes, &note.to_bytes()).verify(&digest).is_err());
    assert!(anchor.verify(&Digest::of_blob(b"three")).is_err());
    // The same note attached to a receipt, under no other key.
    let attach = |key: &str| {
        let checkpoint = String::from_utf8(note.to_bytes()).unwrap();
        observed(Checkpointed::Log { checkpoint, key: key.to_owned() })
    };
    let id = World::new().terms.corridor_id;
    attach(&named).verify(&id).unwrap();
    assert!(attach(&other).verify(&id).is_err());
}

fn keys(world: &World) -> Vec<Value> {
    let sides = world.sides.iter();
    sides.map(|side| proof::KeyHistory::document(&side.inception, &[]).unwrap().value()).collect()
}

#[test]
fn what_is_owed_here_was_settled_on_another_corridor() {
    let here = World::lived();
    let there = World::lived_of_seeds(50, 80);
    let cut = there.cuts.last().unwrap().clone();
    let lane = &there.sides[0].here;
    let size = cut["lanes"][0]["size"].as_u64().unwrap();
    let about = |world: &World, sequence: u64| {
        let item = &world.sides[0].here.items[usize::try_from(sequence).unwrap()];
        let receipt = corridor::LaneReceipt::read(&item.receipt).unwrap();
        About { lane: receipt.lane, next_root: receipt.next_root, sequence }
    };
    let good = Attachment {
        about: Some(about(&here, 1)),
        checkpoint: Checkpointed::Corridor {
            cut: cut.clone(),
            zones: keys(&there),
            receipt: Some(about(&there, 1)),
            inclusion: Some(lane.tree.inclusion(1, size).unwrap()),
            asset: None,
        },
        relation: Relation::Settles,
        type_: Attachment::TYPE.to_owned(),
    };
    let said = serde_json::to_value(&good).unwrap();
    // The same names under other keys would be the same corridor.
    assert!(Attachment::read(&said).unwrap().verify(&here.terms.corridor_id).is_err());
    let id = canon::CorridorId::parse("org.momentum.mez.corridor.ae--pk").unwrap();
    let rests = json!(Attachment::read(&said).unwrap().verify(&id).unwrap());
    assert_eq!(rests["corridor_id"], json!(there.terms.corridor_id));
    let refused = |pointer: &str, value: Value| {
        let mut changed = said.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        let read = Attachment::read(&changed);
        assert!(read.is_err() || read.unwrap().verify(&id).is_err(), "{pointer}");
    };
    refused("/checkpoint/receipt/sequence", json!(2));
    refused("/checkpoint/receipt/next_root", json!(Digest::of_blob(b"x")));
    refused("/checkpoint/cut/epoch", json!(9));
    refused("/checkpoint/zones/0", keys(&here)[0].clone());
    refused("/checkpoint/cut/proof", cut["proof"][0].clone());
    refused("/type", json!("MEZStatement"));
    // What settles names what it settles, and by what.
    for member in ["/about", "/checkpoint/receipt", "/checkpoint/inclusion"] {
        let mut changed = said.clone();
        let (parent, name) = member.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        assert!(Attachment::read(&changed).is_err(), "{member}");
    }
    let mut world = World::new();
    world.sides[0].write(draft(TransitionKind::Attach, said)).unwrap();
    world.settle();
}

/// A certificate of a cut, and the same with the cut in a log.
pub fn anchored(world: &World) -> (Certificate, String) {
    let whole = certificate(world, &[0, 1, 2]);
    let cut = Cut::digest(&whole.coverage.as_ref().unwrap().cut).unwrap();
    let (mut tree, log) = (Tree::new(), key(77));
    tree.push(Digest::of_blob(b"one")).unwrap();
    tree.push(cut).unwrap();
    let root = tree.root_at(2).unwrap();
    let note = Checkpoint::new("log.example/anchors", 2, root).unwrap().sign(&log).unwrap();
    let named = verifier_key("log.example/anchors", &log.public());
    let hashes = tree.inclusion(1, 2).unwrap();
    let anchor = Some(Anchor::of_log(&named, 1, hashes, &note.to_bytes()));
    (Certificate { anchor, grade: Grade::Anchored, ..whole }, named)
}

#[test]
fn an_anchored_certificate_is_valid_only_under_a_root_the_caller_names() {
    let world = crate::watchers::world();
    let (good, named) = anchored(&world);
    let judged = |certificate: &Certificate, roots: &[Root]| {
        let bytes = Canonical::of(certificate).unwrap();
        let judged = judge_under(bytes.bytes(), &world.dids(), roots);
        let code = judged.reasons.first().map_or("", |reason| reason.code);
        (judged.verdict, code, judged.told.and_then(|told| told.anchored).is_some())
    };
    let root = Root::parse(&named).unwrap();
    let other = Root::parse(&format!("bitcoin:{}:1d00ffff:6", REAL[2].1)).unwrap();
    assert_eq!(judged(&good, &[other.clone(), root.clone()]), (Verdict::Valid, "", true));
    assert_eq!(judged(&good, &[]), (Verdict::Unknown, "untrusted-root", true));
    assert_eq!(judged(&good, &[other]), (Verdict::Unknown, "untrusted-root", true));
    let refused = |edit: &dyn Fn(&mut Certificate)| {
        let mut changed = good.clone();
        edit(&mut changed);
        let (verdict, code, _) = judged(&changed, std::slice::from_ref(&root));
        assert_eq!(verdict, Verdict::Invalid);
        code
    };
    assert_eq!(refused(&|c| c.grade = Grade::Economic), "grade");
    assert_eq!(refused(&|c| c.anchor = None), "grade");
    assert_eq!(refused(&|c| c.coverage = None), "grade");
    let bitcoin = Anchor::Bitcoin(proof(&Digest::of_blob(b"a cut")));
    assert_eq!(refused(&|c| c.anchor = Some(bitcoin.clone())), "anchor");
}

/// A note of a log of ours, and its key.
fn note() -> (String, String) {
    let (mut tree, log) = (Tree::new(), key(77));
    tree.push(Digest::of_blob(b"one")).unwrap();
    let root = tree.root_at(1).unwrap();
    let note = Checkpoint::new("log.example/anchors", 1, root).unwrap().sign(&log).unwrap();
    let named = verifier_key("log.example/anchors", &log.public());
    (String::from_utf8(note.to_bytes()).unwrap(), named)
}

/// A bundle is judged with what its lanes attach, whoever judged it before.
#[test]
fn attachments_are_judged_again_in_a_bundle() {
    use corridor::attachment::Rests;
    use corridor::verify::judge;

    let (checkpoint, key) = note();
    let good = observed(Checkpointed::Log { checkpoint: checkpoint.clone(), key: key.clone() });
    let spoiled = checkpoint.replace("log.example/anchors\n1\n", "log.example/anchors\n2\n");
    let bad = observed(Checkpointed::Log { checkpoint: spoiled, key: key.clone() });
    let headers = Checkpointed::Bitcoin { headers: headers(&REAL) };
    // What the receiver says of them: nothing, that all hold, or that the second does not.
    let lived = |attachments: &[&Attachment], decided: Option<&[u64]>| {
        let mut world = World::new();
        for attachment in attachments {
            let said = serde_json::to_value(attachment).unwrap();
            world.sides[0].write(draft(TransitionKind::Attach, said)).unwrap();
        }
        world.settle();
        if let Some(refused) = decided {
            world.sides[1].ack(attachments.len() as u64, refused).unwrap();
            world.settle();
        }
        let report = judge(&world.bundle(0), &world.dids());
        (report.verdict, report.reasons.first().map_or("", |why| why.code), report.attachments)
    };
    let chain = observed(headers);
    let (verdict, why, found) = lived(&[&good, &chain], Some(&[]));
    assert_eq!((verdict, why, found.sound, found.unsound), (Verdict::Valid, "", 2, 0));
    let [log, bitcoin] = found.told.as_slice() else { panic!("{found:?}") };
    assert_eq!((log.sequence, log.relation, log.accepted), (0, Relation::Observed, Some(true)));
    let Rests::Held(held) = &log.rests else { panic!("{log:?}") };
    assert!(Root::parse(&key).unwrap().carries(held));
    assert!(matches!(&bitcoin.rests, Rests::Held(Held::Bitcoin { .. })));
    // Accepted all the same: both zones acted on what is not so.
    let (verdict, why, _) = lived(&[&good, &bad], Some(&[]));
    assert_eq!((verdict, why), (Verdict::Invalid, "attachment"));
    // Refused, or not decided: nobody did.
    for (decided, accepted) in [(Some(&[1u64][..]), Some(true)), (None, None)] {
        let (verdict, _, found) = lived(&[&good, &bad], decided);
        assert_eq!((verdict, found.sound, found.unsound), (Verdict::Valid, 1, 1));
        assert_eq!(found.told[0].accepted, accepted);
    }
    // It belongs to a receipt that is there.
    let of = |sequence, next_root| {
        let lane = World::new().sides[0].party.zone().clone();
        Attachment { about: Some(About { lane, next_root, sequence }), ..good.clone() }
    };
    let first = World::new().sides[0].write(draft(TransitionKind::Attach, json!(good))).unwrap();
    assert_eq!(lived(&[&good, &of(0, first.next_root)], Some(&[])).0, Verdict::Valid);
    for (sequence, root) in [(0, Digest::of_blob(b"x")), (7, first.next_root)] {
        let (verdict, why, _) = lived(&[&good, &of(sequence, root)], Some(&[]));
        assert_eq!((verdict, why), (Verdict::Invalid, "attachment"));
    }
}

/// Where an asset stood is the receipt that carries it, opened under a cut of the corridor it crossed.
#[test]
fn a_checkpoint_of_an_asset_is_its_receipt_under_a_cut() {
    use corridor::attachment::{AssetShown, Rests};

    let mut there = World::of_seeds(50, 80);
    let genesis = json!({ "type": "MEZAssetGenesis", "asset_name": "Plot 7" });
    let party = |name: &str| json!({ "party_id": "p", "name": name, "jurisdiction_id": "pk" });
    let asset_id = Canonical::of_value(&genesis).unwrap().digest();
    let carried = json!({
        "type": "MEZAssetTransfer", "asset_id": asset_id, "crossing": 3, "compliance": {},
        "genesis": genesis, "giver": party("Ada"), "recipient": party("Noor"),
    });
    let sent = there.sides[0].write(draft(TransitionKind::Transfer, carried)).unwrap();
    there.settle();
    there.sides[1].ack(1, &[]).unwrap();
    there.settle();
    there.cut(0).unwrap();
    let item = &there.sides[0].here.items[0];
    let receipt = Canonical::exact(&item.receipt).unwrap().value();
    let about = About { lane: sent.lane.clone(), next_root: sent.next_root, sequence: 0 };
    let shown = AssetShown { receipt, carried: item.payload.clone().unwrap() };
    let good = observed(Checkpointed::Corridor {
        cut: there.cuts[0].clone(),
        zones: keys(&there),
        inclusion: Some(there.sides[0].here.tree.inclusion(0, 1).unwrap()),
        receipt: Some(about),
        asset: Some(Box::new(shown)),
    });
    let id = canon::CorridorId::parse("org.momentum.mez.corridor.ae--pk").unwrap();
    let said = serde_json::to_value(&good).unwrap();
    let Rests::Corridor { asset: Some(found), .. } = good.verify(&id).unwrap() else { panic!() };
    assert_eq!((found.asset_id, found.crossing, found.left), (asset_id, 3, sent.lane));
    let refused = |pointer: &str, value: Value| {
        let mut changed = said.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        let read = Attachment::read(&changed);
        assert!(read.is_err() || read.unwrap().verify(&id).is_err(), "{pointer}");
    };
    refused("/checkpoint/asset/carried/payload/crossing", json!(4));
    refused("/checkpoint/asset/carried/salt", json!(Digest::of_blob(b"x")));
    refused("/checkpoint/asset/receipt/sequence", json!(1));
    refused("/checkpoint/asset/receipt/transition/kind", json!("noop"));
    let mut bare = said.clone();
    let members = bare["checkpoint"].as_object_mut().unwrap();
    members.remove("receipt");
    members.remove("inclusion");
    assert!(Attachment::read(&bare).is_err(), "an asset without the receipt named");
}
