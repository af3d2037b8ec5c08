//! From a folder of files to a [`Pack`].

use std::collections::{BTreeMap, BTreeSet};

use canon::{Canonical, JurisdictionId, PackId};
use serde_json::{Value, json};

use super::cite::{Sources, citation};
use super::parameter::{Parameter, parameters};
use super::rules::{Context, Entry, review, rules};
use super::{Pack, SANDBOX, SourceText, displace};
use crate::domain::Domain;
use crate::evaluate::program::Compiled;
use crate::expr::calendar::Calendar;
use crate::facts::Type;
use crate::files::{Files, Problem, Problems};
use crate::rule::{Review, Rule, Unsourced};
use crate::yaml::{Node, Reader, parse};

/// Longest chain of parents.
pub(crate) const CHAIN_MAX: usize = 6;

const TABLES: [&str; 5] = ["regulators", "deadlines", "licenses", "calendar", "sanctions"];

/// What `pack.yaml` says.
struct Head {
    jurisdiction: Option<JurisdictionId>,
    parent: Option<PackId>,
    title: String,
    version: i64,
    as_of: canon::Date,
    review: Review,
    sources: Vec<SourceText>,
}

/// The state of one load: the model grows as files are read, problems are collected over files.
struct Load<'a> {
    files: &'a dyn Files,
    folder: String,
    model: serde_json::Map<String, Value>,
    problems: Vec<Problem>,
}

impl Load<'_> {
    /// Read and keep one file; `None` when absent or broken.
    fn file<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Reader<'_>, &Node) -> Option<T>,
    ) -> Option<T> {
        let path = format!("{}/{name}", self.folder);
        let bytes = match self.files.read(&path) {
            Ok(bytes) => bytes?,
            Err(error) => {
                self.problems.push(Problem::of_file(&path, error));
                return None;
            }
        };
        let result = parse(&path, &bytes).and_then(|node| {
            self.model.insert(name.to_owned(), node.model());
            let mut reader = Reader::new(&path);
            let value = read(&mut reader, &node);
            reader.finish(value)
        });
        result.map_err(|Problems(found)| self.problems.extend(found)).ok()
    }

    fn names(&mut self, folder: &str) -> Vec<String> {
        self.files.list(folder).unwrap_or_else(|error| {
            self.problems.push(Problem::of_file(folder, error));
            Vec::new()
        })
    }
}

/// See [`Pack::load`].
pub(super) fn load(files: &dyn Files, id: &PackId) -> Result<Pack, Problems> {
    let folder = format!("packs/{id}");
    let mut load = Load { files, folder, model: serde_json::Map::new(), problems: Vec::new() };
    let Some(head) = load.file("pack.yaml", |reader, node| head(reader, node, id)) else {
        if load.problems.is_empty() {
            load.problems.push(Problem::of_file(&format!("packs/{id}/pack.yaml"), "no such pack"));
        }
        return Err(Problems(load.problems));
    };
    let sandbox = id.as_str() == SANDBOX;
    let sources = Sources { list: &head.sources, own: sandbox };
    tree(&mut load, sandbox);
    let own = load.file("parameters.yaml", |reader, node| parameters(reader, node, sources));
    let own = own.unwrap_or_default();
    let inherited = inherited(files, head.parent.as_ref(), id)?;
    let params =
        |name: &str| own.iter().chain(&inherited).find(|p| p.name == name).map(|p| p.value.kind());
    let ruled = rule_files(&mut load, sources, &params, sandbox);
    load.problems.extend(displace::check(files, head.parent.as_ref(), &ruled.rules)?);
    let tables = tables(&mut load, sources);
    finish(load, id, head, own, ruled, tables)
}

/// What the rule files of a pack hold.
#[derive(Default)]
struct Ruled {
    present: BTreeSet<Domain>,
    rules: Vec<Rule>,
    unsourced: Vec<Unsourced>,
}

fn finish(
    load: Load<'_>,
    id: &PackId,
    head: Head,
    parameters: Vec<Parameter>,
    ruled: Ruled,
    tables: BTreeMap<String, Value>,
) -> Result<Pack, Problems> {
    if !load.problems.is_empty() {
        return Err(Problems(load.problems));
    }
    let document = json!({"type": "MEZPack", "pack": id.as_str(), "files": load.model});
    let artifact = Canonical::of_value(&document)
        .map_err(|e| Problem::of_file(&load.folder, e.to_string()))?;
    let Head { jurisdiction, parent, title, version, as_of, review, sources } = head;
    let mut parameters = parameters;
    parameters.sort_by(|a, b| (&a.name, a.from).cmp(&(&b.name, b.from)));
    let Ruled { present, rules, unsourced } = ruled;
    Ok(Pack {
        id: id.clone(),
        jurisdiction,
        parent,
        title,
        version,
        as_of,
        review,
        sources,
        present,
        compiled: Compiled::default(),
        displaces: rules.iter().filter(|r| !r.displaces.is_empty()).map(|r| r.domain).collect(),
        rules,
        unsourced,
        parameters,
        calendar: tables.get("calendar").map(calendar),
        tables,
        artifact,
    })
}

fn head(reader: &mut Reader<'_>, node: &Node, id: &PackId) -> Option<Head> {
    const KEYS: [&str; 8] =
        ["pack", "jurisdiction", "parent", "title", "version", "as_of", "sources", "review"];
    let map = reader.map(node, Some(&KEYS))?;
    let named = reader.need_text(map, "pack")?;
    if named != id.as_str() {
        reader.problem(map.at, format!("the folder is named `{id}`, so `pack` must be too"));
    }
    let jurisdiction = if id.as_str() == SANDBOX {
        if let Some(node) = map.get("jurisdiction").or_else(|| map.get("parent")) {
            reader.problem(node.at, "the sandbox rulebook has no jurisdiction and no parent");
        }
        None
    } else {
        let jurisdiction = reader.need_as(map, "jurisdiction", JurisdictionId::parse);
        if jurisdiction.as_ref().is_some_and(|j| j.as_str() != id.as_str()) {
            reader.problem(map.at, "`jurisdiction` must equal `pack`");
        }
        Some(jurisdiction?)
    };
    let parent = map.get("parent").and_then(|node| reader.parse_as(node, PackId::parse));
    let title = reader.need_text(map, "title");
    let version = reader.need(map, "version").and_then(|node| reader.int(node));
    let as_of = reader.need_date(map, "as_of");
    let review = review(reader, map);
    let rows = reader.need(map, "sources")?;
    let rows = reader.sequence(rows)?;
    let mut sources: Vec<SourceText> = Vec::new();
    for row in rows {
        let Some(source) = source(reader, row) else { continue };
        if sources.iter().any(|s| s.id == source.id) {
            reader.problem(row.at, format!("source `{}` is listed twice", source.id));
        }
        sources.push(source);
    }
    if rows.is_empty() {
        reader.problem(map.at, "a pack needs at least one source");
    }
    let (title, version, as_of) = (title?, version?, as_of?);
    Some(Head { jurisdiction, parent, title, version, as_of, review, sources })
}

fn source(reader: &mut Reader<'_>, row: &Node) -> Option<SourceText> {
    let map = reader.map(row, Some(&["id", "title", "where", "read"]))?;
    let id = reader.need_text(map, "id");
    let title = reader.need_text(map, "title");
    let place = reader.need_text(map, "where");
    let read = reader.need_date(map, "read");
    Some(SourceText { id: id?, title: title?, place: place?, read: read? })
}

/// Refuse files with names nobody reads: a slip in a name must not lose law.
fn tree(load: &mut Load<'_>, sandbox: bool) {
    let folder = load.folder.clone();
    for name in load.names(&folder) {
        let stem = name.strip_suffix(".yaml").unwrap_or_default();
        let known = matches!(name.as_str(), "rules" | "tests" | "pack.yaml" | "parameters.yaml")
            || TABLES.contains(&stem)
            || name.ends_with(".md");
        if !known {
            let detail = "no such part of a pack; see crates/law/FORMAT.md";
            load.problems.push(Problem::of_file(&format!("{folder}/{name}"), detail));
        }
    }
    for name in load.names(&format!("{folder}/rules")) {
        let path = format!("{folder}/rules/{name}");
        let stem = name.strip_suffix(".yaml").unwrap_or(&name);
        match Domain::parse(stem) {
            Some(Domain::Sanctions) if sandbox => load
                .problems
                .push(Problem::of_file(&path, "the sandbox rulebook never speaks of sanctions")),
            Some(_) if name.ends_with(".yaml") => {}
            _ => {
                let hint = crate::nearest::hint(stem, Domain::ALL.map(Domain::name));
                let detail = format!("`{stem}` is not a domain{hint}");
                load.problems.push(Problem::of_file(&path, detail));
            }
        }
    }
}

/// Parameters of the parents, nearest first.
fn inherited(
    files: &dyn Files,
    parent: Option<&PackId>,
    id: &PackId,
) -> Result<Vec<Parameter>, Problems> {
    let mut found = Vec::new();
    let mut seen = vec![id.clone()];
    let mut next = parent.cloned();
    while let Some(id) = next {
        let path = format!("packs/{id}/pack.yaml");
        if seen.contains(&id) || seen.len() > CHAIN_MAX {
            return Err(
                Problem::of_file(&path, "the chain of parents is a circle or too long").into()
            );
        }
        let folder = format!("packs/{id}");
        let mut load = Load { files, folder, model: serde_json::Map::new(), problems: Vec::new() };
        let Some(head) = load.file("pack.yaml", |reader, node| head(reader, node, &id)) else {
            load.problems.push(Problem::of_file(&path, "named as a parent, but it cannot be read"));
            return Err(Problems(load.problems));
        };
        let sources = Sources { list: &head.sources, own: false };
        let rows = load.file("parameters.yaml", |reader, node| parameters(reader, node, sources));
        if !load.problems.is_empty() {
            return Err(Problems(load.problems));
        }
        found.extend(rows.unwrap_or_default());
        seen.push(id);
        next = head.parent;
    }
    Ok(found)
}

fn rule_files(
    load: &mut Load<'_>,
    sources: Sources<'_>,
    params: &dyn Fn(&str) -> Option<Type>,
    sandbox: bool,
) -> Ruled {
    let mut ruled = Ruled::default();
    let mut ids = BTreeSet::new();
    for domain in Domain::ALL {
        let context = Context { domain, sources, params, sandbox };
        let name = format!("rules/{domain}.yaml");
        let Some(found) = load.file(&name, |reader, node| rules(reader, node, &context)) else {
            continue;
        };
        ruled.present.insert(domain);
        for entry in found {
            let (id, at) = match &entry {
                Entry::Rule(rule) => (&rule.id, &rule.written),
                Entry::Unsourced(row) => (&row.id, &row.written),
            };
            if !ids.insert(id.clone()) {
                let detail = format!("rule id `{id}` is used twice in the pack");
                let (file, line, column) = (at.file.clone(), at.line, at.column);
                load.problems.push(Problem { file, line, column, detail });
            }
            match entry {
                Entry::Rule(rule) => ruled.rules.push(*rule),
                Entry::Unsourced(row) => ruled.unsourced.push(row),
            }
        }
    }
    ruled
}

fn tables(load: &mut Load<'_>, sources: Sources<'_>) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for name in TABLES {
        let file = format!("{name}.yaml");
        let rows = load.file(&file, |reader, node| table(reader, node, name, sources));
        if let Some(rows) = rows {
            found.insert(name.to_owned(), rows);
        }
    }
    found
}

/// The holidays of a calendar table; rows without a `date` are no holidays.
fn calendar(table: &Value) -> Calendar {
    let rows = table.as_array().map(Vec::as_slice).unwrap_or_default();
    let date = |row: &Value| canon::Date::parse(row.get("date")?.as_str()?).ok();
    Calendar::new(rows.iter().filter_map(date).collect())
}

/// A table of records: free columns, but every row cited and dated.
fn table(reader: &mut Reader<'_>, node: &Node, name: &str, sources: Sources<'_>) -> Option<Value> {
    let map = reader.map(node, Some(&[name]))?;
    let rows = reader.need(map, name)?;
    for row in reader.sequence(rows)? {
        let Some(map) = reader.map(row, None) else { continue };
        citation(reader, map, sources);
        let dates = ["from", "date", "listed", "as_of"];
        let mut dated = false;
        for key in dates {
            if let Some(node) = map.get(key) {
                dated = true;
                reader.date(node);
            }
        }
        if !dated {
            reader.problem(row.at, "a row needs a date under `from`, `date`, `listed` or `as_of`");
        }
    }
    Some(rows.model())
}
