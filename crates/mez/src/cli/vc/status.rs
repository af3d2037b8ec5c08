//! `mez vc status` and `mez vc revoke`: the list in which an issuer takes back what it stated.

use std::path::PathBuf;

use canon::{Realm, Timestamp};
use proof::credential::{self, Anchors, Credential, TrustList, Unsigned};
use proof::jwk::KeyFile;
use proof::status::{BITS_MIN, Bits, LIST_TYPE, Purpose, StatusList, subject};
use proof::{PublicKey, Verified};
use serde_json::json;

use super::beside::read;
use super::issue::{realm, refused};
use super::sign::{read_key, signed};
use crate::cli::screen::pairs;
use crate::cli::{Answer, Context, Exit, Failure, file};

/// Making a list, and looking at one.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a list with every bit clear
    New(New),
    /// Show what a list holds, or one place of it
    Show(Show),
}

/// `mez vc status new`.
#[derive(clap::Args)]
pub(crate) struct New {
    /// The key file of the issuer: it must be that of the credentials the list is about
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The URL under which the list will be served
    #[arg(long, value_name = "URL")]
    id: String,
    /// What a set bit means: revocation or suspension
    #[arg(long, value_name = "WORD", value_parser = purpose, default_value = "revocation")]
    purpose: Purpose,
    /// How many places; never fewer than 131072
    #[arg(long, value_name = "N", default_value_t = BITS_MIN)]
    places: u64,
    /// The realm it is of
    #[arg(long, value_name = "REALM", value_parser = realm, default_value = "production")]
    realm: Realm,
    /// The first moment the list no longer holds
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    valid_until: Timestamp,
    /// Write the list to a new file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// `mez vc status show`.
#[derive(clap::Args)]
pub(crate) struct Show {
    /// The list
    list: PathBuf,
    /// One place of it
    #[arg(long, value_name = "N")]
    index: Option<u64>,
}

/// `mez vc revoke`.
#[derive(clap::Args)]
pub(crate) struct Revoke {
    /// The key file of the issuer of the list
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The list as it stands
    #[arg(long, value_name = "FILE")]
    list: PathBuf,
    /// The places to set; may be repeated
    #[arg(long = "index", value_name = "N", required = true)]
    indexes: Vec<u64>,
    /// Clear them instead: lifts a suspension; a revocation is for good
    #[arg(long)]
    lift: bool,
    /// The first moment the new list no longer holds; as before, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    valid_until: Option<Timestamp>,
    /// Write the new list to a new file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn purpose(word: &str) -> Result<Purpose, String> {
    Purpose::of(word).ok_or_else(|| "a purpose is `revocation` or `suspension`".to_owned())
}

impl Command {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::New(args) => new(args, context),
            Self::Show(args) => show(args),
        }
    }
}

fn new(args: &New, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = read_key(&args.key)?;
    let bits = Bits::clear(args.places).map_err(|error| refused(&error))?;
    let unsigned = Unsigned {
        id: args.id.clone(),
        types: vec![LIST_TYPE.to_owned()],
        issuer: key.secret.public().did(),
        realm: args.realm,
        subject: subject(&args.id, args.purpose, &bits),
        valid_from: context.clock.now(),
        valid_until: args.valid_until,
        evidence: Vec::new(),
        status: Vec::new(),
    };
    issued(unsigned, args.out.as_deref(), &key)
}

fn issued(
    unsigned: Unsigned,
    out: Option<&std::path::Path>,
    key: &KeyFile,
) -> Result<Answer, Failure> {
    let document = credential::issue(unsigned, &key.secret, &key.verification_method);
    signed(document.map_err(|error| refused(&error))?, out, key)
}

/// A list as its own credential has it, whoever signed: it is shown, not believed.
fn held(
    path: &std::path::Path,
    signer: Option<&PublicKey>,
) -> Result<(Verified<Credential>, StatusList), Failure> {
    let name = path.display().to_string();
    let (document, _) = read(&name, &file::read_document(path)?)?;
    let text = |name: &str| document.get(name).and_then(serde_json::Value::as_str);
    let realm = text("realm").and_then(|word| realm(word).ok()).unwrap_or(Realm::Production);
    let as_of = text("validFrom").and_then(|text| Timestamp::parse(text).ok());
    let issuer = match signer {
        Some(key) => Some(key.did()),
        None => text("issuer").and_then(|text| canon::Did::parse(text).ok()),
    };
    let anchors = Anchors::pinned(&TrustList(issuer.into_iter().collect()), realm);
    let what = format!("`{name}` is not a status list of this issuer");
    let remedy = "give the list as `mez vc status new` or `mez vc revoke` wrote it";
    let failure = || Failure::new(Exit::Invalid, "status-list", what.clone(), remedy);
    let judged = as_of.map(|as_of| credential::verify(&document, &anchors, as_of));
    let credential = judged.and_then(|judged| judged.into_verified().ok()).ok_or_else(failure)?;
    let list = StatusList::of(&credential).map_err(|error| failure().because(&error))?;
    Ok((credential, list))
}

fn show(args: &Show) -> Result<Answer, Failure> {
    let (credential, list) = held(&args.list, None)?;
    let place = args.index.map(|index| list.bits().get(index));
    if place == Some(None) {
        let what = format!("the list has {} places", list.bits().len());
        return Err(Failure::usage(what, "give an --index below that"));
    }
    let set = place.flatten();
    let mut rows = vec![
        ("list", list.id().to_owned()),
        ("issuer", list.issuer().to_string()),
        ("purpose", list.purpose().as_str().to_owned()),
        ("issued", list.issued().to_string()),
        ("holds until", credential.valid_until().to_string()),
        ("set", format!("{} of {}", list.bits().count(), list.bits().len())),
    ];
    let word = |set| if set { "set" } else { "clear" };
    rows.extend(set.map(|set| ("place", word(set).to_owned())));
    let json = json!({
        "id": list.id(),
        "issued": list.issued(),
        "issuer": list.issuer(),
        "places": list.bits().len(),
        "purpose": list.purpose().as_str(),
        "set": list.bits().count(),
        "place_set": set,
    });
    Ok(Answer::done(pairs(&rows), json))
}

pub(super) fn revoke(args: &Revoke, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = read_key(&args.key)?;
    let (credential, list) = held(&args.list, Some(&key.secret.public()))?;
    if args.lift && list.purpose() == Purpose::Revocation {
        let what = "a revocation is for good";
        return Err(Failure::usage(what, "issue the credential anew; --lift is for suspensions"));
    }
    let mut bits = list.bits().clone();
    for index in &args.indexes {
        bits.set(*index, !args.lift).map_err(|error| refused(&error))?;
    }
    // Of two lists the newer counts, so a list never goes back in time.
    let now = context.clock.now().max(list.issued());
    let unsigned = Unsigned {
        id: list.id().to_owned(),
        types: vec![LIST_TYPE.to_owned()],
        issuer: key.secret.public().did(),
        realm: credential.realm().unwrap_or(Realm::Production),
        subject: subject(list.id(), list.purpose(), &bits),
        valid_from: now,
        valid_until: args.valid_until.unwrap_or_else(|| credential.valid_until()),
        evidence: Vec::new(),
        status: Vec::new(),
    };
    issued(unsigned, args.out.as_deref(), &key)
}
