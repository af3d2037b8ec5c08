//! `mez-hsm init`: the running keys of one zone, made in the token.
//!
//! Invariant: an `init` that was cut short is finished by asking again; what is made is used, never
//! replaced, and never taken over from another folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use proof::{PublicKey, Purpose};
use serde_json::Value;

use crate::failure::Failure;
use crate::folder::{About, Folder, FolderError, Turn, random};
use crate::pin::PinArgs;
use crate::token::{Module, Token, TokenError};

/// What `mez-hsm init` is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// The PKCS#11 library of the token
    #[arg(long, value_name = "LIBRARY")]
    module: PathBuf,
    /// The token's label
    #[arg(long, value_name = "LABEL")]
    token: String,
    #[command(flatten)]
    pin: PinArgs,
    /// The signer's folder; made when it is not there
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The key the zone will call under, as `mez signer key` shows it
    #[arg(long, value_name = "KEY", value_parser = key)]
    zone_key: PublicKey,
    /// What the labels of the keys begin with; a name of its own for each zone in one token
    #[arg(long, value_name = "NAME", default_value = "mez")]
    name: String,
}

fn key(text: &str) -> Result<PublicKey, String> {
    PublicKey::from_multikey(text).map_err(|error| error.to_string())
}

/// Make what is missing, and tell what there is.
///
/// # Errors
/// See [`Failure`]; it may be asked again.
pub(crate) fn run(args: &Args) -> Result<Value, Failure> {
    let folder = Folder::at(&args.dir);
    let found = folder.about()?;
    let path = module(args);
    found.as_ref().map_or(Ok(()), |about| same(args, &path, about))?;
    let pin = args.pin.read()?;
    let serial = found.as_ref().map(|about| about.serial.as_str());
    let token = Module::load(&path)?.open(&args.token, serial, &pin)?;
    let fresh = About {
        module: path,
        token: args.token.clone(),
        serial: token.serial().to_owned(),
        name: args.name.clone(),
        id: HEXLOWER.encode(random::<16>()?.as_slice()),
        zone_key: args.zone_key.clone(),
        keys: BTreeMap::new(),
        next: BTreeMap::new(),
        turns: BTreeMap::new(),
    };
    if found.is_none() {
        unclaimed(&token, &fresh)?;
        folder.create()?;
    }
    let _held = folder.lock()?;
    let mut about = match folder.about()? {
        Some(about) => {
            same(args, &fresh.module, &about)?;
            about
        }
        None => {
            folder.put(&fresh)?;
            fresh
        }
    };
    // Once noted they are only looked for: a key that is lost is not made anew behind the zone's back.
    if about.keys.is_empty() {
        for purpose in Purpose::RUNNING {
            let public = token.made(&about.key(purpose, Turn::Present))?;
            about.keys.insert(purpose, public);
            let next = token.made(&about.key(purpose, Turn::Next))?;
            about.next.insert(purpose, next);
        }
    }
    about.look(&token)?;
    let own = folder.link()?.public();
    folder.put(&about)?;
    Ok(about.told(&own))
}

/// Where the library is, from wherever `serve` is called; a bare name is for the loader to find.
fn module(args: &Args) -> PathBuf {
    let bare = args.module.components().count() == 1;
    let full = std::path::absolute(&args.module).ok().filter(|_| !bare);
    full.unwrap_or_else(|| args.module.clone())
}

fn same(args: &Args, module: &Path, about: &About) -> Result<(), FolderError> {
    let told = [
        ("--module", module == about.module),
        ("--token", args.token == about.token),
        ("--name", args.name == about.name),
        ("--zone-key", args.zone_key == about.zone_key),
    ];
    match told.into_iter().find(|(_, same)| !same) {
        Some((what, _)) => Err(FolderError::Other(what)),
        None => Ok(()),
    }
}

/// No label is taken before the folder claims any.
fn unclaimed(token: &Token, about: &About) -> Result<(), TokenError> {
    let turns = [Turn::Present, Turn::Next];
    for (purpose, turn) in Purpose::RUNNING.into_iter().flat_map(|p| turns.map(|turn| (p, turn))) {
        let name = about.key(purpose, turn);
        for half in [token.private(&name).map(drop), token.public(&name).map(drop)] {
            match half {
                Err(TokenError::KeyMissing { .. }) => {}
                Err(other) => return Err(other),
                Ok(()) => return Err(TokenError::KeyOther { label: name.label }),
            }
        }
    }
    Ok(())
}
