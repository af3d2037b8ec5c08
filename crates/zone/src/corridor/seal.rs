//! Payloads encrypted to the peer on their way; kept in the clear where they are decided.
//!
//! Whether a corridor is sealed is each zone's own decision about what it sends. Invariant: on a sealed corridor no
//! payload but those that must be public leaves in the clear; where the peer's key is not known, nothing leaves.

use canon::{CorridorId, Digest};
use corridor::messages::Item;
use corridor::sealed::{PayloadKey, SealedPayload};
use corridor::{LaneReceipt, Party, TransitionKind};
use proof::hpke::HpkeSecret;
use serde_json::{Value, json};

use super::context::Open;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

impl Zone {
    /// What payloads for this zone are opened with; given once, after a start.
    pub fn open_payloads_with(&self, secret: HpkeSecret) {
        drop(self.payload_secret.set(secret));
    }

    /// The key payloads for this zone are encrypted to, as it states it; nothing where it has none.
    ///
    /// # Errors
    /// A signer that does not sign.
    pub fn payload_key(&self) -> Result<Option<Value>, Refused> {
        let Some(secret) = self.payload_secret.get() else { return Ok(None) };
        let assertion = self.keys.assertion.as_ref();
        let stated = PayloadKey::state(self.did(), &secret.public(), self.now(), assertion);
        stated.map(Some).map_err(Refused::unsigned_here)
    }

    /// Encrypt what is sent on a corridor from now on, or no longer.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn seal_corridor(
        &self,
        ask: &Ask,
        id: &CorridorId,
        sealed: bool,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Handshake, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let mut open = self.open_corridor(id)?;
        open.record.value.sealed = sealed;
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        writes.state("corridor", id.as_str(), open.record.rev, &open.record.value)?;
        let body = self.corridor_shown(&open.record.value)?;
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// What a peer told of its key, if it is its own.
    pub(super) fn learn_payload_key(
        &self,
        there: &Party,
        told: Option<&Value>,
    ) -> Result<Option<Digest>, Refused> {
        let read = told.map(|told| PayloadKey::read(told, there));
        let read = read.transpose().map_err(|e| Refused::peer("payload-key-refused", e))?;
        Ok(read.map(|stated| stated.key))
    }

    /// Whether the peer's key has to be asked for before anything is sent.
    pub(super) fn lacks_payload_key(open: &Open) -> bool {
        open.record.value.sealed && open.record.value.payload_key_there.is_none()
    }

    /// Items as they leave for the peer.
    pub(super) fn sealed(&self, open: &Open, items: Vec<Item>) -> Result<Vec<Item>, Refused> {
        if !open.record.value.sealed {
            return Ok(items);
        }
        let key = open.record.value.payload_key_there;
        let key = key.ok_or_else(|| {
            Refused::peer("payload-key-unknown", "the peer has not stated the key of its payloads")
        })?;
        items.into_iter().map(|item| self.sealed_item(item, &key)).collect()
    }

    fn sealed_item(&self, item: Item, key: &Digest) -> Result<Item, Refused> {
        let receipt = item.read().map_err(Refused::host)?;
        let hides = !receipt.transition.kind.payload_is_public();
        let Some(payload) = item.payload.as_ref().filter(|_| hides) else { return Ok(item) };
        let mut seed = [0; 32];
        self.entropy.fill(&mut seed)?;
        let sealed = SealedPayload::seal(payload, &receipt, key, &mut seed);
        let sealed = sealed.map_err(|e| Refused::peer("payload-key-refused", e))?;
        Ok(Item { payload: None, sealed: Some(sealed), ..item })
    }

    /// An item as it is judged and kept: opened, where it is encrypted to this zone. What does not open stays as it
    /// came, and is judged as withheld.
    pub(super) fn opened(&self, item: &Item, receipt: &LaneReceipt) -> Item {
        let secret = self.payload_secret.get();
        let payload = item.sealed.as_ref().zip(secret);
        let payload = payload.and_then(|(sealed, secret)| sealed.open(receipt, secret).ok());
        match payload {
            Some(payload) => Item { payload: Some(payload), sealed: None, ..item.clone() },
            None => item.clone(),
        }
    }

    /// What was encrypted to another key has no effect here, and the sender is told why.
    pub(super) fn is_unreadable(item: &Item, kind: TransitionKind) -> bool {
        let idle = matches!(kind, TransitionKind::Noop | TransitionKind::Ack);
        item.sealed.is_some() && !idle
    }

    pub(super) fn sealing_shown(&self, sealed: bool, key: Option<Digest>) -> Value {
        json!({ "sealed": sealed, "payload_key_there": key })
    }
}
