//! Proof files: written, read, verified; and each way of lying with one.

use proptest::prelude::*;

use super::*;
use crate::SecretKey;
use crate::credential::Verdict;
use crate::merkle::Tree;
use crate::note::SignedNote;
use crate::witness::client::add_checkpoint;

const ORIGIN: &str = "test.zone.example/corridor/c1/lane/org.momentum.mez.zone.test";

fn entry(index: u64) -> Digest {
    Digest::of_blob(format!("receipt-{}", index + 1).as_bytes())
}

fn key() -> SecretKey {
    SecretKey::from_seed([3; 32]).unwrap()
}

fn log() -> LogKey {
    LogKey { origin: ORIGIN.to_owned(), key: key().public() }
}

fn note(tree: &Tree, size: u64) -> Vec<u8> {
    let head = Checkpoint::new(ORIGIN, size, tree.root_at(size).unwrap()).unwrap();
    let mut note: SignedNote = head.sign(&key()).unwrap();
    note.cosign("other.example", &SecretKey::from_seed([9; 32]).unwrap()).unwrap();
    note.to_bytes()
}

fn made(size: u64, index: u64) -> TlogProof {
    let tree: Tree = (0..size).map(entry).collect();
    TlogProof::new(index, tree.inclusion(index, size).unwrap(), &note(&tree, size))
}

#[test]
fn a_proof_file_reads_back_and_verifies_with_its_cosignatures() {
    for size in [1, 2, 3, 8, 9, 100] {
        for index in [0, size / 2, size - 1] {
            for extra in [None, Some(&b"context"[..]), Some(&[][..])] {
                let proof = made(size, index);
                let proof = match extra {
                    Some(extra) => proof.with_extra(extra).unwrap(),
                    None => proof,
                };
                let bytes = proof.to_bytes();
                let read = TlogProof::parse(&bytes).unwrap();
                assert_eq!((&read, read.to_bytes()), (&proof, bytes));
                assert_eq!(read.extra(), extra);
                assert!(read.checkpoint().windows(13).any(|part| part == b"other.example"));
                let found = read.verify(&entry(index), index, ORIGIN, &key().public()).unwrap();
                assert_eq!((found.entry(), found.sequence()), (entry(index), index));
                assert_eq!(found.checkpoint().size(), size);
            }
        }
    }
}

#[test]
fn the_file_says_what_the_specification_shows() {
    let text = String::from_utf8(made(3, 1).with_extra(b"hi").unwrap().to_bytes()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", "extra aGk=", "index 1"]);
    assert!(lines[3..5].iter().all(|line| line.len() == 44));
    assert_eq!(lines[5..8], ["", ORIGIN, "3"]);
}

#[test]
fn a_relabelled_proof_is_refused() {
    let key = key().public();
    // One path, as many (index, size) pairs: only the pair the log signed is accepted.
    let proof = made(9, 4);
    for (sequence, of) in [(0, 4), (3, 4), (5, 4), (8, 4), (4, 3), (4, 5)] {
        assert!(proof.verify(&entry(of), sequence, ORIGIN, &key).is_err(), "{sequence} {of}");
    }
    let text = String::from_utf8(proof.to_bytes()).unwrap();
    let relabelled = TlogProof::parse(text.replace("index 4", "index 5").as_bytes()).unwrap();
    let refused = relabelled.verify(&entry(4), 4, ORIGIN, &key);
    assert_eq!(refused, Err(TlogProofError::OtherIndex { found: 5, sequence: 4 }));
    assert!(relabelled.verify(&entry(4), 5, ORIGIN, &key).is_err());
    let resized = TlogProof::parse(text.replace("\n9\n", "\n10\n").as_bytes()).unwrap();
    assert!(resized.verify(&entry(4), 4, ORIGIN, &key).is_err());
    assert!(proof.verify(&entry(4), 4, "other.example", &key).is_err());
    let other = SecretKey::from_seed([9; 32]).unwrap().public();
    assert!(proof.verify(&entry(4), 4, ORIGIN, &other).is_err());
}

#[test]
fn malformed_files_are_refused_by_line() {
    let good = String::from_utf8(made(9, 4).with_extra(b"x").unwrap().to_bytes()).unwrap();
    let cases = [
        (good.replacen("@v1", "@v2", 1), TlogProofError::Format),
        (good.replacen("extra eA==", "extra eA=", 1), TlogProofError::Line(2)),
        (good.replacen("index 4", "index 04", 1), TlogProofError::Line(3)),
        (good.replacen("index 4", "index +4", 1), TlogProofError::Line(3)),
        (good.replacen("index 4", "index -4", 1), TlogProofError::Line(3)),
        (
            good.replacen("index 4\n", "index 4\n\n", 1),
            TlogProofError::Checkpoint(MerkleError::RootMismatch.into()),
        ),
        (good.replacen("index 4\n", "index 4\nAAAA\n", 1), TlogProofError::Line(4)),
        (good.replacen("index 4\n", "index 4\nindex 4\n", 1), TlogProofError::Line(4)),
        ("c2sp.org/tlog-proof@v1\nindex 0\n".to_owned(), TlogProofError::Shape),
        (String::new(), TlogProofError::Format),
    ];
    for (text, expected) in cases {
        match TlogProof::parse(text.as_bytes()) {
            Err(error) => assert_eq!(error, expected, "{text}"),
            // Hashes moved behind the empty line: the checkpoint is none.
            Ok(read) => assert!(read.verify(&entry(4), 4, ORIGIN, &key().public()).is_err()),
        }
    }
    let hash = format!("{}\n", crate::base64::encode(&[0; 32]));
    let many = good.replacen("index 4\n", &format!("index 4\n{}", hash.repeat(60)), 1);
    assert!(matches!(TlogProof::parse(many.as_bytes()), Err(TlogProofError::Line(_))));
    assert_eq!(TlogProof::parse(&vec![b'a'; TLOG_PROOF_MAX + 1]), Err(TlogProofError::TooLong));
}

#[test]
fn judges_say_valid_invalid_or_what_they_would_need() {
    let (file, receipt) = (made(9, 4).to_bytes(), entry(4));
    let judge = |receipt, logs: &[LogKey]| judge_inclusion(&file, receipt, logs);
    let valid = judge(Some((&receipt, 4)), &[log()]);
    assert_eq!((valid.verdict, valid.head.unwrap().size()), (Verdict::Valid, 9));
    let unknown = judge(Some((&receipt, 4)), &[]);
    assert_eq!((unknown.verdict, unknown.needs), (Verdict::Unknown, vec![ORIGIN.to_owned()]));
    assert_eq!(judge(None, &[log()]).reasons[0].code, "receipt-missing");
    assert_eq!(judge(Some((&receipt, 5)), &[log()]).reasons[0].code, "other-index");
    assert_eq!(judge(Some((&entry(5), 4)), &[log()]).reasons[0].code, "not-in-log");
    assert_eq!(judge_inclusion(b"x", None, &[]).verdict, Verdict::Invalid);
}

#[test]
fn consistency_files_are_judged_against_the_older_note() {
    let tree: Tree = (0..20).map(entry).collect();
    let older = note(&tree, 7);
    let proof = tree.consistency(7, 20).unwrap();
    let file = add_checkpoint(7, &proof, &note(&tree, 20)).unwrap();
    let valid = judge_consistency(&file, &older, &[log()]);
    assert_eq!(valid.verdict, Verdict::Valid, "{:?}", valid.reasons);
    assert_eq!(judge_consistency(&file, &older, &[]).verdict, Verdict::Unknown);
    let other = judge_consistency(&file, &note(&tree, 8), &[log()]);
    assert_eq!(other.reasons[0].code, "other-size");
    let rewritten: Tree = (0..20).map(|index| entry(index + 1)).collect();
    let refused = judge_consistency(&file, &note(&rewritten, 7), &[log()]);
    assert_eq!(refused.reasons[0].code, "log-rewritten");
    assert_eq!(judge_consistency(b"old 7", &older, &[log()]).reasons[0].code, "malformed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_changed_byte_is_never_accepted_as_another_claim(
        size in 2u64..40, at in any::<u64>(), place in any::<prop::sample::Index>(), bit in 0u8..8,
    ) {
        let index = at % size;
        let mut bytes = made(size, index).to_bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(read) = TlogProof::parse(&bytes) {
            for (other, sequence) in [(index ^ 1, index), (index, index + 1), (index ^ 1, index ^ 1)] {
                let refused = read.verify(&entry(other), sequence, ORIGIN, &key().public());
                prop_assert!(refused.is_err());
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = TlogProof::parse(&bytes);
        let mut headed = b"c2sp.org/tlog-proof@v1\nindex 1\n".to_vec();
        headed.extend_from_slice(&bytes);
        let _ = judge_inclusion(&headed, None, &[log()]);
    }
}
