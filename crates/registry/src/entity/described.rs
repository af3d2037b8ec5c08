//! How somebody is told apart from others of the same name: one reading for owners and officers alike.

use canon::{Date, JurisdictionId};

use super::owner::{IDENTIFIERS_MAX, Identifier, IdentifierInput, OWNER_NAME_CHARS_MAX};
use crate::text::{Line, Problems};

/// What is sent of somebody, whatever they are to the entity.
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) birth_date: Option<String>,
    pub(super) nationality: Option<String>,
    pub(super) identifiers: Vec<IdentifierInput>,
}

/// What is known of somebody.
pub(super) struct Described {
    pub(super) name: Line<OWNER_NAME_CHARS_MAX>,
    pub(super) birth_date: Option<Date>,
    pub(super) nationality: Option<JurisdictionId>,
    /// Sorted, each once.
    pub(super) identifiers: Vec<Identifier>,
}

impl Sent {
    /// Reads all of it, and says of each part what is wrong with it.
    pub(super) fn read(self, problems: &mut Problems) -> Option<Described> {
        let name = problems.take("/name", Line::parse(&self.name));
        let birth_date =
            self.birth_date.and_then(|day| problems.take("/birth_date", Date::parse(&day)));
        let nationality = self
            .nationality
            .and_then(|id| problems.take("/nationality", JurisdictionId::parse(&id)));
        let identifiers = identifiers(self.identifiers, problems);
        name.map(|name| Described { name, birth_date, nationality, identifiers })
    }
}

impl From<Described> for Sent {
    fn from(known: Described) -> Self {
        Self {
            name: known.name.into(),
            birth_date: known.birth_date.map(|day| day.to_string()),
            nationality: known.nationality.map(|id| id.as_str().to_owned()),
            identifiers: known.identifiers.into_iter().map(Into::into).collect(),
        }
    }
}

/// Identifiers, sorted, each once.
pub(crate) fn identifiers(sent: Vec<IdentifierInput>, problems: &mut Problems) -> Vec<Identifier> {
    if sent.len() > IDENTIFIERS_MAX {
        let over = format!("has {} entries, at most {IDENTIFIERS_MAX} are taken", sent.len());
        problems.add("/identifiers", over);
        return Vec::new();
    }
    let mut known = Vec::with_capacity(sent.len());
    for (n, one) in sent.into_iter().enumerate() {
        let pointer = format!("/identifiers/{n}");
        if let Some(one) = problems.nest(&pointer, Identifier::try_from(one)) {
            if known.contains(&one) {
                problems.add(pointer, "is listed twice");
            }
            known.push(one);
        }
    }
    known.sort();
    known
}
