//! The member `credentialStatus` of a credential.

use serde_json::{Map, Value, json};

use super::list::Purpose;

/// The type of an entry.
pub(crate) const ENTRY_TYPE: &str = "BitstringStatusListEntry";
/// Most entries of one credential: one of each purpose, and room.
pub const ENTRIES_MAX: usize = 8;

/// Where the status of a credential stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What a set bit means.
    pub purpose: Purpose,
    /// The place in the list.
    pub index: u64,
    /// The id of the list's credential, a URL.
    pub list: String,
}

/// Why a `credentialStatus` is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// Another type, or a member that may restrict what the bit means.
    #[error("`{0}` of `credentialStatus` is not supported")]
    Unsupported(String),
    /// A member is missing or of another shape.
    #[error("`{0}` of `credentialStatus` is missing or malformed")]
    Malformed(&'static str),
    /// None or more than [`ENTRIES_MAX`].
    #[error("`credentialStatus` has {0} entries, not 1 to {ENTRIES_MAX}")]
    Count(usize),
}

impl Entry {
    /// The entries of a `credentialStatus`.
    ///
    /// # Errors
    /// Names the first member that is not as the standard says.
    pub fn read_all(status: &Value) -> Result<Vec<Self>, EntryError> {
        let entries = match status {
            Value::Array(entries) => entries.as_slice(),
            one => std::slice::from_ref(one),
        };
        if entries.is_empty() || entries.len() > ENTRIES_MAX {
            return Err(EntryError::Count(entries.len()));
        }
        entries.iter().map(Self::read).collect()
    }

    fn read(entry: &Value) -> Result<Self, EntryError> {
        let members = entry.as_object().ok_or(EntryError::Malformed("type"))?;
        let kind = text(members, "type")?;
        if kind != ENTRY_TYPE {
            return Err(EntryError::Unsupported(kind.chars().take(60).collect()));
        }
        let known = ["id", "type", "statusPurpose", "statusListIndex", "statusListCredential"];
        // `statusSize` above one bit and messages change what the bits mean.
        if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(EntryError::Unsupported(name.chars().take(60).collect()));
        }
        let purpose = text(members, "statusPurpose")?;
        let purpose = Purpose::of(purpose)
            .ok_or_else(|| EntryError::Unsupported(purpose.chars().take(60).collect()))?;
        let index = text(members, "statusListIndex")?;
        let digits = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
        let index = index.parse().ok().filter(|_| digits);
        let index = index.ok_or(EntryError::Malformed("statusListIndex"))?;
        let list = text(members, "statusListCredential")?.to_owned();
        Ok(Self { purpose, index, list })
    }

    /// The member as it stands in a credential.
    #[must_use]
    pub fn document(&self) -> Value {
        json!({
            "id": format!("{}#{}", self.list, self.index),
            "type": ENTRY_TYPE,
            "statusPurpose": self.purpose.as_str(),
            "statusListIndex": self.index.to_string(),
            "statusListCredential": self.list,
        })
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, EntryError> {
    members.get(name).and_then(Value::as_str).ok_or(EntryError::Malformed(name))
}
