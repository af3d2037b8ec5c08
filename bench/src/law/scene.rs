//! A tensor of 10^6 coordinates, and the cells it is made of as a peer holds them.

use canon::{Date, Digest, JurisdictionId, Realm, RuleId, Timestamp};
use law::tensor::{Domains, Tensor};
use law::{
    Cell, DOMAINS, Decision, Domain, ENGINE, InJurisdiction, Kind, Reason, Row as Rule, State,
};

const SUBJECTS: usize = 25_000;
pub(crate) const PLACES: [&str; 2] = ["ae", "sg"];
/// One row for each subject and jurisdiction.
pub(crate) const ROWS: usize = SUBJECTS * PLACES.len();
/// One coordinate for each row and domain.
pub(crate) const COORDINATES: usize = ROWS * DOMAINS;
/// The moment of every reading.
pub(crate) const NOW: i64 = 1_800_000_000;

/// A cell as the peers hold it.
#[derive(Clone, Copy)]
pub(crate) struct Flat {
    pub(crate) state: State,
    pub(crate) expires: i64,
}

/// Every state occurs, most often `compliant`; one cell in forty has ended.
pub(crate) fn flat(row: usize, domain: usize) -> Flat {
    let mixed = (row * DOMAINS + domain).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let state = match mixed % 16 {
        0 => State::NonCompliant,
        1 => State::Pending,
        2 | 3 => State::NotApplicable,
        4 => State::Exempt,
        _ => State::Compliant,
    };
    let expires = if mixed % 40 == 7 { NOW - 1 } else { NOW + 86_400 };
    Flat { state, expires }
}

fn rule(place: &JurisdictionId, domain: Domain, flat: Flat) -> Rule {
    Rule {
        jurisdiction: Some(place.clone()),
        rule: RuleId::parse(&format!("{place}.{domain}.rule")).ok(),
        effect: None,
        mode: None,
        cited: None,
        review: None,
        displaced_by: None,
        state: flat.state,
        counted: true,
        reason: Reason::Satisfied,
        explanation: String::new(),
        remedy: None,
        inputs_sha256: Digest::of_blob(b"inputs"),
        missing: Vec::new(),
        expires: Timestamp::from_unix(flat.expires).ok(),
        unsourced: false,
    }
}

fn decision(subject: usize, places: &[JurisdictionId]) -> Decision {
    let cells = Domain::ALL.map(|domain| {
        let of = |at: usize| flat(subject * PLACES.len() + at, domain.ordinal());
        let by_jurisdiction = places.iter().enumerate().map(|(at, place)| InJurisdiction {
            left: false,
            jurisdiction: place.clone(),
            state: of(at).state,
        });
        let rows = places.iter().enumerate().map(|(at, place)| rule(place, domain, of(at)));
        let mut cell = Cell {
            domain,
            state: State::Pending,
            by_jurisdiction: by_jurisdiction.collect(),
            rows: rows.collect(),
        };
        cell.state = cell.folded();
        cell
    });
    Decision {
        engine: ENGINE.to_owned(),
        kind: Kind::EntityForm,
        realm: Realm::Sandbox,
        as_of: Date::parse("2026-11-20").expect("a date"),
        known_at: Timestamp::parse("2026-11-20T12:00:00Z").expect("a moment"),
        jurisdictions: places.to_vec(),
        facts_sha256: None,
        there: None,
        packs: Vec::new(),
        lists: Vec::new(),
        list_age_days: None,
        unsourced: Vec::new(),
        next_expiry: None,
        faults: Vec::new(),
        cells: cells.to_vec(),
    }
}

/// Every cell entered as a decision about its subject.
pub(crate) fn tensor() -> Tensor {
    let places = PLACES.map(|place| JurisdictionId::parse(place).expect("a jurisdiction"));
    let mut tensor = Tensor::new();
    for subject in 0..SUBJECTS {
        let decision = decision(subject, &places);
        let digest = Digest::of_blob(&subject.to_be_bytes());
        let name = format!("entity:{subject:08}");
        tensor.enter(subject as u64, &name, &decision, digest).expect("entered");
    }
    assert_eq!(tensor.coordinates(), ROWS);
    tensor
}

/// Twenty verdicts a row.
pub(crate) fn verdicts(tensor: &Tensor, now: Timestamp, into: &mut Vec<Domains>) -> usize {
    into.clear();
    into.extend(tensor.verdicts(now));
    into.len()
}

/// Whether the tensor's 20 verdicts of a row say that a domain passes.
pub(crate) fn ours(verdicts: &[Domains], row: usize, domain: usize) -> bool {
    verdicts[row].has(Domain::ALL[domain])
}
