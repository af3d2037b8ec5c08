//! How answers are signed: RFC 9421 over the answer and the question it answers; see `docs/adapters.md`.

use canon::Digest;
use data_encoding::BASE64;

use crate::clock;
use crate::http::{Reply, Request};
use crate::key::Key;

/// The only realm this program signs for.
pub(crate) const REALM: &str = "sandbox";
const COMPONENTS: &str = r#"("@status" "content-digest" "mez-realm" "@method";req "@path";req "content-digest";req "idempotency-key";req)"#;

fn digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64.encode(Digest::of_blob(body).as_bytes()))
}

/// Mark an answer as simulated, and sign it as the answer to a request.
pub(crate) fn signed(key: &Key, request: &Request, mut reply: Reply) -> Reply {
    let idempotency = request.header("idempotency-key").unwrap_or_default();
    let params = format!(
        "{COMPONENTS};created={};keyid=\"{}\";alg=\"ed25519\";tag=\"mez-adapter\"",
        clock::unix(),
        key.did()
    );
    let own = digest(&reply.body);
    let base = format!(
        "\"@status\": {}\n\"content-digest\": {own}\n\"mez-realm\": {REALM}\n\"@method\";req: {}\n\"@path\";req: {}\n\
         \"content-digest\";req: {}\n\"idempotency-key\";req: {idempotency}\n\"@signature-params\": {params}",
        reply.status,
        request.method,
        request.path,
        digest(&request.body),
    );
    let signature = BASE64.encode(&key.sign(base.as_bytes()));
    reply.header("content-digest", own);
    reply.header("mez-realm", REALM.to_owned());
    reply.header("mez-simulated", "true".to_owned());
    reply.header("signature-input", format!("mez={params}"));
    reply.header("signature", format!("mez=:{signature}:"));
    reply
}
