//! `mez vc issue`: a credential from its parts, signed by its issuer.

use std::path::PathBuf;

use canon::{Realm, Timestamp};
use proof::credential::{self, Unsigned};
use proof::status::{Entry, Purpose};
use serde_json::Value;

use super::sign::{read_key, signed};
use crate::cli::{Answer, Context, Exit, Failure, file};

/// What to state, about whom, for how long.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key file of the issuer (NAME.priv.json)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The credential's id, a URL or URN
    #[arg(long, value_name = "URL")]
    id: String,
    /// Its type; may be repeated, most general first
    #[arg(long = "type", value_name = "TYPE", required = true)]
    types: Vec<String>,
    /// The subject, a JSON object in a file, or `-`; its `id` says who it is about
    #[arg(long, value_name = "FILE")]
    subject: PathBuf,
    /// The realm it is of
    #[arg(long, value_name = "REALM", value_parser = realm, default_value = "production")]
    realm: Realm,
    /// The first moment it holds; now, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    valid_from: Option<Timestamp>,
    /// The first moment it no longer holds
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    valid_until: Timestamp,
    /// The status list it can be revoked in, and its place there: URL#INDEX
    #[arg(long, value_name = "URL#INDEX", value_parser = place)]
    revocable: Option<(String, u64)>,
    /// The list it can be suspended in, and its place there
    #[arg(long, value_name = "URL#INDEX", value_parser = place)]
    suspendable: Option<(String, u64)>,
    /// Write the credential to a new file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn realm(text: &str) -> Result<Realm, String> {
    serde_json::from_value(Value::from(text))
        .map_err(|_| "a realm is `production` or `sandbox`".to_owned())
}

fn place(text: &str) -> Result<(String, u64), String> {
    let (list, index) = text.rsplit_once('#').ok_or("`#INDEX` is missing after the URL")?;
    let index = index.parse().map_err(|_| "the index is no number")?;
    Ok((list.to_owned(), index))
}

pub(super) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = read_key(&args.key)?;
    let name = args.subject.display().to_string();
    let bytes = file::read_document(&args.subject)?;
    let subject =
        canon::parse_value(&bytes).map_err(|refusal| Failure::refusal(&name, &refusal))?;
    let places = [(Purpose::Revocation, &args.revocable), (Purpose::Suspension, &args.suspendable)];
    let entry = |(purpose, place): (Purpose, &Option<(String, u64)>)| {
        place.clone().map(|(list, index)| Entry { purpose, index, list })
    };
    let unsigned = Unsigned {
        id: args.id.clone(),
        types: args.types.clone(),
        issuer: key.secret.public().did(),
        realm: args.realm,
        subject,
        valid_from: args.valid_from.unwrap_or_else(|| context.clock.now()),
        valid_until: args.valid_until,
        evidence: Vec::new(),
        status: places.into_iter().filter_map(entry).collect(),
    };
    let document = credential::issue(unsigned, &key.secret, &key.verification_method);
    let document = document.map_err(|error| refused(&error))?;
    signed(document, args.out.as_deref(), &key)
}

/// A credential that breaks a rule of the format.
pub(crate) fn refused(error: &dyn std::error::Error) -> Failure {
    let remedy = "correct what is named; nothing was signed";
    Failure::new(Exit::Invalid, "not-issued", "the credential was not issued", remedy)
        .because(error)
}
