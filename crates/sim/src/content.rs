//! The law of the zones of this checkout, as their packs and profiles give it, and one list of made-up names.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use canon::{Digest, Realm, Timestamp};
use corridor::handshake::PinnedPack;
use law::manifest::{Catalog, PinnedStack, Stack};
use law::sanctions::{Entry, List, Name, Screener, Strength, SubjectKind, Thresholds};
use law::{Lock, Memory, Rulebook, ScreeningPolicy};
use zone::LawLoaded;

use crate::failure::{Failure, rig};
use crate::time::BEGIN;

/// Listed everywhere; no person of this name is known to anybody.
pub(crate) const LISTED: &str = "Zebulon Quarrendyne Vorsk";

/// A zone of this checkout: name of its folder, zone id, jurisdiction.
pub(crate) type Named = (&'static str, &'static str, &'static str);

/// The zones a run draws from.
pub(crate) const ZONES: [Named; 5] = [
    ("ae-abudhabi-adgm", "org.momentum.mez.zone.ae.abudhabi.adgm", "ae-abudhabi-adgm"),
    ("sg", "org.momentum.mez.zone.sg", "sg"),
    ("pk-sifc", "org.momentum.mez.zone.pk-sifc", "pk-sifc"),
    ("ky", "org.momentum.mez.zone.ky", "ky"),
    ("ae-dubai-difc", "org.momentum.mez.zone.ae.dubai.difc", "ae-dubai-difc"),
];

const FOLDERS: [&str; 5] = ["packs", "profiles", "zones", "modules", "corridors"];
const PROFILE: &str = "digital-financial-center";

fn walk(root: &Path, folder: &Path, out: &mut BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, out)?;
        } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            out.insert(name.to_owned(), std::fs::read(&path)?);
        }
    }
    Ok(())
}

fn content() -> Result<&'static Memory, Failure> {
    static CONTENT: OnceLock<Result<Memory, String>> = OnceLock::new();
    let read = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut files = BTreeMap::new();
        for folder in FOLDERS {
            walk(&root, &root.join(folder), &mut files).map_err(|e| format!("{folder}: {e}"))?;
        }
        Ok(Memory(files))
    };
    CONTENT.get_or_init(read).as_ref().map_err(rig)
}

struct Law {
    rulebook: Rulebook,
    pinned: Vec<PinnedPack>,
    lock: Digest,
    stack: PinnedStack,
}

fn list() -> Result<List, Failure> {
    let name = Name { text: LISTED.into(), strength: Strength::Primary };
    let entry = Entry {
        id: "sim-1".into(),
        kind: SubjectKind::Person,
        names: Box::new([name]),
        identifiers: Box::default(),
        programs: Box::default(),
        reference: Some("a list of this simulation".into()),
        births: Box::default(),
        nationalities: Box::default(),
        addresses: Box::default(),
    };
    let published = Timestamp::from_unix(BEGIN).map_err(rig)?.date();
    let title = "A list of this simulation";
    List::new("sim-list", title, Some(published), vec![entry]).map_err(rig)
}

fn compile(zone: &str) -> Result<Law, Failure> {
    let stack = Stack::named(&Catalog::new(content()?), zone, Some(PROFILE));
    let stack = stack.map_err(|error| Failure::Rig(format!("{zone}: {error:?}")))?;
    let lock = Lock::of(&stack);
    let digest = lock.record().map_err(rig)?.digest();
    let stack = lock.pin(stack).map_err(|error| Failure::Rig(format!("{zone}: {error:?}")))?;
    let lists = vec![list()?.digest()];
    // Clocks of a run jump by days; the age of its list is not what it is about.
    let screening = ScreeningPolicy { max_list_age_days: None, lists };
    let (packs, sandbox) = (stack.packs().to_vec(), stack.sandbox().cloned());
    let evidence = stack.profile().evidence();
    let rulebook = Rulebook::of(Realm::Sandbox, packs, sandbox, evidence, screening);
    let pinned = stack.packs().iter().filter_map(|pack| {
        let jurisdiction_id = pack.jurisdiction()?.clone();
        Some(PinnedPack { jurisdiction_id, lawpack_digest_sha256: pack.digest() })
    });
    Ok(Law { rulebook: rulebook.map_err(rig)?, pinned: pinned.collect(), lock: digest, stack })
}

/// The law of a zone, compiled once in a process.
pub(crate) fn law(zone: &'static str) -> Result<LawLoaded, Failure> {
    static KNOWN: OnceLock<Mutex<BTreeMap<&'static str, Law>>> = OnceLock::new();
    let mut known =
        KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if !known.contains_key(zone) {
        known.insert(zone, compile(zone)?);
    }
    let law = known.get(zone).ok_or_else(|| rig("no such law"))?;
    let profile = law.stack.profile();
    Ok(LawLoaded {
        rulebook: law.rulebook.clone(),
        screener: Screener::build(vec![list()?], Thresholds::default()),
        pinned: law.pinned.clone(),
        lock_sha256: law.lock,
        profile_id: profile.id.clone(),
        routes: profile.routes.iter().map(|group| group.name().to_owned()).collect(),
        switched: law.stack.switched().clone(),
    })
}
