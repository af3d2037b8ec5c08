//! One pass over bytes that decides whether they already are canonical.
//!
//! Says yes or no, never why: whoever needs the reason asks the slow reader, which names rule and
//! position. A yes is exact: it is given for precisely the fixed points of the writer.

use std::cmp::Ordering;
use std::ops::Range;

use super::parse::parse_value;
use crate::limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX, INTEGER_MAX};

/// Room for the members of most documents.
const MEMBERS_USUAL: usize = 16;
/// Most digits of an admissible integer.
const DIGITS_MAX: usize = 16;

/// Whether `input` is exactly the canonical form of the document it holds.
pub(crate) fn is_canonical(input: &[u8]) -> bool {
    if input.len() > DOCUMENT_BYTES_MAX || std::str::from_utf8(input).is_err() {
        return false;
    }
    // One value, and nothing after it.
    value(input, DEPTH_MAX).is_some_and(<[u8]>::is_empty)
}

/// Passes one value; what follows it.
fn value(rest: &[u8], depth: usize) -> Option<&[u8]> {
    let depth = depth.checked_sub(1)?;
    match rest.split_first()? {
        (b'"', rest) => string(rest).map(|(_, rest)| rest),
        (b'{', rest) => object(rest, depth),
        (b'[', rest) => array(rest, depth),
        (b't', rest) => rest.strip_prefix(b"rue"),
        (b'f', rest) => rest.strip_prefix(b"alse"),
        (b'n', rest) => rest.strip_prefix(b"ull"),
        (b'0', rest) => Some(rest),
        (b'1'..=b'9', _) => number(rest),
        (b'-', digits) => digits.first().filter(|first| **first != b'0').and(number(digits)),
        _ => None,
    }
}

fn array(rest: &[u8], depth: usize) -> Option<&[u8]> {
    if let Some(rest) = rest.strip_prefix(b"]") {
        return Some(rest);
    }
    let mut rest = value(rest, depth)?;
    loop {
        rest = match rest.split_first()? {
            (b',', rest) => value(rest, depth)?,
            (b']', rest) => return Some(rest),
            _ => return None,
        };
    }
}

fn object(rest: &[u8], depth: usize) -> Option<&[u8]> {
    each_member(rest, depth, |_, _, _| {})
}

/// Passes an object after its brace; tells of each member its name, and how much of the input is left
/// where its value begins and where it ends.
fn each_member<'a>(
    mut rest: &'a [u8],
    depth: usize,
    mut told: impl FnMut(Text<'a>, usize, usize),
) -> Option<&'a [u8]> {
    if let Some(rest) = rest.strip_prefix(b"}") {
        return Some(rest);
    }
    let mut previous: Option<Text<'_>> = None;
    loop {
        let (key, after) = string(rest.strip_prefix(b"\"")?)?;
        // Strictly rising: sorted, and no key twice.
        if previous.is_some_and(|previous| previous.order(key) != Ordering::Less) {
            return None;
        }
        previous = Some(key);
        let start = after.strip_prefix(b":")?;
        let end = value(start, depth)?;
        told(key, start.len(), end.len());
        rest = match end.split_first()? {
            (b',', rest) => rest,
            (b'}', rest) => return Some(rest),
            _ => return None,
        };
    }
}

/// The members of a canonical object: the name as it is written, and where the value lies. The input
/// is known to be UTF-8 and of a size looked at.
pub(crate) fn members(input: &[u8]) -> Option<Vec<(&[u8], Range<usize>)>> {
    let mut members = Vec::with_capacity(MEMBERS_USUAL);
    let rest =
        each_member(input.strip_prefix(b"{")?, DEPTH_MAX.checked_sub(1)?, |key, start, end| {
            members.push((key.raw, input.len() - start..input.len() - end));
        })?;
    rest.is_empty().then_some(members)
}

/// Passes an integer that starts with no zero, up to the largest one.
fn number(rest: &[u8]) -> Option<&[u8]> {
    let length = rest.iter().take(DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at_checked(length)?;
    if length == 0 || length > DIGITS_MAX {
        return None;
    }
    let sum = digits.iter().fold(0i64, |sum, digit| 10 * sum + i64::from(digit - b'0'));
    (sum <= INTEGER_MAX).then_some(rest)
}

/// The inside of a string as it is written.
#[derive(Clone, Copy)]
struct Text<'a> {
    raw: &'a [u8],
    escaped: bool,
}

impl Text<'_> {
    /// The order of RFC 8785 §3.2.3: by UTF-16 code units.
    fn order(self, other: Text<'_>) -> Ordering {
        if self.escaped || other.escaped {
            return self.decoded().encode_utf16().cmp(other.decoded().encode_utf16());
        }
        utf16_order(self.raw, other.raw)
    }

    /// The text meant; canonical escapes always decode.
    #[cold]
    fn decoded(self) -> String {
        match parse_value(&[b"\"", self.raw, b"\""].concat()) {
            Ok(serde_json::Value::String(text)) => text,
            _ => String::new(),
        }
    }
}

/// The order of two texts that are written with escapes.
#[cold]
pub(super) fn escaped_order(one: &[u8], other: &[u8]) -> Ordering {
    let text = |raw| Text { raw, escaped: true };
    text(one).order(text(other))
}

/// The order of two UTF-8 texts by their UTF-16 code units.
pub(super) fn utf16_order(one: &[u8], other: &[u8]) -> Ordering {
    // Only U+E000 to U+FFFF (lead bytes EE, EF) change places, with everything beyond (F0 and up).
    const fn rank(byte: u8) -> u8 {
        if byte == 0xee || byte == 0xef { byte + 0x10 } else { byte }
    }
    let differ = one.iter().zip(other).find(|(a, b)| a != b);
    differ.map_or_else(|| one.len().cmp(&other.len()), |(a, b)| rank(*a).cmp(&rank(*b)))
}

/// Passes a string after its opening quote.
fn string(start: &[u8]) -> Option<(Text<'_>, &[u8])> {
    let mut at = plain(start);
    let mut escaped = false;
    loop {
        match start.get(at)? {
            b'"' => {
                let (raw, rest) = start.split_at_checked(at)?;
                return Some((Text { raw, escaped }, rest.get(1..)?));
            }
            b'\\' => {
                escaped = true;
                at += escape(start.get(at + 1..)?)?;
                at += plain(start.get(at..)?);
            }
            _ => return None,
        }
    }
}

/// Length of an escape, its backslash included, where it is the only spelling of its character.
fn escape(after: &[u8]) -> Option<usize> {
    match *after {
        [b'"' | b'\\' | b'b' | b't' | b'n' | b'f' | b'r', ..] => Some(2),
        [b'u', b'0', b'0', high, low, ..] => {
            let short = high == b'0' && matches!(low, b'8' | b'9' | b'a' | b'c' | b'd');
            let control = matches!(high, b'0' | b'1') && matches!(low, b'0'..=b'9' | b'a'..=b'f');
            (control && !short).then_some(6)
        }
        _ => None,
    }
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
const SLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
const SPACES: u64 = u64::from_ne_bytes([b' '; 8]);

/// How many bytes from the start stand for themselves: neither quote, backslash nor control.
pub(super) fn plain(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let stops = stops(u64::from_le_bytes(*word));
        if stops != 0 {
            return 8 * index + (stops.trailing_zeros() / 8) as usize;
        }
    }
    let stop = tail.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count();
    8 * words.len() + stop
}

/// A high bit at the lowest byte that ends a plain run; bits above it may be wrong.
const fn stops(word: u64) -> u64 {
    let quote = word ^ QUOTES;
    let slash = word ^ SLASHES;
    let control = word.wrapping_sub(SPACES) & !word;
    ((quote.wrapping_sub(ONES) & !quote) | (slash.wrapping_sub(ONES) & !slash) | control) & HIGHS
}
