//! Which step may follow which, and whose it is: two tables, and nothing else decides it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lane::TransitionKind;

/// What kind of trade a flow is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Archetype {
    /// Goods leave against an accepted invoice, under a bill of lading that is endorsed.
    Export,
    /// Goods arrive under a bill made outside the flow.
    Import,
    /// A bank promises to pay against documents.
    LetterOfCredit,
    /// The buyer pays after the goods arrived.
    OpenAccount,
}

/// Where a flow stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum State {
    /// Opened, nothing done.
    Created,
    /// The invoice is out.
    InvoiceIssued,
    /// The buyer accepted it.
    InvoiceAccepted,
    /// The buyer disputes it; the flow ends here.
    InvoiceDisputed,
    /// The goods are on board.
    GoodsShipped,
    /// The bill of lading changed hands.
    BolEndorsed,
    /// The goods were given to the holder.
    GoodsReleased,
    /// The letter of credit is out.
    LcIssued,
    /// Its terms were bettered.
    LcAmended,
    /// The documents are with the bank.
    DocumentsPresented,
    /// The bank honours.
    LcHonored,
    /// The bank refused the documents; the flow ends here.
    LcRefused,
    /// Paid; the flow ends here.
    Settled,
}

/// One of the two parties.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Who sells: shipper, beneficiary.
    Seller,
    /// Who buys: consignee, applicant, and the bank that acts for it.
    Buyer,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Seller => Self::Buyer,
            Self::Buyer => Self::Seller,
        }
    }

    /// `seller` or `buyer`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seller => "seller",
            Self::Buyer => "buyer",
        }
    }
}

/// One kind of transition.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Step {
    /// The seller issues its invoice.
    #[serde(rename = "trade.invoice.issue.v1")]
    InvoiceIssue,
    /// The buyer accepts or disputes it.
    #[serde(rename = "trade.invoice.accept.v1")]
    InvoiceAccept,
    /// The seller says that it was paid.
    #[serde(rename = "trade.invoice.settle.v1")]
    InvoiceSettle,
    /// The goods are on board, under a bill of lading.
    #[serde(rename = "trade.bol.issue.v1")]
    BolIssue,
    /// Its holder passes it on.
    #[serde(rename = "trade.bol.endorse.v1")]
    BolEndorse,
    /// The goods are given to its holder.
    #[serde(rename = "trade.bol.release.v1")]
    BolRelease,
    /// The buyer's bank issues a letter of credit.
    #[serde(rename = "trade.lc.issue.v1")]
    LcIssue,
    /// It betters its terms.
    #[serde(rename = "trade.lc.amend.v1")]
    LcAmend,
    /// The seller presents documents under it.
    #[serde(rename = "trade.lc.present.v1")]
    LcPresent,
    /// The bank honours or refuses them.
    #[serde(rename = "trade.lc.honor.v1")]
    LcHonor,
}

/// The kinds of the steps, and whose each is.
const ACTORS: [(Step, TransitionKind, Side); 10] = [
    (Step::InvoiceIssue, TransitionKind::TradeInvoiceIssue, Side::Seller),
    (Step::InvoiceAccept, TransitionKind::TradeInvoiceAccept, Side::Buyer),
    // Only who is owed money can say that it came.
    (Step::InvoiceSettle, TransitionKind::TradeInvoiceSettle, Side::Seller),
    (Step::BolIssue, TransitionKind::TradeBolIssue, Side::Seller),
    (Step::BolEndorse, TransitionKind::TradeBolEndorse, Side::Seller),
    (Step::BolRelease, TransitionKind::TradeBolRelease, Side::Buyer),
    (Step::LcIssue, TransitionKind::TradeLcIssue, Side::Buyer),
    (Step::LcAmend, TransitionKind::TradeLcAmend, Side::Buyer),
    (Step::LcPresent, TransitionKind::TradeLcPresent, Side::Seller),
    (Step::LcHonor, TransitionKind::TradeLcHonor, Side::Buyer),
];

/// Every legal step: of which archetype, from which state, which.
const STEPS: [(Archetype, State, Step); 21] = {
    use Archetype::{Export, Import, LetterOfCredit, OpenAccount};
    [
        (Export, State::Created, Step::InvoiceIssue),
        (Export, State::InvoiceIssued, Step::InvoiceAccept),
        (Export, State::InvoiceAccepted, Step::BolIssue),
        (Export, State::GoodsShipped, Step::BolEndorse),
        (Export, State::BolEndorsed, Step::BolRelease),
        (Export, State::GoodsReleased, Step::InvoiceSettle),
        (Import, State::Created, Step::InvoiceIssue),
        (Import, State::InvoiceIssued, Step::InvoiceAccept),
        (Import, State::InvoiceAccepted, Step::BolRelease),
        (Import, State::GoodsReleased, Step::InvoiceSettle),
        (LetterOfCredit, State::Created, Step::LcIssue),
        (LetterOfCredit, State::LcIssued, Step::LcAmend),
        (LetterOfCredit, State::LcIssued, Step::BolIssue),
        (LetterOfCredit, State::LcAmended, Step::BolIssue),
        (LetterOfCredit, State::GoodsShipped, Step::LcPresent),
        (LetterOfCredit, State::DocumentsPresented, Step::LcHonor),
        (LetterOfCredit, State::LcHonored, Step::InvoiceSettle),
        (OpenAccount, State::Created, Step::InvoiceIssue),
        (OpenAccount, State::InvoiceIssued, Step::BolIssue),
        (OpenAccount, State::GoodsShipped, Step::BolRelease),
        (OpenAccount, State::GoodsReleased, Step::InvoiceSettle),
    ]
};

impl Step {
    /// All steps.
    pub const ALL: [Self; 10] = [
        Self::InvoiceIssue,
        Self::InvoiceAccept,
        Self::InvoiceSettle,
        Self::BolIssue,
        Self::BolEndorse,
        Self::BolRelease,
        Self::LcIssue,
        Self::LcAmend,
        Self::LcPresent,
        Self::LcHonor,
    ];

    fn row(self) -> (Self, TransitionKind, Side) {
        let found = ACTORS.into_iter().find(|(step, _, _)| *step == self);
        found.unwrap_or((self, TransitionKind::Noop, Side::Seller))
    }

    /// The step of a kind, where it is one.
    #[must_use]
    pub fn of(kind: TransitionKind) -> Option<Self> {
        ACTORS.into_iter().find(|(_, known, _)| *known == kind).map(|(step, _, _)| step)
    }

    /// The kind of the receipt that carries it.
    #[must_use]
    pub fn kind(self) -> TransitionKind {
        self.row().1
    }

    /// The kind on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.kind().as_str()
    }

    /// Whose step it is.
    #[must_use]
    pub fn side(self) -> Side {
        self.row().2
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Archetype {
    /// All archetypes.
    pub const ALL: [Self; 4] =
        [Self::Export, Self::Import, Self::LetterOfCredit, Self::OpenAccount];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Export => "Export",
            Self::Import => "Import",
            Self::LetterOfCredit => "LetterOfCredit",
            Self::OpenAccount => "OpenAccount",
        }
    }

    /// The steps that may follow a state.
    #[must_use]
    pub fn after(self, state: State) -> Vec<Step> {
        let all = STEPS.into_iter();
        all.filter(|(of, from, _)| *of == self && *from == state).map(|(_, _, step)| step).collect()
    }

    /// Whose the first step is; that side's zone opens the flow.
    #[must_use]
    pub fn begins(self) -> Side {
        self.after(State::Created).first().map_or(Side::Seller, |step| step.side())
    }
}

impl fmt::Display for Archetype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_named_as_their_receipts_are() {
        for step in Step::ALL {
            assert_eq!(serde_json::to_value(step).unwrap(), step.name());
            assert_eq!(Step::of(step.kind()), Some(step));
            assert!(step.kind().is_business() && step.kind().is_decided());
        }
        assert_eq!(Step::of(TransitionKind::Noop), None);
    }
}
