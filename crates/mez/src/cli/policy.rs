//! `mez policy backtest`: stored decisions made again under a changed pack, and what differs.
//!
//! Under unchanged packs every decision must come out byte for byte; `--exact` demands it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use canon::{Date, Digest, Realm};
use clap::Subcommand;
use law::manifest::{Catalog, PinnedStack, Stack, Zone};
use law::{Lock, Replayed, Rulebook, Stored};
use serde_json::{Value, json};

use super::content::{self, ContentArgs};
use super::decisions::{self, Place};
use super::failure::{Failure, Fault};
use super::screen::{Answer, pairs, table};
use super::{Exit, file};

/// Differences printed for people; `--json` has all.
const SHOWN_MAX: usize = 40;

/// What to try.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make stored decisions again under the packs of a tree, and print what would be different
    Backtest(BacktestArgs),
}

/// Which decisions, under which packs.
#[derive(clap::Args)]
pub(crate) struct BacktestArgs {
    /// A file of journal entries, one a line; without it the zone's own journal
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// The zone whose law is tried: a name of the content, or a zone.yaml; the one of --dir
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Only decisions under the law of this day or later
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    from: Option<Date>,
    /// Only decisions under the law of this day or earlier
    #[arg(long, value_name = "DATE", value_parser = Date::parse)]
    to: Option<Date>,
    /// Fail unless every decision comes out byte for byte
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    content: ContentArgs,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        match self {
            Self::Backtest(args) => backtest(args),
        }
    }
}

/// What became of all of them.
#[derive(Default)]
struct Told {
    read: usize,
    identical: usize,
    outcomes: usize,
    without_facts: usize,
    different: Vec<Replayed>,
}

/// The law tried, one rulebook for each realm and set of lists.
struct Law {
    stack: PinnedStack,
    books: BTreeMap<(bool, Vec<Digest>), Rulebook>,
}

fn backtest(args: &BacktestArgs) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let mut law = Law { stack: stack(args, &content)?, books: BTreeMap::new() };
    let mut told = Told::default();
    let mut each = |document: Value| {
        one(&document, args, &mut law, &mut told)?;
        Ok(true)
    };
    match &args.decisions {
        Some(path) => {
            for document in decisions::documents(path)? {
                each(document)?;
            }
        }
        None => args.place.entries_whole(each)?,
    }
    if args.exact && told.identical != told.read {
        let what = format!("{} of {} decisions differ", told.read - told.identical, told.read);
        let remedy = "replay under the very packs the zone has locked";
        let mut failure = Failure::new(Exit::Drift, "replay-differs", what, remedy);
        let digests = told.different.iter().take(SHOWN_MAX).map(|r| r.decision_sha256.to_string());
        failure.faults = digests.map(Fault::new).collect();
        return Err(failure);
    }
    Ok(answer(&told, &content.to_string()))
}

fn stack(args: &BacktestArgs, content: &dyn law::Files) -> Result<PinnedStack, Failure> {
    let file = match (&args.zone, args.place.zone()) {
        (Some(zone), _) if !zone.ends_with(".yaml") => None,
        (Some(zone), _) => Some(PathBuf::from(zone)),
        (None, Some(dir)) => Some(dir.zone_yaml()),
        (None, None) => return Err(Failure::usage("no zone is named", "give --zone or --dir")),
    };
    let catalog = &Catalog::new(content);
    let stack = match (file, &args.zone) {
        (Some(path), _) => {
            let shown = path.display().to_string();
            let zone = Zone::parse(&shown, &file::read_document(&path)?)
                .map_err(|problems| content::refused(format!("`{shown}` is refused"), &problems))?;
            Stack::resolve(catalog, zone)
        }
        (None, name) => Stack::named(catalog, name.as_deref().unwrap_or_default(), None),
    };
    let stack = stack.map_err(|error| content::unstacked(&error))?;
    Lock::of(&stack).pin(stack).map_err(|drift| {
        Failure::new(Exit::Error, "drift", "the content changed while it was read", "try again")
            .because(&drift)
    })
}

fn one(
    document: &Value,
    args: &BacktestArgs,
    law: &mut Law,
    told: &mut Told,
) -> Result<(), Failure> {
    // Duties are entries without a decision.
    if document.pointer("/body/outcome").or_else(|| document.pointer("/decision/outcome")).is_none()
    {
        return Ok(());
    }
    if document.get("facts").is_none() {
        told.without_facts += 1;
        return Ok(());
    }
    let stored = Stored::read(document).map_err(|error| {
        let what = "a stored decision cannot be made again";
        Failure::new(Exit::Invalid, "stored-decision", what, "run `mez fsck` on the zone")
            .because(&error)
    })?;
    let day = stored.decision.as_of;
    if args.from.is_some_and(|from| day < from) || args.to.is_some_and(|to| day > to) {
        return Ok(());
    }
    let replayed = stored.replay(law.book(&stored)?);
    told.read += 1;
    told.identical += usize::from(replayed.identical);
    told.outcomes += usize::from(replayed.before != replayed.after);
    if !replayed.changed.is_empty()
        || replayed.before != replayed.after
        || (args.exact && !replayed.identical)
    {
        told.different.push(replayed);
    }
    Ok(())
}

impl Law {
    fn book(&mut self, stored: &Stored) -> Result<&Rulebook, Failure> {
        let (realm, lists) = (stored.decision.realm, &stored.decision.lists);
        let key = (realm == Realm::Production, lists.clone());
        if !self.books.contains_key(&key) {
            let book = crate::serve::law::rulebook_of(&self.stack, realm, lists.clone()).map_err(
                |error| {
                    let remedy = "the zone's definition and its packs must fit its realm";
                    Failure::new(Exit::Invalid, "rulebook", "the packs make no law", remedy)
                        .because(&error)
                },
            )?;
            self.books.insert(key.clone(), book);
        }
        self.books.get(&key).ok_or_else(|| Failure::usage("no rulebook", "report this"))
    }
}

fn answer(told: &Told, content: &str) -> Answer {
    let mut text = pairs(&[
        ("decisions", told.read.to_string()),
        ("byte-identical", told.identical.to_string()),
        ("other outcome", told.outcomes.to_string()),
        ("other state", told.different.len().to_string()),
        ("without facts", told.without_facts.to_string()),
    ]);
    let rows: Vec<Vec<String>> = told
        .different
        .iter()
        .flat_map(|replayed| {
            let digest: String = replayed.decision_sha256.to_string().chars().take(12).collect();
            let outcome = format!("{} → {}", word(&replayed.before), word(&replayed.after));
            replayed.changed.iter().map(move |changed| {
                let rules: Vec<&str> = changed.rules.iter().map(canon::RuleId::as_str).collect();
                let states = format!("{} → {}", changed.before, changed.after);
                vec![
                    digest.clone(),
                    outcome.clone(),
                    changed.domain.to_string(),
                    states,
                    rules.join(", "),
                ]
            })
        })
        .take(SHOWN_MAX)
        .collect();
    if !rows.is_empty() {
        text.push('\n');
        text.push_str(&table(&["decision", "outcome", "domain", "state", "rules"], &rows));
    }
    text.push_str(&format!("content: {content}\n"));
    let json = json!({
        "content": content,
        "decisions": told.read,
        "different": told.different,
        "identical": told.identical,
        "other_outcome": told.outcomes,
        "without_facts": told.without_facts,
    });
    Answer::done(text, json)
}

fn word(outcome: &law::Outcome) -> String {
    json!(outcome).as_str().unwrap_or_default().to_owned()
}
