//! The kinds of transition law decides now. A new kind is a new variant, so every match sees it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is about to be written.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Kind {
    /// A new legal entity.
    #[serde(rename = "entity.form")]
    EntityForm,
    /// A change in an entity's life.
    #[serde(rename = "entity.lifecycle")]
    EntityLifecycle,
    /// A new account.
    #[serde(rename = "account.open")]
    AccountOpen,
    /// Money brought into an account.
    #[serde(rename = "account.fund")]
    AccountFund,
    /// A payment between accounts of one zone.
    #[serde(rename = "payment.internal")]
    PaymentInternal,
    /// A payment leaving over a corridor.
    #[serde(rename = "payment.send")]
    PaymentSend,
    /// A payment arriving over a corridor.
    #[serde(rename = "payment.receive")]
    PaymentReceive,
    /// A refused payment coming back.
    #[serde(rename = "payment.return")]
    PaymentReturn,
    /// A trade flow opened, or a step of one.
    #[serde(rename = "trade.transition")]
    TradeTransition,
    /// An asset registered, sent to another zone, taken from one, or given back.
    #[serde(rename = "asset.transition")]
    AssetTransition,
    /// Shares made, given out, handed over or taken back; what they are paid.
    #[serde(rename = "ownership.transition")]
    OwnershipTransition,
    /// A license given, renewed, suspended or taken away.
    #[serde(rename = "license.transition")]
    LicenseTransition,
    /// A person or an organisation identified, or forgotten.
    #[serde(rename = "identity.transition")]
    IdentityTransition,
    /// A proposal put to its electorate, a vote, an outcome.
    #[serde(rename = "consent.transition")]
    ConsentTransition,
    /// A booking that is no payment: reserved, posted, voided, reversed, a fee, an account of the chart.
    #[serde(rename = "fiscal.transition")]
    FiscalTransition,
    /// A taxable event, what it makes due, and a return prepared.
    #[serde(rename = "tax.transition")]
    TaxTransition,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 16] = [
        Self::EntityForm,
        Self::EntityLifecycle,
        Self::AccountOpen,
        Self::AccountFund,
        Self::PaymentInternal,
        Self::PaymentSend,
        Self::PaymentReceive,
        Self::PaymentReturn,
        Self::TradeTransition,
        Self::AssetTransition,
        Self::OwnershipTransition,
        Self::LicenseTransition,
        Self::IdentityTransition,
        Self::ConsentTransition,
        Self::FiscalTransition,
        Self::TaxTransition,
    ];

    /// The dotted text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EntityForm => "entity.form",
            Self::EntityLifecycle => "entity.lifecycle",
            Self::AccountOpen => "account.open",
            Self::AccountFund => "account.fund",
            Self::PaymentInternal => "payment.internal",
            Self::PaymentSend => "payment.send",
            Self::PaymentReceive => "payment.receive",
            Self::PaymentReturn => "payment.return",
            Self::TradeTransition => "trade.transition",
            Self::AssetTransition => "asset.transition",
            Self::OwnershipTransition => "ownership.transition",
            Self::LicenseTransition => "license.transition",
            Self::IdentityTransition => "identity.transition",
            Self::ConsentTransition => "consent.transition",
            Self::FiscalTransition => "fiscal.transition",
            Self::TaxTransition => "tax.transition",
        }
    }

    /// The kind of that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_serde_agree() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.name()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
