//! The key with which somebody votes.

use canon::Did;
use proof::PublicKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `did:key` of somebody who votes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Did", into = "Did")]
pub struct VoterDid(Did);

impl VoterDid {
    /// A bare `did:key`, as it is written.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::try_from(Did::parse(text).map_err(|error| error.to_string())?)
    }

    /// The DID.
    #[must_use]
    pub fn did(&self) -> &Did {
        &self.0
    }
}
impl TryFrom<Did> for VoterDid {
    type Error = String;
    fn try_from(did: Did) -> Result<Self, String> {
        let key = PublicKey::from_did_key(did.as_str()).map_err(|error| error.to_string())?;
        if key.did() == did { Ok(Self(did)) } else { Err(format!("`{did}` is not a bare did:key")) }
    }
}
impl From<VoterDid> for Did {
    fn from(voter: VoterDid) -> Self {
        voter.0
    }
}
