//! What can go wrong, and whose fault it is.
//!
//! Three enums for three operations: [`OpenError`] (opening), [`StoreError`] (the host under us: disk,
//! server) and [`CommitError`] (a batch that lost a race or was malformed, or any `StoreError`).
//! Invariant: every variant but `Doubt` and `OutcomeUnknown` promises that nothing of the batch was written.

use canon::Digest;

use crate::batch::Head;

/// The storage beneath failed. All details are for operators, none reveals stored content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached now; the store reconnects by itself. Nothing was written.
    #[error("the store cannot be reached: {detail}")]
    Unavailable {
        /// What the driver said.
        detail: String,
    },
    /// An fsync failed or stored bytes do not match their checksum. Sticky until the store is opened
    /// again: writes are refused, reads go on. The batch that met it has an unknown outcome.
    #[error("the store is in doubt and takes no writes: {detail}")]
    Doubt {
        /// The first failure that was seen.
        detail: String,
    },
    /// The connection broke while a commit was answered and could not be re-established in time. The
    /// caller reads the head again before it builds anything new.
    #[error("the outcome of the commit is unknown: {detail}")]
    OutcomeUnknown {
        /// What the driver said.
        detail: String,
    },
    /// Another process holds the right to write to this database now. Nothing was written.
    #[error("another process writes to the store now")]
    Deposed,
    /// No space left. Nothing was written; writes succeed again once there is space.
    #[error("no space left for the store: {detail}")]
    Full {
        /// What the driver said.
        detail: String,
    },
    /// More callers wait than the queue admits; try again.
    #[error("too many writes are waiting")]
    Busy,
    /// The store was closed or its writer is gone.
    #[error("the store is closed")]
    Closed,
    /// A result would exceed a limit of this contract.
    #[error("more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The named limit.
        limit: usize,
    },
    /// A row cannot be what this program wrote (negative sequence, short digest).
    #[error("a stored row is malformed: {what}")]
    Malformed {
        /// Which column.
        what: &'static str,
    },
    /// The body of an entry lies in the archive, and this store is read without one.
    #[error("entry {seq} of `{stream}` lies in the archive, and none is connected")]
    InArchive {
        /// The stream.
        stream: String,
        /// The sequence.
        seq: u64,
    },
    /// The archive does not have the file of an entry, or does not answer.
    #[error("entry {seq} of `{stream}`: the archive has no file {file}: {detail}")]
    ArchiveGone {
        /// The stream.
        stream: String,
        /// The sequence.
        seq: u64,
        /// The file that is needed.
        file: Digest,
        /// What the archive said.
        detail: String,
    },
    /// What the archive has is not what was put there.
    #[error("entry {seq} of `{stream}`: the file {file} of the archive was altered: {detail}")]
    ArchiveAltered {
        /// The stream.
        stream: String,
        /// The sequence.
        seq: u64,
        /// The file that is needed.
        file: Digest,
        /// What is wrong.
        detail: String,
    },
    /// The retention of an entry has ended, and its body was given up.
    #[error(
        "entry {seq} of `{stream}` was given up when its retention had ended; its root is {root}, the SHA-256 of its \
         body {body}, and its segment ends before {end}"
    )]
    Dropped {
        /// The stream.
        stream: String,
        /// The sequence.
        seq: u64,
        /// The root it leads to.
        root: Digest,
        /// SHA-256 of its body.
        body: Digest,
        /// Sequence after the last entry of its segment.
        end: u64,
    },
    /// The journal does not hold these entries as they are given.
    #[error("the journal does not hold the segment of `{stream}` at {first} as it is given")]
    NotInJournal {
        /// The stream.
        stream: String,
        /// Its first sequence.
        first: u64,
    },
    /// This kind of store puts nothing away.
    #[error("this kind of store has no archive")]
    NoArchive,
    /// The database refused a statement for a reason not listed above.
    #[error("the database refused: {detail}")]
    Database {
        /// What the driver said.
        detail: String,
    },
}

/// Why a batch was not written. Every other batch of the same transaction is unaffected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The head of `stream` is not the one the batch was built on.
    #[error("the head of `{stream}` moved")]
    HeadMoved {
        /// The stream.
        stream: String,
        /// Its head now; `None` when it has none.
        found: Option<Head>,
    },
    /// The journal already has an entry there.
    #[error("the journal `{stream}` already has entry {seq}")]
    EntryExists {
        /// The stream.
        stream: String,
        /// The sequence.
        seq: u64,
    },
    /// The record is not at the revision the batch was built on.
    #[error("the record `{kind}/{id}` moved")]
    RecordMoved {
        /// Record kind.
        kind: String,
        /// Record id.
        id: String,
        /// Its revision now; `None` when it does not exist.
        found: Option<u64>,
    },
    /// The bytes of a blob do not hash to the digest given for them.
    #[error("the blob given as `{digest}` has another digest")]
    BlobMismatch {
        /// The digest the caller gave.
        digest: Digest,
    },
    /// This principal already used this idempotency key; read the row and compare requests.
    #[error("the idempotency key `{key}` was used before")]
    IdempotencyTaken {
        /// Whose key space.
        principal: String,
        /// The key.
        key: String,
    },
    /// A binding (zone, realm, format) exists with another value.
    #[error("`{key}` is bound to `{found}`")]
    MetaBound {
        /// The binding.
        key: String,
        /// Its value now.
        found: String,
    },
    /// The batch or one of its parts exceeds a limit.
    #[error("{what} exceeds {limit}")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// The named limit (bytes or rows).
        limit: usize,
    },
    /// A name is empty or contains a NUL.
    #[error("{what} is empty or contains NUL")]
    BadName {
        /// Which name.
        what: &'static str,
    },
    /// The storage beneath failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a store did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Neither `sqlite:PATH` nor `postgres://…`, or not parseable. The URL is not repeated (it may hold a password).
    #[error(
        "the store address is not usable: {detail}; expected `sqlite:PATH` or `postgres://USER@HOST/DATABASE`"
    )]
    BadUrl {
        /// What is wrong with it.
        detail: String,
    },
    /// Another process has this embedded store open.
    #[error("the store `{path}` is in use by another process")]
    InUse {
        /// The database file.
        path: String,
    },
    /// The file is a database of some other program.
    #[error("`{path}` is not a store of this program")]
    NotOurs {
        /// The database file.
        path: String,
    },
    /// The store was written by a newer program.
    #[error("the store has format {found}, this program knows up to {known}")]
    FormatNewer {
        /// Format version found.
        found: i64,
        /// Newest format this program reads.
        known: i64,
    },
    /// The server is configured to lose acknowledged commits.
    #[error("the database server is not durable: {detail}")]
    NotDurable {
        /// The setting.
        detail: String,
    },
    /// The file system refused.
    #[error("`{path}` cannot be opened: {detail}")]
    File {
        /// The path.
        path: String,
        /// What the system said.
        detail: String,
    },
    /// The storage beneath failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
