//! `mez signer serve`: the running keys from the signer's folder, served over the link.

use std::net::SocketAddr;
use std::path::PathBuf;

use link::Serving;
use proof::{Purpose, SecretKey};
use serde_json::{Map, json};
use store::cell::{Cell, CellError};

use super::folder::{FolderError, SignerFolder};

/// What `mez signer serve` is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The signer's folder, laid by `mez signer move`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8095")]
    listen: SocketAddr,
    /// Stop when standard input ends
    #[arg(long)]
    exit_with_parent: bool,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The folder, a key in it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The cell.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// The link.
    #[error(transparent)]
    Link(#[from] link::ServeError),
}

/// Serve until told to stop.
///
/// # Errors
/// See [`ServeError`]; nothing was signed.
pub(crate) fn run(args: &Args) -> Result<(), ServeError> {
    let folder = SignerFolder::at(&args.dir);
    let about = folder.about()?;
    let keys = folder.keys()?;
    let log = keys.get(&Purpose::Log).map(SecretKey::public).ok_or(FolderError::NoLogKey)?;
    Ok(link::serve(Serving {
        vault: Box::new(keys),
        cell: Cell::open(folder.root(), &log.to_multikey())?,
        own: folder.link()?,
        zone_key: about.zone_key,
        listen: args.listen,
        exit_with_parent: args.exit_with_parent,
        about: Map::from_iter([("zone".to_owned(), json!(about.zone))]),
    })?)
}
