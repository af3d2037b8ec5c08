//! Propose, accept, activate: how two zones come to hold one corridor.
//!
//! The definition is one document signed by both; each party signs its own agreement; the
//! activation, signed by both, fixes the genesis root every lane starts from.

mod activation;
mod agreement;
mod compatible;
mod definition;
mod error;
mod roles;
mod stated;
mod terms;

pub use activation::Activation;
pub use agreement::{ActivationTerms, Agreement, Packs, PinnedPack, Threshold};
pub use compatible::{AllowedPacks, Compatibility, Incompatible};
pub(crate) use definition::are_known;
pub use definition::{
    Definition, Drawing, RULESET, claimed, corridor_id, generation_of, id_of_generation,
    ruleset_digest, rulesets,
};
pub use error::HandshakeError;
pub use roles::{Role, RoleHolders, Rules, THRESHOLDS_RULESET};
pub use stated::Wanted;
pub use terms::Terms;
