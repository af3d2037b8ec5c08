//! `mez watcher slash|appeal|ruling|reward|claims|request|requests|evidence`: what watchers are asked, what they lose and get.

use std::path::PathBuf;

use canon::{CorridorId, Currency, Did, Digest};
use serde_json::{Map, Value, json};

use crate::cli::file::{read_document, write_new_0644};
use crate::cli::remote::corridor::Asking;
use crate::cli::remote::status::shown;
use crate::cli::remote::{Target, refused};
use crate::cli::screen::{pairs, table};
use crate::cli::{Answer, Context, Failure};
use crate::client::Client;

/// What is done about claims and requests.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// File a claim on a watcher's bond, upon evidence
    Slash {
        /// The watcher
        #[arg(value_parser = Did::parse)]
        watcher: Did,
        /// The evidence file; `-` reads standard input
        #[arg(long, value_name = "FILE")]
        evidence: PathBuf,
        #[command(flatten)]
        asking: Asking,
    },
    /// Appeal a claim: it is stayed until a ruling
    Appeal {
        /// The watcher
        #[arg(value_parser = Did::parse)]
        watcher: Did,
        /// The claim
        #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
        claim: Digest,
        /// Why
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// Record what an authority ruled on an appeal; with a regulator's token
    Ruling {
        /// The watcher
        #[arg(value_parser = Did::parse)]
        watcher: Did,
        /// The claim
        #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
        claim: Digest,
        /// upheld or dismissed
        #[arg(long, value_name = "OUTCOME", value_parser = ["upheld", "dismissed"])]
        outcome: String,
        /// SHA-256 of the award
        #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
        award: Digest,
        #[command(flatten)]
        asking: Asking,
    },
    /// Share what was slashed among the quorum that attested a cut
    Reward {
        /// The corridor
        #[arg(long, value_name = "ID", value_parser = CorridorId::parse)]
        corridor: CorridorId,
        /// The cut
        #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
        cut: Digest,
        /// Decimal amount
        #[arg(long)]
        amount: String,
        /// ISO 4217 code
        #[arg(long, value_parser = Currency::parse)]
        currency: Currency,
        #[command(flatten)]
        asking: Asking,
    },
    /// List the claims of a zone, and where each stands
    Claims {
        #[command(flatten)]
        target: Target,
    },
    /// Ask a watcher, in the lane of a zone, to attest a cut
    Request {
        /// The watcher
        #[arg(value_parser = Did::parse)]
        watcher: Did,
        /// The corridor
        #[arg(long, value_name = "ID", value_parser = CorridorId::parse)]
        corridor: CorridorId,
        /// The cut; the newest, unless given
        #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
        cut: Option<Digest>,
        #[command(flatten)]
        asking: Asking,
    },
    /// List the requests of a corridor, and which were answered
    Requests {
        /// The corridor
        #[arg(value_parser = CorridorId::parse)]
        corridor: CorridorId,
        #[command(flatten)]
        target: Target,
    },
    /// Write the file that proves that a request was not answered in time; nothing is overwritten
    Evidence {
        /// The corridor
        #[arg(value_parser = CorridorId::parse)]
        corridor: CorridorId,
        /// Where the request stands in the zone's lane
        #[arg(long, value_name = "NUMBER")]
        sequence: u64,
        /// The file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        target: Target,
    },
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Slash { watcher, evidence, asking } => {
                let name = evidence.display().to_string();
                let file = canon::parse_value(&read_document(&evidence)?);
                let file = file.map_err(|refusal| Failure::refusal(&name, &refusal))?;
                let path = format!("/v1/watchers/{watcher}/slash");
                asking.post(context, "file this claim", &path, &json!({ "evidence": file }))
            }
            Self::Appeal { watcher, claim, reason, asking } => {
                let path = format!("/v1/watchers/{watcher}/appeal");
                let body = json!({ "claim_id": claim, "reason": reason });
                asking.post(context, "take this appeal", &path, &body)
            }
            Self::Ruling { watcher, claim, outcome, award, asking } => {
                let path = format!("/v1/watchers/{watcher}/ruling");
                let body = json!({ "award_sha256": award, "claim_id": claim, "outcome": outcome });
                asking.post(context, "record this ruling", &path, &body)
            }
            Self::Reward { corridor, cut, amount, currency, asking } => {
                let body = json!({
                    "amount": amount, "corridor_id": corridor, "currency": currency, "cut_sha256": cut,
                });
                asking.post(context, "share this reward", "/v1/watchers/rewards", &body)
            }
            Self::Claims { target } => claims(&target.open(context)?),
            Self::Request { watcher, corridor, cut, asking } => {
                let mut body = Map::from_iter([("corridor_id".to_owned(), json!(corridor))]);
                body.extend(cut.map(|cut| ("cut_sha256".to_owned(), json!(cut))));
                let path = format!("/v1/watchers/{watcher}/requests");
                asking.post(context, "ask this watcher", &path, &Value::Object(body))
            }
            Self::Requests { corridor, target } => requests(&target.open(context)?, &corridor),
            Self::Evidence { corridor, sequence, out, target } => {
                let path = format!("/v1/corridors/{corridor}/requests/{sequence}/evidence");
                let told = target.open(context)?.get(&path);
                let told = told.map_err(|error| refused("prove this silence", &error))?;
                let file = told.get("evidence").cloned().unwrap_or_default();
                let file = canon::Canonical::of_value(&file)
                    .map_err(|refusal| Failure::refusal("the evidence", &refusal))?;
                write_new_0644(&out, file.bytes())?;
                let watcher = shown(told.get("watcher"));
                let text = pairs(&[
                    ("evidence", out.display().to_string()),
                    ("sha256", file.digest().to_string()),
                    ("watcher", watcher.clone()),
                    ("next", format!("mez watcher slash {watcher} --evidence {}", out.display())),
                ]);
                let json = json!({ "file": out, "sha256": file.digest(), "watcher": watcher });
                Ok(Answer::done(text, json))
            }
        }
    }
}

fn rows(all: &[Value], of: &[&str]) -> Vec<Vec<String>> {
    all.iter().map(|row| of.iter().map(|at| shown(row.pointer(at))).collect()).collect()
}

fn claims(client: &Client) -> Result<Answer, Failure> {
    let all = client.list("/v1/watchers/claims");
    let all = all.map_err(|error| refused("list its claims", &error))?;
    let of = ["/claim_id", "/watcher", "/claim/condition", "/claim/course/state", "/claim/filed"];
    let text = match all.is_empty() {
        true => "no claims\n".to_owned(),
        false => table(&["claim", "watcher", "condition", "state", "filed"], &rows(&all, &of)),
    };
    Ok(Answer::done(text, json!({ "claims": all })))
}

fn requests(client: &Client, corridor: &CorridorId) -> Result<Answer, Failure> {
    let all = client.list(&format!("/v1/corridors/{corridor}/requests"));
    let all = all.map_err(|error| refused("list its requests", &error))?;
    let of = ["/sequence", "/watcher", "/state", "/last", "/answered"];
    let text = match all.is_empty() {
        true => "no requests\n".to_owned(),
        false => table(
            &["sequence", "watcher", "state", "to be answered by", "answered"],
            &rows(&all, &of),
        ),
    };
    Ok(Answer::done(text, json!({ "requests": all })))
}
