//! Published list files, as they are published, into [`List`]s.
//!
//! Nothing here reads a disk: the caller hands over bytes through [`Folder`].

use std::collections::BTreeMap;

use canon::Date;

use super::list::{Age, List, ListError};

mod columns;
pub mod eu;
pub mod national;
pub mod ofac;
mod remarks;
pub mod un;
pub mod us;

/// Largest file accepted, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most XML nodes read of one file.
const NODES_MAX: u32 = 4_000_000;

/// Why a published file is not a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Larger than [`FILE_BYTES_MAX`].
    #[error("`{file}` is larger than {FILE_BYTES_MAX} bytes")]
    TooLarge {
        /// The file.
        file: String,
    },
    /// A record that does not have the published shape.
    #[error("`{file}` at {at}: {detail}; download the file again from its publisher")]
    BadRecord {
        /// The file.
        file: String,
        /// Line or record, from 1.
        at: String,
        /// What is wrong.
        detail: String,
    },
    /// A file of a set is absent: without its aliases a list must not be used.
    #[error("`{missing}` must be beside `{beside}`: the list is incomplete without it")]
    Missing {
        /// The absent file.
        missing: String,
        /// The file that needs it.
        beside: String,
    },
    /// A file could not be read.
    #[error("`{file}` cannot be read: {detail}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the reader said.
        detail: String,
    },
    /// A publication date after today: its age would never reach a bound.
    #[error("list `{list}` is dated {published}, after today ({today})")]
    FutureDate {
        /// The list.
        list: String,
        /// The date it states or was given.
        published: Date,
        /// Today.
        today: Date,
    },
    /// No file of a known format.
    #[error(
        "no known list here: expected sdn.csv with alt.csv and add.csv, or a UN consolidated XML"
    )]
    Nothing,
    /// The records do not make a list.
    #[error("`{file}` is not a usable list")]
    List {
        /// The file.
        file: String,
        /// Why not.
        #[source]
        source: Box<ListError>,
    },
}

/// A directory of published files.
pub trait Folder {
    /// Names of the files, without directories.
    fn names(&self) -> Vec<String>;
    /// Bytes of one of them.
    ///
    /// # Errors
    /// The host's words for what went wrong.
    fn read(&self, name: &str) -> Result<Vec<u8>, String>;
}

impl Folder for BTreeMap<String, Vec<u8>> {
    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        self.get(name).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

/// What a directory held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The lists, ordered by file name.
    pub lists: Vec<List>,
    /// Files of no known format, untouched.
    pub ignored: Vec<String>,
    /// Continuations of remarks whose record is not in the main file: the files are of different
    /// days. Harmless, but worth telling.
    pub orphan_comments: usize,
}

impl Imported {
    /// Refuse a list published after `today`.
    ///
    /// # Errors
    /// [`ImportError::FutureDate`], naming the list.
    pub fn published_by(&self, today: Date) -> Result<(), ImportError> {
        let ahead = |list: &&List| matches!(list.age(today), Age::Future(_));
        let Some(list) = self.lists.iter().find(ahead) else { return Ok(()) };
        let (list, published) = (list.id().to_owned(), list.published().unwrap_or(today));
        Err(ImportError::FutureDate { list, published, today })
    }
}

/// Whether a file of this name may be part of a published list; an XML file is looked into later.
#[must_use]
pub fn is_published(name: &str) -> bool {
    let tables = [
        ofac::SDN,
        ofac::ALT,
        ofac::ADD,
        ofac::COMMENTS,
        ofac::CONS,
        ofac::CONS_ALT,
        ofac::CONS_ADD,
        us::DPL,
        us::CSL,
    ];
    let lower = name.to_ascii_lowercase();
    tables.contains(&name) || name.ends_with(national::SUFFIX) || lower.ends_with(".xml")
}

/// Import every known list of a directory.
///
/// `dates` gives publication dates by list id, for lists that state none (`ofac-sdn`); it never
/// overrides a date a list states itself.
///
/// # Errors
/// [`ImportError`]: a broken or incomplete list refuses the whole directory.
pub fn folder(files: &dyn Folder, dates: &BTreeMap<String, Date>) -> Result<Imported, ImportError> {
    let read = |name: &str| {
        let bytes = files.read(name);
        let bytes =
            bytes.map_err(|detail| ImportError::Unreadable { file: name.to_owned(), detail })?;
        size(name, &bytes)?;
        Ok(bytes)
    };
    let names = files.names();
    let has = |name: &str| names.iter().any(|n| n == name);
    let mut imported = Imported { lists: Vec::new(), ignored: Vec::new(), orphan_comments: 0 };
    for name in &names {
        match name.as_str() {
            ofac::SDN => {
                if let Some(missing) = [ofac::ALT, ofac::ADD].into_iter().find(|file| !has(file)) {
                    let beside = ofac::SDN.to_owned();
                    return Err(ImportError::Missing { missing: missing.to_owned(), beside });
                }
                let comments = has(ofac::COMMENTS).then(|| read(ofac::COMMENTS)).transpose()?;
                let (sdn, alt, add) = (read(ofac::SDN)?, read(ofac::ALT)?, read(ofac::ADD)?);
                let parts = ofac::Files {
                    sdn: &sdn,
                    alt: &alt,
                    add: &add,
                    comments: comments.as_deref().unwrap_or_default(),
                };
                let read = ofac::import(&parts, dates.get(ofac::LIST_ID).copied())?;
                imported.orphan_comments += read.orphan_comments;
                imported.lists.push(read.list);
            }
            ofac::ALT | ofac::ADD | ofac::COMMENTS if has(ofac::SDN) => {}
            ofac::CONS => {
                let bytes = read(ofac::CONS)?;
                let of = |name: &str| if has(name) { read(name) } else { Ok(Vec::new()) };
                let (alt, add) = (of(ofac::CONS_ALT)?, of(ofac::CONS_ADD)?);
                let date = dates.get(ofac::CONS_ID).copied();
                imported.lists.push(ofac::consolidated(&bytes, &alt, &add, date)?);
            }
            ofac::CONS_ALT | ofac::CONS_ADD if has(ofac::CONS) => {}
            us::DPL => {
                let date = dates.get(us::DPL_ID).copied();
                imported.lists.push(us::denied(&read(us::DPL)?, date)?);
            }
            us::CSL => {
                let date = dates.get(us::CSL_ID).copied();
                imported.lists.push(us::consolidated(&read(us::CSL)?, date)?);
            }
            name if name.ends_with(national::SUFFIX) => {
                imported.lists.push(national::import(name, &read(name)?)?);
            }
            name if name.to_ascii_lowercase().ends_with(".xml") => {
                let bytes = read(name)?;
                if un::is_one(&bytes) {
                    imported.lists.push(un::import(name, &bytes)?);
                } else if eu::is_one(&bytes) {
                    imported.lists.push(eu::import(name, &bytes)?);
                } else {
                    imported.ignored.push(name.to_owned());
                }
            }
            other => imported.ignored.push(other.to_owned()),
        }
    }
    if imported.lists.is_empty() { Err(ImportError::Nothing) } else { Ok(imported) }
}

fn listed(file: &str, list: Result<List, ListError>) -> Result<List, ImportError> {
    list.map_err(|e| ImportError::List { file: file.to_owned(), source: Box::new(e) })
}

fn size(file: &str, bytes: &[u8]) -> Result<(), ImportError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(ImportError::TooLarge { file: file.to_owned() });
    }
    Ok(())
}
