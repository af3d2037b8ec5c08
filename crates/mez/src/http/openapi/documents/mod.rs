//! What is answered, as schemas. Members that are not always there are optional; an answer may have more than is
//! described here, and a client passes over what it does not know. Tests hold every answer they get against these.

#![allow(dead_code, reason = "read by their schemas alone")]

mod adapters;
mod agreeing;
mod assets;
mod books;
mod bridges;
mod compliance;
mod consent;
mod corridors;
mod credentials;
mod events;
pub(crate) mod files;
mod filings;
mod forks;
mod health;
mod law;
mod log;
mod ownership;
mod payments;
mod people;
mod records;
mod register;
mod regulator;
mod screening;
mod settlement;
mod shared;
mod supervised;
mod system;
mod tax;
mod trade;
mod watchers;

pub(crate) use crate::http::answer::documents::AdmittedOf;
pub(crate) use adapters::{AdapterEvidence, Adapters, RaastPayment, Verification};
pub(crate) use agreeing::{Adopted, CutAnchored, EndorsementKept, HandshakeTaken};
pub(crate) use assets::{Asset, ReceiptCompliance};
pub(crate) use books::{ChartRow, Fee, LedgerTotals, Statement, Transfer, Treasury, TrialBalance};
pub(crate) use bridges::{BridgeRepaired, BridgeTransfer, InvoiceIssued};
pub(crate) use compliance::{
    ComplianceAcross, ComplianceExport, CorridorCompliance, CorridorComplianceExport,
    DomainsDisclosed,
};
pub(crate) use consent::{Consent, ConsentBrief};
pub(crate) use corridors::{
    Amendments, Corridor, CutMade, Cuts, EvidenceKept, ReceiptWritten, Receipts,
};
pub(crate) use credentials::CredentialJudgement;
pub(crate) use events::{Attempts, Event, Webhook, WebhookChanged, WebhookSecret};
pub(crate) use filings::{TaxReturn, TaxReturnTold};
pub(crate) use forks::{ForkAlarmFile, ForkResolved, Forks};
pub(crate) use health::CorridorsHealth;
pub(crate) use law::{ComplianceSlice, DecisionEntry, DecisionExplained};
pub(crate) use log::LogEntries;
pub(crate) use ownership::{CapTableBrief, CapTableEntered, CapTableEntry, Dividend};
pub(crate) use payments::{Payment, PaymentMade};
pub(crate) use people::{Person, TierLimitsSet};
pub(crate) use records::{Account, CapTable, Entity, License};
pub(crate) use register::{BodsStatement, LicenseTypes, Register};
pub(crate) use regulator::{
    Alert, AlertAcknowledged, LogSample, Overview, PopulationFigure, PopulationRecord,
    RegulatorLogEntry, RegulatorLogExport, RegulatorReport, SupervisedRecord,
};
pub(crate) use screening::{Disposition, DispositionMade, EntityScreened, ScreeningStatus};
pub(crate) use settlement::{PlanDrawn, Settlement};
pub(crate) use supervised::SupervisedDecision;
pub(crate) use system::{
    Approval, AuditRow, OpenApi, Readiness, SchemaDocument, TokenMade, approved,
};
pub(crate) use tax::{
    TaxCalendar, TaxEvent, TaxEventTold, TaxLiability, TaxPreview, TaxRemitted, TaxReport,
    TaxRules, TaxStatusKnown,
};
pub(crate) use trade::{TradeFlow, TradeFlowMoved, TradeSteps};
pub(crate) use watchers::{
    Attested, CorridorWatchers, DoneOf, EvidenceTaken, Unanswered, Watcher, WatcherAsked,
    WatcherClaim, WatcherRequest, WatcherSetRenewed, WatchersRewarded, withdrawn,
};
