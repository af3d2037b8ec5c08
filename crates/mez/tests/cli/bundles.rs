//! `mez artifact graph bundle`, and bundles that are not what they should be.

use std::collections::BTreeMap;

use canon::Digest;
use proof::artifact::Bundle;
use serde_json::{Value, json};

use crate::place::Place;
use crate::roots::{chain, file, put};

type Entries = BTreeMap<String, Vec<u8>>;

/// A bundle of `root.json` made by the program.
fn made(place: &Place) -> Vec<u8> {
    let args = ["artifact", "graph", "bundle", "root.json", "--root", "cas", "--out", "made.zip"];
    let said = place.mez(&args);
    assert_eq!(said.exit, 0, "{}", said.err);
    std::fs::read(place.path("made.zip")).unwrap()
}

fn at(bytes: &[u8], pattern: &[u8]) -> usize {
    bytes.windows(pattern.len()).position(|part| part == pattern).unwrap()
}

/// The first header of the central directory.
fn directory(bytes: &[u8]) -> usize {
    at(bytes, b"PK\x01\x02")
}

fn repacked(bytes: &[u8], change: impl Fn(&mut Entries)) -> Vec<u8> {
    let mut entries = Bundle::read(bytes).unwrap().entries().clone();
    change(&mut entries);
    Bundle::write(&entries).unwrap()
}

fn manifest(entries: &mut Entries, change: impl Fn(&mut Value)) {
    let mut tree = serde_json::from_slice(&entries["manifest.json"]).unwrap();
    change(&mut tree);
    entries.insert(
        "manifest.json".to_owned(),
        canon::Canonical::of_value(&tree).unwrap().bytes().to_vec(),
    );
}

/// Puts other bytes of the same length, wherever the pattern occurs.
fn swapped(bytes: &[u8], pattern: &[u8], with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len() - pattern.len() {
        if bytes[at..].starts_with(pattern) {
            bytes[at..at + with.len()].copy_from_slice(with);
        }
    }
    bytes
}

fn patched(bytes: &[u8], offset: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[offset..offset + with.len()].copy_from_slice(with);
    bytes
}

#[test]
fn a_bundle_is_made_and_checked_alone() {
    let place = Place::new("bundle-made");
    let (leaf, middle) = chain(&place);
    let bytes = made(&place);
    std::fs::remove_dir_all(place.path("cas")).unwrap();
    let said = place.mez(&["artifact", "graph", "verify", "--bundle", "made.zip", "--json"]);
    assert_eq!(said.exit, 0, "{}", said.err);
    let manifest = Bundle::read(&bytes).unwrap().entry("manifest.json").unwrap().to_vec();
    assert_eq!(said.json()["manifest_digest_sha256"], json!(Digest::of_blob(&manifest)));
    let digest = middle["digest_sha256"].as_str().unwrap();
    let by_name = ["artifact", "graph", "bundle", "--type", "ruleset", "--digest", digest];
    let said = place.mez(&[&by_name[..], &["--root", "made.zip", "--out", "named.zip"]].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    assert_eq!(place.mez(&["artifact", "graph", "verify", "--bundle", "named.zip"]).exit, 0);
    // One byte short of both: the second is named as left out, and its absence is UNKNOWN.
    let words =
        ["artifact", "graph", "bundle", "root.json", "--root", "made.zip", "--bytes-max", "100"];
    let said = place.mez(&[&words[..], &["--out", "less.zip"]].concat());
    assert_eq!(said.exit, 7, "{}", said.err);
    let said = place.mez(&["artifact", "graph", "verify", "--bundle", "less.zip", "--json"]);
    assert_eq!((said.exit, said.json()["missing"].as_array().unwrap().len()), (7, 1));
    let less = Bundle::read(&std::fs::read(place.path("less.zip")).unwrap()).unwrap();
    let told: Value = serde_json::from_slice(less.entry("manifest.json").unwrap()).unwrap();
    assert_eq!(told["bundle"]["excluded"].as_array().unwrap().len(), 1);
    assert!(told["missing"] == json!([leaf]) || told["missing"] == json!([middle]));
}

#[test]
fn every_hostile_bundle_is_refused_by_name() {
    let place = Place::new("bundle-hostile");
    let (leaf, _) = chain(&place);
    let good = made(&place);
    let inside = file(&leaf).replacen("cas", "artifacts", 1);
    let inside = inside.strip_suffix(".json").unwrap();
    let moved = |entries: &mut Entries| {
        let bytes = entries.remove(inside).unwrap();
        entries.insert(inside.replacen("schema", "vc", 1), bytes);
    };
    let lie = |change: fn(&mut Value)| repacked(&good, |entries| manifest(entries, change));
    let table: Vec<(&str, &str, &str, Vec<u8>)> = vec![
        ("missing", "bundle-manifest", "", repacked(&good, |e| drop(e.remove(inside)))),
        (
            "wrong bytes",
            "bundle-wrong",
            "schema/",
            repacked(&good, |e| drop(e.insert(inside.to_owned(), b"{}".to_vec()))),
        ),
        (
            "extra",
            "bundle-extra",
            "more",
            repacked(&good, |e| drop(e.insert("artifacts/blob/more".to_owned(), b"x".to_vec()))),
        ),
        (
            "a changed README",
            "bundle-extra",
            "README.txt",
            repacked(&good, |e| drop(e.insert("README.txt".to_owned(), b"x".to_vec()))),
        ),
        ("wrong type", "bundle-extra", "artifacts/vc/", repacked(&good, moved)),
        (
            "no manifest",
            "bundle-absent",
            "manifest.json",
            repacked(&good, |e| drop(e.remove("manifest.json"))),
        ),
        (
            "no root",
            "bundle-absent",
            "root/document.json",
            repacked(&good, |e| drop(e.remove("root/document.json"))),
        ),
        (
            "a lying total",
            "bundle-manifest",
            "stats",
            lie(|m| m["stats"]["nodes_total"] = json!(3)),
        ),
        ("a lying list", "bundle-manifest", "missing", lie(|m| m["missing"] = json!(["x"]))),
        ("a lying length", "bundle-manifest", "resolved", lie(|m| m["resolved"] = json!({}))),
        ("another root", "bundle-manifest", "root", lie(|m| m["root"] = json!({"mode": "dir"}))),
        ("more than is told", "bundle-manifest", "its form", lie(|m| m["more"] = json!(1))),
    ];
    refused(&place, table);
}

fn refused(place: &Place, table: Vec<(&str, &str, &str, Vec<u8>)>) {
    for (what, code, word, bytes) in table {
        place.write("hostile.zip", bytes);
        let said = place.mez(&["artifact", "graph", "verify", "--bundle", "hostile.zip"]);
        assert_eq!(said.exit, 6, "{what}: {}{}", said.out, said.err);
        let named = said.err.contains(&format!("error[{code}]")) && said.err.contains(word);
        assert!(named && said.err.contains("next: "), "{what}: {}", said.err);
    }
}

#[test]
fn every_hostile_container_is_refused_by_name() {
    let place = Place::new("bundle-container");
    chain(&place);
    let good = made(&place);
    let dir = directory(&good);
    let second = dir + 1 + directory(&good[dir + 1..]);
    let mut longer = good.clone();
    longer.push(0);
    let longest = &[0xff, 0xff, 0xff, 0x7f];
    refused(
        &place,
        vec![
            (
                "path traversal",
                "bundle-container",
                "not an entry name",
                swapped(&good, b"README.txt", b"../../.txt"),
            ),
            (
                "absolute path",
                "bundle-container",
                "not an entry name",
                swapped(&good, b"README.txt", b"/EADME.txt"),
            ),
            ("zip bomb", "bundle-container", "compressed", patched(&good, dir + 10, &[8, 0])),
            (
                "a huge size",
                "bundle-container",
                "",
                patched(&patched(&good, dir + 20, longest), dir + 24, longest),
            ),
            (
                "symlink",
                "bundle-container",
                "attributes",
                patched(&good, dir + 38, &[0, 0, 0xff, 0xa1]),
            ),
            (
                "overlapping entries",
                "bundle-container",
                "overlaps",
                patched(&good, second + 42, &[0, 0, 0, 0]),
            ),
            ("data after the end", "bundle-container", "after its end", longer),
            ("cut short", "bundle-container", "", good[..good.len() - 1].to_vec()),
            ("no zip", "bundle-container", "not a zip", b"PK".to_vec()),
        ],
    );
}

#[test]
fn a_name_twice_is_refused() {
    let place = Place::new("bundle-twice");
    let bytes = Bundle::write(&BTreeMap::from([
        ("aa".to_owned(), b"1".to_vec()),
        ("ab".to_owned(), b"2".to_vec()),
    ]));
    place.write("twice.zip", swapped(&bytes.unwrap(), b"ab", b"aa"));
    let said = place.mez(&["artifact", "graph", "verify", "--bundle", "twice.zip"]);
    assert_eq!(said.exit, 6);
    assert!(said.err.contains("`aa` occurs twice"), "{}", said.err);
}

/// A bundle of `root.json` that `key` vouches for.
fn attested(place: &Place, key: &str, out: &str) -> Vec<u8> {
    let key = format!("{key}.priv.json");
    let args = ["artifact", "graph", "bundle", "root.json", "--root", "cas", "--attest", &key];
    let said = place.mez(&[&args[..], &["--out", out]].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    std::fs::read(place.path(out)).unwrap()
}

#[test]
fn a_bundle_is_vouched_for_by_whom_it_says() {
    let place = Place::new("bundle-attested");
    chain(&place);
    let (alice, bob) = (place.key("alice.priv.json", 1), place.key("bob.priv.json", 2));
    let good = attested(&place, "alice", "good.zip");
    let judged = |file: &str, trust: &[&str]| {
        let said = place.mez(&[&["verify", file, "--json"], trust].concat());
        (said.exit, said.json())
    };
    for (trust, exit, code) in [
        (&["--trust", &alice][..], 0, None),
        (&["--trust", &bob], 7, Some("issuer-not-trusted")),
        (&[], 7, Some("issuer-not-trusted")),
    ] {
        let (found, json) = judged("good.zip", trust);
        assert_eq!((found, &json["attested_by"]), (exit, &json!(alice)), "{json}");
        assert_eq!(json["reasons"][0]["code"].as_str(), code, "{json}");
    }
    let words = ["artifact", "graph", "verify", "--bundle", "good.zip", "--trust", &alice];
    let said = place.mez(&words);
    assert!(said.exit == 0 && said.out.contains(&format!("attested by  {alice}")), "{}", said.out);
    // Nobody's word, and whether it was asked for.
    made(&place);
    let (exit, json) = judged("made.zip", &[]);
    assert_eq!((exit, &json["attested_by"]), (0, &Value::Null));
    let (exit, json) = judged("made.zip", &["--trust", &alice]);
    assert_eq!((exit, &json["reasons"][0]["code"]), (7, &json!("not-attested")));
    // One byte of the signature, and a word for another manifest.
    let signed: Value = serde_json::from_slice(&entry(&good, "attestation.json")).unwrap();
    let value = signed["proof"]["proofValue"].as_str().unwrap().to_owned();
    let other = if value.ends_with('2') { "3" } else { "2" };
    let broken = format!("{}{other}", &value[..value.len() - 1]);
    place.write("broken.zip", signed_anew(&good, &["proof", "proofValue"], json!(broken)));
    assert_eq!(judged("broken.zip", &["--trust", &alice]).0, 6);
    for member in ["manifest_digest_sha256", "manifest_path", "root", "stats"] {
        let path = ["credentialSubject", member];
        place.write("other.zip", signed_anew(&good, &path, json!("other")));
        let (exit, json) = judged("other.zip", &["--trust", &alice]);
        assert_eq!((exit, &json["reasons"][0]["code"]), (6, &json!("bundle-attestation")));
    }
    let until = ["--out", "late.zip", "--valid-until", "2020-01-01T00:00:00Z"];
    let args = ["artifact", "graph", "bundle", "root.json", "--attest", "alice.priv.json"];
    assert_eq!(place.mez(&[&args[..], &["--root", "cas"], &until].concat()).exit, 6);
    assert!(!place.path("late.zip").exists());
}

fn entry(bytes: &[u8], name: &str) -> Vec<u8> {
    Bundle::read(bytes).unwrap().entry(name).unwrap().to_vec()
}

/// The bundle with one member of its attestation changed.
fn signed_anew(bytes: &[u8], path: &[&str], value: Value) -> Vec<u8> {
    repacked(bytes, |entries| {
        let mut tree: Value = serde_json::from_slice(&entries["attestation.json"]).unwrap();
        let place = path.iter().fold(&mut tree, |place, name| &mut place[*name]);
        *place = value.clone();
        let canonical = canon::Canonical::of_value(&tree).unwrap();
        entries.insert("attestation.json".to_owned(), canonical.bytes().to_vec());
    })
}

#[test]
fn a_bundle_over_standard_input_is_judged_as_the_file_is() {
    let place = Place::new("bundle-stdin");
    chain(&place);
    let bytes = made(&place);
    let said = place.mez_reading(&["verify", "-", "--json"], &bytes);
    assert_eq!(said.exit, 0, "{}", said.all());
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(place.mez_reading(&["verify", "-"], &longer).exit, 6);
}

/// Types whose order by name differs from their order as paths, and a leaf reached in two ways.
#[test]
fn a_wide_closure_has_one_manifest_whoever_reads_it() {
    let place = Place::new("bundle-wide");
    let leaf = put(&place, "receipt", &json!({"n": 0}));
    let mut all = vec![leaf.clone()];
    for n in 1..40 {
        let kind = ["smart-asset-receipt-checkpoint", "smart-asset-checkpoint", "vc", "receipt"];
        all.push(put(&place, kind[n % 4], &json!({"n": n, "of": [leaf]})));
    }
    place.write("root.json", json!({"all": all}).to_string());
    let bytes = made(&place);
    let manifest = entry(&bytes, "manifest.json");
    let told = canon::Canonical::exact(&manifest).unwrap().value();
    assert_eq!(told["resolved"].as_object().unwrap().len(), 40);
    assert_eq!(told["edges"].as_array().unwrap().len(), 79);
    assert_eq!(told["options"]["limits"]["nodes_max"], 100_000);
    assert_eq!(place.mez(&["verify", "made.zip"]).exit, 0);
    // The same through the bundle as a root: the same bytes.
    let words = ["artifact", "graph", "bundle", "root.json", "--root", "made.zip"];
    assert_eq!(place.mez(&[&words[..], &["--out", "again.zip"]].concat()).exit, 0);
    assert_eq!(std::fs::read(place.path("again.zip")).unwrap(), bytes);
}
