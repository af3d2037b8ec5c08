//! `mez verify`: every kind of file, judged offline.

use expect_test::expect;

use crate::place::{Place, Said};

/// The W3C example of `eddsa-jcs-2022`, and the sets and chains of other suites beside it.
const W3C: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/vc-di-eddsa");

fn w3c(name: &str) -> String {
    let path = format!("{W3C}/{name}");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn proof_only(place: &Place, text: &str) -> Said {
    place.write("document.json", text);
    place.mez(&["verify", "document.json", "--proof-only"])
}

#[test]
fn the_proofs_of_the_w3c_example_are_valid_and_one_changed_byte_is_not() {
    let place = Place::new("w3c");
    let text = w3c("eddsa-jcs-2022/signedJCS.json");
    expect![[r#"
        exit 0
        -- stdout
        verdict    VALID
        document   document.json
        signed by  did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2
        checked    the proofs alone; not whose keys these are, nor what the document says
    "#]]
    .assert_eq(&proof_only(&place, &text).all());
    for (from, to) in [
        ("School of Examples", "School of Exemples"),
        ("2023-02-24T23:36:38Z", "2023-02-24T23:36:39Z"),
        ("example:abcdefgh", "example:abcdefgi"),
        ("z2HnFS", "z2HnFT"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert_eq!(proof_only(&place, &changed).exit, 6, "{from}");
    }
}

#[test]
fn a_suite_that_is_not_ours_is_unknown_by_name() {
    let place = Place::new("rdfc");
    for name in ["signedProofSet1", "signedProofSet2", "signedProofChain1", "signedProofChain2"] {
        let said = proof_only(&place, &w3c(&format!("proof-set-chain/{name}.json")));
        assert_eq!(said.exit, 7, "{name}: {}", said.all());
        assert!(said.out.contains("[unsupported-cryptosuite]"), "{name}: {}", said.out);
    }
}

#[test]
fn an_inception_document_is_valid_under_its_own_did_alone() {
    let place = Place::new("inception");
    let text = include_str!("../../../../vectors/proof.json");
    let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
    let document = &vectors["inception"]["document"];
    place.write("inception.json", document.to_string());
    let inception = "inception.json";
    let unknown = place.mez(&["verify", inception, "--json"]);
    assert_eq!(unknown.exit, 7, "{}", unknown.all());
    let told: serde_json::Value = serde_json::from_str(&unknown.out).unwrap();
    assert_eq!(told["kind"], "inception");
    assert_eq!(told["reasons"][0]["code"], "untrusted-did");
    let did = told["needs"][0].as_str().unwrap();
    assert_eq!(place.mez(&["verify", inception, "--trust", did]).exit, 0);
    let mut changed = document.clone();
    changed["zone_host"] = "another.example".into();
    place.write("changed.json", changed.to_string());
    assert_eq!(place.mez(&["verify", "changed.json", "--trust", did]).exit, 6);
}

#[test]
fn what_is_of_no_kind_is_named() {
    let place = Place::new("no-kind");
    place.write("a.json", "{\"type\":\"SomethingElse\"}");
    place.write("b.json", "{\"type\":");
    place.write("c.txt", "hello");
    assert_eq!(place.mez(&["verify", "a.json"]).exit, 7);
    assert_eq!(place.mez(&["verify", "b.json"]).exit, 6);
    assert_eq!(place.mez(&["verify", "c.txt"]).exit, 6);
    assert_eq!(place.mez(&["verify", "a.json", "--proof-only"]).exit, 6);
}

/// The golden corridor laid out as files; the DIDs of its two zones.
fn golden(place: &Place) -> [String; 2] {
    let text = include_str!("../../../../vectors/corridor.json");
    let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut dids = Vec::new();
    for (index, zone) in vectors["zones"].as_array().unwrap().iter().enumerate() {
        place.write(&format!("zone{index}.json"), zone["inception"].to_string());
        dids.push(zone["did"].as_str().unwrap().to_owned());
    }
    let lane = &vectors["lanes"][0];
    let rows = lane["receipts"].as_array().unwrap();
    for (index, row) in rows.iter().enumerate() {
        let receipt = canon::Canonical::of_value(&row["receipt"]).unwrap();
        place.write(&format!("receipt{index}.json"), receipt.bytes());
        place.write(&format!("note{index}.txt"), row["checkpoint"].as_str().unwrap());
    }
    place.write("cut.json", vectors["cuts"][0]["cut"].to_string());
    let root = |row: &serde_json::Value| {
        let text = row["receipt"]["next_root"].as_str().unwrap().to_owned();
        canon::Digest::from_hex(&text).unwrap()
    };
    let tree: proof::merkle::Tree = rows.iter().map(root).collect();
    let size = tree.size();
    let last = place.read(&format!("note{}.txt", size - 1));
    let inclusion = tree.inclusion(1, size).unwrap();
    let file = proof::tlog_proof::TlogProof::new(1, inclusion, last.as_bytes());
    place.write("receipt1.tlog-proof", file.to_bytes());
    let consistency = tree.consistency(2, size).unwrap();
    let body = proof::witness::client::add_checkpoint(2, &consistency, last.as_bytes()).unwrap();
    place.write("consistency.txt", body);
    <[String; 2]>::try_from(dids).unwrap()
}

#[test]
fn receipts_cuts_notes_and_proofs_are_judged_alone() {
    let place = Place::new("alone");
    let both = golden(&place).join(",");
    let zones = ["--inception", "zone0.json", "--inception", "zone1.json"];
    let rows: [(&str, &[&str], &str); 5] = [
        ("receipt0.json", &[], "receipt"),
        ("cut.json", &[], "cut"),
        ("note0.txt", &[], "note"),
        ("receipt1.tlog-proof", &["--receipt", "receipt1.json"], "inclusion proof"),
        ("consistency.txt", &["--older", "note1.txt"], "consistency proof"),
    ];
    for (file, more, kind) in rows {
        let ask = |words: &[&str]| {
            let args = [&["verify", file, "--json"], more, words].concat();
            let said = place.mez(&args);
            let json: serde_json::Value = serde_json::from_str(&said.out)
                .unwrap_or_else(|error| panic!("{file}: {error}: {}", said.all()));
            assert_eq!(json["kind"], kind, "{file}");
            (said.exit, json)
        };
        let trusting = [&zones[..], &["--trust", &both]].concat();
        assert_eq!(ask(&trusting).0, 0, "{file}: {}", ask(&trusting).1);
        // Keys given but not trusted, and no keys at all.
        let (exit, json) = ask(&zones);
        assert_eq!(
            (exit, json["reasons"][0]["code"].as_str()),
            (7, Some("untrusted-did")),
            "{file}"
        );
        assert!(both.contains(json["needs"][0].as_str().unwrap()), "{file}");
        assert_eq!(ask(&[]).0, 7, "{file}");
        // One byte changed anywhere that counts is never VALID.
        let text = place.read(file);
        for at in (0..text.len()).step_by(7).filter(|at| text.as_bytes()[*at].is_ascii_hexdigit()) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'3' } else { b'7' };
            place.write("changed", bytes);
            let said = place.mez(&[&["verify", "changed"], more, &trusting[..]].concat());
            assert_ne!(said.exit, 0, "{file}: a change of byte {at} goes unseen\n{}", said.all());
        }
    }
    // A proof is of one receipt: another one beside it is refused by name.
    let args = ["verify", "receipt1.tlog-proof", "--receipt", "receipt0.json", "--trust", &both];
    let said = place.mez(&[&args, &zones[..]].concat());
    assert_eq!(said.exit, 6, "{}", said.all());
    assert!(said.out.contains("[other-index]"), "{}", said.out);
    assert_eq!(place.mez(&["verify", "consistency.txt"]).exit, 64);
}

#[test]
fn evidence_of_equivocation_and_the_keys_of_a_zone_are_judged_alone() {
    let place = Place::new("evidence");
    let secret = proof::SecretKey::from_seed([9; 32]).unwrap();
    let origin = "log.example/lane";
    let note = |text: &str| {
        let root = canon::Digest::of_blob(text.as_bytes());
        let head = proof::Checkpoint::new(origin, 7, root).unwrap();
        String::from_utf8(head.sign(&secret).unwrap().to_bytes()).unwrap()
    };
    let by =
        corridor::evidence::By::VerifierKey(proof::note::verifier_key(origin, &secret.public()));
    let file = corridor::evidence::two_notes(by, &note("one"), &note("other")).unwrap();
    place.write("evidence.json", file.bytes());
    let vectors = include_str!("../../../../vectors/proof.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    place.write("keys.json", vectors["rotations"]["document"].to_string());
    let zone = vectors["inception"]["pinned"].as_str().unwrap().to_owned();
    for (file, did) in [("evidence.json", secret.public().did().to_string()), ("keys.json", zone)] {
        let said = place.mez(&["verify", file, "--trust", &did]);
        assert_eq!(said.exit, 0, "{file}: {}", said.all());
        assert_eq!(place.mez(&["verify", file]).exit, 7, "{file}");
        let text = place.read(file);
        for at in (0..text.len()).step_by(11).filter(|at| text.as_bytes()[*at].is_ascii_digit()) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'3' } else { b'7' };
            place.write("changed", bytes);
            let said = place.mez(&["verify", "changed", "--trust", &did]);
            assert_ne!(said.exit, 0, "{file}: a change of byte {at} goes unseen\n{}", said.all());
        }
    }
}

#[test]
fn a_binding_of_a_proof_is_signed_and_judged_alone() {
    let place = Place::new("binding");
    let corridor = "org.momentum.mez.corridor.pk--sg";
    let (one, two) = ("11".repeat(32), "22".repeat(32));
    let cut = format!(r#"{{"kind":"cut","corridor_id":"{corridor}","digest_sha256":"{one}"}}"#);
    place.write("about.json", format!("[{cut}]"));
    place.write("twice.json", format!("[{cut},{cut}]"));
    assert_eq!(place.mez(&["vc", "keygen", "--output", "keys", "--prefix", "own"]).exit, 0);
    let sign = |about: &str, out: &str| {
        place.mez(&[
            "corridor",
            "sign-binding",
            "--purpose",
            "screening",
            "--proof-type",
            "zk-proof",
            "--proof-digest",
            &two,
            "--commitments",
            about,
            "--key",
            "keys/own.priv.json",
            "--out",
            out,
            "--json",
        ])
    };
    let twice = sign("twice.json", "never.json");
    assert_eq!(twice.exit, 6, "{}", twice.all());
    let signed = sign("about.json", "binding.json");
    assert_eq!(signed.exit, 0, "{}", signed.all());
    let unknown = place.mez(&["verify", "binding.json", "--json"]);
    assert_eq!(unknown.exit, 7, "{}", unknown.all());
    let told = unknown.json();
    assert_eq!((&told["kind"], &told["purpose"]), (&"binding".into(), &"screening".into()));
    assert_eq!(told["binding_sha256"], signed.json()["binding_sha256"]);
    let did = told["needs"][0].as_str().unwrap().to_owned();
    assert_eq!(place.mez(&["verify", "binding.json", "--trust", &did]).exit, 0);
    let text = place.read("binding.json");
    for (from, to) in [("screening", "screaming"), (one.as_str(), two.as_str())] {
        place.write("changed.json", text.replacen(from, to, 1));
        let said = place.mez(&["verify", "changed.json", "--trust", &did]);
        assert_eq!(said.exit, 6, "{}", said.all());
    }
}
