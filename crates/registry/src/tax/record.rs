//! The record of one taxable event.

use canon::{Amount, Date, EntityId, JurisdictionId, PaymentId, RecordId, Timestamp};
use serde::{Deserialize, Serialize};

use super::assess::{Terms, Withholding};
use super::event::TaxEventKind;
use crate::fiscal::PositiveAmount;

/// A calendar month, `YYYY-MM`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(String);

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: Date) -> Self {
        let mut text = day.to_string();
        text.truncate(7);
        Self(text)
    }

    /// Reads `YYYY-MM`.
    ///
    /// # Errors
    /// Another form, or no month of a real year.
    pub fn parse(text: &str) -> Result<Self, canon::BadTime> {
        let first = Date::parse(&format!("{text}-01"))?;
        Ok(Self::of(first))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Month {
    type Error = canon::BadTime;
    fn try_from(text: String) -> Result<Self, canon::BadTime> {
        Self::parse(&text)
    }
}
impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.0
    }
}

/// Who pays, who is paid, and by which payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    /// Who pays, and withholds.
    pub payer: EntityId,
    /// Who is paid, where it is an entity of this zone.
    pub payee: Option<EntityId>,
    /// The payment, where the zone made it.
    pub payment_id: Option<PaymentId>,
}

/// What is stated of a new event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRecord {
    /// Its identifier.
    pub event_id: RecordId,
    /// What happened.
    pub kind: TaxEventKind,
    /// Whose law.
    pub jurisdiction_id: JurisdictionId,
    /// Between whom.
    pub parties: Parties,
    /// The whole amount.
    pub gross: PositiveAmount,
    /// The day it happened.
    pub occurred: Date,
    /// The tax year of that day, where the law in force says when one begins.
    pub tax_year: Option<u16>,
    /// When it was recorded.
    pub recorded: Timestamp,
}

/// What took a withholding back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxReversal {
    /// When.
    pub at: Timestamp,
    /// The posting.
    pub posting_id: RecordId,
}

/// What the authority said when it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxFiling {
    /// When it recorded it.
    pub at: Timestamp,
    /// Its reference there.
    pub reference: String,
    /// The signed answer as it is kept.
    pub evidence_id: String,
}

/// Why an event cannot change so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalTax {
    /// Only what is pending is assessed again.
    #[error("the event is `{0}`, only a pending one is assessed again")]
    NotPending(&'static str),
    /// Only what this zone withheld is taken back, once.
    #[error("nothing of this event was withheld here that is not taken back already")]
    NotWithheld,
    /// The authority has it already.
    #[error("the authority was told of the event already")]
    Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum TaxEventType {
    #[serde(rename = "MEZTaxEvent")]
    TaxEvent,
}

/// A taxable event, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxEvent {
    r#type: TaxEventType,
    event_id: RecordId,
    kind: TaxEventKind,
    jurisdiction_id: JurisdictionId,
    payer: EntityId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payee: Option<EntityId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payment_id: Option<PaymentId>,
    gross: PositiveAmount,
    occurred: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tax_year: Option<u16>,
    recorded: Timestamp,
    withholding: Withholding,
    /// The posting by which this zone withheld it; absent for what is only stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    posting_id: Option<RecordId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reversal: Option<TaxReversal>,
    /// What the authority said of it, once it took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filing: Option<TaxFiling>,
}

impl TaxEvent {
    /// An event as it was first assessed; `posting_id` where the zone withheld the tax itself.
    #[must_use]
    pub fn recorded(
        stated: TaxRecord,
        withholding: Withholding,
        posting_id: Option<RecordId>,
    ) -> Self {
        let TaxRecord { event_id, kind, jurisdiction_id, parties, gross, .. } = stated;
        let TaxRecord { occurred, tax_year, recorded, .. } = stated;
        let Parties { payer, payee, payment_id } = parties;
        Self {
            r#type: TaxEventType::TaxEvent,
            event_id,
            kind,
            jurisdiction_id,
            payer,
            payee,
            payment_id,
            gross,
            occurred,
            tax_year,
            recorded,
            withholding,
            posting_id,
            reversal: None,
            filing: None,
        }
    }

    /// A pending event, assessed with what is known now.
    ///
    /// # Errors
    /// [`IllegalTax::NotPending`].
    pub fn assessed(self, withholding: Withholding) -> Result<Self, IllegalTax> {
        match self.withholding {
            Withholding::Pending { .. } => Ok(Self { withholding, ..self }),
            other => Err(IllegalTax::NotPending(other.name())),
        }
    }

    /// What was withheld is given back by a posting.
    ///
    /// # Errors
    /// [`IllegalTax::NotWithheld`].
    pub fn reversed(self, reversal: TaxReversal) -> Result<Self, IllegalTax> {
        if self.held().is_none() {
            return Err(IllegalTax::NotWithheld);
        }
        Ok(Self { reversal: Some(reversal), ..self })
    }

    /// The authority took it.
    ///
    /// # Errors
    /// [`IllegalTax::Told`].
    pub fn told(self, filing: TaxFiling) -> Result<Self, IllegalTax> {
        match self.filing {
            Some(_) => Err(IllegalTax::Told),
            None => Ok(Self { filing: Some(filing), ..self }),
        }
    }

    /// What the authority said of it.
    #[must_use]
    pub fn filing(&self) -> Option<&TaxFiling> {
        self.filing.as_ref()
    }

    /// By which terms and how much this zone holds of it, unless it was given back.
    #[must_use]
    pub fn held(&self) -> Option<(&Terms, Amount)> {
        match (&self.withholding, &self.posting_id, &self.reversal) {
            (Withholding::Due { terms, withheld, .. }, Some(_), None) => Some((terms, *withheld)),
            _ => None,
        }
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.event_id
    }
    /// What happened.
    #[must_use]
    pub fn kind(&self) -> TaxEventKind {
        self.kind
    }
    /// Whose law.
    #[must_use]
    pub fn jurisdiction_id(&self) -> &JurisdictionId {
        &self.jurisdiction_id
    }
    /// Who pays, and withholds.
    #[must_use]
    pub fn payer(&self) -> &EntityId {
        &self.payer
    }
    /// Who is paid, where it is an entity of this zone.
    #[must_use]
    pub fn payee(&self) -> Option<&EntityId> {
        self.payee.as_ref()
    }
    /// The payment.
    #[must_use]
    pub fn payment_id(&self) -> Option<&PaymentId> {
        self.payment_id.as_ref()
    }
    /// The whole amount.
    #[must_use]
    pub fn gross(&self) -> PositiveAmount {
        self.gross
    }
    /// The day it happened.
    #[must_use]
    pub fn occurred(&self) -> Date {
        self.occurred
    }
    /// Its tax year, named by the calendar year in which that ends.
    #[must_use]
    pub fn tax_year(&self) -> Option<u16> {
        self.tax_year
    }
    /// What is withheld.
    #[must_use]
    pub fn withholding(&self) -> &Withholding {
        &self.withholding
    }
    /// Whether it was taken back.
    #[must_use]
    pub fn is_reversed(&self) -> bool {
        self.reversal.is_some()
    }
    /// Whether this zone withheld it, or only knows of it.
    #[must_use]
    pub fn is_executed(&self) -> bool {
        self.posting_id.is_some()
    }
}
