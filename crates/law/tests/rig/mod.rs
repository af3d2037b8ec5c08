//! The content folders of the checkout, read into memory, and a formation to judge.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod cases;

use std::collections::BTreeMap;
use std::path::Path;

use law::Memory;

fn walk(root: &Path, folder: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, out);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            out.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// `packs/ profiles/ zones/ modules/ corridors/ overlays/` of the checkout, and a profile `plain`: the
/// financial center without extra evidence.
pub fn content() -> Memory {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = BTreeMap::new();
    for folder in ["packs", "profiles", "zones", "modules", "corridors", "overlays"] {
        walk(&root, &root.join(folder), &mut files);
    }
    let center = files["profiles/digital-financial-center/profile.yaml"].clone();
    let center = String::from_utf8(center).unwrap();
    let lines =
        center.lines().filter(|line| !line.starts_with("extra_") && !line.starts_with("aliases"));
    let plain: Vec<String> = lines
        .map(|line| line.replace("profile.digital-financial-center", "profile.plain"))
        .collect();
    files.insert("profiles/plain/profile.yaml".into(), plain.join("\n").into());
    Memory(files)
}

/// Facts of a formation that every zone of the main job admits.
pub fn formation(jurisdiction: &str) -> law::Facts {
    use law::{Facts, Provenance, Source, Value};
    let mut facts = Facts::new();
    let from = |source| Provenance::new(source, canon::Digest::of_blob(b"test"));
    let all: [(&str, Value, Source); 11] = [
        ("entity.type", "private-company".into(), Source::Registry),
        ("entity.name", "Indus Weave".into(), Source::Registry),
        ("entity.activity", "software".into(), Source::Registry),
        ("entity.jurisdiction", jurisdiction.into(), Source::Registry),
        ("entity.registered_office", true.into(), Source::Registry),
        ("owner.count", 2.into(), Source::Credential),
        ("owner.identified", true.into(), Source::Credential),
        ("owner.percent_total_bp", 10_000.into(), Source::Credential),
        ("owner.natural_persons", true.into(), Source::Credential),
        ("screening.clear", true.into(), Source::Screening),
        ("screening.list_age_days", 3.into(), Source::Screening),
    ];
    for (name, value, source) in all {
        facts.state(name, value, from(source)).unwrap();
    }
    facts
}

/// A file of the facts this house was built from, beside the checkout.
pub fn shared(path: &str) -> serde_json::Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    serde_json::from_slice(&std::fs::read(root.join(path)).unwrap()).unwrap()
}
