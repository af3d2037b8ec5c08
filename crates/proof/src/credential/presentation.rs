//! A presentation: a holder shows credentials to one verifier, who asked (W3C VC 2.0 §4.13).
//!
//! Invariant: VALID says that the holder of every credential in it signed this verifier's own challenge;
//! without the challenge it may be an old one shown again, and is UNKNOWN.

use canon::{Did, Timestamp};
use serde_json::{Map, Value};

use super::judgement::Findings;
use super::verify::{of_method, refused};
use super::{Anchors, CONTEXT, Judgement, Reason, Verdict, verify};
use crate::did::Relationship;
use crate::integrity::{
    AUTHENTICATION, Form, IntegrityError, ProofOptions, SignedBy, sign_document, verify_as,
};
use crate::keys::Signer;

/// The type of a presentation.
pub const PRESENTATION_TYPE: &str = "VerifiablePresentation";
/// Most credentials of one presentation.
pub const PRESENTED_MAX: usize = 32;
const KNOWN: [&str; 6] = ["@context", "id", "type", "holder", "verifiableCredential", "proof"];

/// What the verifier said when it asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The challenge, fresh for each presentation.
    pub challenge: Option<&'a str>,
    /// The verifier's own name.
    pub domain: Option<&'a str>,
}

/// The answer about a presentation.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The worst of the presentation's own and its credentials'.
    pub verdict: Verdict,
    /// Why, for anything but VALID; those of a credential name its place.
    pub reasons: Vec<Reason>,
    /// DIDs that must be trusted for a VALID.
    pub needs: Vec<Did>,
    /// Who presents.
    pub holder: Option<Did>,
    /// The judgement of each credential.
    pub credentials: Vec<Judgement>,
}

/// Signs a presentation of `credentials` by their holder, for one verifier.
///
/// # Errors
/// As [`sign_document`].
pub fn present(
    credentials: Vec<Value>,
    asked: Asked<'_>,
    created: Timestamp,
    holder: &dyn Signer,
) -> Result<Value, IntegrityError> {
    let key = holder.public();
    let mut document = Map::new();
    document.insert("@context".to_owned(), Value::from(vec![CONTEXT]));
    document.insert("type".to_owned(), Value::from(vec![PRESENTATION_TYPE]));
    document.insert("holder".to_owned(), Value::from(key.did().to_string()));
    document.insert("verifiableCredential".to_owned(), Value::from(credentials));
    let options = ProofOptions {
        created,
        verification_method: key.verification_method(),
        purpose: AUTHENTICATION,
        challenge: asked.challenge.map(str::to_owned),
        domain: asked.domain.map(str::to_owned),
    };
    sign_document(Value::Object(document), &options, holder)
}

/// Judges a presentation and every credential in it, at a time, under the caller's trust.
#[must_use]
pub fn verify_presentation(
    document: &Value,
    anchors: &Anchors,
    asked: Asked<'_>,
    as_of: Timestamp,
) -> Presented {
    let mut findings = Findings::default();
    let holder = judge_own(document, anchors, asked, &mut findings);
    let credentials = presented(document, &mut findings);
    let judged: Vec<Judgement> =
        credentials.iter().map(|credential| verify(credential, anchors, as_of)).collect();
    let (mut verdict, mut reasons, mut needs) = findings.parts();
    for (place, judgement) in judged.iter().enumerate() {
        verdict = verdict.max(judgement.verdict());
        reasons.extend(judgement.reasons().iter().map(|reason| Reason {
            code: reason.code,
            detail: format!("credential {place}: {}", reason.detail),
        }));
        needs.extend(judgement.needs().iter().cloned());
    }
    needs.sort();
    needs.dedup();
    for (place, credential) in credentials.iter().enumerate() {
        let subject = credential.get("credentialSubject").and_then(|subject| subject.get("id"));
        let of_holder =
            holder.as_ref().is_some_and(|did| subject.is_some_and(|id| id == did.as_str()));
        if !of_holder {
            verdict = Verdict::Invalid;
            let detail = format!("credential {place} is about somebody else than the holder");
            reasons.push(Reason { code: "holder-not-subject", detail });
        }
    }
    Presented { verdict, reasons, needs, holder, credentials: judged }
}

fn presented<'a>(document: &'a Value, findings: &mut Findings) -> &'a [Value] {
    let listed = match document.get("verifiableCredential") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    if listed.is_empty() || listed.len() > PRESENTED_MAX {
        let detail = format!("it holds {} credentials, not 1 to {PRESENTED_MAX}", listed.len());
        findings.invalid("malformed", detail);
        return &[];
    }
    listed
}

/// Shape, signature, holder, challenge and domain.
fn judge_own(
    document: &Value,
    anchors: &Anchors,
    asked: Asked<'_>,
    findings: &mut Findings,
) -> Option<Did> {
    let Some(members) = document.as_object() else {
        findings.invalid("malformed", "the presentation is not an object");
        return None;
    };
    for name in members.keys().filter(|name| !KNOWN.contains(&name.as_str())) {
        let name: String = name.chars().take(80).collect();
        findings.unknown("member-not-supported", format!("member `{name}`"));
    }
    let first = members.get("@context").and_then(|context| context.get(0).or(Some(context)));
    if first.and_then(Value::as_str) != Some(CONTEXT) {
        findings.invalid("malformed", format!("the first `@context` is not `{CONTEXT}`"));
    }
    let holder = match members.get("holder") {
        Some(Value::Object(holder)) => holder.get("id").and_then(Value::as_str),
        other => other.and_then(Value::as_str),
    };
    let holder = holder.and_then(|text| Did::parse(text).ok());
    if holder.is_none() {
        findings.invalid("malformed", "`holder` is missing or not a DID");
    }
    let Some(signed) = signature(document, anchors, findings) else { return holder };
    if holder.as_ref().map(Did::base) != of_method(&signed.verification_method) {
        findings.invalid("holder-not-signer", "the holder did not sign the presentation");
    }
    answered("challenge", asked.challenge, signed.challenge.as_deref(), findings);
    answered("domain", asked.domain, signed.domain.as_deref(), findings);
    holder
}

fn signature(document: &Value, anchors: &Anchors, findings: &mut Findings) -> Option<SignedBy> {
    let resolve = |method: &str| anchors.key(method, Relationship::Authentication);
    let signers = match verify_as(document, AUTHENTICATION, Form::Canonical, &resolve) {
        Err(IntegrityError::Canonical(_)) => {
            verify_as(document, AUTHENTICATION, Form::Foreign, &resolve)
        }
        signers => signers,
    };
    match signers {
        Ok(mut signers) if signers.len() == 1 => signers.pop(),
        Ok(_) => {
            findings.unknown("several-proofs", "more than one proof is not supported");
            None
        }
        Err(fault) => {
            refused(&fault, findings);
            None
        }
    }
}

/// Whether the proof answers what was asked.
fn answered(
    what: &'static str,
    asked: Option<&str>,
    signed: Option<&str>,
    findings: &mut Findings,
) {
    match (asked, signed) {
        (Some(asked), Some(signed)) if asked == signed => {}
        (Some(_), _) => {
            let detail = format!("the {what} signed is not the one asked for");
            findings.invalid("not-what-was-asked", detail);
        }
        // A domain is the verifier's own name: what names another is not for this one to judge.
        (None, Some(signed)) => {
            let signed: String = signed.chars().take(80).collect();
            let detail = format!("it answers the {what} `{signed}`, and none was given");
            findings.unknown("not-checked", detail);
        }
        (None, None) if what == "challenge" => {
            findings.unknown("not-checked", "it answers no challenge: it may be shown again");
        }
        (None, None) => {}
    }
}
