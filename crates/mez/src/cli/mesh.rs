//! `mez corridor mesh`: the corridors there could be between zones, derived from the rows.

use std::fmt::Write as _;
use std::path::Path;

use clap::ValueEnum;
use law::manifest::{Catalog, CorridorType, Derived, ZoneRow, mesh};
use serde_json::json;

use super::content::{self, ContentArgs};
use super::failure::Failure;
use super::screen::{Answer, table};

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Counts, then every corridor
    Table,
    /// One JSON document
    Json,
    /// A graph for Graphviz
    Dot,
    /// A picture: a matrix of zones, one square per corridor
    Svg,
}

/// Which zones, written how.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(crate) struct Args {
    /// Every zone of the network
    #[arg(long, group = "which")]
    all: bool,
    /// Every zone of the catalogue, places and compositions
    #[arg(long, group = "which")]
    everything: bool,
    /// These zones
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', group = "which")]
    zones: Vec<String>,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    content: ContentArgs,
}

pub(crate) fn run(args: &Args) -> Result<Answer, Failure> {
    let content = args.content.open_at(Path::new("."))?;
    let catalog = Catalog::new(&content);
    let rows = catalog.rows().map_err(|problems| content::refused("the zones", &problems))?;
    let mut zones: Vec<&ZoneRow> = Vec::new();
    for name in &args.zones {
        let row = rows.get(name).ok_or_else(|| {
            let near = law::nearest(name, rows.keys().map(String::as_str));
            let hint = near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
            let remedy = "`mez zone show` lists the zones there are";
            Failure::usage(format!("no zone named `{name}`{hint}"), remedy)
        })?;
        zones.push(row);
    }
    if args.zones.is_empty() {
        zones.extend(rows.values().filter(|row| args.everything || row.network));
    }
    let corridors = mesh(&zones);
    let json = document(&zones, &corridors);
    let text = match args.format {
        Format::Table => listed(&zones, &corridors),
        Format::Json => super::screen::pretty(&json),
        Format::Dot => dot(&zones, &corridors),
        Format::Svg => super::matrix::svg(&zones),
    };
    Ok(Answer::done(text, json))
}

/// How many of each kind.
fn counts(corridors: &[Derived<'_>]) -> Vec<(CorridorType, usize)> {
    let count = |kind| corridors.iter().filter(|one| one.kind == kind).count();
    CorridorType::ALL.iter().map(|kind| (*kind, count(*kind))).collect()
}

fn listed(zones: &[&ZoneRow], corridors: &[Derived<'_>]) -> String {
    let mut rows: Vec<Vec<String>> =
        counts(corridors).iter().map(|(kind, n)| vec![kind.to_string(), n.to_string()]).collect();
    rows.push(vec!["all".into(), corridors.len().to_string()]);
    let mut text = format!("{} zones\n\n", zones.len());
    text.push_str(&table(&["type", "corridors"], &rows));
    text.push('\n');
    let rows: Vec<Vec<String>> = corridors
        .iter()
        .map(|one| {
            let Derived { a, b, kind } = one;
            vec![a.jurisdiction.to_string(), b.jurisdiction.to_string(), kind.to_string()]
        })
        .collect();
    text.push_str(&table(&["zone", "zone", "type"], &rows));
    text
}

fn document(zones: &[&ZoneRow], corridors: &[Derived<'_>]) -> serde_json::Value {
    let all: Vec<_> = corridors
        .iter()
        .map(|one| {
            json!({
                "a": one.a.jurisdiction,
                "b": one.b.jurisdiction,
                "corridor_id": one.id().ok(),
                "type": one.kind.name(),
            })
        })
        .collect();
    let by_type: serde_json::Map<String, serde_json::Value> =
        counts(corridors).iter().map(|(kind, n)| (kind.to_string(), json!(n))).collect();
    let zones: Vec<_> = zones.iter().map(|zone| &zone.jurisdiction).collect();
    json!({"by_type": by_type, "corridors": all, "pairs": corridors.len(), "zones": zones})
}

fn dot(zones: &[&ZoneRow], corridors: &[Derived<'_>]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = String::from("graph corridors {\n  node [shape=box];\n");
    for zone in zones {
        let (id, name) = (quoted(zone.jurisdiction.as_str()), quoted(&zone.name));
        let _ = writeln!(out, "  {id} [label={name}];");
    }
    for one in corridors {
        let (a, b) = (quoted(one.a.jurisdiction.as_str()), quoted(one.b.jurisdiction.as_str()));
        let _ = writeln!(out, "  {a} -- {b} [class={}];", quoted(one.kind.name()));
    }
    out.push_str("}\n");
    out
}
