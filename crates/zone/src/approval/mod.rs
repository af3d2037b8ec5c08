//! Two persons: what one operator may ask for and not do alone.
//!
//! The first one's request runs nothing; it becomes an approval that names the request by the digest of its method,
//! path and canonical body. It runs once somebody else, an operator, asks for exactly the same or approves it by that
//! digest, and the approval is used up in the commit of what it lets through. A body that differs has another digest, so it
//! is a request of its own.
//!
//! Invariant: the same principal never stands on both sides; what has ended lets nothing through; no approval is used
//! twice.

mod ask;
mod shown;

use canon::{Canonical, Digest, PrincipalId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::refused::{Envelope, Refused};

/// The kind of record.
pub(crate) const KIND: &str = "approval";

/// What somebody asks for that two persons are needed for.
#[derive(Clone, Debug, PartialEq)]
pub struct Requested {
    /// Method of the request.
    pub method: &'static str,
    /// The path asked.
    pub path: String,
    /// What it is, in a sentence.
    pub what: &'static str,
    /// The body, read strictly.
    pub body: Value,
}

impl Requested {
    /// Digest of the exact request: `method`, `path` and canonical body, a line each.
    ///
    /// # Errors
    /// A body that has no canonical form.
    pub fn digest(&self) -> Result<Digest, Refused> {
        let canonical = Canonical::of_value(&self.body)?;
        let mut request = format!("{}\n{}\n", self.method, self.path).into_bytes();
        request.extend_from_slice(canonical.bytes());
        Ok(Digest::of_blob(&request))
    }
}

/// How an approval stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Standing {
    /// Somebody else's word is awaited.
    Pending {},
    /// What it lets through was done.
    Used {
        /// By whom.
        by: PrincipalId,
        /// When.
        at: Timestamp,
    },
}

/// An approval at rest, under the digest of its request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    #[serde(rename = "type")]
    type_: String,
    pub(crate) request_sha256: Digest,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) what: String,
    pub(crate) body: Value,
    pub(crate) requested_by: PrincipalId,
    pub(crate) requested: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) standing: Standing,
}

impl Kept {
    fn is_pending(&self, now: Timestamp) -> bool {
        self.standing == Standing::Pending {} && now < self.expires
    }
}

/// What becomes of a request that needs two persons.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It is done now.
    Run,
    /// It is answered, and not done.
    Answered(Envelope),
}
