//! One target for each decoder: what is accepted must come back the same.

use std::collections::BTreeMap;

use canon::{Canonical, Did, Digest, Exact, Members, Realm, Timestamp, parse_value};
use corridor::anchor::Anchor;
use corridor::binding::{Binding, judge_binding};
use corridor::evidence::Evidence;
use corridor::iso20022::Message;
use corridor::messages;
use corridor::netting::Plan;
use corridor::payment::Transfer;
use corridor::verify::{judge_cut, judge_receipt};
use corridor::{Ack, Activation, Agreement, Cut, Definition, HaltNotice, LaneReceipt};
use law::manifest::{CorridorTemplate, Module, Profile, Zone};
use law::sanctions::import;
use law::{Decision, Lock, Memory, Pack};
use proof::artifact::Bundle;
use proof::credential::{
    AnchorFile, Anchors, Asked, TrustList, verify, verify_history, verify_presentation,
};
use proof::did::{DidDocument, resolve_did_jwk};
use proof::jwk;
use proof::note::{SignedNote, parse_verifier_key};
use proof::rotation::ZoneKeys;
use proof::sdjwt;
use proof::status::{Bits, Entry};
use proof::tiles::{TileId, entry_bundle, read_bundle};
use proof::tlog_proof::{TlogProof, judge_consistency};
use proof::witness::client::read_answer;
use proof::witness::{CosignerKey, Held, Request};
use proof::{Inception, KeyHistory, PublicKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A name, and a function that panics when the decoder of that name is wrong about the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, in alphabetical order.
pub const TARGETS: [Target; 59] = [
    ("acceptance", typed::<messages::Acceptance>),
    ("ack", typed::<Ack>),
    ("activated", typed::<messages::Activated>),
    ("activation", typed::<corridor::Credential<Activation>>),
    ("activation_offer", typed::<messages::ActivationOffer>),
    ("agreement", typed::<corridor::Credential<Agreement>>),
    ("anchor_file", typed::<AnchorFile>),
    ("anchors", |bytes| drop(Anchors::parse(bytes))),
    ("binding", binding),
    ("bundle", bundle),
    ("canonical", canonical),
    ("chain", chain),
    ("consistency", |bytes| drop(judge_consistency(bytes, bytes, &[]))),
    ("cosigner_key", |bytes| text(bytes, |text| drop(CosignerKey::parse(text)))),
    ("credential", credential),
    ("cut", typed::<Cut>),
    ("cut_offer", typed::<messages::CutOffer>),
    ("cut_signed", typed::<messages::CutSigned>),
    ("decision", decision),
    ("definition", typed::<corridor::Credential<Definition>>),
    ("delivered", typed::<messages::Delivered>),
    ("delivery", delivery),
    ("did", did),
    ("did_document", did_document),
    ("did_jwk", |bytes| text(bytes, |text| drop(resolve_did_jwk(text)))),
    ("did_key", |bytes| text(bytes, did_key)),
    ("evidence", |bytes| drop(corridor::evidence::judge(bytes, &[]))),
    ("evidence_file", typed::<Evidence>),
    ("foreign", foreign),
    ("halt", typed::<HaltNotice>),
    ("held", held),
    ("inception", |bytes| value(bytes, |value| drop(Inception::verify(value, &pinned(value))))),
    ("iso20022", iso20022),
    ("judge_cut", |bytes| drop(judge_cut(bytes, &[]))),
    ("judge_receipt", |bytes| drop(judge_receipt(bytes, &[]))),
    ("jwk", |bytes| value(bytes, public_jwk)),
    ("lock", |bytes| drop(Lock::parse(bytes))),
    ("manifest", manifest),
    ("multikey", |bytes| text(bytes, multikey)),
    ("note", note),
    ("ofac", ofac),
    ("pack", pack),
    ("presentation", presentation),
    ("proposal", typed::<messages::Proposal>),
    ("receipt", receipt),
    ("resume_offer", typed::<messages::ResumeOffer>),
    ("rotation", |bytes| value(bytes, |value| drop(KeyHistory::read(value, &pinned(value))))),
    ("sdjwt", |bytes| text(bytes, sd_jwt)),
    ("settlement_plan", |bytes| value(bytes, |value| drop(Plan::read(value)))),
    ("status_bits", |bytes| text(bytes, status_bits)),
    ("status_entry", |bytes| value(bytes, |value| drop(Entry::read_all(value)))),
    ("taken", typed::<messages::Taken>),
    ("tile", tile),
    ("tlog_proof", tlog_proof),
    ("transfer", |bytes| value(bytes, |value| drop(Transfer::read(value)))),
    ("un", |bytes| drop(import::un::import("un.xml", bytes))),
    ("witness_answer", witness_answer),
    ("witness_request", witness_request),
    ("zone_keys", typed::<ZoneKeys>),
];

/// The target of that name.
#[must_use]
pub fn find(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.0 == name)
}

fn text(bytes: &[u8], then: fn(&str)) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        then(text);
    }
}

fn value(bytes: &[u8], then: fn(&Value)) {
    if let Ok(value) = parse_value(bytes) {
        then(&value);
    }
}

/// The identity the document claims, so that the judge gets past its first question.
fn pinned(document: &Value) -> Did {
    let document = document.get("inception").unwrap_or(document);
    let root = document.get("root_key").and_then(Value::as_str).unwrap_or_default();
    let did = Did::parse(&format!("did:key:{root}")).or_else(|_| Did::parse("did:key:z6Mk"));
    did.unwrap_or_else(|error| panic_on(error))
}

fn panic_on(error: impl std::fmt::Display) -> ! {
    std::panic::panic_any(error.to_string())
}

/// The scan that decides in place, the parser and the reader of members agree.
fn canonical(bytes: &[u8]) {
    let parsed = Canonical::parse(bytes);
    let same = parsed.as_ref().is_ok_and(|canonical| canonical.bytes() == bytes);
    assert_eq!(Exact::of(bytes).is_ok(), same, "scan and parser differ");
    if let Ok(canonical) = parsed {
        let again = Canonical::exact(canonical.bytes());
        assert_eq!(again.as_ref().ok(), Some(&canonical), "a canonical form is not canonical");
        assert_eq!(Canonical::of_value(&canonical.value()).ok(), Some(canonical));
    }
    drop(Members::of(bytes));
}

/// Evidence that another chain holds a digest.
fn chain(bytes: &[u8]) {
    if let Ok(anchor) = Canonical::parse(bytes).and_then(|bytes| bytes.read::<Anchor>()) {
        drop(anchor.verify(&Digest::of_blob(bytes)));
    }
}

/// What a type accepts, it writes; what it writes, it reads as the same.
fn typed<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    let Ok(read) = Canonical::parse(bytes).and_then(|canonical| canonical.read::<T>()) else {
        return;
    };
    let written = Canonical::of(&read).unwrap_or_else(|error| panic_on(error));
    assert_eq!(written.read::<T>().ok(), Some(read), "written and read again differs");
}

fn binding(bytes: &[u8]) {
    typed::<Binding>(bytes);
    drop(judge_binding(bytes, &[], &[]));
}

/// A delivery, and every receipt in it.
fn delivery(bytes: &[u8]) {
    typed::<messages::Delivery>(bytes);
    let read = Canonical::parse(bytes).and_then(|canonical| canonical.read::<messages::Delivery>());
    for item in read.map(|delivery| delivery.items).unwrap_or_default() {
        drop((item.read(), item.history()));
    }
}

/// The trust that a document claims for itself, so that its judge goes on.
fn trust(document: &Value) -> (Anchors, Timestamp) {
    let issuer = document.get("issuer").and_then(Value::as_str).unwrap_or("did:key:z6Mk");
    let list = Did::parse(issuer).map(|did| TrustList(vec![did])).unwrap_or_default();
    let from = document.get("validFrom").and_then(Value::as_str).unwrap_or_default();
    let now = Timestamp::parse(from).or_else(|_| Timestamp::parse("2026-11-20T12:00:01Z"));
    (Anchors::pinned(&list, Realm::Sandbox), now.unwrap_or_else(|error| panic_on(error)))
}

/// One and many of one issuer are judged alike.
fn credential(bytes: &[u8]) {
    value(bytes, |document| {
        let (anchors, now) = trust(document);
        let one = verify(document, &anchors, now).verdict();
        for judged in verify_history(&[document.clone(), document.clone()], &anchors, now) {
            assert_eq!(judged.verdict(), one, "history and single judge differ");
        }
    });
}

fn presentation(bytes: &[u8]) {
    value(bytes, |document| {
        let (anchors, now) = trust(document);
        drop(verify_presentation(document, &anchors, Asked::default(), now));
    });
}

fn sd_jwt(text: &str) {
    let (anchors, now) = trust(&Value::Null);
    drop(sdjwt::verify(text, &anchors, Asked::default(), now));
    let _ = sdjwt::stated_realm(text);
}

/// What a witness may answer, under each status.
fn witness_answer(bytes: &[u8]) {
    let note = b"log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let key = CosignerKey::new("w.example/1", proof_key());
    let Ok(key) = key else { return };
    for status in [200, 409, 422] {
        drop(read_answer(&key, note, status, bytes));
    }
}

fn proof_key() -> PublicKey {
    let base = proof::SecretKey::from_seed([7; 32]);
    base.unwrap_or_else(|error| panic_on(error)).public()
}

fn receipt(bytes: &[u8]) {
    if let Ok(receipt) = LaneReceipt::read(bytes) {
        let again = receipt.canonical();
        assert_eq!(again.as_ref().map(Canonical::bytes).ok(), Some(bytes));
        drop(receipt.check_form());
        drop(receipt.derived_root());
    }
}

fn decision(bytes: &[u8]) {
    if let Ok(canonical) = Canonical::parse(bytes) {
        drop(Decision::parse(&canonical));
    }
}

fn note(bytes: &[u8]) {
    if let Ok(note) = SignedNote::parse(bytes) {
        assert_eq!(note.to_bytes(), bytes, "a note has one spelling");
    }
    text(bytes, |text| drop(parse_verifier_key(text)));
}

fn held(bytes: &[u8]) {
    if let Ok(held) = Held::from_note(bytes) {
        assert_eq!(held.note(), bytes);
    }
}

fn tlog_proof(bytes: &[u8]) {
    if let Ok(proof) = TlogProof::parse(bytes) {
        assert_eq!(proof.to_bytes(), bytes, "a proof has one spelling");
    }
}

fn witness_request(bytes: &[u8]) {
    if let Ok(request) = Request::parse(bytes) {
        assert_eq!(request.to_bytes(), bytes, "a request has one spelling");
    }
}

fn tile(bytes: &[u8]) {
    if let Some(entries) = read_bundle(bytes) {
        assert_eq!(entry_bundle(&entries), bytes, "entries have one spelling");
    }
    if let Some(tile) = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<TileId>().ok())
    {
        assert_eq!(tile.to_string().as_bytes(), bytes, "a tile has one path");
    }
}

fn bundle(bytes: &[u8]) {
    if let Ok(bundle) = Bundle::read(bytes) {
        assert_eq!(Bundle::write(bundle.entries()).ok().as_deref(), Some(bytes));
    }
}

fn did(bytes: &[u8]) {
    if let Some(did) = std::str::from_utf8(bytes).ok().and_then(|text| Did::parse(text).ok()) {
        assert_eq!(did.as_str().as_bytes(), bytes);
        drop(proof::did::did_web_url(&did));
    }
}

/// The identity the document claims to be of.
fn did_document(bytes: &[u8]) {
    let id = parse_value(bytes).ok();
    let id = id.as_ref().and_then(|value| value.get("id")).and_then(Value::as_str);
    if let Some(did) = id.and_then(|id| Did::parse(id).ok()) {
        drop(DidDocument::read(bytes, &did));
    }
}

fn did_key(text: &str) {
    if let Ok(key) = PublicKey::from_did_key(text) {
        let spellings = [key.did().to_string(), key.verification_method()];
        assert!(spellings.iter().any(|own| own == text), "a key has one did:key and one method");
    }
}

fn multikey(text: &str) {
    if let Ok(key) = PublicKey::from_multikey(text) {
        assert_eq!(key.to_multikey(), text, "a key has one multikey");
        assert_eq!(PublicKey::from_bytes(key.bytes()).ok(), Some(key));
    }
}

/// What is read is written, and what is written is read as the same with nothing left over.
fn iso20022(bytes: &[u8]) {
    let Ok(read) = Message::read(bytes) else { return };
    let written = read.message.write().unwrap_or_else(|fault| panic_on(fault));
    let again = Message::read(written.as_bytes()).unwrap_or_else(|fault| panic_on(fault));
    assert_eq!((again.message, again.unread), (read.message, Vec::new()));
}

fn public_jwk(value: &Value) {
    if let Ok(key) = jwk::parse_public(value) {
        let again = jwk::print_public(&key, "k");
        assert_eq!(jwk::parse_public(&again).ok(), Some(key.clone()));
        assert_eq!(jwk::parse_foreign(&again).ok(), Some(key), "the wider reader reads ours");
    }
    drop(jwk::parse_foreign(value));
    drop(jwk::parse_private(value));
}

fn status_bits(text: &str) {
    if let Ok(bits) = Bits::decode(text) {
        assert_eq!(Bits::decode(&bits.encode()).ok(), Some(bits));
    }
}

/// Foreign canonical form is a fixed point.
fn foreign(bytes: &[u8]) {
    let Ok(value) = proof::foreign::read(bytes) else { return };
    let Ok(written) = proof::foreign::canonical(&value) else { return };
    let again = proof::foreign::read(&written).and_then(|value| proof::foreign::canonical(&value));
    assert_eq!(again.ok(), Some(written), "the foreign form is not a fixed point");
}

fn manifest(bytes: &[u8]) {
    if let Ok(zone) = Zone::parse("zone.yaml", bytes) {
        let again = Zone::parse("zone.yaml", zone.to_yaml().as_bytes());
        // The digest is of the bytes that were read, and those are others now.
        let again = again.map(|again| Zone { digest: zone.digest, ..again });
        assert_eq!(again.ok(), Some(zone), "a zone written and read again differs");
    }
    drop(Profile::parse("profile.yaml", bytes));
    drop(Module::parse_all("modules/x.yaml", bytes));
    drop(law::manifest::ZoneRow::parse_all("zones/x.yaml", bytes));
    drop(CorridorTemplate::parse("corridor.yaml", bytes));
}

/// The bytes as each file of a pack in turn, the others as they are.
fn pack(bytes: &[u8]) {
    let Ok(id) = canon::PackId::parse("sandbox") else { return };
    for fuzzed in SANDBOX {
        let files = SANDBOX.map(|(name, text)| {
            let own = if name == fuzzed.0 { bytes } else { text.as_bytes() };
            (format!("packs/{id}/{name}"), own.to_vec())
        });
        drop(Pack::load(&Memory(BTreeMap::from(files)), &id));
    }
}

const SANDBOX: [(&str, &str); 2] = [
    ("pack.yaml", include_str!("../../packs/sandbox/pack.yaml")),
    ("rules/aml.yaml", include_str!("../../packs/sandbox/rules/aml.yaml")),
];

fn ofac(bytes: &[u8]) {
    let names = ["sdn.csv", "alt.csv", "add.csv"];
    let files = BTreeMap::from(names.map(|name| (name.to_owned(), bytes.to_vec())));
    drop(import::folder(&files, &BTreeMap::new()));
}
