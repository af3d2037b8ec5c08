//! Recursive length prefix, as Ethereum writes its headers, tries, transactions and receipts: read strictly, where it
//! lies. What has two spellings is refused in all but the one that is written.

/// One item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// A string of bytes.
    Bytes(&'a [u8]),
    /// The items of a list, one after the other.
    List(&'a [u8]),
}

/// Shortest string or list whose length has a length of its own.
const LONG: usize = 56;

impl<'a> Item<'a> {
    /// One item, and nothing after it.
    pub(super) fn only(bytes: &'a [u8]) -> Option<Self> {
        let (item, rest) = Self::first(bytes)?;
        rest.is_empty().then_some(item)
    }

    /// The first item, and what follows it.
    fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, rest) = bytes.split_first()?;
        match *head {
            0..=0x7f => Some((Self::Bytes(bytes.get(..1)?), rest)),
            0x80..=0xb7 => {
                let (text, rest) = rest.split_at_checked(usize::from(head - 0x80))?;
                // A single byte below 0x80 stands for itself.
                let alone = matches!(text, [0..=0x7f]);
                (!alone).then_some((Self::Bytes(text), rest))
            }
            0xb8..=0xbf => long(rest, head - 0xb7).map(|(text, rest)| (Self::Bytes(text), rest)),
            0xc0..=0xf7 => {
                let (items, rest) = rest.split_at_checked(usize::from(head - 0xc0))?;
                Some((Self::List(items), rest))
            }
            0xf8..=0xff => long(rest, head - 0xf7).map(|(items, rest)| (Self::List(items), rest)),
        }
    }

    /// The bytes of a string.
    pub(super) const fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::List(_) => None,
        }
    }

    /// The items of a list.
    pub(super) fn items(self) -> Option<Vec<Self>> {
        let Self::List(mut rest) = self else { return None };
        let mut items = Vec::new();
        while !rest.is_empty() {
            let (item, after) = Self::first(rest)?;
            items.push(item);
            rest = after;
        }
        Some(items)
    }

    /// A whole number: no zero before it.
    pub(super) fn number(self) -> Option<u64> {
        let bytes = self.bytes()?;
        (bytes.len() <= 8 && bytes.first() != Some(&0)).then(|| big_endian(bytes))
    }
}

/// What follows a length of `width` bytes, so long, and the rest.
fn long(bytes: &[u8], width: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(usize::from(width))?;
    if length.first() == Some(&0) {
        return None;
    }
    let length = usize::try_from(big_endian(length)).ok()?;
    if length < LONG { None } else { rest.split_at_checked(length) }
}

/// Of at most eight bytes.
fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A number as it is written.
pub(super) fn of_number(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = bytes.get(zeros..).unwrap_or_default();
    match digits {
        [small @ 0..=0x7f] => vec![*small],
        // At most eight bytes.
        digits => [&[0x80 + digits.len() as u8], digits].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, of_number};

    #[test]
    fn what_is_written_in_one_way_is_read_in_one_way() {
        let long = [&[0xb8, 56][..], &[7; 56]].concat();
        for (bytes, item) in [
            (&[0x00][..], Item::Bytes(&[0])),
            (&[0x7f], Item::Bytes(&[0x7f])),
            (&[0x80], Item::Bytes(&[])),
            (&[0x81, 0x80], Item::Bytes(&[0x80])),
            (&[0x83, b'd', b'o', b'g'], Item::Bytes(b"dog")),
            (&[0xc0], Item::List(&[])),
            (&[0xc1, 0x80], Item::List(&[0x80])),
            (&long, Item::Bytes(&[7; 56])),
        ] {
            assert_eq!(Item::only(bytes), Some(item), "{bytes:?}");
        }
        let short_as_long = [&[0xb8, 55][..], &[7; 55]].concat();
        let zero_before = [&[0xb9, 0, 56][..], &[7; 56]].concat();
        for bytes in [
            &[][..],
            &[0x81, 0x7f],
            &[0x82, 1],
            &[0x80, 0],
            &[0xc2, 1],
            &short_as_long,
            &zero_before,
            &[0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(Item::only(bytes), None, "{bytes:?}");
        }
        assert_eq!(Item::only(&[0xc2, 0x82, 1]).unwrap().items(), None);
    }

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1234_5678, u64::MAX] {
            assert_eq!(Item::only(&of_number(number)).unwrap().number(), Some(number));
        }
        assert_eq!(Item::Bytes(&[0, 1]).number(), None);
        assert_eq!(Item::Bytes(&[0]).number(), None);
        assert_eq!(Item::Bytes(&[1; 9]).number(), None);
    }
}
