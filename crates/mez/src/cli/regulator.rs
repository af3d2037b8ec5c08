//! `mez regulator`: a zone as its regulator sees it. Everything asked here is logged by the zone before it is
//! answered; what is written to a file is judged offline.

mod log;
mod sample;
mod tables;

use std::path::PathBuf;

use canon::{Date, Digest, Timestamp};
use serde_json::{Value, json};

use super::file::write_new_0644;
use super::remote::corridor::Asking;
use super::remote::{Target, refused};
use super::screen::{pairs, pretty};
use super::{Answer, Context, Failure};

/// As of when.
#[derive(clap::Args)]
pub(crate) struct When {
    /// The day whose law is meant, YYYY-MM-DD; today, unless given
    #[arg(long, value_name = "DAY", value_parser = Date::parse)]
    as_of: Option<Date>,
    /// By what was known then, YYYY-MM-DDTHH:MM:SSZ; now, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    known_at: Option<Timestamp>,
}

/// Which records.
#[derive(clap::Args)]
pub(crate) struct Meant {
    /// entities, licenses, persons, payments or decisions
    #[arg(long, value_name = "WHAT", default_value = "entities")]
    of: String,
    /// Begun on this day or later
    #[arg(long, value_name = "DAY", value_parser = Date::parse)]
    from: Option<Date>,
    /// Begun on this day or before
    #[arg(long, value_name = "DAY", value_parser = Date::parse)]
    to: Option<Date>,
    /// The domain whose state is meant; the worst of all, unless given
    #[arg(long)]
    domain: Option<String>,
    /// `non_compliant`, `pending`, `not_applicable`, `exempt` or `compliant`
    #[arg(long)]
    state: Option<String>,
    /// Whose law was asked
    #[arg(long, value_name = "PLACE")]
    jurisdiction: Option<String>,
    /// The transition of the last decision
    #[arg(long)]
    kind: Option<String>,
    /// allow, deny or error
    #[arg(long)]
    outcome: Option<String>,
    /// Type of a license, purpose of a payment, and the like
    #[arg(long)]
    sort: Option<String>,
    #[command(flatten)]
    when: When,
}

/// What can be seen.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// How many there are of each, by state, kind and place
    Overview {
        #[command(flatten)]
        when: When,
        #[command(flatten)]
        target: Target,
    },
    /// A figure over the population, split as asked; with --list the records behind it
    Population {
        #[command(flatten)]
        meant: Box<Meant>,
        /// Up to three, with commas: state, domain, jurisdiction, kind, outcome, sort, event, month, day
        #[arg(long, value_name = "BY", conflicts_with = "list")]
        split: Option<String>,
        /// List the records
        #[arg(long)]
        list: bool,
        #[command(flatten)]
        target: Target,
    },
    /// One record, such as entity:ID, or one decision by its number in the journal
    Show {
        /// Which
        what: String,
        #[command(flatten)]
        target: Target,
    },
    /// The alerts that stand; or acknowledge one in the regulator's own log
    Alerts {
        /// Only of this rule
        #[arg(long)]
        rule: Option<String>,
        /// The alert to acknowledge
        #[arg(long, value_name = "ALERT", value_parser = Digest::from_hex, requires = "note")]
        acknowledge: Option<Digest>,
        /// What is being done about it
        #[arg(long, value_name = "TEXT", requires = "acknowledge")]
        note: Option<String>,
        #[command(flatten)]
        asking: Asking,
    },
    /// Draw entries of the zone's log by a seed of one's own, with proofs that the zone did not choose them
    Sample(sample::Args),
    /// A report over a period, signed by the zone
    Report {
        /// First day
        #[arg(long, value_name = "DAY", value_parser = Date::parse)]
        from: Date,
        /// Last day
        #[arg(long, value_name = "DAY", value_parser = Date::parse)]
        to: Date,
        /// Where to write it
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        when: When,
        #[command(flatten)]
        target: Target,
    },
    /// What the zone showed to whoever asks, as it is logged
    #[command(subcommand)]
    Log(log::Command),
}

/// A query of the parameters that are given.
fn query(rows: &[(&str, Option<String>)]) -> String {
    let given = rows.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let each = given.map(|(name, value)| format!("{name}={}", encoded(value)));
    each.collect::<Vec<_>>().join("&")
}

/// RFC 3986 §2.1, with commas and colons as they are.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~,:=".contains(&byte);
    let each = text.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    each.collect()
}

impl When {
    fn rows(&self) -> [(&'static str, Option<String>); 2] {
        [
            ("as_of", self.as_of.map(|day| day.to_string())),
            ("known_at", self.known_at.map(|at| at.to_string())),
        ]
    }
}

impl Meant {
    fn query(&self, more: (&'static str, Option<String>)) -> String {
        let day = |day: Option<Date>| day.map(|day| day.to_string());
        let mut rows = vec![
            ("of", Some(self.of.clone())),
            ("from_day", day(self.from)),
            ("to_day", day(self.to)),
            ("domain", self.domain.clone()),
            ("state", self.state.clone()),
            ("jurisdiction", self.jurisdiction.clone()),
            ("kind", self.kind.clone()),
            ("outcome", self.outcome.clone()),
            ("sort", self.sort.clone()),
            more,
        ];
        rows.extend(self.when.rows());
        query(&rows)
    }
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Overview { when, target } => {
                let client = target.open(context)?;
                let told = client.get(&format!("/v1/regulator/overview?{}", query(&when.rows())));
                let told = told.map_err(|error| refused("give its overview", &error))?;
                Ok(Answer::done(tables::overview(&told), told))
            }
            Self::Population { meant, split, list: false, target } => {
                let path = format!("/v1/regulator/population?{}", meant.query(("split", split)));
                let told = target.open(context)?.get(&path);
                let told = told.map_err(|error| refused("give this figure", &error))?;
                Ok(Answer::done(tables::figure(&told), told))
            }
            Self::Population { meant, target, .. } => {
                let path = format!("/v1/regulator/records?{}", meant.query(("split", None)));
                let all = target.open(context)?.list(&path);
                let all = all.map_err(|error| refused("list these records", &error))?;
                Ok(Answer::done(tables::records(&all), json!({ "records": all })))
            }
            Self::Show { what, target } => show(&what, &target, context),
            Self::Alerts { rule, acknowledge: None, asking, .. } => {
                let path = format!("/v1/regulator/alerts?{}", query(&[("rule", rule)]));
                let all = asking.target.open(context)?.list(&path);
                let all = all.map_err(|error| refused("list its alerts", &error))?;
                Ok(Answer::done(tables::alerts(&all), json!({ "alerts": all })))
            }
            Self::Alerts { acknowledge: Some(alert), note, asking, .. } => {
                let path = format!("/v1/regulator/alerts/{alert}/acknowledge");
                let body = json!({ "note": note });
                asking.post(context, "acknowledge this alert", &path, &body)
            }
            Self::Sample(args) => sample::run(&args, context),
            Self::Report { from, to, out, when, target } => {
                let days = [("from_day", Some(from.to_string())), ("to_day", Some(to.to_string()))];
                let rows = [days.as_slice(), when.rows().as_slice()].concat();
                let told =
                    target.open(context)?.get(&format!("/v1/regulator/report?{}", query(&rows)));
                let told = told.map_err(|error| refused("sign a report", &error))?;
                write_new_0644(&out, pretty(&told).as_bytes())?;
                let text = pairs(&[
                    ("report", out.display().to_string()),
                    ("period", format!("{from} to {to}")),
                    ("next", format!("mez verify {} --inception KEYS --trust DID", out.display())),
                ]);
                Ok(Answer::done(text, json!({ "report": out, "from": from, "to": to })))
            }
            Self::Log(command) => command.run(context),
        }
    }
}

fn show(what: &str, target: &Target, context: &Context<'_>) -> Result<Answer, Failure> {
    let decision = what.parse::<u64>().ok();
    let path = match decision {
        Some(sequence) => format!("/v1/regulator/decisions/{sequence}"),
        None => format!("/v1/regulator/records/{}", encoded(what)),
    };
    let told: Value =
        target.open(context)?.get(&path).map_err(|error| refused("show this", &error))?;
    let text = match decision {
        Some(_) => tables::decision(&told),
        None => tables::record(&told),
    };
    Ok(Answer::done(text, told))
}
