//! Decoding of a bundle. Every check names what it refuses; equality of the whole is checked after.

use std::collections::BTreeMap;

use super::write::{CENTRAL, DATE, END, LOCAL};
use super::{BUNDLE_MAX, BundleError, ENTRIES_MAX, check_name};

/// Length of the end record without a comment.
const END_LENGTH: usize = 22;

/// Reads little-endian fields in order.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], BundleError> {
        let end = self.at.checked_add(count);
        let part = end.and_then(|end| self.bytes.get(self.at..end));
        self.at = self.at.saturating_add(count);
        part.ok_or(BundleError::NotAZip(what))
    }

    fn u16(&mut self, what: &'static str) -> Result<u16, BundleError> {
        let bytes = self.take(2, what)?.first_chunk::<2>().ok_or(BundleError::NotAZip(what))?;
        Ok(u16::from_le_bytes(*bytes))
    }

    fn u32(&mut self, what: &'static str) -> Result<u32, BundleError> {
        let bytes = self.take(4, what)?.first_chunk::<4>().ok_or(BundleError::NotAZip(what))?;
        Ok(u32::from_le_bytes(*bytes))
    }

    fn size(&mut self, what: &'static str) -> Result<usize, BundleError> {
        usize::try_from(self.u32(what)?).map_err(|_| BundleError::TooLarge)
    }
}

/// The fields local and central headers share.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    flags: u16,
    method: u16,
    time: u16,
    date: u16,
    crc: u32,
    stored: usize,
    size: usize,
    name_length: usize,
    extra_length: usize,
}

impl Header {
    fn read(from: &mut Cursor<'_>) -> Result<Self, BundleError> {
        from.u16("version needed")?;
        Ok(Self {
            flags: from.u16("flags")?,
            method: from.u16("method")?,
            time: from.u16("time")?,
            date: from.u16("date")?,
            crc: from.u32("checksum")?,
            stored: from.size("stored size")?,
            size: from.size("size")?,
            name_length: usize::from(from.u16("name length")?),
            extra_length: usize::from(from.u16("extra length")?),
        })
    }

    fn check(&self, name: &str) -> Result<(), BundleError> {
        if self.flags != 0 || self.method != 0 || self.stored != self.size {
            return Err(BundleError::Method(name.to_owned()));
        }
        if self.extra_length != 0 {
            return Err(BundleError::ExtraField(name.to_owned()));
        }
        if self.time != 0 || self.date != DATE {
            return Err(BundleError::Date(name.to_owned()));
        }
        Ok(())
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    if bytes.len() > BUNDLE_MAX {
        return Err(BundleError::TooLarge);
    }
    let (count, start, end_at) = end_record(bytes)?;
    let mut directory = Cursor { bytes, at: start };
    // Where the next local header must be: entries lie side by side, from byte 0.
    let mut expected = 0;
    let mut entries = BTreeMap::new();
    let mut previous: Option<String> = None;
    for _ in 0..count {
        let (name, content, next) = entry(bytes, &mut directory, expected)?;
        match &previous {
            Some(last) if *last == name => return Err(BundleError::Duplicate(name)),
            Some(last) if *last > name => return Err(BundleError::Order(name)),
            _ => {}
        }
        expected = next;
        previous = Some(name.clone());
        entries.insert(name, content);
    }
    if expected != start {
        return Err(BundleError::StrayBytes(expected.min(start)));
    }
    if directory.at != end_at {
        return Err(BundleError::StrayBytes(directory.at.min(end_at)));
    }
    Ok(entries)
}

/// Number of entries, offset of the directory, offset of the end record.
fn end_record(bytes: &[u8]) -> Result<(usize, usize, usize), BundleError> {
    let at = bytes.len().checked_sub(END_LENGTH).ok_or(BundleError::NotAZip("too short"))?;
    let mut end = Cursor { bytes, at };
    if end.u32("end record")? != END {
        let found = bytes.windows(4).any(|four| four == END.to_le_bytes());
        return Err(if found {
            BundleError::TrailingBytes
        } else {
            BundleError::NotAZip("no end")
        });
    }
    let disks = end.u32("disks")?;
    let (here, count) = (end.u16("entries")?, end.u16("entries")?);
    let length = end.size("directory size")?;
    let start = end.size("directory offset")?;
    if end.u16("comment length")? != 0 {
        return Err(BundleError::Comment);
    }
    if disks != 0 || here != count || count == u16::MAX {
        return Err(BundleError::Zip64);
    }
    let count = usize::from(count);
    if count > ENTRIES_MAX {
        return Err(BundleError::TooMany);
    }
    match start.checked_add(length) {
        Some(stop) if stop == at => Ok((count, start, at)),
        Some(stop) if stop < at => Err(BundleError::StrayBytes(stop)),
        _ => Err(BundleError::NotAZip("directory outside the file")),
    }
}

/// One entry: its name, its content, and where the next local header must be.
fn entry(
    bytes: &[u8],
    directory: &mut Cursor<'_>,
    expected: usize,
) -> Result<(String, Vec<u8>, usize), BundleError> {
    if directory.u32("directory entry")? != CENTRAL {
        return Err(BundleError::NotAZip("directory entry"));
    }
    let made_by = directory.u16("made by")?;
    let central = Header::read(directory)?;
    let comment = directory.u16("comment length")?;
    let disk = directory.u16("disk")?;
    let internal = directory.u16("internal attributes")?;
    let external = directory.u32("external attributes")?;
    let offset = directory.size("offset")?;
    let name = name(directory.take(central.name_length, "name")?)?;
    central.check(&name)?;
    if comment != 0 {
        return Err(BundleError::Comment);
    }
    if made_by >> 8 != 0 || internal != 0 || external != 0 {
        return Err(BundleError::Attributes(name));
    }
    if disk != 0 {
        return Err(BundleError::Zip64);
    }
    if offset != expected {
        return Err(BundleError::StrayBytes(expected.min(offset)));
    }
    let mut local = Cursor { bytes, at: offset };
    if local.u32("entry")? != LOCAL {
        return Err(BundleError::NotAZip("entry"));
    }
    let header = Header::read(&mut local)?;
    if header.extra_length != 0 {
        return Err(BundleError::ExtraField(name));
    }
    let same_name = local.take(header.name_length, "entry name")? == name.as_bytes();
    if header != central || !same_name {
        return Err(BundleError::Headers(name));
    }
    let content = local.take(central.size, "entry content")?;
    if crc32fast::hash(content) != central.crc {
        return Err(BundleError::Checksum(name));
    }
    Ok((name, content.to_vec(), local.at))
}

fn name(bytes: &[u8]) -> Result<String, BundleError> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    check_name(&text)?;
    Ok(text)
}
