//! The life of a license, against a table written down once more.

use super::*;
use crate::text::{Line, Slug};
use canon::{Canonical, Date, Digest, RecordId, Timestamp};
use proptest::prelude::*;
use serde_json::json;

const DAY: i64 = 86_400;

fn at(day: i64) -> Timestamp {
    Timestamp::from_unix(day * DAY).unwrap()
}

fn day(day: i64) -> Date {
    at(day).date()
}

fn asked() -> License {
    let sent = json!({ "entity_id": "ent-1", "license_type_id": "pk-secp.nbfc",
        "activities": ["leasing", "lending", "leasing"] });
    let sent: LicenseInput = serde_json::from_value(sent).unwrap();
    License::applied(RecordId::parse("lic-1").unwrap(), sent.try_into().unwrap(), at(0))
}

fn owed() -> Obligation {
    let sent = json!({ "obligation_id": "annual-return", "statement": "files its return",
        "every": "year", "due": day(30).to_string() });
    serde_json::from_value::<ObligationInput>(sent).unwrap().try_into().unwrap()
}

fn issue(until: Option<i64>) -> LicenseEvent {
    let term = LicenseTerm { from: day(1), until: until.map(day) };
    let number = Line::parse("NBFC-7").unwrap();
    LicenseEvent::Issue { number, term, obligations: vec![owed()] }
}

fn issued(until: Option<i64>) -> License {
    asked().apply(LicenseEvent::Review, at(1)).unwrap().apply(issue(until), at(1)).unwrap()
}

fn why() -> Line<500> {
    Line::parse("capital below the minimum").unwrap()
}

#[test]
fn a_license_is_in_force_from_its_first_day_to_the_day_before_its_end() {
    let license = issued(Some(100));
    assert!(!license.is_in_force(day(0)) && license.is_in_force(day(1)));
    assert!(license.is_in_force(day(99)) && !license.is_in_force(day(100)));
    assert_eq!(license.state_on(day(100)), "EXPIRED", "said or not");
    assert!(!asked().is_in_force(day(50)));
}

#[test]
fn it_expires_only_when_its_term_has_passed_and_is_not_renewed_after() {
    let today = day(99);
    let early = issued(Some(100)).apply(LicenseEvent::Expire, at(99));
    assert_eq!(early, Err(IllegalLicense::NotPassed { today }));
    assert_eq!(
        issued(None).apply(LicenseEvent::Expire, at(99)),
        Err(IllegalLicense::NotPassed { today })
    );
    let renewed = issued(Some(100)).apply(LicenseEvent::Renew { until: day(200) }, at(99));
    assert!(renewed.unwrap().is_in_force(day(150)));
    let late = issued(Some(100)).apply(LicenseEvent::Renew { until: day(200) }, at(100));
    assert_eq!(late, Err(IllegalLicense::Passed { until: day(100) }));
    let suspended = issued(Some(100)).apply(LicenseEvent::Suspend(why()), at(50)).unwrap();
    assert_eq!(suspended.state_on(day(60)), "SUSPENDED");
    let expired = suspended.apply(LicenseEvent::Expire, at(100)).unwrap();
    assert_eq!(expired.status().name(), "EXPIRED");
}

#[test]
fn an_obligation_is_met_for_one_period_and_overdue_after_the_next() {
    let license = issued(None);
    assert!(!license.obligations()[0].is_overdue(day(30)));
    assert!(license.obligations()[0].is_overdue(day(31)));
    let meet = |id: &str| LicenseEvent::Meet {
        obligation_id: Slug::parse(id).unwrap(),
        evidence: Digest::of_blob(b"return"),
    };
    let met = license.apply(meet("annual-return"), at(28)).unwrap();
    assert_eq!(met.obligations()[0].due, Some(day(395)));
    assert!(matches!(met.apply(meet("capital"), at(28)), Err(IllegalLicense::NotOwed(_))));
}

#[test]
fn a_term_that_ends_before_it_begins_and_obligations_of_one_name_are_refused() {
    let review = asked().apply(LicenseEvent::Review, at(1)).unwrap();
    let bad = review.clone().apply(issue(Some(1)), at(1));
    assert!(matches!(bad, Err(IllegalLicense::Term { .. })));
    let mut twice = issue(None);
    if let LicenseEvent::Issue { obligations, .. } = &mut twice {
        obligations.push(owed());
    }
    assert_eq!(review.apply(twice, at(1)), Err(IllegalLicense::Obligations));
}

/// State, event, state after.
const OPEN: [(&str, &str, &str); 16] = [
    ("APPLIED", "review", "UNDER_REVIEW"),
    ("APPLIED", "reject", "REJECTED"),
    ("UNDER_REVIEW", "reject", "REJECTED"),
    ("UNDER_REVIEW", "issue", "ACTIVE"),
    ("ACTIVE", "suspend", "SUSPENDED"),
    ("ACTIVE", "renew", "ACTIVE"),
    ("ACTIVE", "revoke", "REVOKED"),
    ("ACTIVE", "surrender", "SURRENDERED"),
    ("ACTIVE", "expire", "EXPIRED"),
    ("ACTIVE", "meet", "ACTIVE"),
    ("SUSPENDED", "reinstate", "ACTIVE"),
    ("SUSPENDED", "revoke", "REVOKED"),
    ("SUSPENDED", "surrender", "SURRENDERED"),
    ("SUSPENDED", "expire", "EXPIRED"),
    ("SUSPENDED", "meet", "SUSPENDED"),
    ("-", "-", "-"),
];

proptest! {
    #[test]
    fn every_sequence_of_events_is_legal_or_refused_by_name(
        steps in prop::collection::vec((0u8..10, 0i64..40), 1..40)
    ) {
        let (mut license, mut now) = (asked(), 1);
        for (pick, days) in steps {
            now += days;
            let obligation_id = Slug::parse("annual-return").unwrap();
            let evidence = Digest::of_blob(b"x");
            let event = match pick {
                0 => LicenseEvent::Review,
                1 => issue(Some(now + 60)),
                2 => LicenseEvent::Reject(why()),
                3 => LicenseEvent::Suspend(why()),
                4 => LicenseEvent::Reinstate,
                5 => LicenseEvent::Renew { until: day(now + 90) },
                6 => LicenseEvent::Revoke(why()),
                7 => LicenseEvent::Surrender,
                8 => LicenseEvent::Expire,
                _ => LicenseEvent::Meet { obligation_id, evidence },
            };
            let (before, name) = (license.status().name(), event.name());
            let open = OPEN.iter().find(|row| row.0 == before && row.1 == name);
            match license.clone().apply(event, at(now)) {
                Ok(after) => {
                    prop_assert_eq!(Some(after.status().name()), open.map(|row| row.2));
                    license = after;
                }
                Err(IllegalLicense::NotOpen { .. }) => prop_assert!(open.is_none()),
                Err(IllegalLicense::Passed { .. }) => prop_assert!(license.has_passed(day(now))),
                Err(IllegalLicense::NotPassed { .. }) => prop_assert!(!license.has_passed(day(now))),
                Err(other) => prop_assert!(open.is_some(), "{}", other),
            }
        }
        let rest = Canonical::of(&license).unwrap();
        prop_assert_eq!(rest.read::<License>().unwrap(), license);
    }
}
