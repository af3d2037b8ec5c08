//! What a zone remembers.
//!
//! One small contract ([`Store`]), three backends: SQLite in the process ([`sqlite`]), PostgreSQL
//! ([`postgres`]), and memory with faults for simulation ([`sim`]). One builder may be ahead of the disk
//! ([`Ahead`]). A head moves only by compare-and-swap,
//! a blob is named by its digest, and everything else is a projection that can be rebuilt from the
//! journal. Beside the store, and outside the data it keeps, stands the signer's last-signed cell
//! ([`cell`]).
//!
//! Architecture invariant: the only crate with SQL. It reads no clock, no environment and no meaning:
//! bodies are bytes, moments are numbers the caller gives.

mod ahead;
pub mod archive;
pub mod backup;
mod batch;
pub mod cell;
mod contract;
mod delta;
mod error;
pub mod faults;
mod format;
mod plan;
pub mod postgres;
pub mod sim;
pub mod sqlite;
mod writer;

use std::path::Path;
use std::sync::Arc;

pub use ahead::{Ahead, Building, Queued, Seen};
pub use batch::{
    BATCH_BYTES_MAX, BATCH_ROWS_MAX, BLOB_BYTES_MAX, BODY_BYTES_MAX, Batch, BlobPut, Entry, Head,
    HeadSwap, IdempotencyPut, JobId, JobPut, KeyPut, NAME_BYTES_MAX, RecordPut,
};
pub use contract::{
    Committed, HEADS_MAX, Health, IdempotencyRow, Job, Next, PAGE_BYTES_MAX, PAGE_MAX, Pending,
    Record, Store,
};
pub use error::{CommitError, OpenError, StoreError};
pub use format::{Format, format};

/// Opens a store by its address: `sqlite:PATH` or `postgres://USER@HOST:PORT/DATABASE`.
///
/// # Errors
/// See [`OpenError`].
pub fn open(url: &str) -> Result<Arc<dyn Store>, OpenError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        if path.is_empty() {
            return Err(OpenError::BadUrl { detail: "no path after `sqlite:`".to_owned() });
        }
        return Ok(Arc::new(sqlite::Sqlite::open(Path::new(path))?));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(postgres::Postgres::open(url)?));
    }
    Err(OpenError::BadUrl { detail: "unknown scheme".to_owned() })
}
