//! What exists in a zone: entities and money, as records that change only by transitions.
//!
//! A record enters through one door: a wire-shaped struct and a `TryFrom` that either gives the parsed value or
//! names every field that is wrong ([`Problems`]). After that it changes only by `apply(self, event)`, which gives
//! the next state or says which transition is not open. Money moves only by [`Posting`]s, whose legs sum to zero per
//! currency, through a [`Ledger`] that refuses to overdraw an account not made for it.
//!
//! | module | holds | changes by |
//! |---|---|---|
//! | [`entity`] | [`Formation`], [`Entity`] and its ten stages of dissolution | [`Entity::apply`] |
//! | [`national`] | identifiers that states give, checked as far as they check themselves | never |
//! | [`entity`] | [`Register`], what the register says of an entity over time | [`Entity::changed`] |
//! | [`license`] | [`License`], its term and obligations | [`License::apply`] |
//! | [`identity`] | [`Particulars`] and [`Tier`] of persons and organisations | never |
//! | [`asset`] | [`Asset`], its genesis and whereabouts | [`Asset::apply`] |
//! | [`ownership`] | [`CapTable`]: classes, holders, holdings, options, dividends | [`CapTable::apply`] |
//! | [`consent`] | [`Consent`]: a proposal, its electorate and votes | [`Consent::vote`] and its neighbours |
//! | [`fiscal`] | [`Account`], [`Posting`], [`Ledger`], [`Payment`] and the money legs of its steps | [`Ledger::apply`], [`Payment::apply`] |
//! | [`tax`] | [`tax::TaxEvent`] and [`tax::Liability`], what is withheld of an amount | [`tax::TaxEvent::assessed`], [`tax::Liability::apply`] |
//!
//! Architecture Invariant: no record knows how it is stored, who decided that it may change, or what time it is.
//! Times, identifiers and digests are arguments; the same arguments give the same bytes.

pub mod asset;
pub mod consent;
pub mod entity;
pub mod fiscal;
pub mod identity;
pub mod license;
pub mod national;
pub mod ownership;
pub mod tax;
mod text;
mod voter;

pub use asset::{Asset, AssetEvent, Crossing, Genesis, IllegalAsset, Whereabouts};
pub use consent::{Authorised, Consent, IllegalConsent, Operation, Proposal};
pub use entity::{
    BadChange, BeneficialOwner, BeneficialOwnerInput, Change, Day, Dissolution, Effect, Entity,
    EntityEvent, Formation, FormationInput, Identifier, IdentifierInput, IllegalTransition, Office,
    Officer, OfficerInput, OwnerKind, Register, RegisteredOffice, RegisteredOfficeInput,
    Resolution, Row, Stage, StageEvidence, Status,
};
pub use fiscal::{
    Account, AccountKind, AckRef, Applied, Arrival, BadAccount, Balance, Counterparty, Course,
    DividendPart, DividendPartInput, HeldReason, IllegalPayment, InboundStatus, Instruction,
    InstructionInput, InternalStatus, LaneRef, Ledger, LedgerError, LedgerEvent, Leg, LegError,
    NotPositive, OutboundStatus, Payee, PayeeInput, Payment, PaymentEvent, Phase, PositiveAmount,
    Posting, PostingError, RefusalRef, Refusing, Release, Sending, Side, Undoing,
};
pub use identity::{Particulars, ParticularsInput, SubjectKind, Tier};
pub use license::{
    IllegalLicense, License, LicenseEvent, LicenseInput, LicenseStatus, LicenseTerm, Obligation,
    ObligationInput,
};
pub use ownership::{CapTable, Dated, IllegalOwnership, OwnershipEvent};
pub use text::{BadText, Line, Problem, Problems, SLUG_CHARS_MAX, Slug};
pub use voter::VoterDid;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
