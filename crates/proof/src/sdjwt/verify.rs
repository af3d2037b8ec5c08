//! Judging an SD-JWT VC: shape, signature, issuer, disclosures, time, trust, and who presents it.

use canon::{Did, Realm, Timestamp};
use serde_json::{Map, Value};

use super::expand::expand;
use super::read::{Jwt, Parts, SdJwtError, digest};
use super::{TYP, TYP_BINDING, TYP_OLD};
use crate::credential::judgement::Findings;
use crate::credential::verify::{Attested, bound, realm, trusted_for};
use crate::credential::{Anchors, Asked, Reason, Verdict};
use crate::did::Relationship;
use crate::jwk;
use crate::keys::PublicKey;

/// How far a holder's clock may run ahead, in seconds.
const SKEW_SECS_MAX: i64 = 300;

/// The answer about an SD-JWT VC.
#[derive(Clone, Debug)]
pub struct Disclosed {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, for anything but VALID.
    pub reasons: Vec<Reason>,
    /// DIDs that must be trusted for a VALID.
    pub needs: Vec<Did>,
    /// Who says it issued.
    pub issuer: Option<Did>,
    /// The key that presented it, if one did.
    pub holder: Option<PublicKey>,
    /// Everything signed and shown; only when VALID.
    pub claims: Option<Map<String, Value>>,
}

/// Judges an SD-JWT VC at a time, under the caller's trust, as an answer to what was asked.
///
/// The key comes from `kid`, a method of the DID in `iss`: `did:key`, `did:jwk`, a zone, or a `did:web`
/// whose document is given. Without a challenge a presentation is UNKNOWN; with one, a credential that
/// nobody presents is INVALID.
#[must_use]
pub fn verify(text: &str, anchors: &Anchors, asked: Asked<'_>, as_of: Timestamp) -> Disclosed {
    let mut findings = Findings::default();
    let parts = match Parts::read(text.trim_ascii()) {
        Ok(parts) => parts,
        Err(error) => {
            findings.invalid("malformed", error.to_string());
            return answer(findings, None, None, None);
        }
    };
    let issuer = parts.jwt.text("iss").and_then(|text| Did::parse(text).ok());
    if issuer.is_none() {
        findings.unknown("issuer-not-bound", "`iss` is missing or not a DID");
    }
    let signed = signature(&parts.jwt, issuer.as_ref(), anchors, &mut findings);
    let claims = match expanded(&parts) {
        Ok(claims) => Some(claims),
        Err(error @ SdJwtError::Algorithm) => {
            findings.unknown("unsupported-algorithm", error.to_string());
            None
        }
        Err(error) => {
            findings.invalid("disclosure", error.to_string());
            None
        }
    };
    // The rules of SD-JWT VC are for what says that it is one.
    if parts.jwt.is(&[TYP, TYP_OLD]) {
        let shown = Value::Object(claims.clone().unwrap_or_default());
        said((&parts.jwt, &shown), issuer.as_ref(), anchors, as_of, &mut findings);
    } else {
        findings.unknown("type-not-supported", format!("`typ` is not `{TYP}`"));
    }
    let holder = presented(&parts, asked, as_of, &mut findings);
    answer(findings, issuer, holder, claims.filter(|_| signed))
}

/// What it says with every disclosure in its place (RFC 9901 §7.1 step 3). Nothing of it is believed: no
/// signature, issuer or time is looked at.
///
/// # Errors
/// When it is no SD-JWT, or a disclosure is of nothing in it.
pub fn stated(text: &str) -> Result<Map<String, Value>, SdJwtError> {
    expanded(&Parts::read(text.trim_ascii())?)
}

fn expanded(parts: &Parts<'_>) -> Result<Map<String, Value>, SdJwtError> {
    if !parts.jwt.digests_by_sha256() {
        return Err(SdJwtError::Algorithm);
    }
    expand(&parts.jwt.payload, &parts.disclosures)
}

/// The realm it states, before anything is believed: whose anchors to judge it by.
#[must_use]
pub fn stated_realm(text: &str) -> Option<Realm> {
    let parts = Parts::read(text.trim_ascii()).ok()?;
    match parts.jwt.text("realm")? {
        "production" => Some(Realm::Production),
        "sandbox" => Some(Realm::Sandbox),
        _ => None,
    }
}

fn answer(
    findings: Findings,
    issuer: Option<Did>,
    holder: Option<PublicKey>,
    claims: Option<Map<String, Value>>,
) -> Disclosed {
    let (verdict, reasons, needs) = findings.parts();
    let claims = claims.filter(|_| verdict == Verdict::Valid);
    Disclosed { verdict, reasons, needs, issuer, holder, claims }
}

/// Whether the key that the header names, one of the issuer's, signed.
fn signature(
    jwt: &Jwt<'_>,
    issuer: Option<&Did>,
    anchors: &Anchors,
    findings: &mut Findings,
) -> bool {
    if let Some((code, what)) = jwt.strange() {
        findings.unknown(code, what);
        return false;
    }
    let Some(issuer) = issuer else { return false };
    let kid = jwt.header.get("kid").and_then(Value::as_str).unwrap_or_default();
    let method = if kid.starts_with('#') { format!("{issuer}{kid}") } else { kid.to_owned() };
    let Some(key) = anchors.key(&method, Relationship::Assertion) else {
        let method: String = method.chars().take(160).collect();
        let detail = format!("`kid` `{method}` resolves to no key");
        let code = if method.starts_with("did:web:") {
            "did-document-missing"
        } else {
            "method-not-supported"
        };
        findings.unknown(code, detail);
        return false;
    };
    bound(issuer, &method, &key, anchors, findings);
    match jwt.verify(&key) {
        Ok(()) => true,
        Err(fault) => {
            findings.invalid("signature", fault.to_string());
            false
        }
    }
}

/// Type, realm, period, status and trust.
fn said(
    (jwt, claims): (&Jwt<'_>, &Value),
    issuer: Option<&Did>,
    anchors: &Anchors,
    as_of: Timestamp,
    findings: &mut Findings,
) {
    match (jwt.text("vct"), issuer) {
        (None, _) => findings.invalid("malformed", "`vct` is missing"),
        (Some(vct), Some(issuer)) => {
            let types = [vct.to_owned()];
            trusted_for(
                &Attested { issuer, types: &types, about: claims, as_of },
                anchors,
                findings,
            );
        }
        (Some(_), None) => {}
    }
    match jwt.payload.get("realm").map(|realm| realm.as_str()) {
        None => {}
        Some(Some("production")) => realm(Some(Realm::Production), anchors.realm(), findings),
        Some(Some("sandbox")) => realm(Some(Realm::Sandbox), anchors.realm(), findings),
        Some(_) => findings.invalid("malformed", "`realm` is neither `production` nor `sandbox`"),
    }
    if jwt.payload.contains_key("status") {
        findings.unknown("status-not-supported", "`status` of another kind than is read here");
    }
    let at = as_of.unix();
    let time = |name: &str| jwt.payload.get(name).map(Value::as_i64);
    match time("nbf").or_else(|| time("iat")) {
        Some(Some(from)) if at < from => {
            findings.invalid("not-yet-valid", format!("valid from {from}, judged at {at}"));
        }
        Some(Some(_)) => {}
        _ => findings.invalid("malformed", "`nbf` or `iat` is missing or no whole second"),
    }
    match time("exp") {
        Some(Some(until)) if at >= until => {
            findings.invalid("expired", format!("valid until {until}, judged at {at}"));
        }
        Some(Some(_)) => {}
        _ => findings.invalid("malformed", "`exp` is missing or no whole second"),
    }
}

/// Who presents it, and whether that answers what was asked.
fn presented(
    parts: &Parts<'_>,
    asked: Asked<'_>,
    as_of: Timestamp,
    findings: &mut Findings,
) -> Option<PublicKey> {
    let Some(binding) = &parts.binding else {
        if asked.challenge.is_some() || asked.domain.is_some() {
            findings.invalid("not-what-was-asked", "no holder signed the challenge");
        }
        return None;
    };
    if !binding.is(&[TYP_BINDING]) {
        findings.invalid("malformed", format!("the holder's JWT is no `{TYP_BINDING}`"));
    }
    let key = holder(&parts.jwt, binding, findings);
    if binding.text("sd_hash") != Some(digest(parts.bound).as_str()) {
        findings.invalid("disclosure", "the holder signed other disclosures (`sd_hash`)");
    }
    match binding.payload.get("iat").and_then(Value::as_i64) {
        Some(iat) if iat <= as_of.unix().saturating_add(SKEW_SECS_MAX) => {}
        _ => findings.invalid("not-yet-valid", "the holder's `iat` is missing or lies ahead"),
    }
    for (what, name, asked) in
        [("challenge", "nonce", asked.challenge), ("domain", "aud", asked.domain)]
    {
        match (asked, binding.text(name)) {
            (Some(asked), Some(signed)) if asked == signed => {}
            (Some(_), _) => findings.invalid(
                "not-what-was-asked",
                format!("the {what} signed is not the one asked for"),
            ),
            (None, _) => findings
                .unknown("not-checked", format!("no {what} is given to hold `{name}` against")),
        }
    }
    key
}

/// The key that the issuer names for the holder, if it signed.
fn holder(jwt: &Jwt<'_>, binding: &Jwt<'_>, findings: &mut Findings) -> Option<PublicKey> {
    if let Some((code, what)) = binding.strange() {
        findings.unknown(code, format!("the holder's JWT: {what}"));
        return None;
    }
    let named = jwt.payload.get("cnf").and_then(|cnf| cnf.get("jwk"));
    let Some(key) = named.and_then(|jwk| jwk::parse_foreign(jwk).ok()) else {
        findings.invalid("holder-not-subject", "the credential names no Ed25519 key (`cnf`)");
        return None;
    };
    if let Err(fault) = binding.verify(&key) {
        findings.invalid("holder-not-signer", fault.to_string());
        return None;
    }
    Some(key)
}
