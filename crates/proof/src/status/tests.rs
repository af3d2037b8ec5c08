//! Lists made and read, and everything that is none.

use std::io::Write;

use canon::{Realm, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::credential::{Anchors, TrustList, Unsigned, Verdict, issue, verify};
use crate::keys::SecretKey;

const LIST: &str = "https://zone.example/status/1";

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32]).unwrap()
}

fn time(day: u32) -> Timestamp {
    Timestamp::parse(&format!("2026-11-{day:02}T00:00:00Z")).unwrap()
}

fn credential(seed: u8, kind: &str, subject: Value, from: u32, status: Vec<Entry>) -> Value {
    let key = secret(seed);
    let method = key.public().verification_method();
    let id = if kind == LIST_TYPE { LIST } else { "urn:mez:vc:1" };
    let unsigned = Unsigned {
        id: id.to_owned(),
        types: vec![kind.to_owned()],
        issuer: key.public().did(),
        realm: Realm::Sandbox,
        subject,
        valid_from: time(from),
        valid_until: time(30),
        evidence: Vec::new(),
        status,
    };
    issue(unsigned, &key, &method).unwrap()
}

fn entry(purpose: Purpose, index: u64) -> Entry {
    Entry { purpose, index, list: LIST.to_owned() }
}

fn list(seed: u8, purpose: Purpose, set: &[u64], from: u32) -> Value {
    let mut bits = Bits::clear(0).unwrap();
    set.iter().for_each(|index| bits.set(*index, true).unwrap());
    credential(seed, LIST_TYPE, subject(LIST, purpose, &bits), from, Vec::new())
}

fn anchors() -> Anchors {
    let dids = [1, 2].map(|seed| secret(seed).public().did());
    Anchors::pinned(&TrustList(dids.to_vec()), Realm::Sandbox)
}

/// The verdict on a credential of seed 1 with this status, judged on the 20th with these lists.
fn judged(status: Vec<Entry>, lists: &[Value]) -> (Verdict, Vec<&'static str>) {
    let read = |document| {
        let judged = verify(document, &anchors(), time(20));
        StatusList::of(judged.credential().expect("a verified list")).unwrap()
    };
    let statuses = Statuses::of(lists.iter().map(read).collect(), AGE_SECS_MAX);
    let document = credential(1, "LicenseCredential", json!({ "id": "did:x:1" }), 1, status);
    let judged = verify(&document, &anchors().with_statuses(statuses), time(20));
    (judged.verdict(), judged.reasons().iter().map(|reason| reason.code).collect())
}

#[test]
fn a_bit_says_what_its_purpose_says() {
    use Purpose::{Revocation, Suspension};
    let valid = (Verdict::Valid, vec![]);
    let one = vec![entry(Revocation, 7)];
    let both = vec![entry(Revocation, 7), entry(Suspension, 8)];
    assert_eq!(judged(one.clone(), &[list(1, Revocation, &[6, 8], 20)]), valid);
    let revoked = judged(one.clone(), &[list(1, Revocation, &[7], 20)]);
    assert_eq!(revoked, (Verdict::Invalid, vec!["revoked"]));
    let lists = [list(1, Revocation, &[], 20), list(1, Suspension, &[8], 20)];
    assert_eq!(judged(both.clone(), &lists), (Verdict::Invalid, vec!["suspended"]));
    // The newer list lifts the suspension.
    let lists =
        [&lists[..1], &[list(1, Suspension, &[8], 19), list(1, Suspension, &[], 20)]].concat();
    assert_eq!(judged(both, &lists), valid);
}

#[test]
fn a_status_that_cannot_be_read_is_never_good() {
    use Purpose::{Revocation, Suspension};
    let one = vec![entry(Revocation, 7)];
    let missing = (Verdict::Unknown, vec!["status-missing"]);
    assert_eq!(judged(one.clone(), &[]), missing);
    // A list of another purpose, or by another issuer though trusted, says nothing.
    assert_eq!(judged(one.clone(), &[list(1, Suspension, &[], 20)]), missing);
    assert_eq!(judged(one.clone(), &[list(2, Revocation, &[], 20)]), missing);
    let stale = judged(one, &[list(1, Revocation, &[], 18)]);
    assert_eq!(stale, (Verdict::Unknown, vec!["status-stale"]));
    let beyond = judged(vec![entry(Revocation, BITS_MIN)], &[list(1, Revocation, &[], 20)]);
    assert_eq!(beyond, (Verdict::Invalid, vec!["status-malformed"]));
}

#[test]
fn entries_of_another_shape_are_named() {
    let good = entry(Purpose::Revocation, 7).document();
    assert_eq!(Entry::read_all(&good), Ok(vec![entry(Purpose::Revocation, 7)]));
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        Entry::read_all(&changed).unwrap_err()
    };
    let unsupported = |word: &str| EntryError::Unsupported(word.to_owned());
    assert_eq!(with("type", json!("StatusList2021Entry")), unsupported("StatusList2021Entry"));
    assert_eq!(with("statusPurpose", json!("message")), unsupported("message"));
    assert_eq!(with("statusSize", json!(2)), unsupported("statusSize"));
    for index in [json!(7), json!("-7"), json!("+7"), json!(""), json!("99999999999999999999")] {
        assert_eq!(with("statusListIndex", index), EntryError::Malformed("statusListIndex"));
    }
    assert_eq!(Entry::read_all(&json!([])), Err(EntryError::Count(0)));
    assert_eq!(Entry::read_all(&json!(vec![good; 9])), Err(EntryError::Count(9)));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_text_that_is_no_list_is_refused_and_a_bomb_is_not_blown_up() {
    let text = |bytes: &[u8]| format!("u{}", BASE64URL_NOPAD.encode(bytes));
    let bytes = BITS_MIN as usize / 8;
    assert!(Bits::decode(&text(&gzip(&vec![0; bytes]))).is_ok());
    for (name, text, wanted) in [
        ("no prefix", BASE64URL_NOPAD.encode(&gzip(&vec![0; bytes])), BitsError::Text),
        ("padding", "uAA==".to_owned(), BitsError::Text),
        ("no gzip", text(&[1, 2, 3]), BitsError::Gzip),
        ("short", text(&gzip(&vec![0; bytes - 1])), BitsError::Length),
        ("bomb", text(&gzip(&vec![0; 40 << 20])), BitsError::Length),
        ("two members", text(&[gzip(&vec![0; bytes]), gzip(&[1])].concat()), BitsError::Gzip),
        ("long", "u".repeat(4 << 20), BitsError::Text),
    ] {
        assert_eq!(Bits::decode(&text), Err(wanted), "{name}");
    }
    // The checksum counts: a list cut short, or one changed, is none.
    let good = gzip(&vec![0; bytes]);
    assert_eq!(Bits::decode(&text(&good[..good.len() - 1])), Err(BitsError::Gzip));
    let mut changed = good.clone();
    changed[good.len() - 5] ^= 1;
    assert_eq!(Bits::decode(&text(&changed)), Err(BitsError::Gzip));
}

/// The example of the standard (§A.1): a list of nothing but zeros.
#[test]
fn the_list_of_the_standard_is_read() {
    let text = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA";
    let bits = Bits::decode(text).unwrap();
    assert_eq!((bits.len(), bits.count()), (BITS_MIN, 0));
}

proptest! {
    #[test]
    fn bits_come_back(set in prop::collection::btree_set(0..BITS_MIN, 0..40)) {
        let mut bits = Bits::clear(1).unwrap();
        for index in &set {
            bits.set(*index, true).unwrap();
        }
        let read = Bits::decode(&bits.encode()).unwrap();
        prop_assert_eq!(&read, &bits);
        prop_assert_eq!(read.count(), set.len() as u64);
        for index in set.iter().flat_map(|index| [index.saturating_sub(1), *index, index + 1]) {
            prop_assert_eq!(read.get(index).unwrap_or(false), set.contains(&index));
        }
    }
}
