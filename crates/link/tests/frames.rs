//! The frames of zone and signer: `vectors/signer.json`, each with the name of its schema.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeMap;

use canon::Digest;
use link::frames::{self, Answer, Call};
use proof::keys::MessageKind;
use proof::rotation::Rotation;
use proof::{PublicKey, Purpose, SecretKey, base64, integrity};
use serde_json::{Value, json};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/signer.json");

/// What a frame holds; it is read back as it was written.
fn framed<T: serde::Serialize + serde::de::DeserializeOwned>(schema: &str, said: &T) -> Value {
    let mut frame = Vec::new();
    frames::write(&mut frame, said).unwrap();
    let again: T = frames::read(&mut frame.as_slice()).unwrap();
    assert_eq!(json!(again), json!(said));
    json!({ "schema": schema, "document": said })
}

fn public(seed: u8) -> PublicKey {
    SecretKey::from_seed([seed; 32]).unwrap().public()
}

/// The first golden rotation, signed.
fn document() -> Value {
    let vectors: Value = serde_json::from_str(include_str!("../../../vectors/proof.json")).unwrap();
    vectors.pointer("/rotations/document/rotations/0").unwrap().clone()
}

fn rotation() -> Rotation {
    integrity::payload(&document()).unwrap().read().unwrap()
}

fn golden() -> String {
    let row = || ("lane".to_owned(), 7, Digest::of_blob(b"root"));
    let key = |(purpose, seed): (Purpose, u8)| (purpose, public(seed));
    let keys: BTreeMap<_, _> = Purpose::RUNNING.into_iter().zip(11u8..).map(key).collect();
    let message = base64::encode(b"a note\n");
    let why = || "in words".to_owned();
    let calls = [
        Call::State {},
        Call::Sign { purpose: Purpose::Log, kind: MessageKind::Note, message },
        Call::Advance { steps: vec![row()] },
        Call::Next { purpose: Purpose::Http },
        Call::Rotate { rotation: Box::new(rotation()) },
        Call::Turn { rotation: document() },
    ];
    let answers = [
        Answer::State { next: keys.clone(), keys: keys.clone(), existed: true, lanes: vec![row()] },
        Answer::State { next: BTreeMap::new(), keys, existed: false, lanes: vec![] },
        Answer::Signature(base64::encode(&[7; 64])),
        Answer::Advanced {},
        Answer::Next { key: Box::new(public(15)), after: Box::new(public(16)) },
        Answer::Rotated(document()),
        Answer::Turned {},
        Answer::Behind { lane: "lane".to_owned(), last: 7, asked: 7 },
        Answer::Doubt(why()),
        Answer::Away(why()),
        Answer::Refused(why()),
    ];
    let calls = calls.iter().map(|call| framed("signer-call", call));
    let answers = answers.iter().map(|answer| framed("signer-answer", answer));
    let document = json!({
        "about": "What a zone asks of its signer and is answered, each in a frame of its length \
            (4 bytes, most significant first) and its bytes, with the name of its schema.",
        "documents": calls.chain(answers).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_frames_are_what_they_were() {
    let held = std::fs::read_to_string(PATH).unwrap();
    assert!(held == golden(), "vectors/signer.json differs; a new form needs a new version");
}

/// `cargo test -p link -- --ignored write_the_golden_frames`
#[test]
#[ignore = "writes the vector; for a new version of the format only"]
fn write_the_golden_frames() {
    std::fs::write(PATH, golden()).unwrap();
}
