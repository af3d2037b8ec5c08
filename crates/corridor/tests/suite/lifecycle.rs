//! The six states at rest: every event in every state, and the gate of every kind.

use corridor::State;
use corridor::lane::TransitionKind;
use corridor::lifecycle::{AnyCorridor, Event};

const STATES: [State; 6] = [
    State::Draft,
    State::Pending,
    State::Active,
    State::Halted,
    State::Suspended,
    State::Deprecated,
];

#[test]
fn every_event_leads_where_the_table_says_or_is_refused_by_name() {
    // One row per state; columns submit, activate, halt, suspend, resume, deprecate (to its end).
    let events = [
        Event::Submit,
        Event::Activate,
        Event::Halt,
        Event::Suspend,
        Event::Resume,
        Event::Deprecate,
    ];
    let table = ["P.....", ".A....", "..HS.E", "..H.AE", "..HSAE", ".....E"];
    for (from, row) in STATES.into_iter().zip(table) {
        for (event, cell) in events.into_iter().zip(row.chars()) {
            let to = match cell {
                'E' => Some(State::Deprecated),
                _ => STATES.into_iter().find(|state| state.to_string().starts_with(cell)),
            };
            let got = AnyCorridor::from(from).apply(event);
            assert_eq!(got.ok().map(|c| c.state()), to, "{from} {event:?}");
            if let Err(refused) = got {
                assert!(refused.to_string().contains(&from.to_string()));
            }
        }
    }
}

#[test]
fn the_gate_admits_what_its_table_says() {
    // Columns business, ack and return, halt, resume, suspend, deprecate.
    let table = ["......", "......", "yyy.yy", ".yyy.y", ".yyyyy", ".y...."];
    for (state, row) in STATES.into_iter().zip(table) {
        let cell = |n: usize| row.chars().nth(n) == Some('y');
        let kinds = [
            (TransitionKind::Noop, 0),
            (TransitionKind::PaymentTransfer, 0),
            (TransitionKind::Ack, 1),
            (TransitionKind::PaymentReturn, 1),
            (TransitionKind::Halt, 2),
            (TransitionKind::Resume, 3),
            (TransitionKind::Suspend, 4),
            (TransitionKind::Deprecate, 5),
        ];
        for (kind, column) in kinds {
            assert_eq!(state.admits(kind), cell(column), "{kind} while {state}");
        }
    }
}
