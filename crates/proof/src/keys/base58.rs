//! Base58btc of keys and signatures, many digits at a time.
//!
//! A signature stands in every receipt, and the general coder takes longer over it than the hash of
//! the whole receipt. What this answers is what `bs58` answers, in both directions.

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

const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Digits made at once: 58^5 fits half a word.
const STRIDE_MADE: usize = 5;
const SCALE_MADE: u64 = 58u64.pow(STRIDE_MADE as u32);

/// Encodes at most 64 bytes.
pub(crate) fn encode<const N: usize>(bytes: &[u8; N]) -> String {
    const { assert!(N <= 64) };
    let mut padded = [0; 64];
    padded.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
    let mut words = [0u32; 16];
    for (word, chunk) in words.iter_mut().zip(padded.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*chunk);
    }
    // Smallest first.
    let mut digits = Vec::with_capacity(DIGITS_MAX + STRIDE_MADE);
    let mut done = 0;
    loop {
        done += words.iter().skip(done).take_while(|word| **word == 0).count();
        let rest = words.get_mut(done..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        let mut carry = 0;
        for word in rest {
            let wide = carry << 32 | u64::from(*word);
            // Below 2^32: the carry is below the scale.
            *word = (wide / SCALE_MADE) as u32;
            carry = wide % SCALE_MADE;
        }
        for _ in 0..STRIDE_MADE {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    // A leading zero byte is a leading `1`, no more and no fewer.
    let spare = digits.iter().rev().take_while(|digit| **digit == 0).count();
    digits.truncate(digits.len() - spare);
    digits.extend(bytes.iter().take_while(|byte| **byte == 0));
    digits
        .iter()
        .rev()
        .filter_map(|digit| DIGITS.get(usize::from(*digit)))
        .map(|d| char::from(*d))
        .collect()
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
            prop_assert_eq!(encode(&bytes), text);
        }

        #[test]
        fn a_key_is_written_as_by_the_general_coder(bytes: [u8; 32], zeros in 0usize..33) {
            let mut bytes = bytes;
            bytes[..zeros].fill(0);
            prop_assert_eq!(encode(&bytes), bs58::encode(bytes).into_string());
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
        assert_eq!(encode(&[0xff; 64]), most);
        assert_eq!(encode(&[]), "");
        for text in rows.into_iter().chain([String::new(), "z".repeat(88)]) {
            assert_eq!(decode_64(&text), model(&text), "{text}");
        }
    }
}
