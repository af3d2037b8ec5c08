//! The functions of the language: total, over values already known. Whatever has no answer (two
//! currencies, overflow, a day outside the calendar) is *unknown*.

use canon::{Amount, Date};

use super::calendar::Calendar;
use crate::facts::{Brackets, Provenance, Type, Value};

/// Most business days counted at once: about four years.
const BUSINESS_DAYS_MAX: i64 = 1_100;
/// Basis points in a whole.
const WHOLE_BP: i128 = 10_000;

macro_rules! functions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal ($($arg:ident),*) -> $result:ident,)*) => {
        /// A function of the language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Function { $($(#[$doc])* $variant,)* }

        impl Function {
            /// All of them.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it takes.
            pub(crate) const fn takes(self) -> &'static [Takes] {
                match self { $(Self::$variant => &[$(Takes::$arg,)*],)* }
            }

            /// What it gives; where that depends on the arguments, the first one's type.
            pub(crate) const fn gives(self) -> Takes {
                match self { $(Self::$variant => Takes::$result,)* }
            }
        }
    };
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Bool,
    Date,
    Int,
    Money,
    Text,
    Texts,
    Brackets,
    /// A number or an amount, and the same in all places.
    Quantity,
    /// The name of an `evidence.<type>`.
    Evidence,
}

impl Takes {
    /// Whether a type fits.
    pub(crate) const fn fits(self, kind: Type) -> bool {
        matches!(
            (self, kind),
            (Self::Bool | Self::Evidence, Type::Bool)
                | (Self::Date, Type::Date)
                | (Self::Int, Type::Int)
                | (Self::Money, Type::Money)
                | (Self::Text, Type::Text)
                | (Self::Texts, Type::Texts)
                | (Self::Brackets, Type::Brackets)
                | (Self::Quantity, Type::Int | Type::Money)
        )
    }

    /// In words.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Date => "date",
            Self::Int => "int",
            Self::Money => "money",
            Self::Text => "text",
            Self::Texts => "list of texts",
            Self::Brackets => "brackets",
            Self::Quantity => "int or money",
            Self::Evidence => "the name of an evidence",
        }
    }
}

functions! {
    /// The day whose law applies.
    Today = "today"() -> Date,
    /// Days from the first date to the second; negative when it is earlier.
    Days = "days"(Date, Date) -> Int,
    /// The date so many days later.
    PlusDays = "plus_days"(Date, Int) -> Date,
    /// The date so many months later; the last day of a shorter month.
    PlusMonths = "plus_months"(Date, Int) -> Date,
    /// Business days after the first date, up to and with the second.
    BusinessDays = "business_days"(Date, Date) -> Int,
    /// The date so many business days later.
    PlusBusinessDays = "plus_business_days"(Date, Int) -> Date,
    /// Whether work is done on that day.
    BusinessDay = "business_day"(Date) -> Bool,
    /// How many members a set has.
    Size = "size"(Texts) -> Int,
    /// Whether every member of the first is in the second.
    Within = "within"(Texts, Texts) -> Bool,
    /// Whether the two have a member in common.
    Overlaps = "overlaps"(Texts, Texts) -> Bool,
    /// What the bracket gives in which a quantity falls.
    Bracket = "bracket"(Brackets, Quantity) -> Int,
    /// The amount due when each slice between thresholds is charged its basis points.
    Levy = "levy"(Brackets, Money) -> Money,
    /// So many basis points of an amount, rounded down.
    Share = "share"(Money, Int) -> Money,
    /// The sum.
    Sum = "sum"(Quantity, Quantity) -> Quantity,
    /// The first less the second.
    Difference = "difference"(Quantity, Quantity) -> Quantity,
    /// A number times another.
    Times = "times"(Int, Int) -> Int,
    /// Who issued an evidence.
    Issuer = "issuer"(Evidence) -> Text,
    /// The last day on which an evidence holds.
    Expiry = "expiry"(Evidence) -> Date,
}

impl Function {
    /// The function of that name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }

    /// What it reads from an evidence's provenance.
    pub(crate) fn of(self, provenance: &Provenance) -> Option<Value> {
        match self {
            Self::Issuer => provenance.issuer.as_ref().map(|did| Value::Text(did.to_string())),
            // The end is the first moment at which it no longer holds.
            Self::Expiry => Some(Value::Date(provenance.expires?.plus_secs(-1).ok()?.date())),
            _ => None,
        }
    }

    /// Its value. [`Function::Issuer`] and [`Function::Expiry`] are read from provenance instead.
    pub(crate) fn apply(self, given: &[&Value], as_of: Date, calendar: &Calendar) -> Option<Value> {
        match (self, given) {
            (Self::Today, []) => Some(Value::Date(as_of)),
            (Self::Days, [Value::Date(a), Value::Date(b)]) => Some(Value::Int(a.days_until(*b))),
            (Self::PlusDays, [Value::Date(date), Value::Int(days)]) => {
                date.plus_days(*days).ok().map(Value::Date)
            }
            (Self::PlusMonths, [Value::Date(date), Value::Int(months)]) => {
                plus_months(*date, *months).map(Value::Date)
            }
            (Self::BusinessDays, [Value::Date(a), Value::Date(b)]) => {
                business_days(*a, *b, calendar).map(Value::Int)
            }
            (Self::PlusBusinessDays, [Value::Date(date), Value::Int(days)]) => {
                plus_business_days(*date, *days, calendar).map(Value::Date)
            }
            (Self::BusinessDay, [Value::Date(date)]) => calendar.works(*date).map(Value::Bool),
            (Self::Size, [Value::Texts(set)]) => i64::try_from(set.len()).ok().map(Value::Int),
            (Self::Within, [Value::Texts(a), Value::Texts(b)]) => {
                Some(Value::Bool(a.iter().all(|text| b.contains(text))))
            }
            (Self::Overlaps, [Value::Texts(a), Value::Texts(b)]) => {
                Some(Value::Bool(a.iter().any(|text| b.contains(text))))
            }
            (Self::Bracket, [Value::Brackets(scale), at]) => {
                step(scale, quantity(scale, at)?).map(Value::Int)
            }
            (Self::Levy, [Value::Brackets(scale), Value::Money(amount)]) => {
                levy(scale, *amount).map(Value::Money)
            }
            (Self::Share, [Value::Money(amount), Value::Int(bp)]) => {
                let minor = amount.minor().checked_mul(i128::from(*bp))?.div_euclid(WHOLE_BP);
                Some(Value::Money(Amount::of_minor(minor, amount.currency())))
            }
            (Self::Sum, [Value::Int(a), Value::Int(b)]) => whole(a.checked_add(*b)),
            (Self::Sum, [Value::Money(a), Value::Money(b)]) => {
                a.checked_add(*b).ok().map(Value::Money)
            }
            (Self::Difference, [Value::Int(a), Value::Int(b)]) => whole(a.checked_sub(*b)),
            (Self::Difference, [Value::Money(a), Value::Money(b)]) => {
                a.checked_sub(*b).ok().map(Value::Money)
            }
            (Self::Times, [Value::Int(a), Value::Int(b)]) => whole(a.checked_mul(*b)),
            _ => None,
        }
    }
}

fn whole(value: Option<i64>) -> Option<Value> {
    value.filter(|v| v.unsigned_abs() <= canon::INTEGER_MAX.unsigned_abs()).map(Value::Int)
}

/// A quantity in the unit of a scale.
fn quantity(scale: &Brackets, at: &Value) -> Option<i128> {
    match (scale.currency, at) {
        (Some(currency), Value::Money(amount)) if amount.currency() == currency => {
            Some(amount.minor())
        }
        (None, Value::Int(value)) => Some(i128::from(*value)),
        _ => None,
    }
}

fn step(scale: &Brackets, at: i128) -> Option<i64> {
    scale.steps.iter().rev().find(|(from, _)| i128::from(*from) <= at).map(|(_, gives)| *gives)
}

/// Slice by slice; the sum is taken first and rounded down once.
fn levy(scale: &Brackets, amount: Amount) -> Option<Amount> {
    let at = quantity(scale, &Value::Money(amount))?;
    step(scale, at)?;
    let ends = scale.steps.iter().skip(1).map(|(from, _)| Some(i128::from(*from))).chain([None]);
    let mut sum = 0i128;
    for ((from, bp), end) in scale.steps.iter().zip(ends) {
        let top = end.map_or(at, |end| end.min(at));
        let slice = top.checked_sub(i128::from(*from))?.max(0);
        sum = sum.checked_add(slice.checked_mul(i128::from(*bp))?)?;
    }
    Some(Amount::of_minor(sum.div_euclid(WHOLE_BP), amount.currency()))
}

fn plus_months(date: Date, months: i64) -> Option<Date> {
    let text = date.to_string();
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let (year, month): (i64, i64) = (year.parse().ok()?, month.parse().ok()?);
    let day: u8 = day.parse().ok()?;
    let count = year.checked_mul(12)?.checked_add(month - 1)?.checked_add(months)?;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    (28..=day.max(28))
        .rev()
        .map(|last| day.min(last))
        .find_map(|day| Date::parse(&format!("{year:04}-{month:02}-{day:02}")).ok())
}

fn business_days(from: Date, to: Date, calendar: &Calendar) -> Option<i64> {
    let span = from.days_until(to);
    if span < 0 {
        return business_days(to, from, calendar).map(i64::wrapping_neg);
    }
    if span > BUSINESS_DAYS_MAX.saturating_mul(2) {
        return None;
    }
    let mut count = 0;
    for day in 1..=span {
        count += i64::from(calendar.works(from.plus_days(day).ok()?)?);
    }
    Some(count)
}

fn plus_business_days(from: Date, days: i64, calendar: &Calendar) -> Option<Date> {
    if days.abs() > BUSINESS_DAYS_MAX {
        return None;
    }
    let (mut at, mut left) = (from, days.abs());
    while left > 0 {
        at = at.plus_days(days.signum()).ok()?;
        left -= i64::from(calendar.works(at)?);
    }
    Some(at)
}
