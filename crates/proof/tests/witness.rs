//! `vectors/witness.json`: cosignatures, requests and answers of a witness with fixed keys and times.
//! `cargo test -p proof --test witness -- --ignored` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

use canon::{Digest, Timestamp};
use data_encoding::HEXLOWER;
use proof::merkle::{Proof, Tree};
use proof::note::verifier_key;
use proof::witness::client::add_checkpoint;
use proof::witness::{CosignerKey, Held, Logs, Policy};
use proof::{Checkpoint, SecretKey};
use serde_json::{Value, json};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/witness.json");
const ORIGIN: &str = "pk.example/corridor/c/lane/z";
const TIME: i64 = 1_795_176_000;

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed([byte; 32]).unwrap()
}

fn tree(size: u8, fork: u8) -> Tree {
    let mut tree = Tree::new();
    for n in 0..size {
        tree.push(Digest::of_blob(&[n, u8::from(n >= fork)])).unwrap();
    }
    tree
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn note(tree: &Tree, by: &SecretKey) -> Vec<u8> {
    let head = Checkpoint::new(ORIGIN, tree.size(), tree.root()).unwrap();
    head.sign(by).unwrap().to_bytes()
}

fn golden() -> String {
    let (log, w) = (secret(1), secret(7));
    let mut logs = Logs::default();
    logs.add(ORIGIN, &[&verifier_key(ORIGIN, &log.public())]).unwrap();
    let witness = CosignerKey::new("witness.example/w1", w.public()).unwrap();
    let (five, eight) = (tree(5, 9), tree(8, 9));
    let none = Proof::default();
    let from_five = eight.consistency(5, 8).unwrap();
    let first = add_checkpoint(0, &none, &note(&five, &log)).unwrap();
    let held: Held = logs.read(&first).unwrap().against(None).unwrap().held().clone();
    let row = |what: &str, last: Option<&Held>, body: Vec<u8>| -> Value {
        let decided = logs.read(&body).and_then(|asked| asked.against(last));
        let held = last.map_or(0, Held::size);
        let (status, answer) = match &decided {
            Ok(cosign) => {
                let now = Timestamp::from_unix(TIME).unwrap();
                (200, cosign.sign(witness.name(), now, &w).unwrap())
            }
            Err(no) => (no.status(), no.held_size().map_or(String::new(), |n| format!("{n}\n"))),
        };
        json!({ "what": what, "held": held, "body": text(&body), "status": status, "answer": answer })
    };
    let ask =
        |old, proof: &Proof, tree: &Tree| add_checkpoint(old, proof, &note(tree, &log)).unwrap();
    let impostor = add_checkpoint(0, &none, &note(&five, &secret(2))).unwrap();
    let stranger = text(&first).replace(ORIGIN, "other.example").into_bytes();
    let rows = [
        row("first", None, first.clone()),
        row("again", Some(&held), ask(5, &none, &five)),
        row("next", Some(&held), ask(5, &from_five, &eight)),
        row("malformed", None, text(&first).replacen("old 0", "old 00", 1).into_bytes()),
        row("old above", Some(&held), ask(6, &none, &five)),
        row("unknown origin", None, stranger),
        row("other key", None, impostor),
        row("old not held", Some(&held), first),
        row("other root", Some(&held), ask(5, &none, &tree(5, 2))),
        row("no proof", Some(&held), ask(5, &none, &eight)),
        row("fork", Some(&held), ask(5, &tree(8, 2).consistency(5, 8).unwrap(), &tree(8, 2))),
    ];
    let document = json!({
        "about": "A witness (seed 32 × 07) of one log (seed 32 × 01), at one time. `held` is the size \
            of the checkpoint it cosigned before: the first row's, or none.",
        "time": TIME,
        "log": { "origin": ORIGIN, "verifier_key": verifier_key(ORIGIN, &log.public()) },
        "witness": {
            "name": witness.name(),
            "verifier_key": witness.verifier_key(),
            "key_id_hex": HEXLOWER.encode(&witness.id()),
        },
        "requests": rows,
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_file_is_what_we_compute() {
    assert_eq!(std::fs::read_to_string(PATH).unwrap(), golden());
}

#[test]
fn the_statuses_are_those_of_the_protocol_and_the_answers_verify() {
    let golden: Value = serde_json::from_str(&golden()).unwrap();
    let rows = golden["requests"].as_array().unwrap();
    let statuses: Vec<u64> = rows.iter().map(|row| row["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 200, 400, 400, 404, 403, 409, 409, 422, 422]);
    let witness = CosignerKey::parse(golden["witness"]["verifier_key"].as_str().unwrap()).unwrap();
    let policy = Policy::new(vec![witness], 1, 60).unwrap();
    for row in rows.iter().filter(|row| row["status"] == 200) {
        let (_, note) = row["body"].as_str().unwrap().split_once("\n\n").unwrap();
        let joined = format!("{note}{}", row["answer"].as_str().unwrap());
        let now = Timestamp::from_unix(TIME + 60).unwrap();
        policy.verify(joined.as_bytes(), ORIGIN, &secret(1).public(), now).unwrap();
    }
}

#[test]
#[ignore = "writes the golden file"]
fn write_the_golden_witness() {
    std::fs::write(PATH, golden()).unwrap();
}
