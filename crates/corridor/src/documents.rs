//! Corridor documents as W3C Verifiable Credentials: one shape, one signing and one reading path.

use canon::{Canonical, CorridorId, Did, Digest, Refusal, Timestamp};
use proof::integrity::{self, IntegrityError, ProofOptions, SignedBy};
use proof::{PublicKey, Signer};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::CREDENTIAL_LIFE_SECS;
use crate::party::Party;

const CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";

/// A corridor credential: VC 2.0 with a subject of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credential<S> {
    /// Always the VC 2.0 context.
    #[serde(rename = "@context")]
    pub context: Vec<String>,
    /// `urn:mez:vc:<kind>:<name>`.
    pub id: String,
    /// `VerifiableCredential` and the corridor type.
    #[serde(rename = "type")]
    pub types: Vec<String>,
    /// The zone that drew the document up.
    pub issuer: Did,
    /// Start of validity.
    #[serde(rename = "validFrom")]
    pub valid_from: Timestamp,
    /// End of validity.
    #[serde(rename = "validUntil")]
    pub valid_until: Timestamp,
    /// What is said.
    #[serde(rename = "credentialSubject")]
    pub subject: S,
    /// One proof per signer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<proof::schema::Proofs>")]
    pub proof: Option<Value>,
}

/// What a subject must say of itself to become a credential.
pub trait Subject: Serialize + DeserializeOwned {
    /// The credential type.
    const TYPE: &'static str;
    /// The short kind in the credential's id.
    const KIND: &'static str;
}

/// A document that was refused.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not the shape of its type.
    #[error("the {kind} document does not have its shape")]
    Shape {
        /// Short kind.
        kind: &'static str,
        /// Where and why.
        #[source]
        cause: Refusal,
    },
    /// Another credential type.
    #[error("the document is not of type `{0}`")]
    Type(&'static str),
    /// A signature does not verify.
    #[error("the {kind} document is not properly signed: {cause}")]
    Proof {
        /// Short kind.
        kind: &'static str,
        /// Which and why.
        #[source]
        cause: IntegrityError,
    },
    /// A key signed that belongs to no participant.
    #[error("the {kind} document is signed by `{key}`, which belongs to no participant")]
    Stranger {
        /// Short kind.
        kind: &'static str,
        /// The key.
        key: String,
    },
    /// Signed by another key than its issuer's, or by more.
    #[error("the {0} document is not signed by its issuer alone")]
    NotIssuer(&'static str),
    /// Time arithmetic left the calendar.
    #[error("the validity of the document leaves the calendar")]
    Time,
    /// The signer did not sign.
    #[error("the document could not be signed: {0}")]
    Sign(#[source] IntegrityError),
}

/// A credential whose proofs all verified, and the parties they belong to.
#[derive(Clone, Debug)]
pub struct Signed<S> {
    /// The credential.
    pub credential: Credential<S>,
    /// DIDs of the parties that signed.
    pub signers: Vec<Did>,
    /// Digest of the document without its proofs.
    pub payload_sha256: Digest,
}

/// Draw up an unsigned credential.
pub(crate) fn draft<S: Subject>(
    name: &str,
    issuer: &Did,
    from: Timestamp,
    subject: S,
) -> Result<Value, DocumentError> {
    draft_for(name, issuer, (from, CREDENTIAL_LIFE_SECS), subject)
}

/// Draw up an unsigned credential that is valid for so many seconds.
pub(crate) fn draft_for<S: Subject>(
    name: &str,
    issuer: &Did,
    (from, life_secs): (Timestamp, i64),
    subject: S,
) -> Result<Value, DocumentError> {
    let valid_until = from.plus_secs(life_secs).map_err(|_| DocumentError::Time)?;
    let credential = Credential {
        context: vec![CONTEXT.to_owned()],
        id: format!("urn:mez:vc:{}:{name}", S::KIND),
        types: vec!["VerifiableCredential".to_owned(), S::TYPE.to_owned()],
        issuer: issuer.clone(),
        valid_from: from,
        valid_until,
        subject,
        proof: None,
    };
    let shape = |cause| DocumentError::Shape { kind: S::KIND, cause };
    Ok(Canonical::of(&credential).map_err(shape)?.value())
}

/// Add a party's signature.
pub(crate) fn sign(
    document: Value,
    at: Timestamp,
    assertion: &dyn Signer,
) -> Result<Value, DocumentError> {
    let options = ProofOptions::assertion(at, assertion);
    integrity::sign_document(document, &options, assertion).map_err(DocumentError::Sign)
}

/// A party, and how long its lane was when it signed at the earliest: a key replaced before does not
/// count. Nothing is said where the genesis of the lanes binds the document: it came before them.
#[derive(Clone, Copy, Debug)]
pub struct Since<'a>(pub &'a Party, pub Option<u64>);

/// Read a document about a corridor and verify every proof on it against the assertion keys of
/// `parties`.
pub(crate) fn read<S: Subject>(
    document: &Value,
    corridor: &CorridorId,
    parties: &[Since<'_>],
) -> Result<Signed<S>, DocumentError> {
    read_beside(document, corridor, parties, None)
}

/// The same where, beside the parties, one more DID may sign: with its own key, which never rotates.
pub(crate) fn read_beside<S: Subject>(
    document: &Value,
    corridor: &CorridorId,
    parties: &[Since<'_>],
    beside: Option<&Did>,
) -> Result<Signed<S>, DocumentError> {
    let (credential, proved) = proved::<S>(document)?;
    let mut signers = Vec::new();
    for signed in &proved {
        let other = beside.filter(|did| **did == signed.key.did()).cloned();
        let owner = owner_of(&signed.key, corridor, parties).or(other);
        let stranger = || DocumentError::Stranger { kind: S::KIND, key: signed.key.to_multikey() };
        signers.push(owner.ok_or_else(stranger)?);
    }
    let payload_sha256 = digest::<S>(document)?;
    Ok(Signed { credential, signers, payload_sha256 })
}

/// Read a document that its issuer, a `did:key`, signed alone.
pub(crate) fn read_own<S: Subject>(document: &Value) -> Result<Signed<S>, DocumentError> {
    let (credential, proved) = proved::<S>(document)?;
    match proved.as_slice() {
        [only] if only.key.did() == credential.issuer => {}
        _ => return Err(DocumentError::NotIssuer(S::KIND)),
    }
    let signers = vec![credential.issuer.clone()];
    Ok(Signed { credential, signers, payload_sha256: digest::<S>(document)? })
}

/// Read a document that one key, and no other, signed.
pub(crate) fn read_by<S: Subject>(
    document: &Value,
    key: &PublicKey,
) -> Result<Signed<S>, DocumentError> {
    let (credential, proved) = proved::<S>(document)?;
    match proved.as_slice() {
        [only] if only.key == *key => {}
        _ => return Err(DocumentError::NotIssuer(S::KIND)),
    }
    let signers = vec![credential.issuer.clone()];
    Ok(Signed { credential, signers, payload_sha256: digest::<S>(document)? })
}

fn digest<S: Subject>(document: &Value) -> Result<Digest, DocumentError> {
    let shape = |cause| DocumentError::Shape { kind: S::KIND, cause };
    integrity::payload_digest(document).map_err(shape)
}

/// The document in its type, and every proof on it, each verified.
fn proved<S: Subject>(document: &Value) -> Result<(Credential<S>, Vec<SignedBy>), DocumentError> {
    let credential: Credential<S> = peek(document)?;
    let typed =
        credential.context == [CONTEXT] && credential.types == ["VerifiableCredential", S::TYPE];
    if !typed {
        return Err(DocumentError::Type(S::TYPE));
    }
    let proved = integrity::verify_document(document, &integrity::resolve_did_key)
        .map_err(|cause| DocumentError::Proof { kind: S::KIND, cause })?;
    Ok((credential, proved))
}

/// Shape without trust: what a document says, before its signers are known.
pub(crate) fn peek<S: Subject>(document: &Value) -> Result<Credential<S>, DocumentError> {
    let shape = |cause| DocumentError::Shape { kind: S::KIND, cause };
    Canonical::of_value(document).map_err(shape)?.read().map_err(shape)
}

fn owner_of(key: &PublicKey, corridor: &CorridorId, parties: &[Since<'_>]) -> Option<Did> {
    let signed = |Since(party, size): &&Since<'_>| party.asserted(key, corridor, *size);
    parties.iter().find(signed).map(|Since(party, _)| party.did().clone())
}

impl<S> Signed<S> {
    /// Whether every one of `parties` signed.
    #[must_use]
    pub fn signed_by_all(&self, parties: &[&Party]) -> bool {
        parties.iter().all(|party| self.signers.contains(party.did()))
    }
}
