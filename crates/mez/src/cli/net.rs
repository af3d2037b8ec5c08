//! `mez corridor net`: what corridors owe over their last cuts, and the least that settles it.

use std::path::PathBuf;

use canon::Did;
use corridor::netting::{Book, Channel, NettingError, Plan, Reach, accepted_over};
use corridor::verify::open;
use proof::artifact::bundle::HELD_MAX;
use serde_json::{Value, json};

use super::failure::Failure;
use super::screen::{Answer, table};
use super::{Exit, file};

/// Most bytes read of a bundle: one more than is held.
const BUNDLE_BYTES_MAX: u64 = HELD_MAX as u64 + 1;

/// Which corridors, and how.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Witness bundles, one of each corridor, as `mez corridor export` writes them
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// DIDs of the zones that are trusted
    #[arg(long, value_delimiter = ',', value_name = "DID", value_parser = did)]
    trust: Vec<Did>,
    /// Let legs go over every corridor given, not only from a debtor to its own creditor
    #[arg(long)]
    any_corridor: bool,
    /// Net everything accepted up to the last cut, not only since the cut before
    #[arg(long)]
    since_genesis: bool,
}

fn did(text: &str) -> Result<Did, String> {
    Did::parse(text).map_err(|error| error.to_string())
}

pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    let (mut obligations, mut channels, mut cuts) = (Vec::new(), Vec::new(), Vec::new());
    for path in &args.bundles {
        let bytes = file::read_up_to(path, BUNDLE_BYTES_MAX)?;
        let (report, opened) = open(&bytes, &args.trust);
        let told = |exit, code, remedy: &str| {
            let what = format!("`{}` is {:?}", path.display(), report.verdict).to_lowercase();
            let failure = Failure::new(exit, code, what, remedy);
            report.reasons.iter().fold(failure, |failure, reason| {
                failure.with(super::failure::Fault::new(reason.detail.clone()))
            })
        };
        let Some(opened) = opened else {
            return Err(told(Exit::Invalid, "bundle-invalid", "see `mez verify` for the faults"));
        };
        if !report.needs.is_empty() {
            let remedy = "pin both zones with --trust DID,DID";
            return Err(told(Exit::Unknown, "untrusted-did", remedy));
        }
        let Some(((digest, cut), earlier)) = opened.cuts.split_last() else {
            let remedy = "sign one with `mez corridor cut`, then export again";
            return Err(told(Exit::Invalid, "no-cut", remedy));
        };
        let before = earlier.last().map(|(_, cut)| cut).filter(|_| !args.since_genesis);
        let [one, other] = &opened.lanes;
        let owed = accepted_over(cut, before, [one, other], |_| 0);
        let owed = owed.map_err(|error| {
            let remedy = "export the bundle with its payloads";
            let what = format!("`{}` cannot be netted", path.display());
            Failure::new(Exit::Invalid, "cut-not-nettable", what, remedy).because(&error)
        })?;
        obligations.extend(owed);
        let zones = [one.zone_id.clone(), other.zone_id.clone()];
        channels.push(Channel { corridor_id: cut.corridor_id.clone(), zones });
        cuts.push(*digest);
    }
    let reach = if args.any_corridor { Reach::Corridors } else { Reach::Debts };
    let drawn =
        Book::of(obligations, &channels).and_then(|book| Plan::draw(&book, &[], reach, &cuts));
    match drawn {
        Ok(plan) => told(&plan),
        Err(NettingError::Nothing) => {
            let json = json!({ "cuts": cuts, "legs": [], "obligations": 0 });
            Ok(Answer::done("nothing is owed over these cuts\n", json))
        }
        Err(error) => {
            let remedy = "give one bundle of each corridor";
            Err(Failure::new(
                Exit::Invalid,
                "not-nettable",
                "the corridors cannot be netted",
                remedy,
            )
            .because(&error))
        }
    }
}

fn told(plan: &Plan) -> Result<Answer, Failure> {
    let json: Value = plan.canonical().map(|canonical| canonical.value()).map_err(|error| {
        let remedy = "net fewer corridors at once";
        Failure::new(Exit::Error, "plan-too-large", "the plan is too large", remedy).because(&error)
    })?;
    Ok(Answer::done(page(plan), json))
}

/// A plan as people read it.
pub(super) fn page(plan: &Plan) -> String {
    let minor = |amount: canon::Amount| amount.minor().to_string();
    let currencies: Vec<Vec<String>> = plan
        .currencies
        .iter()
        .map(|one| {
            vec![
                one.currency.to_string(),
                minor(one.gross),
                minor(one.net),
                minor(one.settled),
                minor(one.deferred),
                one.legs.to_string(),
                one.reduction_bps.to_string(),
            ]
        })
        .collect();
    let legs: Vec<Vec<String>> = plan
        .legs
        .iter()
        .map(|leg| {
            vec![
                leg.number.to_string(),
                leg.payer.to_string(),
                leg.payee.to_string(),
                minor(leg.amount),
                leg.amount.currency().to_string(),
                leg.corridor_id.to_string(),
            ]
        })
        .collect();
    let heading = ["currency", "gross", "net", "settled", "deferred", "legs", "saved bps"];
    let mut text = table(&heading, &currencies);
    text.push('\n');
    text.push_str(&table(&["leg", "payer", "payee", "minor units", "currency", "corridor"], &legs));
    text
}
