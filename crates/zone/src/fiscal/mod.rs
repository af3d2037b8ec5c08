//! The books beyond accounts and payments.
//!
//! | file | what |
//! |---|---|
//! | `composed` | the same where postings lie at Mass |
//! | `statement` | an account over a period: opening, entries with running balances, closing |
//! | `chart` | codes, the trial balance, and an entity's treasury |
//! | `journal` | the books in the syntax of hledger |
//! | `fees` | the schedule of fees |
//! | `transfers` | linked postings, booked at once or in two phases |
//! | `expire` | letting go of promises whose time is over |
//! | `reverse` | taking a payment back, once |
//!
//! **Invariant:** money moves here only under an admission; what only reads adds up nothing of two currencies.

mod chart;
mod composed;
mod expire;
mod fees;
mod given;
mod journal;
mod ledger;
mod reverse;
mod statement;
mod transfers;

pub use chart::ChartAsk;
pub use fees::FeeAsk;
pub use reverse::ReverseAsk;
pub(crate) use reverse::Untaxed;
pub use statement::{Basis, StatementQuery};
pub use transfers::{LinkedAsk, TransferAsk};

use canon::JurisdictionId;
use law::{Admission, Kind, Provenance, Source};

use crate::facts::{Gathered, named};
use crate::pipeline::{Judged, Question};
use crate::refused::Refused;
use crate::zone::Zone;

/// Kind of the entries of accounts.
pub(crate) const ENTRY: &str = "ledger-entry";
/// Kind of the codes a zone added.
const CHART: &str = "chart";
/// Kind of the rows of the schedule of fees.
const FEE: &str = "fee";
/// Kind of transfers.
pub(crate) const TRANSFER: &str = "transfer";

impl Gathered {
    /// `fiscal.event`: what is done to the books.
    pub(crate) fn fiscal(&mut self, event: &str) -> Result<(), Refused> {
        let digest = canon::Canonical::of(&event).map_err(Refused::host)?.digest();
        self.state("fiscal.event", event, Provenance::new(Source::Registry, digest))
    }
}

impl Zone {
    /// Ask law about a write to the zone's own books: whoever does it is screened by name.
    fn admit_own(
        &self,
        event: &str,
        (now, by, subject): (canon::Timestamp, &str, &str),
    ) -> Result<Judged<Admission>, Refused> {
        let mut gathered = Gathered::new();
        gathered.fiscal(event)?;
        gathered.screen(self, &[named(by, now)])?;
        let jurisdiction: &JurisdictionId = &self.here.participant.jurisdiction_id;
        let kind = Kind::FiscalTransition;
        self.admit(&Question { kind, jurisdiction, by, subject, now }, gathered)
    }
}
