//! A full pack over one case: the verdict of 20 domains, beside the record of the same evaluation with
//! every explanation and commitment written out.

use std::collections::BTreeMap;
use std::path::Path;

use canon::{Date, Digest, JurisdictionId, Realm, Timestamp};
use law::manifest::{Catalog, Stack};
use law::{
    Case, Facts, Kind, Lock, Memory, Provenance, Rulebook, Source, Type, Value, evaluate, known,
    verdict,
};

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
        let provenance = Provenance::new(source, Digest::of_blob(fact.name.as_bytes()));
        // The vocabulary is larger than a case may be: the rest stays missing.
        let _ = facts.state(&fact.name, value, provenance);
    }
    facts
}

/// The jurisdiction with the most rules for a formation.
fn fullest(book: &Rulebook, as_of: Date) -> (JurisdictionId, usize) {
    let reaching = |place: &JurisdictionId| {
        let pack = book.packs().find(|pack| pack.jurisdiction() == Some(place));
        let rules = pack.map(|pack| pack.rules()).unwrap_or_default();
        rules.iter().filter(|rule| rule.reaches(Kind::EntityForm, as_of)).count()
    };
    let places = book.jurisdictions().map(|place| (place.clone(), reaching(place)));
    places.max_by_key(|(_, rules)| *rules).expect("a pack")
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let files = content();
    let as_of = Date::parse("2026-11-20").expect("a date");
    let catalog = &Catalog::new(&files);
    let zones = ["sg", "pk-sifc", "ae-abudhabi-adgm"].into_iter();
    let books = zones.map(|zone| {
        let stack = Stack::named(catalog, zone, None).expect("a zone");
        Lock::of(&stack).pin(stack).expect("pinned").rulebook(Realm::Sandbox, Vec::new())
    });
    let books: Vec<Rulebook> = books.map(|book| book.expect("a rulebook")).collect();
    let fullest = books.iter().map(|book| (fullest(book, as_of), book));
    let ((place, _), book) = fullest.max_by_key(|((_, rules), _)| *rules).expect("one");
    let case = Case {
        kind: Kind::EntityForm,
        jurisdictions: vec![place.clone()],
        as_of,
        known_at: Timestamp::parse("2026-11-20T12:00:00Z").expect("a moment"),
        facts: facts(as_of),
    };
    let (quick, record) = (verdict(book, &case), evaluate(book, &case));
    assert!(record.cells.iter().map(|cell| cell.state).eq(quick.states), "one walk, one answer");
    let unit = format!(
        "verdict of 20 domains, {} rules of {place} over a formation, beside its record",
        quick.told.len()
    );
    vec![bench.short(
        &unit,
        1,
        Reach::Nanos(20_000.0),
        || verdict(book, &case).states,
        || evaluate(book, &case).cells.len(),
    )]
}
