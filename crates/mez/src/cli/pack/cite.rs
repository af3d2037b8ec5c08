//! `mez pack cite`: rules drawn by seed with their sources, so that anybody can check whether the
//! source says what the rule says. Equal seeds draw equal rules from equal packs.

use std::path::Path;

use canon::Digest;
use law::{Pack, Rule, SourceText, load_packs};
use serde_json::{Value, json};

use super::ContentArgs;
use crate::cli::content;
use crate::cli::failure::Failure;
use crate::cli::screen::{Answer, pairs};

/// Which rules to draw.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many rules
    #[arg(long, value_name = "N", default_value_t = 20)]
    sample: usize,
    /// The seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Draw from one jurisdiction only
    #[arg(long, value_name = "NAME")]
    jurisdiction: Option<String>,
    #[command(flatten)]
    content: ContentArgs,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let packs = load_packs(&content)
        .map_err(|problems| content::refused("the packs are refused", &problems))?;
    let wanted = |pack: &&Pack| match &args.jurisdiction {
        Some(name) => pack.id().as_str() == name,
        None => pack.id().as_str() != law::SANDBOX,
    };
    let mut drawn: Vec<(Digest, &Pack, &Rule)> = packs
        .iter()
        .filter(wanted)
        .flat_map(|pack| pack.rules().iter().map(move |rule| (pack, rule)))
        .map(|(pack, rule)| (lot(args.seed, pack, rule), pack, rule))
        .collect();
    let of = drawn.len();
    drawn.sort_by_key(|(lot, _, _)| *lot);
    drawn.truncate(args.sample);
    let mut text = format!("{} of {of} rules, seed {}\n", drawn.len(), args.seed);
    for (_, pack, rule) in &drawn {
        text.push('\n');
        text.push_str(&shown(pack, rule));
    }
    let rules: Vec<Value> = drawn.iter().map(|(_, pack, rule)| row(pack, rule)).collect();
    Ok(Answer::done(text, json!({"of": of, "rules": rules, "seed": args.seed})))
}

/// A rule's lot in a draw.
fn lot(seed: u64, pack: &Pack, rule: &Rule) -> Digest {
    Digest::of_blob(format!("{seed}\n{}\n{}", pack.id(), rule.id).as_bytes())
}

fn source<'p>(pack: &'p Pack, rule: &Rule) -> Option<&'p SourceText> {
    pack.sources().iter().find(|source| source.id == rule.citation.source)
}

fn place(rule: &Rule) -> String {
    format!("{}:{}:{}", rule.written.file, rule.written.line, rule.written.column)
}

fn shown(pack: &Pack, rule: &Rule) -> String {
    let mut rows =
        vec![("rule", format!("{} ({})", rule.id, place(rule))), ("says", rule.summary.clone())];
    rows.extend(rule.conditions.when.iter().map(|when| ("when", when.clone())));
    rows.extend(rule.conditions.require.iter().map(|require| ("require", require.clone())));
    rows.push(("from", rule.from.to_string()));
    rows.push(("citation", rule.citation.to_string()));
    let heading = rule.citation.heading.as_deref().unwrap_or("(no heading quoted)");
    rows.push(("heading", heading.to_owned()));
    rows.extend(rule.citation.disagrees.iter().map(|other| ("disagrees", other.clone())));
    if let Some(source) = source(pack, rule) {
        rows.push(("source", source.title.clone()));
        rows.push(("where", source.place.clone()));
        rows.push(("read", source.read.to_string()));
    }
    rows.push(("review", json!(rule.review).as_str().unwrap_or_default().to_owned()));
    pairs(&rows)
}

fn row(pack: &Pack, rule: &Rule) -> Value {
    let source = source(pack, rule).map(|source| {
        json!({"id": source.id, "read": source.read, "title": source.title, "where": source.place})
    });
    json!({
        "citation": rule.citation,
        "conditions": rule.conditions,
        "from": rule.from,
        "pack": pack.id(),
        "review": rule.review,
        "rule": rule.id,
        "source": source,
        "summary": rule.summary,
        "written": place(rule),
    })
}
