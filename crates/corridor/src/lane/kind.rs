//! The kinds of transition this version writes and reads; any other is refused by name.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a receipt does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TransitionKind {
    /// Nothing but presence.
    Noop,
    /// A payment to an account in the other zone.
    PaymentTransfer,
    /// Undoes a refused payment.
    PaymentReturn,
    /// Says what of the other lane was stored, verified and decided.
    Ack,
    /// Stops the corridor at once.
    Halt,
    /// Pauses the corridor.
    Suspend,
    /// Ends the corridor.
    Deprecate,
    /// Opens the next epoch, lifting the halts it lists.
    Resume,
    /// States the rotation of the zone's keys that begins with this sequence.
    KeyRotate,
    /// Opens the next epoch under terms that both changed.
    Amend,
    /// Records which of the histories signed of a forked lane stands.
    ForkResolve,
    /// A statement to the other zone, without effect on either.
    Generic,
    /// Attaches a checkpoint of another chain.
    Attach,
    /// An asset passes to a holder in the other zone.
    Transfer,
    /// A refused asset is with its giver again.
    TransferReturn,
    /// Consents to a settlement plan.
    SettleConsent,
    /// Tells the creditor how a leg of a plan is being paid.
    SettleInstruct,
    /// The creditor has the money of a leg.
    SettleConfirm,
    /// A leg is not paid.
    SettleFail,
    /// The seller's invoice.
    TradeInvoiceIssue,
    /// The buyer takes the invoice as owed.
    TradeInvoiceAccept,
    /// The invoice is paid.
    TradeInvoiceSettle,
    /// A bill of lading for goods shipped.
    TradeBolIssue,
    /// The holder passes the bill on.
    TradeBolEndorse,
    /// The goods are handed over against the bill.
    TradeBolRelease,
    /// A letter of credit.
    TradeLcIssue,
    /// A change of the credit before documents are presented.
    TradeLcAmend,
    /// Documents under the credit.
    TradeLcPresent,
    /// The bank's decision on them.
    TradeLcHonor,
    /// Locks a payment that goes on over another corridor.
    BridgePrepare,
    /// Claims a lock.
    BridgeCommit,
    /// Gives a lock up.
    BridgeRelease,
}

/// A kind this version does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("transition kind `{0}` is not supported by this version")]
pub struct UnknownKind(String);

/// Who waits for whom.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Waits for an ACTIVE corridor.
    Business,
    /// Keeps the corridor itself in order.
    Control,
    /// Ends what was begun before: goes on while the corridor is stopped.
    Finishing,
}

/// What is known of a kind without its payload.
struct Row {
    name: &'static str,
    class: Class,
    /// Part of every corridor, whatever it agreed.
    always: bool,
    decided: bool,
    public: bool,
    /// The registry it is in first.
    since: u64,
}

const fn row(name: &'static str, class: Class) -> Row {
    Row { name, class, always: false, decided: false, public: false, since: 1 }
}

impl Row {
    const fn always(self) -> Self {
        Self { always: true, ..self }
    }

    const fn decided(self) -> Self {
        Self { decided: true, ..self }
    }

    const fn public(self) -> Self {
        Self { public: true, ..self }
    }

    const fn since(self, since: u64) -> Self {
        Self { since, ..self }
    }
}

impl TransitionKind {
    /// Every kind, by name within what every corridor has and what it agrees to.
    pub const ALL: [Self; 32] = [
        Self::Noop,
        Self::PaymentTransfer,
        Self::PaymentReturn,
        Self::Ack,
        Self::Halt,
        Self::Suspend,
        Self::Deprecate,
        Self::Resume,
        Self::KeyRotate,
        Self::Amend,
        Self::ForkResolve,
        Self::Generic,
        Self::Attach,
        Self::Transfer,
        Self::TransferReturn,
        Self::SettleConsent,
        Self::SettleInstruct,
        Self::SettleConfirm,
        Self::SettleFail,
        Self::TradeInvoiceIssue,
        Self::TradeInvoiceAccept,
        Self::TradeInvoiceSettle,
        Self::TradeBolIssue,
        Self::TradeBolEndorse,
        Self::TradeBolRelease,
        Self::TradeLcIssue,
        Self::TradeLcAmend,
        Self::TradeLcPresent,
        Self::TradeLcHonor,
        Self::BridgePrepare,
        Self::BridgeCommit,
        Self::BridgeRelease,
    ];

    const fn row(self) -> Row {
        use Class::{Business, Control, Finishing};
        match self {
            Self::Noop => row("noop", Business).always(),
            Self::PaymentTransfer => row("payment.transfer", Business).always().decided(),
            Self::PaymentReturn => row("payment.return", Finishing).always().decided(),
            Self::Ack => row("ack", Finishing).always(),
            Self::Halt => row("halt", Control).always().public(),
            Self::Suspend => row("suspend", Control).always().public(),
            Self::Deprecate => row("deprecate", Control).always().public(),
            Self::Resume => row("resume", Control).always().public(),
            Self::KeyRotate => row("key.rotate", Finishing).always().public(),
            // Both signed what it carries, so a corridor of any age may be amended.
            Self::Amend => row("amend", Control).always().public().since(2),
            Self::ForkResolve => row("fork.resolve", Finishing).always().public(),
            Self::Generic => row("generic", Business),
            Self::Attach => row("attach.v1", Business).since(2),
            Self::Transfer => row("transfer", Business).decided().since(2),
            Self::TransferReturn => row("transfer.return", Finishing).decided().since(2),
            Self::SettleConsent => row("settle.consent.v1", Business),
            Self::SettleInstruct => row("settle.instruct.v1", Business),
            Self::SettleConfirm => row("settle.confirm.v1", Finishing),
            Self::SettleFail => row("settle.fail.v1", Finishing),
            Self::TradeInvoiceIssue => row("trade.invoice.issue.v1", Business).decided(),
            Self::TradeInvoiceAccept => row("trade.invoice.accept.v1", Business).decided(),
            Self::TradeInvoiceSettle => row("trade.invoice.settle.v1", Business).decided(),
            Self::TradeBolIssue => row("trade.bol.issue.v1", Business).decided(),
            Self::TradeBolEndorse => row("trade.bol.endorse.v1", Business).decided(),
            Self::TradeBolRelease => row("trade.bol.release.v1", Business).decided(),
            Self::TradeLcIssue => row("trade.lc.issue.v1", Business).decided(),
            Self::TradeLcAmend => row("trade.lc.amend.v1", Business).decided(),
            Self::TradeLcPresent => row("trade.lc.present.v1", Business).decided(),
            Self::TradeLcHonor => row("trade.lc.honor.v1", Business).decided(),
            Self::BridgePrepare => row("bridge.prepare.v1", Business).decided(),
            Self::BridgeCommit => row("bridge.commit.v1", Finishing),
            Self::BridgeRelease => row("bridge.release.v1", Finishing),
        }
    }

    /// The kind of a wire name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The wire name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// Which states admit it.
    #[must_use]
    pub const fn class(self) -> Class {
        self.row().class
    }

    /// Business waits for an ACTIVE corridor.
    #[must_use]
    pub const fn is_business(self) -> bool {
        matches!(self.class(), Class::Business)
    }

    /// Business that binds its writer towards others as well, from the moment it was written: it is heard on a corridor
    /// that was stopped meanwhile, else those others would hold the writer to it and the reader would not.
    #[must_use]
    pub const fn is_heard_when_stopped(self) -> bool {
        matches!(self, Self::SettleConsent)
    }

    /// Whether every corridor has it; any other is agreed to with the transition types of its definition.
    #[must_use]
    pub const fn is_always_agreed(self) -> bool {
        self.row().always
    }

    /// The first registry of transition types it is in.
    #[must_use]
    pub const fn since(self) -> u64 {
        self.row().since
    }

    /// Whether it opens the next epoch of its lane.
    #[must_use]
    pub const fn opens_epoch(self) -> bool {
        matches!(self, Self::Resume | Self::Amend)
    }

    /// Whether the payload must travel in the clear: the receiver cannot act on a hidden halt.
    #[must_use]
    pub const fn payload_is_public(self) -> bool {
        self.row().public
    }

    /// Whether the other side owes an acknowledgement; a pure ack is owed none.
    #[must_use]
    pub const fn is_owed_ack(self) -> bool {
        !matches!(self, Self::Ack)
    }

    /// Whether the receipt commits to a decision of law.
    #[must_use]
    pub const fn is_decided(self) -> bool {
        self.row().decided
    }
}

impl fmt::Display for TransitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl JsonSchema for TransitionKind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TransitionKind".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"enum": Self::ALL.map(Self::as_str)})
    }
}

impl TryFrom<String> for TransitionKind {
    type Error = UnknownKind;
    fn try_from(text: String) -> Result<Self, UnknownKind> {
        Self::of(&text).ok_or_else(|| UnknownKind(text.chars().take(60).collect()))
    }
}

impl From<TransitionKind> for String {
    fn from(kind: TransitionKind) -> Self {
        kind.as_str().to_owned()
    }
}
