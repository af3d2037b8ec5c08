//! Decisions about hits: one officer proposes, another confirms, both in the journal.

use canon::{Date, Digest, Timestamp};
use law::sanctions::disposition::{
    About, Disposition, DispositionError, Ground, Proposal, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::limits::DISPOSITIONS_MAX;
use crate::pipeline::Upon;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Page, Zone};

/// Kind of the records; their ids begin with the digest of the subject.
const DISPOSITION: &str = "disposition";

/// What an officer proposes about one hit of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispositionAsk {
    /// Digest of the subject, as the screening in the journal tells it.
    pub subject_sha256: Digest,
    /// Id of the list.
    pub list: String,
    /// Record number on it.
    pub entry: String,
    /// The view.
    pub verdict: Verdict,
    /// Why.
    pub ground: Ground,
    /// In words.
    pub note: String,
    /// Last day it stands.
    pub until: Date,
}

/// A proposal, and who confirmed it if anybody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Always `MEZDisposition`.
    #[serde(rename = "type")]
    type_: String,
    id: String,
    proposal: Proposal,
    proposed: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checker: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed: Option<Timestamp>,
}

fn refused(error: DispositionError) -> Refused {
    match error {
        DispositionError::SameEyes(_) => Refused::conflict("same-eyes", error),
        DispositionError::Span { .. } | DispositionError::Note => {
            Refused::invalid("bad-disposition", error)
        }
    }
}

impl Zone {
    /// The decisions that were confirmed about a subject, in the order they were proposed.
    pub(super) fn decided(&self, subject_sha256: Digest) -> Result<Vec<Disposition>, Refused> {
        let mut kept = self.kept_of(subject_sha256)?;
        kept.sort_by(|a, b| (a.confirmed, &a.id).cmp(&(b.confirmed, &b.id)));
        let confirmed = kept.into_iter().filter_map(|kept| Some((kept.proposal, kept.checker?)));
        // The eyes are compared again: what was written otherwise is no decision.
        let decided = confirmed.map(|(proposal, checker)| proposal.confirm(&checker));
        decided.map(|one| one.map_err(Refused::host)).collect()
    }

    fn kept_of(&self, subject_sha256: Digest) -> Result<Vec<Kept>, Refused> {
        let prefix = format!("{subject_sha256}.");
        let rows = self.store.records(DISPOSITION, Some(&prefix), DISPOSITIONS_MAX + 1)?;
        let own = rows.into_iter().take_while(|(id, _)| id.starts_with(&prefix));
        own.map(|(id, row)| {
            serde_json::from_slice(&row.body).map_err(|e| Refused::host(format!("{id}: {e}")))
        })
        .collect()
    }

    /// Propose what a hit is. It silences nothing until somebody else confirms it.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn propose_disposition(
        &self,
        ask: &Ask,
        wanted: DispositionAsk,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Disposition, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let DispositionAsk { subject_sha256, list, entry, verdict, ground, note, until } = wanted;
        let law = self.law();
        let Some(entry_sha256) = law.screener.record_sha256(&list, &entry) else {
            let detail = format!("list `{list}` in force has no record `{entry}`");
            return Err(Refused::invalid("no-such-entry", detail));
        };
        if self.kept_of(subject_sha256)?.len() >= DISPOSITIONS_MAX {
            let detail = "as many decisions are kept of this subject as may be";
            return Err(Refused::conflict("too-many-dispositions", detail));
        }
        let maker = ask.caller.principal().to_string();
        let subject = subject_sha256.to_string();
        let about = About { subject, subject_sha256, list, entry, entry_sha256 };
        let from = now.date();
        let proposal = Proposal { about, verdict, ground, note, maker, from, until };
        proposal.check().map_err(refused)?;
        let id = format!("{subject_sha256}.{}", self.fresh_id()?);
        let type_ = "MEZDisposition".to_owned();
        let kept = Kept { type_, id, proposal, proposed: now, checker: None, confirmed: None };
        self.keep(ask, &duty, Loaded { rev: None, value: kept }, 201)
    }

    /// Confirm a proposal of somebody else: from now on it counts.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn confirm_disposition(&self, ask: &Ask, id: &str) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Disposition, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let mut known: Loaded<Kept> = self.need(DISPOSITION, id)?;
        if known.value.checker.is_some() {
            let detail = "it is confirmed already";
            return Err(Refused::conflict("already-confirmed", detail));
        }
        let checker = ask.caller.principal().to_string();
        known.value.proposal.clone().confirm(&checker).map_err(refused)?;
        (known.value.checker, known.value.confirmed) = (Some(checker), Some(self.now()));
        self.keep(ask, &duty, known, 200)
    }

    fn keep(
        &self,
        ask: &Ask,
        duty: &Duty,
        kept: Loaded<Kept>,
        status: u16,
    ) -> Result<Envelope, Refused> {
        let now = self.now();
        let said = serde_json::to_value(&kept.value).map_err(Refused::host)?;
        let subject = format!("disposition:{}", kept.value.id);
        let body = json!({ "result": said });
        let at = (now, subject.as_str());
        let mut writes = self.on_duty_saying(duty, at, Some(said), &Upon::default())?;
        writes.state(DISPOSITION, &kept.value.id, kept.rev, &kept.value)?;
        writes.answer(ask.put(status, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status, replayed: false })
    }

    /// A page of decisions about hits, those awaiting a second officer included.
    ///
    /// # Errors
    /// The store.
    pub fn dispositions(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        self.list(DISPOSITION, after, limit)
    }
}
