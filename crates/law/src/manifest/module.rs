//! Modules: the named, versioned parts a profile is put together from.

use std::collections::BTreeMap;

use canon::{Digest, ModuleId};

use super::{document, version};
use crate::files::Problems;
use crate::yaml::{Map, Node, Reader, one_of};

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

const TYPES: [&str; 10] = [
    "string",
    "integer",
    "number",
    "boolean",
    "enum",
    "object",
    "array",
    "duration",
    "money",
    "jurisdiction_ref",
];

/// A parameter a module takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleParameter {
    /// One of the ten parameter types.
    pub kind: String,
    /// Its default, as text.
    pub default: Option<String>,
    /// Whether a profile must set it.
    pub required: bool,
    /// The values admitted, when closed.
    pub values: Vec<String>,
}

/// A module under `modules/<short>/module.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its full id.
    pub id: ModuleId,
    /// `MAJOR.MINOR.PATCH`.
    pub version: String,
    /// One of the 19 kinds.
    pub kind: String,
    /// One sentence.
    pub description: String,
    /// Its variants; at least one.
    pub variants: Vec<String>,
    /// Modules it needs beside it, with their versions.
    pub depends_on: Vec<(ModuleId, String)>,
    /// Interfaces it provides.
    pub provides: Vec<String>,
    /// Its parameters.
    pub parameters: BTreeMap<String, ModuleParameter>,
    /// SHA-256 of the canonical model of the file.
    pub digest: Digest,
}

impl Module {
    /// Read a module.
    ///
    /// # Errors
    /// Everything wrong with the file.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let (module, digest) = document(path, bytes, read)?;
        Ok(Self { digest, ..module })
    }
}

fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Module> {
    const KEYS: [&str; 10] = [
        "module_id",
        "version",
        "kind",
        "name",
        "description",
        "license",
        "variants",
        "depends_on",
        "provides",
        "parameters",
    ];
    let map = reader.map(node, Some(&KEYS))?;
    let id = reader.need_as(map, "module_id", ModuleId::parse);
    let version_of = reader.need_as(map, "version", version);
    let kind = reader.need_as(map, "kind", closed("module kind", &KINDS));
    let description = reader.need_text(map, "description");
    let variants = reader.texts(map, "variants");
    if variants.is_empty() {
        reader.problem(map.at, "a module needs at least one of `variants`");
    }
    let depends_on = dependencies(reader, map);
    let provides = provides(reader, map);
    let parameters = parameters(reader, map);
    Some(Module {
        id: id?,
        version: version_of?,
        kind: kind?,
        description: description?,
        variants,
        depends_on,
        provides,
        parameters,
        digest: Digest::from_bytes([0; 32]),
    })
}

fn closed(
    what: &'static str,
    known: &'static [&'static str],
) -> impl Fn(&str) -> Result<String, String> {
    one_of(what, move |text| known.contains(&text).then(|| text.to_owned()), known.to_vec())
}

fn dependencies(reader: &mut Reader<'_>, map: Map<'_>) -> Vec<(ModuleId, String)> {
    let items = map.get("depends_on").and_then(|node| reader.sequence(node)).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let map = reader.map(item, Some(&["module_id", "version"]))?;
            let id = reader.need_as(map, "module_id", ModuleId::parse);
            Some((id?, reader.need_as(map, "version", version)?))
        })
        .collect()
}

fn provides(reader: &mut Reader<'_>, map: Map<'_>) -> Vec<String> {
    let items = map.get("provides").and_then(|node| reader.sequence(node)).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let map = reader.map(item, Some(&["interface", "path", "description"]))?;
            reader.need_text(map, "interface")
        })
        .collect()
}

fn parameters(reader: &mut Reader<'_>, map: Map<'_>) -> BTreeMap<String, ModuleParameter> {
    let inner = map.get("parameters").and_then(|node| reader.map(node, None));
    let entries = inner.map(|inner| inner.entries()).unwrap_or_default();
    entries
        .iter()
        .filter_map(|(name, _, node)| {
            const KEYS: [&str; 5] = ["type", "default", "description", "required", "values"];
            let map = reader.map(node, Some(&KEYS))?;
            let kind = reader.need_as(map, "type", closed("parameter type", &TYPES))?;
            let default = reader.maybe_text(map, "default");
            let required = map.get("required").and_then(|n| reader.bool(n)).unwrap_or(false);
            let values = reader.texts(map, "values");
            Some((name.clone(), ModuleParameter { kind, default, required, values }))
        })
        .collect()
}
