//! Money: accounts, double entry, and payments within a zone and across a corridor.
//!
//! Every balance is seen from the holder's side: a credit raises it, a debit lowers it, and all balances of a zone sum
//! to zero per currency at all times. What customers hold is what the treasury and the corridor accounts owe.
//!
//! | step of a payment across a corridor | in | from | to |
//! |---|---|---|---|
//! | send (in the commit of the receipt) | payer's zone | payer | its corridor account |
//! | receive (in the commit of the acceptance) | payee's zone | its corridor account | payee |
//! | return (in the commit of the return receipt) | payer's zone | its corridor account | payer |
//! | hold, when the payer may not be credited | payer's zone | its corridor account | held account |
//! | release, when that has changed | payer's zone | held account | payer |
//!
//! The two corridor accounts of a corridor sum to zero per currency whenever nothing is in flight between them.

mod account;
mod amount;
mod charges;
mod chart;
mod entry;
mod fee;
mod hledger;
mod instruction;
mod ledger;
mod legs;
mod payment;
mod posting;
mod rail;
mod status;
#[cfg(test)]
mod tests;
mod transfer;

pub use account::{Account, AccountKind, BadAccount, Balance, HeldReason};
pub use amount::{NotPositive, PositiveAmount};
pub use charges::{ChargeAccounts, ChargedFee, Charges, WithheldTax, legs_charged};
pub use chart::{
    BUILT_IN, BadChart, BuiltIn, CHART_CODE_CHARS_MAX, CHART_NAME_CHARS_MAX, ChartAccount,
    ChartCode, Class,
};
pub use entry::Entry;
pub use fee::{BadFee, Fee, FeeEvent, FeeTerms};
pub use hledger::{account_name, journal};
pub use instruction::{
    Counterparty, DividendPart, DividendPartInput, Instruction, InstructionInput,
    PARTY_NAME_CHARS_MAX, Payee, PayeeInput, REFERENCE_CHARS_MAX,
};
pub use ledger::{Applied, Ledger, LedgerError, LedgerEvent, Phase};
pub use legs::{
    LegError, legs_bond, legs_bridge_lock, legs_bridge_paid, legs_bridge_passed, legs_fund,
    legs_held, legs_internal, legs_rail, legs_rail_paid, legs_rail_returned, legs_receive,
    legs_release, legs_remit, legs_return, legs_reward, legs_send, legs_set_off, legs_settle_in,
    legs_settle_out, legs_slash, legs_unbond,
};
pub use payment::{AckRef, Course, IllegalPayment, LaneRef, Payment, PaymentEvent, RefusalRef};
pub use posting::{LEGS_MAX, LEGS_MIN, Leg, NotReversible, Posting, PostingError, Side};
pub use rail::{BankAccount, BankPayee, Instructed, Rail, RailAnswer, RailStatus, RailTerms};
pub use status::{
    Arrival, InboundStatus, InternalStatus, OutboundStatus, Refusing, Release, Sending, Undoing,
};
pub use transfer::{IllegalTransfer, TRANSFERS_LINKED_MAX, Transfer, TransferEvent, TransferState};
