//! Messages from other zones: fresh, for us, once, and signed by the peer they claim.

use canon::{Canonical, Did, Digest, Timestamp};
use proof::PublicKey;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::IdempotencyPut;

use crate::limits::{NONCE_BYTES_MAX, PEER_FRESH_SECS};
use crate::refused::Refused;
use crate::zone::Zone;

/// What a peer asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerCall {
    /// Take a proposal.
    Propose,
    /// Take an acceptance.
    Accept,
    /// Countersign an activation.
    Activate,
    /// Mirror receipts.
    Receipts,
    /// Countersign a cut.
    Cut,
    /// Take the offer of a resume.
    Resume,
    /// Take new terms.
    Amend,
    /// Tell what is held of both lanes.
    History,
}

/// A message whose HTTP signature verified under `key`; whose key that is, is decided here.
#[derive(Clone, Debug)]
pub struct PeerMessage {
    /// What is asked.
    pub call: PeerCall,
    /// The key that signed the HTTP message.
    pub key: PublicKey,
    /// When it says it was signed.
    pub created: Timestamp,
    /// Used once by one key.
    pub nonce: String,
    /// The body, as received.
    pub body: Vec<u8>,
}

/// The part every peer body has.
#[derive(Deserialize)]
struct Addressed {
    to: Did,
}

impl Zone {
    /// Handle one message of a peer.
    ///
    /// # Errors
    /// A stale, replayed or mis-addressed message, a key of no known peer, or whatever the call
    /// itself refuses. Nothing is half-written.
    pub fn from_peer(&self, message: &PeerMessage) -> Result<Value, Refused> {
        let now = self.now();
        let skew = now.unix() - message.created.unix();
        if skew.abs() > PEER_FRESH_SECS {
            let detail = format!("created {}, judged at {now}", message.created);
            return Err(Refused::peer("peer-stale", detail));
        }
        let printable = message.nonce.bytes().all(|b| b.is_ascii_graphic());
        if !(1..=NONCE_BYTES_MAX).contains(&message.nonce.len()) || !printable {
            return Err(Refused::peer(
                "peer-malformed",
                "the nonce is no short visible ASCII text",
            ));
        }
        let body = canon::parse_value(&message.body)?;
        let addressed: Addressed = serde_json::from_value(json!({ "to": body.get("to") }))
            .map_err(|_| Refused::peer("peer-misaddressed", "`to` does not name a zone"))?;
        if addressed.to != *self.did() {
            let detail = format!("the message is for `{}`, this is `{}`", addressed.to, self.did());
            return Err(Refused::peer("peer-misaddressed", detail));
        }
        let _writing = self.writing();
        if self.store.idempotency(&principal(&message.key), &message.nonce)?.is_some() {
            return Err(Refused::peer("peer-replayed", "this nonce was used before"));
        }
        match message.call {
            PeerCall::Propose => self.receive_proposal(message, &body),
            PeerCall::Accept => self.receive_acceptance(message, &body),
            PeerCall::Activate => self.receive_activation(message, &body),
            PeerCall::Receipts => self.receive_receipts(message, &body),
            PeerCall::Cut => self.receive_cut(message, &body),
            PeerCall::Resume => self.receive_resume(message, &body),
            PeerCall::Amend => self.receive_amendment(message, &body),
            PeerCall::History => self.receive_history(message, &body),
        }
    }
}

/// A message or an answer as the tree that is sent.
pub(super) fn said<T: Serialize>(message: T) -> Result<Value, Refused> {
    serde_json::to_value(message).map_err(Refused::host)
}

fn principal(key: &PublicKey) -> String {
    format!("peer:{}", key.to_multikey())
}

impl PeerMessage {
    /// Read the body as its typed message.
    pub(crate) fn read<T: DeserializeOwned>(&self, body: &Value) -> Result<T, Refused> {
        Canonical::of_value(body)?.read().map_err(|e| Refused::peer("peer-malformed", e))
    }

    /// The nonce, to be remembered in the commit the message leads to.
    pub(crate) fn used(&self, now: Timestamp) -> Option<IdempotencyPut> {
        Some(IdempotencyPut {
            principal: principal(&self.key),
            key: self.nonce.clone(),
            request: Digest::of_blob(&self.body),
            status: 200,
            answer: Vec::new(),
            at: now.unix(),
        })
    }

    /// The HTTP key must be the peer's present one.
    pub(crate) fn signed_by(&self, there: &corridor::Party) -> Result<(), Refused> {
        if self.key == *there.http() {
            return Ok(());
        }
        let detail = format!("the message is not signed by the HTTP key of `{}`", there.did());
        Err(Refused::peer("peer-unknown", detail))
    }
}
