//! What two zones agree on beside the plain terms: who signs what, whose law goes together, and what comes after.

use canon::{Did, Digest, JurisdictionId};
use corridor::amendment::PartyPacks;
use corridor::endorsement::Endorsement;
use corridor::handshake::{
    ActivationTerms, AllowedPacks, Compatibility, Incompatible, PinnedPack, Role, RoleHolders,
    Rules, Threshold, claimed, generation_of, rulesets,
};
use corridor::lane::{Class, Draft, TransitionKind};
use corridor::messages::{AmendmentOffer, AmendmentType};
use corridor::sealed::PayloadKey;
use corridor::verify::chain::{Chain, Check, check_block};
use corridor::verify::judge;
use corridor::{Amendment, AppendError, HandshakeError, Lane, LaneReceipt};
use proof::SecretKey;
use proof::credential::Verdict;
use proof::integrity::payload_digest;
use serde_json::{Value, json};

use crate::zones::{World, at, draft, key, resealed};

fn row(class: Class, role: &str, required: u32, of: u32) -> Threshold {
    Threshold { class: Some(class), role: role.to_owned(), required, of }
}

fn watchers() -> [SecretKey; 3] {
    let mut keys = [70, 71, 72].map(key);
    keys.sort_by_key(|key| key.public().did());
    keys
}

fn under(rows: &[Threshold], holders: &[(&str, Vec<Did>)]) -> ActivationTerms {
    let mut terms = ActivationTerms::both_zones(at(0)).unwrap();
    terms.thresholds.extend(rows.iter().cloned());
    let group = |(role, dids): &(&str, Vec<Did>)| RoleHolders {
        role: (*role).to_owned(),
        holders: dids.clone(),
    };
    terms.holders = holders.iter().map(group).collect();
    terms
}

fn watched() -> ActivationTerms {
    let dids = watchers().each_ref().map(|key| key.public().did()).to_vec();
    under(&[row(Class::Business, "watcher", 2, 3)], &[("watcher", dids)])
}

fn world(terms: ActivationTerms) -> World {
    World::under((10, 30), terms, (None, None)).unwrap()
}

fn refused(terms: ActivationTerms) -> HandshakeError {
    World::under((10, 30), terms, (None, None)).err().unwrap()
}

fn endorsed(world: &World, class: Class, by: &SecretKey, of: Option<Digest>) -> Value {
    let endorsement = Endorsement {
        corridor_id: world.terms.corridor_id.clone(),
        lane: world.sides[0].party.zone().clone(),
        role: Role::Watcher,
        class,
        payload_commitment: of,
    };
    endorsement.sign(&by.public().did(), (at(0), at(10_000)), by).unwrap()
}

fn noop(endorsements: Vec<Value>) -> Draft {
    Draft { endorsements, ..draft(TransitionKind::Noop, json!({ "n": 1 })) }
}

#[test]
fn thresholds_that_cannot_be_sound_are_refused_by_name() {
    let dids = watchers().each_ref().map(|key| key.public().did()).to_vec();
    let of = |role, required, of| refused(under(&[row(Class::Business, role, required, of)], &[]));
    assert!(matches!(of("oracle", 1, 1), HandshakeError::PeerRole(role) if role == "oracle"));
    // A role that nobody holds is no better than one nobody knows.
    assert!(matches!(of("watcher", 1, 1), HandshakeError::PeerRole(role) if role == "watcher"));
    for (required, of) in [(0, 3), (4, 3), (1, 2)] {
        let rows = [row(Class::Business, "watcher", required, of)];
        let error = refused(under(&rows, &[("watcher", dids.clone())]));
        assert!(matches!(error, HandshakeError::PeerThresholds("required")), "{error:?}");
    }
    let zone = World::new().sides[0].party.did().clone();
    let rows = [row(Class::Business, "watcher", 1, 1)];
    let error = refused(under(&rows, &[("watcher", vec![zone])]));
    assert!(matches!(error, HandshakeError::PeerThresholds("holders")), "{error:?}");
    let mut none = ActivationTerms::both_zones(at(0)).unwrap();
    none.thresholds.clear();
    assert!(Rules::of(&none, [&dids[0], &dids[1]]).is_err());
}

#[test]
fn a_receipt_needs_the_endorsements_its_class_asks_for() {
    let mut world = world(watched());
    let [a, b, c] = watchers();
    let given = |world: &World, key| endorsed(world, Class::Business, key, None);
    let unmet = |error: AppendError| {
        assert!(matches!(error, AppendError::Threshold(_)), "{error:?}");
        error.to_string()
    };
    let short = unmet(world.sides[0].write(noop(vec![])).unwrap_err());
    assert!(short.contains("needs 2 of role `watcher`, the receipt carries 0"), "{short}");
    let (one, two) = (given(&world, &a), given(&world, &b));
    unmet(world.sides[0].write(noop(vec![one.clone()])).unwrap_err());
    unmet(world.sides[0].write(noop(vec![one.clone(), one.clone()])).unwrap_err());
    // A stranger, another class, another payload, another lane.
    let stranger = given(&world, &key(99));
    unmet(world.sides[0].write(noop(vec![one.clone(), stranger])).unwrap_err());
    let control = endorsed(&world, Class::Control, &b, None);
    unmet(world.sides[0].write(noop(vec![one.clone(), control])).unwrap_err());
    let other = endorsed(&world, Class::Business, &b, Some(Digest::of_blob(b"other")));
    unmet(world.sides[0].write(noop(vec![one.clone(), other])).unwrap_err());
    unmet(world.sides[1].write(noop(vec![one.clone(), two.clone()])).unwrap_err());
    let mut changed = two.clone();
    changed["validUntil"] = json!(at(20_000));
    unmet(world.sides[0].write(noop(vec![one.clone(), changed])).unwrap_err());
    let of = noop(vec![]).payload.commitment().unwrap();
    let exact = endorsed(&world, Class::Business, &c, Some(of));
    world.sides[0].write(noop(vec![one.clone(), two.clone()])).unwrap();
    world.sides[0].write(noop(vec![one.clone(), exact])).unwrap();
    // What stops or keeps the books waits for nobody; what nobody asked for is not carried.
    world.settle();
    world.sides[1].ack(2, &[]).unwrap();
    world.settle();
    let halt = world.sides[0].notice(corridor::Stop::Halt, "pk:9");
    let loaded = Draft { endorsements: vec![one], ..draft(TransitionKind::Halt, halt) };
    unmet(world.sides[0].write(loaded).unwrap_err());
    world.sides[0].halt("pk:9").unwrap();
    world.settle();
    let bundle = world.bundle(0);
    let report = judge(&bundle, &world.dids());
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
}

#[test]
fn a_lane_alone_is_judged_only_by_who_knows_its_thresholds() {
    let mut world = world(watched());
    let [a, b, _] = watchers();
    let both = [&a, &b].map(|key| endorsed(&world, Class::Business, key, None)).to_vec();
    world.sides[0].write(noop(both)).unwrap();
    let receipt = LaneReceipt::read(&world.sides[0].here.items[0].receipt).unwrap();
    let mut bare = receipt.clone();
    bare.endorsements = None;
    let bare = resealed(bare, &world.sides[0].log);
    let key = world.sides[0].log.public();
    let push = |chain: &mut Chain, receipt: &LaneReceipt| {
        let bytes = receipt.canonical().unwrap().bytes().to_vec();
        let mode = proof::keys::batch::Mode::Strict;
        let block = check_block(&[&bytes], Check::Signatures { key: &key, mode });
        chain.push(&block.entries[0])
    };
    let rules = world.terms.rules.clone();
    push(&mut Chain::under(vec![rules.clone()]), &receipt).unwrap();
    let mut told = Chain::default();
    told.tell(rules.clone());
    push(&mut told, &receipt).unwrap();
    let lacking = push(&mut Chain::default(), &receipt).unwrap_err();
    assert!(matches!(lacking, AppendError::Threshold(why) if why.is_of_the_judge()));
    for refused in [
        push(&mut Chain::default(), &receipt).unwrap_err(),
        push(&mut Chain::default(), &bare).unwrap_err(),
        push(&mut Chain::under(vec![rules]), &bare).unwrap_err(),
    ] {
        assert!(matches!(refused, AppendError::Threshold(_)), "{refused:?}");
    }
}

#[test]
fn rules_are_read_from_whatever_states_them() {
    let world = world(watched());
    let digest = world.terms.rules.digest();
    assert!(digest.is_some());
    for agreement in &world.agreements {
        assert_eq!(Rules::stated(agreement).unwrap().digest(), digest);
    }
    let asked = watched();
    let file = json!({ "thresholds": asked.thresholds[1..], "holders": asked.holders });
    assert_eq!(Rules::stated(&file).unwrap().digest(), digest);
    assert!(Rules::stated(&json!({ "thresholds": [], "holders": [] })).unwrap().is_empty());
    for wrong in [&world.definition, &world.activation, &json!({ "treshold": [] }), &json!({})] {
        assert!(Rules::stated(wrong).is_err(), "{wrong}");
    }
    let nobody = json!({ "thresholds": asked.thresholds[1..] });
    assert!(matches!(Rules::stated(&nobody), Err(HandshakeError::PeerRole(_))));
}

fn pack(name: &str, jurisdiction: &str) -> PinnedPack {
    PinnedPack {
        jurisdiction_id: JurisdictionId::parse(jurisdiction).unwrap(),
        lawpack_digest_sha256: Digest::of_blob(name.as_bytes()),
    }
}

#[test]
fn law_that_does_not_go_together_is_refused_with_what_would_do() {
    let demand = |demand: Compatibility| {
        let dates = ActivationTerms::both_zones(at(0)).unwrap();
        World::under((10, 30), dates, (Some(demand), None)).map(drop)
    };
    let of = |j: &str| JurisdictionId::parse(j).unwrap();
    let pk = pack("org.momentum.mez.zone.pk", "pk");
    let allow = |digest: Digest| Compatibility {
        allowed: vec![AllowedPacks { jurisdiction_id: of("pk"), digests_sha256: vec![digest] }],
        ..Compatibility::default()
    };
    demand(allow(pk.lawpack_digest_sha256)).unwrap();
    demand(Compatibility { required: vec![of("pk"), of("sg")], ..Compatibility::default() })
        .unwrap();
    let edition = demand(allow(Digest::of_blob(b"older"))).unwrap_err();
    let named = matches!(&edition, HandshakeError::PeerLaw(Incompatible::Edition { jurisdiction, found, .. })
        if *jurisdiction == of("pk") && *found == pk.lawpack_digest_sha256);
    assert!(named && edition.to_string().contains("remedy"), "{edition}");
    let missing = Compatibility { required: vec![of("ae")], ..Compatibility::default() };
    let missing = demand(missing).unwrap_err();
    assert!(matches!(missing, HandshakeError::PeerLaw(Incompatible::Missing(_))), "{missing}");
    let mutual = demand(Compatibility { mutual: true, ..Compatibility::default() }).unwrap_err();
    assert!(matches!(mutual, HandshakeError::PeerLaw(Incompatible::Other { .. })), "{mutual}");
    // One that demands nothing is no demand.
    let silent = demand(Compatibility::default()).unwrap_err();
    assert!(matches!(silent, HandshakeError::PeerLaw(Incompatible::Form(_))), "{silent}");
}

#[test]
fn after_one_corridor_ended_the_next_has_its_own_name() {
    let first = World::new();
    let dates = || ActivationTerms::both_zones(at(0)).unwrap();
    let ended = payload_digest(&first.activation).unwrap();
    let second = World::under((10, 30), dates(), (None, Some((2, ended)))).unwrap();
    let [one, other] = second.sides.each_ref().map(|side| &side.party.participant);
    let id = second.terms.corridor_id.clone();
    assert_eq!(id.as_str(), format!("{}.g2", first.terms.corridor_id));
    assert_eq!(generation_of(&id, one, other), Some(2));
    assert_eq!(generation_of(&first.terms.corridor_id, one, other), Some(1));
    assert_ne!(first.terms.genesis_root, second.terms.genesis_root);
    assert_eq!(claimed(&second.definition).unwrap().previous_activation_sha256, Some(ended));
    for text in [".g1", ".g02", ".g0", ".g1000", ".h2", "x"] {
        let id = canon::CorridorId::parse(&format!("{}{text}", first.terms.corridor_id)).unwrap();
        assert_eq!(generation_of(&id, one, other), None, "{id}");
    }
    for generation in [1, 0, 1_000] {
        let error = World::under((10, 30), dates(), (None, Some((generation, ended))));
        assert!(error.is_err(), "{generation}");
    }
}

/// New terms for the lanes of a world, as they stand.
fn amendment(world: &World, edit: impl FnOnce(&mut Amendment)) -> Value {
    let [a, b] = &world.sides;
    let said = |side: &crate::zones::Side, name: &str| PartyPacks {
        party: side.party.did().clone(),
        pinned_lawpacks: vec![pack(name, side.party.participant.jurisdiction_id.as_str())],
        held_lawpacks: Vec::new(),
    };
    let mut lawpacks = vec![said(a, "pk of next year"), said(b, "org.momentum.mez.zone.sg")];
    lawpacks.sort_by(|a, b| a.party.cmp(&b.party));
    let mut said = Amendment {
        corridor_id: world.terms.corridor_id.clone(),
        epoch: a.here.lane().epoch() + 1,
        amends: a.here.lane().amended(),
        effective_from: at(5),
        activation: ActivationTerms::both_zones(at(0)).unwrap(),
        lawpacks,
        ruleset_digest_set: rulesets(&Rules::default()),
        reason: "the law of next year".to_owned(),
    };
    edit(&mut said);
    let document = said.open(&a.party, &b.party, None, (at(5), &a.pen)).unwrap();
    Amendment::countersign(document, at(6), &b.pen).unwrap()
}

fn amend(document: &Value) -> Draft {
    draft(TransitionKind::Amend, document.clone())
}

#[test]
fn an_amendment_opens_an_epoch_in_each_lane_and_its_law_counts_from_there() {
    let mut world = World::lived();
    let document = amendment(&world, |_| ());
    let before = world.sides[0].here.lane().lawpack_digest_set().to_vec();
    let receipt = world.sides[0].write(amend(&document)).unwrap();
    assert_ne!(receipt.lawpack_digest_set, before);
    // The other lane goes on under what it agreed to, until it goes over.
    world.sides[1].write(draft(TransitionKind::Noop, json!({ "n": 5 }))).unwrap();
    world.settle();
    world.cut(0).unwrap();
    assert_eq!(world.sides[1].here.lane().lawpack_digest_set(), before);
    world.sides[1].write(amend(&document)).unwrap();
    world.sides[0].write(draft(TransitionKind::Noop, json!({ "n": 6 }))).unwrap();
    world.settle();
    world.cut(1).unwrap();
    let lanes = world.sides.each_ref().map(|side| side.here.lane());
    assert_eq!(lanes[0].lawpack_digest_set(), lanes[1].lawpack_digest_set());
    assert_eq!(lanes.map(Lane::epoch), [2, 2]);
    let bundle = world.bundle(1);
    let report = judge(&bundle, &world.dids());
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
    // Read alone, a lane changes what it says of law with an amendment and with nothing else.
    let key = world.sides[0].log.public();
    let bytes: Vec<Vec<u8>> =
        world.sides[0].here.items.iter().map(|item| item.receipt.clone()).collect();
    let bytes: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
    let mode = proof::keys::batch::Mode::Strict;
    let block = check_block(&bytes, Check::Signatures { key: &key, mode });
    let mut chain = Chain::default();
    block.entries.iter().for_each(|entry| chain.push(entry).unwrap());
    assert_eq!(chain.size(), world.sides[0].here.size());
}

#[test]
fn an_amendment_that_does_not_follow_changes_nothing() {
    let mut world = World::lived();
    let size = world.sides[0].here.size();
    let refused = |world: &mut World, document: &Value| {
        let error = world.sides[0].write(amend(document)).unwrap_err();
        assert!(matches!(error, AppendError::Amendment(_)), "{error:?}");
        error.to_string()
    };
    let sooner = amendment(&world, |said| said.effective_from = at(10_000_000));
    assert!(refused(&mut world, &sooner).contains("in effect from"));
    for edit in [(|said: &mut Amendment| said.epoch += 1) as fn(&mut Amendment), |said| {
        said.amends = Some(Digest::of_blob(b"another"))
    }] {
        let stale = amendment(&world, edit);
        assert!(refused(&mut world, &stale).contains("does not follow"));
    }
    // One signature is none; a changed word is none.
    let complete = amendment(&world, |_| ());
    let mut alone = complete.clone();
    alone["proof"] = complete["proof"][0].clone();
    assert!(refused(&mut world, &alone).contains("both"));
    let mut changed = complete.clone();
    changed["credentialSubject"]["reason"] = json!("another");
    refused(&mut world, &changed);
    assert_eq!(world.sides[0].here.size(), size);
    world.sides[0].write(amend(&complete)).unwrap();
    // Once is once.
    refused(&mut world, &complete);
    // New thresholds count from the next receipt on; the one after names the one before.
    let dids = watchers().each_ref().map(|key| key.public().did()).to_vec();
    let next = amendment(&world, |said| {
        said.activation = under(&[row(Class::Business, "watcher", 1, 3)], &[("watcher", dids)]);
        let [a, b] = [10, 30].map(|seed| key(seed).public().did());
        said.ruleset_digest_set = rulesets(&Rules::of(&said.activation, [&a, &b]).unwrap());
    });
    world.sides[0].write(amend(&next)).unwrap();
    let error = world.sides[0].write(noop(vec![])).unwrap_err();
    assert!(matches!(error, AppendError::Threshold(_)), "{error:?}");
    let one = endorsed(&world, Class::Business, &watchers()[0], None);
    world.sides[0].write(noop(vec![one])).unwrap();
    // Read alone, the lane needs the rules from the amendment on, and not before.
    let receipts: Vec<&[u8]> =
        world.sides[0].here.items.iter().map(|item| item.receipt.as_slice()).collect();
    let read = |rules: Option<Rules>| {
        let mut chain = Chain::default();
        rules.into_iter().for_each(|rules| chain.tell(rules));
        let block = check_block(&receipts, Check::Committed);
        let refused = block.entries.iter().find_map(|entry| chain.push(entry).err());
        (chain.size() as usize, refused)
    };
    let (held, refused) = read(None);
    assert_eq!(held, receipts.len() - 2);
    assert!(matches!(refused, Some(AppendError::Threshold(_))), "{refused:?}");
    assert!(
        matches!(read(Some(Rules::stated(&next).unwrap())), (held, None) if held == receipts.len())
    );
}

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/agreeing.json");

fn golden() -> String {
    let world = World::lived();
    let offer = amendment(&world, |_| ());
    let secret = proof::hpke::HpkeSecret::from_seed(&mut [7; 32]);
    let side = &world.sides[0];
    let stated = PayloadKey::state(side.party.did(), &secret.public(), at(5), &side.pen).unwrap();
    let message = AmendmentOffer {
        kind: AmendmentType::Only,
        to: world.sides[1].party.did().clone(),
        corridor_id: world.terms.corridor_id.clone(),
        amendment: offer.clone(),
    };
    let watched = crate::watchers::world();
    let (certificate, _) = crate::anchor::anchored(&watched);
    let row = |schema: &str, document: Value| json!({ "schema": schema, "document": document });
    let said = |value: &dyn erased::Said| value.said();
    let document = json!({
        "about": "What two zones agree on beside plain terms (spec/corridor.md, sections 3.2 to 4.8).",
        "documents": [
            row("corridor-amendment", offer),
            row("peer-amendment", said(&message)),
            row("payload-key", stated),
            row("finality-certificate", said(&certificate)),
        ],
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

mod erased {
    /// Anything as canonical JSON.
    pub trait Said {
        fn said(&self) -> serde_json::Value;
    }

    impl<T: serde::Serialize> Said for T {
        fn said(&self) -> serde_json::Value {
            canon::Canonical::of(self).unwrap().value()
        }
    }
}

#[test]
fn the_golden_agreeing_is_what_it_was() {
    let held = std::fs::read_to_string(GOLDEN).unwrap();
    assert!(held == golden(), "the formats moved: `cargo xtask vectors`");
}

#[test]
#[ignore = "writes the golden file"]
fn write_the_golden_agreeing() {
    std::fs::write(GOLDEN, golden()).unwrap();
}
