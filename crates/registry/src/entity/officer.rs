//! Officers: who acts for a legal person, in which office.

use canon::{Date, JurisdictionId};
use serde::{Deserialize, Serialize};

use super::owner::{Identifier, IdentifierInput, OWNER_NAME_CHARS_MAX, OwnerKind, identifiers};
use crate::text::{Line, Problems};

/// An office of a legal person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Office {
    /// Member of the board.
    Director,
    /// Chairs the board.
    Chairperson,
    /// Runs the business.
    ChiefExecutive,
    /// Keeps the books of the company.
    Secretary,
    /// Examines the accounts.
    Auditor,
    /// May sign for it.
    AuthorizedSignatory,
    /// Takes service for it.
    RegisteredAgent,
    /// Winds it up.
    Liquidator,
}

impl Office {
    /// Name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Director => "director",
            Self::Chairperson => "chairperson",
            Self::ChiefExecutive => "chief_executive",
            Self::Secretary => "secretary",
            Self::Auditor => "auditor",
            Self::AuthorizedSignatory => "authorized_signatory",
            Self::RegisteredAgent => "registered_agent",
            Self::Liquidator => "liquidator",
        }
    }
}

/// An officer as sent, and as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerInput {
    /// Full name as on the identifying document.
    pub name: String,
    /// `person` or `entity`.
    pub kind: OwnerKind,
    /// The office.
    pub office: Office,
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

/// Somebody in an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "OfficerInput", into = "OfficerInput")]
pub struct Officer {
    /// Full name as on the identifying document.
    pub name: Line<OWNER_NAME_CHARS_MAX>,
    /// Natural person or entity.
    pub kind: OwnerKind,
    /// The office.
    pub office: Office,
    /// Date of birth or of incorporation.
    pub birth_date: Option<Date>,
    /// Nationality or jurisdiction of incorporation.
    pub nationality: Option<JurisdictionId>,
    /// Identifiers: sorted, each once.
    pub identifiers: Vec<Identifier>,
}

impl TryFrom<OfficerInput> for Officer {
    type Error = Problems;
    fn try_from(sent: OfficerInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("/name", Line::parse(&sent.name));
        let birth_date =
            sent.birth_date.and_then(|day| problems.take("/birth_date", Date::parse(&day)));
        let nationality = sent
            .nationality
            .and_then(|id| problems.take("/nationality", JurisdictionId::parse(&id)));
        let identifiers = identifiers(sent.identifiers, &mut problems);
        let (kind, office) = (sent.kind, sent.office);
        let whole =
            name.map(|name| Self { name, kind, office, birth_date, nationality, identifiers });
        problems.finish(whole)
    }
}

impl From<Officer> for OfficerInput {
    fn from(known: Officer) -> Self {
        Self {
            name: known.name.into(),
            kind: known.kind,
            office: known.office,
            birth_date: known.birth_date.map(|day| day.to_string()),
            nationality: known.nationality.map(|id| id.as_str().to_owned()),
            identifiers: known.identifiers.into_iter().map(Into::into).collect(),
        }
    }
}
