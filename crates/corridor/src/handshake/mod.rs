//! Propose, accept, activate: how two zones come to hold one corridor.
//!
//! The definition is one document signed by both; each party signs its own agreement; the
//! activation, signed by both, fixes the genesis root every lane starts from.

mod activation;
mod agreement;
mod definition;
mod error;
mod terms;

pub use activation::Activation;
pub use agreement::{ActivationTerms, Agreement, PinnedPack};
pub use definition::{Definition, RULESET, claimed, corridor_id, ruleset_digest};
pub use error::HandshakeError;
pub use terms::Terms;
