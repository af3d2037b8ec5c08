//! Answers of adapters, signed (RFC 9421 §2.4) over their bytes, their realm, and the question they answer.
//!
//! One profile, nothing negotiable. The signature covers status, digest and realm of the answer, and method, path,
//! digest and `idempotency-key` of the question: an answer to another question, or of another realm, does not verify.

use canon::{Digest, Realm, Timestamp};
use proof::keys::Signature;
use proof::{Message, PublicKey, base64};

/// How far the clock of an adapter may be from ours, in seconds.
const FRESH_SECS: i64 = 300;
const COMPONENTS: &str = r#"("@status" "content-digest" "mez-realm" "@method";req "@path";req "content-digest";req "idempotency-key";req)"#;
const TAIL: &str = r#";alg="ed25519";tag="mez-adapter""#;

/// The question, as far as its answer must name it.
pub(super) struct Put<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
    pub(super) key: &'a str,
}

/// The answer and its headers as they came.
pub(super) struct Came<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
    pub(super) content_digest: &'a str,
    pub(super) realm: &'a str,
    pub(super) signature_input: &'a str,
    pub(super) signature: &'a str,
}

/// An answer under the pinned key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Believed {
    pub(super) base: String,
    pub(super) signature: String,
    pub(super) created: Timestamp,
}

/// Why an answer is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Not signed by the pinned key over this; what does not hold.
    NotSigned(&'static str),
    /// Signed at another time.
    Stale,
    /// Signed for another realm.
    OtherRealm,
}

/// `sha-256=:…:` (RFC 9530).
pub(super) fn digest_header(body: &[u8]) -> String {
    format!("sha-256=:{}:", base64::encode(Digest::of_blob(body).as_bytes()))
}

/// Judge an answer under the pinned key.
pub(super) fn judge(
    put: &Put<'_>,
    came: &Came<'_>,
    (key, realm, now): (&PublicKey, Realm, Timestamp),
) -> Result<Believed, Doubt> {
    let not = |why| Err(Doubt::NotSigned(why));
    if came.content_digest != digest_header(came.body) {
        return not("`content-digest` is not of the body");
    }
    let Some(params) = came.signature_input.strip_prefix("mez=") else {
        return not("`signature-input` is not of our profile");
    };
    let Some((created, keyid)) = read(params) else {
        return not("`signature-input` is not of our profile");
    };
    if keyid != key.did().as_str() {
        return not("signed by another key than the pinned one");
    }
    let sent = came.signature.strip_prefix("mez=:").and_then(|rest| rest.strip_suffix(':'));
    let bytes = sent.and_then(base64::decode);
    let Some(signature) = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok()) else {
        return not("`signature` has not the form of one");
    };
    let base = base(put, came, params);
    if key.verify(&Message::http_base(&base), &signature).is_err() {
        return not("the signature does not hold over this answer to this question");
    }
    if came.realm != realm.to_string() {
        return Err(Doubt::OtherRealm);
    }
    if (created.unix() - now.unix()).abs() > FRESH_SECS {
        return Err(Doubt::Stale);
    }
    Ok(Believed { base, signature: sent.unwrap_or_default().to_owned(), created })
}

/// `created` and `keyid` of our one form.
fn read(params: &str) -> Option<(Timestamp, &str)> {
    let rest = params.strip_prefix(COMPONENTS)?.strip_prefix(";created=")?;
    let (created, rest) = rest.split_once(r#";keyid=""#)?;
    let (keyid, rest) = rest.split_once('"')?;
    let digits = !created.is_empty() && created.bytes().all(|b| b.is_ascii_digit());
    let created = Timestamp::from_unix(created.parse().ok()?).ok()?;
    (digits && rest == TAIL).then_some((created, keyid))
}

fn base(put: &Put<'_>, came: &Came<'_>, params: &str) -> String {
    format!(
        "\"@status\": {}\n\"content-digest\": {}\n\"mez-realm\": {}\n\"@method\";req: {}\n\"@path\";req: {}\n\
         \"content-digest\";req: {}\n\"idempotency-key\";req: {}\n\"@signature-params\": {params}",
        came.status,
        came.content_digest,
        came.realm,
        put.method,
        put.path,
        digest_header(put.body),
        put.key,
    )
}

#[cfg(test)]
mod tests {
    use proof::{SecretKey, Signer};

    use super::*;

    const PUT: Put<'_> = Put { method: "POST", path: "/fbr/ntn/verify", body: b"{}", key: "mez-1" };

    /// What a test may change of an answer.
    #[derive(Clone)]
    struct Parts {
        status: u16,
        body: &'static [u8],
        realm: &'static str,
        input: String,
        signature: String,
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-20T12:00:00Z").unwrap()
    }

    fn pinned() -> SecretKey {
        SecretKey::from_seed([9; 32]).unwrap()
    }

    fn signed(key: &SecretKey, created: Timestamp, realm: &'static str) -> Parts {
        let (body, did): (&'static [u8], _) = (b"{\"verified\":true}", key.public().did());
        let params = format!("{COMPONENTS};created={};keyid=\"{did}\"{TAIL}", created.unix());
        let digest = digest_header(body);
        let came = Came {
            status: 200,
            body,
            content_digest: &digest,
            realm,
            signature_input: "",
            signature: "",
        };
        let signature = key.sign(&Message::http_base(&base(&PUT, &came, &params))).unwrap();
        let signature = format!("mez=:{}:", base64::encode(signature.bytes()));
        Parts { status: 200, body, realm, input: format!("mez={params}"), signature }
    }

    fn judged(put: &Put<'_>, parts: &Parts) -> Result<Believed, Doubt> {
        let digest = digest_header(parts.body);
        let came = Came {
            status: parts.status,
            body: parts.body,
            content_digest: &digest,
            realm: parts.realm,
            signature_input: &parts.input,
            signature: &parts.signature,
        };
        judge(put, &came, (&pinned().public(), Realm::Sandbox, now()))
    }

    #[test]
    fn only_an_answer_of_the_pinned_key_to_this_question_is_believed() {
        let good = signed(&pinned(), now(), "sandbox");
        assert_eq!(judged(&PUT, &good).unwrap().created, now());
        for put in [
            Put { path: "/fbr/ntn", ..PUT },
            Put { body: b"{ }", ..PUT },
            Put { key: "mez-2", ..PUT },
            Put { method: "GET", ..PUT },
        ] {
            assert!(matches!(judged(&put, &good), Err(Doubt::NotSigned(_))));
        }
        let others = [
            Parts { status: 201, ..good.clone() },
            Parts { body: b"{\"verified\":false}", ..good.clone() },
            Parts { realm: "production", ..good.clone() },
            Parts { signature: "mez=:AA==:".to_owned(), ..good.clone() },
            Parts { input: good.input.replace(" \"mez-realm\"", ""), ..good.clone() },
            Parts { input: String::new(), ..good },
            signed(&SecretKey::from_seed([8; 32]).unwrap(), now(), "sandbox"),
        ];
        for parts in &others {
            assert!(matches!(judged(&PUT, parts), Err(Doubt::NotSigned(_))));
        }
    }

    #[test]
    fn another_realm_or_time_is_not_believed_though_signed() {
        assert_eq!(judged(&PUT, &signed(&pinned(), now(), "production")), Err(Doubt::OtherRealm));
        for secs in [-FRESH_SECS - 1, FRESH_SECS + 1] {
            let created = now().plus_secs(secs).unwrap();
            assert_eq!(judged(&PUT, &signed(&pinned(), created, "sandbox")), Err(Doubt::Stale));
        }
        let edge = now().plus_secs(FRESH_SECS).unwrap();
        assert!(judged(&PUT, &signed(&pinned(), edge, "sandbox")).is_ok());
    }
}
