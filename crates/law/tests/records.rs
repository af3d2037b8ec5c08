//! Every byte of a record counts, every rule file is needed: over all packs of this checkout.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

use std::collections::BTreeSet;

use canon::{Canonical, Digest, JurisdictionId, PackId, Realm};
use law::lawpack::Lawpack;
use law::manifest::{Catalog, Stack};
use law::records::Part;
use law::{
    Case, Decision, Domain, Files, Lock, Memory, Pack, Rulebook, SANDBOX, State, evaluate,
    load_packs, situations,
};
use serde_json::{Value, json};

/// Most cases judged again for one deleted file; the choice is the same on every run.
const CASES_MAX: usize = 8;

fn book(files: &Memory, zone: &str) -> Rulebook {
    let stack = Stack::named(&Catalog::new(files), zone, Some("plain")).unwrap();
    Lock::of(&stack).pin(stack).unwrap().rulebook(Realm::Sandbox, Vec::new()).unwrap()
}

/// The tests of a pack as cases of a zone that stands on it.
fn cases(files: &Memory, pack: &PackId, zone: &str) -> Vec<Case> {
    let here = vec![JurisdictionId::parse(zone).unwrap()];
    let found = situations(files, pack).unwrap().into_iter();
    found.map(|(_, told)| Case { jurisdictions: here.clone(), ..told.case }).collect()
}

/// Whether a rule of the pack spoke in a domain of a decision and was counted.
fn served(decision: &Decision, pack: &PackId, domain: Domain) -> bool {
    decision.cell(domain).unwrap().rows.iter().any(|row| {
        row.counted && row.cited.as_ref().and_then(|cited| cited.pack.as_ref()) == Some(pack)
    })
}

/// Delete each rule file of the law of a zone, its hosts' among them; how many there were.
fn deleted(files: &Memory, zone: &str) -> usize {
    let before = book(files, zone);
    let mut deleted = 0;
    for pack in before.packs() {
        let judged: Vec<(Case, Decision)> = cases(files, pack.id(), zone)
            .into_iter()
            .map(|case| (case.clone(), evaluate(&before, &case)))
            .collect();
        for domain in Domain::ALL {
            let mut without = files.clone();
            let path = format!("packs/{}/rules/{domain}.yaml", pack.id());
            if without.0.remove(&path).is_none() {
                continue;
            }
            deleted += 1;
            let after = book(&without, zone);
            let spoke = judged.iter().filter(|(_, said)| served(said, pack.id(), domain));
            for (case, said) in spoke.take(CASES_MAX) {
                let now = evaluate(&after, case);
                let state = now.cell(domain).unwrap().state;
                let told = format!("{zone} without {path}: {} is {state}", case.kind);
                assert!(matches!(state, State::Pending | State::NonCompliant), "{told}");
                assert!(law::blocking(&now).contains(&domain), "{told}");
                for other in Domain::ALL.into_iter().filter(|other| *other != domain) {
                    assert_eq!(now.cell(other).unwrap().state, said.cell(other).unwrap().state);
                }
            }
        }
    }
    deleted
}

/// Whatever a rule file passed, refused or took out of reach refuses once the file is gone.
#[test]
fn what_a_deleted_rule_file_served_refuses() {
    let files = rig::content();
    let zones = files.list("zones").unwrap();
    let packs = files.list("packs").unwrap();
    let zones: Vec<&String> = zones.iter().filter(|zone| packs.contains(zone)).collect();
    let found: Vec<usize> = std::thread::scope(|scope| {
        let running: Vec<_> =
            zones.iter().map(|zone| scope.spawn(|| deleted(&files, zone))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(found.iter().all(|deleted| *deleted >= 20), "{found:?}");
}

/// Every text, number and truth of a document, changed one at a time.
fn mutations(value: &Value) -> Vec<Value> {
    let within = |key: Option<&str>, inner: &Value, at: usize| -> Vec<Value> {
        mutations(inner)
            .into_iter()
            .map(|inner| {
                let mut changed = value.clone();
                match (key, &mut changed) {
                    (Some(key), Value::Object(members)) => {
                        members.insert(key.to_owned(), inner);
                    }
                    (_, Value::Array(items)) => items[at] = inner,
                    _ => panic!("a member of nothing"),
                }
                changed
            })
            .collect()
    };
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(key, inner)| within(Some(key), inner, 0)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(at, inner)| within(None, inner, at)).collect()
        }
        Value::String(text) => vec![json!(format!("{text}~"))],
        Value::Bool(truth) => vec![json!(!truth)],
        Value::Number(number) => vec![json!(number.as_i64().unwrap() + 1)],
        Value::Null => vec![json!("~")],
    }
}

/// The digest of a regpack and of a licensepack is that of its bytes, and of each record by itself:
/// nothing of a record can change without its own digest changing, and no two changes meet.
#[test]
fn every_field_of_every_record_is_under_the_digest() {
    let files = rig::content();
    let mut changed = 0;
    for pack in load_packs(&files).unwrap() {
        for part in [Part::Regpack, Part::Licensepack] {
            let whole = part.of(&pack).unwrap().value();
            for (table, rows) in whole["tables"].as_object().unwrap() {
                for row in rows.as_array().unwrap() {
                    let mut seen = BTreeSet::from([Canonical::of_value(row).unwrap().digest()]);
                    for other in mutations(row) {
                        let digest = Canonical::of_value(&other).unwrap().digest();
                        assert!(seen.insert(digest), "{} {table}: {other}", pack.id());
                        changed += 1;
                    }
                }
            }
        }
    }
    assert!(changed >= 1_000, "{changed}");
}

/// Any byte of a part, changed, is another digest or no part at all.
#[test]
fn every_byte_of_a_part_is_under_its_digest() {
    let files = rig::content();
    for name in ["sg", "ae-abudhabi-adgm"] {
        let pack = Pack::load(&files, &PackId::parse(name).unwrap()).unwrap();
        for part in [Part::Regpack, Part::Licensepack] {
            let made = part.of(&pack).unwrap();
            let mut bytes = made.bytes().to_vec();
            for at in (0..bytes.len()).step_by(bytes.len() / 300 + 1) {
                let kept = bytes[at];
                bytes[at] ^= 1;
                assert_ne!(Digest::of_blob(&bytes), made.digest(), "{name} byte {at}");
                bytes[at] = kept;
            }
        }
    }
}

/// A lawpack of structure: every byte of every file is under its digest, and the file that states
/// the digest is judged against it.
#[test]
fn every_byte_of_a_lawpack_is_under_its_digest() {
    let files = rig::content();
    let packs = load_packs(&files).unwrap();
    for pack in packs.iter().filter(|pack| pack.id().as_str() != SANDBOX) {
        let whole = Lawpack::of_pack(pack).unwrap();
        let kept = whole.files();
        assert_eq!(Lawpack::read(kept.clone()).unwrap().digest(), whole.digest());
        for (path, bytes) in &kept {
            // Both ends, and a walk through the middle.
            let step = bytes.len() / 5 + 1;
            for at in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
                let mut other = kept.clone();
                let file = other.get_mut(path).unwrap();
                file[at] ^= 1;
                if let Ok(read) = Lawpack::read(other) {
                    // Only white space around the stated digest may differ.
                    assert_eq!((path.as_str(), read.digest()), ("digest.sha256", whole.digest()));
                }
            }
        }
    }
}

/// A record of the packs' own files: rules, parameters, deadlines, licenses, regulators, calendars,
/// lists; prose and tests are not under the digest.
#[test]
fn each_changed_file_of_a_pack_is_another_pack_and_prose_is_not() {
    let files = rig::content();
    for pack in load_packs(&files).unwrap() {
        let folder = format!("packs/{}/", pack.id());
        for (path, bytes) in files.0.iter().filter(|(path, _)| path.starts_with(&folder)) {
            let name = path.strip_prefix(&folder).unwrap();
            let prose = name.starts_with("tests/") || name.ends_with(".md");
            let Ok(text) = std::str::from_utf8(bytes) else { continue };
            let Some(changed) = touched(text, prose) else { continue };
            let mut other: Memory = files.clone();
            other.0.insert(path.clone(), changed.into_bytes());
            match Pack::load(&other, pack.id()) {
                Ok(read) if prose => assert_eq!(read.digest(), pack.digest(), "{path}"),
                Ok(read) => assert_ne!(read.digest(), pack.digest(), "{path}"),
                Err(_) => assert!(!prose, "{path}"),
            }
        }
    }
}

/// A text with one letter more in its last quoted sentence; prose with one line more.
fn touched(text: &str, prose: bool) -> Option<String> {
    if prose {
        return Some(format!("{text}\n# a line more\n"));
    }
    let end = text.rfind('"')?;
    Some(format!("{}x{}", &text[..end], &text[end..]))
}
