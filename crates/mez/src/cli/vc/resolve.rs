//! `--resolve`: fetching what a credential names and nobody gave: documents of `did:web`, status lists.
//!
//! Invariant: without the flag no socket is opened; what is fetched is judged exactly as if it had been given as a
//! file, and the answer tells where it came from.

use std::collections::BTreeSet;
use std::path::PathBuf;

use canon::{Did, Digest};
use proof::did::{DidDocument, did_web_url};
use serde_json::Value;

use crate::cli::verify::report::Fetched;
use crate::cli::{Exit, Failure, file};
use crate::out::{Fetcher, Reach, authorities};

/// Most members looked at for what a document names.
const PLACES_MAX: usize = 4096;

/// What may be fetched.
#[derive(clap::Args)]
pub(crate) struct Resolve {
    /// Fetch what is named and not given over HTTPS: did:web documents, status lists. Without it no socket is opened
    #[arg(long)]
    resolve: bool,
    /// The certificate authorities to trust instead of the public ones, in PEM
    #[arg(long, value_name = "FILE", requires = "resolve")]
    ca: Option<PathBuf>,
    /// Ask private addresses too: of this machine and its network
    #[arg(long, requires = "resolve")]
    allow_private: bool,
}

/// Where something fetched came from, or why it did not.
pub(super) struct Source {
    pub url: String,
    pub outcome: Result<Digest, String>,
}

impl Source {
    /// For programs.
    pub(super) fn fetched(&self) -> Fetched {
        let url = self.url.clone();
        match &self.outcome {
            Ok(sha256) => Fetched::Came { sha256: *sha256, url },
            Err(error) => Fetched::Failed { error: error.clone(), url },
        }
    }

    /// For people.
    pub(super) fn row(&self) -> (&'static str, String) {
        match &self.outcome {
            Ok(digest) => ("fetched", format!("{} (sha256 {digest})", self.url)),
            Err(error) => ("not fetched", format!("{}: {error}", self.url)),
        }
    }
}

/// What documents name and only others can tell.
#[derive(Default)]
pub(super) struct Named {
    pub dids: BTreeSet<Did>,
    pub lists: BTreeSet<String>,
}

impl Named {
    /// Everything that `document` and the credentials in it name.
    pub(super) fn by<'a>(documents: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut named = Self::default();
        let mut left: Vec<&Value> = documents.into_iter().collect();
        let mut places = 0;
        while let Some(value) = left.pop().filter(|_| places < PLACES_MAX) {
            places += 1;
            named.look(value, &mut left);
        }
        named
    }

    fn look<'a>(&mut self, value: &'a Value, left: &mut Vec<&'a Value>) {
        if let Value::Array(items) = value {
            left.extend(items);
        }
        let text = |name: &str| {
            let member = value.get(name)?;
            member.as_str().or_else(|| member.get("id")?.as_str())
        };
        for name in ["issuer", "iss", "holder", "verificationMethod"] {
            let did = text(name).and_then(|text| Did::parse(text).ok()).map(|did| did.base());
            self.dids.extend(did.filter(|did| did_web_url(did).is_some()));
        }
        self.lists.extend(text("statusListCredential").map(str::to_owned));
        for name in ["proof", "verifiableCredential", "credentialStatus"] {
            left.extend(value.get(name));
        }
    }
}

impl Resolve {
    pub(super) fn is_asked(&self) -> bool {
        self.resolve
    }

    /// A fetcher, if anything may be fetched.
    pub(super) fn fetcher(&self) -> Result<Option<Fetcher>, Failure> {
        if !self.resolve {
            return Ok(None);
        }
        let reach = if self.allow_private { Reach::Any } else { Reach::Public };
        let Some(path) = &self.ca else { return Ok(Some(Fetcher::new(reach, None))) };
        let roots = authorities(&file::read_document(path)?).map_err(|error| {
            let what = format!("`{}` holds no certificate authorities: {error}", path.display());
            Failure::new(Exit::Error, "ca", what, "give certificates in PEM")
        })?;
        Ok(Some(Fetcher::new(reach, Some(roots))))
    }
}

/// Fetches the document of a `did:web`.
pub(super) fn did_document(fetcher: &Fetcher, did: &Did) -> (Source, Option<DidDocument>) {
    let url = did_web_url(did).unwrap_or_default();
    let read = |bytes: &[u8]| DidDocument::read(bytes, did).map_err(|error| error.to_string());
    taken(fetcher, url, read)
}

/// Fetches a status list, still to be judged.
pub(super) fn status_list(fetcher: &Fetcher, url: &str) -> (Source, Option<Value>) {
    let read = |bytes: &[u8]| match super::read(url, bytes) {
        Ok((document, _)) => Ok(document),
        Err(_) => Err("it is no JSON document".to_owned()),
    };
    taken(fetcher, url.to_owned(), read)
}

fn taken<T>(
    fetcher: &Fetcher,
    url: String,
    read: impl Fn(&[u8]) -> Result<T, String>,
) -> (Source, Option<T>) {
    let fetched = fetcher.fetch(&url).map_err(|error| error.to_string());
    match fetched.and_then(|bytes| Ok((Digest::of_blob(&bytes), read(&bytes)?))) {
        Ok((digest, read)) => (Source { url, outcome: Ok(digest) }, Some(read)),
        Err(error) => (Source { url, outcome: Err(error) }, None),
    }
}
