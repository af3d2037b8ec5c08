//! The register over time, against a model that keeps every state of every day.

use super::*;
use crate::text::Line;
use canon::{Date, EntityId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

fn at(day: i64) -> Timestamp {
    Timestamp::from_unix(day * DAY).unwrap()
}

fn day(day: i64) -> Date {
    at(day).date()
}

fn owner(name: &str, ownership_bp: u16) -> Value {
    json!({ "name": name, "kind": "person", "ownership_bp": ownership_bp })
}

fn declare(sent: &[Value]) -> Change {
    let sent = sent.iter().map(|one| serde_json::from_value(one.clone()).unwrap()).collect();
    Change::Declare { owners: declared(sent).unwrap() }
}

fn officer(name: &str) -> Change {
    let sent = json!({ "name": name, "kind": "person", "office": "director" });
    Change::Appoint { officer: serde_json::from_value(sent).unwrap() }
}

fn rename(name: &str) -> Change {
    Change::Rename { name: Line::parse(name).unwrap() }
}

fn company() -> Entity {
    let sent = json!({ "entity_type": "private_limited", "legal_name": "Harbour Tea",
        "jurisdiction_id": "sg", "activity": "tea",
        "registered_office": { "address": "1 Harbour Road", "jurisdiction_id": "sg" },
        "beneficial_owners": [owner("Asha", 6_000), owner("Bo", 4_000)] });
    let formation = serde_json::from_value(sent).unwrap();
    let entity = Entity::applied(EntityId::parse("ent-1").unwrap(), formation, at(10));
    entity.apply(EntityEvent::Approve { at: at(10) }).unwrap()
}

fn on(from: i64, recorded: i64) -> Effect {
    Effect { from: day(from), recorded: at(recorded) }
}

fn seen(entity: &Entity, as_of: i64, known_at: i64) -> Vec<(String, u16)> {
    let register = entity.register();
    let day = Day { as_of: day(as_of), known_at: at(known_at) };
    let rows = register.owners(day).map(|row| &row.value);
    rows.map(|owner| (owner.name.as_str().to_owned(), owner.ownership_bp)).collect()
}

#[test]
fn owners_are_read_as_of_a_day_and_as_known_at_a_moment() {
    let company = company();
    let change = declare(&[owner("Asha", 6_000), owner("Chen", 4_000)]);
    let company = company.changed(change, on(20, 30)).unwrap();
    let before = vec![("Asha".to_owned(), 6_000), ("Bo".to_owned(), 4_000)];
    let after = vec![("Asha".to_owned(), 6_000), ("Chen".to_owned(), 4_000)];
    assert_eq!(seen(&company, 19, 30), before);
    assert_eq!(seen(&company, 20, 30), after);
    assert_eq!(seen(&company, 20, 29), before, "nobody knew of it yet");
    assert!(seen(&company, 9, 30).is_empty(), "before it was formed");
    let now: Vec<&str> = company.formation().owners().iter().map(|o| o.name.as_str()).collect();
    assert_eq!(now, ["Asha", "Chen"], "what law is told is what is so now");
    assert_eq!(company.register().owners.len(), 3, "nothing is overwritten");
}

#[test]
fn a_change_of_a_day_that_has_not_come_or_lies_before_what_it_follows_is_refused() {
    let tomorrow = company().changed(rename("Harbour Coffee"), on(31, 30));
    assert_eq!(tomorrow, Err(BadChange::Future { from: day(31), today: day(30) }));
    let early = company().changed(rename("Harbour Coffee"), on(9, 30));
    assert_eq!(early, Err(BadChange::Backwards { from: day(9), since: day(10) }));
    assert_eq!(company().changed(rename("Harbour Tea"), on(20, 30)), Err(BadChange::Same));
    let same = declare(&[owner("Bo", 4_000), owner("Asha", 6_000)]);
    assert_eq!(company().changed(same, on(20, 30)), Err(BadChange::Same));
    let renamed = company().changed(rename("Harbour Coffee"), on(20, 30)).unwrap();
    let day = Day { as_of: day(15), known_at: at(30) };
    assert_eq!(renamed.register().name(day), Some("Harbour Tea"));
    assert_eq!(renamed.formation().legal_name(), "Harbour Coffee");
}

#[test]
fn an_officer_is_appointed_once_and_leaves_once() {
    let company = company().changed(officer("Dara"), on(20, 30)).unwrap();
    assert_eq!(company.clone().changed(officer("Dara"), on(21, 30)), Err(BadChange::Same));
    let leave = Change::Leave { number: 0 };
    let early = company.clone().changed(leave.clone(), on(19, 30));
    assert_eq!(early, Err(BadChange::Backwards { from: day(19), since: day(20) }));
    let left = company.changed(leave.clone(), on(25, 30)).unwrap();
    assert_eq!(left.in_office().count(), 0);
    let on_day = |as_of| Day { as_of: day(as_of), known_at: at(40) };
    assert_eq!(left.register().officers(on_day(24)).count(), 1);
    assert_eq!(left.register().officers(on_day(25)).count(), 0);
    assert_eq!(left.changed(leave, on(26, 30)), Err(BadChange::NotInOffice(0)));
}

#[test]
fn an_entity_of_before_has_no_register_and_reads_the_same() {
    let company = company();
    let rest = serde_json::to_value(&company).unwrap();
    assert!(rest.get("register").is_none());
    assert_eq!(serde_json::from_value::<Entity>(rest).unwrap(), company);
    assert_eq!(company.register().names.len(), 1);
}

proptest! {
    #[test]
    fn every_day_reads_as_the_model_kept_it(
        changes in prop::collection::vec((0i64..20, prop::collection::btree_map(0u8..4, 1u16..2_000, 0..4)), 0..12)
    ) {
        let mut company = company();
        let first = vec![("Asha".to_owned(), 6_000), ("Bo".to_owned(), 4_000)];
        // The model: from each day on, the whole list.
        let mut model = vec![(10, first)];
        let (mut from, now) = (10, 400);
        for (later, owners) in changes {
            from += later;
            let list: Vec<Value> =
                owners.iter().map(|(n, bp)| owner(&format!("owner {n}"), *bp)).collect();
            match company.clone().changed(declare(&list), on(from, now)) {
                Ok(after) => {
                    company = after;
                    let list = owners.iter().map(|(n, bp)| (format!("owner {n}"), *bp)).collect();
                    model.push((from, list));
                }
                Err(BadChange::Same) => {}
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
        for as_of in 10..from + 2 {
            let kept = model.iter().rev().find(|(since, _)| *since <= as_of).unwrap();
            let mut expected = kept.1.clone();
            expected.sort();
            let mut found = seen(&company, as_of, now);
            found.sort();
            prop_assert_eq!(found, expected, "day {}", as_of);
        }
        let rest = canon::Canonical::of(&company).unwrap();
        prop_assert_eq!(rest.read::<Entity>().unwrap(), company);
    }
}
