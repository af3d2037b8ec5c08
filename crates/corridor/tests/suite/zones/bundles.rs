//! Bundles taken apart and put together again, honestly or not.

use std::collections::BTreeMap;

use canon::{Canonical, Digest};
use corridor::verify::assemble;
use proof::artifact::Bundle;
use serde_json::{Value, json};

use super::{World, at, resigned};

/// The entries of a bundle by name.
pub type Entries = BTreeMap<String, Vec<u8>>;

impl World {
    /// The bundle one side writes, payloads disclosed.
    pub fn bundle(&self, by: usize) -> Vec<u8> {
        let side = &self.sides[by];
        let signing: (_, &dyn proof::Signer) = (at(90), &side.pen);
        let id = &self.terms.corridor_id;
        assemble(id, &self.history(by), true, &side.party, signing).unwrap()
    }
}

/// The entries of a bundle.
pub fn entries(bundle: &[u8]) -> Entries {
    Bundle::read(bundle).unwrap().entries().clone()
}

/// Entries as a bundle, with manifest and attestation as they stand.
pub fn repacked(entries: &Entries) -> Vec<u8> {
    Bundle::write(entries).unwrap()
}

/// Entries as a bundle whose manifest lists them and is attested by a party of the corridor:
/// the most a dishonest party can do alone.
pub fn attested(mut entries: Entries, world: &World, by: usize) -> Vec<u8> {
    let value = |entries: &Entries, name: &str| -> Value {
        Canonical::exact(&entries[name]).unwrap().value()
    };
    let bytes = |value: &Value| Canonical::of_value(value).unwrap().bytes().to_vec();
    let mut manifest = value(&entries, "manifest.json");
    let listed = entries
        .iter()
        .filter(|(path, _)| !matches!(&***path, "manifest.json" | "attestation.json"));
    let listed = listed.map(|(path, b)| json!({ "path": path, "sha256": Digest::of_blob(b) }));
    manifest["entries"] = Value::Array(listed.collect());
    let digest = Canonical::of_value(&manifest).unwrap().digest();
    let side = &world.sides[by];
    let attestation = resigned(&value(&entries, "attestation.json"), &[&side.pen], |document| {
        document["issuer"] = json!(side.party.did());
        document["credentialSubject"]["manifest_digest_sha256"] = json!(digest);
    });
    entries.insert("manifest.json".to_owned(), bytes(&manifest));
    entries.insert("attestation.json".to_owned(), bytes(&attestation));
    repacked(&entries)
}
