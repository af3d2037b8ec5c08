//! Transfers: postings that are linked (all of them or none), and booked at once or in two phases.
//!
//! ```text
//! pending ─post─▶ posted
//!    └─void─▶ voided
//! ```
//! A pending transfer holds what it will take; once its time is over it can only be voided.

use canon::{RecordId, Timestamp};
use serde::{Deserialize, Serialize};

use super::posting::Posting;

/// Most postings linked in one transfer.
pub const TRANSFERS_LINKED_MAX: usize = 16;

/// How far a transfer has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum TransferState {
    /// Reserved, not booked.
    Pending {
        /// Until when it can be posted.
        expires: Timestamp,
    },
    /// Booked.
    Posted {
        /// When.
        at: Timestamp,
    },
    /// Taken back, never booked.
    Voided {
        /// When.
        at: Timestamp,
        /// Because its time was over.
        expired: bool,
    },
}

/// What happens to a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferEvent {
    /// It is booked.
    Post,
    /// It is taken back.
    Void,
}

/// Why that cannot happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalTransfer {
    /// It is pending no more.
    #[error("the transfer is {0}")]
    NotPending(&'static str),
    /// Its time is over.
    #[error("the transfer could be posted until {0}")]
    Expired(Timestamp),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum TransferType {
    #[serde(rename = "MEZTransfer")]
    Transfer,
}

/// A transfer, as kept at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    r#type: TransferType,
    transfer_id: RecordId,
    made: Timestamp,
    status: TransferState,
    /// While it is pending the postings it will book; then those it booked.
    postings: Vec<Posting>,
}

impl Transfer {
    /// One that is booked at once (`expires` none), or reserved.
    #[must_use]
    pub fn new(
        transfer_id: RecordId,
        postings: Vec<Posting>,
        expires: Option<Timestamp>,
        made: Timestamp,
    ) -> Self {
        let status = match expires {
            Some(expires) => TransferState::Pending { expires },
            None => TransferState::Posted { at: made },
        };
        Self { r#type: TransferType::Transfer, transfer_id, made, status, postings }
    }

    /// The transfer after an event at a moment.
    ///
    /// # Errors
    /// [`IllegalTransfer`].
    pub fn apply(self, event: TransferEvent, at: Timestamp) -> Result<Self, IllegalTransfer> {
        let TransferState::Pending { expires } = self.status else {
            return Err(IllegalTransfer::NotPending(self.state()));
        };
        let over = expires <= at;
        let status = match event {
            TransferEvent::Post if over => return Err(IllegalTransfer::Expired(expires)),
            TransferEvent::Post => TransferState::Posted { at },
            TransferEvent::Void => TransferState::Voided { at, expired: over },
        };
        Ok(Self { status, ..self })
    }

    /// Name of its state.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self.status {
            TransferState::Pending { .. } => "pending",
            TransferState::Posted { .. } => "posted",
            TransferState::Voided { .. } => "voided",
        }
    }
    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.transfer_id
    }
    /// When it was made or promised.
    #[must_use]
    pub fn made(&self) -> Timestamp {
        self.made
    }
    /// How far it has come.
    #[must_use]
    pub fn status(&self) -> &TransferState {
        &self.status
    }
    /// Its postings.
    #[must_use]
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }
}
