//! What a reader is told of a corridor.

use canon::{CorridorId, ZoneId};
use corridor::lane::Payload;
use corridor::{Lane, State};
use proof::integrity::payload_digest;
use serde_json::{Value, json};

use super::document::Document;
use super::memory::Held;
use super::record::{self, CorridorRecord};
use crate::caller::{Caller, Scope};
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::zone::{Loaded, Page, Zone};

fn lane_shown(lane: &Lane) -> Value {
    json!({
        "zone_id": lane.owner(),
        "size": lane.size(),
        "root": lane.root(),
        "last_next_root": lane.last_root(),
        "epoch": lane.epoch(),
        "seen": lane.seen().map_or(0, |seen| seen.size),
        "acknowledged": lane.acked(),
        "halts": lane.halts(),
    })
}

impl Zone {
    pub(super) fn corridor_shown(&self, known: &Held<CorridorRecord>) -> Result<Value, Refused> {
        let id = &known.corridor_id;
        let here: Option<Loaded<Lane>> = self.load("lane", &record::lane_here(id))?;
        let there: Option<Loaded<Lane>> = self.load("lane", &record::lane_there(id))?;
        // Of the terms, which it follows from, once the corridor was activated.
        let terms = self.agreed(known)?.terms.clone();
        let genesis = known.activation.as_ref().and(terms);
        Ok(json!({
            "corridor_id": id,
            "state": known.state,
            "role": known.role,
            "peer": {
                "zone_id": known.zone_there,
                "did": known.did_there,
                "url": known.url_there,
            },
            "genesis_root": genesis.map(|terms| terms.genesis_root),
            "delivered": self.progress(known)?.value.delivered,
            "lane_here": here.map(|lane| lane_shown(&lane.value)),
            "lane_there": there.map(|lane| lane_shown(&lane.value)),
            "evidence_sha256": self.evidence_digests(id)?,
            "resume_offered": known.resume_offer.is_some(),
            "agreed": self.agreed_shown(known)?,
            "payloads": self.sealing_shown(known.sealed, known.payload_key_there),
            "transitions": known.transitions,
        }))
    }

    /// What was agreed, as it stands: law of both, dates, thresholds, and what is offered in its place.
    fn agreed_shown(&self, known: &Held<CorridorRecord>) -> Result<Value, Refused> {
        let agreed = self.agreed(known)?;
        let Some(terms) = &agreed.terms else { return Ok(Value::Null) };
        let digest = |document: &Document| payload_digest(&document.value()).map_err(Refused::host);
        let amendments = known.amendments.iter().map(digest).collect::<Result<Vec<_>, _>>()?;
        let offered = known.amendment_offer.as_ref().map(digest).transpose()?;
        Ok(json!({
            "effective_from": terms.effective_from,
            "effective_until": terms.effective_until,
            "pinned_lawpacks": terms.pinned_lawpacks,
            "ruleset_digest_set": terms.ruleset_digest_set,
            "thresholds_sha256": terms.rules.digest(),
            "amendments": amendments,
            "amendment_offered": offered,
        }))
    }

    /// One corridor.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn corridor(&self, id: &CorridorId) -> Result<Value, Refused> {
        self.corridor_shown(&self.corridor_held(id)?.value)
    }

    /// A page of corridors by id.
    ///
    /// # Errors
    /// The store.
    pub fn corridors(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        let page = self.list("corridor", after, limit)?;
        let show = |item: Value| {
            let known: Named = serde_json::from_value(item).map_err(Refused::host)?;
            self.corridor_shown(&self.corridor_held(&known.corridor_id)?.value)
        };
        let items = page.items.into_iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    /// Receipts of a lane from a sequence on; the lane written here unless another is named.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn corridor_receipts(
        &self,
        id: &CorridorId,
        lane: Option<&ZoneId>,
        from: u64,
        limit: usize,
    ) -> Result<Value, Refused> {
        Ok(self.page_of_receipts(id, lane, (from, limit))?.0)
    }

    /// A page of receipts, and the payloads that stand beside them.
    fn page_of_receipts(
        &self,
        id: &CorridorId,
        lane: Option<&ZoneId>,
        (from, limit): (u64, usize),
    ) -> Result<(Value, Vec<Option<Payload>>), Refused> {
        let open = self.open_corridor(id)?;
        let stream = self.stream_of(&open, lane)?;
        let items = self.items(&stream, from, limit.clamp(1, PAGE_MAX))?;
        self.released();
        let (receipts, payloads): (Vec<Value>, Vec<_>) =
            items.into_iter().map(|item| (item.receipt, item.payload)).unzip();
        let shown = |lane: &Lane| json!({ "size": lane.size(), "root": lane.root() });
        let held = match stream.starts_with("lane/here/") {
            true => &open.lane_here.value,
            false => &open.lane_there.value,
        };
        let told = json!({
            "corridor_id": id,
            "lane": held.owner(),
            "from": from,
            "head": shown(held),
            "receipts": receipts,
        });
        Ok((told, payloads))
    }

    /// The same with their payloads and salts, where this zone holds them; for the operator alone.
    ///
    /// # Errors
    /// As [`Zone::corridor_receipts`]; another caller.
    pub fn disclosed_receipts(
        &self,
        caller: &Caller,
        id: &CorridorId,
        lane: Option<&ZoneId>,
        (from, limit): (u64, usize),
    ) -> Result<Value, Refused> {
        caller.demand(&[Scope::Operator])?;
        let (mut told, payloads) = self.page_of_receipts(id, lane, (from, limit))?;
        if let Value::Object(members) = &mut told {
            members.insert("payloads".to_owned(), json!(payloads));
        }
        Ok(told)
    }

    /// The signed C2SP checkpoint of a lane; of our own, the newest that a quorum of the witnesses
    /// cosigned while that is not stale.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for an empty lane, or the store.
    pub fn lane_checkpoint(&self, id: &CorridorId, lane: &ZoneId) -> Result<Vec<u8>, Refused> {
        let open = self.open_corridor(id)?;
        let stream = self.stream_of(&open, Some(lane))?;
        if let Some(note) = self.watched.cosigned(&stream, self.now()) {
            return Ok(note);
        }
        let last = self.shown_size(&stream)?.checked_sub(1);
        let last = last.ok_or_else(|| Refused::absent("checkpoint", lane))?;
        let item = self.items(&stream, last, 1)?.into_iter().next();
        Ok(item.ok_or_else(|| Refused::absent("checkpoint", lane))?.checkpoint.into_bytes())
    }

    pub(crate) fn stream_of(
        &self,
        open: &super::context::Open,
        lane: Option<&ZoneId>,
    ) -> Result<String, Refused> {
        let id = &open.terms.corridor_id;
        match lane {
            Some(lane) if lane == open.there.zone() => Ok(record::stream_there(id)),
            Some(lane) if lane != self.zone_id() => Err(Refused::absent("lane", lane)),
            _ => Ok(record::stream_here(id)),
        }
    }

    /// How many corridors are in a state, for metrics.
    ///
    /// # Errors
    /// The store.
    pub fn corridors_in(&self, state: State) -> Result<usize, Refused> {
        let rows = self.store.records("corridor", None, store::PAGE_MAX)?;
        let standing = rows.iter().filter_map(|(_, row)| serde_json::from_slice(&row.body).ok());
        Ok(standing.filter(|Standing { state: found }| *found == state).count())
    }
}

/// As much of a record as says which it is.
#[derive(serde::Deserialize)]
struct Named {
    corridor_id: CorridorId,
}

/// As much of it as says in which state it is.
#[derive(serde::Deserialize)]
struct Standing {
    state: State,
}
