//! `mez explain`: a decision as people read it, from a file, from the data of a stopped zone, or from a
//! running one.

use std::path::{Path, PathBuf};

use canon::{Canonical, Digest};
use law::{Decision, Explanation};
use serde_json::{Value, json};

use super::decisions::{self, Place};
use super::failure::Failure;
use super::remote::{Target, refused};
use super::screen::Answer;
use super::{Context, Exit, file};

/// Which decision.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file with the decision or its journal entry, or with --dir or --url its SHA-256
    #[arg(value_name = "DECISION")]
    decision: String,
    /// Write a page of HTML here as well; `-` prints it instead of text
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Base URL of a running zone, asked with $MEZ_TOKEN or the token of --dir
    #[arg(long, value_name = "URL", conflicts_with = "database")]
    url: Option<String>,
    #[command(flatten)]
    place: Place,
}

pub(crate) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let document = document(args, context)?;
    // A journal entry holds the decision as its body.
    let body = document.get("body").or_else(|| document.get("decision")).unwrap_or(&document);
    let record = Canonical::of_value(body).map_err(|r| Failure::refusal(&args.decision, &r))?;
    let decision = Decision::parse(&record).map_err(|error| {
        let what = format!("`{}` holds no decision", args.decision);
        let remedy = "name a decision, an entry of a journal, or give --dir and a digest";
        Failure::new(Exit::Invalid, "decision", what, remedy).because(&error)
    })?;
    let explanation = Explanation::of(&decision);
    let mut text = explanation.text();
    match &args.html {
        Some(path) if path.as_os_str() == "-" => text = explanation.html(),
        Some(path) => file::write_atomic(path, explanation.html().as_bytes())?,
        None => {}
    }
    let mut json = json!(explanation);
    if let Value::Object(members) = &mut json {
        members.insert("decision_sha256".to_owned(), json!(record.digest()));
    }
    Ok(Answer::done(text, json))
}

/// A zone that runs holds its data alone, so it is asked; one that does not is read.
fn document(args: &Args, context: &Context<'_>) -> Result<Value, Failure> {
    let dir = args.place.zone().map(|zone| zone.root().to_owned());
    if args.url.is_none() && dir.is_none() {
        let documents = decisions::documents(Path::new(&args.decision))?;
        return Ok(documents.into_iter().next().unwrap_or_default());
    }
    let digest = digest(&args.decision)?;
    let target = Target::at(args.url.clone(), dir);
    let ask = || asked(&target, digest, context);
    if args.url.is_some() {
        return ask();
    }
    match args.place.find(digest) {
        Err(failure) if failure.exit == Exit::Unavailable => ask(),
        found => found,
    }
}

fn asked(target: &Target, digest: Digest, context: &Context<'_>) -> Result<Value, Failure> {
    let client = target.open(context)?;
    client.get(&format!("/v1/decisions/{digest}")).map_err(|error| match error.problem() {
        Some(problem) if problem.status == 404 => decisions::unknown(digest),
        _ => refused("explain", &error),
    })
}

fn digest(text: &str) -> Result<Digest, Failure> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    Digest::from_hex(hex).map_err(|error| {
        let what = format!("`{text}` is not a digest");
        Failure::usage(what, "give the 64 hexadecimal digits of `decision_sha256`").because(&error)
    })
}
