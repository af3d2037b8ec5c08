//! Every law of the lattice, over all states and in every lane.

use canon::Timestamp;

use crate::domain::{DOMAINS, Domain};
use crate::state::{State, passes};
use crate::tensor::{Domains, Row};

fn uniform(state: State) -> Row {
    Row::of(&[state; DOMAINS], None)
}

/// `one` in `lane`, `rest` elsewhere.
fn lane(lane: usize, one: State, rest: State) -> Row {
    let mut states = [rest; DOMAINS];
    states[lane] = one;
    Row::of(&states, None)
}

#[test]
fn meet_is_the_minimum_in_every_lane_whatever_the_others_hold() {
    for at in 0..DOMAINS {
        for (a, b) in pairs() {
            for (x, y) in pairs() {
                let met = lane(at, a, x).meet(lane(at, b, y));
                assert_eq!(met, lane(at, a.meet(b), x.meet(y)));
                assert_eq!(Row::from_bits(met.bits()), Ok(met));
            }
        }
    }
}

fn pairs() -> impl Iterator<Item = (State, State)> {
    State::ALL.into_iter().flat_map(|a| State::ALL.map(move |b| (a, b)))
}

#[test]
fn meet_is_commutative_associative_idempotent_with_top_and_bottom() {
    let bottom = uniform(State::NonCompliant);
    for (a, b) in pairs() {
        let (ra, rb) = (uniform(a), uniform(b));
        assert_eq!(ra.meet(rb), rb.meet(ra));
        assert_eq!(ra.meet(ra), ra);
        assert_eq!(ra.meet(Row::TOP), ra);
        assert_eq!(ra.meet(bottom), bottom);
        assert_eq!(ra.meet(rb) == ra, a <= b, "the order is that of the states");
        for c in State::ALL {
            let rc = uniform(c);
            assert_eq!(ra.meet(rb.meet(rc)), ra.meet(rb).meet(rc));
            // join of the states, absorbed both ways
            assert_eq!(ra.meet(uniform(a.join(c))), ra);
            assert_eq!(uniform(a.join(a.meet(c))), ra);
        }
    }
}

#[test]
fn what_passes_is_what_the_one_rule_of_states_says() {
    for domain in Domain::ALL {
        for state in State::ALL {
            for rest in State::ALL {
                let row = lane(domain.ordinal(), state, rest);
                assert_eq!(row.passing().has(domain), passes(domain, state), "{domain} {state}");
                assert_eq!(row.state(domain), state);
                assert_eq!(row.applies().has(domain), state != State::NotApplicable);
            }
        }
    }
    assert_eq!(Row::TOP.passing(), Domains::ALL);
    assert_eq!(Row::PENDING.passing(), Domains::NONE);
}

#[test]
fn across_jurisdictions_is_the_minimum_where_the_domain_applies() {
    let model = |states: &[State]| {
        let applying = states.iter().copied().filter(|state| *state != State::NotApplicable);
        applying.min().unwrap_or(State::NotApplicable)
    };
    for at in [0, 2, 7, DOMAINS - 1] {
        for (a, b) in pairs() {
            for c in State::ALL {
                for rest in State::ALL {
                    let rows = [a, b, c].map(|state| lane(at, state, rest));
                    assert_eq!(Row::across(rows), lane(at, model(&[a, b, c]), rest));
                }
            }
        }
    }
    assert_eq!(Row::across([]), Row::PENDING);
    assert_eq!(Row::across([uniform(State::Exempt)]), uniform(State::Exempt));
}

#[test]
fn what_is_unsettled_in_one_jurisdiction_is_never_better_than_that_in_all() {
    for at in [0, 7, DOMAINS - 1] {
        let open = lane(at, State::NotApplicable, State::Compliant);
        let open = open.unsettled([Domain::ALL[at]].into_iter().collect());
        assert_eq!(Row::from_bits(open.bits()), Ok(open));
        for other in State::ALL {
            let other = lane(at, other, State::Compliant);
            let wanted = other.state(Domain::ALL[at]).min(State::NotApplicable);
            for rows in [[open, other], [other, open]] {
                let read = Row::across(rows);
                assert_eq!(read.state(Domain::ALL[at]), wanted);
                assert_eq!(Row::across([read, uniform(State::Compliant)]), read);
                assert_eq!(rows[0].meet(rows[1]).state(Domain::ALL[at]), wanted);
            }
        }
    }
}

#[test]
fn a_word_that_no_row_has_is_refused() {
    let due = Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    for (a, b) in pairs() {
        let mut states = [a; DOMAINS];
        states[3] = b;
        for row in [Row::of(&states, None), Row::of(&states, Some(due))] {
            assert_eq!(Row::from_bits(row.bits()), Ok(row));
            let accepted = (0..100).filter_map(|bit| Row::from_bits(row.bits() ^ 1 << bit).ok());
            // One bit changed in planes or mask is another row only between two states that both
            // apply, or where it makes a domain out of reach unsettled; and then it is that row.
            for other in accepted {
                let changed = Domain::ALL.iter().filter(|d| row.state(**d) != other.state(**d));
                let opened = Domain::ALL.into_iter().filter(|d| {
                    row.applies().has(*d) != other.applies().has(*d)
                        && other.state(*d) == State::NotApplicable
                });
                let (changed, opened) = (changed.count(), opened.count());
                assert!(changed == 1 || (changed, opened) == (0, 1), "{changed} {opened}");
                assert_eq!(Row::of(&other.states(), None).passing(), other.passing());
            }
        }
    }
}

#[test]
fn a_word_is_due_from_the_minute_in_which_something_ends() {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let end = at("2027-01-01T12:00:30Z");
    let row = Row::of(&[State::Compliant; DOMAINS], Some(end));
    assert!(!row.is_due(at("2027-01-01T11:59:59Z")));
    assert!(row.is_due(at("2027-01-01T12:00:00Z")), "early within the minute, never late");
    assert!(row.is_due(end));
    let far = Row::of(&[State::Compliant; DOMAINS], Some(at("9999-12-31T23:59:59Z")));
    assert!(!far.is_due(end));
    assert!(far.is_due(at("9999-12-31T23:59:59Z")), "looked at too early is looked at");
    assert!(!Row::TOP.is_due(at("9999-12-31T23:59:59Z")));
    assert!(row.meet(far).is_due(end));
}
