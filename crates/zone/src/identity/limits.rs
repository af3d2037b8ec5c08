//! Limits by tier: how much a customer of each tier may pay at once, in a day and in a month, as the zone has set it for a
//! currency.
//!
//! What is set is told to law as facts of the payment, and a payment over the limit is refused before law is asked: the
//! limit is the zone's own, and no rule lifts it. The tier of a payer is that of the organisation registered as this
//! entity; an entity nobody registered has tier 0. Days and months are those of the calendar in UTC.

use canon::{Amount, Currency, Date, Timestamp};
use law::{Provenance, Source};
use registry::tax::Month;
use registry::{Entity, SubjectKind, Tier};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::KIND;
use super::kept::Kept;
use super::paid::Paid;
use crate::duty::{Duty, Task};
use crate::facts::Gathered;
use crate::idempotency::Ask;
use crate::limits::PAGE_MAX;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// The kind of record, one for each currency.
pub(super) const LIMITS: &str = "tier-limits";

/// Limits to be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierLimitsAsk {
    /// ISO 4217 code.
    pub currency: Currency,
    /// Largest payment of each tier, 0 to 3, as decimal amounts.
    pub per_payment: [String; 4],
    /// Most that each tier pays in a calendar day; no limit unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<[String; 4]>,
    /// Most that each tier pays in a calendar month; no limit unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_month: Option<[String; 4]>,
}

/// Limits as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TierLimits {
    #[serde(rename = "type")]
    type_: String,
    currency: Currency,
    per_payment: [Amount; 4],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    per_day: Option<[Amount; 4]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    per_month: Option<[Amount; 4]>,
    since: Timestamp,
    /// Since when payments are counted by day and month: since the first such limit. It never ends, so that another limit
    /// finds all of its month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counted_since: Option<Timestamp>,
}

fn of(limits: &[Amount; 4], tier: Tier) -> Option<Amount> {
    limits.get(usize::from(tier.number())).copied()
}

impl TierLimits {
    /// Whether a payment begun at a moment is counted.
    pub(super) fn counts(&self, begun: Timestamp) -> bool {
        self.counted_since.is_some_and(|since| since <= begun)
    }

    /// Whether it surely was counted: in the second in which counting began, some were made before.
    pub(super) fn frees(&self, begun: Timestamp) -> bool {
        self.counted_since.is_some_and(|since| since < begun)
    }
}

/// One span of time in which a payer has a limit.
struct Span {
    code: &'static str,
    name: &'static str,
    /// The day or month, as text.
    which: String,
    /// What of it was paid before.
    used: Amount,
    most: Amount,
}

impl Span {
    fn holds(&self, tier: Tier, amount: Amount, today: Date) -> Result<(), Refused> {
        let with = self.used.checked_add(amount).map_err(Refused::host)?;
        if with.minor() <= self.most.minor() {
            return Ok(());
        }
        let left = self.most.checked_sub(self.used).map_err(Refused::host)?;
        let left = Amount::of_minor(left.minor().max(0), left.currency());
        let decimal = |amount: Amount| amount.to_decimal(today);
        let Self { code, name, which, .. } = self;
        let detail = format!(
            "a payer of tier {} pays at most {most} {currency} a {name}: {used} {currency} of {which} are used, {left} \
             {currency} are left",
            tier.number(),
            most = decimal(self.most),
            used = decimal(self.used),
            left = decimal(left),
            currency = amount.currency(),
        );
        Err(Refused::conflict(code, detail))
    }
}

/// What a payer may pay, as law is told.
pub(crate) struct Bounds {
    tier: Tier,
    at_once: Option<Amount>,
    spans: Vec<Span>,
}

impl Bounds {
    /// Whether a payment is within them.
    fn hold(&self, amount: Amount, today: Date) -> Result<(), Refused> {
        if let Some(most) = self.at_once.filter(|most| amount.minor() > most.minor()) {
            let (tier, most) = (self.tier.number(), most.to_decimal(today));
            let detail =
                format!("a payer of tier {tier} pays at most {most} {} at once", amount.currency());
            return Err(Refused::conflict("over-tier-limit", detail));
        }
        self.spans.iter().try_for_each(|span| span.holds(self.tier, amount, today))
    }
}

fn read(
    (currency, given): (Currency, &[String; 4]),
    now: Timestamp,
) -> Result<[Amount; 4], Refused> {
    let [none, basic, enhanced, institutional] = given;
    let amount = |text: &String| Amount::parse(text, currency, now.date());
    let all = [amount(none)?, amount(basic)?, amount(enhanced)?, amount(institutional)?];
    let minor = all.map(|amount| amount.minor());
    if minor.first().is_some_and(|first| *first < 0) || !minor.is_sorted() {
        let detail = "limits are not negative, and none is below that of a lower tier";
        return Err(Refused::invalid("bad-tier-limits", detail));
    }
    Ok(all)
}

/// The limits asked for, after those that were set before.
fn replaced(
    wanted: &TierLimitsAsk,
    before: Option<&TierLimits>,
    now: Timestamp,
) -> Result<TierLimits, Refused> {
    let currency = wanted.currency;
    let read = |given: &[String; 4]| read((currency, given), now);
    let per_payment = read(&wanted.per_payment)?;
    let per_day = wanted.per_day.as_ref().map(read).transpose()?;
    let per_month = wanted.per_month.as_ref().map(read).transpose()?;
    let counts = per_day.is_some() || per_month.is_some();
    let counted = before.and_then(|before| before.counted_since);
    Ok(TierLimits {
        type_: "MEZTierLimits".to_owned(),
        currency,
        per_payment,
        per_day,
        per_month,
        since: now,
        counted_since: counted.or_else(|| counts.then_some(now)),
    })
}

impl Zone {
    /// Set how much a customer of each tier may pay in a currency: at once, in a day, in a month.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn set_tier_limits(&self, ask: &Ask, wanted: &TierLimitsAsk) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::TierLimits, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let currency = wanted.currency;
        let before: Option<Loaded<TierLimits>> = self.load(LIMITS, currency.code())?;
        let limits = replaced(wanted, before.as_ref().map(|before| &before.value), now)?;
        let mut said = json!({ "currency": currency, "per_payment": limits.per_payment });
        if let Some(members) = said.as_object_mut() {
            let spans = [("per_day", &limits.per_day), ("per_month", &limits.per_month)];
            let given = spans.into_iter().filter_map(|(name, span)| Some((name, span.as_ref()?)));
            members.extend(given.map(|(name, span)| (name.to_owned(), json!(span))));
        }
        let upon = crate::pipeline::Upon::default();
        let subject = format!("{LIMITS}:{currency}");
        let mut writes = self.on_duty_saying(&duty, (now, &subject), Some(said), &upon)?;
        writes.state(LIMITS, currency.code(), before.and_then(|b| b.rev), &limits)?;
        let body = json!({ "result": limits });
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// The same facts as [`Zone::tier_told`] of a payment begun at a moment, which is within the limits.
    pub(crate) fn within_tier(
        &self,
        gathered: &mut Gathered,
        payer: &Entity,
        (amount, begun): (Amount, Timestamp),
        now: Timestamp,
    ) -> Result<(), Refused> {
        let bounds = self.tier_told(gathered, payer, (amount.currency(), begun), now)?;
        bounds.hold(amount, now.date())
    }

    /// Tell law of a payer's tier and limits, and of what is used of them on the day of a payment: `payer.tier`,
    /// `payer.tier_limited`, `payer.tier_limit`, and of day and month whether they are limited, how far, and what is used.
    pub(crate) fn tier_told(
        &self,
        gathered: &mut Gathered,
        payer: &Entity,
        (currency, begun): (Currency, Timestamp),
        now: Timestamp,
    ) -> Result<Bounds, Refused> {
        let (tier, until, digest) = self.tier_of(payer, now)?;
        let by = Provenance::new(Source::Registry, digest);
        let by = until.map_or_else(|| by.clone(), |until| by.clone().until(until));
        gathered.state("payer.tier", i64::from(tier.number()), by.clone())?;
        let limits: Option<Loaded<TierLimits>> = self.load(LIMITS, currency.code())?;
        let limits = limits.map(|limits| limits.value);
        let at_once = limits.as_ref().and_then(|limits| of(&limits.per_payment, tier));
        gathered.state("payer.tier_limited", at_once.is_some(), by.clone())?;
        if let Some(limit) = at_once {
            gathered.state("payer.tier_limit", limit, by.clone())?;
        }
        let span = |limits: Option<&[Amount; 4]>| limits.and_then(|limits| of(limits, tier));
        let day = span(limits.as_ref().and_then(|limits| limits.per_day.as_ref()));
        let month = span(limits.as_ref().and_then(|limits| limits.per_month.as_ref()));
        gathered.state("payer.tier_day_limited", day.is_some(), by.clone())?;
        gathered.state("payer.tier_month_limited", month.is_some(), by.clone())?;
        let mut spans = Vec::new();
        if day.is_some() || month.is_some() {
            let paid = self.paid_by(payer.id(), currency, begun.date())?.value;
            spans = told_spans(gathered, (&paid, begun.date()), (day, month), &by)?;
        }
        Ok(Bounds { tier, at_once, spans })
    }

    /// The highest tier of the organisations registered as an entity, until when, and what says so.
    fn tier_of(
        &self,
        entity: &Entity,
        now: Timestamp,
    ) -> Result<(Tier, Option<Timestamp>, canon::Digest), Refused> {
        let ids = self.store.find(KIND, "entity", entity.id().as_str(), None, PAGE_MAX)?;
        let digest = canon::Canonical::of(entity.id()).map_err(Refused::host)?.digest();
        let mut best = (Tier::default(), None, digest);
        for id in ids {
            let kept: Kept = self.need(KIND, &id)?.value;
            let (tier, until) = kept.tier(now);
            if kept.kind == SubjectKind::Organisation && tier > best.0 {
                best = (tier, until, kept.commitment_sha256);
            }
        }
        Ok(best)
    }
}

/// Facts of the day and the month of a payment, as far as they are limited.
fn told_spans(
    gathered: &mut Gathered,
    (paid, day): (&Paid, Date),
    (per_day, per_month): (Option<Amount>, Option<Amount>),
    by: &Provenance,
) -> Result<Vec<Span>, Refused> {
    let digest = canon::Canonical::of(paid).map_err(Refused::host)?.digest();
    let known = Provenance::new(Source::Registry, digest);
    let mut spans = Vec::new();
    if let Some(most) = per_day {
        let (which, used) = (day.to_string(), paid.on(day));
        gathered.state("payer.tier_day_limit", most, by.clone())?;
        gathered.state("payer.tier_day_used", used, known.clone())?;
        spans.push(Span { code: "over-tier-day-limit", name: "day", which, used, most });
    }
    if let Some(most) = per_month {
        let (which, used) = (Month::of(day).as_str().to_owned(), paid.in_all()?);
        gathered.state("payer.tier_month_limit", most, by.clone())?;
        gathered.state("payer.tier_month_used", used, known)?;
        spans.push(Span { code: "over-tier-month-limit", name: "month", which, used, most });
    }
    Ok(spans)
}
