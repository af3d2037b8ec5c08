//! `mez vc present`: a holder shows credentials to one verifier; and the judgement of what is shown.

use std::path::PathBuf;

use canon::{Realm, Timestamp};
use proof::credential::{Asked, Presented, present, verify_presentation};
use serde_json::{Value, json};

use super::beside::{Beside, Known, read};
use super::sign::{put, read_key};
use super::{Trust, because, ending, shown};
use crate::cli::screen::pairs;
use crate::cli::verify::report::{Report, Whole};
use crate::cli::{Answer, Context, Failure, file};

/// Who shows, and to whom.
#[derive(clap::Args)]
pub(super) struct To {
    /// The holder's key file (NAME.priv.json)
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The challenge the verifier gave
    #[arg(long, value_name = "TEXT")]
    challenge: String,
    /// The verifier's name, so that it cannot show it to another
    #[arg(long, value_name = "TEXT")]
    domain: String,
    /// Write the presentation to a new file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

impl To {
    /// What the verifier said.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked { challenge: Some(&self.challenge), domain: Some(&self.domain) }
    }
}

/// What to show to whom.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The credentials to show
    #[arg(required = true)]
    credentials: Vec<PathBuf>,
    #[command(flatten)]
    to: To,
}

pub(super) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = read_key(&args.to.key)?;
    let one = |path: &PathBuf| {
        let name = path.display().to_string();
        let bytes = file::read_document(path)?;
        canon::parse_value(&bytes).map_err(|refusal| Failure::refusal(&name, &refusal))
    };
    let credentials: Result<Vec<Value>, Failure> = args.credentials.iter().map(one).collect();
    let document = present(credentials?, args.to.asked(), context.clock.now(), &key.secret);
    let document = document.map_err(|error| super::issue::refused(&error))?;
    put(document, args.to.out.as_deref(), &key)
}

/// Judges the presentation in `bytes`, and every credential in it.
pub(crate) fn judge_presentation(
    bytes: &[u8],
    name: &str,
    (trust, beside): (&Trust, &Beside),
    as_of: Option<Timestamp>,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let (document, ours) = read(name, bytes)?;
    let as_of = as_of.unwrap_or_else(|| context.clock.now());
    let known = beside.join((trust, realm_of(&document)), &document, as_of)?;
    let judged = verify_presentation(&document, &known.anchors, beside.asked(), as_of);
    Ok(told((&judged, &known), as_of, ours, context))
}

/// The realm its credentials state; one that states another is refused by its own judgement.
fn realm_of(document: &Value) -> Option<Realm> {
    let listed = document.get("verifiableCredential")?;
    let first = listed.get(0).unwrap_or(listed);
    serde_json::from_value(first.get("realm")?.clone()).ok()
}

fn told(
    (judged, known): (&Presented, &Known),
    as_of: Timestamp,
    ours: bool,
    context: &Context<'_>,
) -> Answer {
    let holder = judged.holder.as_ref().map_or("-", |holder| holder.as_str());
    let mut rows = vec![
        ("verdict", shown(judged.verdict, context.style)),
        ("holder", holder.to_owned()),
        ("credentials", judged.credentials.len().to_string()),
        ("judged at", as_of.to_string()),
    ];
    rows.extend(known.rows());
    let mut text = pairs(&rows);
    text.push_str(&because(&judged.reasons, &judged.needs));
    let whole = Whole::Presentation {
        credentials: judged.credentials.iter().map(|one| one.verdict()).collect(),
        holder: judged.holder.clone(),
        judged: known.judged(as_of, ours),
    };
    let report = Report {
        said: whole.into(),
        needs: judged.needs.clone(),
        reasons: judged.reasons.clone(),
        verdict: judged.verdict,
    };
    Answer::done(text, json!(report)).ending(ending(judged.verdict))
}
