//! Identity: persons and organisations as a zone knows them.
//!
//! What is said of somebody ([`Particulars`]) is read here and kept under a key of the subject's own; what law may be
//! told is a tier ([`Tier`]) that follows from evidence. A check of an identifier's digits ([`checked`]) says that it
//! can be one, never that an office confirmed it.

mod identifier;
mod person;
mod tier;

pub use identifier::{BadIdentifier, CHECKED, checked};
pub use person::{
    CONTACT_CHARS_MAX, PERSON_NAME_CHARS_MAX, Particulars, ParticularsInput, SubjectKind,
};
pub use tier::{NoSuchTier, Tier};
