//! History mode: many signatures over typed messages judged by one ZIP-215 equation.
//!
//! Batch: 8·(Σ zᵢ·Rᵢ + Σₖ (Σ zᵢkᵢ)·Aₖ − Σ zᵢsᵢ·B) = 0, with the terms of one key gathered into one.
//! The many zᵢ stand there unnegated: their upper halves are zero and cost nothing.
//! The coefficients zᵢ come from a hash over every key, R, S and challenge of the batch, so nobody
//! can choose a signature after its coefficient is known, and the same batch always gets the same
//! answer. The equation has the cofactor, so a signature is judged alike alone and in any batch.
//!
//! Invariant: history mode is only for what was admitted strictly before; it accepts a superset of
//! [`PublicKey::verify`], never a subset, and never stands in for it without being named.

use std::collections::BTreeMap;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use ring::digest::{Context, SHA512};

use super::{Message, PublicKey, Signature, SignatureError};

/// Most signatures judged by one equation.
pub const BATCH_MAX: usize = 4096;
/// Separates the coefficients from every other use of the hash.
const DOMAIN: &[u8] = b"mez history batch v1\0";

/// Which rule judged a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// [`PublicKey::verify`]: for anything received from others.
    Strict,
    /// ZIP-215, in batches: for what was admitted strictly before.
    History,
}

/// One signature to be judged: whose, over what.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The key that must have signed.
    pub key: &'a PublicKey,
    /// The message, formed by this crate.
    pub message: &'a Message,
    /// The claimed signature.
    pub signature: &'a Signature,
}

/// The first signature that fails, by its place among the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature {index}: {error}")]
pub struct Culprit {
    /// Its place, counted from zero.
    pub index: usize,
    /// The rule it breaks.
    pub error: SignatureError,
}

/// A decoded member: its parts of the equation.
struct Term<'a> {
    key: &'a [u8; 32],
    r_bytes: [u8; 32],
    r: EdwardsPoint,
    s: Scalar,
    challenge: Scalar,
}

/// Judges all items under `mode`, in order.
///
/// # Errors
/// Names the first item that fails; history mode finds it by bisection.
pub fn verify_all(items: &[Item<'_>], mode: Mode) -> Result<(), Culprit> {
    match mode {
        Mode::Strict => items.iter().enumerate().try_for_each(|(index, item)| {
            let judged = item.key.verify(item.message, item.signature);
            judged.map_err(|error| Culprit { index, error })
        }),
        Mode::History => {
            for (part, chunk) in items.chunks(BATCH_MAX).enumerate() {
                history(chunk).map_err(|c| Culprit { index: part * BATCH_MAX + c.index, ..c })?;
            }
            Ok(())
        }
    }
}

fn history(items: &[Item<'_>]) -> Result<(), Culprit> {
    let mut terms = Vec::with_capacity(items.len());
    let mut undecoded = None;
    for (index, item) in items.iter().enumerate() {
        match decode(item) {
            Ok(term) => terms.push(term),
            Err(error) => {
                undecoded = Some(Culprit { index, error });
                break;
            }
        }
    }
    // A mismatch before the first undecodable member comes first.
    if !holds(&terms) {
        return Err(Culprit { index: first_bad(&terms), error: SignatureError::Mismatch });
    }
    undecoded.map_or(Ok(()), Err)
}

fn decode<'a>(item: &Item<'a>) -> Result<Term<'a>, SignatureError> {
    term(item.key.bytes(), item.message, item.signature)
}

fn term<'a>(
    key: &'a [u8; 32],
    message: &Message,
    signature: &Signature,
) -> Result<Term<'a>, SignatureError> {
    let bytes = signature.bytes();
    let (Some(r_bytes), Some(s)) = (bytes.first_chunk::<32>(), bytes.last_chunk::<32>()) else {
        return Err(SignatureError::Length(bytes.len()));
    };
    let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(*s));
    let s = s.ok_or(SignatureError::NonCanonicalS)?;
    let r = CompressedEdwardsY(*r_bytes).decompress().ok_or(SignatureError::NonCanonicalR)?;
    let hash = sha512(&[r_bytes, key, message.as_bytes()]);
    let challenge = Scalar::from_bytes_mod_order_wide(&hash);
    Ok(Term { key, r_bytes: *r_bytes, r, s, challenge })
}

/// The first failing term of a batch that fails: halves, left first.
fn first_bad(mut terms: &[Term<'_>]) -> usize {
    let mut base = 0;
    while terms.len() > 1 {
        let (left, right) = terms.split_at(terms.len() / 2);
        if holds(left) {
            base += left.len();
            terms = right;
        } else {
            terms = left;
        }
    }
    base
}

/// The equation over all terms.
fn holds(terms: &[Term<'_>]) -> bool {
    let seed = seed(terms);
    let mut base = Scalar::ZERO;
    let mut keys: BTreeMap<&[u8; 32], Scalar> = BTreeMap::new();
    let mut scalars = Vec::with_capacity(terms.len() + 3);
    let mut points = Vec::with_capacity(terms.len() + 3);
    for (term, z) in terms.iter().zip(coefficients(&seed)) {
        base -= z * term.s;
        *keys.entry(term.key).or_insert(Scalar::ZERO) += z * term.challenge;
        scalars.push(z);
        points.push(term.r);
    }
    for (key, scalar) in keys {
        let Some(point) = CompressedEdwardsY(*key).decompress() else { return false };
        scalars.push(scalar);
        points.push(point);
    }
    scalars.push(base);
    points.push(curve25519_dalek::constants::ED25519_BASEPOINT_POINT);
    EdwardsPoint::vartime_multiscalar_mul(scalars, points).mul_by_cofactor().is_identity()
}

/// A hash of the whole batch.
fn seed(terms: &[Term<'_>]) -> [u8; 64] {
    let mut hash = Context::new(&SHA512);
    hash.update(DOMAIN);
    for term in terms {
        let parts = [term.key, &term.r_bytes, term.s.as_bytes(), term.challenge.as_bytes()];
        parts.into_iter().for_each(|part| hash.update(part));
    }
    finish(hash)
}

/// 128-bit coefficients, four from each hash of the batch and a counter.
fn coefficients(seed: &[u8; 64]) -> impl Iterator<Item = Scalar> {
    let quarters = |counter: u64| {
        let hash = sha512(&[seed, &counter.to_be_bytes()]);
        let (quarters, _) = hash.as_chunks::<16>();
        <[[u8; 16]; 4]>::try_from(quarters).unwrap_or_default()
    };
    (0..).flat_map(quarters).map(|low| Scalar::from(u128::from_le_bytes(low)))
}

fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    let mut hash = Context::new(&SHA512);
    parts.iter().for_each(|part| hash.update(part));
    finish(hash)
}

/// Always 64 bytes: the algorithm is fixed above.
fn finish(hash: Context) -> [u8; 64] {
    let mut out = [0; 64];
    for (to, from) in out.iter_mut().zip(hash.finish().as_ref()) {
        *to = *from;
    }
    out
}

/// The equation of ZIP-215 over any encoding of a key, admitted or not.
#[cfg(test)]
pub(super) fn zip215(
    key: &[u8; 32],
    message: &Message,
    signature: &Signature,
) -> Result<(), SignatureError> {
    let term = term(key, message, signature)?;
    if holds(&[term]) { Ok(()) } else { Err(SignatureError::Mismatch) }
}

#[cfg(test)]
mod tests {
    use super::super::{SecretKey, Signer};
    use super::*;

    #[test]
    fn one_bad_member_is_named_at_every_place() {
        let keys = [
            SecretKey::from_seed([1; 32]).expect("a seed"),
            SecretKey::from_seed([2; 32]).expect("a seed"),
        ];
        let public: Vec<_> = keys.iter().map(Signer::public).collect();
        let messages: Vec<_> = (0..33).map(|i| Message::note(&format!("{i}\n"))).collect();
        let good: Vec<_> = messages
            .iter()
            .enumerate()
            .map(|(i, m)| keys[i % 2].sign(m).expect("a key in memory signs"))
            .collect();
        let judge = |signatures: &[Signature]| {
            let items: Vec<_> = (0..33)
                .map(|i| Item {
                    key: &public[i % 2],
                    message: &messages[i],
                    signature: &signatures[i],
                })
                .collect();
            (verify_all(&items, Mode::Strict), verify_all(&items, Mode::History))
        };
        assert_eq!(judge(&good), (Ok(()), Ok(())));
        for bad in 0..33 {
            let mut signatures = good.clone();
            signatures[bad] = good[(bad + 2) % 33];
            let (strict, history) = judge(&signatures);
            assert_eq!(strict, Err(Culprit { index: bad, error: SignatureError::Mismatch }));
            assert_eq!(history, strict);
        }
    }

    #[test]
    fn an_s_at_or_above_the_order_is_named() {
        let key = SecretKey::from_seed([1; 32]).expect("a seed");
        let (public, message) = (key.public(), Message::note("x\n"));
        let mut bytes = *key.sign(&message).expect("a key in memory signs").bytes();
        bytes[63] |= 0xe0;
        let signature = Signature::from_bytes(bytes);
        let item = Item { key: &public, message: &message, signature: &signature };
        let wanted = Err(Culprit { index: 0, error: SignatureError::NonCanonicalS });
        assert_eq!(verify_all(&[item], Mode::History), wanted);
        assert_eq!(verify_all(&[item], Mode::Strict), wanted);
    }
}
