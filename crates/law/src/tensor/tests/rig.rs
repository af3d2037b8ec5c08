//! Decisions made by hand: one counted row per jurisdiction and domain.

use canon::{Date, Digest, JurisdictionId, Realm, RuleId, Timestamp};

use crate::decision::{Cell, Decision, ENGINE, InJurisdiction, Reason, Row as Said};
use crate::domain::{DOMAINS, Domain};
use crate::kind::Kind;
use crate::state::State;

pub(super) type Cells = [(State, Option<Timestamp>); DOMAINS];

pub(super) fn place(name: &str) -> JurisdictionId {
    JurisdictionId::parse(name).unwrap()
}

pub(super) fn moment(secs: i64) -> Timestamp {
    Timestamp::from_unix(secs).unwrap()
}

pub(super) fn said(place: Option<&str>, state: State, expires: Option<Timestamp>) -> Said {
    Said {
        jurisdiction: place.map(self::place),
        rule: RuleId::parse("test.rule").ok(),
        effect: None,
        mode: None,
        cited: None,
        review: None,
        displaced_by: None,
        state,
        counted: true,
        reason: Reason::Satisfied,
        explanation: String::new(),
        remedy: None,
        inputs_sha256: Digest::of_blob(state.name().as_bytes()),
        missing: Vec::new(),
        expires,
        unsourced: false,
    }
}

pub(super) fn decision(as_of: Date, known_at: Timestamp, places: &[(&str, Cells)]) -> Decision {
    let cells = Domain::ALL.map(|domain| {
        let of = |cells: &Cells| cells[domain.ordinal()];
        let mut cell = Cell {
            domain,
            state: State::Pending,
            by_jurisdiction: places
                .iter()
                .map(|(name, cells)| InJurisdiction {
                    jurisdiction: place(name),
                    state: of(cells).0,
                    left: false,
                })
                .collect(),
            rows: places
                .iter()
                .map(|(name, cells)| said(Some(name), of(cells).0, of(cells).1))
                .collect(),
        };
        cell.state = cell.folded();
        cell
    });
    Decision {
        engine: ENGINE.to_owned(),
        kind: Kind::EntityForm,
        realm: Realm::Sandbox,
        as_of,
        known_at,
        jurisdictions: places.iter().map(|(name, _)| place(name)).collect(),
        facts_sha256: None,
        there: None,
        packs: Vec::new(),
        lists: Vec::new(),
        list_age_days: None,
        unsourced: Vec::new(),
        next_expiry: cells.iter().flat_map(|c| &c.rows).filter_map(|row| row.expires).min(),
        faults: Vec::new(),
        cells: cells.to_vec(),
    }
}
