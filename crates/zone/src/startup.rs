//! What must hold before a zone runs, and what must hold before it signs.

use canon::{Canonical, Digest, sha256_parts};
use corridor::seeded::bug;
use corridor::{LaneReceipt, Party};
use proof::integrity::payload_digest;
use store::cell::Last;
use store::{Batch, CommitError, Entry, Head, HeadSwap, Store, StoreError};

use crate::config::{Config, LawLoaded};
use crate::journal::{DECISIONS, DECISIONS_LANE, KEYS, LAW, chained};
use crate::mass::Primitives;

/// Streams of the lanes written here.
pub(crate) const LANES: &str = "lane/here/";
/// The cell's first line: which zone it belongs to.
pub(crate) const INCEPTION_LANE: &str = "zone/inception";

/// Set in data that a peer has proven to be older than what this zone signed; numbered from the second
/// time on.
const RESTORED: &str = "restored";
/// Set once what was signed since was taken up again from the peers.
const ADOPTED: &str = "adopted";
/// Most times one data directory comes back.
const RESTORES_MAX: u32 = 64;

/// That these data are older than what was signed, as it is kept in them.
pub(crate) struct Restored {
    pub(crate) why: String,
    time: u32,
}

fn numbered(key: &str, time: u32) -> String {
    if time == 0 { key.to_owned() } else { format!("{key}.{time}") }
}

impl Restored {
    /// The one that stands, if one does.
    pub(crate) fn standing(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        for time in 0..RESTORES_MAX {
            let Some(why) = store.meta(&numbered(RESTORED, time))? else { return Ok(None) };
            if store.meta(&numbered(ADOPTED, time))?.is_none() {
                return Ok(Some(Self { why, time }));
            }
        }
        Ok(None)
    }

    /// Keep why; where one stands already, that one does.
    pub(crate) fn keep(store: &dyn Store, why: &str) -> Result<(), CommitError> {
        let mut times = 0..RESTORES_MAX;
        let ended = |time: &u32| store.meta(&numbered(ADOPTED, *time)).is_ok_and(|a| a.is_some());
        let Some(time) = times.find(|time| !ended(time)) else { return Ok(()) };
        match store.set_meta_once(&numbered(RESTORED, time), why) {
            Err(CommitError::MetaBound { .. }) => Ok(()),
            kept => kept,
        }
    }

    /// End it: what was signed since is here.
    pub(crate) fn end(&self, store: &dyn Store) -> Result<(), CommitError> {
        store.set_meta_once(&numbered(ADOPTED, self.time), &self.why)
    }
}

/// Version of the layout in the store.
const FORMAT: &str = "1";

/// A zone that must not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data belong to another zone.
    #[error("the data directory belongs to zone `{found}`, not `{expected}`")]
    OtherZone {
        /// In the store.
        found: String,
        /// In the inception document.
        expected: String,
    },
    /// The data belong to another realm.
    #[error("the data directory is of realm `{found}`, not `{expected}`")]
    OtherRealm {
        /// In the store.
        found: String,
        /// In the inception document.
        expected: String,
    },
    /// Written by another version.
    #[error("the data directory has format `{0}`, this version reads `{FORMAT}`")]
    OtherFormat(String),
    /// Keys other than the present ones.
    #[error("the signer's keys are not the present ones of the zone's key documents")]
    OtherKeys,
    /// The data saw rotations that are not among the zone's key documents.
    #[error("the data hold rotations of the zone's keys that its key documents do not")]
    OtherRotations,
    /// Anchors of another realm.
    #[error("the trust anchors are of realm `{anchors}`, the zone of `{zone}`")]
    AnchorRealm {
        /// Of the anchors.
        anchors: canon::Realm,
        /// Of the zone.
        zone: canon::Realm,
    },
    /// The law is of another realm.
    #[error("the rulebook is of another realm than the zone")]
    LawRealm,
    /// The data were begun with records kept elsewhere.
    #[error(
        "the data were begun with records kept {found}, and are to be run with them kept {asked}"
    )]
    OtherPrimitives {
        /// In the store.
        found: &'static str,
        /// Asked for.
        asked: &'static str,
    },
    /// The store.
    #[error("the store: {0}")]
    Store(String),
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

fn bind(store: &dyn Store, key: &str, value: &str) -> Result<Option<String>, StartError> {
    match store.meta(key)? {
        Some(found) => Ok((found != value).then_some(found)),
        None => store
            .set_meta_once(key, value)
            .map(|()| None)
            .map_err(|error| StartError::Store(error.to_string())),
    }
}

/// Bind the store to where records are kept. Data without a word of it are of a sovereign zone once anything was
/// decided in them.
pub(crate) fn primitives(store: &dyn Store, asked: &Primitives) -> Result<(), StartError> {
    let at_mass = store.meta("primitives")?.is_some();
    match asked {
        Primitives::Sovereign if at_mass => {
            Err(StartError::OtherPrimitives { found: "at Mass", asked: "here" })
        }
        Primitives::Sovereign => Ok(()),
        Primitives::Mass(_) if at_mass => Ok(()),
        Primitives::Mass(_) if !store.records("entity", None, 1)?.is_empty() => {
            Err(StartError::OtherPrimitives { found: "here", asked: "at Mass" })
        }
        Primitives::Mass(_) => bind(store, "primitives", "mass").map(|_| ()),
    }
}

/// Bind the store to zone, realm and format, or refuse one bound to others.
pub(crate) fn check_identity(config: &Config) -> Result<(), StartError> {
    let store = config.store.as_ref();
    if let Some(found) = bind(store, "format", FORMAT)? {
        return Err(StartError::OtherFormat(found));
    }
    let expected = config.inception().did().to_string();
    if let Some(found) = bind(store, "zone", &expected)? {
        return Err(StartError::OtherZone { found, expected });
    }
    let realm = config.inception().realm();
    if let Some(found) = bind(store, "realm", &realm.to_string())? {
        return Err(StartError::OtherRealm { found, expected: realm.to_string() });
    }
    if !config.keys.are_current(&config.history) {
        return Err(StartError::OtherKeys);
    }
    if config.anchors.realm() != realm {
        return Err(StartError::AnchorRealm { anchors: config.anchors.realm(), zone: realm });
    }
    if config.law.rulebook.realm() != realm {
        return Err(StartError::LawRealm);
    }
    Ok(())
}

/// Begin the zone log beside data that are older than it.
pub(crate) fn log_begun(config: &Config) -> Result<(), StartError> {
    let Some(batch) = crate::log::beginning(config.store.as_ref())? else { return Ok(()) };
    let begun = config.store.commit(batch);
    begun.map(drop).map_err(|error| StartError::Store(error.to_string()))
}

/// The first rotation this store has not seen moves the head of the keys: it is an entry of the zone
/// log, and the first that the new key signs.
pub(crate) fn keys_head(config: &Config) -> Result<(), StartError> {
    let found = config.store.head(KEYS)?;
    let known = found.map_or(0, |head| head.seq.saturating_add(1));
    let mut rotations = config.rotations.iter();
    let documents: Vec<_> = (0..).zip(&mut rotations).skip_while(|(n, _)| *n < known).collect();
    let mut old = found;
    for (seq, document) in documents {
        let root = payload_digest(document).map_err(|e| StartError::Store(e.to_string()))?;
        let new = Head { seq, root };
        let swap = HeadSwap { stream: KEYS.to_owned(), old, new };
        let mut batch = Batch { heads: vec![swap], ..Batch::default() };
        crate::log::extend(config.store.as_ref(), &mut batch)?;
        config.store.commit(batch).map_err(|error| StartError::Store(error.to_string()))?;
        old = Some(new);
    }
    match old {
        Some(head) if head.root != config.history.head() => Err(StartError::OtherRotations),
        _ => Ok(()),
    }
}

/// Move the law head to the packs, lists and lock now loaded.
pub(crate) fn law_head(config: &Config) -> Result<Head, StartError> {
    let root = law_root(&config.law);
    let found = config.store.head(LAW)?;
    if let Some(head) = found.filter(|head| head.root == root) {
        return Ok(head);
    }
    let new = Head { seq: found.map_or(0, |head| head.seq + 1), root };
    let swap = HeadSwap { stream: LAW.to_owned(), old: found, new };
    let mut batch = Batch { heads: vec![swap], ..Batch::default() };
    crate::log::extend(config.store.as_ref(), &mut batch)?;
    config.store.commit(batch).map_err(|error| StartError::Store(error.to_string()))?;
    Ok(new)
}

pub(crate) fn law_root(law: &LawLoaded) -> Digest {
    let mut digests = vec![law.lock_sha256];
    digests.extend(law.rulebook.packs().map(law::Pinned::digest));
    digests.extend(law.rulebook.sandbox().map(law::Pinned::digest));
    digests.extend(law.screener.lists().iter().map(law::sanctions::List::digest));
    let bytes: Vec<&[u8]> = digests.iter().map(|digest| digest.as_bytes().as_slice()).collect();
    sha256_parts(&bytes)
}

/// Compare the journal with the signer's cell: `Some(why)` means sign nothing.
///
/// The journal may be ahead by what a crash kept from the cell; that is repaired once it is shown
/// to go on from the cell and to be ours. A journal behind the cell is a restored or damaged one.
pub(crate) fn reconcile(config: &Config) -> Result<Option<String>, StartError> {
    let store = config.store.as_ref();
    if bug(4) {
        return Ok(None);
    }
    if let Some(restored) = Restored::standing(store)? {
        return Ok(Some(restored.why));
    }
    let cell = config.keys.cell.as_ref();
    let mut streams = vec![(DECISIONS.to_owned(), DECISIONS_LANE.to_owned())];
    for (stream, _) in store.heads(LANES)? {
        streams.push((stream.clone(), stream));
    }
    // Lanes the cell knows and the journal does not are behind as well.
    for lane in cell.lanes().into_keys().filter(|lane| lane.starts_with(LANES)) {
        if !streams.iter().any(|(_, known)| *known == lane) {
            streams.push((lane.clone(), lane));
        }
    }
    let mut heads = Vec::new();
    for (stream, lane) in streams {
        heads.push((store.head(&stream)?, stream, lane));
    }
    let written = heads.iter().find(|(head, ..)| head.is_some());
    match (cell.lanes().is_empty(), written) {
        (true, Some((_, stream, _))) => {
            return Ok(Some(format!(
                "the signer's cell is missing beside `{stream}`, which is not empty; \
                 run `mez key recover`"
            )));
        }
        // The cell of a new zone is made before the first entry, so that a crash between the two
        // never looks like a lost one.
        (true, None) => {
            let begun = cell.advance(INCEPTION_LANE, 0, config.inception().digest());
            if let Err(error) = begun {
                return Ok(Some(error.to_string()));
            }
        }
        (false, _) => {
            let other = cell.last(INCEPTION_LANE);
            if other.is_some_and(|last| last.next_root != config.inception().digest()) {
                return Ok(Some("the signer's cell belongs to another zone".to_owned()));
            }
        }
    }
    for (head, stream, lane) in heads {
        if let Some(why) = reconciled(config, head, (&stream, &lane))? {
            return Ok(Some(why));
        }
    }
    Ok(crate::log::behind_cell(store, cell)?)
}

fn reconciled(
    config: &Config,
    head: Option<Head>,
    (stream, lane): (&str, &str),
) -> Result<Option<String>, StartError> {
    let cell = config.keys.cell.as_ref();
    match (head, cell.last(lane)) {
        (None, None) => Ok(None),
        (Some(head), Some(last)) if head.seq == last.sequence && head.root == last.next_root => {
            Ok(None)
        }
        (Some(head), last) if last.is_none_or(|last| last.sequence < head.seq) => {
            if let Some(why) = not_ours(config, head, last, stream)? {
                return Ok(Some(why));
            }
            Ok(cell.advance(lane, head.seq, head.root).err().map(|error| error.to_string()))
        }
        (head, last) => {
            let stands = head.map_or_else(|| "empty".to_owned(), |h| format!("at {}", h.seq));
            let signed = last.map_or(0, |last| last.sequence);
            Ok(Some(format!(
                "`{stream}` is {stands}, but {signed} was already signed: the data directory is \
                 older than the signer's cell, or of another history"
            )))
        }
    }
}

/// Whether the entries from the cell's last position to the head are a chain of ours; `Some(why)`
/// when they are not.
pub(crate) fn not_ours(
    config: &Config,
    head: Head,
    last: Option<Last>,
    stream: &str,
) -> Result<Option<String>, StartError> {
    let store = config.store.as_ref();
    let mut root = None;
    let mut next = last.map_or(0, |last| last.sequence);
    while next <= head.seq {
        let page = store.journal(stream, next, store::PAGE_MAX)?;
        if page.is_empty() {
            return Ok(Some(format!("`{stream}` ends before its head {}", head.seq)));
        }
        for entry in page.into_iter().take_while(|entry| entry.seq <= head.seq) {
            let held = last.filter(|last| last.sequence == entry.seq);
            let fits = match held {
                Some(last) => entry.seq == next && entry.root == last.next_root,
                None => entry.seq == next && is_ours(config, &entry, root),
            };
            if !fits {
                return Ok(Some(format!(
                    "entry {next} of `{stream}` does not go on from what was signed here"
                )));
            }
            (root, next) = (Some(entry.root), next.saturating_add(1));
        }
    }
    let whole = root == Some(head.root);
    Ok((!whole).then(|| format!("`{stream}` does not end in its head")))
}

/// A decision is chained to the one before; a receipt is chained and signed by our lane key.
fn is_ours(config: &Config, entry: &Entry, before: Option<Digest>) -> bool {
    let Ok(body) = Canonical::exact(&entry.body) else { return false };
    if entry.stream == DECISIONS {
        return chained(before, body.digest()) == entry.root;
    }
    let receipt = body.value().get("receipt").and_then(|r| Canonical::of_value(r).ok());
    let receipt = receipt.and_then(|r| LaneReceipt::read(r.bytes()).ok());
    let party = Party::with(config.history.clone());
    let key =
        |receipt: &LaneReceipt| party.lane_key(&receipt.corridor_id, receipt.sequence).0.clone();
    receipt.is_some_and(|receipt| {
        receipt.sequence == entry.seq
            && receipt.next_root == entry.root
            && before.is_none_or(|before| before == receipt.prev_root)
            && receipt.verify_signature(&key(&receipt)).is_ok()
    })
}
