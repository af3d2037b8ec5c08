//! The zone's running keys and the cell that keeps them from signing twice.

use proof::{KeyHistory, Purpose, Signer};
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
    /// Whether these are the present keys of the zone.
    #[must_use]
    pub fn are_current(&self, keys: &KeyHistory) -> bool {
        let same = |signer: &dyn Signer, purpose| signer.public() == *keys.key(purpose);
        same(self.assertion.as_ref(), Purpose::Assertion)
            && same(self.log.as_ref(), Purpose::Log)
            && same(self.http.as_ref(), Purpose::Http)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys { .. }")
    }
}
