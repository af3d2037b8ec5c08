//! The letter of credit, under UCP 600.

use canon::{Amount, Date, Digest, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{Checked, Rule, TradeError, ensure};
use super::invoice::{digest, positive};
use super::limits::{
    DOCUMENTS_MAX, EXAMINATION_BANKING_DAYS, PRESENTATION_DAYS, PRESENTATION_DAYS_MAX,
    TOLERANCE_BP_MAX, WHOLE_BP,
};
use super::parts::{TradeParty, at_most, not_after, texts};

/// The rules a letter is subject to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LetterRules {
    /// ICC Uniform Customs and Practice, 2007 revision, with eUCP for electronic records.
    #[default]
    #[serde(rename = "UCP600")]
    Ucp600,
}

/// A document that a letter asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RequiredDocument")]
pub struct Required {
    /// What: the `artifact_type` of the reference that brings it.
    pub doc_type: RecordId,
    /// Whether it must be there; yes, unless it says no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Copies asked for; one electronic record is all of them (eUCP 2.1 art. e9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_copies: Option<u32>,
}

/// A letter of credit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LetterOfCredit {
    /// Its name in the flow.
    pub lc_id: RecordId,
    /// The bank's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lc_number: Option<String>,
    /// When it was issued.
    pub issue_date: Date,
    /// Last day of presentation.
    pub expiry_date: Date,
    /// The rules it is subject to.
    #[serde(default)]
    pub rules: LetterRules,
    /// Who asked for it: the buyer.
    pub applicant: TradeParty,
    /// Whom it promises: the seller.
    pub beneficiary: TradeParty,
    /// Who promises.
    pub issuing_bank: TradeParty,
    /// Who told the beneficiary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advising_bank: Option<TradeParty>,
    /// Who promises besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirming_bank: Option<TradeParty>,
    /// What it is available for.
    pub amount: Amount,
    /// More than that by so much, in basis points (UCP 600 art. 30); exactly that, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_tolerance_bp: Option<u32>,
    /// Last day of shipment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_shipment_date: Option<Date>,
    /// Days after shipment within which documents are presented; 21, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presentation_period_days: Option<u32>,
    /// Incoterms 2020 with the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoterms: Option<String>,
    /// Documents besides the invoice and the bill of lading, which are always asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents_required: Vec<Required>,
    /// The law it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governing_law: Option<String>,
}

impl LetterOfCredit {
    /// Its digest: that of its canonical form.
    ///
    /// # Errors
    /// A text that no canonical form has.
    pub fn digest(&self) -> Result<Digest, TradeError> {
        digest("lc", self)
    }

    /// What it says of itself must hold.
    pub(super) fn check(&self) -> Checked {
        for (field, party) in [
            ("lc.applicant", Some(&self.applicant)),
            ("lc.beneficiary", Some(&self.beneficiary)),
            ("lc.issuing_bank", Some(&self.issuing_bank)),
            ("lc.advising_bank", self.advising_bank.as_ref()),
            ("lc.confirming_bank", self.confirming_bank.as_ref()),
        ] {
            party.map_or(Ok(()), |party| party.check(field))?;
        }
        texts([
            ("lc.lc_number", &self.lc_number),
            ("lc.incoterms", &self.incoterms),
            ("lc.governing_law", &self.governing_law),
        ])?;
        at_most("lc.documents_required", self.documents_required.len(), DOCUMENTS_MAX)?;
        positive("lc.amount", self.amount)?;
        let tolerance = self.amount_tolerance_bp.unwrap_or(0);
        ensure(tolerance <= TOLERANCE_BP_MAX, "lc.amount_tolerance_bp", Rule::Credit, || {
            format!("{tolerance} basis points are more than {TOLERANCE_BP_MAX}")
        })?;
        let period = self.presentation_period_days.unwrap_or(PRESENTATION_DAYS);
        let field = "lc.presentation_period_days";
        ensure((1..=PRESENTATION_DAYS_MAX).contains(&period), field, Rule::Malformed, || {
            format!("{period} is not 1 to {PRESENTATION_DAYS_MAX}")
        })?;
        let end = ("the expiry date", self.expiry_date);
        not_after("lc.issue_date", Rule::Dates, self.issue_date, end)?;
        let latest = self.latest_shipment_date.unwrap_or(self.expiry_date);
        not_after("lc.latest_shipment_date", Rule::Dates, latest, end)
    }

    /// The most it may be drawn for; nothing where that has no number.
    pub(super) fn available(&self) -> Option<Amount> {
        let more = WHOLE_BP.checked_add(i128::from(self.amount_tolerance_bp.unwrap_or(0)))?;
        let minor = self.amount.minor().checked_mul(more)?.checked_div(WHOLE_BP)?;
        Some(Amount::of_minor(minor, self.amount.currency()))
    }

    /// The last day on which documents of goods shipped then may be presented.
    pub(super) fn last_presentation(&self, shipped: Date) -> Date {
        let period = i64::from(self.presentation_period_days.unwrap_or(PRESENTATION_DAYS));
        shipped.plus_days(period).map_or(self.expiry_date, |day| day.min(self.expiry_date))
    }
}

/// The last day on which documents presented on a day may be refused: the fifth banking day after it.
/// A banking day is a Monday to Friday that is no holiday.
pub(super) fn last_refusal(presented: Date, holidays: &[Date]) -> Option<Date> {
    let banking = |day: Date| day.weekday() < 5 && !holidays.contains(&day);
    let mut day = presented;
    let mut left = EXAMINATION_BANKING_DAYS;
    while left > 0 {
        day = day.plus_days(1).ok()?;
        left -= u32::from(banking(day));
    }
    Some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn five_banking_days_skip_weekends_and_holidays() {
        // 2026-11-19 is a Thursday.
        assert_eq!(last_refusal(date("2026-11-19"), &[]), Some(date("2026-11-26")));
        // Presented on a Saturday: Monday is the first day.
        assert_eq!(last_refusal(date("2026-11-21"), &[]), Some(date("2026-11-27")));
        let closed = [date("2026-11-24"), date("2026-11-28")];
        assert_eq!(last_refusal(date("2026-11-19"), &closed), Some(date("2026-11-27")));
        assert_eq!(last_refusal(date("9999-12-31"), &[]), None);
    }
}
