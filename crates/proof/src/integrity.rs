//! W3C Data Integrity, cryptosuite `eddsa-jcs-2022` (vc-di-eddsa §3.3).
//!
//! What is signed is SHA-256(proof options) ‖ SHA-256(document without `proof`), both canonical, so
//! the options are covered. Several proofs form a set: each is over the document without any proof.
//!
//! Invariant: a document verifies only if it carries at least one proof and **every** proof
//! verifies strictly, each by a different key, with no member this module does not understand.

mod claim;

use canon::{Canonical, Did, Digest, Refusal, Timestamp};
use serde_json::{Map, Value};

pub use claim::{Claim, Options};

use crate::foreign;

use crate::keys::{Message, PublicKey, Signature, SignatureError, Signer, SignerError, base58};

/// The proof purpose of every document that states something.
pub const ASSERTION: &str = "assertionMethod";
/// The proof purpose of a presentation: that its holder is there now, and means this verifier.
pub const AUTHENTICATION: &str = "authentication";
/// Most proofs on one document.
pub const PROOFS_MAX: usize = 16;
pub(crate) const TYPE: &str = "DataIntegrityProof";
pub(crate) const SUITE: &str = "eddsa-jcs-2022";
/// What only a proof of presence may say beside [`MEMBERS`].
const PRESENCE: [&str; 2] = ["challenge", "domain"];
const MEMBERS: [&str; 8] = [
    "@context",
    "type",
    "cryptosuite",
    "created",
    "verificationMethod",
    "proofPurpose",
    "proofValue",
    "id",
];

/// What the signer states beside the document; covered by the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofOptions {
    /// When the signer says it signed. Never evidence of time by itself.
    pub created: Timestamp,
    /// The method that names the key, `did:key:z6Mk…#z6Mk…`.
    pub verification_method: String,
    /// The purpose: [`ASSERTION`] or [`AUTHENTICATION`].
    pub purpose: &'static str,
    /// What the verifier asked to be signed; with [`AUTHENTICATION`] alone.
    pub challenge: Option<String>,
    /// The verifier it is meant for; with [`AUTHENTICATION`] alone.
    pub domain: Option<String>,
}

impl ProofOptions {
    /// An assertion by `signer` under its own `did:key` method.
    pub fn assertion(created: Timestamp, signer: &dyn Signer) -> Self {
        let verification_method = signer.public().verification_method();
        let (challenge, domain) = (None, None);
        Self { created, verification_method, purpose: ASSERTION, challenge, domain }
    }
}

/// One proof that verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// The method as the proof names it.
    pub verification_method: String,
    /// The key it resolved to, which made the signature.
    pub key: PublicKey,
    /// The digest of the document without its proofs, in the form that was signed.
    pub document: Digest,
    /// When the signer says it signed.
    pub created: Timestamp,
    /// What a verifier asked to be signed; in a proof of presence alone.
    pub challenge: Option<String>,
    /// The verifier it is meant for; in a proof of presence alone.
    pub domain: Option<String>,
}

/// How the bytes that were signed are formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The canonical form of this house, which refuses what two readers may read differently.
    Canonical,
    /// RFC 8785 as it stands, fractions included: documents of others, over their own bytes.
    Foreign,
}

impl Form {
    fn digest(self, value: &Value) -> Result<Digest, IntegrityError> {
        match self {
            Self::Canonical => {
                let canonical = Canonical::of_value(value).map_err(IntegrityError::Canonical)?;
                Ok(canonical.digest())
            }
            Self::Foreign => foreign::digest(value).map_err(IntegrityError::Foreign),
        }
    }
}

/// Why a document is not signed or does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntegrityError {
    /// The document is not an object.
    #[error("only a JSON object can carry a proof")]
    NotAnObject,
    /// The document or the proof has no canonical form here.
    #[error("the document is not admissible")]
    Canonical(#[source] Refusal),
    /// A document of others has no form in RFC 8785.
    #[error("the document has no form in RFC 8785: {0}")]
    Foreign(#[source] foreign::ForeignError),
    /// The document carries no proof.
    #[error("the document carries no proof")]
    NoProof,
    /// More proofs than [`PROOFS_MAX`].
    #[error("the document carries {0} proofs, more than {PROOFS_MAX}")]
    TooManyProofs(usize),
    /// A proof is not an object.
    #[error("a proof is not an object")]
    ProofShape,
    /// A member of the proof is missing or is not a text.
    #[error("proof member `{0}` is missing or is not a text")]
    Missing(&'static str),
    /// A member of the proof that is not supported; it might restrict the signature.
    #[error("proof member `{0}` is not supported")]
    UnknownMember(String),
    /// Another proof type or cryptosuite.
    #[error("proof type `{0}` is not supported, only `{TYPE}` with `{SUITE}`")]
    UnsupportedSuite(String),
    /// Another proof purpose than the one asked for.
    #[error("proof purpose `{0}` is not the one this document needs")]
    UnsupportedPurpose(String),
    /// `created` is not `YYYY-MM-DDTHH:MM:SSZ`.
    #[error("`created` value `{0}` is not a timestamp in whole UTC seconds")]
    Created(String),
    /// The proof's `@context` differs from the document's.
    #[error("the proof's @context is not the document's")]
    ContextMismatch,
    /// `proofValue` is not base58btc of 64 bytes.
    #[error("`proofValue` is not `z` and base58btc of 64 bytes")]
    ProofValue,
    /// The verification method resolves to no key.
    #[error("verification method `{0}` resolves to no admissible key")]
    UnknownMethod(String),
    /// The method given to the signer does not name its key.
    #[error("verification method `{0}` does not name the signing key")]
    ForeignMethod(String),
    /// Two proofs of one key.
    #[error("key `{0}` signed twice")]
    DuplicateSigner(Did),
    /// A signature does not verify.
    #[error("the signature by `{method}` does not verify")]
    Signature {
        /// The verification method of the failing proof.
        method: String,
        /// The rule it breaks.
        #[source]
        fault: SignatureError,
    },
    /// The signer did not sign.
    #[error("the document was not signed")]
    Signer(#[source] SignerError),
}

/// The MCF digest of a document without its top-level `proof`: what its signers signed.
///
/// # Errors
/// [`Refusal`] when the document has no canonical form.
pub fn payload_digest(document: &Value) -> Result<Digest, Refusal> {
    Ok(payload(document)?.digest())
}

/// The canonical bytes of a document without its top-level `proof`.
///
/// # Errors
/// [`Refusal`] when the document has no canonical form.
pub fn payload(document: &Value) -> Result<Canonical, Refusal> {
    match document {
        Value::Object(members) if members.contains_key("proof") => {
            let mut bare = members.clone();
            bare.remove("proof");
            Canonical::of_value(&Value::Object(bare))
        }
        other => Canonical::of_value(other),
    }
}

/// Signs a document and returns it with the proof added; a second signer makes a set of proofs.
///
/// # Errors
/// When the document is inadmissible, already carries this key's proof or a full set, or the
/// signer does not sign. Existing proofs are not verified here.
pub fn sign_document(
    document: Value,
    options: &ProofOptions,
    signer: &dyn Signer,
) -> Result<Value, IntegrityError> {
    let key = signer.public();
    let presence = options.challenge.is_some() || options.domain.is_some();
    if !(options.purpose == AUTHENTICATION || options.purpose == ASSERTION && !presence) {
        return Err(IntegrityError::UnsupportedPurpose(options.purpose.to_owned()));
    }
    let method = &options.verification_method;
    // A did:key method states its key; other methods are bound by whoever resolves them.
    // It has one spelling, so that nothing need be resolved.
    if method.starts_with("did:key:") && *method != key.verification_method() {
        return Err(IntegrityError::ForeignMethod(method.clone()));
    }
    let document_digest = payload_digest(&document).map_err(IntegrityError::Canonical)?;
    let Value::Object(mut members) = document else {
        return Err(IntegrityError::NotAnObject);
    };
    let mut proofs = take_proofs(members.remove("proof"))?;
    for proof in &proofs {
        if proof.get("verificationMethod").and_then(Value::as_str) == Some(method) {
            return Err(IntegrityError::DuplicateSigner(key.did()));
        }
    }
    let mut proof = options_object(options, members.get("@context"));
    let options_digest = Canonical::of(&proof).map_err(IntegrityError::Canonical)?.digest();
    let message = Message::document(options_digest, document_digest);
    let signature = signer.sign(&message).map_err(IntegrityError::Signer)?;
    let value = format!("z{}", base58::encode(signature.bytes()));
    proof.insert("proofValue".to_owned(), Value::String(value));
    proofs.push(proof);
    if proofs.len() > PROOFS_MAX {
        return Err(IntegrityError::TooManyProofs(proofs.len()));
    }
    members.insert("proof".to_owned(), put_proofs(proofs));
    Ok(Value::Object(members))
}

/// Verifies every proof of a document; `resolve` turns a verification method into its key.
///
/// The answer follows the order of the proofs. Who signed is stated by
/// `resolve`; whether that key is trusted is the caller's question.
///
/// # Errors
/// Names the first proof that does not verify and why; zero proofs are an error.
pub fn verify_document(
    document: &Value,
    resolve: &dyn Fn(&str) -> Option<PublicKey>,
) -> Result<Vec<SignedBy>, IntegrityError> {
    verify_as(document, ASSERTION, Form::Canonical, resolve)
}

/// As [`verify_document`], for another purpose or another form.
///
/// # Errors
/// As [`verify_document`].
pub fn verify_as(
    document: &Value,
    purpose: &'static str,
    form: Form,
    resolve: &dyn Fn(&str) -> Option<PublicKey>,
) -> Result<Vec<SignedBy>, IntegrityError> {
    verify_by(document, (purpose, form), resolve, &|key, message, signature| {
        key.verify(message, signature)
    })
}

/// Judges one signature, or puts it off.
pub(crate) type Check<'a> =
    &'a dyn Fn(&PublicKey, &Message, &Signature) -> Result<(), SignatureError>;

/// As [`verify_as`], with the judge of signatures given.
pub(crate) fn verify_by(
    document: &Value,
    (purpose, form): (&'static str, Form),
    resolve: &dyn Fn(&str) -> Option<PublicKey>,
    check: Check<'_>,
) -> Result<Vec<SignedBy>, IntegrityError> {
    let members = document.as_object().ok_or(IntegrityError::NotAnObject)?;
    let proofs = take_proofs(members.get("proof").cloned())?;
    if proofs.is_empty() {
        return Err(IntegrityError::NoProof);
    }
    let mut bare = members.clone();
    bare.remove("proof");
    let document = form.digest(&Value::Object(bare))?;
    let asked = Asked { context: members.get("@context"), document, purpose, form };
    let mut signers: Vec<SignedBy> = Vec::with_capacity(proofs.len());
    for proof in proofs {
        let signed = verify_proof(proof, &asked, resolve, check)?;
        if signers.iter().any(|other| other.key == signed.key) {
            return Err(IntegrityError::DuplicateSigner(signed.key.did()));
        }
        signers.push(signed);
    }
    Ok(signers)
}

/// What every proof of one document is held against.
struct Asked<'a> {
    context: Option<&'a Value>,
    document: Digest,
    purpose: &'static str,
    form: Form,
}

/// Resolves `did:key:z6Mk…#z6Mk…` to its key; anything else resolves to nothing.
pub fn resolve_did_key(method: &str) -> Option<PublicKey> {
    method.contains('#').then(|| PublicKey::from_did_key(method).ok()).flatten()
}

/// Resolves the method of a key that was admitted before without admitting it again; other methods as
/// [`resolve_did_key`].
pub fn resolve_knowing(known: &PublicKey) -> impl Fn(&str) -> Option<PublicKey> {
    let own = known.verification_method();
    move |method| if method == own { Some(known.clone()) } else { resolve_did_key(method) }
}

fn verify_proof(
    mut proof: Map<String, Value>,
    asked: &Asked<'_>,
    resolve: &dyn Fn(&str) -> Option<PublicKey>,
    check: Check<'_>,
) -> Result<SignedBy, IntegrityError> {
    let known = |name: &str| {
        MEMBERS.contains(&name) || asked.purpose == AUTHENTICATION && PRESENCE.contains(&name)
    };
    if let Some(name) = proof.keys().find(|name| !known(name)) {
        return Err(IntegrityError::UnknownMember(clip(name)));
    }
    let (kind, suite) = (text(&proof, "type")?, text(&proof, "cryptosuite")?);
    if kind != TYPE || suite != SUITE {
        return Err(IntegrityError::UnsupportedSuite(clip(&format!("{kind}/{suite}"))));
    }
    let purpose = text(&proof, "proofPurpose")?;
    if purpose != asked.purpose {
        return Err(IntegrityError::UnsupportedPurpose(clip(purpose)));
    }
    let created = text(&proof, "created")?;
    let created = Timestamp::parse(created).map_err(|_| IntegrityError::Created(clip(created)))?;
    // The suite lets a document append contexts after signing; they would be unsigned, so equality.
    if proof.get("@context").is_some_and(|own| Some(own) != asked.context) {
        return Err(IntegrityError::ContextMismatch);
    }
    let signature = proof_value(text(&proof, "proofValue")?)?;
    let method = text(&proof, "verificationMethod")?.to_owned();
    let key = resolve(&method).ok_or_else(|| IntegrityError::UnknownMethod(clip(&method)))?;
    proof.remove("proofValue");
    let [challenge, domain] = PRESENCE.map(|name| proof.get(name).cloned());
    let options = asked.form.digest(&Value::Object(proof))?;
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let (challenge, domain) = (text(challenge), text(domain));
    let document = asked.document;
    match check(&key, &Message::document(options, document), &signature) {
        Ok(()) => {
            Ok(SignedBy { verification_method: method, key, document, created, challenge, domain })
        }
        Err(fault) => Err(IntegrityError::Signature { method: clip(&method), fault }),
    }
}

fn proof_value(text: &str) -> Result<Signature, IntegrityError> {
    let bytes = text.strip_prefix('z').and_then(base58::decode_64);
    bytes.map(Signature::from_bytes).ok_or(IntegrityError::ProofValue)
}

fn options_object(options: &ProofOptions, context: Option<&Value>) -> Map<String, Value> {
    let mut proof = Map::new();
    if let Some(context) = context {
        proof.insert("@context".to_owned(), context.clone());
    }
    let texts = [
        ("type", TYPE.to_owned()),
        ("cryptosuite", SUITE.to_owned()),
        ("created", options.created.to_string()),
        ("verificationMethod", options.verification_method.clone()),
        ("proofPurpose", options.purpose.to_owned()),
    ];
    for (name, value) in texts {
        proof.insert(name.to_owned(), Value::String(value));
    }
    for (name, value) in PRESENCE.into_iter().zip([&options.challenge, &options.domain]) {
        proof.extend(value.clone().map(|value| (name.to_owned(), Value::String(value))));
    }
    proof
}

fn take_proofs(proof: Option<Value>) -> Result<Vec<Map<String, Value>>, IntegrityError> {
    let items = match proof {
        None => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
    };
    if items.len() > PROOFS_MAX {
        return Err(IntegrityError::TooManyProofs(items.len()));
    }
    let object = |item| match item {
        Value::Object(members) => Ok(members),
        _ => Err(IntegrityError::ProofShape),
    };
    items.into_iter().map(object).collect()
}

fn put_proofs(proofs: Vec<Map<String, Value>>) -> Value {
    let mut values: Vec<Value> = proofs.into_iter().map(Value::Object).collect();
    match (values.len(), values.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            values.extend(last);
            Value::Array(values)
        }
    }
}

fn text<'a>(proof: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, IntegrityError> {
    proof.get(name).and_then(Value::as_str).ok_or(IntegrityError::Missing(name))
}

fn clip(text: &str) -> String {
    text.chars().take(160).collect()
}

#[cfg(test)]
mod tests;
