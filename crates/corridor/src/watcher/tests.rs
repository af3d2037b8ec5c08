//! The life of a watcher under random deeds: its bond is conserved, and lost by claims alone.

use canon::{AccountId, Amount, Currency, Did, Digest, Timestamp};
use proptest::prelude::*;

use super::rates::{DAY, VOLUME_FACTOR};
use super::{Claim, ClaimEvent, Condition, Event, Outcome, State, Watcher, WatcherError};

fn sgd(minor: i128) -> Amount {
    Amount::of_minor(minor, Currency::parse("SGD").unwrap())
}

fn begin() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").unwrap()
}

/// Books of a watcher: what came, went back, was lost and was earned.
#[derive(Default)]
struct Books {
    came: i128,
    back: i128,
    lost: i128,
    earned: i128,
}

/// The deed of a number; none where it cannot be, or a claim has not run its course.
fn deed_of(
    deed: u8,
    (id, condition, amount): (Digest, Condition, Amount),
    claim: Option<&(Digest, Claim)>,
    watcher: &Watcher,
    now: Timestamp,
) -> Option<Event> {
    Some(match deed {
        0 | 1 => Event::Bond(amount, AccountId::parse("a-1").unwrap()),
        2 => Event::Activate,
        3 => Event::Attest(amount),
        4 => Event::Unbond,
        5 => Event::Withdraw,
        6 => Event::Accuse(id, Claim::filed(condition, id, now)),
        7 => Event::Reward(amount),
        8 => {
            let (id, claim) = claim.cloned()?;
            let stayed = claim.apply(ClaimEvent::Appeal("no".to_owned()), now).ok()?;
            assert!(!stayed.is_due(now.plus_secs(999 * DAY).unwrap()).unwrap());
            stayed.apply(ClaimEvent::Rule(Outcome::Dismissed, id), now).unwrap();
            Event::Clear(id)
        }
        _ => {
            let (id, claim) = claim.cloned()?;
            let lost = claim.condition.of(watcher.bonded());
            let Ok(done) = claim.clone().apply(ClaimEvent::Execute(lost), now) else {
                assert!(now < claim.window_ends().unwrap());
                // A claim that did not run its course takes nothing.
                assert!(watcher.clone().apply(Event::Slash(id, claim), now).is_err());
                return None;
            };
            Event::Slash(id, done)
        }
    })
}

proptest! {
    /// Whatever happens in whatever order, a bond is what came and was earned, less what was lost
    /// and went back; and nothing is lost but through a claim that was filed and ran its course.
    #[test]
    fn bonds_are_conserved(
        deeds in proptest::collection::vec((0u8..10, 1i128..500_000, 0i64..20), 1..60),
    ) {
        let did = Did::parse("did:key:z6Mk").unwrap();
        let mut watcher = Watcher::registered(did, Vec::new(), 1, begin());
        let (mut books, mut now) = (Books::default(), begin());
        let mut claims: Vec<(Digest, Claim)> = Vec::new();
        for (n, (deed, amount, days)) in deeds.into_iter().enumerate() {
            now = now.plus_secs(days * DAY).unwrap();
            let before = watcher.clone();
            let id = Digest::of_blob(&n.to_be_bytes());
            let condition = Condition::ALL[n % 4];
            let chosen = deed_of(deed, (id, condition, sgd(amount)), claims.last(), &watcher, now);
            let Some(event) = chosen else { continue };
            let Ok(after) = watcher.clone().apply(event.clone(), now) else { continue };
            match &event {
                Event::Bond(amount, _) => books.came += amount.minor(),
                Event::Reward(amount) => books.earned += amount.minor(),
                Event::Withdraw => {
                    prop_assert!(before.claims.is_empty());
                    books.back += before.bonded();
                }
                Event::Accuse(id, claim) => claims.push((*id, claim.clone())),
                Event::Clear(_) => drop(claims.pop()),
                Event::Slash(..) => {
                    drop(claims.pop());
                    books.lost += before.bonded() - after.bonded();
                }
                Event::Attest(_) => {
                    prop_assert!(after.volume(now) <= VOLUME_FACTOR * after.bonded());
                    prop_assert!(after.attested.len() <= 32);
                }
                Event::Activate | Event::Unbond => {}
            }
            watcher = after;
            let Books { came, back, lost, earned } = &books;
            prop_assert_eq!(watcher.bonded(), came + earned - lost - back);
            prop_assert!(watcher.bonded() >= 0);
            prop_assert_eq!(watcher.claims.len(), claims.len());
            if watcher.state == State::Active && claims.is_empty() {
                prop_assert!(watcher.bonded() >= 100_000, "who counts has the least bond");
            }
        }
    }
}

#[test]
fn shares_that_are_lost_are_those_of_the_table() {
    let lost = |condition: Condition| condition.of(199_999);
    assert_eq!(Condition::ALL.map(lost), [1_999, 99_999, 199_999, 199_999]);
    assert_eq!(Condition::Equivocation.of(i128::MAX), i128::MAX);
    assert_eq!(Condition::Availability.of(99), 0);
}

#[test]
fn nothing_follows_the_end_and_a_slashed_one_bonds_up_to_the_least() {
    let did = Did::parse("did:key:z6Mk").unwrap();
    let account = AccountId::parse("a-1").unwrap();
    for state in [State::Withdrawn, State::Banned] {
        let mut watcher = Watcher::registered(did.clone(), Vec::new(), 1, begin());
        (watcher.state, watcher.bond) = (state, Some(sgd(1_000_000)));
        let events = [
            Event::Bond(sgd(1_000_000), account.clone()),
            Event::Activate,
            Event::Attest(sgd(1)),
            Event::Unbond,
            Event::Withdraw,
            Event::Reward(sgd(1)),
        ];
        for event in events {
            assert!(watcher.clone().apply(event, begin()).is_err(), "{state:?}");
        }
    }
    let mut watcher = Watcher::registered(did, Vec::new(), 1, begin());
    (watcher.state, watcher.bond) = (State::Slashed, Some(sgd(99_000)));
    let small = watcher.clone().apply(Event::Bond(sgd(999), account.clone()), begin());
    assert!(matches!(small, Err(WatcherError::Bond { found: 99_999, least: 100_000 })));
    let bonded = watcher.apply(Event::Bond(sgd(1_000), account), begin()).unwrap();
    assert_eq!(bonded.state, State::Bonded);
}
