//! One effect per key: the answer of a write is stored in the write's own transaction.

use canon::Digest;
use corridor::seeded::bug;
use serde_json::Value;
use store::IdempotencyPut;

use crate::caller::Caller;
use crate::limits::IDEMPOTENCY_KEY_BYTES_MAX;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

/// Who asks, and under which idempotency key.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The authenticated caller.
    pub caller: Caller,
    /// The key and the digest of method, path and body, where a key was given.
    pub key: Option<(String, Digest)>,
}

impl Ask {
    /// A request without an idempotency key.
    #[must_use]
    pub const fn once(caller: Caller) -> Self {
        Self { caller, key: None }
    }

    /// A request under a key, for one method, path and body.
    ///
    /// # Errors
    /// A key that is empty, too long or not printable ASCII.
    pub fn keyed(caller: Caller, key: &str, request: Digest) -> Result<Self, Refused> {
        let printable = key.bytes().all(|b| b.is_ascii_graphic());
        if key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES_MAX || !printable {
            let detail = "`Idempotency-Key` must be 1 to 128 printable ASCII characters";
            return Err(Refused::invalid("bad-idempotency-key", detail));
        }
        Ok(Self { caller, key: Some((key.to_owned(), request)) })
    }

    pub(crate) fn put(&self, status: u16, body: &Value, at: i64) -> Option<IdempotencyPut> {
        let (key, request) = self.key.as_ref()?;
        Some(IdempotencyPut {
            principal: self.caller.principal().to_string(),
            key: key.clone(),
            request: *request,
            status,
            answer: body.to_string().into_bytes(),
            at,
        })
    }
}

impl Zone {
    /// The stored answer of an earlier request with the same key. What is new to a zone that signs nothing is
    /// refused here: on data that may be older, even an absence says nothing. So is what is new, where something else
    /// is there than its caller wants.
    pub(crate) fn replay(&self, ask: &Ask) -> Result<Option<Envelope>, Refused> {
        let told = self.told_before(ask)?;
        if told.is_none() {
            self.may_sign()?;
            self.asked_early()?;
            self.hand(ask)?;
        }
        Ok(told)
    }

    /// Whether an answer is stored under the key of a request, be it of this one or of another.
    ///
    /// # Errors
    /// The store.
    pub fn is_told(&self, ask: &Ask) -> Result<bool, Refused> {
        let Some((key, _)) = &ask.key else { return Ok(false) };
        Ok(self.store.idempotency(ask.caller.principal().as_str(), key)?.is_some())
    }

    /// The same, for what a zone does that signs nothing.
    pub(crate) fn told_before(&self, ask: &Ask) -> Result<Option<Envelope>, Refused> {
        let Some((key, request)) = &ask.key else { return Ok(None) };
        let row = self.store.idempotency(ask.caller.principal().as_str(), key)?;
        let Some(row) = row.filter(|_| !bug(5)) else { return Ok(None) };
        if row.request != *request {
            return Err(Refused::IdempotencyReused(key.clone()));
        }
        let body = serde_json::from_slice(&row.answer).map_err(Refused::host)?;
        let body = self.told_whole(body)?;
        Ok(Some(Envelope { body, status: row.status, replayed: true }))
    }
}
