//! `mez-hsm status`: whether the token is there, takes the PIN, and holds every key as it was made.

use std::path::PathBuf;

use serde_json::Value;

use crate::failure::Failure;
use crate::folder::{Folder, FolderError};
use crate::pin::PinArgs;
use crate::token::Module;

/// What `mez-hsm status` is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The signer's folder, laid by `mez-hsm init`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    pin: PinArgs,
}

/// Look, beside a signer that serves or without one; nothing is signed.
///
/// # Errors
/// See [`Failure`].
pub(crate) fn run(args: &Args) -> Result<Value, Failure> {
    let folder = Folder::at(&args.dir);
    let about = folder.about()?.ok_or(FolderError::Unfinished)?;
    let pin = args.pin.read()?;
    let token = Module::load(&about.module)?.open(&about.token, Some(&about.serial), &pin)?;
    if about.look(&token)?.is_empty() {
        return Err(FolderError::Unfinished.into());
    }
    Ok(about.told(&folder.link()?.public()))
}
