//! The council of one zone: what is decided, in which order, and what a commit may hold.
//!
//! Every write goes admit → transition → attest → commit → answer. Three sealed witnesses let
//! anything be written: [`law::Admission`] (records may change), [`law::Refusal`] (its decision
//! record only) and [`Duty`] (the zone's own corridor, key, token and job state).
//!
//! **Architecture Invariant:** the only joiner of the halls; no write without a witness; the
//! outside is the [`Wire`], [`canon::Clock`] and [`canon::Entropy`] traits.

mod account;
mod attest;
mod caller;
mod compliance;
mod config;
mod corridor;
mod decisions;
mod duty;
mod entity;
mod evidence;
mod facts;
mod idempotency;
mod journal;
mod keys;
mod payment;
mod pipeline;
mod readiness;
mod refused;
mod startup;
mod token;
mod wire;
mod writes;
mod zone;

pub mod limits;

pub use account::{FundAsk, OpenAccount};
pub use caller::{Caller, Scope};
pub use config::{Config, LawLoaded};
pub use corridor::{HaltAsk, PeerCall, PeerMessage, Proposal, ResumeAsk};
pub use decisions::DecisionQuery;
pub use duty::Duty;
pub use entity::{EntityEventAsk, FormEntity};
pub use idempotency::Ask;
pub use keys::Keys;
pub use readiness::{Check, Readiness};
pub use refused::{Envelope, FieldProblem, Refused};
pub use startup::StartError;
pub use token::Token;
pub use wire::{Peer, Wire, WireError};
pub use zone::{Page, Zone};
