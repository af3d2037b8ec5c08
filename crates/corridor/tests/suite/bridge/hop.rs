//! One payment at one zone: every event where it may happen, and nowhere else.

use canon::{RecordId, Timestamp, ZoneId};
use corridor::bridge::{
    After, Answer, Before, Commit, Due, Event, Hop, HopError, Paid, Phase, Prepare, ReceiptAt,
    Release, Returned, Said, Verdict,
};

use super::{corridor, first, invoice, preimage};
use crate::zones::at;

pub fn place(n: usize, lane: usize, sequence: u64) -> ReceiptAt {
    let lane = ZoneId::parse(&format!("org.momentum.mez.zone.z{lane}")).unwrap();
    ReceiptAt { corridor_id: corridor(n), lane, sequence }
}

pub fn paid(n: u8) -> Paid {
    let payload = serde_json::to_value(first(2, n).prepare).unwrap();
    Paid::of(&Prepare::read(&payload).unwrap())
}

fn after(last: bool) -> After {
    let (prepare, expires_at) = (place(1, 1, 0), at(100));
    After { prepare, expires_at, last, accepted: None, outcome: None }
}

fn before() -> Before {
    Before { prepare: place(0, 0, 0), expires_at: at(1_000), answer: None }
}

fn heard(hop: Hop, refused: Option<&str>) -> Hop {
    let verdict = Verdict { refused: refused.map(str::to_owned), receipt: place(1, 2, 0) };
    hop.hear(&place(1, 1, 0), verdict)
}

fn commit(n: u8, when: Timestamp) -> Event {
    let commit = Commit::of(invoice(1).transfer_id, invoice(1).amount, preimage(n));
    Event::Commit { commit, receipt: place(1, 2, 1), at: when }
}

fn release() -> Event {
    let release = Release::of(invoice(1).transfer_id, "refused-by-law".to_owned());
    Event::Release { release, receipt: place(1, 2, 1) }
}

fn returned() -> Event {
    Event::Return(Returned { at: at(5), posting_id: RecordId::parse("p1").unwrap() })
}

fn answer(said: Said) -> Event {
    Event::Answer { said, receipt: place(0, 1, 1) }
}

fn relay() -> Hop {
    Hop::begin(paid(1), at(0), Some(before()), Some(after(true)))
}

fn not_open(told: Result<Hop, HopError>) -> bool {
    matches!(told, Err(HopError::NotOpen(_)))
}

#[test]
fn at_the_payers_zone_money_leaves_by_a_preimage_and_comes_back_by_a_release() {
    let origin = Hop::begin(paid(1), at(0), None, Some(after(true)));
    assert_eq!(origin.phase(at(0)), Phase::Initiated);
    assert_eq!(origin.phase(at(100)), Phase::InDoubt);
    // Before the lock is taken there is nothing to end.
    for event in [commit(1, at(1)), release(), returned()] {
        assert!(not_open(origin.clone().apply(event)));
    }
    let prepared = heard(origin.clone(), None);
    assert_eq!(prepared.phase(at(99)), Phase::Prepared);
    assert_eq!(heard(prepared.clone(), Some("changed-its-mind")), prepared);
    assert!(not_open(prepared.clone().apply(returned())));
    let wrong = prepared.clone().apply(commit(2, at(1)));
    assert_eq!(wrong.unwrap_err(), HopError::Preimage);
    let late = prepared.clone().apply(commit(1, at(100))).unwrap_err();
    assert_eq!(late, HopError::Late { at: at(100), expires_at: at(100) });
    let done = prepared.clone().apply(commit(1, at(99))).unwrap();
    assert_eq!((done.phase(at(9_999)), done.due()), (Phase::Completed, None));
    for event in [commit(1, at(1)), release(), returned()] {
        assert!(not_open(done.clone().apply(event)));
    }
    for released in [heard(origin, Some("payee-not-active")), prepared.apply(release()).unwrap()] {
        assert_eq!((released.phase(at(1)), released.due()), (Phase::Releasing, Some(Due::Return)));
        for event in [commit(1, at(1)), release()] {
            assert!(not_open(released.clone().apply(event)));
        }
        let back = released.apply(returned()).unwrap();
        assert_eq!((back.phase(at(9_999)), back.due()), (Phase::Released, None));
        assert!(not_open(back.apply(returned())));
    }
}

#[test]
fn on_the_way_only_what_came_back_is_passed_on() {
    let commits = Said::Commit(preimage(1));
    let releases = Said::Release("refused-by-law".to_owned());
    for said in [&commits, &releases] {
        assert!(not_open(relay().apply(answer(said.clone()))));
        assert!(not_open(heard(relay(), None).apply(answer(said.clone()))));
    }
    let committed = heard(relay(), None).apply(commit(1, at(1))).unwrap();
    assert_eq!(committed.due(), Some(Due::Answer(commits.clone())));
    assert!(not_open(committed.clone().apply(answer(releases.clone()))));
    assert!(not_open(committed.clone().apply(returned())));
    let answered = committed.apply(answer(commits)).unwrap();
    assert_eq!((answered.phase(at(1)), answered.due()), (Phase::Committed, None));
    let verdict = |refused: Option<&str>| Verdict {
        refused: refused.map(str::to_owned),
        receipt: place(0, 0, 1),
    };
    let known = answered.clone().hear(&place(0, 1, 1), verdict(None));
    assert_eq!(known.phase(at(1)), Phase::Completed);
    let refused = answered.clone().hear(&place(0, 1, 1), verdict(Some("bridge-not-open")));
    assert_eq!(refused.phase(at(1)), Phase::InDoubt);
    // A receipt that is no part of it.
    assert_eq!(answered.clone().hear(&place(0, 1, 7), verdict(None)), answered);
    let let_go = heard(relay(), None).apply(release()).unwrap().apply(answer(releases)).unwrap();
    assert_eq!(let_go.phase(at(1)), Phase::Releasing);
    assert_eq!(let_go.hear(&place(0, 1, 1), verdict(None)).phase(at(1)), Phase::Released);
}

#[test]
fn a_relays_word_is_bound_by_no_clock_of_the_zones_before_it() {
    let origin = Hop::begin(paid(1), at(0), None, Some(after(false)));
    let done = heard(origin, None).apply(commit(1, at(1_000_000))).unwrap();
    assert_eq!(done.phase(at(1_000_000)), Phase::Completed);
}

#[test]
fn at_the_payees_zone_it_is_committed_from_the_beginning() {
    let said = Said::Commit(preimage(1));
    let answer = Answer { said, receipt: place(0, 1, 0), verdict: None };
    let before = Before { answer: Some(answer), ..before() };
    let hop = Hop::begin(paid(1), at(0), Some(before), None);
    assert_eq!((hop.phase(at(9_999)), hop.due()), (Phase::Committed, None));
    for event in [commit(1, at(1)), release(), returned()] {
        assert!(not_open(hop.clone().apply(event)));
    }
}

#[test]
fn a_hop_at_rest_reads_back() {
    let hop = heard(relay(), None).apply(commit(1, at(1))).unwrap();
    let text = canon::Canonical::of(&hop).unwrap();
    assert_eq!(text.read::<Hop>().unwrap(), hop);
    let other = |about: &dyn Fn(&mut Commit)| {
        let Event::Commit { mut commit, receipt, at } = commit(1, at(1)) else {
            panic!("a commit is one")
        };
        about(&mut commit);
        heard(relay(), None).apply(Event::Commit { commit, receipt, at }).unwrap_err()
    };
    assert_eq!(
        other(&|c| c.transfer_id = invoice(2).transfer_id),
        HopError::Differs("transfer_id")
    );
    let less = canon::Amount::of_minor(1, invoice(1).amount.currency());
    assert_eq!(other(&|c| c.amount = less), HopError::Differs("amount"));
}
