//! A proposal and its life.
//!
//! ```text
//! PENDING ──vote──▶ APPROVED ──use──▶ COMPLETED
//!    │  └──vote──▶ REJECTED
//!    ├──time──▶ EXPIRED (or APPROVED, REJECTED, where a quorum took part)
//!    └──cancel─▶ CANCELED
//! ```
//! It is decided as soon as nothing that is still open can change it, else when its time ends. What is decided stays so.

use std::collections::BTreeMap;

use canon::{Canonical, Did, Digest, RecordId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ballot::{BadBallot, Ballot, Choice, Delegation, signed};
use super::electorate::Electorate;
use super::limits::{
    APPROVAL_SECS, DESCRIPTION_CHARS_MAX, OPEN_SECS_MAX, REASON_CHARS_MAX, TITLE_CHARS_MAX,
    VOTERS_MAX,
};
use super::operation::{Authorised, Operation};
use super::rule::{BadRule, DecisionRule};
use super::tally::Tally;
use super::whose::{ProposalAtRest, Whose};
use crate::text::Line;

/// What is put to the vote; its digest is what voters sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ProposalAtRest", into = "ProposalAtRest")]
pub struct Proposal {
    /// Whose operation.
    pub whose: Whose,
    /// What is to be authorised.
    pub operation: Operation,
    /// In one line.
    pub title: Line<TITLE_CHARS_MAX>,
    /// More of it.
    pub description: Option<Line<DESCRIPTION_CHARS_MAX>>,
    /// Who votes.
    pub electorate: Electorate,
    /// When it is carried.
    pub rule: DecisionRule,
    /// When it was opened.
    pub opened: Timestamp,
    /// The first second in which nobody votes any more.
    pub expires: Timestamp,
}

/// How a proposal stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Standing {
    /// Open.
    Pending {},
    /// Carried, and not used.
    Approved {
        /// When.
        at: Timestamp,
    },
    /// Lost.
    Rejected {
        /// When.
        at: Timestamp,
    },
    /// Ended without a quorum.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Called off.
    Canceled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: Line<REASON_CHARS_MAX>,
    },
    /// Used for what it authorised.
    Completed {
        /// When.
        at: Timestamp,
        /// When it was carried.
        approved: Timestamp,
    },
}

impl Standing {
    /// The word for it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending {} => "PENDING",
            Self::Approved { .. } => "APPROVED",
            Self::Rejected { .. } => "REJECTED",
            Self::Expired { .. } => "EXPIRED",
            Self::Canceled { .. } => "CANCELED",
            Self::Completed { .. } => "COMPLETED",
        }
    }
}

/// Why something cannot be done with a proposal.
#[derive(Debug, thiserror::Error)]
pub enum IllegalConsent {
    /// Its time.
    #[error("a proposal is open for 1 to {OPEN_SECS_MAX} seconds")]
    Span,
    /// Its rule.
    #[error(transparent)]
    Rule(#[from] BadRule),
    /// Another body decides it.
    #[error(
        "`{0}` is not decided by those who would vote: the council decides what is the zone's own, and nothing else"
    )]
    OtherBody(&'static str),
    /// Its digest.
    #[error("the proposal has no canonical form: {0}")]
    Form(#[from] canon::Refusal),
    /// It is not open any more.
    #[error("the proposal is {0}")]
    Closed(&'static str),
    /// The signed document.
    #[error(transparent)]
    Ballot(#[from] BadBallot),
    /// Of another proposal.
    #[error("the vote is of another proposal: its consent_id or proposal_sha256 differs")]
    OtherProposal,
    /// Not in the electorate.
    #[error("`{0}` has no vote on this proposal")]
    NoVote(Did),
    /// Twice.
    #[error("`{0}` has voted")]
    Voted(Did),
    /// To oneself.
    #[error("a vote is given to somebody else")]
    ToOneself,
    /// It authorises something else.
    #[error("the proposal authorises another operation")]
    OtherOperation,
    /// It is not carried, or was used.
    #[error("the proposal is {0}, which authorises nothing")]
    NotApproved(&'static str),
    /// It was carried too long ago.
    #[error("the approval ended at {0}")]
    Lapsed(Timestamp),
}

impl IllegalConsent {
    /// Stable code; see `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Span | Self::Rule(_) | Self::OtherBody(_) | Self::Form(_) => "bad-proposal",
            Self::Closed(_) => "consent-closed",
            Self::Ballot(_) | Self::OtherProposal => "bad-ballot",
            Self::NoVote(_) => "not-in-electorate",
            Self::Voted(_) => "voted",
            Self::ToOneself => "bad-delegation",
            Self::OtherOperation | Self::NotApproved(_) | Self::Lapsed(_) => "consent-required",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum ConsentType {
    #[serde(rename = "MEZConsent")]
    Consent,
}

/// A signed vote as kept: what it says, and the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    /// Who signed it.
    pub voter: Did,
    /// As signed.
    pub document: Value,
    /// When it came.
    pub at: Timestamp,
}

/// A proposal with its votes, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    r#type: ConsentType,
    consent_id: RecordId,
    proposal: Proposal,
    proposal_sha256: Digest,
    choices: BTreeMap<Did, Choice>,
    delegates: BTreeMap<Did, Did>,
    votes: Vec<Cast>,
    standing: Standing,
}

impl Consent {
    /// Open a proposal.
    ///
    /// # Errors
    /// A span or a rule that cannot be.
    pub fn open(consent_id: RecordId, proposal: Proposal) -> Result<Self, IllegalConsent> {
        let span = proposal.expires.unix().saturating_sub(proposal.opened.unix());
        if !(1..=OPEN_SECS_MAX).contains(&span) {
            return Err(IllegalConsent::Span);
        }
        if !proposal.whose.is_decided_by(proposal.operation.body()) {
            return Err(IllegalConsent::OtherBody(proposal.operation.name()));
        }
        proposal.rule.fits(&proposal.operation, proposal.electorate.voters().len())?;
        let proposal_sha256 = Canonical::of(&(&consent_id, &proposal))?.digest();
        Ok(Self {
            r#type: ConsentType::Consent,
            consent_id,
            proposal,
            proposal_sha256,
            choices: BTreeMap::new(),
            delegates: BTreeMap::new(),
            votes: Vec::new(),
            standing: Standing::Pending {},
        })
    }

    /// Take a signed vote.
    ///
    /// # Errors
    /// [`IllegalConsent`]; nothing has changed then.
    pub fn vote(mut self, document: &Value, at: Timestamp) -> Result<Self, IllegalConsent> {
        self.is_open(at)?;
        let ballot: Ballot = signed(document)?;
        self.is_of(&ballot.consent_id, ballot.proposal_sha256)?;
        let Ballot { voter, choice, .. } = ballot;
        if !self.may_sign(&voter) {
            return Err(IllegalConsent::NoVote(voter));
        }
        if self.choices.contains_key(&voter) {
            return Err(IllegalConsent::Voted(voter));
        }
        self.choices.insert(voter.clone(), choice);
        self.votes.push(Cast { voter, document: document.clone(), at });
        self.settle(at);
        Ok(self)
    }

    /// Take a signed word that somebody else votes. It may be given again, to another; a vote of one's own goes before.
    ///
    /// # Errors
    /// [`IllegalConsent`]; nothing has changed then.
    pub fn delegate(mut self, document: &Value, at: Timestamp) -> Result<Self, IllegalConsent> {
        self.is_open(at)?;
        let given: Delegation = signed(document)?;
        self.is_of(&given.consent_id, given.proposal_sha256)?;
        let Delegation { voter, delegate, .. } = given;
        if voter == delegate {
            return Err(IllegalConsent::ToOneself);
        }
        if !self.may_sign(&voter) {
            return Err(IllegalConsent::NoVote(voter));
        }
        if self.choices.contains_key(&voter) {
            return Err(IllegalConsent::Voted(voter));
        }
        if self.votes.len() >= 2 * VOTERS_MAX {
            return Err(IllegalConsent::Closed("full"));
        }
        self.delegates.insert(voter.clone(), delegate);
        self.votes.push(Cast { voter, document: document.clone(), at });
        self.settle(at);
        Ok(self)
    }

    /// Call it off while it is open.
    ///
    /// # Errors
    /// It is not.
    pub fn cancel(
        mut self,
        reason: Line<REASON_CHARS_MAX>,
        at: Timestamp,
    ) -> Result<Self, IllegalConsent> {
        self.is_open(at)?;
        self.standing = Standing::Canceled { at, reason };
        Ok(self)
    }

    /// Use an approval for exactly what it authorises: once, and not later than it lasts.
    ///
    /// # Errors
    /// Another operation, or no approval that lasts.
    pub fn authorise(
        mut self,
        whose: &Whose,
        operation: &Operation,
        at: Timestamp,
    ) -> Result<(Self, Authorised), IllegalConsent> {
        if self.proposal.whose != *whose || self.proposal.operation != *operation {
            return Err(IllegalConsent::OtherOperation);
        }
        self.standing = self.standing_at(at);
        let Standing::Approved { at: approved } = self.standing else {
            return Err(IllegalConsent::NotApproved(self.standing.name()));
        };
        let ends = approved.plus_secs(APPROVAL_SECS).ok().filter(|ends| at < *ends);
        ends.ok_or(IllegalConsent::Lapsed(approved))?;
        let consent_id = self.consent_id.clone();
        let operation = operation.clone();
        self.standing = Standing::Completed { at, approved };
        Ok((self, Authorised { consent_id, operation, approved: approved.date() }))
    }

    fn is_open(&self, at: Timestamp) -> Result<(), IllegalConsent> {
        match self.standing_at(at) {
            Standing::Pending {} => Ok(()),
            other => Err(IllegalConsent::Closed(other.name())),
        }
    }

    fn is_of(&self, consent_id: &RecordId, proposal: Digest) -> Result<(), IllegalConsent> {
        let same = *consent_id == self.consent_id && proposal == self.proposal_sha256;
        if same { Ok(()) } else { Err(IllegalConsent::OtherProposal) }
    }

    /// Who is in the electorate, or votes for somebody.
    fn may_sign(&self, did: &Did) -> bool {
        self.proposal.electorate.has(did) || self.delegates.values().any(|to| to == did)
    }

    fn settle(&mut self, at: Timestamp) {
        let tally = self.tally();
        if self.proposal.rule.carried_for_sure(&tally) {
            self.standing = Standing::Approved { at };
        } else if self.proposal.rule.lost_for_sure(&tally) {
            self.standing = Standing::Rejected { at };
        }
    }

    /// How it stands at a moment: what is open then, or was decided by the end of its time.
    #[must_use]
    pub fn standing_at(&self, now: Timestamp) -> Standing {
        let at = self.proposal.expires;
        if !matches!(self.standing, Standing::Pending {}) || now < at {
            return self.standing.clone();
        }
        let (rule, tally) = (&self.proposal.rule, self.tally());
        match (rule.quorate(&tally), rule.enough(&tally)) {
            (false, _) => Standing::Expired { at },
            (true, true) => Standing::Approved { at },
            (true, false) => Standing::Rejected { at },
        }
    }

    /// How the votes stand.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally::of(&self.proposal.electorate, &self.choices, &self.delegates)
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.consent_id
    }

    /// What is put to the vote.
    #[must_use]
    pub fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    /// What voters sign.
    #[must_use]
    pub fn proposal_sha256(&self) -> Digest {
        self.proposal_sha256
    }

    /// The signed votes in the order in which they came.
    #[must_use]
    pub fn votes(&self) -> &[Cast] {
        &self.votes
    }
}
