//! Personal particulars: what is known of somebody, read once. They are kept nowhere but under the subject's own key.

use std::fmt;

use canon::{Date, JurisdictionId};
use serde::{Deserialize, Serialize};

use super::identifier::checked;
use crate::entity::{ADDRESS_CHARS_MAX, Identifier, IdentifierInput, identifiers};
use crate::text::{Line, Problems};

/// Longest name of a person, in characters.
pub const PERSON_NAME_CHARS_MAX: usize = 500;
/// Longest means of contact (a telephone number, an address of mail), in characters.
pub const CONTACT_CHARS_MAX: usize = 320;

/// Whether somebody is a natural person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A natural person.
    Person,
    /// A legal person or another arrangement.
    Organisation,
}

impl SubjectKind {
    /// Name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
        }
    }
}

/// Particulars as sent, and as they are encrypted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParticularsInput {
    /// A natural person or an organisation.
    pub kind: SubjectKind,
    /// Full name as on the identifying document.
    pub full_name: String,
    /// Date of birth (or of incorporation), `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Nationality (or jurisdiction of incorporation).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// Where it lives (or can be served), on one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Telephone number or address of mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Identifiers, in any order.
    #[serde(default)]
    pub identifiers: Vec<IdentifierInput>,
}

/// Well-formed particulars. Neither `Debug` nor `Display` says any of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ParticularsInput", into = "ParticularsInput")]
pub struct Particulars {
    kind: SubjectKind,
    full_name: Line<PERSON_NAME_CHARS_MAX>,
    birth_date: Option<Date>,
    nationality: Option<JurisdictionId>,
    address: Option<Line<ADDRESS_CHARS_MAX>>,
    contact: Option<Line<CONTACT_CHARS_MAX>>,
    identifiers: Vec<Identifier>,
}

impl fmt::Debug for ParticularsInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParticularsInput { .. }")
    }
}

impl fmt::Debug for Particulars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Particulars { .. }")
    }
}

impl Particulars {
    /// A natural person or an organisation.
    #[must_use]
    pub const fn kind(&self) -> SubjectKind {
        self.kind
    }
    /// Full name.
    #[must_use]
    pub fn full_name(&self) -> &str {
        self.full_name.as_str()
    }
    /// Date of birth or of incorporation.
    #[must_use]
    pub const fn birth_date(&self) -> Option<Date> {
        self.birth_date
    }
    /// Nationality or jurisdiction of incorporation.
    #[must_use]
    pub const fn nationality(&self) -> Option<&JurisdictionId> {
        self.nationality.as_ref()
    }
    /// Identifiers: sorted, each once, each in the form in which it is compared.
    #[must_use]
    pub fn identifiers(&self) -> &[Identifier] {
        &self.identifiers
    }
    /// The identifier of a scheme.
    #[must_use]
    pub fn identifier(&self, scheme: &str) -> Option<&str> {
        let found = self.identifiers.iter().find(|known| known.scheme.as_str() == scheme);
        found.map(|known| known.value.as_str())
    }

    /// What is shown to whoever may not read them: initials, and the last digits of identifiers.
    #[must_use]
    pub fn masked(&self) -> serde_json::Value {
        let identifiers: Vec<serde_json::Value> = self
            .identifiers
            .iter()
            .map(|known| {
                serde_json::json!({
                    "scheme": known.scheme.as_str(),
                    "value": masked(known.value.as_str()),
                })
            })
            .collect();
        let initials: Vec<String> = self
            .full_name()
            .split_whitespace()
            .filter_map(|word| word.chars().next())
            .map(|initial| format!("{initial}***"))
            .collect();
        serde_json::json!({
            "kind": self.kind,
            "full_name": initials.join(" "),
            "identifiers": identifiers,
        })
    }
}

/// The last two characters of what has more than six; of less, nothing.
fn masked(text: &str) -> String {
    let count = text.chars().count();
    let shown: String = text.chars().skip(if count > 6 { count - 2 } else { count }).collect();
    format!("***{shown}")
}

impl TryFrom<ParticularsInput> for Particulars {
    type Error = Problems;
    fn try_from(sent: ParticularsInput) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let full_name = problems.take("/full_name", Line::parse(&sent.full_name));
        let birth_date =
            sent.birth_date.and_then(|day| problems.take("/birth_date", Date::parse(&day)));
        let nationality = sent
            .nationality
            .and_then(|id| problems.take("/nationality", JurisdictionId::parse(&id)));
        let address = sent.address.and_then(|text| problems.take("/address", Line::parse(&text)));
        let contact = sent.contact.and_then(|text| problems.take("/contact", Line::parse(&text)));
        let identifiers = compared(sent.identifiers, &mut problems);
        let kind = sent.kind;
        let whole = full_name.map(|full_name| Self {
            kind,
            full_name,
            birth_date,
            nationality,
            address,
            contact,
            identifiers,
        });
        problems.finish(whole)
    }
}

/// Identifiers in the one form in which each is compared.
fn compared(sent: Vec<IdentifierInput>, problems: &mut Problems) -> Vec<Identifier> {
    let mut read = Vec::with_capacity(sent.len());
    for (n, mut one) in sent.into_iter().enumerate() {
        let pointer = format!("/identifiers/{n}/value");
        if let Some(value) = problems.take(&pointer, checked(&one.scheme, &one.value)) {
            one.value = value;
            read.push(one);
        }
    }
    identifiers(read, problems)
}

impl From<Particulars> for ParticularsInput {
    fn from(known: Particulars) -> Self {
        Self {
            kind: known.kind,
            full_name: known.full_name.into(),
            birth_date: known.birth_date.map(|day| day.to_string()),
            nationality: known.nationality.map(|id| id.as_str().to_owned()),
            address: known.address.map(Into::into),
            contact: known.contact.map(Into::into),
            identifiers: known.identifiers.into_iter().map(Into::into).collect(),
        }
    }
}
