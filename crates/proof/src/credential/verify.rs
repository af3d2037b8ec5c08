//! Verifying a credential: shape, signature, issuer binding, realm, time, trust. All findings are
//! collected, so the answer names everything that is wrong and everything that is needed.

use std::cell::RefCell;
use std::collections::BTreeMap;

use canon::{Did, Realm, Timestamp};
use serde_json::{Map, Value};

use super::judgement::Findings;
pub(crate) use super::registry::Attested;
use super::{Anchors, BASE_TYPE, CONTEXT, Credential, Judgement, TYPES_MAX};
use crate::did::Relationship;
use crate::integrity::{ASSERTION, Form, IntegrityError, SignedBy, verify_by};
use crate::keys::batch::{Item, Mode, verify_all};
use crate::keys::{Message, PublicKey, Purpose as KeyPurpose, Signature};
use crate::rotation::Standing as KeyStanding;
use crate::status::{Entry, EntryError, Purpose, Standing};

/// Members whose meaning is checked or which restrict nothing.
const KNOWN: [&str; 14] = [
    "@context",
    "id",
    "type",
    "name",
    "description",
    "issuer",
    "realm",
    "validFrom",
    "validUntil",
    "credentialSubject",
    "credentialStatus",
    "credentialSchema",
    "evidence",
    "proof",
];

/// Judges a credential at a time, under the caller's trust.
///
/// Valid needs: VC 2.0 shape with `validFrom` and `validUntil`, exactly one proof that verifies
/// strictly, an issuer that is the signing `did:key` or a zone whose verified inception names the
/// signing key for assertions, the realm of the anchors, `validFrom ≤ as_of < validUntil`, an
/// anchor that allows the issuer every type of the credential, and a clear bit in a fresh list of the
/// issuer for every status the credential names.
#[must_use]
pub fn verify(document: &Value, anchors: &Anchors, as_of: Timestamp) -> Judgement {
    judged(document, as_of, &Judge { anchors, known: None, claimed: None })
}

/// As [`verify`] for each of many, in history mode: signatures by ZIP-215, in batches, and a key parsed once.
/// Only for credentials that were admitted strictly before.
#[must_use]
pub fn verify_history(documents: &[Value], anchors: &Anchors, as_of: Timestamp) -> Vec<Judgement> {
    let known = Some(RefCell::default());
    let judge = Judge { anchors, known, claimed: Some(RefCell::default()) };
    let mut judgements = Vec::with_capacity(documents.len());
    let mut owners = Vec::new();
    for (at, document) in documents.iter().enumerate() {
        judgements.push(judged(document, as_of, &judge));
        owners.resize(judge.claimed.as_ref().map_or(0, |claimed| claimed.borrow().len()), at);
    }
    let claimed = judge.claimed.map(RefCell::into_inner).unwrap_or_default();
    let item = |claim: &'_ Claimed| -> bool {
        let item = Item { key: &claim.0, message: &claim.1, signature: &claim.2 };
        verify_all(&[item], Mode::History).is_ok()
    };
    let items: Vec<Item<'_>> =
        claimed.iter().map(|(key, message, signature)| Item { key, message, signature }).collect();
    if verify_all(&items, Mode::History).is_err() {
        // A bad one among them: each is judged alone by the same rule, at a bounded price.
        for (claim, at) in claimed.iter().zip(owners).filter(|(claim, _)| !item(claim)) {
            let method = claim.0.verification_method();
            if let Some(judgement) = judgements.get_mut(at) {
                let mut findings = Findings::default();
                findings
                    .invalid("signature", format!("the signature by `{method}` does not verify"));
                *judgement = findings.judge(None);
            }
        }
    }
    judgements
}

/// A signature not judged yet.
type Claimed = (PublicKey, Message, Signature);

/// How signatures of one or many credentials are judged.
struct Judge<'a> {
    anchors: &'a Anchors,
    /// Methods resolved before; history mode alone.
    known: Option<RefCell<BTreeMap<String, Option<PublicKey>>>>,
    /// Signatures put off for one equation; history mode alone.
    claimed: Option<RefCell<Vec<Claimed>>>,
}

impl Judge<'_> {
    fn key(&self, method: &str) -> Option<PublicKey> {
        let resolve = || self.anchors.key(method, Relationship::Assertion);
        let Some(known) = &self.known else { return resolve() };
        if let Some(key) = known.borrow().get(method) {
            return key.clone();
        }
        let key = resolve();
        known.borrow_mut().insert(method.to_owned(), key.clone());
        key
    }

    fn signers(&self, document: &Value, form: Form) -> Result<Vec<SignedBy>, IntegrityError> {
        let resolve = |method: &str| self.key(method);
        verify_by(document, (ASSERTION, form), &resolve, &|key, message, signature| match &self
            .claimed
        {
            None => key.verify(message, signature),
            Some(claimed) => {
                let claim = (key.clone(), message.clone(), *signature);
                claimed.borrow_mut().push(claim);
                Ok(())
            }
        })
    }
}

fn judged(document: &Value, as_of: Timestamp, judge: &Judge<'_>) -> Judgement {
    let anchors = judge.anchors;
    let mut findings = Findings::default();
    let Some(members) = document.as_object() else {
        findings.invalid("malformed", "the credential is not an object");
        return findings.judge(None);
    };
    unsupported(members, &mut findings);
    let signed = signature(document, judge, &mut findings);
    let Some(read) = Read::of(members, &mut findings) else {
        return findings.judge(None);
    };
    if let Some(signed) = &signed {
        bound(&read.issuer, &signed.verification_method, &signed.key, anchors, &mut findings);
    }
    status(members.get("credentialStatus"), &read.issuer, anchors, as_of, &mut findings);
    anchors.schemas().judge(document, &read.types, &mut findings);
    realm(read.realm, anchors.realm(), &mut findings);
    if as_of < read.valid_from {
        let from = read.valid_from;
        findings.invalid("not-yet-valid", format!("valid from {from}, judged at {as_of}"));
    }
    if as_of >= read.valid_until {
        let until = read.valid_until;
        findings.invalid("expired", format!("valid until {until}, judged at {as_of}"));
    }
    let attested =
        Attested { issuer: &read.issuer, types: &read.types, about: &read.subject, as_of };
    trusted_for(&attested, anchors, &mut findings);
    let Some(signed) = signed else { return findings.judge(None) };
    findings.judge(Some(read.into_credential(signed.key, signed.document, document)))
}

/// What a credential says, read but not yet believed.
struct Read {
    id: Option<String>,
    types: Vec<String>,
    issuer: Did,
    realm: Option<Realm>,
    valid_from: Timestamp,
    valid_until: Timestamp,
    subject: Value,
    evidence: Vec<Value>,
}

impl Read {
    fn of(members: &Map<String, Value>, findings: &mut Findings) -> Option<Self> {
        context(members.get("@context"), findings);
        let types = types(members.get("type"), findings);
        let issuer = issuer(members.get("issuer"), findings);
        let valid_from = time(members, "validFrom", findings);
        let valid_until = time(members, "validUntil", findings);
        let subject = members.get("credentialSubject").filter(|subject| subject.is_object());
        if subject.is_none() {
            findings.invalid("malformed", "`credentialSubject` is not an object");
        }
        let id = members.get("id").map(|id| id.as_str().map(str::to_owned));
        if id == Some(None) {
            findings.invalid("malformed", "`id` is not a text");
        }
        let realm = members.get("realm").map(|realm| match realm.as_str() {
            Some("production") => Some(Realm::Production),
            Some("sandbox") => Some(Realm::Sandbox),
            _ => None,
        });
        if realm == Some(None) {
            findings.invalid("malformed", "`realm` is neither `production` nor `sandbox`");
        }
        let evidence = match members.get("evidence") {
            None => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(one) => vec![one.clone()],
        };
        Some(Self {
            id: id.flatten(),
            types: types?,
            issuer: issuer?,
            realm: realm.flatten(),
            valid_from: valid_from?,
            valid_until: valid_until?,
            subject: subject?.clone(),
            evidence,
        })
    }

    fn into_credential(
        self,
        signer: PublicKey,
        digest: canon::Digest,
        document: &Value,
    ) -> Credential {
        Credential {
            id: self.id,
            types: self.types,
            issuer: self.issuer,
            realm: self.realm,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            subject: self.subject,
            evidence: self.evidence,
            signer,
            digest,
            document: document.clone(),
        }
    }
}

fn unsupported(members: &Map<String, Value>, findings: &mut Findings) {
    for name in members.keys().filter(|name| !KNOWN.contains(&name.as_str())) {
        let name: String = name.chars().take(80).collect();
        findings.unknown("member-not-supported", format!("member `{name}`"));
    }
}

/// What the issuer's lists say since.
fn status(
    status: Option<&Value>,
    issuer: &Did,
    anchors: &Anchors,
    as_of: Timestamp,
    findings: &mut Findings,
) {
    let entries = match status.map(Entry::read_all) {
        None => return,
        Some(Ok(entries)) => entries,
        Some(Err(error @ EntryError::Unsupported(_))) => {
            return findings.unknown("status-not-supported", error.to_string());
        }
        Some(Err(error)) => return findings.invalid("status-malformed", error.to_string()),
    };
    for entry in entries {
        let (index, list) = (entry.index, &entry.list);
        match anchors.statuses().standing(&entry, issuer, as_of) {
            Standing::Clear => {}
            Standing::Set(purpose) => {
                let code = match purpose {
                    Purpose::Revocation => "revoked",
                    Purpose::Suspension => "suspended",
                };
                findings.invalid(code, format!("bit {index} of `{list}` is set"));
            }
            Standing::Missing => {
                let detail = format!("no verified list `{list}` of `{issuer}` is at hand");
                findings.unknown("status-missing", detail);
            }
            Standing::Stale { issued } => {
                let detail = format!("the list `{list}` is of {issued}, too old at {as_of}");
                findings.unknown("status-stale", detail);
            }
            Standing::OutOfRange { bits } => {
                let detail = format!("place {index} is not among the {bits} bits of `{list}`");
                findings.invalid("status-malformed", detail);
            }
        }
    }
}

/// Who signed, if the signature verifies; documents of others over their own bytes.
fn signature(document: &Value, judge: &Judge<'_>, findings: &mut Findings) -> Option<SignedBy> {
    let signers = match judge.signers(document, Form::Canonical) {
        Err(IntegrityError::Canonical(_)) => judge.signers(document, Form::Foreign),
        signers => signers,
    };
    match signers {
        Ok(mut signers) => match (signers.pop(), signers.is_empty()) {
            (Some(signed), true) => Some(signed),
            _ => {
                findings.unknown("several-proofs", "more than one proof is not supported");
                None
            }
        },
        Err(fault) => {
            refused(&fault, findings);
            None
        }
    }
}

/// What an error of a proof says about its document.
pub(super) fn refused(fault: &IntegrityError, findings: &mut Findings) {
    let detail = chain(fault);
    match fault {
        IntegrityError::NoProof => findings.invalid("no-proof", detail),
        IntegrityError::UnsupportedSuite(_)
        | IntegrityError::UnsupportedPurpose(_)
        | IntegrityError::UnknownMember(_) => findings.unknown("proof-not-supported", detail),
        IntegrityError::UnknownMethod(method) if method.starts_with("did:web:") => {
            findings.unknown("did-document-missing", detail);
        }
        IntegrityError::UnknownMethod(method) if !method.starts_with("did:key:") => {
            findings.unknown("method-not-supported", detail);
        }
        IntegrityError::Canonical(_) | IntegrityError::Foreign(_) => {
            findings.unknown("not-canonical", detail);
        }
        _ => findings.invalid("signature", detail),
    }
}

/// The issuer must be the DID whose key signed, or a zone that names the key for assertions.
pub(crate) fn bound(
    issuer: &Did,
    method: &str,
    signer: &PublicKey,
    anchors: &Anchors,
    findings: &mut Findings,
) {
    if let Some(zone) = anchors.zone(issuer) {
        match zone.standing(KeyPurpose::Assertion, signer) {
            KeyStanding::Current => {}
            // Signed before the key was replaced, perhaps: the date is its signer's word.
            KeyStanding::Former(_) => {
                let detail =
                    format!("`{signer}` was the assertion key of `{issuer}` until replaced");
                findings.unknown("former-key", detail);
            }
            KeyStanding::Never => {
                let detail = format!("`{signer}` is not the assertion key of `{issuer}`");
                findings.invalid("issuer-not-signer", detail);
            }
        }
        return;
    }
    if of_method(method) == Some(issuer.base()) {
        return;
    }
    let detail = format!("signed by `{}`; no inception document of `{issuer}`", signer.did());
    findings.unknown("issuer-not-bound", detail);
    findings.need(&issuer.base());
}

/// The DID whose method this is; the method resolved to a key of that DID.
pub(super) fn of_method(method: &str) -> Option<Did> {
    Did::parse(method).ok().map(|did| did.base())
}

pub(crate) fn realm(stated: Option<Realm>, expected: Realm, findings: &mut Findings) {
    if let Some(found) = stated.filter(|found| *found != expected) {
        findings.invalid("realm", format!("of realm {found}, judged in realm {expected}"));
    }
}

/// Whether the registries, or else the anchors, let the issuer say what the types say.
pub(crate) fn trusted_for(attested: &Attested<'_>, anchors: &Anchors, findings: &mut Findings) {
    if let Some(chain) = anchors.chain() {
        return chain.judge(attested, findings);
    }
    let issuer = attested.issuer;
    if !anchors.knows(issuer) {
        findings.unknown("issuer-not-trusted", format!("`{issuer}` is not pinned"));
        findings.need(&issuer.base());
        return;
    }
    for own in attested.types.iter().filter(|own| !anchors.allows(issuer, own)) {
        let detail = format!("the anchors do not allow `{issuer}` to attest `{own}`");
        findings.invalid("attestation-not-allowed", detail);
    }
}

fn context(context: Option<&Value>, findings: &mut Findings) {
    let first = match context {
        Some(Value::Array(items)) => items.first(),
        other => other,
    };
    if first.and_then(Value::as_str) != Some(CONTEXT) {
        findings.invalid("malformed", format!("the first `@context` is not `{CONTEXT}`"));
    }
}

fn types(value: Option<&Value>, findings: &mut Findings) -> Option<Vec<String>> {
    let items = value.and_then(Value::as_array).filter(|items| items.len() <= TYPES_MAX);
    let texts: Option<Vec<String>> =
        items.and_then(|items| items.iter().map(|t| t.as_str().map(str::to_owned)).collect());
    let Some(mut texts) = texts else {
        findings.invalid("malformed", "`type` is not a short list of texts");
        return None;
    };
    let all = texts.len();
    texts.retain(|own| own != BASE_TYPE);
    if texts.len() + 1 != all || texts.is_empty() {
        let detail = format!("`type` needs `{BASE_TYPE}` once and a type of its own");
        findings.invalid("malformed", detail);
    }
    Some(texts)
}

fn issuer(value: Option<&Value>, findings: &mut Findings) -> Option<Did> {
    let text = match value {
        Some(Value::Object(issuer)) => issuer.get("id").and_then(Value::as_str),
        other => other.and_then(Value::as_str),
    };
    match text.map(Did::parse) {
        Some(Ok(did)) => Some(did),
        Some(Err(_)) => {
            findings.unknown("issuer-not-supported", "`issuer` is not a DID");
            None
        }
        None => {
            findings.invalid("malformed", "`issuer` is missing");
            None
        }
    }
}

fn time(
    members: &Map<String, Value>,
    name: &'static str,
    findings: &mut Findings,
) -> Option<Timestamp> {
    let Some(value) = members.get(name) else {
        let code = if name == "validUntil" { "no-end-date" } else { "malformed" };
        findings.invalid(code, format!("`{name}` is missing"));
        return None;
    };
    let time = value.as_str().and_then(|text| Timestamp::parse(text).ok());
    if time.is_none() {
        findings.invalid("malformed", format!("`{name}` is not a time in whole UTC seconds"));
    }
    time
}

/// An error with its causes in one line.
fn chain(fault: &dyn std::error::Error) -> String {
    let mut text = fault.to_string();
    let mut next = fault.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
