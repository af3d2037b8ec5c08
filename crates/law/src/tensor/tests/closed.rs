//! Nothing that is removed, ended or corrupted makes a reading better.

use canon::{Canonical, Digest, Timestamp};
use proptest::prelude::*;

use super::rig::{decision, moment, place, said};
use crate::decision::{Decision, Fault};
use crate::domain::{DOMAINS, Domain};
use crate::state::{State, may_proceed};
use crate::tensor::{Asked, BadEntry, Domains, Row, Tensor};

const SUBJECT: &str = "entity:a";

fn fine(at: i64, expires: Option<Timestamp>) -> Decision {
    let cells = [(State::Compliant, expires); DOMAINS];
    decision(moment(at).date(), moment(at), &[("ae", cells), ("sg", cells)])
}

fn read(tensor: &Tensor, now: Timestamp) -> Option<Row> {
    let asked = Asked {
        subject: SUBJECT,
        jurisdictions: None,
        domains: Domains::ALL,
        as_of: now.date(),
        known_at: now,
    };
    tensor.slice(&asked).ok().map(|slice| slice.row())
}

fn one(record: &Canonical, now: Timestamp) -> Option<Row> {
    let mut tensor = Tensor::new();
    tensor.record(0, SUBJECT, record).ok()?;
    read(&tensor, now)
}

/// Never better, in any lane.
fn no_better(changed: Row, original: Row) -> bool {
    changed.meet(original).states() == changed.states()
}

#[test]
fn an_entry_left_out_or_told_twice_stops_the_fold() {
    let mut tensor = Tensor::new();
    tensor.enter(0, SUBJECT, &fine(0, None), Digest::of_blob(b"0")).unwrap();
    let next = fine(60, None);
    for found in [0, 2, u64::MAX] {
        let refused = tensor.enter(found, SUBJECT, &next, Digest::of_blob(b"1"));
        assert_eq!(refused, Err(BadEntry::Sequence { expected: 1, found }));
        assert_eq!(tensor.pass(found), refused);
    }
    tensor.pass(1).unwrap();
    tensor.enter(2, SUBJECT, &next, Digest::of_blob(b"1")).unwrap();
}

#[test]
fn what_has_ended_reads_non_compliant_at_that_very_second() {
    let end = moment(1_000);
    let record = fine(0, Some(end)).record().unwrap();
    assert_eq!(one(&record, moment(999)).map(Row::passing), Some(Domains::ALL));
    for later in [1_000, 1_001, 86_399] {
        let row = one(&record, moment(later)).unwrap();
        assert_eq!(row.states(), [State::NonCompliant; DOMAINS]);
    }
}

#[test]
fn a_case_that_could_not_be_evaluated_reads_pending() {
    let mut broken = fine(60, None);
    broken.cells.clear();
    broken.faults = vec![Fault { code: "no-pack".into(), detail: String::new() }];
    let mut tensor = Tensor::new();
    tensor.enter(0, SUBJECT, &fine(0, None), Digest::of_blob(b"0")).unwrap();
    tensor.record(1, SUBJECT, &broken.record().unwrap()).unwrap();
    assert_eq!(read(&tensor, moment(60)), Some(Row::PENDING));
}

#[test]
fn what_the_zone_itself_asks_counts_in_every_jurisdiction() {
    for (own, law) in State::ALL.into_iter().flat_map(|a| State::ALL.map(|b| (a, b))) {
        for other in State::ALL {
            let cells = |state| [(state, None); DOMAINS];
            let places = [("ae", cells(law)), ("sg", cells(other))];
            let mut both = decision(moment(0).date(), moment(0), &places);
            for cell in &mut both.cells {
                cell.rows.push(said(None, own, None));
                cell.state = cell.folded();
            }
            let row = one(&both.record().unwrap(), moment(0)).unwrap();
            for domain in Domain::ALL {
                assert_eq!(row.state(domain), both.cell(domain).unwrap().state);
            }
            assert_eq!(row.passing() == Domains::ALL, may_proceed(&both));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// A record in which one value is another, a member is gone, or a byte is: refused, or no better.
    #[test]
    fn a_corrupted_record_is_refused_or_reads_no_better(
        states in proptest::collection::vec(0usize..5, DOMAINS), at in any::<usize>(), to in 0usize..6, gone: bool,
    ) {
        let cells = std::array::from_fn(|lane| (State::ALL[states[lane]], Some(moment(5_000))));
        let good = decision(moment(0).date(), moment(0), &[("ae", cells)]).record().unwrap();
        let original = one(&good, moment(10)).unwrap();
        let text = String::from_utf8(good.bytes().to_vec()).unwrap();
        let words = ["non_compliant", "pending", "not_applicable", "exempt", "compliant"];
        let marks: Vec<usize> = text.match_indices("\"state\":\"").map(|(at, mark)| at + mark.len()).collect();
        let start = marks[at % marks.len()];
        let end = start + text[start..].find('"').unwrap();
        let mut bad = text.clone();
        if gone {
            bad.replace_range(start - "\"state\":\"".len()..=end, "\"x\":0");
        } else {
            bad.replace_range(start..end, words.get(to).copied().unwrap_or("fine"));
        }
        let read = Canonical::parse(bad.as_bytes()).ok().and_then(|bad| one(&bad, moment(10)));
        if let Some(row) = read {
            prop_assert!(no_better(row, original), "{text}\n{row:?}");
        }
        let mut bytes = text.into_bytes();
        let index = at % bytes.len();
        bytes[index] = bytes[index].wrapping_add(1 + u8::try_from(to).unwrap());
        if let Ok(bad) = Canonical::parse(&bytes) {
            // What is still a decision has another digest, and the journal's chain names it.
            prop_assert_ne!(bad.digest(), good.digest());
        }
    }

    #[test]
    fn removing_a_row_or_a_jurisdiction_from_a_decision_reads_no_better(
        states in proptest::collection::vec(0usize..5, 2 * DOMAINS), lane in 0..DOMAINS, which in 0usize..3,
    ) {
        let cells = |from: usize| std::array::from_fn(|lane| (State::ALL[states[from + lane]], None));
        let whole = decision(moment(0).date(), moment(0), &[("ae", cells(0)), ("sg", cells(DOMAINS))]);
        let original = one(&whole.record().unwrap(), moment(0)).unwrap();
        let mut less = whole.clone();
        let cell = &mut less.cells[lane];
        match which {
            0 => drop(cell.rows.pop()),
            1 => drop(cell.by_jurisdiction.pop()),
            _ => drop(less.cells.remove(lane)),
        }
        for cell in &mut less.cells {
            cell.state = cell.folded();
        }
        if let Some(row) = one(&less.record().unwrap(), moment(0)) {
            prop_assert!(row.state(Domain::ALL[lane]) <= State::Pending.max(original.state(Domain::ALL[lane])));
            prop_assert!(row.state(Domain::ALL[lane]) != State::Compliant || original.state(Domain::ALL[lane]) == State::Compliant);
        }
        // A jurisdiction asked for by name that is nowhere in the decision is not read as fine.
        let mut tensor = Tensor::new();
        let alone = decision(moment(0).date(), moment(0), &[("ae", cells(0))]);
        tensor.enter(0, SUBJECT, &alone, Digest::of_blob(b"")).unwrap();
        let both = [place("ae"), place("sg")];
        let asked = Asked { subject: SUBJECT, jurisdictions: Some(&both), domains: Domains::ALL, as_of: moment(0).date(), known_at: moment(0) };
        prop_assert_eq!(tensor.slice(&asked).unwrap().row().passing(), Domains::NONE);
    }
}
