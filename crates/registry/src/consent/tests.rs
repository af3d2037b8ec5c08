//! Proposals: signed votes, delegated votes, quorum, time; and the count against a slow one.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Did, Digest, EntityId, RecordId, Timestamp};
use proof::SecretKey;
use proof::integrity::{ProofOptions, sign_document};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::VoterDid;
use crate::entity::{Change, Effect, Register};
use crate::text::Line;

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32]).unwrap()
}

fn did(n: u8) -> Did {
    key(n).public().did()
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + secs).unwrap()
}

fn entity() -> EntityId {
    EntityId::parse("acme").unwrap()
}

fn voters(weights: &[u64]) -> Vec<Voter> {
    let voter = |(n, weight): (u8, &u64)| Voter {
        voter_id: RecordId::parse(&format!("v{n}")).unwrap(),
        did: Some(VoterDid::try_from(did(n)).unwrap()),
        weight: *weight,
    };
    (1..).zip(weights).map(voter).collect()
}

fn rule(document: Value) -> DecisionRule {
    serde_json::from_value(document).unwrap()
}

fn majority() -> DecisionRule {
    rule(json!({ "quorum_bp": 5_000, "threshold": { "threshold": "majority", "of": "cast" } }))
}

fn proposal(operation: Operation, voters: Vec<Voter>, rule: DecisionRule) -> Proposal {
    Proposal {
        whose: Whose::Entity(entity()),
        operation,
        title: Line::parse("A vote").unwrap(),
        description: None,
        electorate: Electorate::stated(voters).unwrap(),
        rule,
        opened: at(0),
        expires: at(1_000),
    }
}

fn resolve() -> Operation {
    Operation::Resolve { text_sha256: Digest::of_blob(b"text") }
}

fn opened(weights: &[u64], rule: DecisionRule) -> Consent {
    let id = RecordId::parse("c-1").unwrap();
    Consent::open(id, proposal(resolve(), voters(weights), rule)).unwrap()
}

fn signed<T: serde::Serialize>(document: &T, by: u8) -> Value {
    let key = key(by);
    let bare = serde_json::to_value(document).unwrap();
    sign_document(bare, &ProofOptions::assertion(at(1), &key), &key).unwrap()
}

fn ballot(of: &Consent, by: u8, choice: Choice) -> Value {
    signed(&Ballot::of(of.id().clone(), of.proposal_sha256(), did(by), choice), by)
}

fn given(of: &Consent, from: u8, to: u8) -> Value {
    signed(&Delegation::of(of.id().clone(), of.proposal_sha256(), (did(from), did(to))), from)
}

fn code(result: Result<Consent, IllegalConsent>) -> &'static str {
    result.map_or_else(|illegal| illegal.code(), |_| "")
}

#[test]
fn only_the_voters_own_signature_over_this_proposal_counts() {
    let open = opened(&[1, 1, 1], majority());
    let good = ballot(&open, 1, Choice::Approve);
    let mut turned = good.clone();
    turned["choice"] = json!("reject");
    assert_eq!(code(open.clone().vote(&turned, at(2))), "bad-ballot");
    let of_another =
        signed(&Ballot::of(open.id().clone(), open.proposal_sha256(), did(1), Choice::Approve), 2);
    assert_eq!(code(open.clone().vote(&of_another, at(2))), "bad-ballot");
    let mut twice = good.clone();
    let key = key(2);
    twice = sign_document(twice, &ProofOptions::assertion(at(1), &key), &key).unwrap();
    assert_eq!(code(open.clone().vote(&twice, at(2))), "bad-ballot");
    assert_eq!(code(open.clone().vote(&given(&open, 1, 2), at(2))), "bad-ballot");
    assert_eq!(code(open.clone().vote(&json!([]), at(2))), "bad-ballot");
    let other = opened(&[1, 1, 2], majority());
    assert_ne!(other.proposal_sha256(), open.proposal_sha256());
    assert_eq!(code(other.vote(&good, at(2))), "bad-ballot");
    assert_eq!(
        code(open.clone().vote(&ballot(&open, 9, Choice::Approve), at(2))),
        "not-in-electorate"
    );
    let voted = open.clone().vote(&good, at(2)).unwrap();
    assert_eq!(code(voted.clone().vote(&ballot(&open, 1, Choice::Reject), at(3))), "voted");
    assert_eq!(code(voted.delegate(&given(&open, 1, 2), at(3))), "voted");
    assert_eq!(code(open.clone().delegate(&given(&open, 1, 1), at(3))), "bad-delegation");
    assert_eq!(code(open.clone().vote(&good, at(1_000))), "consent-closed");
    assert_eq!(code(open.vote(&good, at(999))), "");
}

#[test]
fn it_is_decided_when_nothing_open_can_change_it() {
    let open = opened(&[3, 2, 2], majority());
    let one = open.clone().vote(&ballot(&open, 1, Choice::Approve), at(1)).unwrap();
    assert_eq!(one.standing_at(at(2)).name(), "PENDING");
    let two = one.clone().vote(&ballot(&open, 2, Choice::Approve), at(2)).unwrap();
    assert_eq!(two.standing_at(at(3)).name(), "APPROVED");
    let lost = open.clone().vote(&ballot(&open, 2, Choice::Reject), at(1)).unwrap();
    let lost = lost.vote(&ballot(&open, 3, Choice::Reject), at(2)).unwrap();
    assert_eq!(lost.standing_at(at(3)).name(), "REJECTED");
    // At the end of its time it is decided by those who took part, where they are enough.
    assert_eq!(one.standing_at(at(1_000)).name(), "EXPIRED");
    let few = opened(&[2, 2, 3], majority());
    let few = few.clone().vote(&ballot(&few, 1, Choice::Approve), at(1)).unwrap();
    let few = few.clone().vote(&ballot(&few, 2, Choice::Abstain), at(2)).unwrap();
    assert_eq!(few.standing_at(at(999)).name(), "PENDING");
    assert_eq!(few.standing_at(at(1_000)).name(), "APPROVED");
    let none = opened(&[3, 2, 2], majority());
    assert_eq!(none.standing_at(at(1_000)).name(), "EXPIRED");
}

#[test]
fn some_of_several_decide_by_heads() {
    let two =
        rule(json!({ "quorum_bp": 0, "threshold": { "threshold": "approvals", "count": 2 } }));
    let open = opened(&[100, 1, 1], two);
    let one = open.clone().vote(&ballot(&open, 1, Choice::Approve), at(1)).unwrap();
    assert_eq!(one.standing_at(at(2)).name(), "PENDING");
    let both = one.clone().vote(&ballot(&open, 3, Choice::Approve), at(2)).unwrap();
    assert_eq!(both.standing_at(at(3)).name(), "APPROVED");
    let lost = one.vote(&ballot(&open, 2, Choice::Reject), at(2)).unwrap();
    let lost = lost.vote(&ballot(&open, 3, Choice::Abstain), at(2)).unwrap();
    assert_eq!(lost.standing_at(at(3)).name(), "REJECTED");
}

#[test]
fn an_approval_is_good_for_its_operation_once_and_not_for_ever() {
    let open = opened(&[1], majority());
    let reason = Line::parse("not needed").unwrap();
    assert_eq!(
        open.clone().cancel(reason.clone(), at(1)).unwrap().standing_at(at(2)).name(),
        "CANCELED"
    );
    let use_it = |consent: &Consent, operation: &Operation, now| {
        let used = consent.clone().authorise(&Whose::Entity(entity()), operation, now);
        used.map(|(consent, _)| consent)
    };
    assert_eq!(code(use_it(&open, &resolve(), at(1))), "consent-required");
    let carried = open.clone().vote(&ballot(&open, 1, Choice::Approve), at(1)).unwrap();
    assert_eq!(code(carried.clone().cancel(reason, at(2))), "consent-closed");
    assert_eq!(code(use_it(&carried, &Operation::Dissolve {}, at(2))), "consent-required");
    let other = EntityId::parse("other").unwrap();
    assert!(carried.clone().authorise(&Whose::Entity(other), &resolve(), at(2)).is_err());
    let last = at(1 + limits::APPROVAL_SECS);
    assert_eq!(code(use_it(&carried, &resolve(), last)), "consent-required");
    let used = use_it(&carried, &resolve(), at(limits::APPROVAL_SECS)).unwrap();
    assert_eq!(used.standing_at(at(9)).name(), "COMPLETED");
    assert_eq!(code(use_it(&used, &resolve(), at(9))), "consent-required");
}

#[test]
fn the_council_decides_what_is_the_zones_own_and_nothing_else() {
    let zone = Whose::Zone(canon::ZoneId::parse("org.momentum.mez.zone.sg").unwrap());
    let corridor_id = || canon::CorridorId::parse("org.momentum.mez.corridor.hk--sg").unwrap();
    let halt = Operation::HaltCorridor { corridor_id: corridor_id() };
    let of = |whose: Whose, operation: Operation| {
        let asked = proposal(operation, voters(&[1]), majority());
        Consent::open(RecordId::parse("c-1").unwrap(), Proposal { whose, ..asked })
    };
    assert_eq!(code(of(Whose::Entity(entity()), halt.clone())), "bad-proposal");
    assert_eq!(code(of(zone.clone(), resolve())), "bad-proposal");
    let open = of(zone.clone(), halt.clone()).unwrap();
    // At rest it says whose it is, and of nobody or of two it is none.
    let kept = serde_json::to_value(open.proposal()).unwrap();
    assert_eq!(
        (&kept["zone_id"], kept.get("entity_id")),
        (&json!("org.momentum.mez.zone.sg"), None)
    );
    assert_eq!(&serde_json::from_value::<Proposal>(kept.clone()).unwrap(), open.proposal());
    let mut two = kept.clone();
    two["entity_id"] = json!("one");
    let mut nobody = kept;
    nobody.as_object_mut().unwrap().remove("zone_id");
    assert!([two, nobody].map(serde_json::from_value::<Proposal>).iter().all(Result::is_err));
    let carried = open.clone().vote(&ballot(&open, 1, Choice::Approve), at(1)).unwrap();
    let pause = Operation::SuspendCorridor { corridor_id: corridor_id() };
    let use_it = |whose: &Whose, operation: &Operation| {
        carried.clone().authorise(whose, operation, at(2)).map(|(consent, _)| consent)
    };
    assert_eq!(code(use_it(&zone, &pause)), "consent-required");
    let elsewhere = Whose::Zone(canon::ZoneId::parse("org.momentum.mez.zone.hk").unwrap());
    assert_eq!(code(use_it(&elsewhere, &halt)), "consent-required");
    assert_eq!(use_it(&zone, &halt).unwrap().standing_at(at(3)).name(), "COMPLETED");
}

/// A register in which persons take offices, one row each: name, office, number of the key they vote with.
fn officers(rows: &[(&str, &str, Option<u8>)]) -> Register {
    let effect = Effect { from: at(0).date(), recorded: at(0) };
    let appoint = |(name, office, key): &(&str, &str, Option<u8>)| {
        let voter = key.map(|n| did(n).to_string());
        let sent = json!({ "name": name, "kind": "person", "office": office, "voter": voter });
        Change::Appoint { officer: serde_json::from_value(sent).unwrap() }
    };
    let begun = Register::default();
    rows.iter().fold(begun, |register, row| register.apply(appoint(row), effect).unwrap())
}

#[test]
fn a_board_is_who_sits_on_it_one_vote_each() {
    let today = at(0).date();
    let board = |rows: &[_]| Electorate::of_board(&officers(rows), today);
    let secretary = ("Cho", "secretary", Some(3));
    let rows = [("Ann", "director", Some(1)), ("Ben", "director", None), secretary];
    let found = board(&rows).unwrap();
    let voters: Vec<_> = found.voters().iter().map(|v| (v.voter_id.as_str(), v.weight)).collect();
    assert_eq!(voters, [("officer-0", 1), ("officer-1", 1)]);
    assert_eq!(found.total(), 2, "who has no key counts in the whole");
    assert!(found.has(&did(1)) && !found.has(&did(3)), "a secretary is not of the board");
    assert_eq!(found.basis(), &Basis::Officers { rows: 3, as_of: today });
    let rest = canon::Canonical::of(&found).unwrap();
    assert_eq!(rest.read::<Electorate>().unwrap(), found);

    // Two offices, or a key that is told later, are one person and one vote.
    let rows =
        [("Ann", "director", None), ("Ann", "chairperson", Some(1)), ("Ben", "director", Some(2))];
    let found = board(&rows).unwrap();
    assert_eq!((found.voters().len(), found.total()), (2, 2));
    assert!(found.has(&did(1)));
    let renamed = [("Ann", "director", Some(1)), ("Ann Field", "chairperson", Some(1))];
    assert_eq!(board(&renamed).unwrap().total(), 1);
    assert_eq!(board(&[("Ann", "director", None)]), Err(BadElectorate::Empty));
    let left =
        officers(&rows).apply(Change::Leave { number: 2 }, Effect { from: today, recorded: at(0) });
    assert!(!Electorate::of_board(&left.unwrap(), today).unwrap().has(&did(2)));
}

#[test]
fn a_rule_that_cannot_decide_is_refused() {
    let open = |operation, weights: &[u64], rule| {
        let id = RecordId::parse("c-1").unwrap();
        code(Consent::open(id, proposal(operation, voters(weights), rule)))
    };
    let share = |bp: u64| {
        rule(json!({ "quorum_bp": 0,
            "threshold": { "threshold": "share", "of": "cast", "basis_points": bp } }))
    };
    let heads = |n: u64| {
        rule(json!({ "quorum_bp": 0, "threshold": { "threshold": "approvals", "count": n } }))
    };
    assert_eq!(open(Operation::Dissolve {}, &[1], majority()), "bad-proposal");
    assert_eq!(open(Operation::Dissolve {}, &[1], share(7_499)), "bad-proposal");
    assert_eq!(open(Operation::Dissolve {}, &[1], share(7_500)), "");
    assert_eq!(open(Operation::Dissolve {}, &[1], heads(1)), "bad-proposal");
    assert_eq!(open(resolve(), &[1], heads(2)), "bad-proposal");
    assert_eq!(open(resolve(), &[1], heads(0)), "bad-proposal");
    assert_eq!(open(resolve(), &[1], share(0)), "bad-proposal");
    assert_eq!(open(resolve(), &[1], share(10_001)), "bad-proposal");
    assert_eq!(
        open(resolve(), &[1], DecisionRule { quorum_bp: 10_001, ..majority() }),
        "bad-proposal"
    );
    for bad in [voters(&[]), voters(&[0]), [voters(&[1]), voters(&[1])].concat()] {
        assert!(Electorate::stated(bad).is_err());
    }
    assert!(Electorate::stated(voters(&[u64::MAX, 1])).is_err());
}

#[test]
fn a_proposal_kept_before_is_read_again() {
    let open = opened(&[1, 2], majority());
    let open = open.clone().vote(&ballot(&open, 1, Choice::Approve), at(1)).unwrap();
    let kept = canon::Canonical::of(&open).unwrap();
    assert_eq!(kept.read::<Consent>().unwrap(), open);
}

/// Where the votes of somebody go, walked with a list of those passed.
fn slow(who: u8, ballots: &BTreeMap<u8, Choice>, to: &BTreeMap<u8, u8>) -> Option<Choice> {
    let (mut passed, mut now) = (BTreeSet::new(), who);
    while passed.insert(now) {
        if let Some(choice) = ballots.get(&now) {
            return Some(*choice);
        }
        now = *to.get(&now)?;
    }
    None
}

fn choice() -> impl Strategy<Value = Choice> {
    prop::sample::select(vec![Choice::Approve, Choice::Reject, Choice::Abstain])
}

proptest! {
    #[test]
    fn votes_are_counted_as_a_slow_count_does(
        weights in prop::collection::vec(1..9_u64, 6),
        ballots in prop::collection::btree_map(1..8_u8, choice(), 0..5),
        to in prop::collection::btree_map(1..7_u8, 1..8_u8, 0..6),
    ) {
        let electorate = Electorate::stated(voters(&weights)).unwrap();
        let cast = ballots.iter().map(|(who, choice)| (did(*who), *choice)).collect();
        let gave = to.iter().map(|(from, to)| (did(*from), did(*to))).collect();
        let tally = Tally::of(&electorate, &cast, &gave);
        let sum = |wanted: Option<Choice>| -> u64 {
            let of = |(who, weight): (u8, &u64)| (slow(who, &ballots, &to) == wanted).then_some(*weight);
            (1..).zip(&weights).filter_map(of).sum()
        };
        prop_assert_eq!(tally.approve, sum(Some(Choice::Approve)));
        prop_assert_eq!(tally.reject, sum(Some(Choice::Reject)));
        prop_assert_eq!(tally.abstain, sum(Some(Choice::Abstain)));
        prop_assert_eq!(tally.open_weight, sum(None));
        prop_assert_eq!(tally.total, weights.iter().sum::<u64>());
    }

    /// What is decided early is what would be decided at the end, whatever those do who have not voted.
    #[test]
    fn what_is_sure_stays_so(
        weights in prop::collection::vec(1..9_u64, 5),
        choices in prop::collection::vec(choice(), 5),
        first in 0..5_usize,
        quorum_bp in 0..10_001_u16,
        threshold in prop_oneof![
            Just(Threshold::Majority { of: Whole::Cast }),
            Just(Threshold::Majority { of: Whole::All }),
            (1..6_u32).prop_map(|count| Threshold::Approvals { count }),
            (1..10_001_u16).prop_map(|basis_points| Threshold::Share { of: Whole::Cast, basis_points }),
            (1..10_001_u16).prop_map(|basis_points| Threshold::Share { of: Whole::All, basis_points }),
        ],
    ) {
        let rule = DecisionRule { quorum_bp, threshold };
        let electorate = Electorate::stated(voters(&weights)).unwrap();
        let count = |n: usize| {
            let cast = (1..).zip(&choices).take(n).map(|(who, choice)| (did(who), *choice)).collect();
            Tally::of(&electorate, &cast, &BTreeMap::new())
        };
        let early = count(first);
        for n in first..=5 {
            let late = count(n);
            if rule.carried_for_sure(&early) {
                prop_assert!(rule.quorate(&late) && rule.enough(&late));
            }
            if rule.lost_for_sure(&early) {
                prop_assert!(!rule.enough(&late));
            }
        }
    }
}

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/consent.json");

/// A proposal, its digest, and a signed vote of each kind.
fn golden() -> String {
    let open = opened(&[3, 2, 2], majority());
    let row = |schema: &str, document: Value| json!({ "schema": schema, "document": document });
    let document = json!({
        "about": "A proposal of three voters; voter n has the 32-byte seed of n repeated. What voters sign is the \
            SHA-256 of the canonical form of [consent_id, proposal].",
        "consent_id": open.id(),
        "proposal": open.proposal(),
        "proposal_sha256": open.proposal_sha256(),
        "documents": [
            row("ballot", ballot(&open, 1, Choice::Approve)),
            row("vote-delegation", given(&open, 2, 3)),
        ],
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_votes_are_what_they_were() {
    let held = std::fs::read_to_string(GOLDEN).unwrap();
    assert!(held == golden(), "vectors/consent.json differs; a change needs a new version");
}

/// `cargo test -p registry -- --ignored write_the_golden_votes`
#[test]
#[ignore = "writes the vector; for a new version of the format only"]
fn write_the_golden_votes() {
    std::fs::write(GOLDEN, golden()).unwrap();
}
