//! Sanctions lists from a folder of published files.

use std::collections::BTreeMap;
use std::path::Path;

use canon::{Canonical, Clock, Date};
use law::sanctions::import::{self, FILE_BYTES_MAX, Folder, Imported};
use law::sanctions::prepared::{PREPARED_BYTES_MAX, Prepared};
use law::sanctions::{Age, List, Screener, Thresholds};
use serde_json::{Value, json};

use super::{REGPACK, StoreArgs};
use crate::cli::screen::table;
use crate::cli::{Exit, Failure, file};

/// Publication dates of lists that state none.
#[derive(clap::Args)]
pub(super) struct Dates {
    /// The day a list was published, for lists that do not say (ofac-sdn); may be repeated
    #[arg(long = "list-date", value_name = "LIST=YYYY-MM-DD", value_parser = date)]
    given: Vec<(String, Date)>,
}

fn date(text: &str) -> Result<(String, Date), String> {
    let (list, date) =
        text.split_once('=').ok_or("write LIST=YYYY-MM-DD, as in ofac-sdn=2026-11-19")?;
    Ok((list.to_owned(), Date::parse(date).map_err(|error| error.to_string())?))
}

/// A folder on disk.
struct OnDisk<'a> {
    root: &'a Path,
    names: Vec<String>,
}

impl Folder for OnDisk<'_> {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let read = file::read_up_to(&self.root.join(name), FILE_BYTES_MAX as u64 + 1);
        read.map_err(|failure| failure.what)
    }
}

fn open(root: &Path) -> Result<OnDisk<'_>, Failure> {
    let failed = |error: std::io::Error| Failure::io("read", root, &error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let plain = entry.path().is_file();
        names.extend(entry.file_name().into_string().ok().filter(|_| plain));
    }
    names.sort();
    Ok(OnDisk { root, names })
}

/// Reads every known list of a folder, none of them published after today.
pub(super) fn load(folder: &Path, dates: &Dates, today: Date) -> Result<Imported, Failure> {
    let dates: BTreeMap<String, Date> = dates.given.iter().cloned().collect();
    let refused = |error: &dyn std::error::Error, remedy: &str| {
        let what = format!("`{}` was not imported", folder.display());
        Failure::new(Exit::Invalid, "sanctions", what, remedy).because(error)
    };
    let imported = import::folder(&open(folder)?, &dates)
        .map_err(|error| refused(&error, "correct the folder; no list of it was used"))?;
    let known = |id: &String| imported.lists.iter().any(|list| list.id() == id);
    if let Some(stray) = dates.keys().find(|id| !known(id)) {
        let ids: Vec<&str> = imported.lists.iter().map(List::id).collect();
        let what = format!("--list-date names `{stray}`, which is not in `{}`", folder.display());
        return Err(Failure::usage(what, format!("the lists there are {}", ids.join(", "))));
    }
    imported
        .published_by(today)
        .map_err(|error| refused(&error, "correct --list-date, or the list; no list was used"))?;
    Ok(imported)
}

/// Opens a prepared snapshot, none of its lists published after today.
pub(super) fn open_prepared(
    path: &Path,
    signer: &str,
    thresholds: Thresholds,
    today: Date,
) -> Result<Screener, Failure> {
    let bytes = file::read_up_to(path, PREPARED_BYTES_MAX as u64)?;
    let remedy = "take the file from the one who signed it, or prepare it again";
    let refused = |what: String| Failure::new(Exit::Invalid, "snapshot", what, remedy);
    let opened = Prepared::of(&bytes).and_then(|prepared| prepared.open(signer, thresholds));
    let screener = opened
        .map_err(|error| refused(format!("`{}` is refused", path.display())).because(&error))?;
    let ahead = |list: &&List| matches!(list.age(today), Age::Future(_));
    match screener.lists().iter().find(ahead) {
        None => Ok(screener),
        Some(list) => Err(refused(format!("list `{}` is dated after today", list.id()))),
    }
}

/// Imports every known list of a folder; text and JSON of what was found.
pub(super) fn import(
    folder: &Path,
    dates: &Dates,
    store: &StoreArgs,
    clock: &dyn Clock,
) -> Result<(String, Value), Failure> {
    let today = clock.now().date();
    let imported = load(folder, dates, today)?;
    let mut rows = Vec::new();
    let mut lists = Vec::new();
    for list in &imported.lists {
        let kept = keep(list, store)?;
        let age = list.age_days(today);
        rows.push(vec![
            list.id().to_owned(),
            list.len().to_string(),
            list.published().map_or("unknown".to_owned(), |date| date.to_string()),
            age.map_or("unknown".to_owned(), |days| format!("{days} days")),
            list.digest().to_string(),
        ]);
        let mut json = json!({
            "age_days": age,
            "digest_sha256": list.digest(),
            "entries": list.len(),
            "list_id": list.id(),
            "published": list.published(),
            "title": list.title(),
        });
        if let (Some((header, records)), Some(members)) = (kept, json.as_object_mut()) {
            members.insert("header".to_owned(), json!(header));
            members.insert("records".to_owned(), json!(records));
        }
        lists.push(json);
    }
    let mut text = table(&["list", "entries", "published", "age", "sha256"], &rows);
    if lists.iter().any(|list| list.get("age_days").is_some_and(Value::is_null)) {
        text.push_str("note: an unknown age counts as too old in production; give --list-date\n");
    }
    if imported.orphan_comments > 0 {
        let count = imported.orphan_comments;
        text.push_str(&format!("note: {count} remarks belong to no record: files of two days?\n"));
    }
    if !imported.ignored.is_empty() {
        text.push_str(&format!("ignored: {}\n", imported.ignored.join(", ")));
    }
    let json = json!({
        "ignored": imported.ignored,
        "lists": lists,
        "orphan_comments": imported.orphan_comments,
    });
    Ok((text, json))
}

/// Stores a list: the header, which commits to every record, and the records as JSON Lines.
fn keep(list: &List, store: &StoreArgs) -> Result<Option<(String, String)>, Failure> {
    let refuse = |error: &dyn std::error::Error| {
        let what = format!("list `{}` was not stored", list.id());
        Failure::new(Exit::Invalid, "sanctions", what, "import it again").because(error)
    };
    let header = list.document().map_err(|error| refuse(&error))?;
    let Some(header) = store.put(REGPACK, header.bytes(), "json")? else { return Ok(None) };
    let mut records = Vec::new();
    for entry in list.entries() {
        let line = Canonical::of(entry).map_err(|error| refuse(&error))?;
        records.extend_from_slice(line.bytes());
        records.push(b'\n');
    }
    let records = store.put("blob", &records, "jsonl")?;
    let shown = |path: &Path| path.display().to_string();
    Ok(records.map(|records| (shown(&header.path), shown(&records.path))))
}
