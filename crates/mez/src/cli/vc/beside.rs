//! What a judge may need beside the document: status lists, documents of DIDs, what was asked.

use std::path::PathBuf;

use canon::{Did, Timestamp};
use proof::credential::{self, Anchors, Asked};
use proof::did::DidDocument;
use proof::foreign;
use proof::status::{AGE_SECS_MAX, StatusList, Statuses};
use serde_json::Value;

use crate::cli::{Exit, Failure, file};

/// Files beside a credential or a presentation; nothing of it is fetched.
#[derive(clap::Args)]
pub(crate) struct Beside {
    /// A status list (credential) the issuer signed; may be repeated
    #[arg(long = "status", value_name = "FILE")]
    statuses: Vec<PathBuf>,
    /// Oldest status list that counts, in seconds; a day, unless given
    #[arg(long, value_name = "SECONDS", requires = "statuses")]
    status_age: Option<u64>,
    /// The document of a DID (did:web), as its domain serves it; may be repeated
    #[arg(long = "did-document", value_name = "FILE")]
    documents: Vec<PathBuf>,
    /// For a presentation: the challenge that was given
    #[arg(long, value_name = "TEXT")]
    challenge: Option<String>,
    /// For a presentation: the name of the verifier it must be meant for
    #[arg(long, value_name = "TEXT")]
    domain: Option<String>,
}

impl Beside {
    /// The anchors with what is known of keys and statuses.
    pub(super) fn join(&self, mut anchors: Anchors, as_of: Timestamp) -> Result<Anchors, Failure> {
        for path in &self.documents {
            anchors = anchors.with_document(document(path)?);
        }
        let lists: Result<Vec<_>, _> =
            self.statuses.iter().map(|path| list(path, &anchors, as_of)).collect();
        let age = self.status_age.unwrap_or(AGE_SECS_MAX);
        Ok(anchors.with_statuses(Statuses::of(lists?, age)))
    }

    /// What the verifier said when it asked.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked { challenge: self.challenge.as_deref(), domain: self.domain.as_deref() }
    }
}

/// A JSON document, ours or of others; whether ours could have written it.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<(Value, bool), Failure> {
    match canon::parse_value(bytes) {
        Ok(document) => Ok((document, true)),
        // The canonical form says best what is wrong with what is no JSON at all.
        Err(refusal) => match foreign::read(bytes) {
            Ok(document) => Ok((document, false)),
            Err(_) => Err(Failure::refusal(name, &refusal)),
        },
    }
}

fn document(path: &std::path::Path) -> Result<DidDocument, Failure> {
    let bytes = file::read_document(path)?;
    let refused = |error: &dyn std::error::Error| {
        let what = format!("`{}` is not the document of a DID", path.display());
        let remedy = "save what the DID's domain serves: https://DOMAIN/.well-known/did.json";
        Failure::new(Exit::Invalid, "did-document", what, remedy).because(error)
    };
    let read = foreign::read(&bytes).map_err(|error| refused(&error))?;
    let did = read.get("id").and_then(Value::as_str).unwrap_or_default();
    let did = Did::parse(did).map_err(|error| refused(&error))?;
    DidDocument::read(&bytes, &did).map_err(|error| refused(&error))
}

/// A list whose own credential is VALID under the same trust.
fn list(
    path: &std::path::Path,
    anchors: &Anchors,
    as_of: Timestamp,
) -> Result<StatusList, Failure> {
    let name = path.display().to_string();
    let (document, _) = read(&name, &file::read_document(path)?)?;
    let judged = credential::verify(&document, anchors, as_of);
    let remedy = "fetch the list anew from where its credential says, and trust its issuer";
    let what = format!("the status list `{name}` is not believed");
    let Some(credential) = judged.credential() else {
        let exit = super::ending(judged.verdict());
        let mut failure = Failure::new(exit, "status-list", what, remedy);
        for reason in judged.reasons() {
            failure = failure.with(crate::cli::failure::Fault {
                rule: Some(reason.code.to_owned()),
                ..crate::cli::failure::Fault::new(&*reason.detail)
            });
        }
        return Err(failure);
    };
    StatusList::of(credential)
        .map_err(|error| Failure::new(Exit::Invalid, "status-list", what, remedy).because(&error))
}
