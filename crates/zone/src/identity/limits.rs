//! Limits by tier: how much a customer of each tier may pay at once, as the zone has set it for a currency.
//!
//! What is set is told to law as facts of the payment, and a payment over the limit is refused before law is asked: the
//! limit is the zone's own, and no rule lifts it. The tier of a payer is that of the organisation registered as this entity; an entity nobody registered has tier 0.

use canon::{Amount, Currency, Timestamp};
use law::{Provenance, Source};
use registry::{Entity, SubjectKind, Tier};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::KIND;
use super::kept::Kept;
use crate::duty::{Duty, Task};
use crate::facts::Gathered;
use crate::idempotency::Ask;
use crate::limits::PAGE_MAX;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// The kind of record, one for each currency.
const LIMITS: &str = "tier-limits";

/// Limits to be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierLimitsAsk {
    /// ISO 4217 code.
    pub currency: Currency,
    /// Largest payment of each tier, 0 to 3, as decimal amounts.
    pub per_payment: [String; 4],
}

/// Limits as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TierLimits {
    #[serde(rename = "type")]
    type_: String,
    currency: Currency,
    per_payment: [Amount; 4],
    since: Timestamp,
}

impl TierLimits {
    fn of(&self, tier: Tier) -> Option<Amount> {
        self.per_payment.get(usize::from(tier.number())).copied()
    }
}

fn read(ask: &TierLimitsAsk, now: Timestamp) -> Result<[Amount; 4], Refused> {
    let [none, basic, enhanced, institutional] = &ask.per_payment;
    let amount = |text: &String| Amount::parse(text, ask.currency, now.date());
    let all = [amount(none)?, amount(basic)?, amount(enhanced)?, amount(institutional)?];
    let minor = all.map(|amount| amount.minor());
    if minor.first().is_some_and(|first| *first < 0) || !minor.is_sorted() {
        let detail = "limits are not negative, and none is below that of a lower tier";
        return Err(Refused::invalid("bad-tier-limits", detail));
    }
    Ok(all)
}

impl Zone {
    /// Set how much a customer of each tier may pay at once in a currency.
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
        let (currency, per_payment) = (wanted.currency, read(wanted, now)?);
        let before: Option<Loaded<TierLimits>> = self.load(LIMITS, currency.code())?;
        let type_ = "MEZTierLimits".to_owned();
        let limits = TierLimits { type_, currency, per_payment, since: now };
        let said = json!({ "currency": currency, "per_payment": limits.per_payment });
        let upon = crate::pipeline::Upon::default();
        let subject = format!("{LIMITS}:{currency}");
        let mut writes = self.on_duty_saying(&duty, (now, &subject), Some(said), &upon)?;
        writes.state(LIMITS, currency.code(), before.and_then(|b| b.rev), &limits)?;
        let body = json!({ "result": limits });
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// `payer.tier`, `payer.tier_limited` and `payer.tier_limit` of a payment, which is within the limit.
    pub(crate) fn within_tier(
        &self,
        gathered: &mut Gathered,
        payer: &Entity,
        amount: Amount,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let currency = amount.currency();
        let (tier, until, digest) = self.tier_of(payer, now)?;
        let by = Provenance::new(Source::Registry, digest);
        let by = until.map_or_else(|| by.clone(), |until| by.clone().until(until));
        gathered.state("payer.tier", i64::from(tier.number()), by.clone())?;
        let limits: Option<Loaded<TierLimits>> = self.load(LIMITS, currency.code())?;
        let limit = limits.and_then(|limits| limits.value.of(tier));
        gathered.state("payer.tier_limited", limit.is_some(), by.clone())?;
        match limit {
            Some(limit) if amount.minor() > limit.minor() => {
                let most = limit.to_decimal(now.date());
                let detail = format!(
                    "a payer of tier {} pays at most {most} {currency} at once",
                    tier.number()
                );
                Err(Refused::conflict("over-tier-limit", detail))
            }
            Some(limit) => gathered.state("payer.tier_limit", limit, by),
            None => Ok(()),
        }
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
