//! Two lanes judged again from their first receipt, beside what anybody would write in an evening.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use canon::{Canonical, Digest, Timestamp};
use corridor::LaneReceipt;
use corridor::lane::Seen;
use corridor::verify::chain::{BLOCK_MAX, Chain, Check, check_block};
use ed25519_dalek::VerifyingKey;
use proof::integrity::{ProofOptions, sign_document};
use proof::keys::batch::Mode;
use proof::{PublicKey, SecretKey};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::canonical;
use crate::harness::{Bench, Clock, Reach, Row};

/// Receipts of each lane, unless `BENCH_RECEIPTS` says otherwise.
const RECEIPTS: usize = 500_000;
const ROUNDS: usize = 3;

/// A lane and the key that wrote it.
struct Lane {
    key: PublicKey,
    /// The same for the peer.
    plain: VerifyingKey,
    receipts: Vec<Vec<u8>>,
    root: Digest,
}

/// A lane of receipts that each have seen the other lane, three a second.
fn lane(seed: u8, count: usize) -> Lane {
    let mut receipt: LaneReceipt = serde_json::from_slice(&canonical::receipt()).expect("golden");
    let signer = SecretKey::from_seed([seed; 32]).expect("a seed");
    let began = receipt.timestamp;
    let mut seen = receipt.seen.take().or_else(|| {
        let lane = canon::ZoneId::parse("org.momentum.mez.zone.other").ok()?;
        Some(Seen { lane, size: 1, root: receipt.next_root })
    });
    receipt.ack = None;
    receipt.epoch = 0;
    let mut receipts = Vec::with_capacity(count);
    for sequence in 0..count {
        receipt.sequence = sequence as u64;
        receipt.prev_root = receipt.next_root;
        receipt.timestamp = plus(began, sequence / 3);
        if let Some(seen) = &mut seen {
            seen.size = 1 + sequence as u64;
            seen.root = receipt.prev_root;
        }
        receipt.seen.clone_from(&seen);
        receipt.proof = None;
        receipt.next_root = receipt.derived_root().expect("canonical");
        let options = ProofOptions::assertion(receipt.timestamp, &signer);
        let document = receipt.canonical().expect("canonical").value();
        let signed = sign_document(document, &options, &signer).expect("signed");
        receipts.push(Canonical::of_value(&signed).expect("canonical").bytes().to_vec());
    }
    let key = signer.public();
    let plain = VerifyingKey::from_bytes(key.bytes()).expect("a key");
    let mut lane = Lane { key, plain, receipts, root: receipt.next_root };
    lane.root = ours(&lane, Check::Committed);
    lane
}

/// Writes a lane of the golden zone `pk` as a file, and beside it the zone's inception document.
pub(crate) fn write(folder: &Path, count: usize) -> std::io::Result<()> {
    let vectors: Value = serde_json::from_str(canonical::VECTORS).expect("the vectors are JSON");
    let lane = lane(12, count);
    std::fs::create_dir_all(folder)?;
    let mut file = BufWriter::new(File::create(folder.join("lane.jsonl"))?);
    for receipt in &lane.receipts {
        file.write_all(receipt)?;
        file.write_all(b"\n")?;
    }
    file.flush()?;
    std::fs::write(folder.join("inception.json"), vectors["zones"][0]["inception"].to_string())?;
    println!("{}", vectors["zones"][0]["did"].as_str().expect("a DID"));
    Ok(())
}

/// Signed receipts of one lane, each with its digest.
pub(crate) fn receipts(count: usize) -> Vec<(Digest, Vec<u8>)> {
    let root = |bytes: &Vec<u8>| LaneReceipt::read(bytes).expect("a receipt").next_root;
    lane(3, count).receipts.into_iter().map(|bytes| (root(&bytes), bytes)).collect()
}

fn plus(time: Timestamp, seconds: usize) -> Timestamp {
    time.plus_secs(seconds as i64).expect("a time")
}

/// Every receipt of a lane under `check`; the root of its tree.
fn ours(lane: &Lane, check: Check<'_>) -> Digest {
    let mut chain = Chain::default();
    for part in lane.receipts.chunks(BLOCK_MAX) {
        let part: Vec<&[u8]> = part.iter().map(Vec::as_slice).collect();
        let block = check_block(&part, check);
        assert!(block.refused.is_none(), "{:?}", block.refused);
        block.entries.iter().for_each(|entry| chain.push(entry).expect("linked"));
    }
    assert_eq!(chain.size(), lane.receipts.len() as u64);
    chain.root()
}

fn history(lane: &Lane) -> Digest {
    ours(lane, Check::Signatures { key: &lane.key, mode: Mode::History })
}

/// Parse, write the document and the proof's options canonically, hash both, verify strictly.
fn naive(lane: &Lane) -> u64 {
    let mut good = 0;
    for bytes in &lane.receipts {
        let mut document: Value = serde_json::from_slice(bytes).expect("JSON");
        let mut proof =
            document.as_object_mut().expect("an object").remove("proof").expect("signed");
        let value = proof.as_object_mut().expect("a proof").remove("proofValue").expect("signed");
        let parts = [&proof, &document]
            .map(|part| Sha256::digest(serde_jcs::to_vec(part).expect("canonical")));
        let signature =
            bs58::decode(&value.as_str().expect("text")[1..]).into_vec().expect("base58");
        let signature = ed25519_dalek::Signature::from_slice(&signature).expect("64 bytes");
        good += u64::from(lane.plain.verify_strict(&parts.concat(), &signature).is_ok());
    }
    good
}

fn hashed(lane: &Lane) -> Digest {
    lane.receipts.iter().fold(lane.root, |_, bytes| Digest::of_blob(bytes))
}

/// Both lanes, each on a thread of its own.
fn at_once<T: Send>(lanes: &[Lane; 2], work: impl Fn(&Lane) -> T + Sync) -> [T; 2] {
    let [one, other] = lanes;
    std::thread::scope(|scope| {
        let first = scope.spawn(|| work(one));
        let second = work(other);
        [first.join().expect("no panic"), second]
    })
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let count = std::env::var("BENCH_RECEIPTS").ok().and_then(|count| count.parse().ok());
    let count = count.unwrap_or(RECEIPTS);
    let seeds = [1, 2];
    let [first, second] = std::thread::scope(|scope| {
        seeds
            .map(|seed| scope.spawn(move || lane(seed, count)))
            .map(|lane| lane.join().expect("made"))
    });
    let lanes = [first, second];
    for lane in &lanes {
        assert_eq!(history(lane), lane.root);
        let receipts = lane.receipts[..count.min(1000)].to_vec();
        let sample = Lane { key: lane.key.clone(), plain: lane.plain, receipts, root: lane.root };
        assert_eq!(naive(&sample), sample.receipts.len() as u64);
    }
    let length = lanes[0].receipts[count / 2].len();
    let unit = |what: &str| format!("{what}: 2 lanes of {count} receipts of {length} bytes");
    vec![
        bench.long(
            &unit("history cold, one core"),
            (Clock::Thread, ROUNDS),
            Reach::Within(0.20),
            || lanes.each_ref().map(history),
            || lanes.each_ref().map(naive),
        ),
        bench.long(
            &unit("history cold, two cores beside one"),
            (Clock::Wall, ROUNDS),
            Reach::Within(0.10),
            || at_once(&lanes, history),
            || lanes.each_ref().map(naive),
        ),
        bench.long(
            &unit("the same from a trusted checkpoint, beside SHA-256 of the bytes"),
            (Clock::Thread, ROUNDS),
            Reach::Within(1.25),
            || lanes.each_ref().map(|lane| ours(lane, Check::Committed)),
            || lanes.each_ref().map(hashed),
        ),
    ]
}
