//! The activation: both parties state the genesis they will write from.

use canon::{CorridorId, Digest, Timestamp};
use proof::Signer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{HandshakeError, Terms};
use crate::documents::{self, Signed, Since, Subject};
use crate::party::Party;

/// Subject of `MEZCorridorActivationCredential`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The genesis root derived from definition and agreements.
    pub genesis_root: Digest,
    /// Digest of the definition without proofs.
    pub definition_payload_sha256: Digest,
    /// Digest over both agreements.
    pub agreement_set_sha256: Digest,
    /// The first epoch: 0.
    pub epoch: u64,
}

impl Subject for Activation {
    const TYPE: &'static str = "MEZCorridorActivationCredential";
    const KIND: &'static str = "corridor-activation";
}

impl Activation {
    /// State the genesis, as the first of two signers.
    ///
    /// # Errors
    /// When the signer does not sign.
    pub fn open(
        here: &Party,
        terms: &Terms,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, HandshakeError> {
        let activation = Self {
            corridor_id: terms.corridor_id.clone(),
            genesis_root: terms.genesis_root,
            definition_payload_sha256: terms.definition_payload_sha256,
            agreement_set_sha256: terms.agreement_set_sha256,
            epoch: 0,
        };
        let draft = documents::draft(terms.corridor_id.as_str(), here.did(), now, activation)?;
        Ok(documents::sign(draft, now, assertion_here)?)
    }

    /// Add the second signature.
    ///
    /// # Errors
    /// When the signer does not sign.
    pub fn countersign(
        document: Value,
        now: Timestamp,
        assertion_here: &dyn Signer,
    ) -> Result<Value, HandshakeError> {
        Ok(documents::sign(document, now, assertion_here)?)
    }

    /// Read an activation of exactly these terms, signed by at least its issuer.
    ///
    /// # Errors
    /// Another genesis or an unsigned document.
    pub fn read(
        document: &Value,
        terms: &Terms,
        parties: [&Party; 2],
    ) -> Result<Signed<Self>, HandshakeError> {
        let signed: Signed<Self> =
            documents::read(document, &terms.corridor_id, &parties.map(|p| Since(p, None)))?;
        let activation = &signed.credential.subject;
        if activation.genesis_root != terms.genesis_root {
            let (stated, derived) = (activation.genesis_root, terms.genesis_root);
            return Err(HandshakeError::PeerGenesis { stated, derived });
        }
        let same = activation.corridor_id == terms.corridor_id
            && activation.definition_payload_sha256 == terms.definition_payload_sha256
            && activation.agreement_set_sha256 == terms.agreement_set_sha256
            && activation.epoch == 0;
        if !same {
            return Err(HandshakeError::PeerTerms("activation"));
        }
        let issuer = &signed.credential.issuer;
        if !signed.signers.contains(issuer) {
            return Err(HandshakeError::PeerUnsigned(issuer.clone(), "activation"));
        }
        Ok(signed)
    }

    /// Read an activation that both parties signed.
    ///
    /// # Errors
    /// As [`Activation::read`], or a missing signature.
    pub fn read_complete(
        document: &Value,
        terms: &Terms,
        parties: [&Party; 2],
    ) -> Result<Signed<Self>, HandshakeError> {
        let signed = Self::read(document, terms, parties)?;
        for party in parties {
            if !signed.signers.contains(party.did()) {
                return Err(HandshakeError::PeerUnsigned(party.did().clone(), "activation"));
            }
        }
        Ok(signed)
    }
}
