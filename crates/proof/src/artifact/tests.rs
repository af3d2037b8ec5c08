//! References, digest rules and closure.

use std::collections::BTreeMap;

use canon::Canonical;
use serde_json::{Value, json};

use super::*;

fn kind(text: &str) -> ArtifactType {
    ArtifactType::parse(text).unwrap()
}

fn bytes(tree: &Value) -> Vec<u8> {
    Canonical::of_value(tree).unwrap().bytes().to_vec()
}

fn digest(type_name: &str, tree: &Value) -> Digest {
    digest_of(&kind(type_name), &bytes(tree)).unwrap()
}

#[derive(Default)]
struct Shelf(BTreeMap<(ArtifactType, Digest), Vec<u8>>);

impl Shelf {
    fn put(&mut self, type_name: &str, tree: &Value) -> Value {
        let found = digest(type_name, tree);
        self.0.insert((kind(type_name), found), bytes(tree));
        json!({"artifact_type": type_name, "digest_sha256": found.to_string()})
    }
}

impl Blobs for Shelf {
    fn fetch(&self, kind: &ArtifactType, digest: Digest) -> Result<Option<Vec<u8>>, BlobsGone> {
        Ok(self.0.get(&(kind.clone(), digest)).cloned())
    }
}

#[test]
fn the_published_cas_vectors_hold() {
    let transfer = json!({"action": "transfer", "amount": 1000, "currency": "PKR"});
    assert_eq!(
        digest("receipt", &transfer).to_string(),
        "1c3d079825b8ce6976e62fc1b1adfc6f99b01db4a3eb263cb5d21016303d736d"
    );
    let rules = json!({"rules": [{"domain": "aml", "id": "R001", "threshold": 10000}]});
    assert_eq!(
        digest("ruleset", &rules).to_string(),
        "74354f899f6464a2a6db918794dd7697a4febcebc477d2ddd0509e1c7f420461"
    );
    let vc = json!({
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "credentialSubject": {"id": "did:mez:subject-001", "status": "active"},
        "issuer": "did:mez:issuer-001",
        "type": ["VerifiableCredential"],
        "proof": {"is": "left out"},
    });
    assert_eq!(
        digest("vc", &vc).to_string(),
        "028ae38a61a9577386d7e7be43a7e321691f65634f6dee6e0a6032610a2de8b6"
    );
}

#[test]
fn each_rule_covers_what_it_says() {
    let bare = json!({"a": 1});
    let plain = Canonical::of_value(&bare).unwrap().digest();
    assert_eq!(digest_of(&kind("blob"), b"{ }").unwrap(), Digest::of_blob(b"{ }"));
    assert_eq!(digest_of(&kind("ruleset"), b"{ \"a\": 1 }").unwrap(), plain);
    assert_eq!(digest("cut", &json!({"a": 1, "proof": {}})), plain);
    assert_ne!(digest("decision", &json!({"a": 1, "proof": {}})), plain);
    let lane = json!({"a": 1, "proof": {}, "next_root": plain.to_string()});
    assert_eq!(digest("lane-receipt", &lane), plain);
    let lying = json!({"a": 2, "next_root": plain.to_string()});
    let refused = digest_of(&kind("lane-receipt"), &bytes(&lying));
    assert!(matches!(refused, Err(DigestError::SelfMismatch { .. })));
    let lock = json!({"snapshot": {"a": 1}, "snapshot_digest_sha256": "ignored"});
    assert_eq!(digest("transition-types", &lock), plain);
    let none = digest_of(&kind("transition-types"), b"{}");
    assert!(matches!(none, Err(DigestError::MissingMember { .. })));
    assert!(matches!(digest_of(&kind("novel"), b"{}"), Err(DigestError::NoRule(_))));
    let float = digest_of(&kind("vc"), b"{\"a\":1.5}");
    assert!(matches!(float, Err(DigestError::NotADocument { .. })));
}

#[test]
fn the_rule_table_is_sorted_so_each_type_is_found() {
    for name in ["agreement", "blob", "vc", "lane-receipt", "note", "transition-types"] {
        assert!(DigestRule::of(&kind(name)).is_some(), "{name}");
    }
    for name in ["", "-a", "A", "a_b", &"a".repeat(65)] {
        assert!(ArtifactType::parse(name).is_err(), "{name}");
    }
}

#[test]
fn a_closure_is_complete_only_when_everything_matches() {
    let mut shelf = Shelf::default();
    let leaf = shelf.put("schema", &json!({"leaf": true}));
    let middle = shelf.put("ruleset", &json!({"uses": [leaf]}));
    let top = shelf.put("vc", &json!({"evidence": middle, "again": leaf}));
    let root = json!({"refs": [top]});
    let report = closure(&root, &shelf, Limits::default()).unwrap();
    assert!(report.complete(), "{report:?}");
    assert_eq!((report.resolved_total(), report.edges_total(), report.max_depth_seen), (3, 4, 2));
    let without = |name: &str| {
        let mut less = Shelf(shelf.0.clone());
        less.0.retain(|(own, _), _| own.as_str() != name);
        closure(&root, &less, Limits::default()).unwrap()
    };
    assert_eq!(without("schema").missing.len(), 1);
    assert!(!without("vc").complete());
    let mut tampered = Shelf(shelf.0.clone());
    for content in tampered.0.values_mut() {
        content.retain(|b| *b != b'l');
    }
    let report = closure(&root, &tampered, Limits::default()).unwrap();
    assert_eq!(report.mismatch.len(), 1);
    assert!(!report.complete());
}

#[test]
fn limits_and_cycles_are_reported() {
    let mut shelf = Shelf::default();
    let mut reference = shelf.put("schema", &json!({"n": 0}));
    for n in 1..10 {
        reference = shelf.put("schema", &json!({"n": n, "next": reference}));
    }
    let root = json!({"chain": reference});
    let limits = |depth_max, nodes_max, bytes_max| Limits { depth_max, nodes_max, bytes_max };
    let walk = |limits| closure(&root, &shelf, limits).unwrap();
    assert!(walk(limits(10, 10, 10_000)).complete());
    assert_eq!(walk(limits(5, 10, 10_000)).beyond_limit.len(), 1);
    assert_eq!(walk(limits(10, 4, 10_000)).beyond_limit.len(), 1);
    assert!(!walk(limits(10, 10, 100)).complete());
    // A proof is outside a payload digest, so two payloads can be made to refer to each other.
    let (one, two) = (json!({"n": 1}), json!({"n": 2}));
    let to = |tree: &Value| json!({"artifact_type": "cut", "digest_sha256": digest("cut", tree).to_string()});
    let mut round = Shelf::default();
    let (mut first, mut second) = (one.clone(), two.clone());
    first["proof"] = to(&two);
    second["proof"] = to(&one);
    let root = json!({"start": round.put("cut", &first)});
    round.put("cut", &second);
    let report = closure(&root, &round, Limits::default()).unwrap();
    assert_eq!(report.cycle.len(), 2);
    assert!(!report.complete());
}

#[test]
fn a_malformed_reference_is_a_mismatch_and_not_ignored() {
    let shelf = Shelf::default();
    for bad in [
        json!({"artifact_type": "vc", "digest_sha256": "AB"}),
        json!({"artifact_type": 7, "digest_sha256": "00"}),
        json!({"artifact_type": "vc", "digest_sha256": Digest::of_blob(b"").to_string(), "x": 1}),
    ] {
        let report = closure(&json!([bad]), &shelf, Limits::default()).unwrap();
        assert_eq!(report.mismatch.len(), 1);
        assert!(!report.complete());
    }
}
