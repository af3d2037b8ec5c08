//! The language: what loads, what each operator says, and that nothing can fail at run time.

use std::collections::BTreeMap;

use canon::{Amount, Currency, Date, Digest, Timestamp};
use proptest::prelude::*;

use super::tree::{Lookup, evaluate};
use super::{Reads, Truth, check, parse};
use crate::facts::{Fact, Provenance, Source, Type, Value};

type World = BTreeMap<&'static str, Fact>;

fn fact(value: impl Into<Value>) -> Fact {
    let provenance = Provenance::new(Source::Registry, Digest::of_blob(b"t"));
    Fact { value: value.into(), provenance }
}

fn money(text: &str, code: &str) -> Amount {
    let day = Date::parse("2026-11-20").unwrap();
    Amount::parse(text, Currency::parse(code).unwrap(), day).unwrap()
}

fn truth(text: &str, world: &World) -> (Truth, String) {
    let expr = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let limit = Value::Money(money("1000.00", "SGD"));
    let moment = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
    let calendar = super::calendar::Calendar::default();
    let lookup = Lookup {
        fact: &|name| world.get(name),
        param: &|name| (name == "limit").then_some(&limit),
        moment,
        as_of: moment.date(),
        calendar: &calendar,
        stating: true,
        open: false,
    };
    let verdict = evaluate(&expr, &lookup, &mut Reads::new());
    (verdict.truth, verdict.explanation)
}

fn world() -> World {
    let expired = Provenance::new(Source::Credential, Digest::of_blob(b"t"))
        .until(Timestamp::parse("2026-11-20T12:00:00Z").unwrap());
    BTreeMap::from([
        ("owner.identified", fact(true)),
        ("owner.count", fact(2)),
        ("entity.type", fact("company")),
        ("payment.amount", fact(money("1000.00", "SGD"))),
        ("payer.identified", Fact { value: Value::Bool(true), provenance: expired }),
    ])
}

#[test]
fn operators_say_what_they_should() {
    let world = world();
    for (text, wanted) in [
        ("owner.identified", Truth::True),
        ("not owner.identified", Truth::False),
        ("owner.count >= 2 and owner.count < 3", Truth::True),
        ("owner.count in [1, 3]", Truth::False),
        (r#"entity.type in ["company", "trust"]"#, Truth::True),
        (r#"entity.type == "comp\"any""#, Truth::False),
        ("payment.amount >= param.limit", Truth::True),
        ("payment.amount > param.limit", Truth::False),
        ("payment.amount > param.gone", Truth::Unknown),
        ("payee.identified", Truth::Unknown),
        ("payee.identified and owner.count == 3", Truth::False),
        ("payee.identified or owner.identified", Truth::True),
        ("not payee.identified", Truth::Unknown),
        ("present(payee.identified)", Truth::False),
        ("present(owner.identified)", Truth::True),
        ("payer.identified", Truth::Unknown),
        ("present(payer.identified)", Truth::Unknown),
        ("not present(payer.identified) or payer.identified", Truth::Unknown),
        ("true or false and false", Truth::True),
        ("not false and false", Truth::False),
        ("not owner.count == 3", Truth::True),
        ("-1 < 0", Truth::True),
    ] {
        assert_eq!(truth(text, &world).0, wanted, "{text}");
    }
    let dollars = BTreeMap::from([("payment.amount", fact(money("1.00", "USD")))]);
    assert_eq!(truth("payment.amount < param.limit", &dollars).0, Truth::Unknown);
}

#[test]
fn the_explanation_shows_what_each_name_held() {
    let (_, told) = truth("payment.amount >= param.limit and (payee.identified or true)", &world());
    assert_eq!(
        told,
        "payment.amount [1000.00 SGD] >= param.limit [1000.00 SGD] and \
         (payee.identified [missing] or true) is true"
    );
}

#[test]
fn what_does_not_fit_does_not_load() {
    let params = |name: &str| (name == "limit").then_some(Type::Money);
    let refusal = |text: &str| match parse(text).and_then(|expr| check(&expr, &params)) {
        Ok(kind) => format!("loads as {kind}"),
        Err(error) => format!("{}: {}", error.column, error.detail),
    };
    for (text, wanted) in [
        ("owner.identifed", "1: unknown fact `owner.identifed` (did you mean `owner.identified`?)"),
        ("owner.count >= true", "13: `>=` does not compare int with bool"),
        ("owner.count >= 1.5", "16: `1.5` is not a whole number in range"),
        ("owner.count = 1", "13: `=` is not a comparison; write `==`"),
        ("1 < owner.count < 3", "17: unexpected `<`; comparisons do not chain"),
        ("owner.identified and", "21: the expression ends too early"),
        ("(owner.identified", "18: expected `)`"),
        ("owner.count and true", "1: expected true or false, found int"),
        ("param.gone > 1", "1: no parameter `gone` in the pack or its parents"),
        ("param.limit > 1", "13: `>` does not compare money with int"),
        ("owner.count in [1, \"a\"]", "16: a list holds values of one type"),
        ("entity.type == \"x", "16: the text is not closed"),
        ("present(true)", "1: `present` takes the name of a fact"),
        ("owner.count", "loads as int"),
        ("a..b", "1: `a..b` is not a name"),
        (
            "owner.count >= 9007199254740992",
            "16: `9007199254740992` is not a whole number in range",
        ),
    ] {
        assert_eq!(refusal(text), wanted, "{text}");
    }
    let deep = format!("{}true{}", "(".repeat(40), ")".repeat(40));
    assert!(refusal(&deep).contains("nested deeper"));
    assert!(refusal(&"not ".repeat(40)).contains("nested deeper"));
    assert!(refusal(&"true and ".repeat(150)).contains("more than 200 tokens"));
    assert!(refusal(&" ".repeat(3000)).contains("longer than"));
}

const NAMES: [&str; 6] = [
    "owner.identified",
    "payee.identified",
    "payer.identified",
    "owner.count",
    "entity.type",
    "payment.amount",
];

fn expression(present: bool) -> impl Strategy<Value = String> {
    let mut leaves = vec![
        "true",
        "owner.identified",
        "payee.identified",
        "payer.identified",
        "owner.count >= 2",
        "owner.count in [1, 2]",
        "entity.type == \"company\"",
        "entity.type != \"trust\"",
        "payment.amount >= param.limit",
        "payment.amount < param.gone",
        "owner.identified == payee.identified",
    ];
    if present {
        leaves.extend(["present(owner.count)", "present(payee.identified)"]);
    }
    let leaf = proptest::sample::select(leaves).prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|e| format!("not ({e})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) or ({b})")),
        ]
    })
}

fn value_of(name: &'static str, pick: u8) -> Fact {
    match name {
        "owner.count" => fact(i64::from(pick % 4)),
        "entity.type" => fact(if pick.is_multiple_of(2) { "company" } else { "trust" }),
        "payment.amount" => {
            let code = if pick.is_multiple_of(3) { "USD" } else { "SGD" };
            fact(money(if pick.is_multiple_of(2) { "999.99" } else { "1000.00" }, code))
        }
        _ => fact(pick.is_multiple_of(2)),
    }
}

proptest! {
    #[test]
    fn any_text_parses_or_is_refused_and_never_panics(text in "[ a-z0-9._()\\[\\],\"<>=!-]{0,80}") {
        if let Ok(expr) = parse(&text) {
            let _ = check(&expr, &|_| Some(Type::Int));
            let world = world();
            let _ = truth(&text, &world);
        }
    }

    #[test]
    fn a_missing_fact_never_stood_for_a_wrong_definite_answer(
        text in expression(false),
        picks in proptest::collection::vec(0u8..12, NAMES.len()),
        hidden in proptest::collection::vec(any::<bool>(), NAMES.len()),
    ) {
        let full: World =
            NAMES.iter().zip(&picks).map(|(name, pick)| (*name, value_of(name, *pick))).collect();
        let partial: World = NAMES.iter().zip(&hidden).filter(|(_, hide)| !**hide)
            .filter_map(|(name, _)| Some((*name, full.get(name)?.clone()))).collect();
        let (before, after) = (truth(&text, &partial).0, truth(&text, &full).0);
        prop_assert!(before == Truth::Unknown || before == after, "{}: {:?} {:?}", text, before, after);
    }

    #[test]
    fn equal_inputs_give_equal_words(text in expression(true), picks in proptest::collection::vec(0u8..12, NAMES.len())) {
        let facts: World =
            NAMES.iter().zip(&picks).map(|(name, pick)| (*name, value_of(name, *pick))).collect();
        prop_assert_eq!(truth(&text, &facts), truth(&text, &facts));
    }
}

fn known_world() -> World {
    let date = |text: &str| Value::Date(Date::parse(text).unwrap());
    let issuer = canon::Did::parse("did:web:registrar.example").unwrap();
    let license = Provenance::new(Source::Credential, Digest::of_blob(b"t"))
        .by(issuer)
        .until(Timestamp::parse("2027-01-01T00:00:00Z").unwrap());
    BTreeMap::from([
        ("entity.formed", fact(date("2026-01-30"))),
        ("evidence.annual_return.due", fact(date("2026-02-28"))),
        ("evidence.license", Fact { value: Value::Bool(true), provenance: license }),
        ("entity.activities", fact(Value::set(["b".to_owned(), "a".to_owned()]))),
        ("payment.amount", fact(money("1000.00", "SGD"))),
        ("owner.count", fact(2)),
        ("evidence.identity.method", fact("remote")),
    ])
}

#[test]
fn dates_sets_amounts_and_evidence_are_reckoned() {
    let world = known_world();
    for (text, wanted) in [
        ("days(entity.formed, evidence.annual_return.due) == 29", Truth::True),
        ("plus_months(entity.formed, 1) == evidence.annual_return.due", Truth::True),
        ("plus_days(entity.formed, 29) == evidence.annual_return.due", Truth::True),
        ("entity.formed < today()", Truth::True),
        ("plus_days(today(), 9007199254740991) > today()", Truth::Unknown),
        // No calendar is at hand: nothing is known of business days.
        ("business_day(today())", Truth::Unknown),
        (r#"within(entity.activities, ["a", "b", "c"])"#, Truth::True),
        (r#"within(entity.activities, ["a"])"#, Truth::False),
        (r#"overlaps(entity.activities, ["a", "z"])"#, Truth::True),
        (r#""b" in entity.activities"#, Truth::True),
        ("size(entity.activities) == owner.count", Truth::True),
        ("share(payment.amount, 2500) < payment.amount", Truth::True),
        ("sum(payment.amount, payment.amount) > payment.amount", Truth::True),
        ("difference(owner.count, 3) == -1", Truth::True),
        ("times(9007199254740991, 2) > 0", Truth::Unknown),
        (r#"issuer(evidence.license) == "did:web:registrar.example""#, Truth::True),
        ("days(today(), expiry(evidence.license)) == 41", Truth::True),
        ("expiry(evidence.insurance_cover) > today()", Truth::Unknown),
        (r#"evidence.identity.method in ["remote", "in_person"]"#, Truth::True),
    ] {
        assert_eq!(truth(text, &world).0, wanted, "{text}");
        assert_eq!(flat(text, &world), wanted, "compiled: {text}");
    }
}

#[test]
fn functions_are_checked_before_they_run() {
    let refused = |text: &str| {
        let error = parse(text).and_then(|expr| check(&expr, &|_| None)).unwrap_err();
        error.to_string()
    };
    assert!(refused("dayz(today(), today()) > 0").contains("did you mean `days`?"));
    assert!(refused("days(today()) > 0").contains("takes (date, date), not 1"));
    assert!(refused("days(today(), owner.count) > 0").contains("column 15"));
    assert!(refused("sum(owner.count, payment.amount) > 0").contains("not money"));
    assert!(refused("issuer(owner.identified) == \"x\"").contains("the name of an evidence"));
    assert!(refused(r#"evidence.identity.method == "remot""#).contains("did you mean `remote`?"));
    assert!(refused(r#"evidence.identity.method in ["remote", "x"]"#).contains("never `x`"));
}

#[test]
fn calendars_know_their_years_and_brackets_their_slices() {
    use super::Function;
    use super::calendar::Calendar;
    use crate::facts::Brackets;
    let date = |text: &str| Date::parse(text).unwrap();
    let calendar = Calendar::new([date("2026-01-01"), date("2026-12-25")].into());
    // 2026-12-24 is a Thursday; Christmas and the weekend rest.
    let given = [Value::Date(date("2026-12-24")), Value::Int(1)];
    let given: Vec<&Value> = given.iter().collect();
    let next = Function::PlusBusinessDays.apply(&given, date("2026-01-01"), &calendar);
    assert_eq!(next, Some(Value::Date(date("2026-12-28"))));
    let rest = calendar.clone().resting(&["friday".to_owned()]);
    assert_eq!(
        (rest.works(date("2026-12-26")), rest.works(date("2026-12-18"))),
        (Some(true), Some(false))
    );
    assert_eq!(calendar.works(date("2027-01-04")), None);
    let scale = Brackets {
        currency: Some(Currency::parse("SGD").unwrap()),
        steps: vec![(0, 0), (1_000_000, 200), (3_000_000, 1_150)],
    };
    let levy = |text: &str| {
        let given = [Value::Brackets(scale.clone()), Value::Money(money(text, "SGD"))];
        Function::Levy.apply(&given.iter().collect::<Vec<_>>(), date("2026-01-01"), &calendar)
    };
    // 20,000 at 2 % and 10,000 at 11.5 %.
    assert_eq!(levy("40000.00"), Some(Value::Money(money("1550.00", "SGD"))));
    assert_eq!(levy("9999.00"), Some(Value::Money(money("0.00", "SGD"))));
    assert_eq!(levy("-1.00"), None);
}

fn flat(text: &str, world: &World) -> Truth {
    use super::ear::{Ear as _, Heard, Lacks, Scribe, Silent};
    use super::flat::{Declared, Flat, Runner, World as Ground};
    let expr = parse(text).unwrap();
    let mut facts = vec![None; crate::facts::known().len()];
    for (name, fact) in world {
        facts[crate::facts::find(name).unwrap().0] = Some(fact);
    }
    let limit = Value::Money(money("1000.00", "SGD"));
    let moment = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
    let calendar = super::calendar::Calendar::default();
    let param = |_: usize, name: &str| (name == "limit").then_some(&limit);
    let declared = Declared::of(&facts, moment);
    let ground = Ground {
        facts: &facts,
        param: &param,
        moment,
        as_of: moment.date(),
        calendar: &calendar,
        declared: Some(&declared),
    };
    let flat = Flat::of(&expr);
    let (answer, ()) = Runner::new(Silent).run(&flat, &ground);
    let mut heard = Runner::new(Scribe::new(moment.date()));
    let (told, said) = heard.run(&flat, &ground);
    let require = Some((told.truth, said));
    let told = heard.ear.told(Heard { when: None, require, lacks: Lacks::Nothing });
    let wanted = format!("require {}", self::truth(text, world).1);
    assert_eq!(told.explanation, wanted, "both tell the same");
    answer.truth
}
