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
