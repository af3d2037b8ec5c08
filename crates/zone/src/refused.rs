//! Every way a request can end without effect, by whose fault it is.

use canon::{BadAmount, Digest};
use law::Grounds;
use proof::keys::SignerError;
use serde_json::Value;

use crate::mass::AtMass;
use crate::startup::StartError;

/// What a successful write answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// `{result, compliance, credential, receipt}` in canonical member names.
    pub body: Value,
    /// 201 for something made, 200 otherwise.
    pub status: u16,
    /// Answered from an earlier request with the same idempotency key.
    pub replayed: bool,
}

/// One field that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldProblem {
    /// JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

/// A refusal; nothing but, where it says so, a decision record was written.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The request does not say who asks.
    #[error("no valid token was given")]
    CallerUnknown,
    /// The caller may not ask this.
    #[error("this needs scope `{needed}`")]
    CallerForbidden {
        /// A scope that would do.
        needed: &'static str,
    },
    /// Fields that cannot be read.
    #[error("the request has {} wrong fields", .0.len())]
    CallerFields(Vec<FieldProblem>),
    /// A well-formed request that cannot be.
    #[error("{detail}")]
    CallerInvalid {
        /// Stable code.
        code: &'static str,
        /// In words.
        detail: String,
    },
    /// The thing named does not exist.
    #[error("there is no {kind} `{id}`")]
    NotFound {
        /// What.
        kind: &'static str,
        /// Which.
        id: String,
    },
    /// Not possible in the present state.
    #[error("{detail}")]
    Conflict {
        /// Stable code.
        code: &'static str,
        /// In words.
        detail: String,
    },
    /// The record is not as the caller wants it to be before it is changed.
    #[error("{0}")]
    Precondition(String),
    /// The same idempotency key with another body.
    #[error("idempotency key `{0}` was used with another request")]
    IdempotencyReused(String),
    /// Law refuses. The decision record is written.
    #[error("{detail}")]
    Law {
        /// In words.
        detail: String,
        /// What the caller is told of it.
        grounds: Box<Grounds>,
        /// Digest of the decision record.
        decision: Digest,
        /// Whether a sanctions rule is broken; a screening that could not be made does not count.
        sanctions: bool,
    },
    /// A peer's message is at fault.
    #[error("{detail}")]
    Peer {
        /// Stable code.
        code: &'static str,
        /// In words.
        detail: String,
    },
    /// A peer's receipts do not follow what is held here.
    #[error("receipts from {expected} on are needed")]
    PeerGap {
        /// The next sequence held here.
        expected: u64,
    },
    /// The zone does not sign: rollback, doubt or a missing cell.
    #[error("the zone signs nothing: {0}")]
    NotSigning(String),
    /// The process that holds the keys does not answer, or not in time; asking again is safe.
    #[error("the signer is unavailable: {0}")]
    SignerAway(String),
    /// Whoever would say who asks does not answer; asking again is safe.
    #[error("the identity provider is unavailable: {0}")]
    ProviderAway(String),
    /// Mass, where this zone keeps its records, did not do what was asked, or said what does not fit.
    #[error("{}", .0.detail)]
    Mass(AtMass),
    /// The database or disk.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The archive of the journal does not have what is needed, or not as it was put there.
    #[error("{detail}")]
    Archive {
        /// Stable code.
        code: &'static str,
        /// In words.
        detail: String,
    },
    /// An entry that was given up when its retention had ended; proofs of it go on.
    #[error("{0}")]
    Dropped(String),
    /// Too many at once.
    #[error("too busy; try again")]
    Busy,
    /// A fault of the zone itself.
    #[error("internal fault: {0}")]
    Host(String),
}

impl Refused {
    pub(crate) fn host(detail: impl std::fmt::Display) -> Self {
        Self::Host(detail.to_string())
    }

    pub(crate) fn conflict(code: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Conflict { code, detail: detail.to_string() }
    }

    /// A document that was not written: the signer's absence when that is the cause, else a conflict
    /// of this code.
    pub(crate) fn unsigned(code: &'static str, error: impl std::error::Error + 'static) -> Self {
        signer_away(&error).map_or_else(|| Self::conflict(code, &error), Self::SignerAway)
    }

    /// As [`Refused::unsigned`], where any other cause is a fault of the zone.
    pub(crate) fn unsigned_here(error: impl std::error::Error + 'static) -> Self {
        signer_away(&error).map_or_else(|| Self::host(&error), Self::SignerAway)
    }

    fn archive(code: &'static str, error: &store::StoreError) -> Self {
        Self::Archive { code, detail: error.to_string() }
    }

    pub(crate) fn peer(code: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Peer { code, detail: detail.to_string() }
    }

    pub(crate) fn invalid(code: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::CallerInvalid { code, detail: detail.to_string() }
    }

    pub(crate) fn absent(kind: &'static str, id: impl std::fmt::Display) -> Self {
        Self::NotFound { kind, id: id.to_string() }
    }

    /// Stable code of the refusal; see `docs/errors.md`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CallerUnknown => "unauthenticated",
            Self::CallerForbidden { .. } => "forbidden",
            Self::CallerFields(_) => "invalid-fields",
            Self::CallerInvalid { code, .. }
            | Self::Conflict { code, .. }
            | Self::Archive { code, .. }
            | Self::Peer { code, .. } => code,
            Self::NotFound { .. } => "not-found",
            Self::Precondition(_) => "precondition-failed",
            Self::IdempotencyReused(_) => "idempotency-key-reused",
            Self::Law { sanctions: true, .. } => "sanctions-hard-block",
            Self::Law { .. } => "refused-by-law",
            Self::PeerGap { .. } => "receipt-gap",
            Self::NotSigning(_) => "not-signing",
            Self::SignerAway(_) => "signer-unavailable",
            Self::ProviderAway(_) => "provider-unavailable",
            Self::Mass(at_mass) => at_mass.unwell.code(),
            Self::Unavailable(_) => "store-unavailable",
            Self::Dropped(_) => "entry-dropped",
            Self::Busy => "busy",
            Self::Host(_) => "internal",
        }
    }
}

impl From<AtMass> for Refused {
    fn from(at_mass: AtMass) -> Self {
        Self::Mass(at_mass)
    }
}

impl From<store::StoreError> for Refused {
    fn from(error: store::StoreError) -> Self {
        match error {
            store::StoreError::Busy => Self::Busy,
            store::StoreError::Doubt { detail } => Self::NotSigning(detail),
            error @ store::StoreError::Dropped { .. } => Self::Dropped(error.to_string()),
            error @ store::StoreError::InArchive { .. } => Self::archive("archive-missing", &error),
            error @ store::StoreError::ArchiveGone { .. } => Self::archive("archive-gone", &error),
            error @ store::StoreError::ArchiveAltered { .. } => {
                Self::archive("archive-altered", &error)
            }
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<canon::Refusal> for Refused {
    fn from(refusal: canon::Refusal) -> Self {
        Self::invalid("malformed-document", refusal)
    }
}

impl From<BadAmount> for Refused {
    fn from(bad: BadAmount) -> Self {
        Self::invalid("bad-amount", bad)
    }
}

impl From<registry::Problems> for Refused {
    fn from(problems: registry::Problems) -> Self {
        let field = |p: &registry::Problem| FieldProblem {
            pointer: p.pointer.clone(),
            detail: p.detail.clone(),
        };
        Self::CallerFields(problems.as_slice().iter().map(field).collect())
    }
}

impl From<canon::EntropyGone> for Refused {
    fn from(gone: canon::EntropyGone) -> Self {
        Self::Unavailable(gone.to_string())
    }
}

impl From<StartError> for Refused {
    fn from(error: StartError) -> Self {
        Self::NotSigning(error.to_string())
    }
}

/// What an absent signer said, wherever in the chain of causes.
fn signer_away(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.filter_map(|cause| cause.downcast_ref::<SignerError>()).find_map(|error| match error {
        SignerError::Unavailable(why) => Some(why.clone()),
        _ => None,
    })
}
