//! The six states of a corridor: typestate in hand, one enum at rest, and the one match between.
//!
//! | kind written | DRAFT | PENDING | ACTIVE | HALTED | SUSPENDED | DEPRECATED |
//! |---|---|---|---|---|---|---|
//! | business | – | – | yes | – | – | – |
//! | finishing: ack, payment.return, key.rotate, … | – | – | yes | yes | yes | yes |
//! | halt | – | – | yes | yes | yes | – |
//! | suspend | – | – | yes | – | yes | – |
//! | deprecate | – | – | yes | yes | yes | – |
//! | resume | – | – | – | yes | yes | – |
//! | amend | – | – | yes | yes | yes | – |

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lane::{Class, TransitionKind};

/// State at rest and on the wire.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// Drawn up here, not yet delivered.
    Draft,
    /// Proposed; waits for the other party.
    Pending,
    /// In effect.
    Active,
    /// Stopped by a halt.
    Halted,
    /// Paused by agreement or order.
    Suspended,
    /// Ended.
    Deprecated,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "DRAFT",
            Self::Pending => "PENDING",
            Self::Active => "ACTIVE",
            Self::Halted => "HALTED",
            Self::Suspended => "SUSPENDED",
            Self::Deprecated => "DEPRECATED",
        })
    }
}

impl State {
    /// The state gate: which kinds a corridor in this state admits.
    #[must_use]
    pub const fn admits(self, kind: TransitionKind) -> bool {
        match (self, kind) {
            (Self::Draft | Self::Pending, _) => false,
            (Self::Active, TransitionKind::Resume) => false,
            (Self::Active, _) => true,
            (_, kind) if matches!(kind.class(), Class::Finishing) => true,
            (
                Self::Halted | Self::Suspended,
                TransitionKind::Halt
                | TransitionKind::Resume
                | TransitionKind::Amend
                | TransitionKind::Deprecate,
            ) => true,
            (Self::Suspended, TransitionKind::Suspend) => true,
            _ => false,
        }
    }
}

/// A transition the state does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a corridor in state {from} cannot {verb}")]
pub struct IllegalTransition {
    /// The state it is in.
    pub from: State,
    /// What was asked.
    pub verb: &'static str,
}

mod sealed {
    pub trait Sealed {}
}

/// A state as a type; only these six exist.
pub trait InState: sealed::Sealed {
    /// The state at rest.
    const STATE: State;
}

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name;
        impl sealed::Sealed for $name {}
        impl InState for $name {
            const STATE: State = State::$name;
        }
    )*};
}

states! {
    /// Drawn up here, not yet delivered.
    Draft;
    /// Proposed; waits for the other party.
    Pending;
    /// In effect.
    Active;
    /// Stopped by a halt.
    Halted;
    /// Paused by agreement or order.
    Suspended;
    /// Ended.
    Deprecated;
}

/// A corridor whose state is known to the compiler; verbs exist only where the state has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corridor<S: InState>(S);

impl<S: InState> Corridor<S> {
    /// The state at rest.
    #[must_use]
    pub const fn state(&self) -> State {
        S::STATE
    }
}

impl Corridor<Draft> {
    /// A corridor just drawn up.
    #[must_use]
    pub const fn draw_up() -> Self {
        Self(Draft)
    }

    /// Deliver it to the other party.
    #[must_use]
    pub const fn submit(self) -> Corridor<Pending> {
        Corridor(Pending)
    }
}

impl Corridor<Pending> {
    /// Both parties signed.
    #[must_use]
    pub const fn activate(self) -> Corridor<Active> {
        Corridor(Active)
    }
}

impl Corridor<Active> {
    /// Stop at once.
    #[must_use]
    pub const fn halt(self) -> Corridor<Halted> {
        Corridor(Halted)
    }

    /// Pause.
    #[must_use]
    pub const fn suspend(self) -> Corridor<Suspended> {
        Corridor(Suspended)
    }

    /// End.
    #[must_use]
    pub const fn deprecate(self) -> Corridor<Deprecated> {
        Corridor(Deprecated)
    }
}

impl Corridor<Halted> {
    /// Both parties lift every open halt.
    #[must_use]
    pub const fn resume(self) -> Corridor<Active> {
        Corridor(Active)
    }

    /// End.
    #[must_use]
    pub const fn deprecate(self) -> Corridor<Deprecated> {
        Corridor(Deprecated)
    }
}

impl Corridor<Suspended> {
    /// Both parties resume.
    #[must_use]
    pub const fn resume(self) -> Corridor<Active> {
        Corridor(Active)
    }

    /// A halt outranks a pause.
    #[must_use]
    pub const fn halt(self) -> Corridor<Halted> {
        Corridor(Halted)
    }

    /// End.
    #[must_use]
    pub const fn deprecate(self) -> Corridor<Deprecated> {
        Corridor(Deprecated)
    }
}

/// A corridor loaded from rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnyCorridor {
    /// See [`Draft`].
    Draft(Corridor<Draft>),
    /// See [`Pending`].
    Pending(Corridor<Pending>),
    /// See [`Active`].
    Active(Corridor<Active>),
    /// See [`Halted`].
    Halted(Corridor<Halted>),
    /// See [`Suspended`].
    Suspended(Corridor<Suspended>),
    /// See [`Deprecated`].
    Deprecated(Corridor<Deprecated>),
}

/// What may happen to a corridor at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The proposal was delivered.
    Submit,
    /// Both parties signed.
    Activate,
    /// Either party halts.
    Halt,
    /// Paused.
    Suspend,
    /// Both parties resume.
    Resume,
    /// Ended.
    Deprecate,
}

impl Event {
    const fn verb(self) -> &'static str {
        match self {
            Self::Submit => "be submitted",
            Self::Activate => "be activated",
            Self::Halt => "be halted",
            Self::Suspend => "be suspended",
            Self::Resume => "resume",
            Self::Deprecate => "be deprecated",
        }
    }
}

impl From<State> for AnyCorridor {
    fn from(state: State) -> Self {
        match state {
            State::Draft => Self::Draft(Corridor(Draft)),
            State::Pending => Self::Pending(Corridor(Pending)),
            State::Active => Self::Active(Corridor(Active)),
            State::Halted => Self::Halted(Corridor(Halted)),
            State::Suspended => Self::Suspended(Corridor(Suspended)),
            State::Deprecated => Self::Deprecated(Corridor(Deprecated)),
        }
    }
}

impl AnyCorridor {
    /// The state at rest.
    #[must_use]
    pub const fn state(&self) -> State {
        match self {
            Self::Draft(c) => c.state(),
            Self::Pending(c) => c.state(),
            Self::Active(c) => c.state(),
            Self::Halted(c) => c.state(),
            Self::Suspended(c) => c.state(),
            Self::Deprecated(c) => c.state(),
        }
    }

    /// Apply an event: the one match between rest and hand.
    ///
    /// # Errors
    /// An event the state does not have.
    pub const fn apply(self, event: Event) -> Result<Self, IllegalTransition> {
        Ok(match (self, event) {
            (Self::Draft(c), Event::Submit) => Self::Pending(c.submit()),
            (Self::Pending(c), Event::Activate) => Self::Active(c.activate()),
            (Self::Active(c), Event::Halt) => Self::Halted(c.halt()),
            // A further stop of a stopped corridor keeps it as it is.
            (Self::Halted(c), Event::Halt) => Self::Halted(c),
            (Self::Suspended(c), Event::Suspend) => Self::Suspended(c),
            (Self::Deprecated(c), Event::Deprecate) => Self::Deprecated(c),
            (Self::Active(c), Event::Suspend) => Self::Suspended(c.suspend()),
            (Self::Suspended(c), Event::Halt) => Self::Halted(c.halt()),
            (Self::Halted(c), Event::Resume) => Self::Active(c.resume()),
            (Self::Suspended(c), Event::Resume) => Self::Active(c.resume()),
            (Self::Active(c), Event::Deprecate) => Self::Deprecated(c.deprecate()),
            (Self::Halted(c), Event::Deprecate) => Self::Deprecated(c.deprecate()),
            (Self::Suspended(c), Event::Deprecate) => Self::Deprecated(c.deprecate()),
            (other, _) => {
                return Err(IllegalTransition { from: other.state(), verb: event.verb() });
            }
        })
    }
}
