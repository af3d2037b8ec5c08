//! Tests of what is withheld, and of what is owed.

use canon::{Amount, Currency, Date, Digest, EntityId, JurisdictionId, RecordId, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::fiscal::PositiveAmount;
use crate::text::Slug;

fn pkr() -> Currency {
    Currency::parse("PKR").unwrap()
}

fn gross(minor: i128) -> PositiveAmount {
    PositiveAmount::try_from(Amount::of_minor(minor, pkr())).unwrap()
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn cited(parameter: &str) -> Cited {
    Cited {
        pack: "pk".to_owned(),
        pack_sha256: Digest::of_blob(b"pk"),
        parameter: parameter.to_owned(),
        instrument: "Income Tax Ordinance, 2001".to_owned(),
        section: "153(1)(b)".to_owned(),
        source: "card".to_owned(),
        from: day("2025-07-01"),
        disagrees: None,
    }
}

fn known(rate_bp: u32) -> Known {
    let filer = FilerFact {
        status: FilerStatus::Filer,
        source: "credential".to_owned(),
        digest: Digest::of_blob(b"credential"),
        issuer: None,
        expires: None,
    };
    Known {
        reach: Some(Reach {
            reached: true,
            authority: Slug::parse("pk-fbr").ok(),
            citation: cited(Reach::EVENTS),
        }),
        filer: Some(filer),
        rate: Some(Rate { rate_bp, citation: cited("withhold_payment_for_services_filer_bp") }),
        threshold: None,
        year: None,
    }
}

fn due(minor: i128, rate_bp: u32) -> (i128, i128) {
    match assess(gross(minor), known(rate_bp)).unwrap() {
        Withholding::Due { withheld, net, .. } => (withheld.minor(), net.minor()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn figures_of_the_card_come_out_to_the_minor_unit() {
    assert_eq!(due(10_000_000, 1_500), (1_500_000, 8_500_000));
    assert_eq!(due(99_999, 450), (4_499, 95_500));
    // 0.6 percent, and less than a minor unit.
    assert_eq!(due(100, 60), (0, 100));
    assert_eq!(due(1, 9_999), (0, 1));
}

#[test]
fn what_is_unknown_is_pending_and_names_itself() {
    let missing = |known: Known| match assess(gross(1_000), known).unwrap() {
        Withholding::Pending { missing } => missing,
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(Known::default()), [Missing::Scope]);
    assert_eq!(missing(Known { filer: None, ..known(500) }), [Missing::FilerStatus]);
    assert_eq!(missing(Known { rate: None, ..known(500) }), [Missing::Rate]);
    let nobody = Reach { authority: None, ..known(500).reach.unwrap() };
    let none = Known { reach: Some(nobody), filer: None, rate: None, ..Known::default() };
    assert_eq!(missing(none), [Missing::Authority, Missing::FilerStatus, Missing::Rate]);
    let at_least = Amount::of_minor(1, Currency::parse("USD").unwrap());
    let threshold = Some(Threshold { at_least, citation: cited("t") });
    assert_eq!(missing(Known { threshold, ..known(500) }), [Missing::Threshold]);
}

#[test]
fn nothing_is_due_only_where_a_cited_figure_says_so() {
    let beyond = Reach { reached: false, ..known(500).reach.unwrap() };
    let told = assess(gross(1_000), Known { reach: Some(beyond), ..known(500) }).unwrap();
    assert_eq!(told, Withholding::NotDue { citation: cited(Reach::EVENTS) });
    let threshold = |minor| {
        let at_least = Amount::of_minor(minor, pkr());
        let threshold = Some(Threshold { at_least, citation: cited("from") });
        assess(gross(1_000), Known { threshold, ..known(500) }).unwrap()
    };
    assert_eq!(threshold(1_001), Withholding::NotDue { citation: cited("from") });
    assert_eq!(threshold(1_000).name(), "due");
    assert_eq!(assess(gross(1_000), known(10_000)), Err(Unassessable::Rate(10_000)));
    assert_eq!(assess(gross(i128::MAX), known(2)), Err(Unassessable::Overflow));
}

fn in_year(before: i128, at_least: i128) -> Option<YearThreshold> {
    let amount = |minor| Amount::of_minor(minor, pkr());
    Some(YearThreshold {
        at_least: amount(at_least),
        before: amount(before),
        citation: cited("year"),
    })
}

#[test]
fn nothing_is_due_before_the_sum_of_a_year_is_reached_whoever_is_paid() {
    let told = |before, unknown| {
        let known =
            if unknown { Known { filer: None, rate: None, ..known(500) } } else { known(500) };
        assess(gross(1_000), Known { year: in_year(before, 3_000), ..known }).unwrap()
    };
    assert_eq!(told(1_999, true), Withholding::NotDue { citation: cited("year") });
    assert_eq!(told(2_000, true).name(), "pending");
    assert_eq!(told(2_000, false).name(), "due");
    assert_eq!(told(i128::MAX, false).name(), "due", "a sum that does not fit is no exception");
    let usd = Currency::parse("USD").unwrap();
    let other = in_year(0, 3_000)
        .map(|year| YearThreshold { at_least: Amount::of_minor(3_000, usd), ..year });
    assert_eq!(assess(gross(1_000), Known { year: other, ..known(500) }).unwrap().name(), "due");
}

proptest! {
    /// Against adding all of it up again.
    #[test]
    fn a_year_is_the_sum_of_what_was_paid_and_not_given_back(
        steps in prop::collection::vec((0i64..50, 1i128..1_000, any::<bool>()), 1..40)
    ) {
        let key = YearKey {
            payer: EntityId::parse("a").unwrap(),
            payee: EntityId::parse("b").unwrap(),
            event_type: TaxEventKind::PaymentForGoods,
            currency: pkr(),
            tax_year: 2027,
        };
        let at = |secs| Timestamp::from_unix(secs).unwrap();
        let mut year = TaxYear::none(key, at(25));
        let mut paid: Vec<i128> = Vec::new();
        for (when, minor, back) in steps {
            let amount = Amount::of_minor(minor, pkr());
            if back {
                let sum: i128 = paid.iter().sum();
                let after = year.clone().without(amount, at(when)).unwrap();
                prop_assert_eq!(after.is_some(), when >= 25 && sum >= minor);
                if let Some(after) = after {
                    year = after;
                    paid.push(-minor);
                }
            } else {
                year = year.with(amount).unwrap();
                paid.push(minor);
            }
            prop_assert_eq!(year.paid().minor(), paid.iter().sum::<i128>());
        }
        let kept = canon::Canonical::of(&year).unwrap();
        prop_assert_eq!(kept.read::<TaxYear>().unwrap(), year);
    }
}

#[test]
fn names_agree_with_what_is_kept_and_tax_years_end_where_the_pack_says() {
    for kind in TaxEventKind::ALL {
        assert_eq!(TaxEventKind::parse(kind.name()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
    for status in FilerStatus::ALL {
        assert_eq!(FilerStatus::parse(status.name()), Some(status));
        assert_eq!(serde_json::to_value(status).unwrap(), status.name());
    }
    assert_eq!(Reach::tax_year(day("2026-06-30"), 7), Some(2026));
    assert_eq!(Reach::tax_year(day("2026-07-01"), 7), Some(2027));
    assert_eq!(Reach::tax_year(day("2026-07-01"), 1), Some(2026));
    assert_eq!(Reach::tax_year(day("2026-07-01"), 13), None);
    let names = Reach::rate_names(
        TaxEventKind::PaymentForGoods,
        Some("private-company"),
        FilerStatus::NonFiler,
    );
    let own = "withhold_payment_for_goods_private_company_non_filer_bp";
    assert_eq!(names, [own, "withhold_payment_for_goods_non_filer_bp"]);
    assert_eq!(TaxEventKind::of_purpose("royalty", false), None);
    assert_eq!(Month::parse("2026-13").ok(), None);
}

fn event(withholding: Withholding, posting: Option<&str>) -> TaxEvent {
    let stated = TaxRecord {
        event_id: RecordId::parse("event-1").unwrap(),
        kind: TaxEventKind::PaymentForServices,
        jurisdiction_id: JurisdictionId::parse("pk").unwrap(),
        parties: Parties {
            payer: EntityId::parse("a").unwrap(),
            payee: EntityId::parse("b").ok(),
            payment_id: None,
        },
        gross: gross(1_000),
        occurred: day("2026-11-20"),
        tax_year: Some(2027),
        recorded: Timestamp::parse("2026-11-20T09:00:00Z").unwrap(),
    };
    let posting = posting.map(|id| RecordId::parse(id).unwrap());
    TaxEvent::recorded(stated, withholding, posting)
}

#[test]
fn a_pending_event_is_assessed_once_and_a_withholding_is_taken_back_once() {
    let pending = Withholding::Pending { missing: vec![Missing::FilerStatus] };
    let due = assess(gross(1_000), known(1_500)).unwrap();
    let stated = event(pending, None).assessed(due.clone()).unwrap();
    assert_eq!(stated.held(), None);
    assert_eq!(stated.clone().assessed(due.clone()), Err(IllegalTax::NotPending("due")));
    let back = TaxReversal {
        at: Timestamp::parse("2026-11-21T09:00:00Z").unwrap(),
        posting_id: RecordId::parse("posting-2").unwrap(),
    };
    assert_eq!(stated.reversed(back.clone()), Err(IllegalTax::NotWithheld));
    let held = event(due, Some("posting-1"));
    assert_eq!(held.held().unwrap().1.minor(), 150);
    let kept = serde_json::to_string(&held).unwrap();
    assert_eq!(serde_json::from_str::<TaxEvent>(&kept).unwrap(), held);
    let reversed = held.reversed(back.clone()).unwrap();
    assert_eq!((reversed.held(), reversed.is_reversed()), (None, true));
    assert_eq!(reversed.reversed(back), Err(IllegalTax::NotWithheld));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Withhold(i64),
    Reverse(i64),
    Remit(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..1_000i64).prop_map(Step::Withhold),
        (1..1_000i64).prop_map(Step::Reverse),
        (1..1_000i64).prop_map(Step::Remit),
    ]
}

proptest! {
    /// The tax is the greatest whole number of minor units that is no more than the share, and nothing is lost.
    #[test]
    fn tax_and_rest_are_the_whole(minor in 1..10_000_000_000_000i128, rate_bp in 0..10_000u32) {
        let (tax, net) = due(minor, rate_bp);
        prop_assert_eq!(tax + net, minor);
        prop_assert!(tax * 10_000 <= minor * i128::from(rate_bp));
        prop_assert!((tax + 1) * 10_000 > minor * i128::from(rate_bp));
    }

    /// However much is withheld, given back and paid over, no more leaves than came.
    #[test]
    fn a_liability_never_owes_less_than_nothing(steps in proptest::collection::vec(step(), 1..60)) {
        let key = LiabilityKey {
            authority: Slug::parse("pk-fbr").unwrap(),
            currency: pkr(),
            month: Month::parse("2026-11").unwrap(),
        };
        let (mut kept, mut model) = (Liability::none(key), 0i64);
        for step in steps {
            let (event, change) = match step {
                Step::Withhold(n) => (LiabilityEvent::Withhold(Amount::of_minor(n.into(), pkr())), n),
                Step::Reverse(n) => (LiabilityEvent::Reverse(Amount::of_minor(n.into(), pkr())), -n),
                Step::Remit(n) => (LiabilityEvent::Remit(gross(n.into())), -n),
            };
            let after = kept.clone().apply(event);
            prop_assert_eq!(after.is_ok(), model + change >= 0);
            if let Ok(after) = after {
                (kept, model) = (after, model + change);
            }
            prop_assert_eq!(kept.outstanding().unwrap().minor(), i128::from(model));
        }
    }
}

#[test]
fn a_period_is_a_month_or_a_quarter_and_nothing_else() {
    let period = |text: &str| ReturnPeriod::parse(text).map(|p| (p.first(), p.last()));
    assert_eq!(period("2028-02"), Ok((day("2028-02-01"), day("2028-02-29"))));
    assert_eq!(period("2026-Q4"), Ok((day("2026-10-01"), day("2026-12-31"))));
    for bad in
        ["", "2026", "2026-00", "2026-13", "2026-Q0", "2026-Q5", "26-Q1", "2026-1", "2026-Q1 "]
    {
        assert_eq!(period(bad), Err(BadPeriod), "{bad}");
    }
}

fn return_of(period: &str) -> ReturnOf {
    ReturnOf {
        return_id: RecordId::parse("r-1").unwrap(),
        entity_id: EntityId::parse("e-1").unwrap(),
        ntn: None,
        jurisdiction_id: JurisdictionId::parse("pk").unwrap(),
        authority: Slug::parse("pk-fbr").ok(),
        period: ReturnPeriod::parse(period).unwrap(),
        prepared: Timestamp::parse("2026-12-01T00:00:00Z").unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Every day of a year is in one month and one quarter, the month in the quarter.
    #[test]
    fn each_day_is_in_one_period_of_each_kind(at in 0i64..3_653) {
        let on = day("2024-01-01").plus_days(at).unwrap();
        let year = on.to_string()[..4].to_owned();
        let holding = |names: Vec<String>| {
            let all = names.iter().map(|name| ReturnPeriod::parse(name).unwrap());
            all.filter(|period| period.holds(on)).collect::<Vec<_>>()
        };
        let months = holding((1..=12).map(|m| format!("{year}-{m:02}")).collect());
        let quarters = holding((1..=4).map(|q| format!("{year}-Q{q}")).collect());
        prop_assert_eq!((months.len(), quarters.len()), (1, 1));
        prop_assert!(quarters[0].holds(months[0].first()) && quarters[0].holds(months[0].last()));
    }

    /// Sums are those of adding line by line, and no event is lost.
    #[test]
    fn a_return_adds_up_whatever_is_in_it(made in proptest::collection::vec((1i128..1_000_000, 0u8..4, 0u32..5_000), 0..24)) {
        let mut events = Vec::new();
        for (minor, sort, rate_bp) in &made {
            let known = match sort {
                0 => Known::default(),
                1 => Known { reach: Some(Reach { reached: false, ..known(1).reach.unwrap() }), ..known(1) },
                _ => known(*rate_bp),
            };
            let event = event(assess(gross(*minor), known).unwrap(), Some("p-1"));
            let back = TaxReversal { at: return_of("2026-11").prepared, posting_id: RecordId::parse("p-2").unwrap() };
            events.push(if *sort == 3 { event.clone().reversed(back).unwrap_or(event) } else { event });
        }
        let all = events.iter().map(|event| (event, ReturnPayee::default()));
        let made = TaxReturn::prepared(return_of("2026-11"), all).unwrap();
        let held = |event: &&TaxEvent| event.held().is_some();
        let slow: i128 = events.iter().filter(held).map(|event| event.held().unwrap().1.minor()).sum();
        prop_assert_eq!(made.total().map_or(0, |total| total.minor()), slow);
        prop_assert_eq!(made.lines().len(), events.iter().filter(held).count());
        let json = serde_json::to_value(&made).unwrap();
        let counted = |name: &str| json[name].as_u64().unwrap() as usize;
        let in_all = made.lines().len() + made.open().len() + counted("not_due") + counted("reversed");
        prop_assert_eq!(in_all, events.len());
        prop_assert_eq!(made.is_complete(), made.open().is_empty());
        prop_assert_eq!(serde_json::from_value::<TaxReturn>(json).unwrap(), made);
    }
}
