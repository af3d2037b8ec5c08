//! `mez verify chain`: lanes from files and bundles, whole, forked, short and changed.

use canon::Canonical;
use corridor::LaneReceipt;
use proof::SecretKey;
use proof::integrity::{ProofOptions, sign_document};
use serde_json::Value;

use crate::place::{Place, Said};

/// The golden corridor: `pk` signs its lane with the key of seed 12, `sg` with that of 32.
fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../vectors/corridor.json")).unwrap()
}

/// The golden lanes as files, and the DIDs of both zones.
struct Golden {
    place: Place,
    lane: Vec<Vec<u8>>,
    trust: String,
}

fn golden(name: &str) -> Golden {
    let (place, vectors) = (Place::new(name), vectors());
    let mut dids = Vec::new();
    for (index, zone) in vectors["zones"].as_array().unwrap().iter().enumerate() {
        place.write(&format!("zone{index}.json"), zone["inception"].to_string());
        dids.push(zone["did"].as_str().unwrap().to_owned());
    }
    let rows = vectors["lanes"][0]["receipts"].as_array().unwrap();
    let lane: Vec<Vec<u8>> = rows
        .iter()
        .map(|row| Canonical::of_value(&row["receipt"]).unwrap().bytes().to_vec())
        .collect();
    for (index, row) in rows.iter().enumerate() {
        place.write(&format!("note{index}.txt"), row["checkpoint"].as_str().unwrap());
    }
    let golden = Golden { place, lane, trust: dids.join(",") };
    golden.put("lane.jsonl", &golden.lane);
    golden
}

impl Golden {
    fn put(&self, name: &str, receipts: &[Vec<u8>]) {
        let mut lines = receipts.join(&b'\n');
        lines.push(b'\n');
        self.place.write(name, lines);
    }

    /// Judged under the trust of both zones.
    fn judge(&self, words: &[&str]) -> (Said, Value) {
        let zones = ["--inception", "zone0.json", "--inception", "zone1.json"];
        let trust = ["--trust", &self.trust, "--json"];
        let said = self.place.mez(&[&["verify", "chain"], words, &zones, &trust].concat());
        let json = serde_json::from_str(&said.out)
            .unwrap_or_else(|error| panic!("{error}: {}", said.all()));
        (said, json)
    }

    /// Another receipt at the place of this one, signed by the same key.
    fn forged(&self, at: usize) -> Vec<u8> {
        let mut receipt = LaneReceipt::read(&self.lane[at]).unwrap();
        let key = SecretKey::from_seed([12; 32]).unwrap();
        receipt.transition.payload_commitment = canon::Digest::of_blob(b"other");
        receipt.next_root = receipt.derived_root().unwrap();
        receipt.proof = None;
        let options = ProofOptions::assertion(receipt.timestamp, &key);
        let signed = sign_document(receipt.canonical().unwrap().value(), &options, &key).unwrap();
        Canonical::of_value(&signed).unwrap().bytes().to_vec()
    }
}

#[test]
fn a_lane_is_valid_in_every_mode_and_unknown_without_trust() {
    let golden = golden("chain");
    let size = golden.lane.len();
    let last = format!("note{}.txt", size - 1);
    let half = format!("note{}.txt", size / 2 - 1);
    for (words, by) in [
        (&["lane.jsonl"][..], 0),
        (&["lane.jsonl", "--history"], 0),
        (&["lane.jsonl", "--checkpoint", &last], size),
        (&["lane.jsonl", "--checkpoint", &half], size / 2),
    ] {
        let (said, json) = golden.judge(words);
        assert_eq!(said.exit, 0, "{words:?} {}", said.all());
        let lane = &json["lanes"][0];
        assert_eq!((&lane["size"], &lane["by_checkpoint"]), (&size.into(), &by.into()));
        assert_eq!(json["forks"].as_array().unwrap().len(), 0);
    }
    let bare = golden.place.mez(&["verify", "chain", "lane.jsonl"]);
    assert_eq!(bare.exit, 7, "{}", bare.all());
    assert!(bare.out.contains("[inception-missing]"), "{}", bare.out);
    let zone = ["verify", "chain", "lane.jsonl", "--inception", "zone0.json"];
    let untrusted = golden.place.mez(&zone);
    assert_eq!(untrusted.exit, 7, "{}", untrusted.all());
    assert!(untrusted.out.contains("[untrusted-did]"), "{}", untrusted.out);
}

#[test]
fn the_first_offending_receipt_is_named() {
    let golden = golden("chain-bad");
    for bad in 0..golden.lane.len() {
        let mut missing = golden.lane.clone();
        missing.remove(bad);
        let mut changed = golden.lane.clone();
        let text = String::from_utf8(changed[bad].clone()).unwrap();
        let at = text.find("payload_commitment").unwrap() + 25;
        changed[bad][at] ^= 1;
        let mut forged = golden.lane.clone();
        forged[bad] = golden.forged(bad);
        // The one put in place of another is linked to what was before it; the next one is not.
        for (name, lane, at) in
            [("missing", missing, bad), ("changed", changed, bad), ("forged", forged, bad + 1)]
        {
            // Without its first receipt, what is left begins at 1; without its last, nothing is wrong.
            if at >= lane.len() {
                continue;
            }
            golden.put("bad.jsonl", &lane);
            for mode in [&["bad.jsonl"][..], &["bad.jsonl", "--history"]] {
                let (said, json) = golden.judge(mode);
                assert_eq!(said.exit, 6, "{name} {bad} {}", said.all());
                assert_eq!(json["lanes"][0]["offending"], at, "{name}: {json}");
            }
            // A checkpoint over the true lane refuses it as well, signatures or not.
            let last = format!("note{}.txt", golden.lane.len() - 1);
            assert_ne!(golden.judge(&["bad.jsonl", "--checkpoint", &last]).0.exit, 0, "{name}");
        }
    }
    golden.put("short.jsonl", &golden.lane[..2]);
    let last = format!("note{}.txt", golden.lane.len() - 1);
    let (said, json) = golden.judge(&["short.jsonl", "--checkpoint", &last]);
    assert_eq!((said.exit, &json["reasons"][0]["code"]), (7, &"receipts-missing".into()));
    golden.place.write("empty.jsonl", "");
    assert_eq!(golden.judge(&["empty.jsonl"]).0.exit, 7);
    golden.place.write("words.jsonl", "hello\n");
    assert_eq!(golden.judge(&["words.jsonl"]).0.exit, 6);
}

#[test]
fn a_fork_is_shown_with_its_candidates() {
    let golden = golden("chain-fork");
    let other = LaneReceipt::read(&golden.forged(2)).unwrap().next_root;
    let one = LaneReceipt::read(&golden.lane[2]).unwrap().next_root;
    // Both in one file, and each in a file of its own.
    let twice = [&golden.lane[..3], &[golden.forged(2)], &golden.lane[3..]].concat();
    golden.put("twice.jsonl", &twice);
    golden.put("other.jsonl", &[&golden.lane[..2], &[golden.forged(2)]].concat());
    for files in [&["twice.jsonl"][..], &["lane.jsonl", "other.jsonl"]] {
        let (said, json) = golden.judge(files);
        assert_eq!(said.exit, 6, "{}", said.all());
        assert_eq!(json["forks"][0]["sequence"], 2, "{json}");
        let candidates = serde_json::json!([one, other]);
        assert_eq!(json["forks"][0]["candidates"], candidates);
    }
    // The same history twice is no fork.
    golden.put("prefix.jsonl", &golden.lane[..2]);
    assert_eq!(golden.judge(&["lane.jsonl", "prefix.jsonl"]).0.exit, 0);
}

#[test]
fn a_checkpoint_that_is_not_cosigned_as_asked_is_refused() {
    let golden = golden("chain-witness");
    let witness = SecretKey::from_seed([77; 32]).unwrap();
    let key = proof::witness::CosignerKey::new("w.example", proof::Signer::public(&witness));
    let vkey = key.unwrap().verifier_key();
    let last = format!("note{}.txt", golden.lane.len() - 1);
    let asked = ["verify", "chain", "lane.jsonl", "--checkpoint", &last, "--witness", &vkey];
    let said = golden.place.mez(&[&asked[..], &["--inception", "zone0.json"]].concat());
    assert_eq!(said.exit, 6, "{}", said.all());
    assert!(said.err.contains("1 absent"), "{}", said.err);
}

#[test]
fn a_lane_in_a_bundle_is_judged_as_the_file_is() {
    let golden = golden("chain-bundle");
    let inception = Canonical::of_value(&vectors()["zones"][0]["inception"]).unwrap();
    let put = |name: &str, lane: &[Vec<u8>]| {
        let mut entries = std::collections::BTreeMap::new();
        entries.insert("inception/pk.json".to_owned(), inception.bytes().to_vec());
        for (at, receipt) in lane.iter().enumerate() {
            entries.insert(format!("lanes/pk/{at:08}.receipt.json"), receipt.clone());
            entries.insert(format!("lanes/pk/{at:08}.payload.json"), b"{}".to_vec());
        }
        let bytes = proof::artifact::Bundle::write(&entries).unwrap();
        golden.place.write(name, &bytes);
        bytes
    };
    let bytes = put("whole.zip", &golden.lane);
    let said = golden.place.mez(&["verify", "chain", "whole.zip", "--trust", &golden.trust]);
    assert_eq!(said.exit, 0, "{}", said.all());
    let mut missing = golden.lane.clone();
    missing.remove(1);
    put("missing.zip", &missing);
    let words = ["verify", "chain", "missing.zip", "--trust", &golden.trust, "--json"];
    let said = golden.place.mez(&words);
    assert_eq!((said.exit, &said.json()["lanes"][0]["offending"]), (6, &1.into()));
    golden.place.write("short.zip", &bytes[..bytes.len() - 1]);
    let said = golden.place.mez(&["verify", "chain", "short.zip"]);
    assert!(said.exit == 6 && said.err.contains("error[bundle]"), "{}", said.err);
}
