//! `mez settle`: plans of a running zone, from the cuts both signed to the last leg that was paid.

use std::path::PathBuf;

use canon::{CorridorId, Digest};
use serde_json::{Value, json};

use super::file::{read_document, read_up_to, write_new_0644};
use super::remote::corridor::Asking;
use super::remote::status::shown;
use super::remote::{Target, refused};
use super::screen::{pairs, table};
use super::{Answer, Context, Exit, Failure};

/// What to do about settlement.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Draw up the plan over the last cuts of the zone's corridors, and write it as a file
    Compute(Compute),
    /// Consent to a plan: of a file, or one a peer has told of
    Consent(Consent),
    /// Refuse a plan this zone has not consented to
    Refuse(Refuse),
    /// Instruct a leg: writes the pacs.009 for the bank, and tells the payee
    Instruct(Instruct),
    /// Confirm a leg upon the bank's camt.054
    Confirm(Confirm),
    /// Say that a leg is not paid; it stays owed
    Fail(Fail),
    /// Show plans, or one with its legs
    Status(Status),
}

/// `mez settle compute`.
#[derive(clap::Args)]
pub(crate) struct Compute {
    /// A corridor; may be repeated; every one that has a cut, unless given
    #[arg(long = "corridor", value_name = "ID", value_parser = CorridorId::parse)]
    corridors: Vec<CorridorId>,
    /// Let legs go over every corridor named, not only from a debtor to its own creditor
    #[arg(long)]
    any_corridor: bool,
    /// Where the plan is written; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// `mez settle consent`.
#[derive(clap::Args)]
pub(crate) struct Consent {
    /// The plan, as `mez settle compute` wrote it
    #[arg(long, value_name = "FILE", required_unless_present = "plan")]
    file: Option<PathBuf>,
    /// Digest of a plan a peer has told of
    #[arg(value_name = "PLAN", value_parser = Digest::from_hex, conflicts_with = "file")]
    plan: Option<Digest>,
    #[command(flatten)]
    asking: Asking,
}

/// `mez settle refuse`.
#[derive(clap::Args)]
pub(crate) struct Refuse {
    /// Digest of the plan
    #[arg(value_name = "PLAN", value_parser = Digest::from_hex)]
    plan: Digest,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// One leg of one plan.
#[derive(clap::Args)]
struct OfLeg {
    /// Digest of the plan
    #[arg(value_name = "PLAN", value_parser = Digest::from_hex)]
    plan: Digest,
    /// Number of the leg
    #[arg(value_name = "LEG")]
    leg: u64,
}

impl OfLeg {
    fn path(&self, verb: &str) -> String {
        format!("/v1/settlement/plans/{}/legs/{}/{verb}", self.plan, self.leg)
    }
}

/// `mez settle instruct`.
#[derive(clap::Args)]
pub(crate) struct Instruct {
    #[command(flatten)]
    leg: OfLeg,
    /// BIC of this zone's bank
    #[arg(long, value_name = "BIC")]
    from_bank: String,
    /// BIC of the payee's bank
    #[arg(long, value_name = "BIC")]
    to_bank: String,
    /// Where the pacs.009 is written; nothing is overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// `mez settle confirm`.
#[derive(clap::Args)]
pub(crate) struct Confirm {
    #[command(flatten)]
    leg: OfLeg,
    /// The bank's camt.054.001.08
    #[arg(long, value_name = "FILE")]
    notification: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// `mez settle fail`.
#[derive(clap::Args)]
pub(crate) struct Fail {
    #[command(flatten)]
    leg: OfLeg,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// `mez settle status`.
#[derive(clap::Args)]
pub(crate) struct Status {
    /// Which; a page of all, unless given
    #[arg(value_name = "PLAN", value_parser = Digest::from_hex)]
    plan: Option<Digest>,
    #[command(flatten)]
    target: Target,
}

/// Most bytes read of a bank's notification.
const NOTIFICATION_BYTES_MAX: u64 = corridor::iso20022::MESSAGE_BYTES_MAX as u64 + 1;

impl Command {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Compute(args) => args.run(context),
            Self::Consent(args) => args.run(context),
            Self::Refuse(args) => {
                let path = format!("/v1/settlement/plans/{}/refuse", args.plan);
                let body = json!({ "reason": args.reason });
                told(args.asking.send(context, "refuse this plan", &path, &body)?)
            }
            Self::Instruct(args) => args.run(context),
            Self::Confirm(args) => args.run(context),
            Self::Fail(args) => {
                let body = json!({ "reason": args.reason });
                let path = args.leg.path("fail");
                told(args.asking.send(context, "fail this leg", &path, &body)?)
            }
            Self::Status(args) => args.run(context),
        }
    }
}

impl Compute {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let reach = if self.any_corridor { "corridors" } else { "debts" };
        let body = json!({ "corridor_ids": self.corridors, "reach": reach });
        let path = "/v1/settlement/compute";
        let drawn = self.asking.send(context, "draw up a plan", path, &body)?;
        let plan = drawn.get("plan").cloned().unwrap_or_default();
        write_new_0644(&self.out, plan.to_string().as_bytes())?;
        let read = corridor::netting::Plan::read(&plan);
        let plan = read.map_err(|e| unreadable("plan").because(&e))?;
        let mut text = super::net::page(&plan);
        let next = format!("mez settle consent --file {}", self.out.display());
        text.push('\n');
        text.push_str(&pairs(&[("plan", shown(drawn.get("plan_sha256"))), ("next", next)]));
        Ok(Answer::done(text, drawn))
    }
}

impl Consent {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let what = "consent to this plan";
        let answer = match (&self.file, &self.plan) {
            (Some(file), _) => {
                let name = file.display().to_string();
                let plan = canon::parse_value(&read_document(file)?);
                let plan = plan.map_err(|refusal| Failure::refusal(&name, &refusal))?;
                let body = json!({ "plan": plan });
                self.asking.send(context, what, "/v1/settlement/plans", &body)?
            }
            (None, Some(plan)) => {
                let path = format!("/v1/settlement/plans/{plan}/consent");
                self.asking.send(context, what, &path, &json!({}))?
            }
            (None, None) => {
                return Err(Failure::usage("no plan is named", "give --file FILE or PLAN"));
            }
        };
        told(answer)
    }
}

impl Instruct {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let body = json!({ "instructing_bic": self.from_bank, "instructed_bic": self.to_bank });
        let path = self.leg.path("instruct");
        let answer = self.asking.send(context, "instruct this leg", &path, &body)?;
        let message = answer.get("pacs_009").and_then(Value::as_str);
        let message = message.ok_or_else(|| unreadable("message"))?;
        write_new_0644(&self.out, message.as_bytes())?;
        told(answer)
    }
}

impl Confirm {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let bytes = read_up_to(&self.notification, NOTIFICATION_BYTES_MAX)?;
        let text = String::from_utf8(bytes).map_err(|_| {
            let what = format!("`{}` is no text", self.notification.display());
            Failure::new(Exit::Invalid, "bad-message", what, "give the camt.054 as UTF-8")
        })?;
        let body = json!({ "notification": text });
        told(self.asking.send(context, "confirm this leg", &self.leg.path("confirm"), &body)?)
    }
}

impl Status {
    fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let client = self.target.open(context)?;
        let path = match &self.plan {
            Some(plan) => format!("/v1/settlement/plans/{plan}"),
            None => "/v1/settlement/plans".to_owned(),
        };
        let answer = client.get(&path).map_err(|error| refused("show settlement", &error))?;
        if self.plan.is_some() {
            return told(answer);
        }
        let rows = list(&answer, "items").into_iter().map(|plan| {
            let legs = list(&plan, "legs");
            let done = legs.iter().filter(|leg| shown(leg.get("stage")) == "confirmed").count();
            let of = |name: &str| shown(plan.get(name));
            vec![of("plan_sha256"), of("state"), format!("{done}/{}", legs.len())]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        let text = match rows.is_empty() {
            true => "no plans\n".to_owned(),
            false => table(&["plan", "state", "legs paid"], &rows),
        };
        Ok(Answer::done(text, answer))
    }
}

fn unreadable(what: &str) -> Failure {
    let remedy = "use the version of mez the zone runs";
    Failure::new(Exit::Error, "unreadable", format!("the zone's {what} cannot be read"), remedy)
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// One plan as people read it.
fn told(plan: Value) -> Result<Answer, Failure> {
    let of = |name: &str| shown(plan.get(name));
    let zones = |name: &str| {
        let names: Vec<String> = list(&plan, name).iter().map(|one| shown(Some(one))).collect();
        names.join(", ")
    };
    let mut text = pairs(&[
        ("plan", of("plan_sha256")),
        ("state", of("state")),
        ("consented", zones("consented")),
        ("missing", zones("consent_missing")),
    ]);
    let row = |value: &Value, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| shown(value.get(*name))).collect()
    };
    let totals = ["currency", "gross", "net", "settled", "paid", "deferred"];
    let rows: Vec<Vec<String>> =
        list(&plan, "totals").iter().map(|one| row(one, &totals)).collect();
    text.push('\n');
    text.push_str(&table(&totals, &rows));
    let rows: Vec<Vec<String>> = list(&plan, "legs")
        .iter()
        .map(|leg| {
            let amount = leg.get("amount");
            let money = |name: &str| shown(amount.and_then(|amount| amount.get(name)));
            let mut cells = row(leg, &["number", "payer", "payee"]);
            cells.extend([money("minor"), money("currency"), shown(leg.get("stage"))]);
            cells.push(shown(leg.get("uetr")));
            cells
        })
        .collect();
    text.push('\n');
    let heading = ["leg", "payer", "payee", "minor units", "currency", "stage", "UETR"];
    text.push_str(&table(&heading, &rows));
    Ok(Answer::done(text, plan))
}
