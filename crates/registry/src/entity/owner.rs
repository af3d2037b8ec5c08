//! Beneficial owners: the people (or entities) behind a legal person, and how they are told apart.

use super::described::{Described, Sent};
use crate::text::{Line, Problems, Slug};
use canon::{Date, JurisdictionId};
use serde::{Deserialize, Serialize};

/// Longest owner name, in characters.
pub const OWNER_NAME_CHARS_MAX: usize = 500;
/// Most identifiers one owner may carry.
pub const IDENTIFIERS_MAX: usize = 20;
/// Longest identifier value, in characters.
pub const IDENTIFIER_CHARS_MAX: usize = 100;
/// The whole of an entity, in basis points (1/100 of a percent).
pub const OWNERSHIP_BP_MAX: u16 = 10_000;

/// Whether an owner is a natural person or an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// A natural person.
    Person,
    /// A legal person, trust or other arrangement.
    Entity,
}

/// An identifier as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentifierInput {
    /// Kind of identifier: `passport`, `national_id`, `cnic`, `ntn`, `lei`, `uen`, …
    pub scheme: String,
    /// The identifier as printed on its document.
    pub value: String,
    /// Jurisdiction that issued it, when the scheme does not already say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction_id: Option<String>,
}

/// An identifier issued by somebody: scheme, value, and the issuing jurisdiction where it matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identifier {
    /// Kind of identifier, as a code word.
    pub scheme: Slug,
    /// The identifier as printed on its document.
    pub value: Line<IDENTIFIER_CHARS_MAX>,
    /// Jurisdiction that issued it.
    pub jurisdiction_id: Option<JurisdictionId>,
}

impl TryFrom<IdentifierInput> for Identifier {
    type Error = Problems;
    fn try_from(sent: IdentifierInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let scheme = problems.take("/scheme", Slug::parse(&sent.scheme));
        let value = problems.take("/value", Line::parse(&sent.value));
        let jurisdiction_id = sent
            .jurisdiction_id
            .and_then(|id| problems.take("/jurisdiction_id", JurisdictionId::parse(&id)));
        let whole =
            scheme.zip(value).map(|(scheme, value)| Self { scheme, value, jurisdiction_id });
        problems.finish(whole)
    }
}

impl From<Identifier> for IdentifierInput {
    fn from(known: Identifier) -> Self {
        Self {
            scheme: known.scheme.into(),
            value: known.value.into(),
            jurisdiction_id: known.jurisdiction_id.map(|id| id.as_str().to_owned()),
        }
    }
}

/// A beneficial owner as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeneficialOwnerInput {
    /// Full name as on the identifying document.
    pub name: String,
    /// `person` or `entity`.
    pub kind: OwnerKind,
    /// Share owned or controlled, in basis points: 2500 is a quarter; 0 is control without a share.
    pub ownership_bp: u16,
    /// Date of birth (or of incorporation), `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Nationality (or jurisdiction of incorporation).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// Identifiers, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<IdentifierInput>,
}

/// Somebody who owns or controls part of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BeneficialOwnerInput", into = "BeneficialOwnerInput")]
pub struct BeneficialOwner {
    /// Full name as on the identifying document.
    pub name: Line<OWNER_NAME_CHARS_MAX>,
    /// Natural person or entity.
    pub kind: OwnerKind,
    /// Share in basis points, 0 to [`OWNERSHIP_BP_MAX`].
    pub ownership_bp: u16,
    /// Date of birth or of incorporation.
    pub birth_date: Option<Date>,
    /// Nationality or jurisdiction of incorporation.
    pub nationality: Option<JurisdictionId>,
    /// Identifiers: sorted, each once.
    pub identifiers: Vec<Identifier>,
}

impl TryFrom<BeneficialOwnerInput> for BeneficialOwner {
    type Error = Problems;
    fn try_from(sent: BeneficialOwnerInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let BeneficialOwnerInput { name, kind, ownership_bp, birth_date, nationality, identifiers } =
            sent;
        if ownership_bp > OWNERSHIP_BP_MAX {
            let over = format!("is {ownership_bp}, the whole is {OWNERSHIP_BP_MAX}");
            problems.add("/ownership_bp", over);
        }
        let sent = Sent { name, birth_date, nationality, identifiers };
        let whole = sent.read(&mut problems).map(|known| {
            let Described { name, birth_date, nationality, identifiers } = known;
            Self { name, kind, ownership_bp, birth_date, nationality, identifiers }
        });
        problems.finish(whole)
    }
}

impl From<BeneficialOwner> for BeneficialOwnerInput {
    fn from(known: BeneficialOwner) -> Self {
        let BeneficialOwner { name, kind, ownership_bp, birth_date, nationality, identifiers } =
            known;
        let sent = Sent::from(Described { name, birth_date, nationality, identifiers });
        let Sent { name, birth_date, nationality, identifiers } = sent;
        Self { name, kind, ownership_bp, birth_date, nationality, identifiers }
    }
}
