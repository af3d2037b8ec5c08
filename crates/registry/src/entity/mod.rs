//! Legal persons: what is needed to form one, and the life it leads afterwards.
//!
//! ```text
//! APPLIED ──approve──▶ ACTIVE ──suspend──▶ SUSPENDED
//!    │                 │  ▲───reinstate──────┘
//!    └─reject─▶ REJECTED│
//!                      └─initiate─▶ DISSOLVING 1 … 10 ──advance──▶ DISSOLVED
//! ```
//! Each stage of a dissolution has a minimum length and leaves a document behind; neither can be skipped.

#[cfg(test)]
mod changes;
mod described;
mod formation;
mod lifecycle;
mod officer;
mod owner;
mod register;
mod span;
mod stage;
#[cfg(test)]
mod tests;

pub(crate) use described::identifiers;
pub use formation::{
    ACTIVITY_CHARS_MAX, ADDRESS_CHARS_MAX, Formation, FormationInput, LEGAL_NAME_CHARS_MAX,
    OWNERS_MAX, RegisteredOffice, RegisteredOfficeInput, declared,
};
pub use lifecycle::{
    Dissolution, Entity, EntityEvent, IllegalTransition, REASON_CHARS_MAX, Status,
};
pub use officer::{Office, Officer, OfficerInput};
pub use owner::{
    BeneficialOwner, BeneficialOwnerInput, IDENTIFIER_CHARS_MAX, IDENTIFIERS_MAX, Identifier,
    IdentifierInput, OWNER_NAME_CHARS_MAX, OWNERSHIP_BP_MAX, OwnerKind,
};
pub use register::{
    BadChange, CHANGES_MAX, Change, Effect, OFFICER_ROWS_MAX, OWNER_ROWS_MAX, Register,
};
pub use span::{Day, Ended, Row};
pub use stage::{CLAIM_WINDOW_DAYS, MAJORITY_BP_MIN, Resolution, STAGES, Stage, StageEvidence};
