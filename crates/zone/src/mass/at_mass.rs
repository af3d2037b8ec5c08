//! What can go wrong with Mass, and what it means for a request.

use std::fmt;

/// A call without an answer that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtMass {
    /// Which way it went wrong.
    pub unwell: Unwell,
    /// In words; never a body, never a token.
    pub detail: String,
}

/// The ways a call ends without effect that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwell {
    /// Nobody there, or the connection ended.
    Unreachable,
    /// No answer within the bound.
    Slow,
    /// It failed so often that it is left alone for a while.
    CircuitOpen,
    /// As many calls as are let through at once are under way.
    Busy,
    /// A status of 500 and over.
    Status,
    /// An answer that is not of the form of the pinned documents.
    Unreadable,
    /// An answer about something else than was asked.
    OfAnother,
    /// What Mass holds is not what was put there.
    Differs,
    /// Mass took it and has not decided.
    Pending,
    /// Mass does not take it.
    Declined,
    /// What Mass holds has moved on since the first answer.
    MovedOn,
    /// Something that has no place at Mass.
    NotThere,
}

impl AtMass {
    /// Of a way, in words.
    pub fn new(unwell: Unwell, detail: impl fmt::Display) -> Self {
        Self { unwell, detail: detail.to_string() }
    }

    /// Whether it says that Mass is not well; what it declines, it declines in good health.
    #[must_use]
    pub const fn counts(&self) -> bool {
        matches!(
            self.unwell,
            Unwell::Unreachable | Unwell::Slow | Unwell::Status | Unwell::Unreadable
        )
    }

    /// Whether nothing was heard of it, so that the same call under the same key is worth another try.
    #[must_use]
    pub const fn again(&self) -> bool {
        matches!(self.unwell, Unwell::Unreachable | Unwell::Status)
    }
}

impl Unwell {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "mass-unreachable",
            Self::Slow => "mass-slow",
            Self::CircuitOpen => "mass-circuit-open",
            Self::Busy => "mass-busy",
            Self::Status => "mass-status",
            Self::Unreadable => "mass-answer-unreadable",
            Self::OfAnother => "mass-answer-of-another",
            Self::Differs => "mass-differs",
            Self::Pending => "mass-pending",
            Self::Declined => "mass-declined",
            Self::MovedOn => "mass-moved-on",
            Self::NotThere => "not-at-mass",
        }
    }

    /// The status a request is answered with, and after how many seconds it is worth asking again.
    #[must_use]
    pub const fn status(self) -> (u16, Option<u32>) {
        match self {
            Self::Unreachable | Self::Slow | Self::Status | Self::Busy => (503, Some(2)),
            Self::CircuitOpen | Self::Pending => (503, Some(10)),
            Self::Unreadable | Self::OfAnother | Self::Differs => (503, Some(60)),
            Self::Declined | Self::MovedOn => (409, None),
            Self::NotThere => (404, None),
        }
    }
}
