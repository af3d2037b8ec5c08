//! The council of one zone: what is decided, in which order, and what a commit may hold.
//!
//! Every write goes admit → transition → attest → commit → answer. Three sealed witnesses let
//! anything be written: [`law::Admission`] (records may change), [`law::Refusal`] (its decision
//! record; for a refused return also the move of its money to the zone's held account) and
//! [`Duty`] (the zone's own corridor, key, token and job state).
//!
//! **Architecture Invariant:** the only joiner of the halls; no write without a witness; the
//! outside is the [`Wire`], [`canon::Clock`] and [`canon::Entropy`] traits.
//!
//! None of these compiles. An admission is made by [`law::admit`] alone:
//! ```compile_fail,E0451
//! fn forged(record: canon::Canonical, decision: law::Decision) -> law::Admission {
//!     law::Admission { record, decision }
//! }
//! ```
//! A duty has no public maker and no public field:
//! ```compile_fail,E0624
//! let forged = zone::Duty::of_zone(todo!());
//! ```
//! A commit cannot be begun from outside, with or without a witness:
//! ```compile_fail,E0624
//! fn forged(zone: &zone::Zone, duty: &zone::Duty) {
//!     let _ = zone.on_duty(duty, zone.now(), "corridor:x");
//! }
//! ```
//! ```compile_fail,E0603
//! type Forged<'z> = zone::writes::Writes<'z, ()>;
//! ```
//! Nor is the store reached around the pipeline:
//! ```compile_fail,E0616
//! fn around(zone: &zone::Zone, batch: store::Batch) {
//!     let _ = zone.store.commit(batch);
//! }
//! ```
//! A caller comes from a token, never from a name:
//! ```compile_fail,E0624
//! fn forged(principal: canon::PrincipalId) -> zone::Caller {
//!     zone::Caller::of_token(principal, zone::Scope::ALL.to_vec(), None)
//! }
//! ```

mod access;
mod account;
pub mod adapter;
mod again;
mod approval;
pub mod archive;
mod asset;
mod at_hand;
mod attest;
mod audit;
mod bound;
mod bridge;
mod caller;
mod compliance;
mod config;
mod consent;
mod corridor;
mod council;
mod cuts;
mod decisions;
mod disclosure;
mod duty;
mod entity;
mod event;
mod evidence;
mod facts;
mod fiscal;
mod fsck;
mod idempotency;
mod identity;
mod journal;
mod keys;
mod license;
mod log;
pub mod mass;
mod ownership;
mod payment;
mod pipeline;
mod precondition;
mod provider;
mod rates;
mod readiness;
mod rebuild;
mod recover;
mod refused;
mod register;
mod regulator;
mod rehearsal;
mod screening;
mod settlement;
mod startup;
mod stepped;
mod tax;
mod tensor;
mod token;
mod trade;
mod watcher;
mod wire;
mod writes;
mod zone;

pub mod limits;

pub use access::Access;
pub use account::{FundAsk, OpenAccount};
pub use adapter::{RaastAsk, RaastPayeeAsk, VerifyCnic, VerifyCompany, VerifyLicense, VerifyNtn};
pub use approval::{Requested, Turn};
pub use asset::{RegisterAsset, SendAsset};
pub use at_hand::Grounds;
pub use audit::{Attended, AuditChain, AuditEntry, AuditFault, Decided, Heard, Leave, Unwritten};
pub use bound::Named;
pub use bridge::{BridgeAsk, InvoiceAsk, KNOWN_CORRIDORS};
pub use caller::{Caller, Scope};
pub use compliance::{ComplianceQuery, When};
pub use config::{Config, InForce, LawLoaded};
pub use consent::{CancelConsent, OpenConsent};
pub use corridor::{
    AdoptAsk, AmendAsk, AnchorAsk, Demands, EndorseAsk, HaltAsk, PeerCall, PeerMessage, Proposal,
    ResolveAsk, ResumeAsk,
};
pub use council::{Council, OpenCouncil};
pub use cuts::{CutsError, cuts};
pub use decisions::DecisionQuery;
pub use duty::Duty;
pub use entity::{EntityEventAsk, FormEntity};
pub use event::{EventQuery, Events, Outcome, Parcel, WebhookAsk, event_types};
pub use fiscal::{Basis, ChartAsk, FeeAsk, LinkedAsk, ReverseAsk, StatementQuery, TransferAsk};
pub use fsck::{Checked, FAULTS_MAX, Fault, Report, fsck};
pub use idempotency::Ask;
pub use identity::{AddEvidence, BindDid, RegisterPerson, TierLimitsAsk};
pub use keys::Keys;
pub use license::{LicenseAct, LicenseEventAsk};
pub use log::{Standing, Submission, log_origin};
pub use ownership::{EnterOwnership, OpenCapTable};
pub use precondition::Precondition;
pub use provider::{OF_PROVIDER, Provider, Unvouched, Vouched};
pub use rates::{Rate, RatePolicy};
pub use readiness::{Check, Readiness};
pub use rebuild::{DIFFERENCES_MAX, Derived, Difference, Rebuilt, rebuilt};
pub use recover::{RecoverError, Recovered, recover_cell};
pub use refused::{Envelope, FieldProblem, Refused};
pub use register::{ChangeAsk, EntityQuery, RegisterQuery};
pub use regulator::{AcknowledgeAsk, NOTE_CHARS_MAX, Of, Period, PopulationQuery, Split, Viewed};
pub use screening::{DispositionAsk, ListsError, Rescreened};
pub use settlement::{InstructAsk, PlanAsk};
pub use startup::StartError;
pub use tax::{PrepareReturn, RemitAsk, TaxEventAsk, TaxEvents, TaxPeriod, TaxStatusAsk};
pub use token::{Token, TokenAsk};
pub use trade::{FlowParty, OpenFlow};
pub use watcher::{BondAsk, RequestAsk, RewardAsk, Wanted};
pub use wire::{LIVENESS, Peer, Wire, WireError};
pub use writes::Flight;
pub use zone::{Page, Zone};
