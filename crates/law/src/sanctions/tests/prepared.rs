//! Prepared snapshots: opened they answer as the lists they were made of, and any other byte refuses.

use canon::{Canonical, Timestamp};
use proof::SecretKey;
use proof::integrity::{ProofOptions, sign_document};

use super::super::flat::Rest;
use super::super::part::Part;
use super::super::prepared::{Prepared, PreparedError, lay};
use super::super::snapshot::Snapshot;
use super::{entries, entry, query};
use crate::sanctions::{
    Birth, Entry, Identifier, List, Name, Query, Scheme, Screener, Strength, SubjectKind,
    Thresholds,
};

fn officer() -> SecretKey {
    SecretKey::from_seed([7; 32]).unwrap()
}

/// A record with something in every field, and one whose optional texts are there but empty.
fn full() -> Vec<Entry> {
    let known = |country: Option<&str>| Identifier {
        scheme: Scheme::Passport,
        value: "AB 123.456".into(),
        country: country.map(Box::from),
    };
    let whole = Entry {
        names: Box::new([
            Name { text: "Ørnulf Vexhold".into(), strength: Strength::Primary },
            Name { text: "محمد".into(), strength: Strength::Weak },
        ]),
        identifiers: Box::new([known(Some("Utopia")), known(None), known(Some(""))]),
        programs: Box::new(["X".into(), "Y".into()]),
        reference: Some("7 § 2".into()),
        births: Box::new([Birth::parse("1948/1950").unwrap(), Birth::parse("1949-03").unwrap()]),
        nationalities: Box::new(["Utopia".into()]),
        addresses: Box::new(["1 High Street, Nowhere".into()]),
        ..entry("90", SubjectKind::Vessel, &["x"])
    };
    let bare =
        Entry { reference: Some("".into()), ..entry("91", SubjectKind::Person, &["Cy Dee"]) };
    vec![whole, bare]
}

fn lists() -> Vec<List> {
    let one = List::new("b-list", "One", None, entries()).unwrap();
    let date = Some(query("").as_of);
    vec![one, List::new("a-list", "Two", date, full()).unwrap()]
}

fn signed(lists: &[List], laid: &[u8], key: &SecretKey) -> Vec<u8> {
    let document = Snapshot::of(lists).document_of(laid).unwrap();
    let created = Timestamp::parse("2026-11-20T00:00:00Z").unwrap();
    let options = ProofOptions::assertion(created, key);
    let signed = sign_document(document.value(), &options, key).unwrap();
    Canonical::of_value(&signed).unwrap().bytes().to_vec()
}

fn file() -> Vec<u8> {
    let laid = lay(&lists());
    Prepared { document: &signed(&lists(), &laid, &officer()), laid: &laid }.bytes()
}

fn open(bytes: &[u8]) -> Result<Screener, PreparedError> {
    let signer = officer().public().did().to_string();
    Prepared::of(bytes)?.open(&signer, Thresholds::default())
}

#[test]
fn every_record_and_every_answer_is_the_one_of_the_lists() {
    let (opened, mut known) = (open(&file()).unwrap(), lists());
    known.sort_by(|a, b| a.id().cmp(b.id()));
    assert_eq!(opened.lists(), known);
    for (read, list) in opened.lists().iter().zip(&known) {
        assert_eq!(read.entries(), list.entries());
        assert_eq!((read.title(), read.published()), (list.title(), list.published()));
        let again = List::new(list.id(), list.title(), list.published(), read.entries().to_vec());
        assert_eq!(again.unwrap().digest(), list.digest(), "what is read has the digest it says");
        for entry in list.entries() {
            let digest = entry.document().unwrap().digest();
            assert_eq!(opened.record_sha256(list.id(), &entry.id), Some(digest));
        }
    }
    let built = Screener::build(known, Thresholds::default());
    let ask = |name: &str| Query { birth: Birth::parse("1949").ok(), ..query(name) };
    for name in ["Zoltan Quibble", "ornulf vexhold", "Tremblex Trade", "محمد", "nobody at all"]
    {
        assert_eq!(opened.screen(&ask(name)), built.screen(&ask(name)), "{name}");
    }
    let by_number = Query {
        identifiers: vec![Identifier {
            scheme: Scheme::Passport,
            value: "ab123456".into(),
            country: None,
        }],
        ..query("nobody at all")
    };
    assert_eq!(opened.screen(&by_number).hits[0].entry, "90");
    assert_eq!(opened.screen(&by_number), built.screen(&by_number));
}

#[test]
fn lists_beside_a_prepared_snapshot_are_searched_as_well() {
    let beside = List::new(
        "c-list",
        "Three",
        None,
        vec![entry("5", SubjectKind::Person, &["Ulric Fenwhistle"])],
    );
    let screener = open(&file()).unwrap().beside(vec![beside.unwrap()]);
    let hit = |name: &str| {
        let screening = screener.screen(&query(name));
        screening.hits.into_iter().map(|hit| (hit.list, hit.entry)).collect::<Vec<_>>()
    };
    assert_eq!(hit("Fenwhistle Ulric"), [("c-list".to_owned(), "5".to_owned())]);
    assert_eq!(hit("Cy Dee"), [("a-list".to_owned(), "91".to_owned())]);
    assert_eq!(screener.screen(&query("x")).lists.len(), 3);
}

#[test]
fn any_other_byte_any_other_key_and_any_other_lists_are_refused() {
    let whole = file();
    for at in (0..whole.len()).step_by(whole.len() / 97) {
        let mut other = whole.clone();
        other[at] ^= 1;
        assert!(open(&other).is_err(), "byte {at}");
        assert!(open(&whole[..at]).is_err(), "cut at {at}");
    }
    let laid = lay(&lists());
    let stranger = SecretKey::from_seed([8; 32]).unwrap();
    let forged = Prepared { document: &signed(&lists(), &laid, &stranger), laid: &laid }.bytes();
    assert!(matches!(open(&forged), Err(PreparedError::Signer(_))));
    // Signed by the right one, but for fewer lists than lie in the file.
    let fewer = Prepared { document: &signed(&lists()[..1], &laid, &officer()), laid: &laid };
    assert!(matches!(open(&fewer.bytes()), Err(PreparedError::Other)));
}

#[test]
fn bytes_that_were_signed_wrong_are_refused_or_answer_and_never_panic() {
    let laid = lay(&lists());
    let mut opened = 0;
    for at in (0..laid.len()).step_by(29) {
        let mut other = laid.clone();
        other[at] ^= 0xff;
        if let Some(part) = Part::read(Rest(&other)) {
            let screener = Screener::of(part, Thresholds::default());
            let _ = screener.screen(&query("Zoltan Marvek Quibble"));
            let _ = screener.lists().iter().map(|list| list.entries().len()).sum::<usize>();
            opened += 1;
        }
    }
    assert!(opened > 0, "some bytes are only text");
}
