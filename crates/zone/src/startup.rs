//! What must hold before a zone runs, and what must hold before it signs.

use canon::{Digest, sha256_parts};
use store::{Batch, Head, HeadSwap, Store, StoreError};

use crate::config::Config;
use crate::journal::{DECISIONS, DECISIONS_LANE, LAW};

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
    /// Keys other than the inception's.
    #[error("the signer's keys are not the ones the inception document names")]
    OtherKeys,
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

/// Bind the store to zone, realm and format, or refuse one bound to others.
pub(crate) fn check_identity(config: &Config) -> Result<(), StartError> {
    let store = config.store.as_ref();
    if let Some(found) = bind(store, "format", FORMAT)? {
        return Err(StartError::OtherFormat(found));
    }
    let expected = config.inception.did().to_string();
    if let Some(found) = bind(store, "zone", &expected)? {
        return Err(StartError::OtherZone { found, expected });
    }
    let realm = config.inception.realm();
    if let Some(found) = bind(store, "realm", &realm.to_string())? {
        return Err(StartError::OtherRealm { found, expected: realm.to_string() });
    }
    if !config.keys.match_inception(&config.inception) {
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

/// Move the law head to the packs, lists and lock now loaded.
pub(crate) fn law_head(config: &Config) -> Result<Head, StartError> {
    let root = law_root(config);
    let found = config.store.head(LAW)?;
    if let Some(head) = found.filter(|head| head.root == root) {
        return Ok(head);
    }
    let new = Head { seq: found.map_or(0, |head| head.seq + 1), root };
    let swap = HeadSwap { stream: LAW.to_owned(), old: found, new };
    let batch = Batch { heads: vec![swap], ..Batch::default() };
    config.store.commit(batch).map_err(|error| StartError::Store(error.to_string()))?;
    Ok(new)
}

fn law_root(config: &Config) -> Digest {
    let mut digests = vec![config.law.lock_sha256];
    digests.extend(config.law.rulebook.packs().map(law::Pinned::digest));
    digests.extend(config.law.rulebook.sandbox().map(law::Pinned::digest));
    digests.extend(config.law.screener.lists().iter().map(law::sanctions::List::digest));
    let bytes: Vec<&[u8]> = digests.iter().map(|digest| digest.as_bytes().as_slice()).collect();
    sha256_parts(&bytes)
}

/// Compare the journal with the signer's cell: `Some(why)` means sign nothing.
///
/// The journal may be ahead by what a crash kept from the cell; that is repaired, since every entry
/// of ours was signed by us. A journal behind the cell is a restored or damaged one.
pub(crate) fn reconcile(config: &Config) -> Result<Option<String>, StartError> {
    let store = config.store.as_ref();
    let cell = &config.keys.cell;
    let mut streams = vec![(DECISIONS.to_owned(), DECISIONS_LANE.to_owned())];
    for (stream, _) in store.heads("lane/here/")? {
        streams.push((stream.clone(), stream));
    }
    // Lanes the cell knows and the journal does not are behind as well.
    for lane in cell.lanes().into_keys().filter(|lane| lane.starts_with("lane/here/")) {
        if !streams.iter().any(|(_, known)| *known == lane) {
            streams.push((lane.clone(), lane));
        }
    }
    for (stream, lane) in streams {
        let head = store.head(&stream)?;
        match (head, cell.last(&lane)) {
            (None, None) => {}
            (Some(_), None) if !cell.existed() => {
                return Ok(Some(format!(
                    "the signer's cell is missing beside `{stream}`, which is not empty; \
                     run `mez key recover`"
                )));
            }
            (Some(head), last) if last.is_none_or(|last| last.sequence < head.seq) => {
                if let Err(error) = cell.advance(&lane, head.seq, head.root) {
                    return Ok(Some(error.to_string()));
                }
            }
            (Some(head), Some(last))
                if head.seq == last.sequence && head.root == last.next_root => {}
            (head, Some(last)) => {
                let stands = head.map_or_else(|| "empty".to_owned(), |h| format!("at {}", h.seq));
                return Ok(Some(format!(
                    "`{stream}` is {stands}, but {} was already signed: the data directory is \
                     older than the signer's cell, or of another history",
                    last.sequence
                )));
            }
            (Some(_), None) => {}
        }
    }
    Ok(None)
}
