//! HTTP message signatures between zones (RFC 9421) over the digest of the body (RFC 9530).
//!
//! One profile, nothing negotiable: components `@method`, `@target-uri` and `content-digest` in
//! this order; parameters `created`, `nonce`, `keyid` (a `did:key`), `alg` `ed25519` and `tag`
//! `mez-peer` in this order; label `mez`. Anything else is refused by name.

use canon::{Digest, Timestamp};
use proof::keys::{Signature, SignerError};
use proof::{Message, PublicKey, Signer, base64};

/// Label of the signature in both headers.
const LABEL: &str = "mez";
const COMPONENTS: &str = r#"("@method" "@target-uri" "content-digest")"#;
const TAIL: &str = r#";alg="ed25519";tag="mez-peer""#;
/// Longest nonce admitted, in bytes; ours have 32.
const NONCE_BYTES_MAX: usize = 64;
const NONCE_BYTES_MIN: usize = 16;

/// The three headers of a signed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Headers {
    /// `sha-256=:…:`
    pub(crate) content_digest: String,
    /// `mez=(…);created=…`
    pub(crate) signature_input: String,
    /// `mez=:…:`
    pub(crate) signature: String,
}

/// What a verified signature states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The key that signed; whose it is, is not decided here.
    pub(crate) key: PublicKey,
    /// When it says it signed.
    pub(crate) created: Timestamp,
    /// Used once.
    pub(crate) nonce: String,
}

/// Why a signed request is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureRefused {
    /// A header is missing or occurs twice.
    #[error("header `{0}` must be given once")]
    Header(&'static str),
    /// The digest is of other bytes, or not SHA-256.
    #[error("`content-digest` is not the SHA-256 of the body")]
    Digest,
    /// Another profile than ours.
    #[error("`signature-input` must be `mez={COMPONENTS};created=…;nonce=…;keyid=…{TAIL}`")]
    Input,
    /// The key.
    #[error("`keyid` is not an admissible did:key: {0}")]
    Key(proof::keys::KeyError),
    /// The signature does not have the form of one.
    #[error("`signature` is not `mez=:<64 bytes in base64>:`")]
    Form,
    /// The signature is not of this key over this request to this zone.
    #[error("the signature is not of `keyid` over this method, target and body")]
    Mismatch,
}

/// Sign a POST.
///
/// # Errors
/// The signer.
pub(crate) fn sign(
    target: &str,
    body: &[u8],
    created: Timestamp,
    nonce: &str,
    signer: &dyn Signer,
) -> Result<Headers, SignerError> {
    let content_digest = digest_header(body);
    let keyid = signer.public().did();
    let created = created.unix();
    let params = format!(r#"{COMPONENTS};created={created};nonce="{nonce}";keyid="{keyid}"{TAIL}"#);
    let base = base("POST", target, &content_digest, &params);
    let signature = signer.sign(&Message::http_base(&base))?;
    Ok(Headers {
        content_digest,
        signature_input: format!("{LABEL}={params}"),
        signature: format!("{LABEL}=:{}:", base64::encode(signature.bytes())),
    })
}

/// Verify a POST to `target`.
///
/// # Errors
/// See [`SignatureRefused`].
pub(crate) fn verify(
    target: &str,
    body: &[u8],
    headers: &Headers,
) -> Result<Signed, SignatureRefused> {
    if headers.content_digest != digest_header(body) {
        return Err(SignatureRefused::Digest);
    }
    let params = headers.signature_input.strip_prefix("mez=").ok_or(SignatureRefused::Input)?;
    let (created, nonce, keyid) = read(params).ok_or(SignatureRefused::Input)?;
    let key = PublicKey::from_did_key(keyid).map_err(SignatureRefused::Key)?;
    let sent = headers.signature.strip_prefix("mez=:").and_then(|rest| rest.strip_suffix(':'));
    let sent = sent.and_then(base64::decode);
    let sent = sent.and_then(|bytes| Signature::from_slice(&bytes).ok());
    let sent = sent.ok_or(SignatureRefused::Form)?;
    let base = base("POST", target, &headers.content_digest, params);
    let verified = key.verify(&Message::http_base(&base), &sent);
    verified.map_err(|_| SignatureRefused::Mismatch)?;
    Ok(Signed { key, created, nonce: nonce.to_owned() })
}

/// `created`, `nonce` and `keyid` of our one form.
fn read(params: &str) -> Option<(Timestamp, &str, &str)> {
    let rest = params.strip_prefix(COMPONENTS)?.strip_prefix(";created=")?;
    let (created, rest) = rest.split_once(r#";nonce=""#)?;
    let (nonce, rest) = rest.split_once(r#"";keyid=""#)?;
    let (keyid, rest) = rest.split_once('"')?;
    let digits = !created.is_empty() && created.bytes().all(|b| b.is_ascii_digit());
    let length = (NONCE_BYTES_MIN..=NONCE_BYTES_MAX).contains(&nonce.len());
    let plain = nonce.bytes().all(|b| b.is_ascii_hexdigit());
    let created = Timestamp::from_unix(created.parse().ok()?).ok()?;
    (digits && length && plain && rest == TAIL).then_some((created, nonce, keyid))
}

/// The signature base (RFC 9421 §2.5).
fn base(method: &str, target: &str, content_digest: &str, params: &str) -> String {
    format!(
        "\"@method\": {method}\n\"@target-uri\": {target}\n\"content-digest\": \
         {content_digest}\n\"@signature-params\": {params}"
    )
}

fn digest_header(body: &[u8]) -> String {
    format!("sha-256=:{}:", base64::encode(Digest::of_blob(body).as_bytes()))
}

#[cfg(test)]
mod tests {
    use proof::SecretKey;

    use super::*;

    const TARGET: &str = "http://127.0.0.1:8080/v1/corridors/peers/receipts";

    fn signed() -> Headers {
        let key = SecretKey::from_seed([7; 32]).unwrap();
        let now = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
        sign(TARGET, b"{}", now, "00112233445566778899aabbccddeeff", &key).unwrap()
    }

    #[test]
    fn a_signed_request_verifies_and_names_its_key_time_and_nonce() {
        let found = verify(TARGET, b"{}", &signed()).unwrap();
        assert_eq!(found.key, SecretKey::from_seed([7; 32]).unwrap().public());
        assert_eq!(found.created.to_string(), "2026-11-20T12:00:00Z");
        assert_eq!(found.nonce, "00112233445566778899aabbccddeeff");
    }

    #[test]
    fn another_target_body_or_profile_is_refused() {
        let good = signed();
        let other = TARGET.replace("8080", "8081");
        assert_eq!(verify(&other, b"{}", &good), Err(SignatureRefused::Mismatch));
        assert_eq!(verify(TARGET, b"{ }", &good), Err(SignatureRefused::Digest));
        let mut bad = good.clone();
        bad.signature_input = bad.signature_input.replace(" \"content-digest\"", "");
        assert_eq!(verify(TARGET, b"{}", &bad), Err(SignatureRefused::Input));
        let mut bad = good.clone();
        bad.signature_input = bad.signature_input.replace("created=17", "created=16");
        assert_eq!(verify(TARGET, b"{}", &bad), Err(SignatureRefused::Mismatch));
        let mut bad = good;
        bad.signature = "mez=:AAAA:".to_owned();
        assert_eq!(verify(TARGET, b"{}", &bad), Err(SignatureRefused::Form));
    }
}
