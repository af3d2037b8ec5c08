//! The content a zone was installed with: packs out of the artifact store by the digest the lock
//! names, everything else from its own folder.
//!
//! A pack's artifact holds the model of each of its files with every scalar as text. It is written
//! back as flow-style YAML, with integers, booleans, dates and times plain, which reads to the same
//! model; the digest taken of what was loaded is compared with the lock by whoever pins it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use canon::{Date, PackId, Timestamp};
use law::{Files, Lock, Memory};
use serde_json::Value;

use super::{Folder, PACK_TYPE, ZoneDir, read};

/// The installed content of a zone.
pub(crate) struct Installed<'a> {
    dir: &'a ZoneDir,
    lock: &'a Lock,
    rest: Folder,
    packs: RefCell<BTreeMap<String, Memory>>,
}

impl<'a> Installed<'a> {
    /// The content under a zone's folder, as locked.
    pub(crate) fn open(dir: &'a ZoneDir, lock: &'a Lock) -> Self {
        let rest = Folder(dir.content());
        Self { dir, lock, rest, packs: RefCell::new(BTreeMap::new()) }
    }

    /// Run `ask` on the files of a pack; `None` when the lock names no such pack.
    fn pack<T>(&self, id: &str, ask: impl FnOnce(&Memory) -> T) -> Result<Option<T>, String> {
        if let Some(known) = self.packs.borrow().get(id) {
            return Ok(Some(ask(known)));
        }
        let digest = PackId::parse(id).ok().and_then(|id| self.lock.pack_digest(&id));
        let Some(digest) = digest else { return Ok(None) };
        let bytes = read(&self.dir.artifact(PACK_TYPE, digest)).map_err(|e| e.to_string())?;
        let document = canon::parse_value(&bytes).map_err(|e| e.to_string())?;
        let files = files_of(id, &document)?;
        let answer = ask(&files);
        self.packs.borrow_mut().insert(id.to_owned(), files);
        Ok(Some(answer))
    }
}

impl Files for Installed<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let Some(inner) = path.strip_prefix("packs/") else { return self.rest.read(path) };
        let id = inner.split('/').next().unwrap_or_default();
        Ok(self.pack(id, |files| files.read(path))?.transpose()?.flatten())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        let Some(inner) = folder.strip_prefix("packs/") else { return self.rest.list(folder) };
        let id = inner.split('/').next().unwrap_or_default();
        Ok(self.pack(id, |files| files.list(folder))?.transpose()?.unwrap_or_default())
    }
}

/// The files of a `MEZPack` document.
fn files_of(id: &str, document: &Value) -> Result<Memory, String> {
    let files = document.get("files").and_then(Value::as_object);
    let files = files.ok_or_else(|| format!("the artifact of pack `{id}` holds no files"))?;
    let mut memory = Memory::default();
    for (name, model) in files {
        let mut text = String::new();
        yaml(model, &mut text);
        memory.0.insert(format!("packs/{id}/{name}"), text.into_bytes());
    }
    Ok(memory)
}

/// A model as flow-style YAML, one item a line.
fn yaml(model: &Value, out: &mut String) {
    match model {
        Value::Array(items) => {
            out.push_str("[\n");
            for item in items {
                yaml(item, out);
                out.push_str(",\n");
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push_str("{\n");
            for (key, value) in members {
                out.push_str(&Value::String(key.clone()).to_string());
                out.push_str(": ");
                yaml(value, out);
                out.push_str(",\n");
            }
            out.push('}');
        }
        Value::String(text) if is_plain(text) => out.push_str(text),
        other => out.push_str(&other.to_string()),
    }
}

/// Text whose reader asks for it without quotes, and that means the same without.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let integer = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    integer
        || matches!(text, "true" | "false")
        || Date::parse(text).is_ok()
        || Timestamp::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use law::Pack;

    use super::*;

    #[test]
    fn every_pack_reads_back_from_its_artifact_with_the_same_digest() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let source = Folder(root.into());
        let ids = source.list("packs").unwrap();
        assert!(ids.len() > 3);
        let mut all = Memory::default();
        let mut expected = Vec::new();
        for id in &ids {
            let pack = Pack::load(&source, &PackId::parse(id).unwrap()).unwrap();
            let files = files_of(id, &pack.artifact().value()).unwrap();
            all.0.extend(files.0);
            expected.push((pack.id().clone(), pack.digest()));
        }
        for (id, digest) in expected {
            assert_eq!(Pack::load(&all, &id).unwrap().digest(), digest, "{id}");
        }
    }
}
