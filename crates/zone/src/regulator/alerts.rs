//! Alerts: rules over the population, computed from records whenever they are asked for. An alert that ends is not
//! there any more; what a regulator said about it stays in their log.

use canon::{Canonical, Date, Digest, Timestamp};
use law::{Domain, Outcome, State};
use registry::tax::{Liability, Month};
use registry::{License, LicenseStatus};
use serde_json::{Value, json};

use super::query::{Of, PopulationQuery, When};
use crate::caller::{Caller, Scope};
use crate::limits::{
    ALERT_RECORDS_MAX, LICENSE_ENDS_DAYS, PAGE_MAX, SPIKE_DAYS, SPIKE_FACTOR, SPIKE_MIN,
};
use crate::refused::Refused;
use crate::tax::LIABILITY;
use crate::zone::{Page, Zone, parse};

/// Seconds of a day.
const DAY_SECS: i64 = 86_400;

/// Something that asks for a look.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alert {
    /// Digest of rule, subject and since: the same alert is the same, whenever it is computed.
    pub(super) id: Digest,
    rule: &'static str,
    subject: String,
    /// Since when, or since which place: what makes the next alert of this rule another one.
    since: String,
    detail: String,
    /// Where the records are.
    records: String,
}

impl Alert {
    fn of(
        (rule, subject): (&'static str, String),
        since: impl ToString,
        detail: String,
        records: String,
    ) -> Result<Self, Refused> {
        let since = since.to_string();
        let said = json!({ "rule": rule, "subject": subject, "since": since });
        let id = Canonical::of_value(&said).map_err(Refused::host)?.digest();
        Ok(Self { id, rule, subject, since, detail, records })
    }

    fn shown(&self, acknowledged: Option<&Value>) -> Value {
        json!({
            "alert_id": self.id,
            "rule": self.rule,
            "subject": self.subject,
            "since": self.since,
            "detail": self.detail,
            "records": self.records,
            "acknowledged": acknowledged,
        })
    }
}

impl Zone {
    /// A page of the alerts that stand, by id, each with the caller's acknowledgement; of one rule where one is named.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, or the store.
    pub fn alerts(
        &self,
        caller: &Caller,
        rule: Option<&str>,
        (after, limit): (Option<&Digest>, usize),
    ) -> Result<Page, Refused> {
        caller.demand(&[Scope::Regulator])?;
        let known = self.acknowledgements(caller)?;
        let mut alerts = self.alerts_standing()?;
        alerts.retain(|alert| {
            rule.is_none_or(|rule| alert.rule == rule)
                && after.is_none_or(|after| alert.id > *after)
        });
        let limit = limit.clamp(1, PAGE_MAX);
        let last = alerts.get(limit - 1).filter(|_| alerts.len() > limit);
        let next = last.map(|alert| alert.id.to_string());
        let shown = alerts.iter().take(limit).map(|alert| alert.shown(known.get(&alert.id)));
        Ok(Page { items: shown.collect(), next })
    }

    /// Every alert that stands, by id.
    pub(super) fn alerts_standing(&self) -> Result<Vec<Alert>, Refused> {
        let now = self.now();
        let mut alerts = self.license_alerts(now.date())?;
        alerts.extend(self.list_alerts(now.date())?);
        alerts.extend(self.corridor_alerts()?);
        alerts.extend(self.filing_alerts(now.date())?);
        alerts.extend(self.ended_alerts(now)?);
        alerts.extend(self.spike_alert(now)?);
        alerts.sort_by_key(|alert| alert.id);
        Ok(alerts)
    }

    /// All records of a kind, as far as alerts look.
    fn each<T: serde::de::DeserializeOwned>(
        &self,
        kind: &'static str,
        mut each: impl FnMut(T) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let (mut after, mut seen) = (None::<String>, 0usize);
        while seen < ALERT_RECORDS_MAX {
            let page = self.store.records(kind, after.as_deref(), store::PAGE_MAX)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            seen = seen.saturating_add(page.len());
            for (id, record) in page {
                let body = self.body_of((kind, &id), record.body)?;
                each(parse((kind, &id), &body)?)?;
            }
        }
        Ok(())
    }

    /// Licenses that end soon, or have ended and nobody said so; obligations that are overdue.
    fn license_alerts(&self, today: Date) -> Result<Vec<Alert>, Refused> {
        let mut alerts = Vec::new();
        self.each("license", |license: License| {
            let subject = format!("license:{}", license.id());
            let records = format!("/v1/regulator/records/{subject}");
            if !matches!(
                license.status(),
                LicenseStatus::Active { .. } | LicenseStatus::Suspended { .. }
            ) {
                return Ok(());
            }
            if let Some(until) = license.until() {
                let left = today.days_until(until);
                let (rule, said) = match left <= 0 {
                    true => ("license-ended", "has ended"),
                    false => ("license-ends-soon", "ends"),
                };
                if left <= LICENSE_ENDS_DAYS {
                    let detail = format!("`{}` {said} on {until}", license.type_id());
                    let named = (rule, subject.clone());
                    alerts.push(Alert::of(named, until, detail, records.clone())?);
                }
            }
            for owed in license.obligations().iter().filter(|owed| owed.is_overdue(today)) {
                let Some(due) = owed.due else { continue };
                let detail = format!("`{}` was due on {due}", owed.obligation_id.as_str());
                let since = format!("{}:{due}", owed.obligation_id.as_str());
                let named = ("obligation-overdue", subject.clone());
                alerts.push(Alert::of(named, since, detail, records.clone())?);
            }
            Ok(())
        })?;
        Ok(alerts)
    }

    /// Sanctions lists older than the zone's bound, or of unknown age; a zone without a bound has none.
    fn list_alerts(&self, today: Date) -> Result<Vec<Alert>, Refused> {
        let law = self.law();
        let Some(bound) = law.rulebook.screening().max_list_age_days else { return Ok(Vec::new()) };
        let mut alerts = Vec::new();
        for list in law.screener.lists() {
            let age = list.age_days(today);
            if age.is_some_and(|age| age <= bound) {
                continue;
            }
            let detail = match age {
                Some(age) => format!("it is {age} days old, {bound} is the most"),
                None => "nobody says how old it is".to_owned(),
            };
            let named = ("list-too-old", format!("list:{}", list.id()));
            alerts.push(Alert::of(named, list.digest(), detail, "/v1/screening".to_owned())?);
        }
        Ok(alerts)
    }

    /// Corridors that need somebody: halted, suspended, forked, silent, unanswered.
    fn corridor_alerts(&self) -> Result<Vec<Alert>, Refused> {
        let health = self.corridors_health()?;
        let mut alerts = Vec::new();
        for item in health.get("items").and_then(Value::as_array).into_iter().flatten() {
            let id = item.get("corridor_id").and_then(Value::as_str).unwrap_or_default();
            let epoch = item.pointer("/lanes/here/epoch").and_then(Value::as_u64).unwrap_or(0);
            let codes = item.get("attention").and_then(Value::as_array).into_iter().flatten();
            for code in codes.filter_map(Value::as_str) {
                let Some(rule) = corridor_rule(code) else { continue };
                let named = (rule, format!("corridor:{id}"));
                let detail = format!("`{code}` in epoch {epoch}");
                let records = format!("/v1/compliance/corridors/{id}");
                alerts.push(Alert::of(named, format!("epoch {epoch}"), detail, records)?);
            }
        }
        Ok(alerts)
    }

    /// Withheld tax that was not paid over by the authority's next deadline in the packs.
    fn filing_alerts(&self, today: Date) -> Result<Vec<Alert>, Refused> {
        let mut alerts = Vec::new();
        self.each(LIABILITY, |liability: Liability| {
            let owed = liability.outstanding().map_err(Refused::host)?;
            let key = liability.key();
            if owed.minor() <= 0 {
                return Ok(());
            }
            let after = next_month(&key.month).map_err(Refused::host)?;
            let calendar = self.tax_calendar(Some(key.authority.as_str()))?;
            let filings = calendar.get("filings").and_then(Value::as_array);
            let due = filings.into_iter().flatten().filter_map(|filing| {
                filing.get("due").and_then(Value::as_str).and_then(|due| Date::parse(due).ok())
            });
            let Some(due) = due.filter(|due| *due >= after).min().filter(|due| *due < today) else {
                return Ok(());
            };
            let detail = format!("{owed} withheld in {} was due on {due}", key.month.as_str());
            let named = ("filing-missed", format!("tax-liability:{}", key.id()));
            alerts.push(Alert::of(named, due, detail, "/v1/tax/liabilities".to_owned())?);
            Ok(())
        })?;
        Ok(alerts)
    }

    /// Entities whose domains passed when they were decided, and rest on something that has ended since.
    fn ended_alerts(&self, now: Timestamp) -> Result<Vec<Alert>, Refused> {
        let when = When { as_of: now.date(), known_at: now };
        let folded = self.folded()?;
        let mut alerts = Vec::new();
        for member in folded.members(&PopulationQuery::all(Of::Entities), when) {
            let decided = member.last.states;
            let ended = |domain: &Domain| {
                decided.passing().has(*domain) && member.row.state(*domain) == State::NonCompliant
            };
            let ended: Vec<String> =
                Domain::ALL.into_iter().filter(ended).map(|domain| domain.to_string()).collect();
            if !ended.is_empty() {
                let subject = member.last.subject.to_string();
                let records = format!("/v1/regulator/records/{subject}");
                let detail = format!("what it rested on has ended: {}", ended.join(", "));
                let since = format!("decision {}", member.last.sequence);
                alerts.push(Alert::of(("compliance-ended", subject), since, detail, records)?);
            }
        }
        Ok(alerts)
    }

    /// Many more writes refused in a day than on the days before.
    fn spike_alert(&self, now: Timestamp) -> Result<Option<Alert>, Refused> {
        let folded = self.folded()?;
        let age = |at: Timestamp| now.unix().saturating_sub(at.unix());
        let refused = folded.seen.iter().filter(|seen| seen.outcome != Outcome::Allow);
        let (mut today, mut before) = (0i64, 0i64);
        for seen in refused {
            match age(seen.at) {
                0..DAY_SECS => today += 1,
                age if age < DAY_SECS * (SPIKE_DAYS + 1) => before += 1,
                _ => {}
            }
        }
        if today < SPIKE_MIN || today * SPIKE_DAYS <= before * SPIKE_FACTOR {
            return Ok(None);
        }
        let day = now.date();
        let detail = format!("{today} in 24 hours, {before} in the {SPIKE_DAYS} days before");
        let records = "/v1/regulator/records?of=decisions&outcome=deny".to_owned();
        Alert::of(("refused-writes-spike", "zone".to_owned()), day, detail, records).map(Some)
    }
}

/// The rule of what keeps a corridor from doing well; a handshake that waits is nobody's fault yet.
fn corridor_rule(code: &str) -> Option<&'static str> {
    Some(match code {
        "halted" => "corridor-halted",
        "suspended" => "corridor-suspended",
        "equivocation" => "corridor-equivocation",
        "fork-unresolved" => "corridor-fork-unresolved",
        "peer-silent" => "corridor-peer-silent",
        "unanswered" => "corridor-unanswered",
        "refund-waits" => "corridor-refund-waits",
        _ => return None,
    })
}

/// The first day after a month.
fn next_month(month: &Month) -> Result<Date, canon::BadTime> {
    let first = Date::parse(&format!("{}-01", month.as_str()))?;
    let next = Month::of(first.plus_days(32)?);
    Date::parse(&format!("{}-01", next.as_str()))
}
