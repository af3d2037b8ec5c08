//! Registers against a slow model: one row per share, each with its holder.

use std::collections::BTreeMap;

use canon::{Canonical, Date, EntityId, RecordId};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::consent::{Authorised, Operation};
use crate::text::Slug;

fn entity() -> EntityId {
    EntityId::parse("acme").unwrap()
}

fn day(n: i64) -> Date {
    Date::parse("2026-01-01").unwrap().plus_days(n).unwrap()
}

fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

fn event(document: Value) -> OwnershipEvent {
    serde_json::from_value(document).unwrap()
}

fn dated(n: i64, document: Value) -> Dated {
    Dated { effective: day(n), event: event(document), authorised: None }
}

fn open(class: Value) -> CapTable {
    let mut terms = json!({ "class_id": "common", "name": "Common", "authorized": 1_000,
        "votes_per_share": 1 });
    for (name, value) in class.as_object().unwrap() {
        terms[name] = value.clone();
    }
    let opened = dated(0, json!({ "event": "open", "classes": [terms] }));
    let mut table = CapTable::open(entity(), &opened).unwrap();
    for name in ["ann", "ben", "cho"] {
        let holder = json!({ "holder_id": name, "name": name, "kind": "person" });
        table = table.apply(&dated(0, json!({ "event": "enter", "holder": holder }))).unwrap();
    }
    table
}

fn issue(to: &[(&str, u64)]) -> Value {
    let allot = |(holder, shares): &(&str, u64)| json!({ "holder_id": holder, "shares": shares });
    let allotments: Vec<Value> = to.iter().map(allot).collect();
    json!({ "event": "issue", "class_id": "common", "allotments": allotments })
}

/// With the approval it needs, if any.
fn approved(table: CapTable, entry: Dated) -> Result<CapTable, IllegalOwnership> {
    let authorised = table.needs(&entry.event)?.map(|operation| Authorised {
        consent_id: id("vote"),
        operation,
        approved: entry.effective,
    });
    table.apply(&Dated { authorised, ..entry })
}

fn code(result: Result<CapTable, IllegalOwnership>) -> &'static str {
    result.map_or_else(|illegal| illegal.code(), |_| "")
}

#[test]
fn shares_beyond_those_authorized_need_an_approval_of_exactly_this() {
    let table = open(json!({})).apply(&dated(1, issue(&[("ann", 1_000)]))).unwrap();
    let more = dated(2, issue(&[("ben", 5)]));
    assert_eq!(code(table.clone().apply(&more)), "consent-required");
    let class_id = Slug::parse("common").unwrap();
    let of = |n: u64| Operation::IssueShares {
        class_id: class_id.clone(),
        shares: Shares::try_from(n).unwrap(),
    };
    let with = |operation, on| {
        let authorised = Some(Authorised { consent_id: id("vote"), operation, approved: day(on) });
        table.clone().apply(&Dated { authorised, ..more.clone() })
    };
    assert_eq!(code(with(of(6), 0)), "consent-required");
    assert_eq!(code(with(Operation::Dissolve {}, 0)), "consent-required");
    assert_eq!(code(with(of(5), 3)), "effective-before-approval");
    let after = with(of(5), 2).unwrap();
    let class = after.class(&class_id).unwrap();
    assert_eq!((class.issued, class.terms.authorized.get()), (1_005, 1_005));
}

#[test]
fn new_shares_are_offered_to_holders_first() {
    let table = open(json!({ "pre_emption": true }));
    let table = table.apply(&dated(1, issue(&[("ann", 200), ("ben", 100)]))).unwrap();
    let give = |to: &[(&str, u64)], waivers: Value| {
        let mut entry = issue(to);
        entry["waivers"] = waivers;
        code(table.clone().apply(&dated(2, entry)))
    };
    let waiver = json!([{ "holder_id": "ben", "sha256": "00".repeat(32) }]);
    assert_eq!(give(&[("cho", 100)], json!([])), "pre-emption");
    assert_eq!(give(&[("ann", 66), ("cho", 34)], json!([])), "pre-emption");
    assert_eq!(give(&[("ann", 66), ("ben", 33), ("cho", 1)], json!([])), "");
    assert_eq!(give(&[("ann", 66), ("cho", 34)], waiver.clone()), "");
    assert_eq!(give(&[("ann", 65), ("cho", 35)], waiver), "pre-emption");
    assert_eq!(give(&[("ann", 50), ("ann", 50)], json!([])), "ownership-senseless");
}

#[test]
fn a_restricted_transfer_waits_for_day_board_and_other_holders() {
    let rule = json!({ "approval": true, "first_refusal": true, "locked_until": day(10) });
    let table = open(json!({ "transfer": rule }));
    let to = [("ann", 10), ("ben", 10), ("cho", 10)];
    let table = table.apply(&dated(1, issue(&to))).unwrap();
    let mut entry = json!({ "event": "transfer", "class_id": "common", "from": "ann", "to": "ben",
        "shares": 4 });
    let at = |n, entry: &Value| code(approved(table.clone(), dated(n, entry.clone())));
    assert_eq!(code(table.clone().apply(&dated(12, entry.clone()))), "consent-required");
    assert_eq!(at(9, &entry), "shares-locked");
    assert_eq!(at(10, &entry), "pre-emption");
    entry["waivers"] = json!([{ "holder_id": "cho", "sha256": "00".repeat(32) }]);
    assert_eq!(at(10, &entry), "");
    entry["to"] = json!("ann");
    assert_eq!(at(10, &entry), "ownership-senseless");
}

#[test]
fn options_are_set_aside_vest_are_exercised_and_lapse() {
    let table = open(json!({})).apply(&dated(1, issue(&[("ann", 500)]))).unwrap();
    let grant = |name: &str, options: u64| {
        json!({ "event": "grant", "grant": { "grant_id": name, "class_id": "common",
            "holder_id": "ben", "options": options,
            "vesting": { "start": day(0), "cliff_months": 12, "months": 48 } } })
    };
    let table = table.apply(&dated(2, grant("g", 480))).unwrap();
    assert_eq!(code(table.clone().apply(&dated(2, grant("h", 21)))), "authorized-below-issued");
    // What is set aside is not there for others.
    assert_eq!(code(table.clone().apply(&dated(3, issue(&[("cho", 21)])))), "consent-required");
    let exercise =
        |options: u64| json!({ "event": "exercise", "grant_id": "g", "options": options });
    assert_eq!(code(table.clone().apply(&dated(364, exercise(1)))), "options-not-vested");
    let table = table.apply(&dated(365, exercise(100))).unwrap();
    assert_eq!(code(table.clone().apply(&dated(365, exercise(21)))), "options-not-vested");
    let split = json!({ "event": "split", "class_id": "common", "new": 2, "old": 1 });
    let table = approved(table, dated(366, split)).unwrap();
    let table = table.apply(&dated(400, json!({ "event": "lapse", "grant_id": "g" }))).unwrap();
    let class_id = Slug::parse("common").unwrap();
    let class = table.class(&class_id).unwrap();
    assert_eq!((class.issued, class.held(&id("ben")), table.reserved(&class_id)), (1_200, 200, 60));
    let table = table.apply(&dated(9_000, exercise(60))).unwrap();
    assert_eq!(table.reserved(&class_id), 0);
    assert_eq!(code(table.clone().apply(&dated(9_000, exercise(1)))), "options-not-vested");
    let lapse = dated(9_000, json!({ "event": "lapse", "grant_id": "g" }));
    assert_eq!(code(table.apply(&lapse)), "ownership-senseless");
}

#[test]
fn a_split_leaves_no_fraction_of_anything() {
    let par = json!({ "currency": "SGD", "value": "0.03" });
    let table = open(json!({ "par_value": par }));
    let table = table.apply(&dated(1, issue(&[("ann", 6), ("ben", 4)]))).unwrap();
    let split = |new: u64, old: u64| {
        let entry = json!({ "event": "split", "class_id": "common", "new": new, "old": old });
        approved(table.clone(), dated(2, entry))
    };
    assert_eq!(code(split(1, 3)), "split-fraction");
    assert_eq!(code(split(7, 1)), "split-fraction", "a seventh of three cents is no decimal");
    assert_eq!(code(split(1, 1)), "ownership-senseless");
    assert_eq!(code(split(0, 1)), "ownership-senseless");
    let after = split(3, 2).unwrap();
    let class = &after.shown(day(2)).classes[0];
    let held: Vec<u64> = class.holdings.iter().map(|holding| holding.shares).collect();
    assert_eq!((held, class.issued, class.terms.authorized.get()), (vec![9, 6], 15, 1_500));
    assert_eq!(serde_json::to_value(class.terms.par_value).unwrap()["value"], "0.02");
}

#[test]
fn a_stake_is_counted_over_all_classes_by_shares_and_by_votes() {
    let table = open(json!({}));
    assert!(table.stakes().is_empty());
    let founders = json!({ "class_id": "founders", "name": "Founders", "authorized": 100,
        "votes_per_share": 9 });
    let founders = dated(1, json!({ "event": "create_class", "class": founders }));
    let table = approved(table, founders).unwrap();
    let table = approved(table, dated(1, issue(&[("ann", 150), ("ben", 150)]))).unwrap();
    let founding = json!({ "event": "issue", "class_id": "founders",
        "allotments": [{ "holder_id": "cho", "shares": 100 }] });
    let table = approved(table, dated(1, founding)).unwrap();
    let of = |who: &str| table.stakes()[&id(who)];
    assert_eq!(of("ann"), Stake { shares_bp: 3_750, votes_bp: 1_250 });
    assert_eq!(of("cho"), Stake { shares_bp: 2_500, votes_bp: 7_500 });
}

#[test]
fn a_register_kept_before_is_read_again() {
    let table = open(json!({ "par_value": { "currency": "SGD", "value": "0.0001" } }));
    let table = table.apply(&dated(1, issue(&[("ann", 6), ("ben", 4)]))).unwrap();
    let kept = Canonical::of(&table).unwrap();
    assert_eq!(Canonical::parse(kept.bytes()).unwrap().read::<CapTable>().unwrap(), table);
}

#[test]
fn values_per_share_are_written_one_way() {
    let read = |text: &str| {
        let sent = json!({ "currency": "SGD", "value": text });
        let read: Result<PerShare, _> = serde_json::from_value(sent);
        read.map(|value| serde_json::to_value(value).unwrap()["value"].clone()).ok()
    };
    for text in ["1", "0.0001", "1.25", "90000000", "0.00000001"] {
        assert_eq!(read(text), Some(json!(text)));
    }
    for bad in ["0", "0.000000001", "90000000.1", "01", "1.", ".5", "-1", "1e3", "", "+1"] {
        assert_eq!(read(bad), None, "{bad}");
    }
}

/// Who holds each share, one row a share.
#[derive(Clone, Debug, Default, PartialEq)]
struct Slow {
    shares: Vec<&'static str>,
    authorized: usize,
}

#[derive(Clone, Debug)]
enum Step {
    Issue(&'static str, u64),
    Transfer(&'static str, &'static str, u64),
    Repurchase(&'static str, u64),
    Split(u64, u64),
    Authorize(u64),
}

impl Slow {
    fn held(&self, who: &str) -> u64 {
        self.shares.iter().filter(|holder| **holder == who).count() as u64
    }

    fn take(&mut self, who: &str, n: u64) -> bool {
        if self.held(who) < n {
            return false;
        }
        for _ in 0..n {
            let at = self.shares.iter().position(|holder| *holder == who).unwrap();
            self.shares.remove(at);
        }
        true
    }

    /// Whether the step can be made; it is made then.
    fn step(&mut self, step: &Step) -> bool {
        match *step {
            Step::Issue(who, n) => {
                self.shares.extend((0..n).map(|_| who));
                self.authorized = self.authorized.max(self.shares.len());
            }
            Step::Transfer(from, to, n) => {
                if from == to || !self.take(from, n) {
                    return false;
                }
                self.shares.extend((0..n).map(|_| to));
            }
            Step::Repurchase(who, n) => return self.take(who, n),
            Step::Split(new, old) => {
                let names = ["ann", "ben", "cho"];
                let whole = |n: u64| (n * new).is_multiple_of(old);
                let fits = names.iter().all(|who| whole(self.held(who)));
                if new == old || !fits || !whole(self.authorized as u64) {
                    return false;
                }
                let held: Vec<(&str, u64)> =
                    names.iter().map(|who| (*who, self.held(who) * new / old)).collect();
                self.shares.clear();
                for (who, n) in held {
                    self.shares.extend(
                        (0..n).map(|_| names[names.iter().position(|x| *x == who).unwrap()]),
                    );
                }
                self.authorized = usize::try_from(self.authorized as u64 * new / old).unwrap();
            }
            Step::Authorize(n) => {
                if n < self.shares.len() as u64 {
                    return false;
                }
                self.authorized = usize::try_from(n).unwrap();
            }
        }
        true
    }
}

impl Step {
    fn event(&self) -> Value {
        match *self {
            Self::Issue(who, n) => issue(&[(who, n)]),
            Self::Transfer(from, to, n) => json!({ "event": "transfer", "class_id": "common",
                "from": from, "to": to, "shares": n }),
            Self::Repurchase(who, n) => json!({ "event": "repurchase", "class_id": "common",
                "holder_id": who, "shares": n }),
            Self::Split(new, old) => json!({ "event": "split", "class_id": "common",
                "new": new, "old": old }),
            Self::Authorize(n) => json!({ "event": "authorize", "class_id": "common",
                "authorized": n }),
        }
    }
}

fn who() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["ann", "ben", "cho"])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (who(), 1..40_u64).prop_map(|(who, n)| Step::Issue(who, n)),
        4 => (who(), who(), 1..30_u64).prop_map(|(from, to, n)| Step::Transfer(from, to, n)),
        2 => (who(), 1..20_u64).prop_map(|(who, n)| Step::Repurchase(who, n)),
        1 => (1..4_u64, 1..4_u64).prop_map(|(new, old)| Step::Split(new, old)),
        1 => (1..300_u64).prop_map(Step::Authorize),
    ]
}

/// What every register keeps: holdings sum to what is issued, nothing is issued that is not authorized.
fn reconciles(table: &CapTable) {
    for class in table.shown(table.effective()).classes {
        let sum: u64 = class.holdings.iter().map(|holding| holding.shares).sum();
        assert_eq!(sum, class.issued);
        assert!(class.fully_diluted <= class.terms.authorized.get());
        assert!(class.holdings.iter().all(|holding| holding.shares > 0));
        let parts: u64 = class.holdings.iter().map(|holding| holding.share_bp).sum();
        assert!(parts <= 10_000);
    }
}

proptest! {
    #[test]
    fn a_register_is_what_counting_each_share_gives(steps in prop::collection::vec(step(), 1..40)) {
        let mut table = open(json!({ "authorized": 100 }));
        let mut slow = Slow { shares: Vec::new(), authorized: 100 };
        let mut entries = Vec::new();
        for (n, step) in (1..).zip(&steps) {
            let entry = dated(n, step.event());
            let after = approved(table.clone(), entry.clone());
            let before = slow.clone();
            let taken = slow.step(step);
            prop_assert_eq!(after.is_ok(), taken, "{:?} {:?}", step, after.err());
            if !taken {
                prop_assert_eq!(&slow, &before);
                continue;
            }
            let authorised = table.needs(&entry.event).unwrap().map(|operation| Authorised {
                consent_id: id("vote"), operation, approved: entry.effective });
            table = after.unwrap();
            entries.push((Dated { authorised, ..entry }, table.clone()));
            reconciles(&table);
            let class = table.class(&Slug::parse("common").unwrap()).unwrap();
            prop_assert_eq!(class.terms.authorized.get(), slow.authorized as u64);
            for who in ["ann", "ben", "cho"] {
                prop_assert_eq!(class.held(&id(who)), slow.held(who));
            }
        }
        // On any day, the register is the fold of the entries up to it.
        let first = open(json!({ "authorized": 100 }));
        for (n, (_, then)) in entries.iter().enumerate() {
            let folded = entries[..=n].iter().try_fold(first.clone(), |table, (entry, _)| table.apply(entry));
            prop_assert_eq!(&folded.unwrap(), then);
        }
    }

    #[test]
    fn the_parts_of_a_dividend_are_the_whole_and_nobody_is_a_unit_off(
        held in prop::collection::vec(1..1_000_000_u64, 3),
        units in 1..50_000_000_u64,
    ) {
        let table = open(json!({ "authorized": SHARES }));
        let to = [("ann", held[0]), ("ben", held[1]), ("cho", held[2])];
        let table = table.apply(&dated(1, issue(&to))).unwrap();
        let value = format!("{}.{:08}", units / 100_000_000, units % 100_000_000);
        let declared = json!({ "event": "declare_dividend", "dividend_id": "d", "class_id": "common",
            "per_share": { "currency": "SGD", "value": value } });
        let table = table.apply(&dated(2, declared)).unwrap();
        let parts = table.parts(&id("d")).unwrap();
        let whole = table.dividends()[&id("d")].total.minor();
        // In millionths of a cent.
        let exact = |shares: u64| i128::from(units) * i128::from(shares);
        prop_assert_eq!(whole, exact(held.iter().sum()) / 1_000_000);
        prop_assert_eq!(parts.values().map(canon::Amount::minor).sum::<i128>(), whole);
        let paid: BTreeMap<_, _> = parts.iter().map(|(who, part)| (who.as_str(), part.minor())).collect();
        for (who, shares) in to {
            let part = paid.get(who).copied().unwrap_or_default() * 1_000_000;
            prop_assert!((part - exact(shares)).abs() < 1_000_000, "{who}");
        }
    }
}

const SHARES: u64 = limits::SHARES_MAX;
