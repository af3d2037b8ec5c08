//! Tax: what happened that a statute taxes, what was withheld of it and by which rate, what is owed to whom.
//!
//! ```text
//! pending ─assess─▶ withheld | stated | not_due
//!                      └─reverse─▶ (reversed, as it stood)
//! ```
//! A rate has a day, an act and a section, and a filer's status is somebody's word who may give it. Where one of them is
//! not known the answer is [`Withholding::Pending`] with what is missing, never nothing: [`assess`] has no default.

mod assess;
mod event;
mod liability;
mod record;
mod statement;
#[cfg(test)]
mod tests;
mod year;

pub use assess::{
    Cited, FilerFact, Known, Missing, ROUNDING, Rate, Reach, Terms, Threshold, Unassessable,
    Withholding, assess,
};
pub use event::{Category, FilerStatus, TaxEventKind};
pub use liability::{Liability, LiabilityEvent, LiabilityKey, NotOwed};
pub use record::{IllegalTax, Month, Parties, TaxEvent, TaxFiling, TaxRecord, TaxReversal};
pub use statement::{
    BadPeriod, ReturnLine, ReturnOf, ReturnOpen, ReturnPayee, ReturnPeriod, ReturnSum, TaxReturn,
};
pub use year::{TaxYear, YearKey, YearThreshold};
