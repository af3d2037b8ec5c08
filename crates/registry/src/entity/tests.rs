//! Formation, dissolution, and every sequence of events of an entity.

use super::*;
use crate::text::{Line, Problems};
use canon::{Canonical, Digest, EntityId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

fn at(unix: i64) -> Timestamp {
    Timestamp::from_unix(unix).unwrap()
}

fn application() -> Value {
    json!({
        "entity_type": "private_limited",
        "legal_name": "شرکت پاک تجارت",
        "jurisdiction_id": "pk-sifc",
        "activity": "trade in rice",
        "registered_office": {"address": "1 Constitution Avenue, Islamabad", "jurisdiction_id": "pk"},
        "beneficial_owners": [
            {"name": "Ayesha Khan", "kind": "person", "ownership_bp": 7_500, "birth_date": "1980-02-29",
             "nationality": "pk", "identifiers": [
                {"scheme": "passport", "value": "AB1234567", "jurisdiction_id": "pk"},
                {"scheme": "cnic", "value": "61101-1234567-1"}]},
            {"name": "Lion Holdings Pte. Ltd.", "kind": "entity", "ownership_bp": 2_500}
        ]
    })
}

fn formed(sent: Value) -> Result<Formation, Problems> {
    Formation::try_from(serde_json::from_value::<FormationInput>(sent).unwrap())
}

fn entity() -> Entity {
    let entity_id = EntityId::parse("ent-1").unwrap();
    Entity::applied(entity_id, formed(application()).unwrap(), at(0))
}

fn why() -> Line<REASON_CHARS_MAX> {
    Line::parse("license lapsed").unwrap()
}

fn left_by(stage: Stage) -> StageEvidence {
    let vote = Resolution { votes_for: 3, votes_cast: 4 };
    StageEvidence {
        sha256: Digest::of_blob(&[stage.number()]),
        resolution: (stage == Stage::ShareholderResolution).then_some(vote),
    }
}

/// An active entity whose winding-up has come to `stage`, each stage left at its first second; and that moment.
fn winding_up(stage: Stage) -> (Entity, i64) {
    let mut now = 0;
    let mut entity = entity().apply(EntityEvent::Approve { at: at(now) }).unwrap();
    entity = entity.apply(EntityEvent::InitiateDissolution { at: at(now) }).unwrap();
    for past in Stage::ALL.into_iter().take_while(|past| *past < stage) {
        now += i64::from(past.days_min()) * DAY;
        let evidence = left_by(past);
        entity = entity.apply(EntityEvent::Advance { at: at(now), evidence }).unwrap();
    }
    (entity, now)
}

#[test]
fn an_application_is_read_whole() {
    let formation = formed(application()).unwrap();
    assert_eq!(formation.owners_total_bp(), 10_000);
    assert!(!formation.owners_are_natural_persons());
    assert_eq!(formation.owners()[0].identifiers[0].scheme.as_str(), "cnic", "sorted");
    assert_eq!(formation.registered_office().unwrap().jurisdiction_id.as_str(), "pk");
}

#[test]
fn an_application_without_owner_or_office_can_be_read_so_that_law_can_refuse_it() {
    let mut sent = application();
    sent.as_object_mut().unwrap().remove("registered_office");
    sent["beneficial_owners"] = json!([]);
    let formation = formed(sent).unwrap();
    assert!(formation.registered_office().is_none());
    assert!(!formation.owners_are_natural_persons(), "nobody is not a natural person");
}

#[test]
fn every_wrong_field_is_named_by_its_pointer() {
    let mut sent = application();
    sent["entity_type"] = json!("Private Limited");
    sent["legal_name"] = json!("Acme\u{202E}dtL");
    sent["jurisdiction_id"] = json!("PK");
    sent["registered_office"]["address"] = json!(" ");
    sent["beneficial_owners"][0]["birth_date"] = json!("1981-02-29");
    sent["beneficial_owners"][0]["identifiers"][1]["value"] = json!("");
    sent["beneficial_owners"][1]["ownership_bp"] = json!(10_001);
    let problems = formed(sent).unwrap_err();
    let pointers: Vec<&str> = problems.as_slice().iter().map(|p| p.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/entity_type",
            "/legal_name",
            "/jurisdiction_id",
            "/registered_office/address",
            "/beneficial_owners/0/birth_date",
            "/beneficial_owners/0/identifiers/1/value",
            "/beneficial_owners/1/ownership_bp",
            "/beneficial_owners",
        ]
    );
}

#[test]
fn lists_are_bounded_and_hold_nothing_twice() {
    let mut many = application();
    many["beneficial_owners"] =
        json!(vec![json!({"name": "A", "kind": "person", "ownership_bp": 0}); OWNERS_MAX + 1]);
    assert!(formed(many).unwrap_err().to_string().contains("at most 100"));
    let mut twice = application();
    twice["beneficial_owners"] =
        json!(vec![json!({"name": "A", "kind": "person", "ownership_bp": 1}); 2]);
    assert!(formed(twice).unwrap_err().to_string().contains("listed twice"));
    let mut ids = application();
    ids["beneficial_owners"][0]["identifiers"] =
        json!(vec![json!({"scheme": "ntn", "value": "1"}); IDENTIFIERS_MAX + 1]);
    assert!(formed(ids).unwrap_err().to_string().contains("at most 20"));
}

#[test]
fn unknown_fields_are_refused() {
    let mut sent = application();
    sent["beneficial_owners"][0]["cnic"] = json!("1");
    assert!(serde_json::from_value::<FormationInput>(sent).is_err());
}

#[test]
fn an_entity_rests_as_canonical_json_and_wakes_equal() {
    let (dissolving, _) = winding_up(Stage::RealizeAssets);
    for known in [entity(), dissolving] {
        let rest = Canonical::of(&known).unwrap();
        assert_eq!(rest.value()["type"], "MEZEntity");
        assert_eq!(rest.value()["status"]["state"], known.status().name());
        assert_eq!(rest.read::<Entity>().unwrap(), known);
    }
}

#[test]
fn a_resting_entity_that_could_not_have_come_about_does_not_wake() {
    let (dissolving, _) = winding_up(Stage::RealizeAssets);
    let mut skipped = Canonical::of(&dissolving).unwrap().value();
    skipped["status"]["stage"] = json!(7);
    assert!(serde_json::from_value::<Entity>(skipped).is_err());
    let mut other = Canonical::of(&entity()).unwrap().value();
    other["type"] = json!("MEZAsset");
    assert!(serde_json::from_value::<Entity>(other).is_err());
    let mut extra = Canonical::of(&entity()).unwrap().value();
    extra["status"]["reason"] = json!("x");
    assert!(serde_json::from_value::<Entity>(extra).is_err());
}

#[test]
fn stages_last_their_days_to_the_second() {
    for stage in Stage::ALL {
        let (entity, entered) = winding_up(stage);
        let due = entered + i64::from(stage.days_min()) * DAY;
        let early = EntityEvent::Advance { at: at(due - 1), evidence: left_by(stage) };
        let refused = entity.clone().apply(early).unwrap_err();
        let told = matches!(refused, IllegalTransition::TooEarly { earliest, .. } if earliest == Some(at(due)));
        assert!(told, "{refused}");
        let on_time = EntityEvent::Advance { at: at(due), evidence: left_by(stage) };
        assert!(entity.apply(on_time).is_ok(), "{stage:?}");
    }
}

#[test]
fn the_whole_of_a_dissolution_takes_292_days_and_leaves_ten_documents() {
    let (entity, entered) = winding_up(Stage::Dissolution);
    let end = entered + 30 * DAY;
    let evidence = left_by(Stage::Dissolution);
    let gone = entity.apply(EntityEvent::Advance { at: at(end), evidence }).unwrap();
    assert_eq!(end / DAY, 292);
    assert!(matches!(gone.status(), Status::Dissolved { evidence, .. } if evidence.len() == 10));
    let rest = Canonical::of(&gone).unwrap();
    assert_eq!(rest.read::<Entity>().unwrap(), gone);
    let mut short = rest.value();
    short["status"]["evidence"].as_array_mut().unwrap().pop();
    assert!(serde_json::from_value::<Entity>(short).is_err());
}

#[test]
fn only_the_shareholders_vote_and_by_three_quarters() {
    let (entity, entered) = winding_up(Stage::ShareholderResolution);
    let due = at(entered + 21 * DAY);
    let vote = |votes_for, votes_cast| {
        let resolution = Some(Resolution { votes_for, votes_cast });
        let evidence = StageEvidence { sha256: Digest::of_blob(b"minutes"), resolution };
        entity.clone().apply(EntityEvent::Advance { at: due, evidence })
    };
    let not_carried = Err(IllegalTransition::NotCarried { stage: Stage::ShareholderResolution });
    for lost in [(0, 0), (74, 100), (5, 4), (u64::MAX / 2, u64::MAX)] {
        assert_eq!(vote(lost.0, lost.1), not_carried);
    }
    assert!(vote(75, 100).is_ok());
    assert!(vote(u64::MAX, u64::MAX).is_ok());
    let silent = StageEvidence::document(Digest::of_blob(b"minutes"));
    let refused = entity.apply(EntityEvent::Advance { at: due, evidence: silent });
    assert_eq!(refused, not_carried);
    let (board, entered) = winding_up(Stage::BoardResolution);
    let evidence = left_by(Stage::ShareholderResolution);
    let refused = board.apply(EntityEvent::Advance { at: at(entered + 7 * DAY), evidence });
    assert_eq!(refused, Err(IllegalTransition::NotAVote { stage: Stage::BoardResolution }));
}

/// The table of the protocol, written down once more: state, event, state after.
const OPEN: [(&str, &str, &str); 6] = [
    ("APPLIED", "approve", "ACTIVE"),
    ("APPLIED", "reject", "REJECTED"),
    ("ACTIVE", "suspend", "SUSPENDED"),
    ("SUSPENDED", "reinstate", "ACTIVE"),
    ("ACTIVE", "initiate_dissolution", "DISSOLVING"),
    ("DISSOLVING", "advance", "DISSOLVING"),
];

fn event(pick: u8, when: Timestamp, stage: Stage) -> EntityEvent {
    match pick % 6 {
        0 => EntityEvent::Approve { at: when },
        1 => EntityEvent::Reject { at: when, reason: why() },
        2 => EntityEvent::Suspend { at: when, reason: why() },
        3 => EntityEvent::Reinstate { at: when },
        4 => EntityEvent::InitiateDissolution { at: when },
        _ => EntityEvent::Advance { at: when, evidence: left_by(stage) },
    }
}

proptest! {
    #[test]
    fn every_sequence_of_events_is_legal_or_refused_by_name(
        steps in prop::collection::vec((0u8..16, -2i64..120), 1..60)
    ) {
        let (mut entity, mut now) = (entity(), 0i64);
        for (pick, days) in steps {
            now = (now + days * DAY).max(0);
            let stage = match entity.status() {
                Status::Dissolving(winding_up) => winding_up.stage(),
                _ => Stage::BoardResolution,
            };
            // Favor the events that lead far.
            let pick = match (pick, entity.status().name()) {
                (12.., "DISSOLVING") => 5,
                (14.., "ACTIVE") => 4,
                (14.., "APPLIED") => 0,
                (pick, _) => pick,
            };
            let event = event(pick, at(now), stage);
            let (before, name) = (entity.status().clone(), event.name());
            let open = OPEN.iter().find(|row| row.0 == before.name() && row.1 == name);
            match entity.clone().apply(event) {
                Ok(after) => {
                    let last = stage == Stage::Dissolution && before.name() == "DISSOLVING";
                    let expected = if last { "DISSOLVED" } else { open.unwrap().2 };
                    prop_assert_eq!(after.status().name(), expected);
                    prop_assert!(after.status().since() >= before.since());
                    prop_assert_eq!(after.formation(), entity.formation());
                    entity = after;
                }
                Err(IllegalTransition::NotOpen { state, event }) => {
                    prop_assert!(open.is_none());
                    prop_assert_eq!((state, event), (before.name(), name));
                }
                Err(IllegalTransition::TimeGoesBack { .. }) => prop_assert!(at(now) < before.since()),
                Err(IllegalTransition::TooEarly { earliest, .. }) => {
                    prop_assert!(open.is_some() && at(now) < earliest.unwrap());
                }
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
        let rest = Canonical::of(&entity).unwrap();
        prop_assert_eq!(rest.read::<Entity>().unwrap(), entity);
    }
}
