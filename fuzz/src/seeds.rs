//! Seeds: every text and every object of the golden vectors, and the kept inputs of a target.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Longest seed: what is larger makes every round slow and finds nothing more.
const SEED_BYTES_MAX: usize = 16 * 1024;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every text, object and decoded `…_hex` of the golden vectors, the manifests of a zone, and a small pack.
///
/// # Errors
/// A vector that cannot be read.
pub fn golden() -> io::Result<Vec<Vec<u8>>> {
    let mut seeds = BTreeSet::new();
    for entry in fs::read_dir(root().join("vectors"))? {
        let document: Value = serde_json::from_slice(&fs::read(entry?.path())?)?;
        gather(&document, &mut seeds);
    }
    for folder in ["zones", "profiles", "corridors", "packs/sandbox"] {
        files(&root().join(folder), &mut seeds)?;
    }
    Ok(seeds.into_iter().filter(|seed| seed.len() <= SEED_BYTES_MAX).collect())
}

/// The kept inputs of one target: `corpus/TARGET/*`.
///
/// # Errors
/// A file that cannot be read.
pub fn kept(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let mut seeds = BTreeSet::new();
    let folder = root().join("fuzz/corpus").join(target);
    if folder.is_dir() {
        files(&folder, &mut seeds)?;
    }
    Ok(seeds.into_iter().collect())
}

fn gather(value: &Value, seeds: &mut BTreeSet<Vec<u8>>) {
    match value {
        Value::String(text) => {
            seeds.insert(text.as_bytes().to_vec());
            seeds.extend(bytes_of_hex(text));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, seeds)),
        Value::Object(members) => {
            seeds.insert(value.to_string().into_bytes());
            members.values().for_each(|member| gather(member, seeds));
        }
        _ => {}
    }
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

fn files(folder: &Path, seeds: &mut BTreeSet<Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, seeds)?;
        } else {
            seeds.insert(fs::read(path)?);
        }
    }
    Ok(())
}
