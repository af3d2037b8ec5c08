//! A signer in a process of its own: the running keys and the last-signed cell, reached over TLS.
//!
//! ```text
//! S/signer.json               which zone, and the one key its calls come under
//! S/link.priv.json            the key this end of the link proves itself with, 0600
//! S/<purpose>.priv.json       the running keys, 0600     S/<log key>.cell    what was signed last
//! D/<zone>/signer.json        the address, and the one key that may answer there
//! D/<zone>/signer/link.priv.json    the zone's end of the link, 0600
//! ```
//! The link itself is the room `link`; [`server`] serves keys from files over it, [`folder`] lays
//! the files of both ends and moves the keys, [`elsewhere`] founds a zone on keys that never were here,
//! [`turn`] has them pass to the next.
//!
//! Invariant: a private key never crosses the link.

mod elsewhere;
mod folder;
mod server;
mod turn;

pub(crate) use elsewhere::{Elsewhere, ElsewhereError, caller, found_on};
pub(crate) use folder::{FolderError, SignerFolder, link_of, move_keys};
pub(crate) use server::{Args, ServeError, run};
pub(crate) use turn::turned;
