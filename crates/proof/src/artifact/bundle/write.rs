//! Encoding of a bundle.

use std::collections::BTreeMap;

use super::{BUNDLE_MAX, BundleError, ENTRIES_MAX, check_name};

/// Signature of a local file header.
pub(super) const LOCAL: u32 = 0x0403_4b50;
/// Signature of a central directory header.
pub(super) const CENTRAL: u32 = 0x0201_4b50;
/// Signature of the end record.
pub(super) const END: u32 = 0x0605_4b50;
/// Version needed to extract, and made by: 1.0 on FAT, so that attributes mean nothing.
pub(super) const VERSION: u16 = 10;
/// 1980-01-01 in MS-DOS form.
pub(super) const DATE: u16 = 0x0021;

pub(super) fn encode(entries: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, BundleError> {
    if entries.len() > ENTRIES_MAX {
        return Err(BundleError::TooMany);
    }
    check_tree(entries)?;
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        check_name(name)?;
        if content.len() > BUNDLE_MAX.saturating_sub(out.len()) {
            return Err(BundleError::TooLarge);
        }
        let offset = size32(out.len())?;
        let header = common(name, content)?;
        put32(&mut out, LOCAL);
        out.extend_from_slice(&header);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(content);
        put32(&mut directory, CENTRAL);
        put16(&mut directory, VERSION);
        directory.extend_from_slice(&header);
        // Comment length, disk, internal attributes, external attributes: none.
        directory.extend_from_slice(&[0; 10]);
        put32(&mut directory, offset);
        directory.extend_from_slice(name.as_bytes());
    }
    let count = u16::try_from(entries.len()).map_err(|_| BundleError::TooMany)?;
    let (start, length) = (size32(out.len())?, size32(directory.len())?);
    out.append(&mut directory);
    put32(&mut out, END);
    put32(&mut out, 0);
    put16(&mut out, count);
    put16(&mut out, count);
    put32(&mut out, length);
    put32(&mut out, start);
    put16(&mut out, 0);
    if out.len() > BUNDLE_MAX { Err(BundleError::TooLarge) } else { Ok(out) }
}

/// The 26 bytes both headers share, from "version needed" to "extra field length".
fn common(name: &str, content: &[u8]) -> Result<Vec<u8>, BundleError> {
    let length = size32(content.len())?;
    let mut header = Vec::with_capacity(26);
    for field in [VERSION, 0, 0, 0, DATE] {
        put16(&mut header, field);
    }
    put32(&mut header, crc32fast::hash(content));
    put32(&mut header, length);
    put32(&mut header, length);
    put16(&mut header, u16::try_from(name.len()).map_err(|_| BundleError::TooLarge)?);
    put16(&mut header, 0);
    Ok(header)
}

/// No entry may be the directory of another, or unpacking would depend on order.
fn check_tree(entries: &BTreeMap<String, Vec<u8>>) -> Result<(), BundleError> {
    for name in entries.keys() {
        for (slash, _) in name.match_indices('/') {
            if let Some(parent) = name.get(..slash).filter(|parent| entries.contains_key(*parent)) {
                return Err(BundleError::FileAndDirectory(parent.to_owned()));
            }
        }
    }
    Ok(())
}

fn size32(size: usize) -> Result<u32, BundleError> {
    u32::try_from(size).map_err(|_| BundleError::TooLarge)
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}
