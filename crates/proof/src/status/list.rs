//! A list as the credential that carries it.

use canon::{Did, Timestamp};
use serde_json::{Value, json};

use super::bits::{Bits, BitsError};
use crate::credential::Credential;
use crate::verified::Verified;

/// The type of a list's credential.
pub const LIST_TYPE: &str = "BitstringStatusListCredential";
/// The type of its subject.
pub(crate) const SUBJECT_TYPE: &str = "BitstringStatusList";

/// What a set bit means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Taken back for good.
    Revocation,
    /// Out of force until cleared.
    Suspension,
}

/// A list whose credential was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    id: String,
    issuer: Did,
    issued: Timestamp,
    purpose: Purpose,
    bits: Bits,
}

/// Why a verified credential is no list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// Of another type.
    #[error("the credential is not a `{LIST_TYPE}`")]
    Type,
    /// A member is missing or of another shape.
    #[error("`{0}` of the list is missing or malformed")]
    Malformed(&'static str),
    /// The purpose is none known here.
    #[error("the list's purpose `{0}` is not supported")]
    Purpose(String),
    /// The bits.
    #[error(transparent)]
    Bits(#[from] BitsError),
}

impl Purpose {
    /// The word of the standard.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
        }
    }

    /// The purpose of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Revocation, Self::Suspension].into_iter().find(|known| known.as_str() == word)
    }
}

impl StatusList {
    /// Reads the list that a verified credential carries.
    ///
    /// # Errors
    /// What is not as the standard says.
    pub fn of(credential: &Verified<Credential>) -> Result<Self, ListError> {
        if !credential.is_a(LIST_TYPE) {
            return Err(ListError::Type);
        }
        let subject = credential.subject();
        let text = |name: &'static str| {
            subject.get(name).and_then(Value::as_str).ok_or(ListError::Malformed(name))
        };
        if text("type")? != SUBJECT_TYPE {
            return Err(ListError::Malformed("type"));
        }
        let purpose = text("statusPurpose")?;
        let purpose = Purpose::of(purpose)
            .ok_or_else(|| ListError::Purpose(purpose.chars().take(60).collect()))?;
        Ok(Self {
            id: credential.id().ok_or(ListError::Malformed("id"))?.to_owned(),
            issuer: credential.issuer().clone(),
            issued: credential.valid_from(),
            purpose,
            bits: Bits::decode(text("encodedList")?)?,
        })
    }

    /// The id of its credential.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Did {
        &self.issuer
    }

    /// From when it holds.
    #[must_use]
    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    /// What a set bit means.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The bits.
    #[must_use]
    pub fn bits(&self) -> &Bits {
        &self.bits
    }
}

/// The subject of a list's credential, to be issued with [`LIST_TYPE`].
#[must_use]
pub fn subject(id: &str, purpose: Purpose, bits: &Bits) -> Value {
    json!({
        "id": format!("{id}#list"),
        "type": SUBJECT_TYPE,
        "statusPurpose": purpose.as_str(),
        "encodedList": bits.encode(),
    })
}
