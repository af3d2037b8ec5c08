//! `vectors/bridge.json`: an invoice with its secret, the locks over three corridors, and the words that end them.

use canon::{Canonical, CorridorId, ZoneId};
use corridor::bridge::{Commit, Invoice, KnownCorridor, KnownCorridors, Prepare, Release};
use serde::Serialize;
use serde_json::{Value, json};

use super::{first, invoice, preimage, signed};
use crate::zones::at;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/bridge.json");

fn row<T: Serialize>(schema: &str, document: &T) -> Value {
    json!({ "schema": schema, "document": Canonical::of(document).unwrap().value() })
}

fn golden() -> String {
    let (document, read) = signed(invoice(1));
    let (id, amount) = (read.invoice.transfer_id.clone(), read.invoice.amount);
    let mut documents = vec![row("bridge-invoice", &document)];
    let mut next = Some(first(3, 1));
    while let Some(onward) = next {
        documents.push(row("bridge-prepare", &onward.prepare));
        next = onward.prepare.onward(at(0)).unwrap();
    }
    documents.push(row("bridge-commit", &Commit::of(id.clone(), amount, preimage(1))));
    documents.push(row("bridge-release", &Release::of(id, "refused-by-law".to_owned())));
    let zone = |word: &str| ZoneId::parse(&format!("org.momentum.mez.zone.{word}")).unwrap();
    let known = |word: &str, one: &str, other: &str| {
        let id = CorridorId::parse(&format!("org.momentum.mez.corridor.{word}")).unwrap();
        KnownCorridor::own(id, zone(one), zone(other))
    };
    let own = vec![known("pk-sifc--sg", "sg", "pk-sifc")];
    let of_peer = KnownCorridors::of(zone("sg"), vec![known("ky--sg", "sg", "ky")], &[]);
    let of_peer = Canonical::of(&of_peer).unwrap().value();
    let told = KnownCorridors::heard(&of_peer, &zone("sg")).unwrap();
    documents.push(row("bridge-known", &KnownCorridors::of(zone("pk-sifc"), own, &told)));
    let document = json!({
        "about": "A payment over three corridors: the invoice, each lock in order, the word that claims a lock \
            and the one that lets it go, and what a zone tells of corridors, each with the name of its schema under schemas/.",
        "condition": read.invoice.condition,
        "preimage": preimage(1),
        "documents": documents,
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_bridge_is_what_it_was_and_reads() {
    let held = std::fs::read_to_string(PATH).unwrap();
    assert!(held == golden(), "vectors/bridge.json differs; a new form needs a new version");
    let held: Value = serde_json::from_str(&held).unwrap();
    for row in held["documents"].as_array().unwrap() {
        let document = &row["document"];
        match row["schema"].as_str().unwrap() {
            "bridge-invoice" => drop(Invoice::read(document).unwrap()),
            "bridge-prepare" => drop(Prepare::read(document).unwrap()),
            "bridge-known" => {
                let teller = ZoneId::parse("org.momentum.mez.zone.pk-sifc").unwrap();
                drop(KnownCorridors::heard(document, &teller).unwrap());
            }
            "bridge-commit" => drop(Commit::read(document).unwrap()),
            _ => drop(Release::read(document).unwrap()),
        }
    }
}

/// `cargo test -p corridor -- --ignored write_the_golden_bridge`
#[test]
#[ignore = "writes the vector; for a new version of the format only"]
fn write_the_golden_bridge() {
    std::fs::write(PATH, golden()).unwrap();
}
