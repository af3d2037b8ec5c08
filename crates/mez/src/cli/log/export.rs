//! `mez log export`: a log as a folder for any static web server.
//!
//! Invariant: entries alone are taken from the source; the tiles are derived here, and the checkpoint
//! is put in place last, once its root is the root of those entries.

use std::path::{Path, PathBuf};

use proof::merkle::{MerkleError, Tree};
use proof::tiles::{Fetch, Level, ReadError, TileId, Tiles, contents, read_bundle};
use proof::{Checkpoint, Verified};
use serde_json::json;

use super::place::{PlaceError, failed};
use super::{LogTrust, Place};
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Failure, file};

/// What to copy, and where to.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The log: the URL of its prefix, or a folder
    #[arg(long, value_name = "URL|DIR")]
    from: String,
    /// Folder to write; what is there already and still right is left alone
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Token for the server, if it wants one
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    #[command(flatten)]
    trust: LogTrust,
}

pub(super) fn run(args: &Args) -> Result<Answer, Failure> {
    let place = Place::of(&args.from, args.token.as_ref());
    let note = place.checkpoint()?;
    let head = args.trust.verify(&note)?;
    let (tree, bundles) = entries(&head, &place).map_err(|error| failed(&error))?;
    let (mut files, mut written) = (0u64, 0u64);
    for tile in contents(head.size()) {
        let bytes = match tile.level() {
            Level::Entries => bundles.get(usize::try_from(tile.index()).unwrap_or(usize::MAX)),
            Level::Hashes(_) => None,
        };
        let derived = bytes.cloned().or_else(|| Tiles::of(&tree).bytes(tile)).unwrap_or_default();
        files += 1;
        written += u64::from(put(&args.out.join(tile.to_string()), &derived)?);
    }
    file::make_dir(&args.out)?;
    file::write_atomic(&args.out.join("checkpoint"), &note)?;
    let text = pairs(&[
        ("log", head.origin().to_owned()),
        ("entries", head.size().to_string()),
        ("root", head.root().to_string()),
        ("files", format!("{files}, {written} new, and the checkpoint")),
        ("folder", args.out.display().to_string()),
        ("next", format!("serve it: python3 -m http.server -d {}", args.out.display())),
    ]);
    let json = json!({
        "entries": head.size(),
        "files": files,
        "folder": args.out,
        "origin": head.origin(),
        "root": head.root(),
        "written": written,
    });
    Ok(Answer::done(text, json))
}

/// Every entry bundle, and the tree they give, which must be the checkpoint's.
fn entries(
    head: &Verified<Checkpoint>,
    mut place: &Place,
) -> Result<(Tree, Vec<Vec<u8>>), ReadError<PlaceError>> {
    let mut tree = Tree::new();
    let mut bundles = Vec::new();
    for index in 0.. {
        let Some(tile) = TileId::at(Level::Entries, index, head.size()) else { break };
        let fetch = |place: &mut &Place, tile: TileId| {
            place.fetch(tile).map_err(|fault| ReadError::Fetch { tile, fault })
        };
        let mut bytes = match fetch(&mut place, tile)? {
            Some(bytes) => bytes,
            // A log may drop a partial bundle once the full one is there.
            None => fetch(&mut place, tile.full())?.ok_or(ReadError::Missing(tile))?,
        };
        bytes.truncate(usize::try_from(tile.length()).unwrap_or(usize::MAX));
        let entries = read_bundle(&bytes).ok_or(ReadError::Malformed(tile))?;
        if u64::try_from(entries.len()) != Ok(tile.width()) {
            return Err(ReadError::Malformed(tile));
        }
        for entry in entries {
            tree.push(entry)?;
        }
        bundles.push(bytes);
    }
    if tree.root() != head.root() {
        return Err(MerkleError::RootMismatch.into());
    }
    Ok((tree, bundles))
}

/// Puts a file in place unless it is there; says whether it was not. Tiles can be derived again, so
/// none of them is waited for on its way to the disk.
fn put(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    if std::fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        file::make_dir(folder)?;
    }
    let beside = path.with_extension("new");
    let placed = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    placed.map_err(|error| Failure::io("write", path, &error))?;
    Ok(true)
}
