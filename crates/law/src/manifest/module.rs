//! Modules: the named, versioned parts a profile is put together from. One file holds the modules of
//! a family, `modules/<family>.yaml`.
//!
//! Invariant: a manifest claims nothing about itself. Whether a module works is asked of the program
//! that would have to do the work: each interface names what provides it, and is looked for there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use canon::{Canonical, Digest, ModuleId};

use super::parameter::{ModuleParameter, parameters};
use super::version::{Requirement, Version};
use super::{PREFIX, document};
use crate::domain::Domain;
use crate::files::{Problem, Problems};
use crate::yaml::{At, Map, Node, Reader, one_of};

/// Most modules of one file.
const MODULES_MAX: usize = 400;

const KINDS: [&str; 19] = [
    "legal",
    "regulatory",
    "licensing",
    "financial",
    "financial-infrastructure",
    "corridor",
    "operational",
    "operational-infrastructure",
    "governance",
    "data",
    "api",
    "arbitration",
    "capital-markets",
    "corporate",
    "identity",
    "tax",
    "tax-infrastructure",
    "trade",
    "protocol",
];

/// The sixteen families.
pub const FAMILIES: [&str; 16] = [
    "legal",
    "corporate",
    "regulatory",
    "licensing",
    "identity",
    "financial",
    "capital-markets",
    "trade",
    "tax",
    "corridors",
    "governance",
    "arbitration",
    "operational",
    "phoenix",
    "agentic",
    "deployment",
];

/// What a program must have for an interface to be provided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// A route of the API: `route POST /v1/entities`.
    Route(String),
    /// Rules of a domain in the packs: `rules aml`.
    Rules(Domain),
    /// A schema of a document that travels: `schema decision`.
    Schema(String),
    /// A command: `command vc issue`.
    Command(String),
}

impl Provider {
    /// Read the text form.
    ///
    /// # Errors
    /// Another first word, or an unknown domain.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (what, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim().to_owned();
        match what {
            _ if rest.is_empty() => {}
            "route" => return Ok(Self::Route(rest)),
            "schema" => return Ok(Self::Schema(rest)),
            "command" => return Ok(Self::Command(rest)),
            "rules" => {
                let hint = crate::nearest::hint(&rest, Domain::ALL.map(Domain::name));
                let unknown = || format!("unknown domain `{rest}`{hint}");
                return Domain::parse(&rest).map(Self::Rules).ok_or_else(unknown);
            }
            _ => {}
        }
        let hint = crate::nearest::hint(what, ["route", "rules", "schema", "command"]);
        Err(format!(
            "`{text}` is not `route METHOD PATH`, `rules DOMAIN`, `schema NAME` or `command WORDS`{hint}"
        ))
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(route) => write!(f, "route {route}"),
            Self::Rules(domain) => write!(f, "rules {domain}"),
            Self::Schema(name) => write!(f, "schema {name}"),
            Self::Command(words) => write!(f, "command {words}"),
        }
    }
}

/// An interface a module provides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its id, e.g. `mez.identity.did.v1`.
    pub id: String,
    /// What provides it; empty where nothing does yet.
    pub by: Vec<Provider>,
}

/// A module of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its full id.
    pub id: ModuleId,
    /// Its family.
    pub family: &'static str,
    /// `MAJOR.MINOR.PATCH`.
    pub version: String,
    /// One of the 19 kinds.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// One sentence, where there is more to say than the name.
    pub description: Option<String>,
    /// Its variants; `baseline` unless others are named.
    pub variants: Vec<String>,
    /// Modules it needs beside it, with what it asks of their versions.
    pub depends_on: Vec<(ModuleId, Requirement)>,
    /// Interfaces it provides.
    pub provides: Vec<Interface>,
    /// The test that shows it on and off, `FILE::NAME`; empty where none does.
    pub toggled_by: Vec<String>,
    /// Its parameters.
    pub parameters: BTreeMap<String, ModuleParameter>,
    /// SHA-256 of the canonical model of its entry, with what it has from the head of the file.
    pub digest: Digest,
    /// Where it is written.
    pub(super) place: (String, At),
}

impl Module {
    /// The id as people write it: without the prefix.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.as_str().strip_prefix(PREFIX).unwrap_or(self.id.as_str())
    }

    /// Everything that provides its interfaces.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.provides.iter().flat_map(|interface| &interface.by)
    }

    /// Read the modules of a file.
    ///
    /// # Errors
    /// Everything wrong with the file.
    pub fn parse_all(path: &str, bytes: &[u8]) -> Result<Vec<Self>, Problems> {
        document(path, bytes, file).map(|(modules, _)| modules)
    }

    /// A problem with it, at its place.
    #[must_use]
    pub fn problem(&self, detail: impl Into<String>) -> Problem {
        let (file, At { line, column }) = self.place.clone();
        Problem { file, line, column, detail: detail.into() }
    }
}

/// Modules of all files by short name: each written once, each dependency met, none in a circle, and
/// nothing provided by two, so that no thing counts twice and each can be switched by itself.
pub(super) fn tied(modules: Vec<Module>) -> Result<BTreeMap<String, Module>, Problems> {
    let (mut all, mut problems): (BTreeMap<String, Module>, _) = (BTreeMap::new(), Vec::new());
    for module in modules {
        if let Some(other) = all.get(module.short()) {
            let (file, at) = &other.place;
            problems.push(module.problem(format!("written before, at {file}:{}", at.line)));
        } else {
            all.insert(module.short().to_owned(), module);
        }
    }
    let mut provided: BTreeMap<&Provider, &str> = BTreeMap::new();
    for module in all.values() {
        for by in module.providers() {
            if let Some(other) = provided.insert(by, module.short()) {
                problems.push(module.problem(format!("`{other}` provides `{by}` as well")));
            }
        }
        problems.extend(unmet(&all, module).map(|detail| module.problem(detail)));
        if needs(&all, module).contains(module.short()) {
            problems.push(module.problem(format!("`{}` needs itself in the end", module.short())));
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(Problems(problems)) }
}

fn unmet<'m>(
    all: &'m BTreeMap<String, Module>,
    module: &'m Module,
) -> impl Iterator<Item = String> + 'm {
    module.depends_on.iter().filter_map(|(id, requirement)| {
        let short = id.as_str().strip_prefix(PREFIX).unwrap_or(id.as_str());
        let Some(there) = all.get(short) else {
            let hint = crate::nearest::hint(short, all.keys().map(String::as_str));
            return Some(format!("needs module `{short}`, which nobody wrote{hint}"));
        };
        let met = Version::parse(&there.version).is_ok_and(|version| requirement.admits(version));
        (!met).then(|| format!("needs `{short}` {requirement}, found {}", there.version))
    })
}

/// Everything a module needs, and what that needs.
fn needs<'m>(all: &'m BTreeMap<String, Module>, module: &'m Module) -> BTreeSet<&'m str> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![module];
    while let Some(module) = waiting.pop() {
        for (id, _) in &module.depends_on {
            let short = id.as_str().strip_prefix(PREFIX).unwrap_or(id.as_str());
            if let Some(needed) = all.get(short)
                && found.insert(short)
            {
                waiting.push(needed);
            }
        }
    }
    found
}

/// What every module of a file has in common.
struct Head {
    family: &'static str,
    kind: String,
}

fn file(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Module>> {
    let map = reader.map(node, Some(&["family", "kind", "license", "modules"]))?;
    let family =
        one_of("family", |text| FAMILIES.into_iter().find(|f| *f == text), FAMILIES.to_vec());
    let family = reader.need_as(map, "family", family);
    let kind = reader.need_as(map, "kind", kinds());
    reader.need_text(map, "license");
    let items = reader.need(map, "modules").and_then(|node| reader.sequence(node))?;
    if items.len() > MODULES_MAX {
        reader.problem(map.at, format!("more than {MODULES_MAX} modules in one file"));
        return None;
    }
    let head = Head { family: family?, kind: kind? };
    let mut all: Vec<Module> = Vec::new();
    for item in items {
        let Some(module) = module(reader, &head, item) else { continue };
        if all.iter().any(|other| other.id == module.id) {
            reader.problem(item.at, format!("module `{}` is written twice", module.short()));
        }
        all.push(module);
    }
    Some(all)
}

fn kinds() -> impl Fn(&str) -> Result<String, String> {
    let parse = |text: &str| KINDS.contains(&text).then(|| text.to_owned());
    one_of("module kind", parse, KINDS.to_vec())
}

fn module(reader: &mut Reader<'_>, head: &Head, node: &Node) -> Option<Module> {
    const KEYS: [&str; 10] = [
        "module",
        "version",
        "kind",
        "name",
        "description",
        "variants",
        "depends_on",
        "provides",
        "toggled_by",
        "parameters",
    ];
    let map = reader.map(node, Some(&KEYS))?;
    let id = reader.need_as(map, "module", module_id);
    let version = reader.need_as(map, "version", Version::parse);
    let kind = map.get("kind").map(|node| reader.parse_as(node, kinds()));
    let name = reader.need_text(map, "name");
    let description = reader.maybe_text(map, "description");
    let mut variants = reader.texts(map, "variants");
    if map.get("variants").is_none() {
        variants.push("baseline".to_owned());
    } else if variants.is_empty() {
        reader.problem(map.at, "`variants` holds at least one, or is left out");
    }
    let depends_on = dependencies(reader, map);
    let provides = provides(reader, map);
    let toggled_by = reader.texts(map, "toggled_by");
    let parameters = parameters(reader, map);
    let kind = kind.unwrap_or_else(|| Some(head.kind.clone()))?;
    let model = serde_json::json!({"family": head.family, "kind": kind, "module": node.model()});
    let digest = Canonical::of_value(&model).map(|model| model.digest());
    let digest = digest.map_err(|error| reader.problem(node.at, error.to_string())).ok()?;
    Some(Module {
        id: id?,
        family: head.family,
        version: version?.to_string(),
        kind,
        name: name?,
        description,
        variants,
        depends_on,
        provides,
        toggled_by,
        parameters,
        digest,
        place: (reader.file().to_owned(), node.at),
    })
}

/// A module id without its prefix.
pub(super) fn module_id(text: &str) -> Result<ModuleId, String> {
    if text.starts_with(PREFIX) {
        return Err(format!("leave `{PREFIX}` out of `{text}`"));
    }
    ModuleId::parse(&format!("{PREFIX}{text}")).map_err(|error| error.to_string())
}

fn dependencies(reader: &mut Reader<'_>, map: Map<'_>) -> Vec<(ModuleId, Requirement)> {
    let inner = map.get("depends_on").and_then(|node| reader.map(node, None));
    let entries = inner.map(|inner| inner.entries()).unwrap_or_default();
    let mut all = Vec::new();
    for (name, at, node) in entries {
        let id = module_id(name).map_err(|error| reader.problem(*at, error)).ok();
        let requirement = reader.parse_as(node, Requirement::parse);
        all.extend(id.zip(requirement));
    }
    all
}

fn provides(reader: &mut Reader<'_>, map: Map<'_>) -> Vec<Interface> {
    let items = map.get("provides").and_then(|node| reader.sequence(node)).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let map = reader.map(item, Some(&["interface", "by", "description"]))?;
            let by = reader.list_as(map, "by", Provider::parse);
            Some(Interface { id: reader.need_text(map, "interface")?, by })
        })
        .collect()
}
