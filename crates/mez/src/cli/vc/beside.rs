//! What a judge may need beside the document: status lists, documents of DIDs, what was asked.

use std::path::PathBuf;

use canon::{Did, Realm, Timestamp};
use proof::credential::{self, Anchors, Asked, Judgement, Schemas};
use proof::did::DidDocument;
use proof::foreign;
use proof::shape::Shape;
use proof::status::{AGE_SECS_MAX, StatusList, Statuses};
use serde_json::Value;

use super::Trust;
use super::resolve::{self, Named, Resolve, Source};
use crate::cli::verify::report::Judged;
use crate::cli::{Exit, Failure, file};

/// Files beside a credential or a presentation; nothing is fetched without `--resolve`.
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
    /// A JSON Schema (2020-12) to hold credentials against that name it, or that name none; may be repeated
    #[arg(long = "schema", value_name = "FILE")]
    schemas: Vec<PathBuf>,
    /// For a presentation: the challenge that was given
    #[arg(long, value_name = "TEXT")]
    challenge: Option<String>,
    /// For a presentation: the name of the verifier it must be meant for
    #[arg(long, value_name = "TEXT")]
    domain: Option<String>,
    #[command(flatten)]
    resolve: Resolve,
}

/// What a document is judged under, and where it came from.
pub(super) struct Known {
    pub anchors: Anchors,
    sources: Vec<Source>,
}

impl Known {
    /// What was fetched and which registries hold, for people.
    pub(super) fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows: Vec<_> = self.sources.iter().map(Source::row).collect();
        if !self.anchors.registries().is_empty() {
            rows.push(("registries", self.registries().join(" > ")));
        }
        rows
    }

    /// The same, for programs.
    pub(super) fn judged(&self, as_of: Timestamp, mcf: bool) -> Judged {
        let resolved = self.sources.iter().map(Source::fetched).collect();
        Judged { as_of, mcf, registries: self.registries(), resolved }
    }

    fn registries(&self) -> Vec<String> {
        let ids = self.anchors.registries().iter().map(|link| link.registry.registry_id.clone());
        ids.collect()
    }
}

impl Beside {
    /// The anchors with what is known of keys, statuses and registries, for judging `documents`.
    pub(super) fn join(
        &self,
        (trust, realm): (&Trust, Option<Realm>),
        document: &Value,
        as_of: Timestamp,
    ) -> Result<Known, Failure> {
        let mut anchors = trust.anchors(realm)?.with_schemas(self.all_schemas()?);
        let registries = trust.registries()?;
        for path in &self.documents {
            anchors = anchors.with_document(self::document(path)?);
        }
        let pending = self.statuses.iter().map(|path| listed(path)).collect::<Result<_, _>>()?;
        let age = self.status_age.unwrap_or(AGE_SECS_MAX);
        let mut lists = Lists { pending, believed: Vec::new(), age };
        let mut sources = Vec::new();
        if let Some(fetcher) = self.resolve.fetcher()? {
            let mut named = Named::by(registries.iter().chain([document]));
            named.dids.retain(|did| !anchors.has_document(did));
            named.lists.retain(|url| !lists.has(url));
            for did in &named.dids {
                let (source, document) = resolve::did_document(&fetcher, did);
                sources.push(source);
                anchors = document.into_iter().fold(anchors, Anchors::with_document);
            }
            for url in &named.lists {
                let (source, list) = resolve::status_list(&fetcher, url);
                sources.push(source);
                lists.pending.extend(list.map(|list| (url.clone(), list)));
            }
        }
        anchors = lists.believe(anchors, as_of);
        for registry in &registries {
            anchors = lists.believe(anchors.with_registry(registry, as_of), as_of);
        }
        lists.settle(&anchors, &mut sources, as_of)?;
        Ok(Known { anchors, sources })
    }

    /// Whether something was given that only credentials are held against.
    pub(crate) fn asks(&self) -> bool {
        !self.schemas.is_empty() || self.resolve.is_asked()
    }

    /// Those of our own types, and those given.
    fn all_schemas(&self) -> Result<Schemas, Failure> {
        self.schemas.iter().try_fold(crate::schemas::of_types(), |schemas, path| {
            let read = Shape::read(&file::read_document(path)?);
            let what = format!("`{}` is no JSON Schema of 2020-12", path.display());
            let remedy = "give the schema that the credential names, with its `$schema`";
            let refused = Failure::new(Exit::Invalid, "schema", what, remedy);
            read.map(|schema| schemas.with(schema)).map_err(|error| refused.because(&error))
        })
    }

    /// What the verifier said when it asked.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked { challenge: self.challenge.as_deref(), domain: self.domain.as_deref() }
    }
}

/// Status lists, each believed once its own credential is VALID under the trust of some step.
struct Lists {
    pending: Vec<(String, Value)>,
    believed: Vec<StatusList>,
    age: u64,
}

impl Lists {
    fn has(&self, url: &str) -> bool {
        let id = |document: &Value| document.get("id").and_then(Value::as_str) == Some(url);
        self.pending.iter().any(|(_, document)| id(document))
    }

    fn believe(&mut self, anchors: Anchors, as_of: Timestamp) -> Anchors {
        let believed = &mut self.believed;
        self.pending.retain(|(_, document)| {
            let judged = credential::verify(document, &anchors, as_of);
            match judged.credential().map(StatusList::of) {
                Some(Ok(list)) => believed.push(list),
                _ => return true,
            }
            false
        });
        anchors.with_statuses(Statuses::of(self.believed.clone(), self.age))
    }

    /// A list that was given and is not believed stops the judgement; one that was fetched is told.
    fn settle(
        self,
        anchors: &Anchors,
        sources: &mut [Source],
        as_of: Timestamp,
    ) -> Result<(), Failure> {
        for (name, document) in self.pending {
            let judged = credential::verify(&document, anchors, as_of);
            match sources.iter_mut().find(|source| source.url == name) {
                Some(source) => {
                    let why = judged.reasons().first().map_or("no status list", |why| &*why.detail);
                    source.outcome = Err(format!("not believed: {why}"));
                }
                None => return Err(disbelieved(&name, &judged)),
            }
        }
        Ok(())
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

fn listed(path: &std::path::Path) -> Result<(String, Value), Failure> {
    let name = path.display().to_string();
    let (document, _) = read(&name, &file::read_document(path)?)?;
    Ok((name, document))
}

fn disbelieved(name: &str, judged: &Judgement) -> Failure {
    let remedy = "fetch the list anew from where its credential says, and trust its issuer";
    let what = format!("the status list `{name}` is not believed");
    if let Some(credential) = judged.credential() {
        let failure = Failure::new(Exit::Invalid, "status-list", what, remedy);
        return match StatusList::of(credential) {
            Err(error) => failure.because(&error),
            Ok(_) => failure,
        };
    }
    let failure = Failure::new(super::ending(judged.verdict()), "status-list", what, remedy);
    judged.reasons().iter().fold(failure, |failure, reason| {
        failure.with(crate::cli::failure::Fault {
            rule: Some(reason.code.to_owned()),
            ..crate::cli::failure::Fault::new(&*reason.detail)
        })
    })
}
