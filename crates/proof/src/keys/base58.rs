//! Base58btc of exactly 64 bytes, ten digits at a time.
//!
//! A signature stands in every receipt, and the general decoder takes longer over it than the hash of
//! the whole receipt. What this answers is what `bs58` answers, in both directions of the question.

/// Digits of 64 bytes at most.
const DIGITS_MAX: usize = 88;
/// Digits taken at once: 58^10 fits a word.
const STRIDE: usize = 10;

/// The value of a digit: digits, capitals and small letters, without `0`, `O`, `I` and `l`.
const fn value(digit: u8) -> Option<u8> {
    Some(match digit {
        b'1'..=b'9' => digit - b'1',
        b'A'..=b'H' => digit - b'A' + 9,
        b'J'..=b'N' => digit - b'J' + 17,
        b'P'..=b'Z' => digit - b'P' + 22,
        b'a'..=b'k' => digit - b'a' + 33,
        b'm'..=b'z' => digit - b'm' + 44,
        _ => return None,
    })
}

/// Decodes text that must stand for exactly 64 bytes.
pub(crate) fn decode_64(text: &str) -> Option<[u8; 64]> {
    if text.len() > DIGITS_MAX {
        return None;
    }
    // Little-endian words.
    let mut words = [0u64; 8];
    for digits in text.as_bytes().chunks(STRIDE) {
        let (mut carry, mut scale) = (0u64, 1u64);
        for digit in digits {
            carry = carry * 58 + u64::from(value(*digit)?);
            scale *= 58;
        }
        for word in &mut words {
            let wide = u128::from(*word) * u128::from(scale) + u128::from(carry);
            let (low, high) = halves(wide);
            *word = low;
            carry = high;
        }
        if carry != 0 {
            return None;
        }
    }
    let mut bytes = [0; 64];
    let (chunks, _) = bytes.as_chunks_mut::<8>();
    for (chunk, word) in chunks.iter_mut().zip(words.iter().rev()) {
        *chunk = word.to_be_bytes();
    }
    // A leading `1` is a leading zero byte, no more and no fewer.
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let ones = text.bytes().take_while(|digit| *digit == b'1').count();
    (zeros == ones).then_some(bytes)
}

/// The low and the high word.
fn halves(wide: u128) -> (u64, u64) {
    let [a, b, c, d, e, f, g, h, high @ ..] = wide.to_le_bytes();
    (u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes(high))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn model(text: &str) -> Option<[u8; 64]> {
        bs58::decode(text).into_vec().ok()?.try_into().ok()
    }

    proptest! {
        #[test]
        fn bytes_come_back(tail in prop::collection::vec(any::<u8>(), 64), zeros in 0usize..65) {
            let mut bytes: [u8; 64] = tail.try_into().unwrap();
            bytes[..zeros].fill(0);
            let text = bs58::encode(bytes).into_string();
            prop_assert_eq!(decode_64(&text), Some(bytes));
        }

        #[test]
        fn any_text_is_answered_like_the_general_decoder(text in "1{0,70}[1-9A-HJ-NP-Za-km-z0]{0,90}") {
            prop_assert_eq!(decode_64(&text), model(&text));
        }
    }

    #[test]
    fn the_edges_are_answered_like_the_general_decoder() {
        let most = bs58::encode([0xff; 64]).into_string();
        let over = format!("{}{}", &most[..most.len() - 1], "z");
        let rows =
            [most.clone(), over, format!("1{most}"), "1".repeat(64), "1".repeat(65), "é".into()];
        for text in rows.into_iter().chain([String::new(), "z".repeat(88)]) {
            assert_eq!(decode_64(&text), model(&text), "{text}");
        }
    }
}
