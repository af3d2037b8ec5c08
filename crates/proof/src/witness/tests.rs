//! What a witness signs, refuses and remembers.

use canon::{Digest, Timestamp};
use data_encoding::{BASE64, HEXLOWER};
use proptest::prelude::*;

use super::client::{Answer, AnswerError, add_checkpoint, read_answer};
use super::*;
use crate::merkle::{Proof, Tree};
use crate::note::{SignedNote, key_id, verifier_key};
use crate::{Checkpoint, PublicKey, SecretKey};

const ORIGIN: &str = "zone.example/corridor/c/lane/z";
const WITNESS: &str = "witness.example/w1";

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix(secs).unwrap()
}

fn log_key() -> SecretKey {
    secret(1)
}

fn logs() -> Logs {
    let mut logs = Logs::default();
    logs.add(ORIGIN, &[&verifier_key(ORIGIN, &log_key().public())]).unwrap();
    logs
}

/// A log of `size` entries; from entry `fork` on, others.
fn tree(size: u64, fork: u64) -> Tree {
    let mut tree = Tree::default();
    for n in 0..size {
        let salt = u8::from(n >= fork);
        let mut bytes = n.to_be_bytes().to_vec();
        bytes.push(salt);
        tree.push(Digest::of_blob(&bytes)).unwrap();
    }
    tree
}

fn note(tree: &Tree) -> Vec<u8> {
    let root = tree.root();
    Checkpoint::new(ORIGIN, tree.size(), root).unwrap().sign(&log_key()).unwrap().to_bytes()
}

fn proof(tree: &Tree, old: u64) -> Proof {
    if old == 0 || old >= tree.size() {
        return Proof::default();
    }
    tree.consistency(old, tree.size()).unwrap()
}

fn ask(old: u64, tree: &Tree) -> Vec<u8> {
    add_checkpoint(old, &proof(tree, old), &note(tree)).unwrap()
}

fn held(size: u64) -> Held {
    logs().read(&ask(0, &tree(size, u64::MAX))).unwrap().against(None).unwrap().held().clone()
}

fn cosigner(byte: u8, name: &str) -> CosignerKey {
    CosignerKey::new(name, secret(byte).public()).unwrap()
}

fn cosign(note_bytes: &[u8], byte: u8, name: &str, secs: i64) -> Vec<u8> {
    let body = add_checkpoint(0, &Proof::default(), note_bytes).unwrap();
    let line =
        logs().read(&body).unwrap().against(None).unwrap().sign(name, at(secs), &secret(byte));
    let answer = read_answer(&cosigner(byte, name), note_bytes, 200, line.unwrap().as_bytes());
    match answer.unwrap() {
        Answer::Cosigned { note, time } => {
            assert_eq!(time, u64::try_from(secs).unwrap());
            note
        }
        other => panic!("{other:?}"),
    }
}

fn status(last: Option<&Held>, body: &[u8]) -> u16 {
    match logs().read(body).and_then(|asked| asked.against(last)) {
        Ok(_) => 200,
        Err(refusal) => {
            assert_eq!(refusal.held_size().is_some(), refusal.status() == 409);
            refusal.status()
        }
    }
}

#[test]
fn a_request_of_another_witness_s_test_data_is_cosigned() {
    // FiloSottile/torchwood, cmd/litewitness/testdata/multi-cosigs-ed25519.txt: log key and body.
    let key = "52c05edad1bf5feffa81354faae59a655d9a9a1a793ed2f62c39c26c0be2aecd";
    let key = PublicKey::from_slice(&HEXLOWER.decode(key.as_bytes()).unwrap()).unwrap();
    let origin =
        "sigsum.org/v1/tree/985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90";
    let line = "7BKT0gOfNZ1J0So9unY3BZtm2YkPIoNYM/dce0Z2avJDs8dxN6ts9bOSwwrVrbjm6P9K3ZxpK6jJngOG6Y\
                vGGzV/lwo=";
    let root = "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let body = format!("old 0\n\n{origin}\n1\n{root}\n\n\u{2014} {origin} {line}\n");
    let mut logs = Logs::default();
    logs.add(origin, &[&verifier_key(origin, &key)]).unwrap();
    assert_eq!(key_id(origin, &key), [0xec, 0x12, 0x93, 0xd2]);
    let cosign = logs.read(body.as_bytes()).unwrap().against(None).unwrap();
    assert_eq!((cosign.held().size(), cosign.is_news()), (1, true));
    assert_eq!(Request::parse(body.as_bytes()).unwrap().to_bytes(), body.as_bytes());
    // One character of the signature changed: 403.
    let other = body.replace("7BKT0gOf", "7BKT0gOg");
    assert_eq!(logs.read(other.as_bytes()).unwrap_err().status(), 403);
}

#[test]
fn the_example_of_the_specification_has_its_time_where_it_says() {
    let line = "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo\
                0xUe+mbIUBkBIfZ+qnA==";
    let blob = BASE64.decode(line.as_bytes()).unwrap();
    assert_eq!(blob.len(), 4 + 8 + 64);
    let time = u64::from_be_bytes(blob[4..12].try_into().unwrap());
    assert_eq!(time, 1_679_315_147);
    let text =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let message = crate::Message::cosignature(time, text);
    assert_eq!(message.as_bytes(), format!("cosignature/v1\ntime 1679315147\n{text}").as_bytes());
}

#[test]
fn a_cosignature_is_not_a_log_signature_nor_the_reverse() {
    let key = cosigner(7, WITNESS);
    assert_eq!(CosignerKey::parse(&key.verifier_key()).unwrap(), key);
    assert!(CosignerKey::parse(&verifier_key(WITNESS, key.key())).is_err());
    assert!(crate::note::parse_verifier_key(&key.verifier_key()).is_err());
    assert_ne!(key.id(), key_id(WITNESS, key.key()));
    let plain = note(&tree(3, u64::MAX));
    let mut signed = SignedNote::parse(&plain).unwrap();
    signed.cosign(WITNESS, &secret(7)).unwrap();
    let policy = Policy::new(vec![key.clone()], 1, 60).unwrap();
    let judged =
        policy.verify(&signed.to_bytes(), ORIGIN, &log_key().public(), at(1_000)).unwrap_err();
    assert!(matches!(judged, QuorumError::Short { absent: 1, .. }), "{judged:?}");
    let cosigned = SignedNote::parse(&cosign(&plain, 7, WITNESS, 1_000)).unwrap();
    assert!(cosigned.verify(WITNESS, key.key()).is_err());
}

#[test]
fn every_refusal_has_the_status_of_the_protocol() {
    let (five, eight) = (tree(5, u64::MAX), tree(8, u64::MAX));
    let last = held(5);
    assert_eq!(status(None, &ask(0, &five)), 200);
    assert_eq!(status(Some(&last), &ask(5, &eight)), 200);
    assert_eq!(status(Some(&last), &ask(5, &five)), 200, "asked again");
    assert_eq!(status(Some(&last), &ask(0, &eight)), 409, "old is not what is held");
    assert_eq!(status(None, &ask(5, &eight)), 409, "nothing is held");
    assert_eq!(status(Some(&last), &ask(5, &tree(5, 2))), 409, "another root of the size held");
    assert_eq!(status(Some(&last), &ask(5, &tree(8, 2))), 422, "a fork");
    let proofless = add_checkpoint(5, &Proof::default(), &note(&eight)).unwrap();
    assert_eq!(status(Some(&last), &proofless), 422);
    let extra = add_checkpoint(5, &proof(&eight, 5), &note(&five)).unwrap();
    assert_eq!(status(Some(&last), &extra), 422, "a proof where none belongs");
    let extra = add_checkpoint(0, &proof(&eight, 5), &note(&eight)).unwrap();
    assert_eq!(status(None, &extra), 422, "a proof from nothing");
    let above = add_checkpoint(9, &Proof::default(), &note(&eight)).unwrap();
    assert_eq!(status(Some(&last), &above), 400);
    assert_eq!(status(Some(&held(5)), b"old 5\n"), 400);
    let text = String::from_utf8(ask(0, &five)).unwrap();
    assert_eq!(status(None, text.replace(ORIGIN, "other.example").as_bytes()), 404);
    let stranger = Checkpoint::new(ORIGIN, 5, five.root()).unwrap().sign(&secret(9)).unwrap();
    let stranger = add_checkpoint(0, &Proof::default(), &stranger.to_bytes()).unwrap();
    assert_eq!(status(None, &stranger), 403);
    for (what, with) in [
        ("old 0", "old 00"),
        ("old 0", "old +0"),
        ("old 0", "older 0"),
        ("old 0\n", "old 0\n????\n"),
        ("\n5\n", "\n05\n"),
        ("\n5\n", "\n\n"),
        ("old 0\n\n", "old 0\n"),
    ] {
        assert_eq!(status(None, text.replacen(what, with, 1).as_bytes()), 400, "{with:?}");
    }
}

#[test]
fn sixty_three_proof_lines_are_read_and_sixty_four_are_not() {
    let text = String::from_utf8(ask(0, &tree(5, u64::MAX))).unwrap();
    let line = format!("{}\n", BASE64.encode(&[7; 32]));
    for (count, fits) in [(63, true), (64, false)] {
        let body = text.replacen("old 0\n", &format!("old 0\n{}", line.repeat(count)), 1);
        assert_eq!(Request::parse(body.as_bytes()).is_ok(), fits);
    }
}

#[test]
fn extension_lines_are_cosigned_as_they_stand_and_never_empty() {
    let five = tree(5, u64::MAX);
    let text = Checkpoint::new(ORIGIN, 5, five.root()).unwrap().body();
    let signed = |text: &str| SignedNote::sign(text, ORIGIN, &log_key()).unwrap().to_bytes();
    let extended = signed(&format!("{text}opaque line\n"));
    let body = add_checkpoint(0, &Proof::default(), &extended).unwrap();
    let cosign = logs().read(&body).unwrap().against(None).unwrap();
    let line = cosign.sign(WITNESS, at(1_000), &secret(7)).unwrap();
    assert!(read_answer(&cosigner(7, WITNESS), &extended, 200, line.as_bytes()).is_ok());
    let plain = signed(&text);
    let refused = read_answer(&cosigner(7, WITNESS), &plain, 200, line.as_bytes());
    assert_eq!(refused, Err(AnswerError::NotCosigned(WITNESS.to_owned())));
    let empty = signed(&format!("{text}\nx\n"));
    let body = add_checkpoint(0, &Proof::default(), &empty).unwrap();
    assert_eq!(status(None, &body), 400);
}

#[test]
fn lines_of_strangers_are_ignored_and_not_kept() {
    let five = tree(5, u64::MAX);
    let mut many = SignedNote::parse(&note(&five)).unwrap();
    for byte in 20..35 {
        many.cosign("stranger.example", &secret(byte)).unwrap();
    }
    let body = add_checkpoint(0, &Proof::default(), &many.to_bytes()).unwrap();
    let held = logs().read(&body).unwrap().against(None).unwrap().held().clone();
    assert_eq!(held.note(), note(&five));
    assert_eq!(Held::from_note(&held.note()).unwrap(), held);
}

#[test]
fn a_quorum_counts_each_witness_once_and_only_while_fresh() {
    let plain = note(&tree(5, u64::MAX));
    let names = ["a.example", "b.example", "c.example"];
    let keys: Vec<_> = names.iter().zip(11..).map(|(name, b)| cosigner(b, name)).collect();
    let policy = Policy::new(keys.clone(), 2, 100).unwrap();
    let log = log_key().public();
    let judge = |note: &[u8], now| policy.verify(note, ORIGIN, &log, at(now));
    // One witness twice is one witness.
    let once = cosign(&plain, 11, names[0], 1_000);
    let twice = cosign(&once, 11, names[0], 1_050);
    assert!(matches!(judge(&twice, 1_060), Err(QuorumError::Short { counted: 1, absent: 2, .. })));
    let two = cosign(&twice, 12, names[1], 1_010);
    let cosigned = judge(&two, 1_060).unwrap();
    assert_eq!(cosigned.seen()[0], Seen { name: names[0].to_owned(), time: 1_050 });
    assert_eq!(cosigned.checkpoint().size(), 5);
    // The bound is inclusive: fresh at its last second, stale after it.
    assert!(judge(&two, 1_110).is_ok());
    let late = judge(&two, 1_111);
    assert!(matches!(late, Err(QuorumError::Short { counted: 1, stale: 1, .. })), "{late:?}");
    // Dated in the future, an unknown name, and a known line that fails.
    let ahead = cosign(&once, 12, names[1], 9_000);
    assert!(matches!(judge(&ahead, 1_060), Err(QuorumError::Short { ahead: 1, .. })));
    let stranger = cosign(&once, 13, "d.example", 1_010);
    assert!(matches!(judge(&stranger, 1_060), Err(QuorumError::Short { counted: 1, .. })));
    let broken = flip_last_line(&two);
    assert!(matches!(judge(&broken, 1_060), Err(QuorumError::Cosignature { .. })));
    // Policies that would count wrongly.
    let same = cosigner(11, "z.example");
    assert_eq!(Policy::new(vec![keys[0].clone(), same], 2, 1).unwrap_err(), PolicyError::Twice);
    assert!(Policy::new(keys.clone(), 0, 1).is_err());
    assert!(Policy::new(keys, 4, 1).is_err());
}

fn flip_last_line(note: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(note.to_vec()).unwrap();
    let at = text.trim_end().rfind(' ').unwrap() + 1;
    let mut blob = BASE64.decode(text[at..].trim_end().as_bytes()).unwrap();
    *blob.last_mut().unwrap() ^= 1;
    format!("{}{}\n", &text[..at], BASE64.encode(&blob)).into_bytes()
}

#[test]
fn no_cosignature_has_the_time_zero() {
    let plain = note(&tree(5, u64::MAX));
    let body = add_checkpoint(0, &Proof::default(), &plain).unwrap();
    let cosign = logs().read(&body).unwrap().against(None).unwrap();
    assert!(cosign.sign(WITNESS, at(0), &secret(7)).is_err());
    // A line that states it, however it was signed, does not verify.
    let text = SignedNote::parse(&plain).unwrap().text().to_owned();
    let message = crate::Message::cosignature(0, &text);
    let signature = crate::Signer::sign(&secret(7), &message).unwrap();
    let mut blob = 0u64.to_be_bytes().to_vec();
    blob.extend_from_slice(signature.bytes());
    let key = cosigner(7, WITNESS);
    let line = crate::note::print_line(WITNESS, key.id(), &blob);
    assert!(read_answer(&key, &plain, 200, line.as_bytes()).is_err());
}

#[test]
fn an_answer_that_proves_nothing_is_refused() {
    let plain = note(&tree(5, u64::MAX));
    let key = cosigner(7, WITNESS);
    let read = |status, body: &str| read_answer(&key, &plain, status, body.as_bytes());
    assert_eq!(read(409, "12\n"), Ok(Answer::Holds { size: 12 }));
    for body in ["", "12", "012\n", "-1\n", "12\n\n", "99999999999999999999\n"] {
        assert!(matches!(read(409, body), Err(AnswerError::Body(_))), "{body:?}");
    }
    assert_eq!(read(503, ""), Err(AnswerError::Status(503)));
    assert!(read(200, "").is_err());
    assert!(read(200, "hello\n").is_err());
    let other = cosign(&plain, 8, "w2.example", 1_000);
    let line = String::from_utf8(other).unwrap();
    let line = line.lines().last().unwrap();
    assert!(matches!(read(200, &format!("{line}\n")), Err(AnswerError::NotCosigned(_))));
}

#[test]
fn logs_are_listed_once_with_keys_that_parse() {
    let key = verifier_key(ORIGIN, &log_key().public());
    let mut logs = logs();
    assert!(matches!(logs.add(ORIGIN, &[&key]), Err(LogsError::Twice(_))));
    assert!(matches!(logs.add("a b", &[&key]), Err(LogsError::Origin(_))));
    assert!(matches!(logs.add("a", &[]), Err(LogsError::Keys(_))));
    assert!(matches!(logs.add("a", &["x"]), Err(LogsError::Key(_))));
    assert!(matches!(logs.add("a", &[key.as_str(); 9]), Err(LogsError::Keys(_))));
    logs.add("a", &[&key]).unwrap();
    assert_eq!(logs.origins().collect::<Vec<_>>(), ["a", ORIGIN]);
}

proptest! {
    /// Against the slow model: keep every cosigned (size, root), never two roots of one size, and
    /// every next one a continuation of the last.
    #[test]
    fn a_witness_never_cosigns_two_roots_of_one_size(
        steps in prop::collection::vec((0u64..14, 0u64..14, 0u64..15, any::<bool>()), 1..40)
    ) {
        let logs = logs();
        let mut last: Option<Held> = None;
        let mut all: Vec<(u64, Tree)> = Vec::new();
        for (old, size, fork, honest) in steps {
            let asked = tree(size, fork);
            let old = if honest { last.as_ref().map_or(0, Held::size) } else { old };
            let Ok(body) = add_checkpoint(old, &proof(&asked, old), &note(&asked)) else { continue };
            let decided = logs.read(&body).and_then(|asked| asked.against(last.as_ref()));
            let held = last.as_ref().map_or(0, Held::size);
            let prefix = all.last().is_none_or(|(n, tree)| {
                *n <= size && asked.root_at(*n).unwrap() == tree.root()
            });
            prop_assert_eq!(decided.is_ok(), old == held && prefix);
            if let Ok(cosign) = decided {
                prop_assert_eq!(cosign.is_news(), all.last().is_none_or(|(n, _)| *n != size));
                all.push((size, asked));
                last = Some(cosign.held().clone());
            }
        }
        for (size, tree) in &all {
            prop_assert!(all.iter().all(|(n, t)| n != size || t.root() == tree.root()));
        }
    }

    #[test]
    fn a_request_prints_back_or_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(request) = Request::parse(&bytes) {
            prop_assert_eq!(request.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_changed_request_prints_back_or_is_refused(at in 0usize..600, with: u8) {
        let mut body = ask(3, &tree(9, u64::MAX));
        if let Some(byte) = body.get_mut(at) {
            *byte = with;
        }
        if let Ok(request) = Request::parse(&body) {
            prop_assert_eq!(request.to_bytes(), body);
        }
    }
}
