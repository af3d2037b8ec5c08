//! Decoding of a bundle: its directory entry by entry, and each entry where the directory puts it.
//!
//! Every check names what it refuses; then each record is written again and must be what was read.

use super::names::Names;
use super::record::{self, CENTRAL_LENGTH, END_LENGTH, END64_LENGTH, LOCATOR_LENGTH};
use super::{BUNDLE_MAX, BundleError, ENTRIES_MAX, Source};

/// Bytes of the directory read at once.
const WINDOW: u64 = 64 * 1024;
/// Bytes of a content read at once.
const CHUNK: u64 = 256 * 1024;
/// How far from the end a moved end record is looked for: the longest comment and the record.
const TAIL: u64 = 0xffff + END_LENGTH as u64;

/// The directory of a bundle, read from the first entry to the last.
///
/// Invariant: the entries lie side by side from byte 0 to the directory, in the order of their names;
/// only when [`next`](Self::next) has said that there is no more is that known of all of them.
pub struct Directory<'s, S: Source + ?Sized> {
    source: &'s S,
    names: Names,
    /// Part of the directory, and where its first byte lies.
    window: (Vec<u8>, u64),
    at: u64,
    /// Where the directory starts and ends.
    range: (u64, u64),
    left: u64,
    /// Where the next local header must be.
    expected: u64,
}

/// One entry as the directory states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    name: String,
    crc: u32,
    size: u32,
    offset: u64,
}

impl<'s, S: Source + ?Sized> Directory<'s, S> {
    /// Finds the directory of a bundle.
    ///
    /// # Errors
    /// Names the first difference from a canonical end, or a source that does not answer.
    pub fn open(source: &'s S) -> Result<Self, BundleError> {
        if source.length() > BUNDLE_MAX {
            return Err(BundleError::TooLarge(BUNDLE_MAX));
        }
        let (count, start, end) = end_record(source)?;
        if count > ENTRIES_MAX {
            return Err(BundleError::TooMany);
        }
        let window = (Vec::new(), start);
        let names = Names::default();
        Ok(Self { source, names, window, at: start, range: (start, end), left: count, expected: 0 })
    }

    /// The next entry; nothing when all of them were read and nothing is left over.
    ///
    /// # Errors
    /// Names the first difference.
    #[allow(clippy::should_implement_trait, reason = "it may fail, and its end is checked")]
    pub fn next(&mut self) -> Result<Option<Record>, BundleError> {
        let (start, end) = self.range;
        if self.left == 0 {
            return match (self.expected == start, self.at == end) {
                (true, true) => Ok(None),
                (false, _) => Err(BundleError::StrayBytes(self.expected.min(start))),
                (true, false) => Err(BundleError::StrayBytes(self.at.min(end))),
            };
        }
        let at = self.at;
        let fixed = self.take(CENTRAL_LENGTH)?;
        let stated = Stated::read(&fixed)?;
        let name = String::from_utf8_lossy(&self.take(stated.name_length)?).into_owned();
        let extra = self.take(stated.extra_length)?;
        self.names.next(&name)?;
        let record = stated.check(name, &extra)?;
        let mut again = Vec::with_capacity(CENTRAL_LENGTH + record.name.len());
        record::central(&mut again, &record.name, record.crc, record.size, record.offset);
        let read = fixed.iter().chain(record.name.as_bytes()).chain(&extra);
        let same = again.iter().zip(read).take_while(|(a, b)| a == b).count();
        if same != again.len() {
            return Err(BundleError::NotCanonical(at + same as u64));
        }
        if record.offset >= start || record.end() > start {
            return Err(BundleError::Outside(record.name));
        }
        if record.offset < self.expected {
            return Err(BundleError::Overlap(record.name));
        }
        if record.offset > self.expected {
            return Err(BundleError::StrayBytes(self.expected));
        }
        self.expected = record.end();
        self.left -= 1;
        Ok(Some(record))
    }

    /// The next bytes of the directory.
    fn take(&mut self, count: usize) -> Result<Vec<u8>, BundleError> {
        let (window, from) = &mut self.window;
        let next = self.at.saturating_add(count as u64);
        if next > self.range.1 {
            return Err(BundleError::NotAZip("directory entry"));
        }
        if next > *from + window.len() as u64 {
            let length = WINDOW.max(count as u64).min(self.range.1 - self.at);
            window.resize(usize::try_from(length).unwrap_or_default(), 0);
            self.source.read_at(self.at, window)?;
            *from = self.at;
        }
        let begin = usize::try_from(self.at - *from).unwrap_or(usize::MAX);
        self.at = next;
        let taken = window.get(begin..).and_then(|rest| rest.get(..count));
        taken.map(<[u8]>::to_vec).ok_or(BundleError::NotAZip("directory entry"))
    }
}

impl Record {
    /// Path of the entry.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of its content.
    #[must_use]
    pub fn size(&self) -> u64 {
        u64::from(self.size)
    }

    /// Where its local header begins.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.offset
    }

    /// Where its content begins.
    #[must_use]
    pub fn content_start(&self) -> u64 {
        self.offset + (record::LOCAL_LENGTH + self.name.len()) as u64
    }

    /// Where the next entry begins.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.content_start() + self.size()
    }

    /// The content, out of the bytes from [`start`](Self::start) to [`end`](Self::end).
    ///
    /// # Errors
    /// When its header differs from the directory's or its content from the checksum.
    pub fn content<'b>(&self, span: &'b [u8]) -> Result<&'b [u8], BundleError> {
        let header = span.len().saturating_sub(self.size as usize);
        let (header, content) =
            span.split_at_checked(header).ok_or(BundleError::NotAZip("entry"))?;
        self.check_header(header)?;
        self.check_crc(crc32fast::hash(content))?;
        Ok(content)
    }

    /// Hands out the content in pieces. It is checked only when the last one was handed out.
    ///
    /// # Errors
    /// As for [`content`](Self::content), and a source that does not answer.
    pub fn stream<S: Source + ?Sized>(
        &self,
        source: &S,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), BundleError> {
        let mut piece = vec![0; record::LOCAL_LENGTH + self.name.len()];
        source.read_at(self.offset, &mut piece)?;
        self.check_header(&piece)?;
        let mut crc = crc32fast::Hasher::new();
        let (mut at, end) = (self.content_start(), self.end());
        while at < end {
            let length = CHUNK.min(end - at);
            piece.resize(usize::try_from(length).unwrap_or_default(), 0);
            source.read_at(at, &mut piece)?;
            crc.update(&piece);
            each(&piece);
            at += length;
        }
        self.check_crc(crc.finalize())
    }

    fn check_crc(&self, found: u32) -> Result<(), BundleError> {
        if found == self.crc { Ok(()) } else { Err(BundleError::Checksum(self.name.clone())) }
    }

    fn check_header(&self, found: &[u8]) -> Result<(), BundleError> {
        let mut expected = Vec::with_capacity(found.len());
        record::local(&mut expected, &self.name, self.crc, self.size);
        if found == expected {
            return Ok(());
        }
        let signed = found.starts_with(&record::LOCAL.to_le_bytes());
        Err(match found.get(28..30) {
            _ if !signed => BundleError::NotAZip("entry"),
            Some([0, 0]) | None => BundleError::Headers(self.name.clone()),
            Some(_) => BundleError::ExtraField(self.name.clone()),
        })
    }
}

/// The fields of a central header.
struct Stated {
    made_by: u16,
    flags: u16,
    method: u16,
    time: (u16, u16),
    crc: u32,
    sizes: (u32, u32),
    name_length: usize,
    extra_length: usize,
    comment: u16,
    disk: u16,
    attributes: (u16, u32),
    offset: u32,
}

impl Stated {
    fn read(bytes: &[u8]) -> Result<Self, BundleError> {
        let mut from = Fields(bytes);
        if from.u32()? != record::CENTRAL {
            return Err(BundleError::NotAZip("directory entry"));
        }
        let made_by = from.u16()?;
        from.u16()?;
        Ok(Self {
            made_by,
            flags: from.u16()?,
            method: from.u16()?,
            time: (from.u16()?, from.u16()?),
            crc: from.u32()?,
            sizes: (from.u32()?, from.u32()?),
            name_length: usize::from(from.u16()?),
            extra_length: usize::from(from.u16()?),
            comment: from.u16()?,
            disk: from.u16()?,
            attributes: (from.u16()?, from.u32()?),
            offset: from.u32()?,
        })
    }

    fn check(self, name: String, extra: &[u8]) -> Result<Record, BundleError> {
        let (stored, size) = self.sizes;
        if self.flags != 0 || self.method != 0 || stored != size {
            return Err(BundleError::Method(name));
        }
        if self.time != (0, record::DATE) {
            return Err(BundleError::Date(name));
        }
        if self.comment != 0 {
            return Err(BundleError::Comment);
        }
        if self.made_by >> 8 != 0 || self.attributes != (0, 0) {
            return Err(BundleError::Attributes(name));
        }
        if self.disk != 0 || size == record::ELSEWHERE32 {
            return Err(BundleError::Zip64);
        }
        let offset = match (self.offset, extra) {
            (record::ELSEWHERE32, extra) => offset64(extra).ok_or(BundleError::Zip64)?,
            (offset, []) => u64::from(offset),
            _ => return Err(BundleError::ExtraField(name)),
        };
        Ok(Record { name, crc: self.crc, size, offset })
    }
}

/// The one extra field there is: an offset that needs 64 bits.
fn offset64(extra: &[u8]) -> Option<u64> {
    let mut from = Fields(extra);
    let head = (from.u16().ok()?, from.u16().ok()?);
    let offset = from.u64().ok()?;
    let needed = offset >= u64::from(record::ELSEWHERE32);
    (head == (record::EXTRA64, 8) && from.0.is_empty() && needed).then_some(offset)
}

/// Number of entries, where the directory starts and where it ends.
fn end_record<S: Source + ?Sized>(source: &S) -> Result<(u64, u64, u64), BundleError> {
    let length = source.length();
    let at = length.checked_sub(END_LENGTH as u64).ok_or(BundleError::NotAZip("too short"))?;
    let mut bytes = [0; END_LENGTH];
    source.read_at(at, &mut bytes)?;
    let mut from = Fields(&bytes);
    if from.u32()? != record::END {
        return Err(no_end(source)?);
    }
    let disks = from.u32()?;
    let (here, count) = (from.u16()?, from.u16()?);
    let (size, start) = (from.u32()?, from.u32()?);
    if from.u16()? != 0 {
        return Err(BundleError::Comment);
    }
    if disks != 0 || here != count {
        return Err(BundleError::Zip64);
    }
    let elsewhere = [size, start].contains(&record::ELSEWHERE32) || count == record::ELSEWHERE16;
    let (count, size, start, at) = if elsewhere {
        end64(source, at)?
    } else {
        (u64::from(count), u64::from(size), u64::from(start), at)
    };
    match start.checked_add(size) {
        Some(stop) if stop == at => {}
        Some(stop) if stop < at => return Err(BundleError::StrayBytes(stop)),
        _ => return Err(BundleError::NotAZip("directory outside the file")),
    }
    let mut again = Vec::new();
    record::end(&mut again, count, start, size);
    let mut found = vec![0; usize::try_from(length - at).unwrap_or_default()];
    source.read_at(at, &mut found)?;
    // Such as a zip64 record where no field needs one.
    if again == found { Ok((count, start, at)) } else { Err(BundleError::Zip64) }
}

/// The fields of the zip64 end record before the end record at `at`: count, size, start, and its place.
fn end64<S: Source + ?Sized>(source: &S, at: u64) -> Result<(u64, u64, u64, u64), BundleError> {
    let place = at.checked_sub((END64_LENGTH + LOCATOR_LENGTH) as u64).ok_or(BundleError::Zip64)?;
    let mut bytes = [0; END64_LENGTH + LOCATOR_LENGTH];
    source.read_at(place, &mut bytes)?;
    let mut from = Fields(&bytes);
    if from.u32()? != record::END64 {
        return Err(BundleError::Zip64);
    }
    from.skip(28)?;
    let (count, size, start) = (from.u64()?, from.u64()?, from.u64()?);
    Ok((count, size, start, place))
}

/// What is wrong with a file that does not end as a zip does.
fn no_end<S: Source + ?Sized>(source: &S) -> Result<BundleError, BundleError> {
    let length = source.length().min(TAIL);
    let mut tail = vec![0; usize::try_from(length).unwrap_or_default()];
    source.read_at(source.length() - length, &mut tail)?;
    let found = tail.windows(4).any(|four| four == record::END.to_le_bytes());
    Ok(if found { BundleError::TrailingBytes } else { BundleError::NotAZip("no end") })
}

/// Reads little-endian fields in order.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], BundleError> {
        let (first, rest) =
            self.0.split_first_chunk::<N>().ok_or(BundleError::NotAZip("too short"))?;
        self.0 = rest;
        Ok(*first)
    }

    fn u16(&mut self) -> Result<u16, BundleError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, BundleError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, BundleError> {
        self.array().map(u64::from_le_bytes)
    }

    fn skip(&mut self, count: usize) -> Result<(), BundleError> {
        self.0 = self.0.get(count..).ok_or(BundleError::NotAZip("too short"))?;
        Ok(())
    }
}
