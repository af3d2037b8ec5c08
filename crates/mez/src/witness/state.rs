//! The state file: one line of header, then frames appended and never changed.
//!
//! A frame is `length` (u32, big-endian) ‖ first 12 bytes of SHA-256(`head` ‖ chain ‖ length) ‖
//! payload ‖ SHA-256(chain ‖ payload). That last digest is the chain of the next frame; the first
//! chain is the digest of the header. A payload is a row of notes, each after its u32 length.
//!
//! Invariant: a frame counts only whole. One cut short at the end was never durable, so nobody was
//! answered on it, and it is cut off; anything else that does not verify is doubt, and doubt signs
//! nothing. After a failed write or sync nothing is written again.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Result as IoResult, Write};
use std::path::{Path, PathBuf};

use canon::{Digest, sha256_parts};
use proof::witness::{CosignerKey, Held};

/// Bytes before a payload.
const HEAD: usize = 16;
const CHAIN: usize = 32;
/// Most notes in one frame.
pub(super) const FRAME_NOTES_MAX: usize = 256;
/// Longest state file before it is written anew with the last checkpoints alone.
const COMPACT_BYTES: u64 = 32 * 1024 * 1024;

/// Where bytes go. The file, or a test's idea of one that fails.
pub(super) trait Disk: Send {
    /// Add bytes at the end.
    fn append(&mut self, bytes: &[u8]) -> IoResult<()>;
    /// Make everything added durable.
    fn sync(&mut self) -> IoResult<()>;
    /// Replace everything, durably and at once; `false` when this disk does not.
    fn replace(&mut self, bytes: &[u8]) -> IoResult<bool>;
}

/// A state file that cannot be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Doubt {
    /// The first line is not that of this cosigner.
    #[error("it is not the state of this cosigner")]
    Header,
    /// A frame that is there does not verify.
    #[error("the frame at byte {0} does not verify")]
    Frame(usize),
    /// A note that is no checkpoint, or goes back, or contradicts an earlier one.
    #[error("the checkpoints at byte {0} do not follow from those before")]
    Order(usize),
}

/// What a state file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replayed {
    /// The last checkpoint cosigned of each log.
    pub(super) held: BTreeMap<String, Held>,
    chain: Digest,
    /// Bytes that count; what follows was never durable.
    pub(super) good: usize,
}

/// The first line.
pub(super) fn header(key: &CosignerKey) -> String {
    format!("mez.witness.state.v1 {}\n", key.verifier_key())
}

/// Read a state file.
///
/// # Errors
/// Doubt.
pub(super) fn replay(bytes: &[u8], key: &CosignerKey) -> Result<Replayed, Doubt> {
    let header = header(key);
    let mut rest = bytes.strip_prefix(header.as_bytes()).ok_or(Doubt::Header)?;
    let mut chain = Digest::of_blob(header.as_bytes());
    let mut held = BTreeMap::new();
    loop {
        let at = bytes.len() - rest.len();
        let Some((head, body)) = rest.split_first_chunk::<HEAD>() else { break };
        let (length, check) = head.split_at(4);
        let number = length.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        let expected = sha256_parts(&[b"head", chain.as_bytes(), length]);
        if !expected.as_bytes().starts_with(check) {
            // A file that grew before its bytes were written ends in zeroes.
            if rest.iter().all(|byte| *byte == 0) {
                break;
            }
            return Err(Doubt::Frame(at));
        }
        let Some((payload, tail)) = body.split_at_checked(number) else { break };
        let Some((sum, next)) = tail.split_first_chunk::<CHAIN>() else { break };
        let expected = sha256_parts(&[chain.as_bytes(), payload]);
        if expected.as_bytes() != sum {
            return Err(Doubt::Frame(at));
        }
        take(payload, &mut held).ok_or(Doubt::Order(at))?;
        chain = expected;
        rest = next;
    }
    Ok(Replayed { held, chain, good: bytes.len() - rest.len() })
}

fn take(mut payload: &[u8], held: &mut BTreeMap<String, Held>) -> Option<()> {
    while !payload.is_empty() {
        let (length, rest) = payload.split_first_chunk::<4>()?;
        let (note, rest) =
            rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        payload = rest;
        let next = Held::from_note(note).ok()?;
        let last = held.get(next.origin());
        if last.is_some_and(|last| last.size() > next.size() || last.contradicts(&next)) {
            return None;
        }
        held.insert(next.origin().to_owned(), next);
    }
    Some(())
}

fn frame(chain: &Digest, notes: &[Vec<u8>]) -> IoResult<(Vec<u8>, Digest)> {
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(std::io::Error::other);
    let mut payload = Vec::new();
    for note in notes {
        payload.extend_from_slice(&size(note)?.to_be_bytes());
        payload.extend_from_slice(note);
    }
    let length = size(&payload)?.to_be_bytes();
    let check = sha256_parts(&[b"head", chain.as_bytes(), &length]);
    let sum = sha256_parts(&[chain.as_bytes(), &payload]);
    let mut out = length.to_vec();
    out.extend(check.as_bytes().iter().take(HEAD - 4));
    out.extend_from_slice(&payload);
    out.extend_from_slice(sum.as_bytes());
    Ok((out, sum))
}

/// The state, and the disk that remembers it.
pub(super) struct State<D> {
    disk: D,
    key: CosignerKey,
    held: BTreeMap<String, Held>,
    chain: Digest,
    bytes: u64,
    compact_at: u64,
    failed: bool,
}

impl<D: Disk> State<D> {
    /// Goes on from what was replayed; `disk` ends where the good bytes end.
    pub(super) fn new(disk: D, key: CosignerKey, replayed: Replayed) -> Self {
        let Replayed { held, chain, good } = replayed;
        Self {
            disk,
            key,
            held,
            chain,
            bytes: good as u64,
            compact_at: COMPACT_BYTES,
            failed: false,
        }
    }

    /// The last checkpoint of a log; ahead of the disk between [`State::put`] and its end.
    pub(super) fn last(&self, origin: &str) -> Option<&Held> {
        self.held.get(origin)
    }

    /// Remember one in memory; nobody is answered on it before [`State::keep`].
    pub(super) fn put(&mut self, held: Held) {
        self.held.insert(held.origin().to_owned(), held);
    }

    /// Make notes durable in one frame with one sync.
    ///
    /// # Errors
    /// The disk; from then on always.
    pub(super) fn keep(&mut self, notes: &[Vec<u8>]) -> IoResult<()> {
        if self.failed {
            return Err(std::io::Error::other("an earlier write failed"));
        }
        if notes.is_empty() {
            return Ok(());
        }
        // Cleared at the very end alone: what failed half-way stays failed.
        self.failed = true;
        let (bytes, chain) = frame(&self.chain, notes)?;
        self.disk.append(&bytes)?;
        self.disk.sync()?;
        self.chain = chain;
        self.bytes += bytes.len() as u64;
        if self.bytes > self.compact_at {
            self.compact()?;
        }
        self.failed = false;
        Ok(())
    }

    /// Write the file anew with the last checkpoint of each log.
    fn compact(&mut self) -> IoResult<()> {
        let mut out = header(&self.key).into_bytes();
        let mut chain = Digest::of_blob(&out);
        let notes: Vec<Vec<u8>> = self.held.values().map(Held::note).collect();
        for some in notes.chunks(FRAME_NOTES_MAX) {
            let (bytes, next) = frame(&chain, some)?;
            out.extend_from_slice(&bytes);
            chain = next;
        }
        // Many large logs: the next time comes when it would become shorter again.
        let length = out.len() as u64;
        self.compact_at = COMPACT_BYTES.max(length.saturating_mul(2));
        if self.disk.replace(&out)? {
            self.chain = chain;
            self.bytes = length;
        }
        Ok(())
    }
}

/// The file itself.
pub(super) struct Disc {
    file: File,
    path: PathBuf,
}

impl Disc {
    /// Opens the file to go on at `good`, cutting off what was never durable.
    pub(super) fn open(path: &Path, good: usize) -> IoResult<Self> {
        let file = OpenOptions::new().append(true).open(path)?;
        let good = good as u64;
        if file.metadata()?.len() != good {
            file.set_len(good)?;
            file.sync_all()?;
        }
        Ok(Self { file, path: path.to_owned() })
    }
}

impl Disk for Disc {
    fn append(&mut self, bytes: &[u8]) -> IoResult<()> {
        #[cfg(feature = "faults")]
        {
            use super::faults::{Point, reached};
            reached(Point::BeforeWrite);
            let (first, second) = bytes.split_at(bytes.len() / 2);
            self.file.write_all(first)?;
            reached(Point::InWrite);
            self.file.write_all(second)
        }
        #[cfg(not(feature = "faults"))]
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> IoResult<()> {
        #[cfg(feature = "faults")]
        super::faults::reached(super::faults::Point::BeforeFsync);
        self.file.sync_data()?;
        #[cfg(feature = "faults")]
        super::faults::reached(super::faults::Point::AfterFsync);
        Ok(())
    }

    fn replace(&mut self, bytes: &[u8]) -> IoResult<bool> {
        crate::layout::write_atomic(&self.path, bytes).map_err(std::io::Error::other)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        Ok(true)
    }
}
