//! The SDN files of the US Office of Foreign Assets Control: `sdn.csv`, `alt.csv`, `add.csv`, and
//! `sdn_comments.csv` with the tails of remarks too long for the first. The consolidated list of
//! those who are not blocked (`cons_prim.csv`, `cons_alt.csv`, `cons_add.csv`) has the same format.
//!
//! Format: OFAC "SDN data formats" (CSV without header; `-0- ` is null; record numbers join the
//! files). The files state no publication date; the operator gives it.

use std::collections::BTreeMap;

use canon::Date;

use super::super::list::{Entry, Identifier, List, Name, Scheme, Strength, SubjectKind};
use super::remarks::{self, Remarks};
use super::{ImportError, listed, size};

/// Id of the list.
pub const LIST_ID: &str = "ofac-sdn";
/// Main file.
pub const SDN: &str = "sdn.csv";
/// Aliases.
pub const ALT: &str = "alt.csv";
/// Addresses.
pub const ADD: &str = "add.csv";
/// Continuations of remarks; published beside the others, empty if absent.
pub const COMMENTS: &str = "sdn_comments.csv";

/// Id of the consolidated list.
pub const CONS_ID: &str = "ofac-consolidated";
/// Main file of the consolidated list.
pub const CONS: &str = "cons_prim.csv";
/// Its aliases.
pub const CONS_ALT: &str = "cons_alt.csv";
/// Its addresses.
pub const CONS_ADD: &str = "cons_add.csv";

const TITLE: &str = "OFAC Specially Designated Nationals and Blocked Persons List";

/// The bytes of the files.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// `sdn.csv`.
    pub sdn: &'a [u8],
    /// `alt.csv`.
    pub alt: &'a [u8],
    /// `add.csv`.
    pub add: &'a [u8],
    /// `sdn_comments.csv`; may be empty.
    pub comments: &'a [u8],
}

/// The list, and how many remark continuations had no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ofac {
    /// The list.
    pub list: List,
    /// Continuations whose record is not in `sdn.csv`.
    pub orphan_comments: usize,
}

/// An entry while its parts arrive from four files.
#[derive(Default)]
struct Draft {
    names: Vec<Name>,
    addresses: Vec<Box<str>>,
    remarks: String,
    kind: String,
    programs: String,
    call_sign: String,
}

/// Read the files. `published` is the day OFAC published them.
///
/// # Errors
/// A record of another shape, an alias or address of a record that `sdn.csv` does not have, or
/// records that make no list.
pub fn import(files: &Files<'_>, published: Option<Date>) -> Result<Ofac, ImportError> {
    let mut orphan_comments = 0;
    let mut drafts = drafts([SDN, ALT, ADD], [files.sdn, files.alt, files.add])?;
    rows(COMMENTS, files.comments, 2, |_, row| {
        match drafts.get_mut(row.text(0)) {
            Some(draft) => draft.remarks.push_str(row.text(1)),
            None => orphan_comments += 1,
        }
        Ok(())
    })?;
    let entries = drafts.into_iter().map(|(id, draft)| entry(id, draft)).collect();
    let list = listed(SDN, List::new(LIST_ID, TITLE, published, entries))?;
    Ok(Ofac { list, orphan_comments })
}

/// Read the consolidated list of those who are not blocked. Its aliases and addresses stand in the
/// remarks as well, so that their files may be absent (empty).
///
/// # Errors
/// As [`import`].
pub fn consolidated(
    main: &[u8],
    alt: &[u8],
    add: &[u8],
    published: Option<Date>,
) -> Result<List, ImportError> {
    const TITLE: &str = "OFAC Consolidated Non-SDN List";
    let drafts = drafts([CONS, CONS_ALT, CONS_ADD], [main, alt, add])?;
    let entries = drafts.into_iter().map(|(id, draft)| entry(id, draft)).collect();
    listed(CONS, List::new(CONS_ID, TITLE, published, entries))
}

fn drafts(
    [main, alt, add]: [&'static str; 3],
    [main_bytes, alt_bytes, add_bytes]: [&[u8]; 3],
) -> Result<BTreeMap<String, Draft>, ImportError> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    rows(main, main_bytes, 12, |line, row| {
        let draft = Draft {
            names: vec![Name { text: row.text(1).into(), strength: Strength::Primary }],
            addresses: Vec::new(),
            remarks: row.text(11).to_owned(),
            kind: row.text(2).to_owned(),
            programs: row.text(3).to_owned(),
            call_sign: row.text(5).to_owned(),
        };
        match drafts.insert(row.text(0).to_owned(), draft) {
            None => Ok(()),
            Some(_) => Err(bad(main, line, format!("record `{}` comes twice", row.text(0)))),
        }
    })?;
    rows(alt, alt_bytes, 5, |line, row| {
        let draft = drafts.get_mut(row.text(0)).ok_or_else(|| orphan(alt, main, line, row))?;
        draft.names.push(Name { text: row.text(3).into(), strength: Strength::Strong });
        Ok(())
    })?;
    rows(add, add_bytes, 6, |line, row| {
        let draft = drafts.get_mut(row.text(0)).ok_or_else(|| orphan(add, main, line, row))?;
        let parts = [2, 3, 4, 5].map(|i| row.text(i));
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            draft.addresses.push(parts.join(", ").into());
        }
        Ok(())
    })?;
    Ok(drafts)
}

fn entry(id: String, draft: Draft) -> Entry {
    let Remarks { aliases, mut identifiers, births, nationalities } = remarks::read(&draft.remarks);
    if !draft.call_sign.is_empty() {
        let value = draft.call_sign.as_str().into();
        identifiers.push(Identifier { scheme: Scheme::CallSign, value, country: None });
    }
    let mut names = draft.names;
    for alias in aliases {
        if !names.iter().any(|name| name.text == alias.text) {
            names.push(alias);
        }
    }
    let programs = draft.programs.split("] [").map(|p| p.trim_matches(['[', ']', ' ']));
    Entry {
        kind: match draft.kind.as_str() {
            "individual" => SubjectKind::Person,
            "vessel" => SubjectKind::Vessel,
            "aircraft" => SubjectKind::Aircraft,
            _ => SubjectKind::Organisation,
        },
        names: names.into(),
        identifiers: identifiers.into(),
        programs: programs.filter(|p| !p.is_empty()).map(Into::into).collect(),
        reference: Some(format!("SDN {id}").into()),
        births: births.into(),
        nationalities: nationalities.into(),
        addresses: draft.addresses.into(),
        id: id.into(),
    }
}

/// One record with OFAC's null read as empty text.
struct Row<'a>(&'a csv::StringRecord);

impl Row<'_> {
    fn text(&self, column: usize) -> &str {
        let text = self.0.get(column).unwrap_or_default().trim();
        if text == "-0-" { "" } else { text }
    }
}

fn rows(
    file: &'static str,
    bytes: &[u8],
    columns: usize,
    mut each: impl FnMut(u64, &Row<'_>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    size(file, bytes)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = csv::StringRecord::new();
    loop {
        let more = reader.read_record(&mut record);
        let line = record.position().map_or(0, csv::Position::line);
        match more {
            Err(e) => {
                let line = e.position().map_or(line, csv::Position::line);
                return Err(bad(file, line, "not UTF-8 CSV".to_owned()));
            }
            Ok(false) => return Ok(()),
            // Published files may end with a DOS end-of-file mark.
            Ok(true) if record.len() == 1 && record.get(0) == Some("\u{1a}") => {}
            Ok(true) if record.len() != columns => {
                let detail = format!("{} columns, {columns} expected", record.len());
                return Err(bad(file, line, detail));
            }
            Ok(true) => each(line, &Row(&record))?,
        }
    }
}

fn bad(file: &str, line: u64, detail: String) -> ImportError {
    ImportError::BadRecord { file: file.to_owned(), at: format!("line {line}"), detail }
}

fn orphan(file: &str, main: &str, line: u64, row: &Row<'_>) -> ImportError {
    bad(file, line, format!("record `{}` is not in `{main}`; take both of one day", row.text(0)))
}
