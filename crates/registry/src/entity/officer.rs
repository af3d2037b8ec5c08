//! Officers: who acts for a legal person, in which office.

use canon::{Date, JurisdictionId};
use serde::{Deserialize, Serialize};

use super::described::{Described, Sent};
use super::owner::{Identifier, IdentifierInput, OWNER_NAME_CHARS_MAX, OwnerKind};
use crate::text::{Line, Problems};
use crate::voter::VoterDid;

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
    /// Whether who holds it sits on the board.
    #[must_use]
    pub const fn is_of_board(self) -> bool {
        matches!(self, Self::Director | Self::Chairperson)
    }

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
    /// The `did:key` they vote with on the board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voter: Option<String>,
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
    /// The key they vote with on the board.
    pub voter: Option<VoterDid>,
}

impl Officer {
    /// Whether two rows name one person: by the key they vote with, or by all that tells them apart from others.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let by_key = self.voter.is_some() && self.voter == other.voter;
        let told = |officer: &Self| Self { office: self.office, voter: None, ..officer.clone() };
        by_key || told(self) == told(other)
    }
}

impl TryFrom<OfficerInput> for Officer {
    type Error = Problems;
    fn try_from(sent: OfficerInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let OfficerInput { name, kind, office, birth_date, nationality, identifiers, voter } = sent;
        let voter = voter.and_then(|did| problems.take("/voter", VoterDid::parse(&did)));
        let sent = Sent { name, birth_date, nationality, identifiers };
        let whole = sent.read(&mut problems).map(|known| {
            let Described { name, birth_date, nationality, identifiers } = known;
            Self { name, kind, office, birth_date, nationality, identifiers, voter }
        });
        problems.finish(whole)
    }
}

impl From<Officer> for OfficerInput {
    fn from(known: Officer) -> Self {
        let Officer { name, kind, office, birth_date, nationality, identifiers, voter } = known;
        let sent = Sent::from(Described { name, birth_date, nationality, identifiers });
        let Sent { name, birth_date, nationality, identifiers } = sent;
        let voter = voter.map(|voter| voter.did().to_string());
        Self { name, kind, office, birth_date, nationality, identifiers, voter }
    }
}
