//! Signing over the link: what is signed, for whom, and what happens when the token goes away.

use std::thread;

use link::RemoteError;
use proof::keys::MessageKind;
use proof::{Message, SecretKey};

use crate::keys::{flag, objects};
use crate::place::{PIN, Place};

fn base(text: &str) -> Message {
    Message::http_base(&format!("\"@method\": {text}\n\"@signature-params\": ()"))
}

#[test]
fn the_token_signs_what_its_keys_are_for_and_for_nobody_else() {
    let place = Place::new("signs");
    let made = place.init("signer", &[]);
    let signer = place.serve("signer", "127.0.0.1:0");
    assert_eq!(made.1["signer_key"], signer.ready["link_key"]);
    assert_eq!(place.unserved("signer").code(), (69, "signer-in-use"));
    let keys = signer.link(&place.caller, signer.key()).unwrap();
    assert_eq!(serde_json::to_value(&keys.public).unwrap(), made.1["keys"]);
    assert!(!keys.cell.existed());
    assert_eq!(place.hsm(&["status", "--dir", "signer", "--pin-file", "pin"]).1, made.1);

    let document = Message::received(MessageKind::Document, vec![7; 64]).unwrap();
    for (key, message) in
        [(&keys.assertion, &document), (&keys.log, &document), (&keys.http, &base("GET"))]
    {
        let signature = key.sign(message).unwrap();
        key.public().verify(message, &signature).unwrap();
        assert_eq!(key.sign(message).unwrap(), signature, "the same bytes again");
    }
    assert!(keys.http.sign(&document).is_err());
    assert!(keys.assertion.sign(&base("GET")).is_err());

    // Four callers at once, one session.
    thread::scope(|scope| {
        for caller in 0..4 {
            let (place, signer) = (&place, &signer);
            scope.spawn(move || {
                let keys = signer.link(&place.caller, signer.key()).unwrap();
                for n in 0..16 {
                    let message = base(&format!("{caller}-{n}"));
                    let signature = keys.http.sign(&message).unwrap();
                    keys.http.public().verify(&message, &signature).unwrap();
                }
            });
        }
    });

    let stranger = SecretKey::from_seed([9; 32]).unwrap();
    let told = signer.link(&place.caller, stranger.public()).err().unwrap();
    assert!(matches!(told, RemoteError::OtherEnd { .. }), "{told}");
    let text = told.to_string();
    assert!(text.contains(&signer.key().to_multikey()), "{text}");
    assert!(text.contains(&stranger.public().to_multikey()), "{text}");
    assert!(signer.link(&stranger, signer.key()).is_err());
}

#[test]
fn a_token_that_comes_back_is_used_again_and_one_that_refuses_the_pin_is_not() {
    let place = Place::new("lost");
    assert_eq!(place.init("signer", &[]).0, 0);
    let mut signer = place.serve("signer", "127.0.0.1:0");
    let keys = signer.link(&place.caller, signer.key()).unwrap();
    let (token, away) = (place.token_dir(), place.root.join("away"));
    for round in 0..3 {
        keys.http.sign(&base(&format!("{round}"))).unwrap();
        std::fs::rename(&token, &away).unwrap();
        let told = keys.cell.reachable().unwrap_err().to_string();
        assert!(told.contains("no token has the label"), "{told}");
        let told = keys.http.sign(&base("away")).unwrap_err();
        assert!(matches!(told, proof::keys::SignerError::Unavailable(_)), "{told}");
        std::fs::rename(&away, &token).unwrap();
    }
    keys.http.sign(&base("back")).unwrap();
    keys.cell.reachable().unwrap();

    // The token is set up anew under another PIN, its keys gone, and then put back as it was.
    let kept = place.root.join("kept");
    let copy = std::process::Command::new("cp").arg("-r").args([&token, &kept]).status().unwrap();
    assert!(copy.success());
    place.init_token(&["--token", crate::place::TOKEN], "another-pin");
    for _ in 0..2 {
        let told = keys.http.sign(&base("refused")).unwrap_err().to_string();
        assert!(told.contains("refuses the PIN"), "{told}");
        assert!(!told.contains(PIN), "{told}");
    }
    std::fs::remove_dir_all(&token).unwrap();
    std::fs::rename(&kept, &token).unwrap();
    let told = keys.http.sign(&base("refused")).unwrap_err().to_string();
    assert!(told.contains("refuses the PIN"), "not tried again: {told}");
    assert!(signer.is_alive());
    let log = std::fs::read_to_string(place.root.join("signer.log")).unwrap();
    assert_eq!(log.matches("a new session is open").count(), 3, "{log}");
    assert_eq!(log.matches("it is not tried again").count(), 1, "{log}");
    assert!(!log.contains(PIN), "{log}");
    drop(signer);
    let signer = place.serve("signer", "127.0.0.1:0");
    signer.link(&place.caller, signer.key()).unwrap().http.sign(&base("again")).unwrap();
}

/// Where the file has the (encrypted) value of a key: type, kind 3, length, bytes.
fn value(bytes: &[u8]) -> std::ops::Range<usize> {
    let sought = [0x11_u64.to_be_bytes(), 3_u64.to_be_bytes()].concat();
    let at =
        bytes.windows(sought.len()).position(|window| window == sought).unwrap() + sought.len();
    let length = u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap());
    at + 8..at + 8 + usize::try_from(length).unwrap()
}

/// Two keys change places behind their labels: the token then signs by another key than it says.
#[test]
fn what_the_token_signed_by_another_key_is_not_handed_on() {
    let place = Place::new("swapped");
    assert_eq!(place.init("signer", &[]).0, 0);
    let read = |path: &std::path::PathBuf| std::fs::read(path).unwrap();
    let all = objects(&place);
    let private: Vec<_> = all.iter().filter(|path| flag(&read(path), 0x162).is_some()).collect();
    let (mut one, mut other) = (read(private[0]), read(private[1]));
    let (at, there) = (value(&one), value(&other));
    let kept = one[at.clone()].to_vec();
    one.splice(at, other[there.clone()].to_vec());
    other.splice(there, kept);
    std::fs::write(private[0], one).unwrap();
    std::fs::write(private[1], other).unwrap();

    let signer = place.serve("signer", "127.0.0.1:0");
    let keys = signer.link(&place.caller, signer.key()).unwrap();
    let document = Message::received(MessageKind::Document, vec![7; 64]).unwrap();
    let signed = [(&keys.assertion, &document), (&keys.log, &document), (&keys.http, &base("GET"))]
        .map(|(key, message)| key.sign(message).map_err(|error| error.to_string()));
    let refused: Vec<_> = signed.into_iter().filter_map(Result::err).collect();
    assert!(matches!(refused.len(), 1 | 2), "{refused:?}");
    for told in refused {
        assert!(told.contains("is not the one that was made here"), "{told}");
    }
}
