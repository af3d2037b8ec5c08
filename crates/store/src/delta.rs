//! Bodies of the journal as they lie in rows: what repeats an earlier entry is kept as the difference to it.
//!
//! Decisions under one law say the same again and again. An entry is written after another of its stream and segment,
//! which lies there whole, so that both are put away together and reading one takes two rows at most.
//!
//! ```text
//! 00 00 <bytes>                                       a body that begins with 00
//! 00 01 <length, 4 bytes> <LZ4 block>                 alone
//! 00 02 <distance> <length, 4 bytes> <LZ4 block>      after the entry so many sequences before
//! <bytes>                                             any other: as it is
//! ```
//! Lengths are little-endian. Invariant: nothing refers to an entry whose commit is not known to be durable, nor to one
//! that refers to another itself.

use std::borrow::Cow;

use canon::Digest;

use crate::archive::Segment;
use crate::backup::Value;
use crate::batch::{BODY_BYTES_MAX, Entry};
use crate::error::StoreError;
use crate::writer::Verdicts;

const MARK: u8 = 0;
const PLAIN: u8 = 0;
const ALONE: u8 = 1;
const AFTER: u8 = 2;
/// Shorter bodies are left as they are.
const BODY_BYTES_MIN: usize = 768;
/// What an LZ4 block can refer to: longer bodies are no base.
const BASE_BYTES_MAX: usize = 64 * 1024;
/// Bases of a stream, streams with bases: a few MiB at most.
const BASES_MAX: usize = 6;
const STREAMS_MAX: usize = 8;
/// A difference of this part of the body is as good as any: no other base is tried.
const GOOD_PART: usize = 16;
/// A difference is taken when it is at most this part of what the body takes alone; otherwise the body becomes a base.
const WORTH_PART: usize = 2;

/// What entries may be written after: the writer's.
#[derive(Debug, Default)]
pub(crate) struct Bases {
    /// The stream used last is the last.
    streams: Vec<Known>,
    /// Written whole since the last commit.
    written: Vec<(String, Base)>,
}

#[derive(Debug)]
struct Known {
    stream: String,
    /// That used last is the last.
    bases: Vec<Base>,
}

#[derive(Debug)]
struct Base {
    seq: u64,
    body: Vec<u8>,
}

impl Bases {
    /// The entry's body as it is to be written.
    pub(crate) fn row<'a>(&mut self, entry: &'a Entry) -> Cow<'a, [u8]> {
        let body = entry.body.as_slice();
        if body.len() < BODY_BYTES_MIN {
            return match body.first() {
                Some(&MARK) => Cow::Owned([&[MARK, PLAIN], body].concat()),
                _ => Cow::Borrowed(body),
            };
        }
        let after = match self.after(entry) {
            Some(after) if is_part(&after, GOOD_PART, body) => return Cow::Owned(after),
            other => other,
        };
        let alone = marked(&[MARK, ALONE], body, &lz4_flex::block::compress(body));
        if let Some(after) = after.filter(|after| is_part(after, WORTH_PART, &alone)) {
            return Cow::Owned(after);
        }
        if body.len() <= BASE_BYTES_MAX {
            let base = Base { seq: entry.seq, body: body.to_vec() };
            self.written.push((entry.stream.clone(), base));
        }
        Cow::Owned(alone)
    }

    /// The shortest difference to a base, or the first that is good.
    fn after(&mut self, entry: &Entry) -> Option<Vec<u8>> {
        let at = self.streams.iter().position(|known| known.stream == entry.stream)?;
        let known = self.streams.remove(at);
        self.streams.push(known);
        let bases = &mut self.streams.last_mut()?.bases;
        bases.retain(|base| distance(base.seq, entry.seq).is_some());
        let mut best: Option<(usize, Vec<u8>)> = None;
        for (at, base) in bases.iter().enumerate().rev() {
            let Some(distance) = distance(base.seq, entry.seq) else { continue };
            let block = lz4_flex::block::compress_with_dict(&entry.body, &base.body);
            let row = marked(&[MARK, AFTER, distance], &entry.body, &block);
            let good = is_part(&row, GOOD_PART, &entry.body);
            if best.as_ref().is_none_or(|(_, found)| row.len() < found.len()) {
                best = Some((at, row));
            }
            if good {
                break;
            }
        }
        let (at, row) = best?;
        let base = bases.remove(at);
        bases.push(base);
        Some(row)
    }

    /// How a group ended: what was written may be referred to where all of it is known to be there.
    pub(crate) fn ended(&mut self, group: &Result<Verdicts, StoreError>) {
        match group {
            Ok(verdicts) if verdicts.iter().all(Result::is_ok) => self.committed(),
            _ => self.forget(),
        }
    }

    /// What was written is durable: others may be written after it.
    fn committed(&mut self) {
        for (stream, base) in std::mem::take(&mut self.written) {
            let known = match self.streams.iter_mut().find(|known| known.stream == stream) {
                Some(known) => known,
                None => {
                    if self.streams.len() == STREAMS_MAX {
                        self.streams.remove(0);
                    }
                    self.streams.push(Known { stream, bases: Vec::new() });
                    let Some(known) = self.streams.last_mut() else { continue };
                    known
                }
            };
            if known.bases.len() == BASES_MAX {
                known.bases.remove(0);
            }
            known.bases.push(base);
        }
    }

    /// A row of the journal out of a backup, as it is to be written with all the others.
    pub(crate) fn lay(&mut self, row: &mut [Value]) {
        let [Value::Text(stream), Value::Integer(seq), _, Value::Bytes(body)] = row else { return };
        let Ok(seq) = u64::try_from(*seq) else { return };
        let root = Digest::from_bytes([0; 32]);
        let entry = Entry { stream: std::mem::take(stream), seq, body: std::mem::take(body), root };
        *body = self.row(&entry).into_owned();
        *stream = entry.stream;
        self.committed();
    }

    /// What was written may not be there.
    pub(crate) fn forget(&mut self) {
        self.written.clear();
    }
}

/// From a base to an entry, where both are of one segment.
fn distance(base: u64, entry: u64) -> Option<u8> {
    let same = Segment::first_of(base) == Segment::first_of(entry);
    let between = entry.checked_sub(base).filter(|between| same && *between > 0)?;
    u8::try_from(between).ok()
}

/// Whether a row is at most one so-many-th of another.
fn is_part(row: &[u8], part: usize, of: &[u8]) -> bool {
    row.len().saturating_mul(part) <= of.len()
}

fn marked(mark: &[u8], body: &[u8], block: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [mark, &length.to_le_bytes(), block].concat()
}

/// Rows of all streams, one stream after the other.
#[derive(Debug, Default)]
pub(crate) struct OfStreams {
    stream: String,
    bodies: Bodies,
}

impl OfStreams {
    pub(crate) fn of(&mut self, stream: &str) -> &mut Bodies {
        if self.stream != stream {
            (self.stream, self.bodies) = (stream.to_owned(), Bodies::default());
        }
        &mut self.bodies
    }
}

/// Rows of one stream read as bodies; the bases met are kept for the next.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    bases: Vec<Base>,
}

impl Bodies {
    /// The body of an entry, of its row; `row` tells that of another entry of the stream.
    ///
    /// A row that no writer wrote is answered as it lies: that is not the body its root commits to, so whoever verifies
    /// names the entry, as for any other that was altered.
    ///
    /// # Errors
    /// What `row` answers.
    pub(crate) fn body(
        &mut self,
        seq: u64,
        stored: Vec<u8>,
        row: impl FnOnce(u64) -> Result<Option<Vec<u8>>, StoreError>,
    ) -> Result<Vec<u8>, StoreError> {
        let body = match stored.as_slice() {
            [MARK, AFTER, distance, rest @ ..] => {
                let base = self.base(seq.checked_sub(u64::from(*distance)), row)?;
                base.and_then(|base| unpacked(rest, base))
            }
            [MARK, ..] => whole(&stored),
            _ => return Ok(stored),
        };
        Ok(body.unwrap_or(stored))
    }

    fn base(
        &mut self,
        seq: Option<u64>,
        row: impl FnOnce(u64) -> Result<Option<Vec<u8>>, StoreError>,
    ) -> Result<Option<&[u8]>, StoreError> {
        let Some(seq) = seq else { return Ok(None) };
        if !self.bases.iter().any(|known| known.seq == seq) {
            let Some(body) = row(seq)?.as_deref().and_then(whole) else { return Ok(None) };
            if self.bases.len() == BASES_MAX {
                self.bases.remove(0);
            }
            self.bases.push(Base { seq, body });
        }
        let known = self.bases.iter().find(|known| known.seq == seq);
        Ok(known.map(|known| known.body.as_slice()))
    }
}

/// A body that refers to no other.
fn whole(stored: &[u8]) -> Option<Vec<u8>> {
    match stored {
        [MARK, PLAIN, body @ ..] => Some(body.to_vec()),
        [MARK, ALONE, rest @ ..] => unpacked(rest, &[]),
        [MARK, ..] => None,
        _ => Some(stored.to_vec()),
    }
}

fn unpacked(stored: &[u8], base: &[u8]) -> Option<Vec<u8>> {
    let (length, block) = stored.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    if length > BODY_BYTES_MAX {
        return None;
    }
    let body = lz4_flex::block::decompress_with_dict(block, length, base).ok()?;
    (body.len() == length).then_some(body)
}

#[cfg(test)]
mod tests;
