//! Base64 with padding (RFC 4648 §4), in its one spelling.
//!
//! Invariant: what [`decode`] takes, [`encode`] writes back byte by byte. The library alone would also take
//! padded pieces one after the other, and a signed note could then be spelled in several ways.

use data_encoding::BASE64;

/// Most padding at the end of a text, in characters.
const PADDING_MAX: usize = 2;

/// The text of some bytes.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// The bytes of a text; nothing for a text that [`encode`] would not write.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let inside = text.len().saturating_sub(PADDING_MAX);
    if text.bytes().take(inside).any(|byte| byte == b'=') {
        return None;
    }
    BASE64.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pieces_after_one_another_are_refused() {
        for text in
            ["AA==AA==", "AAA=AAAA", "QQ==QUJD", "=", "A===", "AA=A", "AB==", "QUI", " QQ=="]
        {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_spelled_so(text in "[A-D=]{0,12}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }

        #[test]
        fn what_is_written_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }
}
