//! One byte sequence per content; each way to differ refused by its own name.

use proptest::prelude::*;

use super::*;

fn entries(list: &[(&str, &[u8])]) -> BTreeMap<String, Vec<u8>> {
    list.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect()
}

fn sample() -> Vec<u8> {
    let content = entries(&[("a/one", b"first"), ("a/two", b""), ("manifest.json", b"{}")]);
    Bundle::write(&content).unwrap()
}

fn patched(at: usize, with: &[u8]) -> BundleError {
    let mut bytes = sample();
    bytes[at..at + with.len()].copy_from_slice(with);
    Bundle::read(&bytes).unwrap_err()
}

/// Offset of the first central header.
fn directory() -> usize {
    sample().windows(4).position(|four| four == b"PK\x01\x02").unwrap()
}

#[test]
fn the_encoding_is_fixed() {
    let bytes = Bundle::write(&entries(&[("a", b"hi")])).unwrap();
    assert_eq!(
        data_encoding::HEXLOWER.encode(&bytes),
        "504b03040a0000000000000021\
         00ac2a93d802000000020000000100000061\
         6869504b01020a000a0000000000000021\
         00ac2a93d8020000000200000001000000000000000000000000000000000061\
         504b0506000000000100010\
         02f000000210000000000"
            .replace(' ', "")
    );
    let empty = Bundle::write(&BTreeMap::new()).unwrap();
    assert_eq!(empty.len(), 22);
    assert!(Bundle::read(&empty).unwrap().entries().is_empty());
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let bytes = sample();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        // A flipped letter of a name in both headers would be another bundle; in one it is refused.
        assert!(Bundle::read(&flipped).is_err(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(Bundle::read(&bytes[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn each_difference_has_a_name() {
    let dir = directory();
    let one = || "a/one".to_owned();
    assert_eq!(patched(dir + 8, &[1, 0]), BundleError::Method(one()));
    assert_eq!(patched(dir + 10, &[8, 0]), BundleError::Method(one()));
    assert_eq!(patched(dir + 12, &[1]), BundleError::Date(one()));
    assert_eq!(patched(dir + 30, &[4]), BundleError::ExtraField(one()));
    assert_eq!(patched(dir + 32, &[4]), BundleError::Comment);
    // Made on Unix, with the mode of a symbolic link.
    assert_eq!(patched(dir + 5, &[3]), BundleError::Attributes(one()));
    assert_eq!(patched(dir + 38, &[0, 0, 0xff, 0xa1]), BundleError::Attributes(one()));
    assert_eq!(patched(35, b"F"), BundleError::Checksum(one()));
    assert_eq!(patched(30, b"b"), BundleError::Headers(one()));
    assert_eq!(patched(14, &[0]), BundleError::Headers(one()));
    assert_eq!(patched(dir + 4, &[20]), BundleError::NotCanonical(dir as u64 + 4));
    let mut trailing = sample();
    trailing.push(0);
    assert_eq!(Bundle::read(&trailing), Err(BundleError::TrailingBytes));
    assert_eq!(Bundle::read(b"no zip at all, just text"), Err(BundleError::NotAZip("no end")));
    let end = sample().len() - 22;
    assert_eq!(patched(end + 20, &[1]), BundleError::Comment);
    assert_eq!(patched(end + 4, &[1]), BundleError::Zip64);
    assert_eq!(patched(end + 8, &[0xff, 0xff, 0xff, 0xff]), BundleError::Zip64);
}

#[test]
fn a_directory_taken_away_in_parts_makes_the_same_bytes() {
    let content = entries(&[("a", b"1"), ("b", b"22"), ("c", b""), ("d", b"4")]);
    let (mut writer, mut out, mut parts) = (Writer::default(), Vec::new(), Vec::new());
    for (name, content) in &content {
        let (crc, size) = (Checksum::of(content), content.len() as u64);
        writer.header(name, crc, size, &mut out).unwrap();
        out.extend_from_slice(content);
        parts.extend(writer.take_directory(80).unwrap_or_default());
    }
    assert!(!parts.is_empty());
    out.extend_from_slice(&parts);
    out.extend_from_slice(&writer.finish());
    assert_eq!(out, Bundle::write(&content).unwrap());
}

#[test]
fn hidden_bytes_and_repeated_names_are_refused() {
    let end = sample().len() - 22;
    // Stray bytes before the directory: shift it and say so in the end record.
    let dir = directory();
    let mut stray = sample();
    stray.splice(dir..dir, *b"hidden");
    let start = u32::try_from(dir + 6).unwrap().to_le_bytes();
    stray[end + 6 + 16..end + 6 + 20].copy_from_slice(&start);
    assert_eq!(Bundle::read(&stray), Err(BundleError::StrayBytes(dir as u64)));
    // The second entry renamed to the first, in both headers.
    let renamed = |from: &[u8], to: &[u8]| {
        let mut bytes = sample();
        let hits: Vec<_> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
        for at in hits {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        Bundle::read(&bytes).unwrap_err()
    };
    assert_eq!(renamed(b"a/two", b"a/one"), BundleError::Duplicate("a/one".to_owned()));
    assert_eq!(renamed(b"a/two", b"a/aaa"), BundleError::Order("a/aaa".to_owned()));
    assert_eq!(renamed(b"a/two", b"../ab"), BundleError::Name("../ab".to_owned()));
    assert_eq!(renamed(b"a/two", b"/a/bc"), BundleError::Name("/a/bc".to_owned()));
    assert_eq!(renamed(b"a/two", b"a\\two"), BundleError::Name("a\\two".to_owned()));
    assert_eq!(renamed(b"a/two", b"a/tw/"), BundleError::Name("a/tw/".to_owned()));
}

#[test]
fn names_that_leave_the_directory_are_not_written() {
    for name in ["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a b", "a\\b", "é", "a\0b"] {
        let refused = Bundle::write(&entries(&[(name, b"")]));
        assert!(matches!(refused, Err(BundleError::Name(_))), "{name:?}");
    }
    let long = "a".repeat(NAME_MAX + 1);
    assert!(Bundle::write(&entries(&[(&long, b"")])).is_err());
    let both = Bundle::write(&entries(&[("a", b""), ("a/b", b"")]));
    assert_eq!(both, Err(BundleError::FileAndDirectory("a".to_owned())));
}

/// As many empty entries as 16 bits cannot count.
fn crowd() -> Vec<u8> {
    let entries = (0..0xffff).map(|n| (format!("a/{n:05}"), Vec::new())).collect();
    Bundle::write(&entries).unwrap()
}

#[test]
fn many_entries_take_the_wide_end_and_no_others() {
    let bytes = crowd();
    assert_eq!(Bundle::read(&bytes).unwrap().entries().len(), 0xffff);
    let end64 = bytes.len() - 22 - 20 - 56;
    let refused = |at: usize, with: &[u8]| {
        let mut lying = bytes.clone();
        lying[at..at + with.len()].copy_from_slice(with);
        Bundle::read(&lying).unwrap_err()
    };
    for (what, at) in [
        ("record length", end64 + 4),
        ("version", end64 + 12),
        ("disk", end64 + 16),
        ("entries on this disk", end64 + 24),
        ("locator", end64 + 56),
        ("locator's offset", end64 + 64),
        ("disks", end64 + 72),
        ("short directory size", end64 + 76 + 12),
        ("short directory offset", end64 + 76 + 16),
    ] {
        assert_eq!(refused(at, &[9]), BundleError::Zip64, "{what}");
    }
    assert_eq!(refused(end64 + 40, &[0xff; 8]), BundleError::NotAZip("directory outside the file"));
    let shorter = refused(end64 + 40, &[0]);
    assert!(matches!(shorter, BundleError::StrayBytes(_)), "{shorter}");
    assert_eq!(refused(end64 + 24, &[0xff; 16]), BundleError::TooMany);
    // One fewer is counted in 16 bits, and a wide end is refused then.
    let fewer = (0..0xfffe).map(|n| (format!("a/{n:05}"), Vec::new())).collect();
    let fewer = Bundle::write(&fewer).unwrap();
    assert!(Bundle::read(&fewer).is_ok());
    let at = fewer.len() - 22;
    let (start, length) = (0xfffe * 37, at as u64 - 0xfffe * 37);
    let mut wide = Vec::new();
    record::end(&mut wide, 0xffff, start, length);
    wide[24] = 0xfe;
    wide[32] = 0xfe;
    let longer = [&fewer[..at], &wide].concat();
    assert_eq!(Bundle::read(&longer), Err(BundleError::Zip64));
    let wide = [&fewer[..at], &wide[..76], &fewer[at..]].concat();
    assert!(matches!(Bundle::read(&wide), Err(BundleError::StrayBytes(_))));
}

/// A file that is zero wherever nothing was put.
#[derive(Clone)]
struct Sparse {
    parts: BTreeMap<u64, Vec<u8>>,
    length: u64,
}

impl Source for Sparse {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> Result<(), BlobsGone> {
        let end = at + into.len() as u64;
        if end > self.length {
            return Err(BlobsGone("short".to_owned()));
        }
        into.fill(0);
        for (start, part) in &self.parts {
            for (place, byte) in (*start..).zip(part).filter(|(p, _)| (at..end).contains(p)) {
                into[usize::try_from(place - at).unwrap()] = *byte;
            }
        }
        Ok(())
    }
}

/// Three entries of 2 GiB and one behind them, past what 32 bits reach.
fn far() -> (Sparse, u64) {
    let mut writer = Writer::default();
    let (mut parts, mut at) = (BTreeMap::new(), 0);
    for (name, size) in [("a", ENTRY_MAX), ("b", ENTRY_MAX), ("c", ENTRY_MAX), ("d", 2)] {
        let mut header = Vec::new();
        let crc = if name == "d" { crc32fast::hash(b"hi") } else { 7 };
        writer.header(name, crc, size, &mut header).unwrap();
        if name == "d" {
            header.extend_from_slice(b"hi");
        }
        let length = header.len() as u64;
        parts.insert(at, header);
        at += length + if name == "d" { 0 } else { size };
    }
    let end = writer.finish();
    let length = at + end.len() as u64;
    parts.insert(at, end);
    (Sparse { parts, length }, at)
}

fn directory_of(source: &Sparse) -> Result<Vec<Record>, BundleError> {
    let mut directory = Directory::open(source)?;
    let mut records = Vec::new();
    while let Some(record) = directory.next()? {
        records.push(record);
    }
    Ok(records)
}

#[test]
fn an_entry_beyond_four_gibibytes_is_found_and_lies_about_it_refused() {
    let (source, end) = far();
    let records = directory_of(&source).unwrap();
    assert_eq!(records[3].start(), 3 * (ENTRY_MAX + 31));
    let mut content = Vec::new();
    records[3].stream(&source, &mut |piece| content.extend_from_slice(piece)).unwrap();
    assert_eq!(content, b"hi");
    // Headers of `a` and `b` are 47 bytes; `c` already begins past what 32 bits reach.
    let d = 47 * 2 + 59;
    let refused = |at: usize, with: &[u8]| {
        let mut lying = source.clone();
        let bytes = lying.parts.get_mut(&end).unwrap();
        bytes[at..at + with.len()].copy_from_slice(with);
        directory_of(&lying).unwrap_err()
    };
    let name = || "d".to_owned();
    assert_eq!(refused(d + 47 + 4, &[0, 0, 0, 0, 0, 0]), BundleError::Zip64);
    assert_eq!(refused(d + 47, &[2]), BundleError::Zip64);
    assert_eq!(refused(d + 47 + 4, &[0, 0, 0, 0, 9]), BundleError::Outside(name()));
    assert_eq!(refused(d + 47 + 4, &[1, 0, 0, 0, 1]), BundleError::Overlap(name()));
    let after = 3 * (ENTRY_MAX + 31) + 1;
    assert_eq!(refused(d + 47 + 4, &after.to_le_bytes()), BundleError::Outside(name()));
    assert_eq!(refused(d + 42, &[0; 4]), BundleError::ExtraField(name()));
    assert_eq!(refused(d + 6, &[10]), BundleError::NotCanonical(end + d as u64 + 6));
    assert_eq!(refused(20, &[0xff; 8]), BundleError::Zip64);
    assert_eq!(refused(42, &[0xff; 4]), BundleError::Zip64);
    let mut local = source.clone();
    local.parts.get_mut(&records[3].start()).unwrap()[14] ^= 1;
    let found = directory_of(&local).unwrap();
    assert_eq!(found[3].stream(&local, &mut |_| ()), Err(BundleError::Headers(name())));
}

#[test]
fn offsets_that_overlap_or_lead_nowhere_are_refused() {
    let second = directory() + 46 + "a/one".len();
    let name = || "a/two".to_owned();
    assert_eq!(patched(second + 42, &[0, 0, 0, 0]), BundleError::Overlap(name()));
    assert_eq!(patched(second + 42, &[0xff, 0xff, 0xff, 0x7f]), BundleError::Outside(name()));
    assert_eq!(patched(second + 42, &[0x29]), BundleError::StrayBytes(40));
    // A size that reaches into the directory, in both size fields.
    assert_eq!(patched(second + 20, &[0, 1, 0, 0, 0, 1, 0, 0]), BundleError::Outside(name()));
}

proptest! {
    #[test]
    fn any_content_round_trips(
        content in proptest::collection::btree_map("[a-c]{1,3}", ".{0,40}", 0..8),
    ) {
        let content: BTreeMap<_, _> =
            content.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        let bytes = Bundle::write(&content).unwrap();
        let read = Bundle::read(&bytes).unwrap();
        prop_assert_eq!(read.entries(), &content);
    }

    #[test]
    fn any_bytes_are_refused_without_harm(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..300,
    ) {
        let sample = sample();
        bytes.extend_from_slice(&sample[cut.min(sample.len())..]);
        if let Ok(read) = Bundle::read(&bytes) {
            prop_assert_eq!(Bundle::write(read.entries()).unwrap(), bytes);
        }
    }
}
