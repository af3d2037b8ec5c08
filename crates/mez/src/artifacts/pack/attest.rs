//! The word of somebody for a bundle: a credential over the digest of its manifest.

use canon::{Canonical, Did, Digest, Realm, Timestamp};
use proof::Signer;
use proof::credential::{Unsigned, issue};
use serde_json::{Value, json};

use super::{MANIFEST, PackError, Root, Stats, untrue};

/// The type of the credential.
const TYPE: &str = "MEZArtifactWitnessBundleCredential";

/// Who vouches, and for how long.
pub(crate) struct Attester<'a> {
    /// The key.
    pub signer: &'a dyn Signer,
    /// Its verification method.
    pub method: &'a str,
    /// The issuer.
    pub issuer: Did,
    /// The realm it speaks in.
    pub realm: Realm,
    /// The first moment it holds, and the first it no longer does.
    pub period: (Timestamp, Timestamp),
}

impl Attester<'_> {
    /// Signs for a manifest, with its `root` and `stats`.
    pub(super) fn attest(
        &self,
        manifest: Digest,
        root: &Root,
        stats: Stats,
    ) -> Result<Canonical, PackError> {
        let unsigned = Unsigned {
            id: format!("urn:mez:vc:artifact-witness-bundle:{manifest}"),
            types: vec![TYPE.to_owned()],
            issuer: self.issuer.clone(),
            realm: self.realm,
            subject: subject(manifest, root, stats),
            valid_from: self.period.0,
            valid_until: self.period.1,
            evidence: Vec::new(),
            status: Vec::new(),
        };
        let document = issue(unsigned, self.signer, self.method)?;
        Canonical::of_value(&document).map_err(|refusal| untrue(&refusal))
    }
}

fn subject(manifest: Digest, root: &Root, stats: Stats) -> Value {
    json!({
        "bundle": {"format": "zip", "version": 1},
        "manifest_digest_sha256": manifest,
        "manifest_path": MANIFEST,
        "root": root,
        "stats": stats,
    })
}

/// Checks that a credential vouches for this manifest; whose it is and whether it holds is not asked.
pub(super) fn check(
    document: &Value,
    manifest: Digest,
    root: &Root,
    stats: Stats,
) -> Result<(), PackError> {
    let other = |what: &str| PackError::Attestation(what.to_owned());
    let types = document.get("type").and_then(Value::as_array);
    if !types.is_some_and(|types| types.iter().any(|type_| type_ == TYPE)) {
        return Err(other("it is no credential of a bundle"));
    }
    let stated = document.get("credentialSubject").ok_or_else(|| other("it has no subject"))?;
    let expected = subject(manifest, root, stats);
    for (name, value) in expected.as_object().into_iter().flatten() {
        if stated.get(name) != Some(value) {
            return Err(other(&format!("its `{name}` differs")));
        }
    }
    Ok(())
}
