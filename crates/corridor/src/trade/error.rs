//! Why a step of a trade flow is refused: the field, the rule it breaks, and where that rule stands.

use std::fmt;

/// A rule of trade flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A field is empty, too long or outside its range.
    Malformed,
    /// The archetype has no such step here.
    Order,
    /// The other side takes this step.
    Actor,
    /// A party of a document is not the one of the flow.
    Parties,
    /// Two currencies in one flow.
    Currency,
    /// The lines and the tax do not make the total.
    Total,
    /// Another amount than the one owed.
    Amount,
    /// More than the credit is available for.
    Credit,
    /// Goods of one document are not those of the other.
    Goods,
    /// Shipped after the latest date of shipment.
    Shipment,
    /// Presented after the period of presentation, or after the credit ended.
    Presentation,
    /// Refused after the days of examination.
    Examination,
    /// A document that the credit requires is not there, or is another one.
    Documents,
    /// Who acts does not hold the record.
    Holder,
    /// Dates that contradict each other.
    Dates,
    /// An amendment that would worsen what the beneficiary was promised.
    Amendment,
    /// Not the next step after the last that stands.
    Stale,
    /// A step of this zone waits for the other's answer.
    Pending,
    /// Two steps crossed, and the other zone's stands first.
    Crossed,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 19] = [
        Self::Malformed,
        Self::Order,
        Self::Actor,
        Self::Parties,
        Self::Currency,
        Self::Total,
        Self::Amount,
        Self::Credit,
        Self::Goods,
        Self::Shipment,
        Self::Presentation,
        Self::Examination,
        Self::Documents,
        Self::Holder,
        Self::Dates,
        Self::Amendment,
        Self::Stale,
        Self::Pending,
        Self::Crossed,
    ];

    /// Stable code; also the reason code in an acknowledgement.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "trade-malformed",
            Self::Order => "trade-out-of-order",
            Self::Actor => "trade-other-side",
            Self::Parties => "trade-parties-differ",
            Self::Currency => "trade-currency-differs",
            Self::Total => "trade-total-differs",
            Self::Amount => "trade-amount-differs",
            Self::Credit => "trade-credit-exceeded",
            Self::Goods => "trade-goods-differ",
            Self::Shipment => "trade-late-shipment",
            Self::Presentation => "trade-late-presentation",
            Self::Examination => "trade-late-refusal",
            Self::Documents => "trade-documents-missing",
            Self::Holder => "trade-not-holder",
            Self::Dates => "trade-dates",
            Self::Amendment => "trade-amendment",
            Self::Stale => "trade-stale",
            Self::Pending => "trade-pending",
            Self::Crossed => "trade-crossed",
        }
    }

    /// Where the rule stands outside this project, where it does.
    #[must_use]
    pub const fn source(self) -> Option<&'static str> {
        Some(match self {
            Self::Currency | Self::Credit => "UCP 600 art. 18, 30",
            Self::Shipment => "UCP 600 art. 20(a)(ii)",
            Self::Presentation => "UCP 600 art. 6(d)-(e), 14(c)",
            Self::Examination => "UCP 600 art. 14(b), 16(d), 16(f)",
            Self::Documents => "UCP 600 art. 14(a), 14(g)",
            Self::Holder => "MLETR art. 10, 11, 15",
            Self::Amendment => "UCP 600 art. 10(a)",
            Self::Goods => "UCP 600 art. 14(d)-(e)",
            _ => return None,
        })
    }

    /// Whether the same step may be right at another moment, or by another side.
    #[must_use]
    pub const fn is_of_the_moment(self) -> bool {
        matches!(
            self,
            Self::Order
                | Self::Actor
                | Self::Shipment
                | Self::Presentation
                | Self::Examination
                | Self::Holder
                | Self::Stale
                | Self::Pending
                | Self::Crossed
        )
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A step that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeError {
    /// The field, dotted: `invoice.line_items.2.amount`.
    pub field: String,
    /// The rule it breaks.
    pub rule: Rule,
    /// In words.
    pub detail: String,
}

impl fmt::Display for TradeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.detail)?;
        match self.rule.source() {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TradeError {}

/// What a check says.
pub(super) type Checked = Result<(), TradeError>;

/// A refusal.
pub(super) fn refused(
    field: impl Into<String>,
    rule: Rule,
    detail: impl fmt::Display,
) -> TradeError {
    TradeError { field: field.into(), rule, detail: detail.to_string() }
}

/// Refuse unless it holds.
pub(super) fn ensure(
    holds: bool,
    field: &str,
    rule: Rule,
    detail: impl FnOnce() -> String,
) -> Checked {
    if holds { Ok(()) } else { Err(refused(field, rule, detail())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_travel_as_reason_codes() {
        let codes: std::collections::BTreeSet<_> = Rule::ALL.map(Rule::code).into();
        assert_eq!(codes.len(), Rule::ALL.len());
        for code in codes {
            assert!(code.len() <= crate::limits::REASON_CODE_BYTES_MAX);
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
        }
    }
}
