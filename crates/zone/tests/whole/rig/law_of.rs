//! The real packs of this checkout, under one profile, with a small list of made-up names.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use canon::{JurisdictionId, Realm, Timestamp};
use corridor::handshake::PinnedPack;
use law::manifest::{Catalog, PinnedStack, Stack, Zone};
use law::sanctions::{Entry, List, Name, Screener, Strength, SubjectKind, Thresholds};
use law::{Lock, Memory, Rulebook, ScreeningPolicy};
use zone::LawLoaded;

use super::BEGIN;

/// Listed everywhere; no person of this name is known to anybody.
pub const LISTED: &str = "Zebulon Quarrendyne Vorsk";
/// An alias of the same.
pub const LISTED_ALIAS: &str = "Zeb Quarrendine-Vorsk";
/// Near in parts, not listed.
pub const NEAR_MISS: &str = "Quentin Zebedee Marlowe";

/// The zones of these tests, each of which holds the law of the others.
const NAMES: [&str; 3] = ["ae-abudhabi-adgm", "pk-sifc", "sg"];

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

fn content() -> &'static Memory {
    static CONTENT: OnceLock<Memory> = OnceLock::new();
    CONTENT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut files = BTreeMap::new();
        for folder in ["packs", "profiles", "zones", "modules", "corridors"] {
            walk(&root, &root.join(folder), &mut files);
        }
        Memory(files)
    })
}

fn stack(zone: &str, profile: &str) -> (PinnedStack, canon::Digest) {
    type Known = BTreeMap<(String, String), (PinnedStack, canon::Digest)>;
    static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap();
    let key = (zone.to_owned(), profile.to_owned());
    let found = known.entry(key).or_insert_with(|| {
        let catalog = Catalog::new(content());
        let mut zone = Stack::named(&catalog, zone, Some(profile)).unwrap().zone;
        let others = NAMES.iter().filter(|name| **name != zone.jurisdiction.as_str());
        zone.peers = others.map(|name| JurisdictionId::parse(name).unwrap()).collect();
        let zone = Zone::parse("zone.yaml", zone.to_yaml().as_bytes()).unwrap();
        let stack = Stack::resolve(&catalog, zone).unwrap();
        let lock = Lock::of(&stack);
        (lock.pin(stack).unwrap(), lock.record().unwrap().digest())
    });
    found.clone()
}

/// A list of made-up people; `more` are listed in one zone only.
pub fn list(more: &[&str]) -> List {
    let name = |text: &str, strength| Name { text: text.into(), strength };
    let entry = |id: &str, names: Vec<Name>| Entry {
        id: id.into(),
        kind: SubjectKind::Person,
        names: names.into(),
        identifiers: Box::default(),
        programs: Box::default(),
        reference: Some("a list of this test".into()),
        births: Box::default(),
        nationalities: Box::default(),
        addresses: Box::default(),
    };
    let mut entries = vec![entry(
        "test-1",
        vec![name(LISTED, Strength::Primary), name(LISTED_ALIAS, Strength::Strong)],
    )];
    for (n, text) in more.iter().enumerate() {
        entries.push(entry(&format!("test-more-{n}"), vec![name(text, Strength::Primary)]));
    }
    let published = Timestamp::parse(BEGIN).unwrap().date();
    List::new("test-list", "A list of this test", Some(published), entries).unwrap()
}

/// The law of a zone; age of lists unbounded, as a sandbox zone may have it.
pub fn loaded(zone: &str, profile: &str, realm: Realm, more: &[&str]) -> LawLoaded {
    let (stack, lock_sha256) = stack(zone, profile);
    let list = list(more);
    let sandboxed = realm == Realm::Sandbox;
    let max_list_age_days = if sandboxed { None } else { Some(7) };
    let screening = ScreeningPolicy { max_list_age_days, lists: vec![list.digest()] };
    let sandbox = stack.sandbox().cloned().filter(|_| sandboxed);
    let packs = stack.packs().to_vec();
    let rulebook = Rulebook::of(realm, packs, sandbox, stack.profile().evidence(), screening);
    let pinned = stack.packs().iter().filter_map(|pack| {
        let jurisdiction_id = pack.jurisdiction()?.clone();
        Some(PinnedPack { jurisdiction_id, lawpack_digest_sha256: pack.digest() })
    });
    LawLoaded {
        pinned: pinned.collect(),
        rulebook: rulebook.unwrap(),
        screener: Screener::build(vec![list], Thresholds::default()),
        lock_sha256,
        profile_id: stack.profile().id.clone(),
        routes: stack.profile().routes.iter().map(|group| group.name().to_owned()).collect(),
        switched: stack.switched().clone(),
    }
}
