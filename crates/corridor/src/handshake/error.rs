//! What can be wrong with a handshake, by whose fault.

use canon::{CorridorId, Did, Digest};

use crate::documents::DocumentError;

/// A handshake document was refused; nothing of it took effect.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The document itself.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The corridor would join two realms.
    #[error("the zones are of different realms")]
    PeerRealm,
    /// A zone cannot hold a corridor with itself.
    #[error("a corridor needs two different zones, and two different DIDs")]
    PeerSame,
    /// The participants are not the two zones.
    #[error("the definition does not name exactly these two zones")]
    PeerParticipants,
    /// The id is not the one the pair gives.
    #[error("the corridor id must be `{0}`")]
    PeerCorridorId(CorridorId),
    /// A generation that does not follow the one before.
    #[error("generation {0} of the corridor is not one that can follow")]
    PeerGeneration(u64),
    /// A signature is missing.
    #[error("`{0}` has not signed the {1}")]
    PeerUnsigned(Did, &'static str),
    /// An agreement belongs to another definition.
    #[error("the agreement names another definition ({0})")]
    PeerDefinition(Digest),
    /// Both agreements must say the same.
    #[error("the agreements differ in {0}")]
    PeerTerms(&'static str),
    /// A role nobody knows or has: what it would have to sign could never be told.
    #[error(
        "a threshold names role `{0}`, which is unknown or held by nobody; name its holders or leave it out"
    )]
    PeerRole(String),
    /// Thresholds that can never, or need never, be met.
    #[error("the thresholds are not sound: {0}")]
    PeerThresholds(&'static str),
    /// The law of the two ends does not go together as the definition demands.
    #[error(transparent)]
    PeerLaw(#[from] super::Incompatible),
    /// A party withholds its consent.
    #[error("activation is blocked: `{0}:{1}`")]
    PeerBlocked(Did, String),
    /// The activation states another genesis.
    #[error("the activation states genesis root {stated}, the documents give {derived}")]
    PeerGenesis {
        /// In the document.
        stated: Digest,
        /// Recomputed.
        derived: Digest,
    },
    /// Outside the agreed dates.
    #[error("the agreement is effective from {0} until {1}")]
    PeerDates(canon::Timestamp, canon::Timestamp),
    /// A document of a kind this version does not read.
    #[error("a document of type `{0}` is not supported by this version")]
    Unsupported(String),
}
