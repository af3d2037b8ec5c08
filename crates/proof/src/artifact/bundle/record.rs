//! The bytes of each record: the one place that knows how a field is written.
//!
//! The reader writes what it read again and compares, so a freedom of the format that nobody thought
//! of is refused too.

/// Signature of a local file header.
pub(super) const LOCAL: u32 = 0x0403_4b50;
/// Signature of a central directory header.
pub(super) const CENTRAL: u32 = 0x0201_4b50;
/// Signature of the end record.
pub(super) const END: u32 = 0x0605_4b50;
/// Signature of the zip64 end record.
pub(super) const END64: u32 = 0x0606_4b50;
/// Signature of the zip64 end record's locator.
pub(super) const LOCATOR: u32 = 0x0706_4b50;

/// Lengths of the records without names and extra fields.
pub(super) const LOCAL_LENGTH: usize = 30;
pub(super) const CENTRAL_LENGTH: usize = 46;
pub(super) const END_LENGTH: usize = 22;
pub(super) const END64_LENGTH: usize = 56;
pub(super) const LOCATOR_LENGTH: usize = 20;

/// Version needed to extract, and made by: 1.0 on FAT, so that attributes mean nothing.
const VERSION: u16 = 10;
/// The same for records with 64-bit fields: 4.5.
const VERSION64: u16 = 45;
/// 1980-01-01 in MS-DOS form.
pub(super) const DATE: u16 = 0x0021;
/// Identifies the zip64 extra field.
pub(super) const EXTRA64: u16 = 1;
/// A 16-bit field that says "look in the zip64 record".
pub(super) const ELSEWHERE16: u16 = u16::MAX;
/// A 32-bit field that says so.
pub(super) const ELSEWHERE32: u32 = u32::MAX;

/// Appends a local file header.
pub(super) fn local(out: &mut Vec<u8>, name: &str, crc: u32, size: u32) {
    put32(out, LOCAL);
    put16(out, VERSION);
    common(out, name, (crc, size), 0);
    out.extend_from_slice(name.as_bytes());
}

/// Appends a central directory header; the offset is in a zip64 field only where it has to be.
pub(super) fn central(out: &mut Vec<u8>, name: &str, crc: u32, size: u32, offset: u64) {
    let short = u32::try_from(offset).ok().filter(|offset| *offset != ELSEWHERE32);
    let (version, extra) = if short.is_some() { (VERSION, 0) } else { (VERSION64, 12) };
    put32(out, CENTRAL);
    put16(out, version);
    put16(out, version);
    common(out, name, (crc, size), extra);
    // Comment length, disk, internal attributes, external attributes: none.
    out.extend_from_slice(&[0; 10]);
    put32(out, short.unwrap_or(ELSEWHERE32));
    out.extend_from_slice(name.as_bytes());
    if short.is_none() {
        put16(out, EXTRA64);
        put16(out, 8);
        put64(out, offset);
    }
}

/// What both headers share, from the flags to the length of the extra field.
fn common(out: &mut Vec<u8>, name: &str, (crc, size): (u32, u32), extra: u16) {
    for field in [0, 0, 0, DATE] {
        put16(out, field);
    }
    put32(out, crc);
    put32(out, size);
    put32(out, size);
    // Names are at most `NAME_MAX` long.
    put16(out, u16::try_from(name.len()).unwrap_or(u16::MAX));
    put16(out, extra);
}

/// Appends the end records of a directory of `count` headers, `length` bytes from `start` on; those of
/// zip64 only where a field needs them.
pub(super) fn end(out: &mut Vec<u8>, count: u64, start: u64, length: u64) {
    let short16 = u16::try_from(count).unwrap_or(ELSEWHERE16);
    let short32 = |value: u64| u32::try_from(value).unwrap_or(ELSEWHERE32);
    let wide = short16 == ELSEWHERE16
        || [start, length].into_iter().any(|value| short32(value) == ELSEWHERE32);
    if wide {
        put32(out, END64);
        put64(out, END64_LENGTH as u64 - 12);
        put16(out, VERSION64);
        put16(out, VERSION64);
        put64(out, 0);
        for field in [count, count, length, start] {
            put64(out, field);
        }
        put32(out, LOCATOR);
        put32(out, 0);
        put64(out, start.saturating_add(length));
        put32(out, 1);
    }
    put32(out, END);
    put32(out, 0);
    put16(out, short16);
    put16(out, short16);
    put32(out, short32(length));
    put32(out, short32(start));
    put16(out, 0);
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}
