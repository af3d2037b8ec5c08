//! The link between a zone and the process that holds its running keys and its last-signed cell.
//!
//! [`tls`] is TLS 1.3 with raw public keys (RFC 7250), one pinned on each side: no certificate, no
//! name, no date. [`frames`] are the calls, [`serve`] answers them for whatever [`Vault`] holds the
//! keys, [`connect`] makes them. A signer is any process that calls [`serve`]: `mez signer serve`
//! holds its keys in files, `mez-hsm serve` in a token.
//!
//! **Architecture Invariant:** a private key never crosses the link; a call that got no answer may be
//! made again, since signing is deterministic and a cell does not move twice.

pub mod frames;
mod remote;
mod server;
pub mod tls;
mod turn;
mod watch;

pub use remote::{Link, RemoteError, RemoteKeys, Rotating, connect};
pub use server::{ServeError, Serving, Vault, serve};
pub use watch::Stopwatch;
