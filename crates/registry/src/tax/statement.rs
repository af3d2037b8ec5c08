//! A return of what was withheld in a month or a quarter: one line per event, each with the act and section it rests on.

use std::collections::BTreeMap;

use canon::{
    Amount, Currency, Date, Digest, EntityId, JurisdictionId, PaymentId, RecordId, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::assess::{FilerFact, Missing, Withholding};
use super::event::TaxEventKind;
use super::record::TaxEvent;
use crate::fiscal::PositiveAmount;
use crate::national::Ntn;
use crate::text::Slug;

/// Text that names no month and no quarter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a month `YYYY-MM` or a quarter `YYYY-Qn` of a real year")]
pub struct BadPeriod;

/// A calendar month, `2026-11`, or quarter, `2026-Q4`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReturnPeriod {
    text: String,
    first: Date,
    last: Date,
}

impl ReturnPeriod {
    /// Reads `YYYY-MM` or `YYYY-Qn`.
    ///
    /// # Errors
    /// [`BadPeriod`].
    pub fn parse(text: &str) -> Result<Self, BadPeriod> {
        let (year, part) = text.split_once('-').ok_or(BadPeriod)?;
        let (first, last) = match part {
            "Q1" => ("01", "03"),
            "Q2" => ("04", "06"),
            "Q3" => ("07", "09"),
            "Q4" => ("10", "12"),
            month => (month, month),
        };
        let first = Date::parse(&format!("{year}-{first}-01")).map_err(|_| BadPeriod)?;
        // The last day there is of the last month.
        let day = |day: u8| Date::parse(&format!("{year}-{last}-{day}")).ok();
        let last = [31, 30, 29, 28].into_iter().find_map(day).ok_or(BadPeriod)?;
        Ok(Self { text: text.to_owned(), first, last })
    }

    /// Whether a day is in it.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }
    /// Its first day.
    #[must_use]
    pub fn first(&self) -> Date {
        self.first
    }
    /// Its last day.
    #[must_use]
    pub fn last(&self) -> Date {
        self.last
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for ReturnPeriod {
    type Error = BadPeriod;
    fn try_from(text: String) -> Result<Self, BadPeriod> {
        Self::parse(&text)
    }
}
impl From<ReturnPeriod> for String {
    fn from(period: ReturnPeriod) -> Self {
        period.text
    }
}

/// Who was paid, as far as the zone knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnPayee {
    /// Where it is an entity of this zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<EntityId>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its tax number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ntn: Option<Ntn>,
}

/// One event tax was due of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnLine {
    /// The record of the event.
    pub event_id: RecordId,
    /// The payment, where the zone made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<PaymentId>,
    /// The day.
    pub occurred: Date,
    /// What happened.
    pub event_type: TaxEventKind,
    /// Who was paid.
    pub payee: ReturnPayee,
    /// The act.
    pub act: String,
    /// Its section.
    pub section: String,
    /// First day on which the rate was in force.
    pub rate_from: Date,
    /// The rate, in basis points of the gross amount.
    pub rate_bp: u32,
    /// Source of the rate in the pack, and the pack.
    pub source: String,
    /// That pack, by digest.
    pub pack_sha256: Digest,
    /// Whether the payee files returns, and who says so.
    pub filer: FilerFact,
    /// The whole amount.
    pub gross: PositiveAmount,
    /// The tax of it.
    pub withheld: Amount,
    /// Whether the zone withheld it itself, or only knows of it.
    pub executed: bool,
}

/// All lines under one section, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnSum {
    /// The act.
    pub act: String,
    /// Its section.
    pub section: String,
    /// How many lines.
    pub events: u64,
    /// The whole amounts.
    pub gross: Amount,
    /// The tax of them.
    pub withheld: Amount,
}

/// An event of which it is not known what is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnOpen {
    /// The record of the event.
    pub event_id: RecordId,
    /// What is not known.
    pub missing: Vec<Missing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum ReturnType {
    #[serde(rename = "MEZTaxReturn")]
    Return,
}

/// Whose return, for when, and made when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnOf {
    /// Its identifier.
    pub return_id: RecordId,
    /// Who withheld.
    pub entity_id: EntityId,
    /// Its tax number, where the register verified one.
    pub ntn: Option<Ntn>,
    /// Whose law.
    pub jurisdiction_id: JurisdictionId,
    /// Who collects, where the packs say so.
    pub authority: Option<Slug>,
    /// For when.
    pub period: ReturnPeriod,
    /// Made when.
    pub prepared: Timestamp,
}

/// The document: what a payer withheld in a period, by section, with every event it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxReturn {
    r#type: ReturnType,
    return_id: RecordId,
    entity_id: EntityId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ntn: Option<Ntn>,
    jurisdiction_id: JurisdictionId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authority: Option<Slug>,
    period: ReturnPeriod,
    from: Date,
    to: Date,
    prepared: Timestamp,
    lines: Vec<ReturnLine>,
    sums: Vec<ReturnSum>,
    open: Vec<ReturnOpen>,
    /// Events of the period law withholds nothing of.
    not_due: u64,
    /// Events of the period whose withholding came back.
    reversed: u64,
}

impl TaxReturn {
    /// The return of a period from its events; `payee` says who was paid at one.
    ///
    /// # Errors
    /// A sum that does not fit.
    pub fn prepared<'e>(
        of: ReturnOf,
        events: impl IntoIterator<Item = (&'e TaxEvent, ReturnPayee)>,
    ) -> Result<Self, canon::BadAmount> {
        let ReturnOf { return_id, entity_id, ntn, jurisdiction_id, authority, period, prepared } =
            of;
        let (mut lines, mut open, mut not_due, mut reversed) = (Vec::new(), Vec::new(), 0u64, 0u64);
        for (event, payee) in events {
            match event.withholding() {
                _ if event.is_reversed() => reversed = reversed.saturating_add(1),
                Withholding::NotDue { .. } => not_due = not_due.saturating_add(1),
                Withholding::Pending { missing } => {
                    let missing = missing.clone();
                    open.push(ReturnOpen { event_id: event.id().clone(), missing });
                }
                Withholding::Due { terms, withheld, .. } => {
                    lines.push(line(event, terms, *withheld, payee));
                }
            }
        }
        lines.sort_by(|one, other| {
            (one.occurred, &one.event_id).cmp(&(other.occurred, &other.event_id))
        });
        let (from, to) = (period.first(), period.last());
        Ok(Self {
            r#type: ReturnType::Return,
            return_id,
            entity_id,
            ntn,
            jurisdiction_id,
            authority,
            period,
            from,
            to,
            prepared,
            sums: sums(&lines)?,
            lines,
            open,
            not_due,
            reversed,
        })
    }

    /// Whether everything in it is known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.open.is_empty()
    }
    /// All that was withheld, where that is in one currency.
    #[must_use]
    pub fn total(&self) -> Option<Amount> {
        let mut sums = self.sums.iter();
        let first = sums.next()?.withheld;
        sums.try_fold(first, |total, sum| total.checked_add(sum.withheld).ok())
    }
    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.return_id
    }
    /// Who withheld.
    #[must_use]
    pub fn entity_id(&self) -> &EntityId {
        &self.entity_id
    }
    /// Its tax number.
    #[must_use]
    pub fn ntn(&self) -> Option<&Ntn> {
        self.ntn.as_ref()
    }
    /// Whose law.
    #[must_use]
    pub fn jurisdiction_id(&self) -> &JurisdictionId {
        &self.jurisdiction_id
    }
    /// For when.
    #[must_use]
    pub fn period(&self) -> &ReturnPeriod {
        &self.period
    }
    /// One line per event.
    #[must_use]
    pub fn lines(&self) -> &[ReturnLine] {
        &self.lines
    }
    /// Sums by act, section and currency.
    #[must_use]
    pub fn sums(&self) -> &[ReturnSum] {
        &self.sums
    }
    /// What is not known.
    #[must_use]
    pub fn open(&self) -> &[ReturnOpen] {
        &self.open
    }
}

fn line(
    event: &TaxEvent,
    terms: &super::Terms,
    withheld: Amount,
    payee: ReturnPayee,
) -> ReturnLine {
    let cited = &terms.rate.citation;
    ReturnLine {
        event_id: event.id().clone(),
        payment_id: event.payment_id().cloned(),
        occurred: event.occurred(),
        event_type: event.kind(),
        payee,
        act: cited.instrument.clone(),
        section: cited.section.clone(),
        rate_from: cited.from,
        rate_bp: terms.rate.rate_bp,
        source: cited.source.clone(),
        pack_sha256: cited.pack_sha256,
        filer: terms.filer.clone(),
        gross: event.gross(),
        withheld,
        executed: event.is_executed(),
    }
}

fn sums(lines: &[ReturnLine]) -> Result<Vec<ReturnSum>, canon::BadAmount> {
    let mut sums: BTreeMap<(&str, &str, Currency), ReturnSum> = BTreeMap::new();
    for line in lines {
        let currency = line.gross.currency();
        let zero = Amount::of_minor(0, currency);
        let (act, section) = (line.act.as_str(), line.section.as_str());
        let sum = sums.entry((act, section, currency)).or_insert_with(|| ReturnSum {
            act: act.to_owned(),
            section: section.to_owned(),
            events: 0,
            gross: zero,
            withheld: zero,
        });
        sum.events = sum.events.saturating_add(1);
        sum.gross = sum.gross.checked_add(line.gross.amount())?;
        sum.withheld = sum.withheld.checked_add(line.withheld)?;
    }
    Ok(sums.into_values().collect())
}
