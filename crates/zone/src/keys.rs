//! The zone's running keys and the cell that keeps them from signing twice.

use proof::{PublicKey, Signer};
use store::cell::LastSigned;

/// Signers by purpose; the root key is never here.
pub struct Keys {
    /// Signs credentials and cuts.
    pub assertion: Box<dyn Signer>,
    /// Signs lanes, checkpoints and the decision journal's positions in the cell.
    pub log: Box<dyn Signer>,
    /// Signs HTTP messages to peers.
    pub http: Box<dyn Signer>,
    /// The last-signed cell of the log key.
    pub cell: Box<dyn LastSigned>,
}

impl Keys {
    /// Whether these are the keys an inception document names.
    #[must_use]
    pub fn match_inception(&self, inception: &proof::Inception) -> bool {
        let same = |signer: &dyn Signer, key: &PublicKey| signer.public() == *key;
        same(self.assertion.as_ref(), inception.key(proof::Purpose::Assertion))
            && same(self.log.as_ref(), inception.key(proof::Purpose::Log))
            && same(self.http.as_ref(), inception.key(proof::Purpose::Http))
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys { .. }")
    }
}
