//! The note of the Go documentation, and every way to tamper.

use super::*;
use crate::keys::SecretKey;

const NAME: &str = "zone.example/log";
const TEXT: &str = "a line\n\nand another\n";

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

#[test]
fn the_note_of_the_go_documentation_verifies() {
    let (name, key) =
        parse_verifier_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
            .unwrap();
    let note = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\
        \n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfq\
        dngotpRZb6KE6RyyBwJnAM=\n";
    let parsed = SignedNote::parse(note.as_bytes()).unwrap();
    assert!(parsed.verify(&name, &key).unwrap().starts_with("If you think"));
    assert_eq!(parsed.to_bytes(), note.as_bytes());
    assert_eq!(
        verifier_key(&name, &key),
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    );
}

#[test]
fn a_signed_note_round_trips_and_ignores_unknown_signers() {
    let (log, witness) = (secret(1), secret(2));
    let mut note = SignedNote::sign(TEXT, NAME, &log).unwrap();
    note.cosign("witness.example", &witness).unwrap();
    let parsed = SignedNote::parse(&note.to_bytes()).unwrap();
    assert_eq!(parsed, note);
    assert_eq!(*parsed.verify(NAME, &log.public()).unwrap(), TEXT);
    assert_eq!(*parsed.verify("witness.example", &witness.public()).unwrap(), TEXT);
    let stranger = parsed.verify(NAME, &secret(3).public());
    assert_eq!(stranger, Err(NoteError::NotSigned(NAME.to_owned())));
    let other_name = parsed.verify("other.example", &log.public());
    assert!(matches!(other_name, Err(NoteError::NotSigned(_))));
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let key = secret(1);
    let bytes = SignedNote::sign(TEXT, NAME, &key).unwrap().to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let verified =
            SignedNote::parse(&flipped).and_then(|note| note.verify(NAME, &key.public()));
        assert!(verified.is_err(), "bit {bit}");
    }
}

#[test]
fn a_bad_line_of_a_known_key_refuses_the_note_even_beside_a_good_one() {
    let key = secret(1);
    let good = SignedNote::sign(TEXT, NAME, &key).unwrap();
    let mut note = good.clone();
    let mut bad = note.lines[0].clone();
    bad.signature[5] ^= 1;
    note.lines.push(bad);
    let parsed = SignedNote::parse(&note.to_bytes()).unwrap();
    assert!(matches!(parsed.verify(NAME, &key.public()), Err(NoteError::Signature { .. })));
    let mut short = good;
    short.lines[0].signature.truncate(63);
    assert_eq!(
        short.verify(NAME, &key.public()),
        Err(NoteError::Signature { name: NAME.to_owned(), fault: SignatureError::Length(63) })
    );
}

#[test]
fn malformed_notes_are_refused_by_name() {
    let good = SignedNote::sign(TEXT, NAME, &secret(1)).unwrap().to_bytes();
    let text = String::from_utf8(good).unwrap();
    let parse = |text: &str| SignedNote::parse(text.as_bytes()).unwrap_err();
    assert_eq!(parse("no signatures\n"), NoteError::Shape);
    assert_eq!(parse(text.trim_end()), NoteError::Shape);
    assert_eq!(parse(&format!("{text}\n")), NoteError::Shape);
    assert_eq!(parse(&text.replace("a line", "a\tline")), NoteError::NotText);
    assert_eq!(parse(&text.replace("a line\n", "a line\r\n")), NoteError::NotText);
    assert_eq!(parse(&text.replace("\u{2014} ", "- ")), NoteError::Line(1));
    assert_eq!(parse(&text.replace(NAME, "a+b")), NoteError::Line(1));
    assert_eq!(parse(&text.replace("=\n", "\n")), NoteError::Line(1));
    assert_eq!(SignedNote::parse(&vec![b'a'; NOTE_MAX + 1]), Err(NoteError::TooLong));
    assert_eq!(SignedNote::parse(b"\xff\n\n"), Err(NoteError::NotText));
    let line = text.split_once("\n\n\u{2014}").map(|(_, line)| format!("\u{2014}{line}"));
    let many = format!("{TEXT}\n{}", line.unwrap_or_default().repeat(SIGNATURES_MAX + 1));
    assert!(matches!(parse(&many), NoteError::TooMany | NoteError::Line(_)));
}

#[test]
fn what_cannot_stand_in_a_note_is_not_signed() {
    let key = secret(1);
    for text in ["", "\n", "no newline", "tab\t\n"] {
        assert!(SignedNote::sign(text, NAME, &key).is_err(), "{text:?}");
    }
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb"] {
        let refused = SignedNote::sign(TEXT, name, &key);
        assert!(matches!(refused, Err(NoteError::Name(_))), "{name:?}");
    }
}

#[test]
fn verifier_keys_bind_name_and_key() {
    let key = secret(1).public();
    let text = verifier_key(NAME, &key);
    assert_eq!(parse_verifier_key(&text), Ok((NAME.to_owned(), key)));
    let renamed = text.replace("zone", "zones");
    assert!(matches!(parse_verifier_key(&renamed), Err(NoteError::VerifierKey(_))));
    assert!(parse_verifier_key("a+b").is_err());
}
