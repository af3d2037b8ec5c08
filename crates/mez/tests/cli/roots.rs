//! `mez artifact put`, `get` and `graph verify` over folders, bundles and a file server.

use std::collections::BTreeMap;

use proof::artifact::Bundle;
use serde_json::{Value, json};

use crate::log::serve;
use crate::place::{Place, Said};

/// Stores a document in the folder `cas`; a reference to it.
pub(crate) fn put(place: &Place, kind: &str, document: &Value) -> Value {
    place.write("next.json", document.to_string());
    let said =
        place.mez(&["artifact", "put", "--root", "cas", "--type", kind, "next.json", "--json"]);
    assert_eq!(said.exit, 0, "{}", said.err);
    json!({"artifact_type": kind, "digest_sha256": said.json()["digest_sha256"]})
}

/// A schema, a ruleset that refers to it, and `root.json` that refers to the ruleset.
pub(crate) fn chain(place: &Place) -> (Value, Value) {
    let leaf = put(place, "schema", &json!({"leaf": true}));
    let middle = put(place, "ruleset", &json!({"uses": [leaf]}));
    place.write("root.json", json!({"law": middle}).to_string());
    (leaf, middle)
}

pub(crate) fn file(reference: &Value) -> String {
    let text = |name: &str| reference[name].as_str().unwrap().to_owned();
    format!("cas/{}/{}.json", text("artifact_type"), text("digest_sha256"))
}

fn get(place: &Place, reference: &Value, roots: &[&str]) -> Said {
    let digest = reference["digest_sha256"].as_str().unwrap();
    let kind = reference["artifact_type"].as_str().unwrap();
    let mut args = vec!["artifact", "get", "--type", kind, "--digest", digest];
    args.extend(roots.iter().flat_map(|root| ["--root", *root]));
    place.mez(&args)
}

fn walk(place: &Place, more: &[&str]) -> (i32, Value) {
    let mut args = vec!["artifact", "graph", "verify", "root.json", "--json"];
    args.extend(more);
    let said = place.mez(&args);
    assert!(said.err.is_empty(), "{}", said.err);
    (said.exit, said.json())
}

/// Everything under `cas`, as a bundle.
fn packed(place: &Place, references: &[&Value]) -> Vec<u8> {
    let entry = |reference: &&Value| {
        let name = file(reference).replacen("cas", "artifacts", 1);
        let name = name.strip_suffix(".json").unwrap().to_owned();
        (name, place.read(&file(reference)).into_bytes())
    };
    let entries: BTreeMap<_, _> = references.iter().map(entry).collect();
    Bundle::write(&entries).unwrap()
}

#[test]
fn a_closure_is_valid_unknown_or_invalid() {
    let place = Place::new("roots-graph");
    let (leaf, middle) = chain(&place);
    let (exit, report) = walk(&place, &["--root", "cas", "--edges"]);
    assert_eq!((exit, &report["verdict"]), (0, &json!("VALID")));
    assert_eq!(
        report["stats"],
        json!({"digest_mismatch_total": 0, "edges_total": 2, "max_depth_seen": 2, "missing_total": 0, "nodes_total": 2}),
    );
    assert_eq!(report["edges"].as_array().unwrap().len(), 2);
    let (exit, report) = walk(&place, &["--root", "cas", "--depth-max", "1"]);
    assert_eq!((exit, report["beyond_limit"].as_array().unwrap().len()), (7, 1));
    let digest = middle["digest_sha256"].as_str().unwrap();
    let by_name = ["artifact", "graph", "verify", "--type", "ruleset", "--digest", digest];
    assert_eq!(place.mez(&[&by_name[..], &["--root", "cas"]].concat()).exit, 0);
    let whole = place.read(&file(&leaf));
    std::fs::remove_file(place.path(&file(&leaf))).unwrap();
    let (exit, report) = walk(&place, &["--root", "cas"]);
    assert_eq!((exit, &report["missing"]), (7, &json!([leaf])));
    place.write(&file(&leaf), whole.replace("true", "false"));
    let (exit, report) = walk(&place, &["--root", "cas"]);
    assert_eq!((exit, &report["digest_mismatch"][0]["node"]), (6, &leaf));
}

#[test]
fn roots_are_asked_in_order_and_none_is_believed() {
    let place = Place::new("roots-order");
    let (leaf, middle) = chain(&place);
    place.write("all.zip", packed(&place, &[&leaf, &middle]));
    let whole = place.read(&file(&leaf));
    assert_eq!(get(&place, &leaf, &["none", "all.zip"]).out, whole);
    // The first root lies; the second has it.
    place.write(&file(&leaf), "{\"leaf\":false}");
    let said = get(&place, &leaf, &["cas", "all.zip"]);
    assert_eq!((said.exit, &said.out), (0, &whole));
    let said = get(&place, &leaf, &["cas"]);
    assert_eq!(said.exit, 6);
    assert!(
        said.err.contains("error[store-damaged]") && said.err.contains("next: "),
        "{}",
        said.err
    );
    let said = get(&place, &leaf, &["none"]);
    assert_eq!(said.exit, 7);
    assert!(said.err.contains("error[missing]"), "{}", said.err);
    assert_eq!(walk(&place, &["--root", "cas", "--root", "all.zip"]).0, 0);
    // A bundle with one byte too many hands out nothing.
    let mut bytes = std::fs::read(place.path("all.zip")).unwrap();
    bytes.push(0);
    place.write("longer.zip", bytes);
    let said = get(&place, &leaf, &["longer.zip"]);
    assert_eq!(said.exit, 6);
    assert!(said.err.contains("bytes after its end"), "{}", said.err);
    for (root, exit) in [("s3://a/../b", 64), ("s3://bucket/x", 64), ("http://127.0.0.1:1", 69)] {
        let said = get(&place, &leaf, &[root]);
        assert_eq!(said.exit, exit, "{root}: {}", said.err);
    }
    let put = ["artifact", "put", "--type", "schema", "--root", "all.zip", "next.json"];
    assert_eq!(place.mez(&put).exit, 64);
}

#[test]
fn a_file_server_is_a_root_and_what_it_hands_out_is_checked() {
    let place = Place::new("roots-http");
    let (leaf, _) = chain(&place);
    let url = serve(place.path("cas"));
    assert_eq!(walk(&place, &["--root", &url]).0, 0);
    assert_eq!(get(&place, &leaf, &[&url]).out, place.read(&file(&leaf)));
    let absent = json!({"artifact_type": "vc", "digest_sha256": "0".repeat(64)});
    assert_eq!(get(&place, &absent, &[&url]).exit, 7);
    place.write(&file(&leaf), "{\"leaf\":false}");
    assert_eq!(get(&place, &leaf, &[&url]).exit, 6);
    assert_eq!(walk(&place, &["--root", &url]).0, 6);
}
