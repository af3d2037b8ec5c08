//! The law of a zone as installed: everything compared with the lock, and the lists.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use canon::{Currency, Date, Digest, Realm, ZoneId};
use corridor::handshake::PinnedPack;
use law::manifest::{Catalog, PinnedStack, Stack};
use law::sanctions::import::{self, ImportError};
use law::sanctions::prepared::{PREPARED_BYTES_MAX, Prepared, PreparedError, SUFFIX};
use law::sanctions::{Entry, List, ListError, Name, Screener, Strength, SubjectKind, Thresholds};
use law::{BadRulebook, Files, Lock, Pack, Rulebook, ScreeningPolicy};
use serde_json::Value;
use zone::LawLoaded;

use crate::layout::{Folder, Installed, LayoutError, ZoneDir, read};
use crate::out::Witnesses;

/// Publication dates of lists that state none: a JSON object from list id to date.
const PUBLISHED: &str = "published.json";

/// Lists that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListsError {
    /// Published files.
    #[error("the sanctions lists in `{folder}` are refused")]
    Import {
        /// Where.
        folder: String,
        /// Why.
        #[source]
        source: Box<ImportError>,
    },
    /// Dates beside them.
    #[error("`{PUBLISHED}` is refused: {0}")]
    Published(String),
    /// A prepared snapshot.
    #[error("the prepared lists `{file}` are refused")]
    Prepared {
        /// Which file.
        file: String,
        /// Why.
        #[source]
        source: Box<PreparedError>,
    },
    /// It could not be read, or is not the only one there.
    #[error("{0}")]
    Folder(String),
    /// The list of a pack.
    #[error("the list of pack `{pack}` is refused")]
    OfPack {
        /// Which.
        pack: String,
        /// Why.
        #[source]
        source: Box<ListError>,
    },
}

/// Why the law cannot be put together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LawError {
    /// A file is missing that every zone has.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Lists.
    #[error(transparent)]
    Lists(#[from] ListsError),
    /// The lock.
    #[error("{0}; run `mez lock`")]
    Lock(#[from] law::BadLock),
    /// Definition, profile, modules, packs.
    #[error("{0}")]
    Content(String),
    /// Not what was locked.
    #[error("{0}")]
    Drift(#[from] law::Drift),
    /// Packs that make no rulebook.
    #[error(transparent)]
    Rulebook(#[from] BadRulebook),
}

/// The law, and what else the definition says.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) law: LawLoaded,
    pub(super) zone_id: ZoneId,
    pub(super) currency: Option<Currency>,
    pub(super) witnesses: Option<Witnesses>,
}

/// Load the law of a zone and compare it with its lock.
///
/// # Errors
/// See [`LawError`].
pub(super) fn load(
    dir: &ZoneDir,
    realm: Realm,
    sanctions: Option<&Path>,
) -> Result<Loaded, LawError> {
    let lock = read(&dir.lock())?;
    let lock = Lock::parse(&lock)?;
    let yaml = read(&dir.zone_yaml())?;
    let told = |error: &dyn std::fmt::Display| LawError::Content(error.to_string());
    let definition =
        law::manifest::Zone::parse("zone.yaml", &yaml).map_err(|error| told(&error))?;
    let files = Installed::open(dir, &lock);
    let stack = Stack::resolve(&Catalog::new(&files), definition).map_err(|e| told(&e))?;
    let stack = lock.pin(stack)?;
    let screener = screener(dir, sanctions, cited(&stack)?)?;
    let lock_sha256 = lock.record().map_err(|error| told(&error))?.digest();
    let rulebook = rulebook(&stack, realm, screener.lists())?;
    let pinned = stack.packs().iter().filter_map(|pack| {
        let jurisdiction_id = pack.jurisdiction()?.clone();
        Some(PinnedPack { jurisdiction_id, lawpack_digest_sha256: pack.digest() })
    });
    let law = LawLoaded {
        rulebook,
        pinned: pinned.collect(),
        screener,
        lock_sha256,
        profile_id: stack.profile().id.clone(),
        routes: stack.profile().routes.iter().map(|group| group.name().to_owned()).collect(),
        switched: stack.switched().clone(),
    };
    let zone = stack.zone();
    let witnesses = zone.witnesses.as_ref().map(Witnesses::read).transpose();
    let witnesses = witnesses.map_err(|error| told(&error))?;
    Ok(Loaded { law, zone_id: zone.id.clone(), currency: zone.currency, witnesses })
}

/// Production always bounds the age of lists; a sandbox zone where its definition says so.
fn rulebook(stack: &PinnedStack, realm: Realm, lists: &[List]) -> Result<Rulebook, BadRulebook> {
    rulebook_of(stack, realm, lists.iter().map(List::digest).collect())
}

/// The rulebook a zone decides by, with lists of those digests loaded.
pub(crate) fn rulebook_of(
    stack: &PinnedStack,
    realm: Realm,
    lists: Vec<Digest>,
) -> Result<Rulebook, BadRulebook> {
    let max_list_age_days = match realm {
        Realm::Production => {
            let profile = stack.profile().parameters.get("production_max_list_age_days");
            let profile = profile.and_then(|days| days.parse().ok());
            let own = stack.zone().max_list_age_days;
            Some(own.or(profile).unwrap_or_else(|| stack.max_list_age_days()))
        }
        Realm::Sandbox => stack.zone().max_list_age_days,
    };
    let screening = ScreeningPolicy { max_list_age_days, lists };
    let (packs, sandbox) = (stack.packs().to_vec(), stack.sandbox().cloned());
    let book = Rulebook::of(realm, packs, sandbox, stack.profile().evidence(), screening)?;
    Ok(book.composed(&stack.zone().jurisdiction, &stack.zone().composition))
}

/// The lists of the packs, cited.
fn cited(stack: &PinnedStack) -> Result<Vec<List>, ListsError> {
    stack.packs().iter().filter_map(|pack| of_pack(pack).transpose()).collect()
}

/// The lists of the folder as it is now, ready to be searched beside those that packs cite.
pub(super) fn screener(
    dir: &ZoneDir,
    asked: Option<&Path>,
    cited: Vec<List>,
) -> Result<Screener, ListsError> {
    let own = dir.sanctions();
    let folder = asked.or_else(|| own.is_dir().then_some(own.as_path()));
    if let Some(file) = folder.map_or(Ok(None), prepared_in)? {
        return Ok(prepared(&file, dir)?.beside(cited));
    }
    let published = folder.map_or(Ok(Vec::new()), published)?;
    Ok(Screener::build(published.into_iter().chain(cited).collect(), Thresholds::default()))
}

/// The prepared snapshot of a folder, where it holds one; beside it there is no other list.
fn prepared_in(folder: &Path) -> Result<Option<PathBuf>, ListsError> {
    let names = import::Folder::names(&Published(Folder(folder.to_owned())));
    let mut prepared = names.iter().filter(|name| name.ends_with(SUFFIX));
    let Some(file) = prepared.next() else { return Ok(None) };
    let published = names.iter().find(|name| import::is_published(name));
    match prepared.next().or(published) {
        None => Ok(Some(folder.join(file))),
        Some(other) => Err(ListsError::Folder(format!(
            "`{other}` lies beside `{file}`: a folder holds published files or one prepared snapshot"
        ))),
    }
}

/// Open a prepared snapshot that the signer named in the zone's folder signed.
fn prepared(file: &Path, dir: &ZoneDir) -> Result<Screener, ListsError> {
    let signer = read(&dir.lists_signer()).map_err(|error| {
        let why = "its file `lists-signer` names who signs prepared lists";
        ListsError::Folder(format!("{error}: {why}"))
    })?;
    let signer = String::from_utf8_lossy(&signer).trim().to_owned();
    let told = |error: &dyn std::fmt::Display| {
        ListsError::Folder(format!("`{}` cannot be read: {error}", file.display()))
    };
    let bytes = std::fs::File::open(file).and_then(|mut opened| {
        let size = opened.metadata()?.len().min(PREPARED_BYTES_MAX as u64);
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        opened.by_ref().take(PREPARED_BYTES_MAX as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    let bytes = bytes.map_err(|error| told(&error))?;
    let opened = Prepared::of(&bytes).and_then(|p| p.open(&signer, Thresholds::default()));
    opened.map_err(|source| {
        let file = file.display().to_string();
        ListsError::Prepared { file, source: Box::new(source) }
    })
}

struct Published(Folder);

impl import::Folder for Published {
    fn names(&self) -> Vec<String> {
        self.0.list("").unwrap_or_default()
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let path = self.0.0.join(name);
        let size = std::fs::metadata(&path).map_err(|e| e.to_string())?.len();
        if size > import::FILE_BYTES_MAX as u64 {
            return Err(format!("it has {size} bytes"));
        }
        std::fs::read(&path).map_err(|e| e.to_string())
    }
}

fn published(folder: &Path) -> Result<Vec<List>, ListsError> {
    let mut dates: BTreeMap<String, Date> = BTreeMap::new();
    match read(&folder.join(PUBLISHED)) {
        Ok(bytes) => {
            let told = |error: &dyn std::fmt::Display| ListsError::Published(error.to_string());
            let value = canon::parse_value(&bytes).map_err(|e| told(&e))?;
            dates = serde_json::from_value(value).map_err(|e| told(&e))?;
        }
        Err(error) if error.is_absent() => {}
        Err(error) => return Err(ListsError::Published(error.to_string())),
    }
    let imported = import::folder(&Published(Folder(folder.to_owned())), &dates);
    let refused = |source| {
        let folder = folder.display().to_string();
        ListsError::Import { folder, source: Box::new(source) }
    };
    Ok(imported.map_err(refused)?.lists)
}

/// The list of a pack, as old as the pack's reading of the law; beside a published list that age
/// does not count.
fn of_pack(pack: &Pack) -> Result<Option<List>, ListsError> {
    let Some(rows) = pack.table("sanctions").and_then(Value::as_array) else { return Ok(None) };
    let text = |row: &Value, key: &str| {
        row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let entries = rows.iter().map(|row| {
        let name = |text: &str, strength| Name { text: text.into(), strength };
        let mut names = vec![name(&text(row, "name"), Strength::Primary)];
        let aliases = row.get("aliases").and_then(Value::as_array);
        let aliases = aliases.into_iter().flatten().filter_map(Value::as_str);
        names.extend(aliases.map(|alias| name(alias, Strength::Strong)));
        let kind = match text(row, "kind").as_str() {
            "person" | "individual" => SubjectKind::Person,
            "vessel" => SubjectKind::Vessel,
            "aircraft" => SubjectKind::Aircraft,
            _ => SubjectKind::Organisation,
        };
        entry(text(row, "id"), kind, names, text(row, "reference"))
    });
    let title = format!("{}: cited list", pack.title());
    let id = format!("{}-pack", pack.id());
    let list = List::new(&id, &title, Some(pack.as_of()), entries.collect());
    let refused = |source| {
        let pack = pack.id().to_string();
        ListsError::OfPack { pack, source: Box::new(source) }
    };
    list.map(|list| Some(list.cited())).map_err(refused)
}

fn entry(id: String, kind: SubjectKind, names: Vec<Name>, reference: String) -> Entry {
    Entry {
        id: id.into(),
        kind,
        names: names.into(),
        identifiers: Box::default(),
        programs: Box::default(),
        reference: (!reference.is_empty()).then(|| reference.into()),
        births: Box::default(),
        nationalities: Box::default(),
        addresses: Box::default(),
    }
}
