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
    assert_eq!(patched(dir + 4, &[20]), BundleError::NotCanonical(dir + 4));
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
fn hidden_bytes_and_repeated_names_are_refused() {
    let end = sample().len() - 22;
    // Stray bytes before the directory: shift it and say so in the end record.
    let dir = directory();
    let mut stray = sample();
    stray.splice(dir..dir, *b"hidden");
    let start = u32::try_from(dir + 6).unwrap().to_le_bytes();
    stray[end + 6 + 16..end + 6 + 20].copy_from_slice(&start);
    assert_eq!(Bundle::read(&stray), Err(BundleError::StrayBytes(dir)));
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
