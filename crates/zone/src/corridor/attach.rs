//! Checkpoints of other chains: attached to receipts, and as anchors under cuts.
//!
//! What is attached is verified by who writes it and by who takes it; on whose word it rests is told, not judged. An
//! anchor is believed under the root of trust its operator names when bringing it.

use canon::{CorridorId, Digest};
use corridor::anchor::{Anchor, Held, Root};
use corridor::attachment::{About, Attachment};
use corridor::finality::Evidence;
use corridor::messages::Item;
use corridor::{Cut, TransitionKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::context::Open;
use super::effect::Decided;
use crate::caller::Scope;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// An anchor of a cut, as it was brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Brought {
    pub(crate) anchor: Anchor,
    held: Held,
    /// The root of trust the operator named.
    pub(crate) root: String,
}

/// An anchor to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorAsk {
    /// The cut, by its digest without proofs.
    pub cut_sha256: Digest,
    /// The proof that another chain holds that digest.
    pub anchor: Anchor,
    /// Under which root it is believed.
    pub root: String,
}

fn anchor_id(id: &CorridorId, cut: &Digest) -> String {
    format!("{id}/{cut}")
}

impl Zone {
    /// Attach a checkpoint of another chain, in a receipt.
    ///
    /// # Errors
    /// See [`Refused`]; `attachment-refused` where it does not hold, or is of nothing on this corridor.
    pub fn attach(&self, ask: &Ask, id: &CorridorId, payload: &Value) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Operator])?;
        let refused = |e: &dyn std::fmt::Display| Refused::invalid("attachment-refused", e);
        let attachment = Attachment::read(payload).map_err(|e| refused(&e))?;
        attachment.verify(id).map_err(|e| refused(&e))?;
        let open = self.open_corridor(id)?;
        if !self.is_held(&open, attachment.about.as_ref())? {
            return Err(refused(&"`about` names no receipt that is held here"));
        }
        self.send_plain(ask, id, (TransitionKind::Attach, payload.clone()))
    }

    /// A checkpoint the peer attached is taken if it holds.
    pub(super) fn decide_attachment(&self, open: &Open, item: &Item) -> Result<Decided, Refused> {
        let refused = |reason| Ok(Decided::RefusedOutright { reason });
        let Some(payload) = &item.payload else { return refused("payload-withheld") };
        let Ok(attachment) = Attachment::read(&payload.payload) else {
            return refused("payload-malformed");
        };
        if attachment.verify(&open.terms.corridor_id).is_err() {
            return refused("attachment-invalid");
        }
        match self.is_held(open, attachment.about.as_ref())? {
            true => Ok(Decided::Noted),
            false => refused("attachment-of-nothing"),
        }
    }

    /// Whether a receipt of this corridor is held as it is named.
    fn is_held(&self, open: &Open, about: Option<&About>) -> Result<bool, Refused> {
        let Some(About { lane, next_root, sequence }) = about else { return Ok(true) };
        if !open.terms.lanes.contains(lane) {
            return Ok(false);
        }
        let stream = self.stream_of(open, Some(lane))?;
        let item = self.items(&stream, *sequence, 1)?.pop();
        let receipt = item.map(|item| item.read()).transpose().map_err(Refused::host)?;
        Ok(receipt.is_some_and(|receipt| receipt.next_root == *next_root))
    }

    /// Keep the proof that another chain holds a cut of this corridor.
    ///
    /// # Errors
    /// See [`Refused`]; `anchor-refused` where it does not hold, or not under the root that is named.
    pub fn anchor_cut(
        &self,
        ask: &Ask,
        id: &CorridorId,
        wanted: &AnchorAsk,
    ) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Cut, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        self.open_corridor(id)?;
        let refused = |e: &dyn std::fmt::Display| Refused::invalid("anchor-refused", e);
        let cut = wanted.cut_sha256;
        let of = |known: &Value| Cut::digest(known).is_ok_and(|digest| digest == cut);
        if !self.cut_records(id)?.iter().any(|record| of(&record.cut)) {
            return Err(Refused::absent("cut", cut));
        }
        let held = wanted.anchor.verify(&cut).map_err(|e| refused(&e))?;
        let root = Root::parse(&wanted.root);
        if !root.is_some_and(|root| root.carries(&held)) {
            return Err(refused(&format!(
                "it rests on {}, not on `{}`",
                held.needs(),
                wanted.root
            )));
        }
        let brought = Brought { anchor: wanted.anchor.clone(), held, root: wanted.root.clone() };
        let known: Option<Loaded<Brought>> = self.load("anchor", &anchor_id(id, &cut))?;
        let now = self.now();
        let mut writes = self.on_duty(&duty, now, &format!("corridor:{id}"))?;
        let rev = known.and_then(|known| known.rev);
        writes.state("anchor", &anchor_id(id, &cut), rev, &brought)?;
        let body = json!({ "corridor_id": id, "cut_sha256": cut, "held": brought.held });
        writes.answer(ask.put(201, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 201, replayed: false })
    }

    /// The anchor of a cut, where one was brought.
    pub(crate) fn anchored(
        &self,
        id: &CorridorId,
        cut: &Digest,
    ) -> Result<Option<Brought>, Refused> {
        let brought: Option<Loaded<Brought>> = self.load("anchor", &anchor_id(id, cut))?;
        Ok(brought.map(|brought| brought.value))
    }

    /// The same as what a level of finality rests on, or what is missing.
    pub(super) fn anchor_of(
        &self,
        id: &CorridorId,
        attested: Option<Digest>,
    ) -> Result<Result<Evidence, String>, Refused> {
        let Some(cut_sha256) = attested else {
            return Ok(Err("a cut that watchers attested, and an anchor of it".to_owned()));
        };
        let found = self.anchored(id, &cut_sha256)?;
        let found = found.map(|brought| Evidence::Anchored { cut_sha256, held: brought.held });
        Ok(found.ok_or_else(|| format!("an anchor of cut {cut_sha256} in another chain")))
    }
}
