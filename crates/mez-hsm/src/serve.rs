//! `mez-hsm serve`: the keys in the token, served over the link.

use std::net::SocketAddr;
use std::path::PathBuf;

use link::Serving;
use proof::Purpose;
use serde_json::{Map, Value, json};
use store::cell::Cell;

use crate::failure::Failure;
use crate::folder::{Folder, FolderError};
use crate::pin::PinArgs;
use crate::vault::TokenVault;

/// What `mez-hsm serve` is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The signer's folder, laid by `mez-hsm init`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    pin: PinArgs,
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8095")]
    listen: SocketAddr,
    /// Stop when standard input ends
    #[arg(long)]
    exit_with_parent: bool,
}

/// Serve until told to stop.
///
/// # Errors
/// See [`Failure`]; nothing was signed.
pub(crate) fn run(args: &Args) -> Result<Value, Failure> {
    let folder = Folder::at(&args.dir);
    let about = folder.about()?.ok_or(FolderError::Unfinished)?;
    let all = Purpose::RUNNING.iter().all(|purpose| about.keys.contains_key(purpose));
    let log = about.keys.get(&Purpose::Log).filter(|_| all).ok_or(FolderError::Unfinished)?;
    let cell = Cell::open(folder.root(), &log.to_multikey())?;
    let (own, zone_key, token) = (folder.link()?, about.zone_key.clone(), about.token.clone());
    let vault = Box::new(TokenVault::open(folder, about, args.pin.read()?)?);
    link::serve(Serving {
        vault,
        cell,
        own,
        zone_key,
        listen: args.listen,
        exit_with_parent: args.exit_with_parent,
        about: Map::from_iter([("token".to_owned(), json!(token))]),
    })?;
    Ok(json!({ "stopped": true }))
}
