//! The manifest of a bundle against its entries: exactly those, each with its digest.
//!
//! One that is no longer than a document is read as such. A longer one, of more entries than are worth
//! holding twice, is held against what it must say, byte for byte.

use canon::{Canonical, CorridorId, DOCUMENT_BYTES_MAX, Digest, ZoneId};

use super::container::{Extent, Opened, Window};
use super::judge::{Fault, Judged, fault};
use super::layout::{self, Manifest, ManifestEntry};

/// What is looked at of a long manifest before its first entry, and after its last.
const AROUND_MAX: u64 = 1024;

/// What a manifest says beside its entries.
pub(super) struct Listed {
    pub corridor_id: CorridorId,
    pub zones: Vec<ZoneId>,
    /// Digest of its bytes, which are in canonical form.
    pub digest: Digest,
}

/// The manifest, once it is true of the bundle.
pub(super) fn read(opened: &Opened<'_>) -> Judged<Listed> {
    let name = layout::MANIFEST;
    let missing = || Fault::Found("missing-entry", name.to_owned());
    let extent = opened.extent(name).ok_or_else(missing)?;
    let digest = opened.digest(extent).ok_or_else(missing)?;
    let manifest = match extent.length() > DOCUMENT_BYTES_MAX as u64 {
        true => long(opened, extent)?,
        false => short(opened, extent)?,
    };
    Ok(Listed { corridor_id: manifest.corridor_id, zones: manifest.zones, digest })
}

fn supported(manifest: Manifest) -> Judged<Manifest> {
    if manifest.type_ != Manifest::TYPE || manifest.format != Manifest::FORMAT {
        let detail = format!("unsupported format of `{}`", manifest.type_);
        return Err(Fault::Found("manifest", detail));
    }
    Ok(manifest)
}

/// Every entry it has to list.
fn each(opened: &Opened<'_>, met: &mut dyn FnMut(&str, Digest)) -> Judged<()> {
    let outside = [layout::MANIFEST, layout::ATTESTATION];
    opened.each(&mut |record, digest, _| {
        if !outside.contains(&record.name()) {
            met(record.name(), digest);
        }
    })
}

fn short(opened: &Opened<'_>, extent: Extent) -> Judged<Manifest> {
    let mut window = opened.window();
    let canonical = Canonical::exact(opened.read(&mut window, extent)?);
    let canonical =
        canonical.map_err(|e| Fault::Found("entry", format!("{}: {e}", layout::MANIFEST)))?;
    let manifest = supported(canonical.read().map_err(fault("manifest"))?)?;
    let mut stated = manifest.entries.iter();
    let (mut same, mut other) = (true, None);
    each(opened, &mut |name, digest| match stated.next() {
        Some(entry) if entry.path == name => {
            if entry.sha256 != digest && other.is_none() {
                other = Some(entry.path.clone());
            }
        }
        _ => same = false,
    })?;
    if !same || stated.next().is_some() {
        let detail = "the entries are not the ones listed, in order";
        return Err(Fault::Found("manifest", detail.to_owned()));
    }
    match other {
        Some(path) => {
            let detail = format!("`{path}` does not have the digest listed");
            Err(Fault::Found("entry-digest", detail))
        }
        None => Ok(manifest),
    }
}

/// A part of an entry that is longer than what is held.
fn piece<'w>(
    window: &'w mut Window<'_>,
    extent: Extent,
    (from, length): (u64, u64),
) -> Judged<&'w [u8]> {
    let length = length.min(extent.length().saturating_sub(from));
    window.bytes(extent.start() + from, length).map_err(Fault::Gone)
}

fn long(opened: &Opened<'_>, extent: Extent) -> Judged<Manifest> {
    let differs =
        |what: &str| Fault::Found("manifest", format!("it does not say what is here {what}"));
    let mut window = opened.window();
    let head = piece(&mut window, extent, (0, AROUND_MAX))?.to_vec();
    let begin = head.iter().position(|byte| *byte == b'[').map_or(0, |at| at as u64 + 1);
    let empty = ManifestEntry::text("", Digest::of_blob(b"")).len() as u64;
    let mut listed = 0;
    each(opened, &mut |name, _| listed += name.len() as u64 + empty + 1)?;
    // There is no comma before the first.
    let end = begin + listed.max(1) - 1;
    let tail = extent.length().checked_sub(end).filter(|tail| *tail <= AROUND_MAX);
    let tail = tail.ok_or_else(|| differs("of how many entries there are"))?;
    let tail = piece(&mut window, extent, (end, tail))?.to_vec();
    let begun = usize::try_from(begin).unwrap_or_default();
    let bare = [head.get(..begun).unwrap_or_default(), &tail].concat();
    let canonical = Canonical::exact(&bare).map_err(fault("manifest"))?;
    let manifest: Manifest = supported(canonical.read().map_err(fault("manifest"))?)?;
    let (mut at, mut wrong) = (begin, None::<Fault>);
    each(opened, &mut |name, digest| {
        if wrong.is_some() {
            return;
        }
        let mut text = if at == begin { Vec::new() } else { b",".to_vec() };
        text.extend_from_slice(&ManifestEntry::text(name, digest));
        match piece(&mut window, extent, (at, text.len() as u64)) {
            Ok(found) if found == text => at += text.len() as u64,
            Ok(_) => wrong = Some(differs(&format!("of `{name}`"))),
            Err(gone) => wrong = Some(gone),
        }
    })?;
    wrong.map_or(Ok(manifest), Err)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proof::artifact::Bundle;
    use proof::artifact::bundle::Source;

    use super::*;

    struct Held(Vec<u8>);

    impl Source for Held {
        fn length(&self) -> u64 {
            self.0.as_slice().length()
        }

        fn read_at(&self, at: u64, into: &mut [u8]) -> Result<(), proof::artifact::BlobsGone> {
            self.0.as_slice().read_at(at, into)
        }
    }

    /// What both readers make of a bundle of so many entries, whose manifest was changed.
    fn both(entries: usize, change: impl Fn(&mut Manifest)) -> [bool; 2] {
        let mut files: BTreeMap<String, Vec<u8>> =
            (0..entries).map(|n| (format!("x/{n}"), vec![7; n])).collect();
        let mut manifest = Manifest {
            type_: Manifest::TYPE.to_owned(),
            format: Manifest::FORMAT,
            corridor_id: CorridorId::parse("org.momentum.mez.corridor.a--b").unwrap(),
            zones: ["a", "b"].map(|zone| ZoneId::parse(zone).unwrap()).to_vec(),
            entries: files
                .iter()
                .map(|(path, bytes)| ManifestEntry {
                    path: path.clone(),
                    sha256: Digest::of_blob(bytes),
                })
                .collect(),
        };
        let honest = manifest.text().unwrap();
        assert_eq!(honest, Canonical::of(&manifest).unwrap().bytes());
        change(&mut manifest);
        files.insert(layout::MANIFEST.to_owned(), manifest.text().unwrap());
        let held = Held(Bundle::write(&files).unwrap());
        let opened = Opened::open(&held).ok().unwrap();
        let extent = opened.extent(layout::MANIFEST).unwrap();
        [short(&opened, extent).is_ok(), long(&opened, extent).is_ok()]
    }

    #[test]
    fn a_long_manifest_is_held_to_what_a_short_one_is() {
        for entries in [0, 1, 2, 9, 700] {
            assert_eq!(both(entries, |_| ()), [true; 2], "{entries}");
        }
        let wrong: [&dyn Fn(&mut Manifest); 8] = [
            &|m| drop(m.entries.pop()),
            &|m| m.entries.swap(3, 4),
            &|m| m.entries[5].sha256 = Digest::of_blob(b"other"),
            &|m| m.entries[6].path = "x/9".to_owned(),
            &|m| m.entries.push(m.entries[8].clone()),
            &|m| m.format = 2,
            &|m| m.type_ = "Other".to_owned(),
            &|m| m.entries.clear(),
        ];
        for (at, change) in wrong.iter().enumerate() {
            assert_eq!(both(9, change), [false; 2], "{at}");
        }
    }
}
