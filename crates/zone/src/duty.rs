//! The third witness: the zone's own duties, which never touch a subject's record.

use crate::caller::{Caller, Scope};
use crate::refused::Refused;

/// What a duty is for. Closed: a new duty is a decision about who may write without law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Propose, accept or activate a corridor.
    Handshake,
    /// Mirror a peer's receipts and acknowledge what books nothing.
    Ack,
    /// Sign or countersign a cut.
    Cut,
    /// Halt or resume a corridor.
    HaltResume,
    /// Take up again what was signed here and is held by peers.
    Adopt,
    /// Raise an alarm about a fork, or record what stands.
    Fork,
    /// Issue or revoke a token.
    Token,
    /// State a rotation of our keys, or learn one of a peer's.
    KeyRotation,
    /// Put other sanctions lists in force.
    Lists,
    /// Screen again, and keep what came out.
    Screening,
    /// Decide about a hit.
    Disposition,
    /// Keep watchers: their scope, sets, attestations and claims.
    Watchers,
    /// Consent to settlement plans, and tell what became of their legs.
    Settlement,
    /// Ask to be paid over a bridge; end the locks of one.
    Bridge,
    /// Set how much a customer of each tier may pay at once.
    TierLimits,
    /// Make and end webhooks, and keep the book of what was delivered to them.
    Webhooks,
    /// Tell the audit log of what was refused at the doors.
    Audit,
    /// Keep what awaits a second person.
    Approval,
    /// Keep what the council votes on.
    Council,
    /// Lease what a principal may ask.
    Rates,
    /// Keep the log of what regulators were shown.
    Views,
    /// Give up parts of the archive whose retention has ended.
    Archive,
    /// Keep the outbox.
    Job,
}

impl Task {
    /// Every task.
    pub(crate) const ALL: [Self; 23] = [
        Self::Handshake,
        Self::Ack,
        Self::Cut,
        Self::HaltResume,
        Self::Adopt,
        Self::Fork,
        Self::Token,
        Self::KeyRotation,
        Self::Lists,
        Self::Screening,
        Self::Disposition,
        Self::Watchers,
        Self::Settlement,
        Self::Bridge,
        Self::TierLimits,
        Self::Webhooks,
        Self::Audit,
        Self::Approval,
        Self::Council,
        Self::Rates,
        Self::Views,
        Self::Archive,
        Self::Job,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Ack => "ack",
            Self::Cut => "cut",
            Self::HaltResume => "halt-resume",
            Self::Adopt => "adopt",
            Self::Fork => "fork",
            Self::Token => "token",
            Self::KeyRotation => "key-rotation",
            Self::Lists => "lists",
            Self::Screening => "screening",
            Self::Disposition => "disposition",
            Self::Watchers => "watchers",
            Self::Settlement => "settlement",
            Self::Bridge => "bridge",
            Self::TierLimits => "tier-limits",
            Self::Webhooks => "webhooks",
            Self::Audit => "audit",
            Self::Approval => "approval",
            Self::Council => "council",
            Self::Rates => "rates",
            Self::Views => "views",
            Self::Archive => "archive",
            Self::Job => "job",
        }
    }
}

/// Proof that an operator, a verified peer or the zone itself may do a duty.
///
/// ```compile_fail
/// let forged = zone::Duty { task: todo!(), by: todo!() };
/// ```
#[derive(Debug)]
#[must_use = "a duty is for one write"]
pub struct Duty {
    task: Task,
    by: String,
}

impl Duty {
    /// A duty an operator asks for.
    pub(crate) fn asked(task: Task, caller: &Caller) -> Result<Self, Refused> {
        caller.demand(&[Scope::Operator])?;
        Ok(Self { task, by: caller.principal().to_string() })
    }

    /// A duty that an operator or a banker asks for.
    pub(crate) fn of_bank(task: Task, caller: &Caller) -> Result<Self, Refused> {
        caller.demand(&[Scope::Banker, Scope::Operator])?;
        Ok(Self { task, by: caller.principal().to_string() })
    }

    /// A duty that a regulator's request calls for.
    pub(crate) fn of_regulator(task: Task, caller: &Caller) -> Result<Self, Refused> {
        caller.demand(&[Scope::Regulator])?;
        Ok(Self { task, by: caller.principal().to_string() })
    }

    /// A duty that anybody's proven statement calls for: who brings it does not matter.
    pub(crate) fn of_proof(task: Task, caller: &Caller) -> Self {
        Self { task, by: caller.principal().to_string() }
    }

    /// A duty a peer's verified message calls for.
    pub(crate) fn of_peer(task: Task, peer: &canon::Did) -> Self {
        Self { task, by: peer.to_string() }
    }

    /// A duty of the zone itself: deliveries, retries, what the operator's shell does on the host.
    pub(crate) fn of_zone(task: Task) -> Self {
        Self { task, by: "zone".to_owned() }
    }

    pub(crate) const fn task(&self) -> Task {
        self.task
    }

    pub(crate) fn by(&self) -> &str {
        &self.by
    }
}
