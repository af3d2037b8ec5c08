//! The examples of RFC 9901: signed with ES256, which is not verified here; their digests and payloads are.

use canon::{Realm, Timestamp};
use serde_json::Value;

use super::{SdJwtError, stated, verify};
use crate::credential::{Anchors, Asked, Verdict};

/// Name, text, processed payload.
fn rows() -> Vec<(String, String, Value)> {
    let file = include_str!("../../tests/vectors/rfc9901.json");
    let file: Value = serde_json::from_str(file).unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let row = |row: &Value| (text(row, "name"), text(row, "sd_jwt"), row["stated"].clone());
    file["rows"].as_array().unwrap().iter().map(row).collect()
}

fn judged(text: &str) -> (Verdict, Vec<&'static str>) {
    let at = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
    let asked =
        Asked { challenge: Some("1234567890"), domain: Some("https://verifier.example.org") };
    let asked = if text.ends_with('~') { Asked::default() } else { asked };
    let answer = verify(text, &Anchors::none(Realm::Production), asked, at);
    assert!(answer.claims.is_none());
    (answer.verdict, answer.reasons.iter().map(|reason| reason.code).collect())
}

#[test]
fn processed_payloads_are_those_printed() {
    assert_eq!(rows().len(), 5);
    for (name, text, payload) in rows() {
        assert_eq!(Value::Object(stated(&text).unwrap()), payload, "{name}");
    }
}

#[test]
fn a_signature_of_another_algorithm_is_unknown_by_name() {
    for (name, text, _) in rows() {
        let (verdict, codes) = judged(&text);
        assert_eq!(verdict, Verdict::Unknown, "{name}: {codes:?}");
        let times = codes.iter().filter(|code| **code == "unsupported-algorithm").count();
        assert_eq!(times, if text.ends_with('~') { 1 } else { 2 }, "{name}: {codes:?}");
    }
}

/// A digest holds whatever the algorithm of the signature.
#[test]
fn no_character_of_a_disclosure_may_change() {
    for (name, text, _) in rows() {
        let (start, end) = (text.find('~').unwrap() + 1, text.rfind('~').unwrap());
        for at in start..end {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'W' { b'X' } else { b'W' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(stated(&changed).is_err(), "{name}: a change at {at} goes unseen");
        }
        let Some((_, tail)) = text[..end].rsplit_once('~') else { continue };
        let twice = format!("{}~{tail}~", &text[..end]);
        assert!(matches!(stated(&twice), Err(SdJwtError::Twice(_))), "{name}");
        assert_eq!(judged(&twice).0, Verdict::Invalid, "{name}");
    }
}
