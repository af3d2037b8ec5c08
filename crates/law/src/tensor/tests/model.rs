//! The tensor beside a list of cells read by looking through all of them.

use canon::{Date, Digest, Timestamp};
use proptest::prelude::*;

use super::rig::{Cells, decision, moment, place};
use crate::domain::{DOMAINS, Domain};
use crate::state::{State, passes};
use crate::tensor::{Asked, BadSlice, Domains, Tensor};

const SUBJECTS: [&str; 3] = ["entity:a", "entity:b", "entity:c"];
const PLACES: [&str; 3] = ["ae", "pk", "sg"];
const DAY: i64 = 86_400;

/// One decision: subject, jurisdictions by bit, day of law, moment of knowledge, cells.
type Given = (usize, usize, i64, i64, Vec<(u8, Option<i64>)>);

/// One cell, kept as it was said.
struct Flat {
    subject: usize,
    place: usize,
    domain: Domain,
    as_of: Date,
    known_at: Timestamp,
    sequence: usize,
    state: State,
    expires: Option<Timestamp>,
}

fn given() -> impl Strategy<Value = Given> {
    let cell = (0u8..5, proptest::option::weighted(0.3, 0i64..40));
    let cells = proptest::collection::vec(cell, DOMAINS * PLACES.len());
    (0..SUBJECTS.len(), 1usize..8, 0i64..12, 0i64..12 * 4, cells)
}

fn cells_of(cells: &[(u8, Option<i64>)], at: usize) -> Cells {
    std::array::from_fn(|lane| {
        let (state, end) = cells[at * DOMAINS + lane];
        (State::ALL[usize::from(state)], end.map(|n| moment(n * DAY / 2)))
    })
}

fn both(all: &[Given]) -> (Tensor, Vec<Flat>) {
    let (mut tensor, mut flat) = (Tensor::new(), Vec::new());
    for (sequence, (subject, bits, day, known, cells)) in all.iter().enumerate() {
        let (as_of, known_at) = (moment(day * DAY).date(), moment(known * DAY / 4));
        let chosen: Vec<usize> = (0..PLACES.len()).filter(|at| bits >> at & 1 == 1).collect();
        let places: Vec<_> = chosen.iter().map(|at| (PLACES[*at], cells_of(cells, *at))).collect();
        let said = decision(as_of, known_at, &places);
        let digest = Digest::of_blob(&sequence.to_be_bytes());
        tensor.enter(sequence as u64, SUBJECTS[*subject], &said, digest).unwrap();
        for at in chosen {
            for (domain, (state, expires)) in Domain::ALL.into_iter().zip(cells_of(cells, at)) {
                let subject = *subject;
                flat.push(Flat {
                    subject,
                    place: at,
                    domain,
                    as_of,
                    known_at,
                    sequence,
                    state,
                    expires,
                });
            }
        }
    }
    (tensor, flat)
}

/// The state of a cell by looking at every cell there is.
fn model(
    flat: &[Flat],
    (subject, place, domain): (usize, usize, Domain),
    (as_of, known_at, now): (Date, Timestamp, Timestamp),
) -> Option<State> {
    let of = flat
        .iter()
        .filter(|cell| (cell.subject, cell.place, cell.domain) == (subject, place, domain));
    let then = of.filter(|cell| cell.as_of <= as_of && cell.known_at <= known_at);
    let cell = then.max_by_key(|cell| (cell.as_of, cell.known_at, cell.sequence))?;
    let over = cell.expires.is_some_and(|end| end <= now);
    Some(if over { State::NonCompliant } else { cell.state })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_cell_reads_as_in_the_model_at_every_pair_of_times(
        all in proptest::collection::vec(given(), 1..8), day in 0i64..16, known in 0i64..64, mask in 1u32..1 << 20,
    ) {
        let (tensor, flat) = both(&all);
        let (as_of, known_at) = (moment(day * DAY).date(), moment(known * DAY / 4));
        let now = if known_at.date() == as_of { known_at } else { moment((day + 1) * DAY - 1) };
        let domains = Domains::of_bits(mask);
        for (subject, name) in SUBJECTS.iter().enumerate() {
            let asked = Asked { subject: name, jurisdictions: None, domains, as_of, known_at };
            let of = |place, domain| model(&flat, (subject, place, domain), (as_of, known_at, now));
            let known: Vec<usize> = (0..PLACES.len()).filter(|at| of(*at, Domain::Aml).is_some()).collect();
            let slice = tensor.slice(&asked);
            if known.is_empty() {
                prop_assert_eq!(slice.err(), Some(BadSlice::NothingDecided));
                continue;
            }
            let slice = slice.unwrap();
            prop_assert_eq!(slice.places().len(), known.len());
            let mut worst = State::Compliant;
            for domain in Domain::ALL {
                let states: Vec<_> = known.iter().map(|at| of(*at, domain).unwrap()).collect();
                let why: Vec<_> = slice.why(domain).map(|why| why.state).collect();
                prop_assert_eq!(&why, &states);
                let applying = states.into_iter().filter(|state| *state != State::NotApplicable);
                let state = applying.min().unwrap_or(State::NotApplicable);
                prop_assert_eq!(slice.row().state(domain), state);
                if domains.has(domain) {
                    worst = worst.min(state);
                    let (passing, blocking) = slice.passing_and_blocking();
                    prop_assert_eq!(passing.has(domain), passes(domain, state));
                    prop_assert_eq!(blocking.has(domain), !passes(domain, state));
                }
            }
            prop_assert_eq!(slice.aggregate(), worst);
        }
    }

    #[test]
    fn the_present_reads_alike_before_and_after_it_is_moved(
        all in proptest::collection::vec(given(), 1..8), stops in proptest::collection::vec(0i64..60, 1..4),
    ) {
        let (mut tensor, flat) = both(&all);
        let mut stops = stops;
        stops.sort_unstable();
        for stop in stops {
            let now = moment(stop * DAY / 3);
            let ever = (moment(99 * DAY).date(), moment(99 * DAY), now);
            let mut expected = Vec::new();
            for (name, places) in tensor.subjects() {
                for (place, at) in places {
                    let subject = SUBJECTS.iter().position(|known| *known == name).unwrap();
                    let which = PLACES.iter().position(|known| *known == place.as_str()).unwrap();
                    let state = |domain| model(&flat, (subject, which, domain), ever).unwrap();
                    let passing: Domains =
                        Domain::ALL.into_iter().filter(|d| passes(*d, state(*d))).collect();
                    expected.push((at.at(), passing));
                }
            }
            expected.sort_unstable();
            let expected: Vec<Domains> = expected.into_iter().map(|(_, passing)| passing).collect();
            prop_assert_eq!(&tensor.verdicts(now).collect::<Vec<_>>(), &expected);
            tensor.advance(now);
            prop_assert_eq!(&tensor.verdicts(now).collect::<Vec<_>>(), &expected);
        }
    }

    #[test]
    fn merging_two_readings_is_the_worse_of_each_cell(
        all in proptest::collection::vec(given(), 2..8), cut in 1usize..7,
    ) {
        let cut = cut.min(all.len() - 1);
        let (one, flat_one) = both(&all[..cut]);
        let (two, flat_two) = both(&all[cut..]);
        let (as_of, known_at) = (moment(14 * DAY).date(), moment(14 * DAY));
        for (subject, name) in SUBJECTS.iter().enumerate() {
            let asked = Asked { subject: name, jurisdictions: None, domains: Domains::ALL, as_of, known_at };
            let (Ok(a), Ok(b)) = (one.slice(&asked), two.slice(&asked)) else { continue };
            let merged = a.clone().merge(b.clone()).unwrap();
            prop_assert_eq!(merged.row(), b.merge(a).unwrap().row());
            for (at, place_name) in PLACES.iter().enumerate() {
                for domain in Domain::ALL {
                    let of = |flat| model(flat, (subject, at, domain), (as_of, known_at, known_at));
                    let expected = of(&flat_one).into_iter().chain(of(&flat_two)).min();
                    let read = merged.why(domain).find(|why| *why.jurisdiction == place(place_name));
                    prop_assert_eq!(read.map(|why| why.state), expected);
                }
            }
        }
    }
}

#[test]
fn a_slice_over_nothing_is_an_error() {
    let cells = [(State::Compliant, None); DOMAINS];
    let said = decision(moment(0).date(), moment(0), &[("sg", cells)]);
    let mut tensor = Tensor::new();
    tensor.enter(0, "entity:a", &said, Digest::of_blob(b"")).unwrap();
    let asked = Asked {
        subject: "entity:a",
        jurisdictions: None,
        domains: Domains::ALL,
        as_of: moment(0).date(),
        known_at: moment(0),
    };
    assert_eq!(tensor.slice(&asked).unwrap().aggregate(), State::Compliant);
    let none = Asked { domains: Domains::NONE, ..asked };
    assert_eq!(tensor.slice(&none).err(), Some(BadSlice::Empty));
    let nowhere = Asked { jurisdictions: Some(&[]), ..asked };
    assert_eq!(tensor.slice(&nowhere).err(), Some(BadSlice::Empty));
    let both = [place("pk"), place("sg")];
    let silent = Asked { jurisdictions: Some(&both), ..asked };
    let slice = tensor.slice(&silent).unwrap();
    assert_eq!(slice.aggregate(), State::Pending, "where nothing was decided nothing passes");
    let nobody = Asked { subject: "entity:z", ..asked };
    assert_eq!(tensor.slice(&nobody).err(), Some(BadSlice::NothingDecided));
}
