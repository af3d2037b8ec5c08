//! What a voter signs: a choice, or who votes instead. Each names the proposal by its digest, so a signature given for one
//! proposal says nothing about another, nor about any other document.

use canon::{Canonical, Did, Digest, RecordId};
use proof::integrity::{IntegrityError, resolve_did_key, verify_document};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// For, against, or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// For.
    Approve,
    /// Against.
    Reject,
    /// Present, and neither.
    Abstain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum BallotType {
    #[serde(rename = "MEZBallot")]
    Ballot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum DelegationType {
    #[serde(rename = "MEZVoteDelegation")]
    Delegation,
}

/// A vote, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ballot {
    r#type: BallotType,
    /// The proposal.
    pub consent_id: RecordId,
    /// Digest of the proposal as it was opened.
    pub proposal_sha256: Digest,
    /// Who votes: the `did:key` that signs.
    pub voter: Did,
    /// How.
    pub choice: Choice,
}

/// Who votes instead, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    r#type: DelegationType,
    /// The proposal.
    pub consent_id: RecordId,
    /// Digest of the proposal as it was opened.
    pub proposal_sha256: Digest,
    /// Who gives the vote: the `did:key` that signs.
    pub voter: Did,
    /// Who votes instead.
    pub delegate: Did,
}

impl Ballot {
    /// A vote.
    #[must_use]
    pub fn of(consent_id: RecordId, proposal_sha256: Digest, voter: Did, choice: Choice) -> Self {
        Self { r#type: BallotType::Ballot, consent_id, proposal_sha256, voter, choice }
    }
}

impl Delegation {
    /// Who votes instead.
    #[must_use]
    pub fn of(
        consent_id: RecordId,
        proposal_sha256: Digest,
        (voter, delegate): (Did, Did),
    ) -> Self {
        let r#type = DelegationType::Delegation;
        Self { r#type, consent_id, proposal_sha256, voter, delegate }
    }
}

/// Why a signed vote does not count.
#[derive(Debug, thiserror::Error)]
pub enum BadBallot {
    /// Another shape.
    #[error("not a signed vote: {0}")]
    Shape(#[from] canon::Refusal),
    /// The signature.
    #[error("the vote's signature does not verify: {0}")]
    Signature(#[from] IntegrityError),
    /// Another key, or several.
    #[error("the vote is to be signed by `{0}` alone")]
    Signer(Did),
}

/// A signed document of this kind.
pub(super) trait OfVoter: serde::de::DeserializeOwned {
    fn voter(&self) -> &Did;
}
impl OfVoter for Ballot {
    fn voter(&self) -> &Did {
        &self.voter
    }
}
impl OfVoter for Delegation {
    fn voter(&self) -> &Did {
        &self.voter
    }
}

/// Read a document and require its voter's signature, and no other.
pub(super) fn signed<T: OfVoter>(document: &Value) -> Result<T, BadBallot> {
    let mut bare = document.clone();
    if let Some(members) = bare.as_object_mut() {
        members.remove("proof");
    }
    let read: T = Canonical::of_value(&bare)?.read()?;
    let signers = verify_document(document, &resolve_did_key)?;
    match signers.as_slice() {
        [one] if one.key.did() == *read.voter() => Ok(read),
        _ => Err(BadBallot::Signer(read.voter().clone())),
    }
}
