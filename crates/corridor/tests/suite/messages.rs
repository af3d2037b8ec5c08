//! What zones send each other, and what they leave to strangers: `vectors/messages.json`, one golden
//! document of each kind with the name of its schema.

use canon::{AccountId, Amount, Canonical, Currency, Digest, JurisdictionId, PaymentId};
use corridor::State;
use corridor::evidence::{By, receipt_and_note, two_notes, two_receipts};
use corridor::lane::{LaneReceipt, Payload};
use corridor::messages::{
    Acceptance, AcceptanceType, Activated, ActivationOffer, ActivationType, CutOffer, CutSigned,
    CutType, Delivered, Delivery, DeliveryType, History, HistoryAsked, HistoryType, Item, Proposal,
    ProposalType, ResumeOffer, ResumeType, Taken,
};
use corridor::netting::{Allowance, Book, Channel, Obligation, Plan, Reach, Source};
use corridor::payment::{End, Return, Transfer};
use corridor::verify::LaneItem;
use proof::Checkpoint;
use proof::merkle::Tree;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::payloads;
use crate::zones::{World, entries, resealed};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/messages.json");

/// A document, which its own type reads back as the same.
pub fn row<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    schema: &str,
    document: &T,
) -> Value {
    let canonical = Canonical::of(document).unwrap();
    assert_eq!(canonical.read::<T>().unwrap(), *document);
    json!({ "schema": schema, "document": canonical.value() })
}

/// The lane of the first zone as it is sent.
fn items(world: &World) -> Vec<Item> {
    let item = |item: &LaneItem| Item {
        receipt: Canonical::exact(&item.receipt).unwrap().value(),
        payload: item.payload.clone(),
        sealed: None,
        checkpoint: String::from_utf8(item.checkpoint.clone()).unwrap(),
    };
    world.sides[0].here.items.iter().map(item).collect()
}

fn messages(world: &World) -> Vec<Value> {
    let [a, b] = &world.sides;
    let to = || b.party.did().clone();
    let id = || world.terms.corridor_id.clone();
    let items = || items(world).into_iter();
    let withheld = items().map(|item| Item { payload: None, ..item }).take(1);
    let payload = |item: &Item| item.payload.clone().map(|Payload { payload, .. }| payload);
    let resume = items().filter_map(|item| payload(&item)).find(|p| p.get("proof").is_some());
    let cut = world.cuts[0].clone();
    let delivery = |items: Vec<Item>| Delivery {
        kind: DeliveryType::Only,
        to: to(),
        corridor_id: id(),
        lane: a.party.zone().clone(),
        from: 0,
        rotations: Vec::new(),
        items,
    };
    vec![
        row(
            "peer-proposal",
            &Proposal {
                kind: ProposalType::Only,
                to: to(),
                url: "https://pk.example".to_owned(),
                inception: a.inception.clone(),
                rotations: Vec::new(),
                definition: world.definition.clone(),
                agreement: world.agreements[0].clone(),
            },
        ),
        row(
            "peer-acceptance",
            &Acceptance {
                kind: AcceptanceType::Only,
                to: a.party.did().clone(),
                corridor_id: id(),
                rotations: Vec::new(),
                definition: world.definition.clone(),
                agreement: world.agreements[1].clone(),
            },
        ),
        row(
            "peer-activation",
            &ActivationOffer {
                kind: ActivationType::Only,
                to: to(),
                corridor_id: id(),
                rotations: Vec::new(),
                activation: world.activation.clone(),
            },
        ),
        row("peer-delivery", &delivery(items().take(2).collect())),
        row("peer-delivery", &delivery(withheld.collect())),
        row("peer-delivery", &delivery(Vec::new())),
        row("peer-history-asked", &asked(world)),
        row("peer-cut", &CutOffer { kind: CutType::Only, to: to(), corridor_id: id(), cut }),
        row(
            "peer-resume",
            &ResumeOffer {
                kind: ResumeType::Only,
                to: to(),
                corridor_id: id(),
                resume: resume.unwrap(),
            },
        ),
    ]
}

/// A zone put back asks what is held of both lanes.
fn asked(world: &World) -> HistoryAsked {
    HistoryAsked {
        kind: HistoryType::Only,
        to: world.sides[1].party.did().clone(),
        corridor_id: world.terms.corridor_id.clone(),
        here: 1,
        there: 0,
    }
}

/// What is answered to them.
fn answers(world: &World) -> Vec<Value> {
    let id = || world.terms.corridor_id.clone();
    let last = items(world).pop().map(|item| item.receipt);
    let (activation, cut) = (world.activation.clone(), world.cuts[0].clone());
    vec![
        row("peer-taken", &Taken { corridor_id: id(), state: State::Pending }),
        row("peer-activated", &Activated { corridor_id: id(), activation }),
        row("peer-delivered", &Delivered { size: 2, last: None, payload_key: None }),
        row("peer-delivered", &Delivered { size: 6, last, payload_key: None }),
        row(
            "peer-history",
            &History {
                corridor_id: id(),
                size_here: 2,
                root_here: Some(world.sides[0].here.tree.root_at(1).unwrap()),
                here: items(world).into_iter().skip(1).take(1).collect(),
                there: Vec::new(),
                cuts: vec![cut.clone()],
            },
        ),
        row("peer-cut-signed", &CutSigned { corridor_id: id(), cut }),
    ]
}

/// A settlement plan in which something is bounded, something waits, and something is paid.
fn plan(world: &World) -> Value {
    let [a, b] = world.sides.each_ref().map(|side| side.party.zone().clone());
    let corridor_id = world.terms.corridor_id.clone();
    let usd = |minor| Amount::of_minor(minor, Currency::parse("USD").unwrap());
    let owes = |n, debtor: &canon::ZoneId, creditor: &canon::ZoneId, minor| Obligation {
        amount: usd(minor),
        corridor_id: corridor_id.clone(),
        creditor: creditor.clone(),
        debtor: debtor.clone(),
        priority: 1,
        source: Source::Receipt(n),
    };
    let mut zones = [a.clone(), b.clone()];
    zones.sort();
    let channel = Channel { corridor_id: corridor_id.clone(), zones };
    let book = Book::of(vec![owes(1, &a, &b, 100), owes(2, &b, &a, 60)], &[channel]).unwrap();
    let bound = Allowance { corridor_id: corridor_id.clone(), most: usd(25), payer: a.clone() };
    let cut = corridor::Cut::digest(&world.cuts[0]).unwrap();
    row("settlement-plan", &Plan::draw(&book, &[bound], Reach::Debts, &[cut]).unwrap())
}

/// The payloads that are documents of their own.
fn payments() -> Vec<Value> {
    let end = |account: &str, name: &str, at: &str, identified| End {
        account_id: AccountId::parse(account).unwrap(),
        name: name.to_owned(),
        jurisdiction_id: JurisdictionId::parse(at).unwrap(),
        identified,
    };
    let payment_id = PaymentId::parse("pay-1").unwrap();
    let amount = Amount::of_minor(12_500, Currency::parse("USD").unwrap());
    let transfer = Transfer {
        type_: Transfer::TYPE.to_owned(),
        payment_id: payment_id.clone(),
        amount,
        payer: end("acc-1", "Amber Ltd", "pk", Some(true)),
        payer_particulars: None,
        payee: end("acc-2", "Beryl Pte", "sg", None),
        purpose: "invoice 7".to_owned(),
        reference: "7".to_owned(),
    };
    let undone = Return {
        type_: Return::TYPE.to_owned(),
        payment_id,
        amount,
        refused_sequence: 1,
        ack_sequence: 0,
        reason_code: "refused-by-law".to_owned(),
    };
    assert!(Transfer::read(&serde_json::to_value(&transfer).unwrap()).is_ok());
    assert!(Return::read(&serde_json::to_value(&undone).unwrap()).is_ok());
    vec![row("payment-transfer", &transfer), row("payment-return", &undone)]
}

/// One evidence file of each kind, under each way to the key.
fn evidence(world: &World) -> Vec<Value> {
    let side = &world.sides[0];
    let receipts: Vec<LaneReceipt> =
        side.here.items.iter().map(|item| LaneReceipt::read(&item.receipt).unwrap()).collect();
    let value = |receipt: &LaneReceipt| receipt.canonical().unwrap().value();
    let mut other = receipts[0].clone();
    other.transition.payload_commitment = Digest::of_blob(b"another payload");
    let other = resealed(other, &side.log);
    let (mut tree, mut forked) = (Tree::new(), Tree::new());
    for receipt in &receipts {
        tree.push(receipt.next_root).unwrap();
        forked.push(Digest::of_blob(receipt.next_root.as_bytes())).unwrap();
    }
    let origin = side.party.lane_origin(&world.terms.corridor_id);
    let note = |tree: &Tree| {
        let head = Checkpoint::new(&origin, tree.size(), tree.root()).unwrap();
        String::from_utf8(head.sign(&side.log).unwrap().to_bytes()).unwrap()
    };
    let zone = || By::Inception(side.inception.clone());
    let log = || By::VerifierKey(proof::note::verifier_key(&origin, &side.log.public()));
    let (sequence, entry) = (1, Digest::of_blob(receipts[1].next_root.as_bytes()));
    let inclusion = forked.inclusion(sequence, forked.size()).unwrap();
    let files = [
        two_receipts(zone(), value(&receipts[0]), value(&other)),
        two_notes(zone(), &note(&tree), &note(&forked)),
        two_notes(log(), &note(&tree), &note(&forked)),
        receipt_and_note(zone(), value(&receipts[1]), &note(&forked), entry, inclusion),
    ];
    let row = |file: Result<Canonical, _>| {
        json!({
            "schema": "corridor-evidence", "document": file.unwrap().value(),
        })
    };
    files.into_iter().map(row).collect()
}

/// What lists and attests the entries of a bundle.
fn bundle(world: &World) -> Vec<Value> {
    let entries = entries(&world.bundle(0));
    let of = |(schema, name): (&str, &str)| {
        json!({
            "schema": schema, "document": Canonical::exact(&entries[name]).unwrap().value(),
        })
    };
    let names =
        [("corridor-witness-bundle", "manifest.json"), ("bundle-attestation", "attestation.json")];
    names.map(of).to_vec()
}

fn golden() -> String {
    let world = World::lived();
    let mut documents =
        [messages(&world), answers(&world), payments(), evidence(&world), bundle(&world)].concat();
    let plan = plan(&world);
    documents.extend(payloads::rows(&world, &plan["document"]));
    documents.push(plan);
    let binding = crate::binding::signed(&world);
    documents.push(json!({ "schema": "proof-binding", "document": binding }));
    let document = json!({
        "about": "Documents of the corridor of corridor.json as they travel, each with the name of \
            its schema under schemas/.",
        "documents": documents,
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_messages_are_what_they_were() {
    let held = std::fs::read_to_string(PATH).unwrap();
    assert!(held == golden(), "vectors/messages.json differs; a new form needs a new version");
}

/// `cargo test -p corridor -- --ignored write_the_golden_messages`
#[test]
#[ignore = "writes the vector; for a new version of the format only"]
fn write_the_golden_messages() {
    std::fs::write(PATH, golden()).unwrap();
}
