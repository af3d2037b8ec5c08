//! `mez regulator log`: what a zone showed to whoever asks, kept, and judged offline.

use std::path::PathBuf;

use proof::credential::Verdict;
use proof::views::{Part, VIEWS_CREDENTIAL};
use serde_json::{Value, json};

use super::tables;
use crate::cli::file::{self, write_new_0644};
use crate::cli::remote::{Target, refused};
use crate::cli::screen::{pairs, pretty};
use crate::cli::vc::{self, Trust};
use crate::cli::{Answer, Context, Exit, Failure};

/// What to do with the log.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List one's own entries
    Show {
        #[command(flatten)]
        target: Target,
    },
    /// Write part of it as the zone signs it; the parts after it begin where it ends
    Export {
        /// The first entry
        #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
        from: u64,
        /// Where to write it
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        target: Target,
    },
    /// Judge exported parts, offline: each is signed, its entries lead from root to root, and each follows the one before
    Verify {
        /// Parts, in order
        #[arg(required = true)]
        parts: Vec<PathBuf>,
        #[command(flatten)]
        trust: Trust,
    },
}

impl Command {
    /// Runs it.
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Show { target } => {
                let all = target.open(context)?.list("/v1/regulator/log");
                let all = all.map_err(|error| refused("show this log", &error))?;
                Ok(Answer::done(tables::views(&all), json!({ "entries": all })))
            }
            Self::Export { from, out, target } => {
                let path = format!("/v1/regulator/log/export?from={from}");
                let told = target.open(context)?.get(&path);
                let told = told.map_err(|error| refused("export this log", &error))?;
                write_new_0644(out, pretty(&told).as_bytes())?;
                let part = part(&told).map_err(|what| invalid(&out.display().to_string(), what))?;
                let text = pairs(&[
                    ("log", out.display().to_string()),
                    ("entries", part.entries.len().to_string()),
                    ("next", format!("mez regulator log export --from {}", part.next())),
                ]);
                Ok(Answer::done(text, json!({ "log": out, "from": from, "next": part.next() })))
            }
            Self::Verify { parts, trust } => verify(parts, trust, context),
        }
    }
}

fn part(credential: &Value) -> Result<Part, String> {
    let types = credential.get("type").and_then(Value::as_array);
    if !types.is_some_and(|types| types.iter().any(|type_| type_ == VIEWS_CREDENTIAL)) {
        return Err("it is no part of such a log".to_owned());
    }
    let subject = credential.get("credentialSubject").cloned().unwrap_or_default();
    serde_json::from_value(subject).map_err(|error| error.to_string())
}

fn invalid(name: &str, what: impl std::fmt::Display) -> Failure {
    let remedy = "give parts as they were exported, in order";
    Failure::new(Exit::Invalid, "views", format!("`{name}`: {what}"), remedy)
}

fn verify(parts: &[PathBuf], trust: &Trust, context: &Context<'_>) -> Result<Answer, Failure> {
    let (mut before, mut own, mut reasons, mut needs) = (None::<Part>, 0usize, vec![], vec![]);
    let mut verdict = Verdict::Valid;
    let now = context.clock.now();
    for path in parts {
        let name = path.display().to_string();
        let bytes = file::read_document(path)?;
        let document = canon::parse_value(&bytes).map_err(|bad| Failure::refusal(&name, &bad))?;
        let judged = vc::judge_inner(&document, trust, now)?;
        verdict = worse(verdict, judged.verdict());
        reasons.extend(judged.reasons().to_vec());
        needs.extend(judged.needs().to_vec());
        let part = part(&document).map_err(|what| invalid(&name, what))?;
        part.check().map_err(|bad| invalid(&name, bad))?;
        if let Some(before) = &before {
            part.follows(before).map_err(|bad| invalid(&name, bad))?;
        }
        let shown = |shown: &&proof::views::Shown| matches!(shown, proof::views::Shown::Entry(_));
        own += part.entries.iter().filter(shown).count();
        before = Some(part);
    }
    needs.sort();
    needs.dedup();
    let (next, root) = before.map_or((0, None), |part| (part.next(), part.root));
    let root_shown = root.map_or_else(|| "-".to_owned(), |root| root.to_string());
    let mut text = pairs(&[
        ("verdict", vc::shown(verdict, context.style)),
        ("entries", format!("{own} in the open, the others by digest")),
        ("up to", next.to_string()),
        ("root", root_shown),
    ]);
    text.push_str(&vc::because(&reasons, &needs));
    let json = json!({
        "verdict": verdict,
        "reasons": reasons,
        "needs": needs,
        "own": own,
        "next": next,
        "root": root,
    });
    Ok(Answer::done(text, json).ending(vc::ending(verdict)))
}

/// INVALID before UNKNOWN before VALID.
fn worse(a: Verdict, b: Verdict) -> Verdict {
    match (a, b) {
        (Verdict::Invalid, _) | (_, Verdict::Invalid) => Verdict::Invalid,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        (Verdict::Valid, Verdict::Valid) => Verdict::Valid,
    }
}
