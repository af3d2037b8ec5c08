//! A pack that travels, read from a file or a folder, whatever its kind.

use std::collections::BTreeMap;
use std::path::Path;

use canon::{Canonical, Date, Digest, PackId};
use law::lawpack::{Head, Lawpack};
use law::records::Part;
use law::statement::{PackKind, Statement};
use serde_json::{Map, Value, json};

use crate::cli::{Exit, Failure, file, lawpack};

/// Largest part, in bytes.
const PART_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The type of what zones decide by, as `mez regpack build --store` keeps it.
const RULES_TYPE: &str = "MEZPack";

/// What is expected to be read.
#[derive(Clone, Copy)]
pub(crate) enum Sort {
    /// A part of a pack in a file; among regpacks, the rules of a jurisdiction too.
    Part(Part),
    /// A folder of texts.
    Lawpack,
}

/// What was read.
pub(crate) struct Held {
    pub(crate) statement: Statement,
    /// The whole of it as a tree of records.
    pub(crate) tree: Value,
    pub(crate) records: BTreeMap<String, Digest>,
}

impl Held {
    pub(crate) fn digest(&self) -> Digest {
        self.statement.pack_digest_sha256
    }
}

/// What cannot be read as that kind of pack.
pub(super) fn refused(kind: &str, what: &str, error: &dyn std::error::Error) -> Failure {
    let what = format!("`{what}` is no {kind}");
    Failure::new(Exit::Invalid, "part", what, "spec/packs.md says what it holds").because(error)
}

impl Sort {
    const fn name(self) -> &'static str {
        match self {
            Self::Part(part) => part.name(),
            Self::Lawpack => "lawpack",
        }
    }

    /// Reads and checks one.
    pub(crate) fn read(self, path: &Path) -> Result<Held, Failure> {
        let shown = path.display().to_string();
        let Self::Part(part) = self else { return of_lawpack(&lawpack::read(path)?, &shown) };
        let bytes = file::read_up_to(path, PART_BYTES_MAX)?;
        if let Some(held) = rules(&bytes).filter(|_| matches!(part, Part::Regpack)) {
            return Ok(held);
        }
        let held = part.read(&bytes).map_err(|error| refused(part.name(), &shown, &error))?;
        let law::records::Held { document, statement, records } = held;
        Ok(Held { statement, tree: document, records })
    }

    /// Checks a tree and gives the files it is written as; a single one has no name.
    pub(super) fn made(self, tree: &Value) -> Result<(Held, BTreeMap<String, Vec<u8>>), Failure> {
        let wrong = |error: &dyn std::error::Error| refused(self.name(), "what came out", error);
        let Self::Part(part) = self else {
            let pack = lawpack_of(tree).map_err(|error| {
                Failure::new(Exit::Invalid, "part", error, "ask for the newer lawpack as a whole")
            })?;
            return Ok((of_lawpack(&pack, "what came out")?, pack.files()));
        };
        let made = Canonical::of_value(tree).map_err(|error| wrong(&error))?;
        let files = [(String::new(), made.bytes().to_vec())].into();
        if let Some(held) = rules(made.bytes()).filter(|_| matches!(part, Part::Regpack)) {
            return Ok((held, files));
        }
        let held = part.read(made.bytes()).map_err(|error| wrong(&error))?;
        let law::records::Held { document, statement, records } = held;
        Ok((Held { statement, tree: document, records }, files))
    }
}

/// The rules of a jurisdiction, as they are stored for zones.
fn rules(bytes: &[u8]) -> Option<Held> {
    let canonical = Canonical::exact(bytes).ok()?;
    let tree = canonical.value();
    if tree.get("type")?.as_str()? != RULES_TYPE {
        return None;
    }
    let head = tree.pointer("/files/pack.yaml")?;
    let text = |key: &str| head.get(key).and_then(Value::as_str);
    let version = text("version")?.parse().ok()?;
    let as_of = Date::parse(text("as_of")?).ok()?;
    let id = PackId::parse(tree.get("pack")?.as_str()?).ok()?;
    let dated = (as_of, canonical.digest());
    let statement = Statement::new(PackKind::Rules, id, Some(version), dated);
    let mut records = BTreeMap::new();
    for (name, model) in tree.get("files")?.as_object()? {
        let lists = model.as_object().into_iter().flatten().filter_map(|(_, list)| list.as_array());
        for row in lists.flatten() {
            let id = row.get("id").or_else(|| row.get("name")).and_then(Value::as_str);
            let record = format!("{name}#{}", id.unwrap_or_default());
            records.insert(record, Canonical::of_value(row).ok()?.digest());
        }
    }
    Some(Held { statement, tree, records })
}

fn of_lawpack(pack: &Lawpack, shown: &str) -> Result<Held, Failure> {
    let statement =
        Statement::of_lawpack(pack).map_err(|error| refused("lawpack", shown, &error))?;
    let mut texts = Map::new();
    let mut records = BTreeMap::new();
    for (path, bytes) in pack.files() {
        if path.starts_with("akn/") {
            records.insert(path.clone(), Digest::of_blob(&bytes));
            texts.insert(path, Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    let tree = json!({"head": pack.head(), "texts": texts});
    Ok(Held { statement, tree, records })
}

fn lawpack_of(tree: &Value) -> Result<Lawpack, String> {
    let head = tree.get("head").cloned().unwrap_or_default();
    let head: Head = serde_json::from_value(head).map_err(|error| error.to_string())?;
    let texts = tree.get("texts").and_then(Value::as_object).into_iter().flatten();
    let texts = texts
        .map(|(path, text)| (path.clone(), text.as_str().unwrap_or_default().as_bytes().to_vec()));
    Lawpack::of_texts(head, texts.collect()).map_err(|error| error.to_string())
}
