//! `mez vc verify`: VALID, INVALID or UNKNOWN, with reasons, under the trust that is given.

use std::path::{Path, PathBuf};

use canon::{Did, Realm, Timestamp};
use proof::credential::{self, Anchors, Judgement, Reason, TrustList, Verdict};
use proof::{KeyHistory, PublicKey};
use serde_json::{Value, json};

use super::beside::{Beside, Known, read};
use crate::cli::screen::{Style, pairs};
use crate::cli::verify::report::{Report, Whole};
use crate::cli::{Answer, Context, Exit, Failure, file};

/// What to judge, and whom to believe.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The credential, or `-` for standard input
    document: PathBuf,
    #[command(flatten)]
    trust: Trust,
    #[command(flatten)]
    beside: Beside,
    /// The moment to judge at, YYYY-MM-DDTHH:MM:SSZ; now, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    as_of: Option<Timestamp>,
}

/// Whom to believe. Without it nothing is better than UNKNOWN.
#[derive(clap::Args)]
pub(crate) struct Trust {
    /// Pinned DIDs, separated by commas, or a trust-anchor file
    #[arg(long, value_name = "DID,..|FILE", visible_alias = "anchors")]
    trust: Option<String>,
    /// An authority registry (credential), from the one an anchor may issue down; the last alone says who may attest
    #[arg(long = "registry", value_name = "FILE", requires = "trust")]
    registries: Vec<PathBuf>,
    /// A zone's inception document, or its keys over time (`keys.json`), which tie a pinned zone DID to
    /// its keys; may be repeated
    #[arg(long, visible_alias = "keys", value_name = "FILE")]
    inception: Vec<PathBuf>,
}

impl Trust {
    /// The pinned DIDs, where the trust is given as DIDs.
    pub(crate) fn dids(&self) -> Result<Vec<Did>, Failure> {
        match &self.trust {
            None => Ok(Vec::new()),
            Some(text) if is_dids(text) => pinned(text),
            Some(path) => {
                let anchors = read_anchors(Path::new(path))?;
                Ok(anchors.anchors().iter().map(|anchor| anchor.identifier.base()).collect())
            }
        }
    }

    /// The inception documents given.
    pub(crate) fn inceptions(&self) -> &[PathBuf] {
        &self.inception
    }

    /// Whether registries are given.
    pub(crate) fn asks(&self) -> bool {
        !self.registries.is_empty()
    }

    /// The registries given, not judged yet.
    pub(super) fn registries(&self) -> Result<Vec<Value>, Failure> {
        let one = |path: &PathBuf| {
            let name = path.display().to_string();
            read(&name, &file::read_document(path)?).map(|(document, _)| document)
        };
        self.registries.iter().map(one).collect()
    }

    /// The anchors under which a credential that states `realm` is judged.
    pub(super) fn anchors(&self, realm: Option<Realm>) -> Result<Anchors, Failure> {
        let realm = realm.unwrap_or(Realm::Production);
        let mut anchors = match &self.trust {
            None => Anchors::none(realm),
            Some(text) if is_dids(text) => Anchors::pinned(&TrustList(pinned(text)?), realm),
            Some(path) => read_anchors(Path::new(path))?,
        };
        for path in &self.inception {
            anchors = with_zone(anchors, path)?;
        }
        Ok(anchors)
    }
}

fn pinned(text: &str) -> Result<Vec<Did>, Failure> {
    let wrong = |error: &dyn std::error::Error| {
        let remedy = "give --trust did:key:z6Mk…,did:key:z6Mk… or the path of an anchors file";
        Failure::usage("--trust is not a list of DIDs", remedy).because(error)
    };
    let one = |word: &str| {
        let did = Did::parse(word.trim()).map_err(|error| wrong(&error))?.base();
        // Nothing signs as a key that is none: a slip here would read as an honest UNKNOWN.
        if did.as_str().starts_with("did:key:") {
            PublicKey::from_did_key(did.as_str()).map_err(|error| wrong(&error))?;
        }
        Ok(did)
    };
    text.split(',').map(one).collect()
}

/// Whether the text is meant as DIDs; nothing at all is no path either.
fn is_dids(text: &str) -> bool {
    text.starts_with("did:") || text.trim().is_empty()
}

fn read_anchors(path: &Path) -> Result<Anchors, Failure> {
    let bytes = file::read_document(path)?;
    Anchors::parse(&bytes).map_err(|error| {
        let what = format!("`{}` is not a trust-anchor file", path.display());
        let remedy = "correct the file; no anchor of it was used";
        Failure::new(Exit::Invalid, "anchors", what, remedy).because(&error)
    })
}

/// Adds a zone whose inception is signed by a root key that is already pinned.
fn with_zone(anchors: Anchors, path: &Path) -> Result<Anchors, Failure> {
    let refuse = |error: &dyn std::error::Error| {
        let what = format!("`{}` is not the inception of a zone trusted here", path.display());
        let remedy = "pin the zone's DID with --trust and give the inception it publishes";
        Failure::new(Exit::Invalid, "inception", what, remedy).because(error)
    };
    let bytes = file::read_document(path)?;
    let name = path.display().to_string();
    let document =
        canon::parse_value(&bytes).map_err(|refusal| Failure::refusal(&name, &refusal))?;
    let mut found = None;
    for did in anchors.anchors().iter().map(|anchor| anchor.identifier.base()) {
        let over_time = document.get("type").and_then(Value::as_str);
        let keys = match over_time == Some(KeyHistory::DOCUMENT_TYPE) {
            true => KeyHistory::read(&document, &did),
            false => KeyHistory::verify(&document, &[], &did),
        };
        match keys {
            Ok(zone) => return anchors.with_keys(zone).map_err(|error| refuse(&error)),
            Err(error) => found = Some(error),
        }
    }
    match found {
        Some(error) => Err(refuse(&error)),
        None => Err(Failure::usage("--inception is given without --trust", "pin the zone's DID")),
    }
}

pub(super) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let name = args.document.display().to_string();
    let bytes = file::read_document(&args.document)?;
    judge_document(&name, &bytes, (&args.trust, &args.beside), args.as_of, context)
}

/// Judges the credential in `bytes`; shared with `mez verify`.
pub(crate) fn judge_document(
    name: &str,
    bytes: &[u8],
    (trust, beside): (&Trust, &Beside),
    as_of: Option<Timestamp>,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let (document, ours) = read(name, bytes)?;
    let as_of = as_of.unwrap_or_else(|| context.clock.now());
    let realm = realm(&document);
    let known = beside.join((trust, realm), &document, as_of)?;
    let judgement = credential::verify(&document, &known.anchors, as_of);
    Ok(told((&document, ours, &known), realm, as_of, &judgement, context.style))
}

/// Judges a credential that came inside of something else.
pub(crate) fn judge_inner(
    document: &Value,
    trust: &Trust,
    as_of: Timestamp,
) -> Result<Judgement, Failure> {
    Ok(credential::verify(document, &trust.anchors(realm(document))?, as_of))
}

/// The realm a credential states.
fn realm(document: &Value) -> Option<Realm> {
    let stated = document.get("realm").cloned();
    stated.and_then(|realm| serde_json::from_value(realm).ok())
}

fn told(
    (document, ours, known): (&Value, bool, &Known),
    realm: Option<Realm>,
    as_of: Timestamp,
    judgement: &Judgement,
    style: Style,
) -> Answer {
    let verdict = judgement.verdict();
    let issuer = match document.get("issuer") {
        Some(Value::Object(issuer)) => issuer.get("id"),
        other => other,
    };
    let says = |name: &str| document.get(name).and_then(Value::as_str);
    let kinds = document.get("type").and_then(Value::as_array);
    let kinds: Vec<&str> = kinds.into_iter().flatten().filter_map(Value::as_str).collect();
    let mut rows = vec![("verdict", shown(verdict, style))];
    rows.push(("type", kinds.join(", ")));
    let issuer = issuer.and_then(Value::as_str).map(str::to_owned);
    rows.push(("issuer", issuer.clone().unwrap_or("-".to_owned())));
    rows.push(("realm", realm.map_or("not stated".to_owned(), |realm| realm.to_string())));
    let (from, until) = (says("validFrom").unwrap_or("?"), says("validUntil").unwrap_or("?"));
    rows.push(("valid", format!("{from} to {until}, judged at {as_of}")));
    rows.extend(known.rows());
    let mut text = pairs(&rows);
    text.push_str(&because(judgement.reasons(), judgement.needs()));
    let report = Report {
        said: Whole::Credential { issuer, realm, judged: known.judged(as_of, ours) }.into(),
        needs: judgement.needs().to_vec(),
        reasons: judgement.reasons().to_vec(),
        verdict,
    };
    Answer::done(text, json!(report)).ending(ending(verdict))
}

/// The verdict in its colour.
pub(crate) fn shown(verdict: Verdict, style: Style) -> String {
    let word = verdict.to_string();
    match verdict {
        Verdict::Valid => style.good(&word),
        Verdict::Unknown => style.warn(&word),
        Verdict::Invalid => style.bad(&word),
    }
}

/// How a command ends on a verdict.
pub(crate) const fn ending(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Valid => Exit::Done,
        Verdict::Unknown => Exit::Unknown,
        Verdict::Invalid => Exit::Invalid,
    }
}

/// Reasons and needs, one line each.
pub(crate) fn because(reasons: &[Reason], needs: &[Did]) -> String {
    let mut text = String::new();
    for reason in reasons {
        text.push_str(&format!("  - {} [{}]\n", reason.detail, reason.code));
    }
    if !needs.is_empty() {
        let dids: Vec<&str> = needs.iter().map(Did::as_str).collect();
        text.push_str(&format!("  next: if you trust them, add --trust {}\n", dids.join(",")));
    }
    text
}
