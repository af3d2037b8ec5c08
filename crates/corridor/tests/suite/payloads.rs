//! One golden document of each payload and file that no other vector shows, for `vectors/messages.json`.

use canon::{Amount, Canonical, Currency, Digest, JurisdictionId, Realm, RecordId, Uetr};
use corridor::asset::{AssetError, AssetParty, AssetReturn, AssetTransfer};
use corridor::messages::{Carried, CarriedType, HandshakeCall, Item};
use corridor::netting::Plan;
use corridor::settlement::{Confirmation, Consent, Failure, Instruction};
use corridor::statement::Statement;
use corridor::watcher::{Piece, PieceLane};
use proof::KeyHistory;
use proof::credential::{Unsigned, issue};
use proof::integrity::{ProofOptions, sign_document};
use serde_json::{Value, json};

use crate::messages::row;
use crate::zones::{World, at};

fn digest(word: &str) -> Digest {
    Digest::of_blob(word.as_bytes())
}

fn settlement(plan: &Value) -> Vec<Value> {
    let plan = Plan::read(plan).unwrap();
    let plan_sha256 = plan.digest().unwrap();
    let amount = Amount::of_minor(6_000, Currency::parse("USD").unwrap());
    let uetr = Uetr::parse("eb6305c9-1f7f-49de-aed0-16487c27b42d").unwrap();
    let instruction = Instruction {
        amount,
        leg: 0,
        message_sha256: digest("pacs.009"),
        plan_sha256,
        type_: Instruction::TYPE.to_owned(),
        uetr: uetr.clone(),
    };
    let confirmation = Confirmation {
        amount,
        leg: 0,
        notification_sha256: digest("camt.054"),
        plan_sha256,
        type_: Confirmation::TYPE.to_owned(),
        uetr,
    };
    let reason = "the account is closed".to_owned();
    let failure = Failure { leg: Some(0), plan_sha256, reason, type_: Failure::TYPE.to_owned() };
    vec![
        row("settlement-consent", &Consent::to(plan)),
        row("settlement-instruction", &instruction),
        row("settlement-confirmation", &confirmation),
        row("settlement-failure", &failure),
    ]
}

/// A message of the handshake as a file.
fn carried(world: &World) -> Value {
    let [a, b] = &world.sides;
    let carried = Carried {
        call: HandshakeCall::Activated,
        from: b.party.did().clone(),
        message: json!({ "activation": world.activation }),
        proof: None,
        to: a.party.did().clone(),
        kind: CarriedType::Only,
    };
    let document = serde_json::to_value(&carried).unwrap();
    let signed = sign_document(document, &ProofOptions::assertion(at(5), &b.pen), &b.pen).unwrap();
    let signed: Carried = serde_json::from_value(signed).unwrap();
    row("handshake-file", &signed)
}

fn genesis(world: &World) -> Value {
    let party = &world.sides[0].party;
    json!({
        "type": "MEZAssetGenesis",
        "asset_class": "property",
        "asset_name": "Plot 7, Harbour Road",
        "created_at": at(3),
        "home_zone_id": party.zone(),
        "jurisdiction_id": party.participant.jurisdiction_id,
        "nonce": digest("nonce"),
    })
}

/// An asset of the first zone on its way to the second.
fn transfer(world: &World) -> AssetTransfer {
    let [a, b] = &world.sides;
    let party = |n: usize, name: &str, of: &JurisdictionId| AssetParty {
        party_id: RecordId::parse(&format!("0b9bd1f1-9d3e-4a55-8d80-00000000000{n}")).unwrap(),
        name: name.to_owned(),
        jurisdiction_id: of.clone(),
    };
    let genesis = genesis(world);
    let asset_id = Canonical::of_value(&genesis).unwrap().digest();
    let evaluated = Unsigned {
        id: "urn:uuid:0b9bd1f1-9d3e-4a55-8d80-000000000003".to_owned(),
        types: vec!["MEZComplianceEvaluationCredential".to_owned()],
        issuer: a.party.did().clone(),
        realm: Realm::Sandbox,
        subject: json!({
            "id": format!("urn:mez:asset:{asset_id}"), "kind": "asset.transition", "outcome": "allow",
        }),
        valid_from: at(4),
        valid_until: at(4).plus_secs(86_400).unwrap(),
        evidence: Vec::new(),
        status: Vec::new(),
    };
    let method = a.pen.public().verification_method();
    AssetTransfer {
        type_: AssetTransfer::TYPE.to_owned(),
        asset_id,
        crossing: 1,
        compliance: issue(evaluated, &a.pen, &method).unwrap(),
        genesis: genesis.as_object().unwrap().clone(),
        giver: party(1, "Indus Weave", &a.party.participant.jurisdiction_id),
        recipient: party(2, "Straits Tailors", &b.party.participant.jurisdiction_id),
    }
}

fn undone(world: &World) -> AssetReturn {
    AssetReturn {
        type_: AssetReturn::TYPE.to_owned(),
        asset_id: transfer(world).asset_id,
        crossing: 1,
        refused_sequence: 4,
        ack_sequence: 7,
        reason_code: "asset-recipient-unknown".to_owned(),
    }
}

/// The first two receipts of the first lane, and the first cut.
fn piece(world: &World) -> Piece {
    let lane = |(at, side): (usize, &crate::zones::Side)| {
        let items = side.here.items.iter().take(2 - at).map(|item| Item {
            receipt: Canonical::exact(&item.receipt).unwrap().value(),
            payload: None,
            sealed: None,
            checkpoint: String::from_utf8(item.checkpoint.clone()).unwrap(),
        });
        PieceLane {
            from: 0,
            items: items.collect(),
            root: side.here.tree.root_at(0).ok(),
            size: side.here.size(),
            zone_id: side.party.zone().clone(),
        }
    };
    let keys = |side: &crate::zones::Side| {
        KeyHistory::document(&side.inception, &side.rotations).unwrap().value()
    };
    Piece {
        corridor_id: world.terms.corridor_id.clone(),
        cuts: world.cuts.iter().take(1).cloned().collect(),
        lanes: world.sides.iter().enumerate().map(lane).collect(),
        type_: Piece::TYPE.to_owned(),
        zones: world.sides.iter().map(keys).collect(),
    }
}

/// `plan` is the golden plan.
pub fn rows(world: &World, plan: &Value) -> Vec<Value> {
    let body = json!({ "rate_bp": 25, "from": "2026-12-01" });
    let statement = Statement::about("fees", body.as_object().unwrap().clone()).unwrap();
    let mut rows = settlement(plan);
    rows.push(row("statement", &statement));
    rows.push(carried(world));
    rows.push(json!({ "schema": "asset-genesis", "document": genesis(world) }));
    rows.push(row("asset-transfer", &transfer(world)));
    rows.push(row("asset-return", &undone(world)));
    rows.push(row("corridor-piece", &piece(world)));
    rows
}

#[test]
fn a_message_about_an_asset_is_what_it_says_or_is_refused() {
    let world = World::lived();
    let good = serde_json::to_value(transfer(&world)).unwrap();
    assert_eq!(AssetTransfer::read(&good).unwrap(), transfer(&world));
    let with = |pointer: &str, value: Value| {
        let mut document = good.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        AssetTransfer::read(&document).unwrap_err()
    };
    assert!(matches!(with("/type", json!("MEZAsset")), AssetError::Type(_)));
    assert!(matches!(with("/asset_id", json!(digest("other"))), AssetError::Name));
    assert!(matches!(with("/genesis/asset_name", json!("Plot 8")), AssetError::Name));
    for crossing in [0, 1_000_001] {
        assert!(matches!(with("/crossing", json!(crossing)), AssetError::Crossing));
    }
    for name in ["", "  ", &"x".repeat(501)] {
        assert!(matches!(with("/giver/name", json!(name)), AssetError::Text("giver.name")));
    }
    assert!(matches!(with("/recipient", json!({})), AssetError::Shape(_)));
    let good = serde_json::to_value(undone(&world)).unwrap();
    assert_eq!(AssetReturn::read(&good).unwrap(), undone(&world));
    for (member, value) in
        [("reason_code", json!("")), ("crossing", json!(0)), ("type", json!("x"))]
    {
        let mut document = good.clone();
        document[member] = value;
        assert!(AssetReturn::read(&document).is_err(), "{member}");
    }
}
