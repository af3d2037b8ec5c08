//! Prints sample cases for the strangers: canonical bytes, credentials, signed documents, and logs of every size up to
//! 20 and a few larger ones. Fixed seeds and times: the same crates print the same bytes.

use std::error::Error;

use canon::{Canonical, Realm, Timestamp, sha256_parts};
use data_encoding::{BASE64, HEXLOWER};
use proof::credential::{Unsigned, issue};
use proof::integrity::{ProofOptions, sign_document};
use proof::merkle::{Proof, Tree};
use proof::{SecretKey, Signer};
use serde_json::{Value, json};

const INPUTS: [&str; 12] = [
    "{}",
    "[]",
    "\"\"",
    "{\"b\":1,\"a\":[true,false],\"c\":{\"z\":0,\"y\":-1}}",
    "{ \"max\" : 9007199254740991 , \"min\" : -9007199254740991 }",
    "{\"\\u20ac\":\"Euro\",\"\\r\":\"CR\",\"1\":\"one\",\"\\u0080\":\"C1\",\"\\u00f6\":\"o\",\"\\ufb33\":\"dalet\"}",
    "{\"\\ud83d\\ude02\":\"after the private use area by code point, before it by UTF-16\",\"\\uffee\":1}",
    "{\"control\":\"\\u0000\\u0008\\t\\n\\u000b\\f\\r\\u001f\\u007f\",\"quote\":\"\\\"\\\\\\/\"}",
    "{\"name\":\"\u{0634}\u{0631}\u{06a9}\u{062a}\",\"note\":\"\u{682a}\u{5f0f}\u{4f1a}\u{793e}\"}",
    "{\"type\":\"MEZSample\",\"amount\":{\"currency\":\"SGD\",\"minor\":\"170141183460469231731687303715884105727\"}}",
    "[[[[[[[[\"deep\"]]]]]]]]",
    "{\"a\":\"\\u00e9\",\"b\":\"e\\u0301\"}",
];
const SIZES: [u64; 7] = [31, 32, 33, 63, 64, 65, 100];

fn main() -> Result<(), Box<dyn Error>> {
    let cases = json!({
        "canonical": canonical()?,
        "credentials": credentials()?,
        "signed": signed()?,
        "documents": documents()?,
        "logs": logs()?,
    });
    println!("{}", serde_json::to_string_pretty(&cases)?);
    Ok(())
}

fn key(seed: u8) -> Result<SecretKey, Box<dyn Error>> {
    Ok(SecretKey::from_seed([seed; 32])?)
}

fn at(text: &str) -> Result<Timestamp, Box<dyn Error>> {
    Ok(Timestamp::parse(text)?)
}

fn canonical() -> Result<Vec<Value>, Box<dyn Error>> {
    let one = |input: &&str| -> Result<Value, Box<dyn Error>> {
        let bytes = Canonical::parse(input.as_bytes())?;
        Ok(json!({"input": input, "bytes_base64": BASE64.encode(bytes.bytes())}))
    };
    INPUTS.iter().map(one).collect()
}

/// A credential whose issuer is the key that signs, and one whose issuer is a zone that owns the key.
fn credentials() -> Result<Vec<Value>, Box<dyn Error>> {
    let assertion = key(1)?;
    let unsigned = |issuer, name: &str| -> Result<Unsigned, Box<dyn Error>> {
        Ok(Unsigned {
            id: format!("urn:mez:vc:sample:{name}"),
            types: vec!["MEZBeneficialOwnershipCredential".to_owned()],
            issuer,
            realm: Realm::Sandbox,
            subject: json!({
                "id": "urn:mez:entity:ent-1",
                "owners": [{"name": "Ayesha Khan", "kind": "person", "ownership_bp": 10_000}],
                "verified": true,
            }),
            valid_from: at("2026-11-20T09:00:00Z")?,
            valid_until: at("2027-02-20T09:00:00Z")?,
            evidence: vec![json!({"type": "DocumentVerification", "method": "in_person"})],
        })
    };
    let own = unsigned(assertion.public().did(), "own")?;
    let zone = unsigned(key(9)?.public().did(), "zone")?;
    let method = assertion.public().verification_method();
    Ok(vec![issue(own, &assertion, &method)?, issue(zone, &assertion, &method)?])
}

/// The zone of key 9 says that key 1 may assert for it.
fn documents() -> Result<Value, Box<dyn Error>> {
    let (zone, assertion) = (key(9)?.public(), key(1)?.public());
    let method = assertion.verification_method();
    Ok(json!([{
        "@context": "https://www.w3.org/ns/did/v1",
        "id": zone.did(),
        "verificationMethod": [{
            "id": method,
            "type": "Multikey",
            "controller": zone.did(),
            "publicKeyMultibase": assertion.to_multikey(),
        }],
        "assertionMethod": [method],
    }]))
}

/// A document of ours signed by one key, and one signed by two.
fn signed() -> Result<Vec<Value>, Box<dyn Error>> {
    let document = json!({"type": "MEZSample", "sequence": 7, "note": "signed, not a credential"});
    let created = at("2026-11-20T09:00:00Z")?;
    let (one, other) = (key(2)?, key(3)?);
    let sign = |document, signer: &dyn Signer| {
        sign_document(document, &ProofOptions::assertion(created, signer), signer)
    };
    let once = sign(document, &one)?;
    let twice = sign(once.clone(), &other)?;
    Ok(vec![once, twice])
}

fn logs() -> Result<Vec<Value>, Box<dyn Error>> {
    (1..=20).chain(SIZES).map(log).collect()
}

/// A log with proofs of its first, middle and last entry, and from a few of its earlier sizes.
fn log(size: u64) -> Result<Value, Box<dyn Error>> {
    let (mut tree, mut entries) = (Tree::new(), Vec::new());
    for sequence in 0..size {
        let entry = sha256_parts(&[b"entry", &size.to_be_bytes(), &sequence.to_be_bytes()]);
        tree.push(entry)?;
        entries.push(HEXLOWER.encode(entry.as_bytes()));
    }
    let path = |proof: Proof| -> Vec<String> {
        proof.hashes().iter().map(|hash| HEXLOWER.encode(hash.as_bytes())).collect()
    };
    let mut indices = vec![0, size / 2, size - 1];
    indices.dedup();
    let mut inclusion = Vec::new();
    for index in indices {
        let path_hex = path(tree.inclusion(index, size)?);
        inclusion.push(json!({"index": index, "path_hex": path_hex}));
    }
    let mut earlier = vec![1, size / 3, size / 2, size - 1];
    earlier.retain(|old| (1..size).contains(old));
    earlier.sort_unstable();
    earlier.dedup();
    let mut consistency = Vec::new();
    for old in earlier {
        let (old_root, new_root) = (tree.root_at(old)?, tree.root());
        let path_hex = path(tree.consistency(old, size)?);
        consistency.push(json!({"old": old, "new": size, "old_root": old_root, "new_root": new_root, "path_hex": path_hex}));
    }
    let name = format!("sample of {size}");
    let root_hex = HEXLOWER.encode(tree.root().as_bytes());
    Ok(json!({"name": name, "entries_hex": entries, "size": size, "root_hex": root_hex,
        "inclusion": inclusion, "consistency": consistency}))
}
