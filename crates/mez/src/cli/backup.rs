//! `mez backup` and `mez restore`: what a zone remembers, as a folder that no secret is in.
//!
//! The rows of the store are read at one moment, also while the zone runs. Left out is what a backup must not hold:
//! `signer/` (it would go back in time together with the data), tokens, and the keys of adapters and of the way to Mass.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use canon::{Canonical, Digest, Hasher, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::backup::{BackupError, Copied, back_up, restore as fill};

use super::screen::{Answer, pairs};
use super::{Context, Exit, Failure};
use crate::durable;
use crate::founding::read_inception;
use crate::layout::{ZoneDir, private_dir, read};

/// The rows of the store.
const ROWS: &str = "rows";
/// The files of the zone's folder.
const FILES: &str = "files";
/// What the folder holds.
const MANIFEST: &str = "manifest.json";
/// In the zone's folder, but never in a backup: secrets, the cell, and what is found out again.
const LEFT_OUT: [&str; 9] = [
    "adapters",
    "cosigned.json",
    "mass",
    "operator.token",
    "signer",
    "signers",
    "url",
    "zone.log",
    "data/zone.sqlite",
];
/// Most files of a zone's folder.
const FILES_MAX: usize = 200_000;
/// Bytes read at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Where from, and where to.
#[derive(clap::Args)]
pub(crate) struct BackupArgs {
    /// The zone's folder, `D/<zone>`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// A folder that is not there yet
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; D/<zone>/data/zone.sqlite, unless given
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// What, and where to.
#[derive(clap::Args)]
pub(crate) struct RestoreArgs {
    /// What `mez backup` made
    #[arg(value_name = "FOLDER")]
    from: PathBuf,
    /// The zone's folder, `D/<zone>`: not there yet, or with nothing in it but `signer`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// `sqlite:PATH` or `postgres://…`, empty; D/<zone>/data/zone.sqlite, unless given
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(rename = "type")]
    type_: String,
    zone_id: String,
    did: String,
    realm: String,
    made_at: Timestamp,
    rows_sha256: Digest,
    files: Vec<Kept>,
}

/// A file, by its path under the zone's folder.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    path: String,
    sha256: Digest,
}

const TYPE: &str = "MEZBackup";

pub(crate) fn back_up_zone(args: &BackupArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    let dir = ZoneDir::at(&args.dir);
    let (inception, _) = read_inception(&dir).map_err(|error| {
        let what = format!("`{}` is not the folder of a zone", args.dir.display());
        Failure::new(Exit::Error, "zone-folder", what, "check --dir").because(&error)
    })?;
    if args.to.exists() {
        return Err(taken(&args.to));
    }
    let part = aside(&args.to);
    let disk = |error: std::io::Error| unwritten(&part, &error);
    if part.exists() {
        fs::remove_dir_all(&part).map_err(disk)?;
    }
    private_dir(&part).map_err(|error| unwritten(&part, &error))?;
    // Rows first: what they name was stored before them, and is copied after.
    let database = args.database.clone().unwrap_or_else(|| dir.database());
    let mut rows = BufWriter::new(File::create_new(part.join(ROWS)).map_err(disk)?);
    let copied = back_up(&database, &mut rows).map_err(|error| of_the_store(&error))?;
    rows.into_inner().map_err(|error| disk(error.into_error()))?.sync_all().map_err(disk)?;
    let mut files = Vec::new();
    for path in listed(dir.root()).map_err(disk)? {
        let sha256 = copy(&dir.root().join(&path), &part.join(FILES).join(&path)).map_err(disk)?;
        files.push(Kept { path, sha256 });
    }
    files.sort();
    let manifest = Manifest {
        type_: TYPE.to_owned(),
        zone_id: inception.zone_id().to_string(),
        did: inception.did().to_string(),
        realm: inception.realm().to_string(),
        made_at: context.clock.now(),
        rows_sha256: copied.sha256,
        files,
    };
    let bytes = Canonical::of(&manifest).map_err(|error| unwritten(&part, &error))?;
    durable::put(&part.join(MANIFEST), bytes.bytes()).map_err(disk)?;
    durable::rename(&part, &args.to).map_err(disk)?;
    Ok(told("backed up", &manifest, &copied))
}

pub(crate) fn restore(args: &RestoreArgs) -> Result<Answer, Failure> {
    let manifest = manifest(&args.from)?;
    let dir = ZoneDir::at(&args.dir);
    if dir.zone_yaml().exists() || dir.data().exists() {
        return Err(taken(&args.dir));
    }
    // Everything is looked at before anything is laid.
    for file in &manifest.files {
        let from = args.from.join(FILES).join(inside(&file.path)?);
        let found = digest(&from).map_err(|error| unread(&from, &error))?;
        if found != file.sha256 {
            return Err(damaged(format!("`{}` is another file", file.path)));
        }
    }
    let disk = |error: std::io::Error| unwritten(&args.dir, &error);
    private_dir(dir.root()).map_err(|error| unwritten(&args.dir, &error))?;
    private_dir(&dir.data()).map_err(|error| unwritten(&args.dir, &error))?;
    let path = args.from.join(ROWS);
    let rows = BufReader::new(File::open(&path).map_err(|error| unread(&path, &error))?);
    let database = args.database.clone().unwrap_or_else(|| dir.database());
    let copied = fill(&database, rows).map_err(|error| of_the_store(&error))?;
    if copied.sha256 != manifest.rows_sha256 {
        return Err(damaged("its rows are those of another backup".to_owned()));
    }
    // The definition last: a folder without it is none of a zone.
    let (last, first): (Vec<&Kept>, Vec<&Kept>) =
        manifest.files.iter().partition(|file| file.path == "zone.yaml");
    for file in first.into_iter().chain(last) {
        let path = inside(&file.path)?;
        copy(&args.from.join(FILES).join(&path), &dir.root().join(&path)).map_err(disk)?;
    }
    Ok(told("restored", &manifest, &copied))
}

fn manifest(from: &Path) -> Result<Manifest, Failure> {
    let path = from.join(MANIFEST);
    let bytes = read(&path).map_err(|error| unread(&path, &error))?;
    let document = Canonical::exact(&bytes).and_then(|document| document.read());
    let manifest: Manifest = document.map_err(|error| damaged(error.to_string()))?;
    match manifest.type_ == TYPE && manifest.files.len() <= FILES_MAX {
        true => Ok(manifest),
        false => Err(damaged("it is no backup of a zone".to_owned())),
    }
}

/// A path that stays inside the folder it is joined to.
fn inside(path: &str) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(path);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let named = LEFT_OUT.iter().any(|left_out| path.starts_with(left_out));
    match plain && !named && path.components().next().is_some() {
        true => Ok(path),
        false => Err(damaged(format!("`{}` has no place in a zone's folder", path.display()))),
    }
}

/// The files a backup holds, by path.
fn listed(root: &Path) -> std::io::Result<Vec<String>> {
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let text = path.to_str().map(str::to_owned);
            let kind = entry.file_type()?;
            // The database lies there under several names.
            let stored = text.as_deref().is_some_and(|text| text.starts_with("data/zone."));
            if stored || LEFT_OUT.iter().any(|name| path.starts_with(name)) {
                continue;
            }
            match text {
                _ if kind.is_dir() => folders.push(path),
                Some(text) if kind.is_file() && found.len() < FILES_MAX => found.push(text),
                _ if kind.is_file() => {
                    return Err(std::io::Error::other(
                        "too many files, or one without a plain name",
                    ));
                }
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies a file durably; its digest.
fn copy(from: &Path, to: &Path) -> std::io::Result<Digest> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut out = File::create(to)?;
    let digest = each_piece(from, |piece| out.write_all(piece))?;
    out.sync_all()?;
    durable::sync_parent(to)?;
    Ok(digest)
}

fn digest(path: &Path) -> std::io::Result<Digest> {
    each_piece(path, |_| Ok(()))
}

fn each_piece(
    path: &Path,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<Digest> {
    let (mut file, mut hasher) = (File::open(path)?, Hasher::default());
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = file.read(&mut piece)?;
        let Some(piece) = piece.get(..read).filter(|piece| !piece.is_empty()) else {
            return Ok(hasher.finish());
        };
        hasher.add(piece);
        take(piece)?;
    }
}

/// Beside its place, until it is whole.
fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn told(done: &str, manifest: &Manifest, copied: &Copied) -> Answer {
    let count = |name: &str| {
        let found = copied.rows.iter().find(|(table, _)| *table == name);
        found.map_or(0, |(_, rows)| *rows)
    };
    let text = pairs(&[
        (done, manifest.zone_id.clone()),
        ("realm", manifest.realm.clone()),
        ("made at", manifest.made_at.to_string()),
        ("journal entries", count("journal").to_string()),
        ("records", count("record").to_string()),
        ("files", manifest.files.len().to_string()),
        ("left out", "signer/, tokens, keys of adapters".to_owned()),
    ]);
    let rows: serde_json::Map<String, serde_json::Value> =
        copied.rows.iter().map(|(name, rows)| ((*name).to_owned(), json!(rows))).collect();
    let json = json!({
        "zone_id": manifest.zone_id,
        "did": manifest.did,
        "realm": manifest.realm,
        "made_at": manifest.made_at,
        "rows": rows,
        "rows_sha256": copied.sha256,
        "files": manifest.files.len(),
    });
    Answer::done(text, json)
}

fn taken(path: &Path) -> Failure {
    let what = format!("`{}` holds something already", path.display());
    Failure::new(Exit::Error, "not-empty", what, "give a folder that is not there yet")
}

fn damaged(why: String) -> Failure {
    let remedy = "take another backup; this one is not what was written";
    Failure::new(Exit::Invalid, "backup-damaged", format!("the backup is refused: {why}"), remedy)
}

fn unread(path: &Path, error: &dyn std::error::Error) -> Failure {
    let what = format!("`{}` cannot be read", path.display());
    Failure::new(Exit::Error, "file", what, "give the folder that `mez backup` made").because(error)
}

fn unwritten(path: &Path, error: &dyn std::error::Error) -> Failure {
    let what = format!("`{}` cannot be written", path.display());
    Failure::new(Exit::Error, "file", what, "check the space and the rights there").because(error)
}

fn of_the_store(error: &BackupError) -> Failure {
    match error {
        BackupError::Damaged(why) => damaged((*why).to_owned()),
        BackupError::NotEmpty => Failure::new(
            Exit::Error,
            "not-empty",
            "the database holds something already",
            "give an empty one: another file, or ?schema=NAME",
        ),
        error => {
            let what = "the zone's data cannot be copied";
            Failure::new(Exit::Error, "store", what, "check --database and the space on the disk")
                .because(error)
        }
    }
}
