//! `mez explain`: a decision as people read it, from a file or from the data of a stopped zone.

use std::path::{Path, PathBuf};

use canon::{Canonical, Digest};
use law::{Decision, Explanation};
use serde_json::{Value, json};

use super::decisions::{self, Place};
use super::failure::Failure;
use super::screen::Answer;
use super::{Exit, file};

/// Which decision.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file with the decision or its journal entry, or with --dir its SHA-256
    #[arg(value_name = "DECISION")]
    decision: String,
    /// Write a page of HTML here as well; `-` prints it instead of text
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    let document = match args.place.zone() {
        Some(_) => args.place.find(digest(&args.decision)?)?,
        None => {
            decisions::documents(Path::new(&args.decision))?.into_iter().next().unwrap_or_default()
        }
    };
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

fn digest(text: &str) -> Result<Digest, Failure> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    Digest::from_hex(hex).map_err(|error| {
        let what = format!("`{text}` is not a digest");
        Failure::usage(what, "give the 64 hexadecimal digits of `decision_sha256`").because(&error)
    })
}
