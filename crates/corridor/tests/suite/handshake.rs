//! Every fault of a handshake by its name.

use canon::{Digest, Realm, Timestamp};
use corridor::handshake::{ActivationTerms, corridor_id};
use corridor::{Activation, Agreement, Definition, DocumentError, HandshakeError, Terms};
use proof::SecretKey;
use serde_json::{Value, json};

use crate::zones::{World, at, inception, key, party, resigned};

fn pens(world: &World) -> [&SecretKey; 2] {
    world.sides.each_ref().map(|side| &side.pen)
}

/// The terms derived after one document was changed and signed again by both.
fn derived(
    definition: impl FnOnce(&mut Value),
    agreement: impl FnOnce(&mut Value),
) -> HandshakeError {
    let world = World::new();
    let definition = resigned(&world.definition, &pens(&world), definition);
    let agreement = resigned(&world.agreements[1], &[pens(&world)[1]], agreement);
    let [a, b] = world.sides.each_ref().map(|side| &side.party);
    let views = [(a, &world.agreements[0]), (b, &agreement)];
    Terms::derive(&definition, &views, [a, b]).unwrap_err()
}

macro_rules! refused {
    ($document:expr, $name:pat) => {
        let refused: HandshakeError = $document;
        assert!(matches!(refused, $name), "{refused:?}");
        assert!(!refused.to_string().is_empty());
    };
}

fn set(path: &'static str, value: Value) -> impl FnOnce(&mut Value) {
    move |document| *document.pointer_mut(path).unwrap() = value
}

const KEEP: fn(&mut Value) = |_| ();

#[test]
fn definitions() {
    let subject = "/credentialSubject/corridor_id";
    let other = json!("org.momentum.mez.corridor.aa--bb");
    refused!(derived(set(subject, other), KEEP), HandshakeError::PeerCorridorId(_));
    let host = "/credentialSubject/participants/0/zone_host";
    refused!(derived(set(host, json!("x.example")), KEEP), HandshakeError::PeerParticipants);
    let participants = |d: &mut Value| {
        d["credentialSubject"]["participants"].as_array_mut().unwrap().swap(0, 1);
    };
    refused!(derived(participants, KEEP), HandshakeError::PeerParticipants);
    let realm = "/credentialSubject/realm";
    refused!(derived(set(realm, json!("production")), KEEP), HandshakeError::PeerRealm);
    for name in ["ruleset", "version"] {
        let unknown = |d: &mut Value| d["credentialSubject"][name] = json!("2");
        refused!(derived(unknown, KEEP), HandshakeError::Unsupported(_));
    }
    let issuer = json!(key(99).public().did());
    refused!(derived(set("/issuer", issuer), KEEP), HandshakeError::PeerUnsigned(_, "definition"));
    let kind = json!(["VerifiableCredential", "MEZOther"]);
    refused!(derived(set("/type", kind), KEEP), HandshakeError::Document(DocumentError::Type(_)));
    let more = |d: &mut Value| d["credentialSubject"]["more"] = json!(1);
    refused!(derived(more, KEEP), HandshakeError::Document(DocumentError::Shape { .. }));
}

#[test]
fn signatures_of_a_definition() {
    let world = World::new();
    let [a, b] = world.sides.each_ref().map(|side| &side.party);
    let views = [(a, &world.agreements[0]), (b, &world.agreements[1])];
    let derive = |d: &Value| Terms::derive(d, &views, [a, b]).unwrap_err();
    let [pen_a, pen_b] = pens(&world);
    let alone = resigned(&world.definition, &[pen_a], |_| ());
    refused!(derive(&alone), HandshakeError::PeerUnsigned(_, "definition"));
    let stranger = resigned(&world.definition, &[pen_a, pen_b, &key(99)], |_| ());
    refused!(derive(&stranger), HandshakeError::Document(DocumentError::Stranger { .. }));
    let mut changed = world.definition.clone();
    changed["validFrom"] = json!("2026-11-20T12:00:01Z");
    refused!(derive(&changed), HandshakeError::Document(DocumentError::Proof { .. }));
    let twice = Definition::countersign(world.definition.clone(), at(9), pen_a).unwrap_err();
    refused!(twice, HandshakeError::Document(DocumentError::Sign(_)));
}

#[test]
fn zones_that_cannot_share_a_corridor() {
    let world = World::new();
    let [a, b] = world.sides.each_ref().map(|side| &side.party);
    let pen = pens(&world)[0];
    let same = Definition::propose(a, a, at(0), pen).unwrap_err();
    refused!(same, HandshakeError::PeerSame);
    let real = party(&inception("sg", Realm::Production, 30), 30);
    refused!(Definition::propose(a, &real, at(0), pen).unwrap_err(), HandshakeError::PeerRealm);
    let end = Timestamp::parse("9999-12-31T00:00:00Z").unwrap();
    let late = Definition::propose(a, b, end, pen).unwrap_err();
    refused!(late, HandshakeError::Document(DocumentError::Time));
    let late = ActivationTerms::both_zones(end).unwrap_err();
    refused!(late, HandshakeError::Document(DocumentError::Time));
    let ids =
        [corridor_id(&a.participant, &b.participant), corridor_id(&b.participant, &a.participant)];
    let ids = ids.map(|id| id.unwrap().as_str().to_owned());
    assert_eq!(ids, ["org.momentum.mez.corridor.pk--sg"; 2]);
}

#[test]
fn agreements() {
    let subject = |name: &'static str, value: Value| {
        derived(KEEP, move |d| d["credentialSubject"][name] = value)
    };
    let digest = json!(Digest::of_blob(b"x"));
    refused!(subject("definition_payload_sha256", digest), HandshakeError::PeerDefinition(_));
    refused!(subject("commitment", json!("decline")), HandshakeError::PeerBlocked(_, _));
    let other = json!("org.momentum.mez.corridor.aa--bb");
    refused!(subject("corridor_id", other), HandshakeError::PeerTerms("corridor_id"));
    let other = json!(key(99).public().did());
    refused!(subject("party", other), HandshakeError::PeerUnsigned(_, "agreement"));
    let from = "/credentialSubject/activation/effectiveFrom";
    let later = derived(KEEP, set(from, json!(at(5))));
    refused!(later, HandshakeError::PeerTerms("activation"));
    let required = "/credentialSubject/activation/thresholds/0/required";
    let less = derived(KEEP, set(required, json!(1)));
    refused!(less, HandshakeError::PeerTerms("activation.thresholds"));
    let packs: Vec<_> = (0u8..65)
        .map(|n| json!({ "jurisdiction_id": "sg", "lawpack_digest_sha256": Digest::from_bytes([n; 32]) }))
        .collect();
    let many = subject("pinned_lawpacks", Value::Array(packs));
    refused!(many, HandshakeError::PeerTerms("pinned_lawpacks"));
    let world = World::new();
    let [a, b] = world.sides.each_ref().map(|side| &side.party);
    let none = Terms::derive(&world.definition, &[(a, &world.agreements[0])], [a, b]).unwrap_err();
    refused!(none, HandshakeError::PeerUnsigned(_, "agreement"));
    // The other party's pen under this party's consent.
    let forged = resigned(&world.agreements[1], &[pens(&world)[0]], |_| ());
    let read = Agreement::read(&forged, b, world.terms.definition_payload_sha256).unwrap_err();
    refused!(read, HandshakeError::Document(DocumentError::Stranger { .. }));
}

#[test]
fn dates_that_hold_nothing() {
    let edit = |d: &mut Value| {
        d["credentialSubject"]["activation"]["effectiveUntil"] = json!(at(0));
    };
    let world = World::new();
    let both: Vec<_> = world
        .agreements
        .iter()
        .zip(pens(&world))
        .map(|(document, pen)| resigned(document, &[pen], edit))
        .collect();
    let [a, b] = world.sides.each_ref().map(|side| &side.party);
    let views = [(a, &both[0]), (b, &both[1])];
    let empty = Terms::derive(&world.definition, &views, [a, b]).unwrap_err();
    refused!(empty, HandshakeError::PeerDates(..));
    let before = Timestamp::parse("2026-11-20T11:59:59Z").unwrap();
    refused!(world.terms.in_effect(before).unwrap_err(), HandshakeError::PeerDates(..));
    let until = world.terms.effective_until;
    refused!(world.terms.in_effect(until).unwrap_err(), HandshakeError::PeerDates(..));
}

#[test]
fn activations() {
    let world = World::new();
    let [a, b] = world.sides.each_ref().map(|side| &side.party);
    let both = pens(&world);
    let read = |keys: &[&SecretKey], edit: &dyn Fn(&mut Value)| {
        let document = resigned(&world.activation, keys, edit);
        Activation::read_complete(&document, &world.terms, [a, b]).unwrap_err()
    };
    let subject =
        |name: &str, value: Value| read(&both, &|d| d["credentialSubject"][name] = value.clone());
    let digest = json!(Digest::of_blob(b"x"));
    refused!(subject("genesis_root", digest.clone()), HandshakeError::PeerGenesis { .. });
    refused!(subject("agreement_set_sha256", digest), HandshakeError::PeerTerms("activation"));
    refused!(subject("epoch", json!(1)), HandshakeError::PeerTerms("activation"));
    refused!(read(&[both[0]], &|_| ()), HandshakeError::PeerUnsigned(_, "activation"));
    refused!(read(&[both[1]], &|_| ()), HandshakeError::PeerUnsigned(_, "activation"));
}
