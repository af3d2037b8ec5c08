//! Tax: what law withholds of a payment, and what follows from it.
//!
//! | file | what |
//! |---|---|
//! | `figures` | rates, thresholds and authorities out of the packs in force, each with its citation |
//! | `withhold` | what a payment is taxed with, booked in its own commit |
//! | `year` | what was paid in a tax year, where law withholds from a sum on |
//! | `status` | a credential that says whether somebody files returns |
//! | `events` | taxable events that no payment of the zone made; what is pending, assessed again |
//! | `remit` | what is owed to an authority, and paying it over |
//! | `filings` | which returns fall due when |
//! | `report` | figures of a period, of one payer or of all |
//! | `returns` | returns of a month or a quarter: prepared, kept with their digest, filed |
//! | `tell` | telling the authority of one event |
//!
//! **Invariant:** a rate without a citation, and a filer's status on the caller's word, do not exist here; what is not
//! known is pending.

mod events;
mod figures;
mod filings;
mod remit;
mod report;
mod returns;
mod status;
mod tell;
mod withhold;
mod year;

pub use events::{TaxEventAsk, TaxEvents};
pub use remit::RemitAsk;
pub use report::TaxPeriod;
pub use returns::PrepareReturn;
pub use status::TaxStatusAsk;
pub(crate) use withhold::{Owed, Payee, Taxable};
pub(crate) use year::InYear;

/// Kind of the records of taxable events.
pub(crate) const EVENT: &str = "tax-event";
/// Kind of the records of what is owed.
pub(crate) const LIABILITY: &str = "tax-liability";
/// Index of events by payer or payee.
pub(crate) const BY_ENTITY: &str = "entity";
