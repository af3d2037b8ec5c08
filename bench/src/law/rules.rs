//! A full pack over one case: the verdict of 20 domains, beside the record of the same evaluation with
//! every explanation and commitment written out; and a stored decision made again, byte for byte.

use std::collections::BTreeMap;
use std::path::Path;

use canon::{Date, Digest, JurisdictionId, Realm, Timestamp};
use law::manifest::{Catalog, Stack};
use law::{
    Case, Facts, Kind, Lock, Memory, Provenance, Rulebook, Source, Stored, Type, Value, evaluate,
    known, verdict,
};
use serde_json::json;

use crate::harness::{Bench, Reach, Row};

/// Where the content is read.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn walk(folder: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("content").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, out);
        } else {
            let name = path.strip_prefix(ROOT).expect("within").to_str().expect("utf-8").to_owned();
            out.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
}

fn content() -> Memory {
    let mut files = BTreeMap::new();
    for folder in ["packs", "profiles", "zones", "modules", "corridors"] {
        walk(&Path::new(ROOT).join(folder), &mut files);
    }
    Memory(files)
}

/// Something is known under every name, so that no condition ends early.
fn facts(as_of: Date) -> Facts {
    let mut facts = Facts::new();
    for fact in known() {
        let value = match fact.kind {
            Type::Bool => Value::Bool(true),
            Type::Int => Value::Int(3),
            Type::Text => Value::from(fact.one_of.first().copied().unwrap_or("software")),
            Type::Date => Value::Date(as_of),
            Type::Texts => Value::set(["software".to_owned()]),
            Type::Money | Type::Ints | Type::Brackets => continue,
        };
        let source = match fact.name.split('.').next() {
            Some("screening") => Source::Screening,
            Some("evidence") => Source::Credential,
            _ => Source::Registry,
        };
        let mut provenance = Provenance::new(source, Digest::of_blob(fact.name.as_bytes()));
        if source == Source::Credential {
            // Credentials end.
            provenance =
                provenance.until(Timestamp::parse("2027-06-01T00:00:00Z").expect("a moment"));
        }
        // The vocabulary is larger than a case may be: the rest stays missing.
        let _ = facts.state(&fact.name, value, provenance);
    }
    facts
}

/// The zones measured: the one with the most rules of its own, and the one that stands highest.
const ZONES: [&str; 2] = ["sg", "ae-dubai-difc"];

/// The transition that the most rules of a jurisdiction and what it stands on decide.
fn fullest(book: &Rulebook, place: &JurisdictionId, as_of: Date) -> Case {
    let case = |kind: Kind| Case {
        kind,
        jurisdictions: vec![place.clone()],
        as_of,
        known_at: Timestamp::parse("2026-11-20T12:00:00Z").expect("a moment"),
        facts: facts(as_of),
        there: None,
    };
    let cases = Kind::ALL.into_iter().map(case);
    cases.max_by_key(|case| verdict(book, case).told.len()).expect("a kind")
}

fn measured(bench: &Bench, zone: &str, files: &Memory) -> [Row; 2] {
    let stack = Stack::named(&Catalog::new(files), zone, None).expect("a zone");
    let book = Lock::of(&stack).pin(stack).expect("pinned").rulebook(Realm::Sandbox, Vec::new());
    let book = &book.expect("a rulebook");
    let place = JurisdictionId::parse(zone).expect("a jurisdiction");
    let case = fullest(book, &place, Date::parse("2026-11-20").expect("a date"));
    let (quick, record) = (verdict(book, &case), evaluate(book, &case));
    assert!(record.cells.iter().map(|cell| cell.state).eq(quick.states), "one walk, one answer");
    let (kind, rules) = (case.kind, quick.told.len());
    let stored = json!({ "decision": record.document(), "facts": case.facts });
    let stored = Stored::read(&stored).expect("a stored decision");
    assert!(stored.replay(book).identical, "the same bytes again");
    let one = bench.short(
        &format!("verdict of 20 domains, {rules} rules of {zone} for {kind}, beside its record"),
        1,
        Reach::Nanos(20_000.0),
        || verdict(book, &case).states,
        || evaluate(book, &case).cells.len(),
    );
    let again = bench.short(
        &format!("stored decision of {rules} rules made again, beside reading it"),
        1,
        Reach::Open,
        || stored.replay(book).identical,
        || law::Decision::parse(&stored.record).is_ok(),
    );
    [one, again]
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let files = content();
    ZONES.iter().flat_map(|zone| measured(bench, zone, &files)).collect()
}
