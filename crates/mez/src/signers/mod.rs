//! A signer in a process of its own: the running keys and the last-signed cell, reached over TLS.
//!
//! ```text
//! S/signer.json               which zone, and the one key its calls come under
//! S/link.priv.json            the key this end of the link proves itself with, 0600
//! S/<purpose>.priv.json       the running keys, 0600     S/<log key>.cell    what was signed last
//! D/<zone>/signer.json        the address, and the one key that may answer there
//! D/<zone>/signer/link.priv.json    the zone's end of the link, 0600
//! ```
//! [`link`] is TLS 1.3 with raw public keys (RFC 7250), one pinned on each side: no certificate, no
//! name, no date. [`frames`] are the calls, [`server`] answers them, [`remote`] makes them,
//! [`folder`] lays the files and moves the keys.
//!
//! Invariant: a private key never crosses the link; a call that got no answer may be made again,
//! since signing is deterministic and a cell does not move twice.

mod folder;
mod frames;
mod link;
mod remote;
mod server;

pub(crate) use folder::{FolderError, Link, SignerFolder, move_keys};
pub(crate) use remote::{RemoteError, connect};
pub(crate) use server::{Args, ServeError, run};
