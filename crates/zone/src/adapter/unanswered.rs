//! Why nothing is known although it was asked. Every one of these reads *pending*.

use canon::Timestamp;

use super::System;

/// A question without an answer that counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The zone has no adapter for it.
    #[error("this zone has no adapter for `{0}`")]
    NotConfigured(System),
    /// Whoever asks only rehearses, and this is told to the authority for good.
    #[error("`{0}` was told nothing: this is a rehearsal")]
    NotAsked(System),
    /// It failed so often that it is left alone for a while.
    #[error("`{system}` failed again and again, and is asked again from {until}")]
    CircuitOpen {
        /// Which.
        system: System,
        /// From when.
        until: Timestamp,
    },
    /// As many questions as it takes at once are under way.
    #[error("`{0}` is being asked as much as it takes at once")]
    Busy(System),
    /// Nobody there, or not who it must be.
    #[error("`{system}` cannot be reached: {detail}")]
    Unreachable {
        /// Which.
        system: System,
        /// As the connection says it.
        detail: String,
    },
    /// No answer within the bound.
    #[error("`{0}` did not answer in time")]
    Slow(System),
    /// An answer that is none.
    #[error("`{system}` answered with status {status}")]
    Status {
        /// Which.
        system: System,
        /// With what.
        status: u16,
    },
    /// More bytes than are read.
    #[error("the answer of `{0}` is larger than is read")]
    TooLarge(System),
    /// Not authenticated by the pinned key.
    #[error("the answer of `{system}` is not signed by its pinned key: {detail}")]
    NotSigned {
        /// Which.
        system: System,
        /// What does not hold.
        detail: String,
    },
    /// Signed at another time.
    #[error("the answer of `{0}` was not signed now")]
    Stale(System),
    /// Signed in another realm than the zone's.
    #[error("the answer of `{0}` is of another realm")]
    OtherRealm(System),
    /// Signed, and not of the form.
    #[error("the answer of `{system}` cannot be read: {detail}")]
    Garbage {
        /// Which.
        system: System,
        /// What does not fit.
        detail: String,
    },
    /// Signed, and about something that was not asked.
    #[error("the answer of `{system}` is of another {of}")]
    OfAnother {
        /// Which.
        system: System,
        /// What differs.
        of: &'static str,
    },
}

impl Unanswered {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured(_) => "adapter-not-configured",
            Self::NotAsked(_) => "adapter-not-asked",
            Self::CircuitOpen { .. } => "adapter-circuit-open",
            Self::Busy(_) => "adapter-busy",
            Self::Unreachable { .. } => "adapter-unreachable",
            Self::Slow(_) => "adapter-slow",
            Self::Status { .. } => "adapter-status",
            Self::TooLarge(_) => "adapter-answer-too-large",
            Self::NotSigned { .. } => "adapter-answer-not-signed",
            Self::Stale(_) => "adapter-answer-stale",
            Self::OtherRealm(_) => "adapter-answer-other-realm",
            Self::Garbage { .. } => "adapter-answer-unreadable",
            Self::OfAnother { .. } => "adapter-answer-of-another",
        }
    }

    /// What to do next.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::NotConfigured(_) => "the operator names the adapter in `adapters.json`",
            Self::NotAsked(_) => "ask without `dry_run`",
            Self::CircuitOpen { .. } | Self::Busy(_) | Self::Slow(_) => {
                "ask again later, under another idempotency key"
            }
            Self::Unreachable { .. } | Self::Status { .. } => {
                "ask again later, under another idempotency key; `GET /v1/adapters` tells how it stands"
            }
            _ => "nothing the caller can do: the operator looks at the adapter",
        }
    }

    /// Whether it says that the adapter is not well. One that is not asked says nothing of itself, and one that knows
    /// of no such thing (a status of 400 to 499) is well.
    #[must_use]
    pub const fn counts(&self) -> bool {
        match self {
            Self::NotConfigured(_)
            | Self::NotAsked(_)
            | Self::CircuitOpen { .. }
            | Self::Busy(_) => false,
            Self::Status { status, .. } => *status < 400 || *status >= 500,
            _ => true,
        }
    }

    /// Whether the same question may be put once more at once: nobody read it, or nobody said anything to it.
    #[must_use]
    pub const fn again(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
            || matches!(self, Self::Status { status, .. } if *status >= 500)
    }
}
