//! `mez vc sign`: signs what verifies afterwards, and nothing else.
//!
//! A credential is judged, right after signing, the way a stranger who trusts the issuer would; when
//! the answer is not VALID the signature is thrown away and the reasons are printed. Any other JSON
//! object gets a Data Integrity proof; a second signer adds one, if the proofs there verify.

use std::path::{Path, PathBuf};

use canon::{Canonical, Realm, Timestamp};
use proof::credential::{self, Anchors, BASE_TYPE, TrustList};
use proof::integrity::{self, ProofOptions};
use proof::jwk::KeyFile;
use serde_json::{Value, json};

use crate::cli::failure::Fault;
use crate::cli::screen::{pairs, pretty};
use crate::cli::{Answer, Context, Exit, Failure, file};

/// Longest key file looked at, in bytes.
const KEY_FILE_MAX: u64 = 16 * 1024;

/// What to sign with which key.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key file of the signer (NAME.priv.json)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The JSON document, or `-` for standard input
    document: PathBuf,
    /// When it is said to be signed, YYYY-MM-DDTHH:MM:SSZ; now, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    created: Option<Timestamp>,
    /// Write the signed document to a new file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = read_key(&args.key)?;
    let name = args.document.display().to_string();
    let bytes = file::read_document(&args.document)?;
    let document =
        canon::parse_value(&bytes).map_err(|refusal| Failure::refusal(&name, &refusal))?;
    let created = args.created.unwrap_or_else(|| context.clock.now());
    let is_credential = is_credential(&document);
    if is_credential {
        unsigned_by(&document, &key, &name)?;
    } else {
        proofs_hold(&document, &name)?;
    }
    let options = ProofOptions {
        created,
        verification_method: key.verification_method.clone(),
        purpose: integrity::ASSERTION,
        challenge: None,
        domain: None,
    };
    let refused = |error: &dyn std::error::Error| {
        refuse(&name, "not-signed", "give one JSON object that this key has not signed yet")
            .because(error)
    };
    let signed = integrity::sign_document(document, &options, &key.secret)
        .map_err(|error| refused(&error))?;
    if is_credential {
        holds_for_strangers(&signed, &key, &name)?;
    }
    put(signed, args.out.as_deref(), &key)
}

/// A credential just issued: judged as strangers would, then written.
pub(super) fn signed(
    document: Value,
    out: Option<&Path>,
    key: &KeyFile,
) -> Result<Answer, Failure> {
    holds_for_strangers(&document, key, "the credential")?;
    put(document, out, key)
}

/// Writes a signed document to a new file, or to standard output.
pub(super) fn put(signed: Value, out: Option<&Path>, key: &KeyFile) -> Result<Answer, Failure> {
    let refused = |error: &dyn std::error::Error| {
        refuse("the document", "not-signed", "give one JSON object").because(error)
    };
    let digest = integrity::payload_digest(&signed).map_err(|error| refused(&error))?;
    let canonical = Canonical::of_value(&signed).map_err(|error| refused(&error))?;
    let Some(out) = out else {
        return Ok(Answer::done(pretty(&signed), signed));
    };
    file::write_new_0644(out, canonical.bytes())?;
    let issuer = key.secret.public().did();
    let json = json!({
        "digest_sha256": digest,
        "out": out.display().to_string(),
        "signer": issuer,
    });
    let text = pairs(&[
        ("signed", out.display().to_string()),
        ("signer", issuer.to_string()),
        ("digest", digest.to_string()),
    ]);
    Ok(Answer::done(text, json))
}

fn refuse(name: &str, code: &'static str, remedy: &str) -> Failure {
    Failure::new(Exit::Invalid, code, format!("`{name}` was not signed"), remedy)
}

pub(crate) fn read_key(path: &Path) -> Result<KeyFile, Failure> {
    let bytes = zeroize::Zeroizing::new(file::read_up_to(path, KEY_FILE_MAX)?);
    KeyFile::parse(&bytes).map_err(|error| {
        let what = format!("`{}` is not a private key file", path.display());
        let remedy = "give the NAME.priv.json that `mez vc keygen` wrote";
        Failure::new(Exit::Invalid, "key-file", what, remedy).because(&error)
    })
}

fn is_credential(document: &Value) -> bool {
    let kinds = document.get("type").and_then(Value::as_array);
    kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == BASE_TYPE))
}

/// A credential is signed once, by the issuer it names.
fn unsigned_by(document: &Value, key: &KeyFile, name: &str) -> Result<(), Failure> {
    if document.get("proof").is_some() {
        let remedy = "take the `proof` away to issue it anew; a credential has one signature";
        let fault = Fault::new("the credential already carries a proof");
        return Err(refuse(name, "already-signed", remedy).with(fault));
    }
    let issuer = match document.get("issuer") {
        Some(Value::Object(issuer)) => issuer.get("id"),
        other => other,
    };
    let did = key.secret.public().did();
    if issuer.and_then(Value::as_str) == Some(did.as_str()) {
        return Ok(());
    }
    let found = issuer.map_or("missing".to_owned(), |issuer| format!("{issuer}"));
    let fault = Fault::new(format!("`issuer` is {found}, and the key is `{did}`"));
    let remedy = format!("set `issuer` to `{did}`, or sign with the issuer's key");
    Err(refuse(name, "issuer-not-signer", &remedy).with(fault))
}

/// Nobody puts a name under signatures that do not hold.
fn proofs_hold(document: &Value, name: &str) -> Result<(), Failure> {
    if document.get("proof").is_none() {
        return Ok(());
    }
    let verified = integrity::verify_document(document, &integrity::resolve_did_key);
    verified.map(|_| ()).map_err(|error| {
        let remedy = "ask the earlier signer for the document again, or remove its `proof`";
        refuse(name, "earlier-proof", remedy).because(&error)
    })
}

fn holds_for_strangers(signed: &Value, key: &KeyFile, name: &str) -> Result<(), Failure> {
    let realm = signed.get("realm").cloned().and_then(|realm| serde_json::from_value(realm).ok());
    let trust = TrustList(vec![key.secret.public().did()]);
    let anchors = Anchors::pinned(&trust, realm.unwrap_or(Realm::Production));
    let from = signed.get("validFrom").and_then(Value::as_str);
    // Without a readable `validFrom` the judgement says so, at any time.
    let as_of = from.and_then(|from| Timestamp::parse(from).ok());
    let as_of = as_of.or_else(|| Timestamp::from_unix(0).ok());
    let Some(as_of) = as_of else { return Ok(()) };
    let judgement = credential::verify(signed, &anchors, as_of);
    // Whoever issues brings no list along: its place in one is checked by those who verify.
    if judgement.reasons().iter().all(|reason| reason.code == "status-missing") {
        return Ok(());
    }
    let remedy = "follow VC 2.0: `@context`, `type`, `issuer`, `validFrom`, `validUntil`, \
                  `credentialSubject`";
    let mut failure = refuse(name, "credential", remedy);
    failure.faults = judgement
        .reasons()
        .iter()
        .map(|reason| Fault { rule: Some(reason.code.to_owned()), ..Fault::new(&*reason.detail) })
        .collect();
    Err(failure)
}
