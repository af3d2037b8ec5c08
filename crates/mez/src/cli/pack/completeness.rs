//! `mez pack completeness`: the figures of every jurisdiction, computed from the packs.
//!
//! With `--floor FILE` nothing may have fallen: the file holds the least figures by jurisdiction,
//! and `lowered` names, for each figure that was let fall, the record that says why.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use law::completeness::{self, fallen};
use law::{Completeness, load_packs, test_packs};
use serde::Deserialize;
use serde_json::json;

use super::ContentArgs;
use crate::cli::failure::{Failure, Fault};
use crate::cli::screen::{Answer, table};
use crate::cli::{Exit, content, file};

/// What to count.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One jurisdiction, with each of its domains
    #[arg(long, value_name = "NAME")]
    jurisdiction: Option<String>,
    /// Fail if a figure is below what this file holds
    #[arg(long, value_name = "FILE")]
    floor: Option<PathBuf>,
    #[command(flatten)]
    content: ContentArgs,
}

/// The least figures, by jurisdiction and name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Floor {
    least: BTreeMap<String, BTreeMap<String, usize>>,
    /// Figures let fall: `JURISDICTION: FIGURE` to the record of the decision.
    lowered: BTreeMap<String, String>,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let refused = |problems| content::refused("the packs are refused", &problems);
    let packs = load_packs(&content).map_err(refused)?;
    let tests = test_packs(&content, &packs).map_err(refused)?;
    let mut counted = completeness::completeness(&packs, &tests);
    if let Some(path) = &args.floor {
        compare(path, &counted)?;
    }
    if let Some(name) = &args.jurisdiction {
        counted.retain(|figures| figures.jurisdiction.as_str() == name);
        if counted.is_empty() {
            let remedy = "the names are those of the folders below packs/";
            return Err(Failure::usage(format!("no pack named `{name}`"), remedy));
        }
    }
    let mut text = told(&counted);
    if args.jurisdiction.is_some() {
        text.push('\n');
        text.push_str(&counted.iter().map(by_domain).collect::<String>());
    }
    text.push_str(&format!("content: {content}\n"));
    let with_rules = counted.iter().filter(|figures| figures.rules > 0).count();
    let json = json!({
        "content": content.to_string(),
        "jurisdictions": counted,
        "jurisdictions_with_rules": with_rules,
        "rules": counted.iter().map(|figures| figures.rules).sum::<usize>(),
    });
    Ok(Answer::done(text, json))
}

fn told(counted: &[Completeness]) -> String {
    let heading = [
        "jurisdiction",
        "stands on",
        "domains_with_hosts",
        "rules_with_hosts",
        "domains_with_rules",
        "domains_scoped_out",
        "rules",
        "tests",
        "tested",
        "cited",
        "reviewed",
        "unsourced",
    ];
    let row = |c: &Completeness| {
        let numbers = [
            c.with_hosts.domains_with_rules,
            c.with_hosts.rules,
            c.domains_with_rules,
            c.domains_scoped_out,
            c.rules,
            c.tests,
            c.tested,
            c.cited,
            c.reviewed,
            c.unsourced,
        ];
        let host = c.stands_on.as_ref().map_or("-", canon::PackId::as_str);
        let mut row = vec![c.jurisdiction.to_string(), host.to_owned()];
        row.extend(numbers.iter().map(ToString::to_string));
        row
    };
    table(&heading, &counted.iter().map(row).collect::<Vec<_>>())
}

fn by_domain(figures: &Completeness) -> String {
    let heading =
        ["domain", "standing", "rules", "scoping", "tests", "cited", "reviewed", "unsourced"];
    let rows: Vec<Vec<String>> = figures
        .domains
        .iter()
        .map(|d| {
            let standing = json!(d.standing).as_str().unwrap_or_default().replace('_', " ");
            let mut row = vec![d.domain.to_string(), standing];
            let numbers = [d.rules, d.scoping, d.tests, d.cited, d.reviewed, d.unsourced];
            row.extend(numbers.iter().map(ToString::to_string));
            row
        })
        .collect();
    let left = format!(
        "{} rules written: {} equal to another, {} of presence beyond {}, {} not enforced, {} scoping\n",
        figures.written,
        figures.equal,
        figures.presence_beyond,
        completeness::PRESENCE_MAX,
        figures.not_enforced,
        figures.scoping,
    );
    format!("{}{left}", table(&heading, &rows))
}

fn compare(path: &Path, counted: &[Completeness]) -> Result<(), Failure> {
    let shown = path.display().to_string();
    let bytes = file::read_document(path)?;
    let floor: Floor = serde_json::from_slice(&bytes).map_err(|error| {
        Failure::new(
            Exit::Invalid,
            "floor",
            format!("`{shown}` is not a floor"),
            "see docs/writing-a-pack.md",
        )
        .because(&error)
    })?;
    let told = fallen(counted, &floor.least);
    let excused = |line: &&String| {
        floor.lowered.keys().any(|figure| line.starts_with(&format!("{figure} is ")))
    };
    let told: Vec<&String> = told.iter().filter(|line| !excused(line)).collect();
    if told.is_empty() {
        return Ok(());
    }
    let remedy = "restore the rules, or name the record that decides it under `lowered`";
    let mut failure = Failure::new(Exit::Invalid, "completeness-fell", "law was lost", remedy);
    failure.faults = told.into_iter().map(Fault::new).collect();
    Err(failure)
}
