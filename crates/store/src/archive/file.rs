//! The file of a segment (`spec/journal-segment.md`).
//!
//! ```text
//! mez-segment 1\n
//! zone <did>\n  stream <name>\n  first <n>\n  entries <n>\n  before <root, hex, or ->\n  \n
//! entry: <root, 32 bytes> <length, 4 bytes, big-endian> <body>
//! ```
//! Invariant: one segment has one file; what [`SegmentFile::read`] takes, [`SegmentFile::write`] writes again.

use canon::Digest;

use super::{SEGMENT_BYTES_MAX, SEGMENT_ENTRIES, Segment};
use crate::batch::Entry;

const FIRST_LINE: &[u8] = b"mez-segment 1\n";
/// Bytes before a body: root and length.
const BEFORE_BODY: usize = 36;

/// A segment with its bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFile {
    /// DID of the zone.
    pub zone: String,
    /// The stream.
    pub stream: String,
    /// Root of the entry before the first; none before entry 0.
    pub before: Option<Digest>,
    /// [`SEGMENT_ENTRIES`] entries that follow each other.
    pub entries: Vec<Entry>,
}

/// Why bytes are no file of a segment, or entries make none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// The entries are not a whole aligned segment of one stream.
    #[error("the entries are not a whole segment")]
    NotWhole,
    /// A name that does not fit a line.
    #[error("a name of the segment does not fit its line")]
    Name,
    /// Larger than [`SEGMENT_BYTES_MAX`].
    #[error("the segment is larger than {SEGMENT_BYTES_MAX} bytes")]
    TooLarge,
    /// Not of the form.
    #[error("it is no file of a segment: {0}")]
    Malformed(&'static str),
}

fn plain(name: &str) -> bool {
    !name.is_empty() && !name.bytes().any(|b| b.is_ascii_control() || b == b' ')
}

impl SegmentFile {
    /// Sequence of the first entry.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.entries.first().map_or(0, |entry| entry.seq)
    }

    fn check(&self) -> Result<(), SegmentError> {
        if !plain(&self.zone) || !plain(&self.stream) {
            return Err(SegmentError::Name);
        }
        let first = self.first();
        let count = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        let mut places = (first..).zip(&self.entries);
        let follow = places.all(|(seq, e)| e.seq == seq && e.stream == self.stream);
        let aligned = Segment::first_of(first) == first && (first == 0) == self.before.is_none();
        match count == SEGMENT_ENTRIES && follow && aligned {
            true => Ok(()),
            false => Err(SegmentError::NotWhole),
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// See [`SegmentError`].
    pub fn write(&self) -> Result<Vec<u8>, SegmentError> {
        self.check()?;
        let before = self.before.map_or_else(|| "-".to_owned(), |root| root.to_string());
        let mut bytes = FIRST_LINE.to_vec();
        let head = format!(
            "zone {}\nstream {}\nfirst {}\nentries {}\nbefore {before}\n\n",
            self.zone,
            self.stream,
            self.first(),
            self.entries.len()
        );
        bytes.extend_from_slice(head.as_bytes());
        for entry in &self.entries {
            let length = u32::try_from(entry.body.len()).map_err(|_| SegmentError::TooLarge)?;
            let more = entry.body.len().saturating_add(BEFORE_BODY);
            if bytes.len().saturating_add(more) > SEGMENT_BYTES_MAX {
                return Err(SegmentError::TooLarge);
            }
            bytes.extend_from_slice(entry.root.as_bytes());
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(&entry.body);
        }
        Ok(bytes)
    }

    /// What the store keeps of it, given its bytes.
    #[must_use]
    pub fn segment(&self, bytes: &[u8]) -> Segment {
        Segment {
            stream: self.stream.clone(),
            first: self.first(),
            file: Digest::of_blob(bytes),
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            roots: self.entries.iter().map(|entry| entry.root).collect(),
            bodies: self.entries.iter().map(|entry| Digest::of_blob(&entry.body)).collect(),
            dropped: None,
        }
    }

    /// Reads a file, strictly.
    ///
    /// # Errors
    /// See [`SegmentError`].
    pub fn read(bytes: &[u8]) -> Result<Self, SegmentError> {
        if bytes.len() > SEGMENT_BYTES_MAX {
            return Err(SegmentError::TooLarge);
        }
        let rest = bytes.strip_prefix(FIRST_LINE);
        let mut rest = rest.ok_or(SegmentError::Malformed("its first line is another"))?;
        let zone = line(&mut rest, "zone ")?.to_owned();
        let stream = line(&mut rest, "stream ")?.to_owned();
        let first = number(line(&mut rest, "first ")?)?;
        let count = number(line(&mut rest, "entries ")?)?;
        let before = match line(&mut rest, "before ")? {
            "-" => None,
            hex => Some(Digest::from_hex(hex).map_err(|_| SegmentError::Malformed("before"))?),
        };
        if !line(&mut rest, "")?.is_empty() || count != SEGMENT_ENTRIES {
            return Err(SegmentError::Malformed("its lines"));
        }
        let mut entries = Vec::new();
        for seq in first..first.saturating_add(count) {
            let (root, body) = entry(&mut rest)?;
            entries.push(Entry { stream: stream.clone(), seq, body, root });
        }
        if !rest.is_empty() {
            return Err(SegmentError::Malformed("something follows its end"));
        }
        let read = Self { zone, stream, before, entries };
        read.check().map(|()| read)
    }
}

fn line<'a>(rest: &mut &'a [u8], name: &str) -> Result<&'a str, SegmentError> {
    let end = rest.iter().position(|b| *b == b'\n');
    let (line, after) =
        end.and_then(|end| rest.split_at_checked(end)).ok_or(SegmentError::Malformed("a line"))?;
    *rest = after.get(1..).unwrap_or_default();
    let line = std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix(name));
    line.ok_or(SegmentError::Malformed("a line"))
}

/// A number as it is written: no sign, no zero before it.
fn number(text: &str) -> Result<u64, SegmentError> {
    let read: Option<u64> = text.parse().ok();
    read.filter(|n| n.to_string() == text).ok_or(SegmentError::Malformed("a number"))
}

fn entry(rest: &mut &[u8]) -> Result<(Digest, Vec<u8>), SegmentError> {
    let early = SegmentError::Malformed("it ends early");
    let (root, after) = rest.split_first_chunk::<32>().ok_or_else(|| early.clone())?;
    let (length, after) = after.split_first_chunk::<4>().ok_or_else(|| early.clone())?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| early.clone())?;
    let (body, after) = after.split_at_checked(length).ok_or(early)?;
    *rest = after;
    Ok((Digest::from_bytes(*root), body.to_vec()))
}
