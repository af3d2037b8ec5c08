//! A zone put back from an older copy takes up its own history again.
//!
//! What it signed since is gone here and held by its peers. It asks each for both lanes of their
//! corridor, verifies its own signature on every receipt, and journals them again with what they book.
//!
//! Invariant: nothing is signed by the log key of a lane here, and nothing is taken on a peer's word: a
//! receipt of ours is taken because we signed it, one of the peer's because ours had seen it. A zone that
//! has signed another history since is refused; only then it may sign again where every peer agrees.

use std::collections::{BTreeMap, VecDeque};

use canon::{CorridorId, Digest};
use corridor::lane::Written;
use corridor::limits::DELIVERY_RECEIPTS_MAX;
use corridor::messages::{History, HistoryAsked, HistoryType, Item};
use corridor::settlement::Consent;
use corridor::{Lane, LaneReceipt, State, TransitionKind};
use proof::merkle::Tree;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::again::{Stand, Standing, WAITS};
use super::context::Open;
use super::halt::stated;
use super::peer::{PeerMessage, said};
use super::record::{CorridorRecord, stream_here, stream_there};
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::startup::Restored;
use crate::zone::Zone;

/// Why a zone takes up what its peers hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdoptAsk {
    /// Why.
    pub reason: String,
}

/// What was taken up of one corridor.
struct Taken {
    here: u64,
    there: u64,
    /// What the next receipt of ours waits for, in another corridor.
    waiting: Option<String>,
    stand: Stand,
}

impl Zone {
    /// Take up what the peers hold of the lanes written here, and sign again once all of it is here.
    ///
    /// What was taken up before a refusal stays: to ask again goes on from there.
    ///
    /// # Errors
    /// `not-restored` where nothing proves that these data are older; `restored-behind-signer` where
    /// the signer's cell is the newer one; `restored-diverged` where another history was signed since;
    /// `adopt-not-bookable` where the accounts a receipt moves are not in these data; or a peer away.
    pub fn adopt(&self, ask: &Ask, adopt: &AdoptAsk) -> Result<Envelope, Refused> {
        let duty = Duty::asked(Task::Adopt, &ask.caller)?;
        stated("/reason", &adopt.reason)?;
        {
            let _writing = self.writing();
            if let Some(replay) = self.told_before(ask)? {
                return Ok(replay);
            }
            self.is_restored()?;
        }
        let taken = self.adopt_all(&duty)?;
        let told = taken.into_iter().map(|(corridor_id, (here, there))| {
            json!({ "corridor_id": corridor_id, "here": here, "there": there })
        });
        let adopted: Vec<Value> = told.collect();
        let body = json!({ "adopted": adopted, "reason": adopt.reason });
        let _writing = self.writing();
        let now = self.now();
        let mut writes = self.adopting(&duty, now, "zone", json!({ "adopted": adopted }))?;
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        self.signs_again()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }

    /// Every corridor, again and again while one waits for what another has: what one commit wrote on two of them comes
    /// back from two peers.
    fn adopt_all(&self, duty: &Duty) -> Result<BTreeMap<CorridorId, (u64, u64)>, Refused> {
        let mut left = Vec::new();
        for (_, row) in self.store.records("corridor", None, store::PAGE_MAX)? {
            let known: CorridorRecord = serde_json::from_slice(&row.body).map_err(Refused::host)?;
            if !matches!(known.state, State::Draft | State::Pending) {
                left.push(known.corridor_id);
            }
        }
        let mut adopted: BTreeMap<CorridorId, (u64, u64)> = BTreeMap::new();
        let mut standing = Standing::new();
        loop {
            let (mut moved, mut waits, mut later) = (false, None, Vec::new());
            for id in left {
                let Taken { here, there, waiting, stand } =
                    self.adopt_corridor(duty, &id, &standing)?;
                moved |= here + there > 0 || standing.insert(id.clone(), stand) != Some(stand);
                let sum = adopted.entry(id.clone()).or_default();
                *sum = (sum.0 + here, sum.1 + there);
                if let Some(why) = waiting {
                    later.push(id);
                    waits.get_or_insert(why);
                }
            }
            match waits {
                None => return Ok(adopted),
                Some(_) if moved => left = later,
                // What it waits for is held by no peer: it left here and never arrived there.
                Some(why) => return Err(Refused::conflict("adopt-not-bookable", why)),
            }
        }
    }

    /// Only data that a signature of ours proved to be older are added to, and only while the signer
    /// stands where they do.
    fn is_restored(&self) -> Result<(), Refused> {
        let Some(why) = self.in_doubt() else {
            let detail = "nothing proves that these data are older than what was signed here";
            return Err(Refused::conflict("not-restored", detail));
        };
        match Restored::standing(self.store.as_ref())? {
            Some(restored) if restored.why == why => Ok(()),
            // Another doubt: the journal behind the cell, a broken disk.
            _ => Err(Refused::conflict("restored-behind-signer", why)),
        }
    }

    /// Everything the peer of one corridor holds of our lane, and what our lane had seen of its own.
    fn adopt_corridor(
        &self,
        duty: &Duty,
        id: &CorridorId,
        standing: &Standing,
    ) -> Result<Taken, Refused> {
        let (mut here, mut there) = (0, 0);
        loop {
            let open = self.open_corridor(id)?;
            let sizes = [&open.lane_here.value, &open.lane_there.value].map(Lane::size);
            let message = said(HistoryAsked {
                kind: HistoryType::Only,
                to: open.there.did().clone(),
                corridor_id: id.clone(),
                here: sizes[0],
                there: sizes[1],
            })?;
            let told: History = self.post_to(&open.record.value, "history", &message)?;
            // Nobody is waited for under the lock of writing.
            let _writing = self.writing();
            self.is_prefix(&open, &told)?;
            self.adopt_cuts(duty, &open, told.cuts)?;
            self.take_back_of_plans(duty, id)?;
            let mut theirs: VecDeque<Item> = told.there.into();
            if told.here.is_empty() {
                return Ok(Taken { here, there, waiting: None, stand: Stand::Over });
            }
            for item in told.here {
                let receipt = item.read().map_err(malformed)?;
                let item = self.opened(&item, &receipt);
                let seen = receipt.seen.as_ref().map_or(0, |seen| seen.size);
                while self.open_corridor(id)?.lane_there.value.size() < seen {
                    let Some(item) = theirs.pop_front() else { break };
                    self.adopt_there(duty, id, &item)?;
                    there += 1;
                }
                if self.open_corridor(id)?.lane_there.value.size() < seen {
                    break;
                }
                match self.adopt_here(duty, (&receipt, &item), standing) {
                    Ok(()) => here += 1,
                    Err(Refused::Conflict { code, detail }) if code == WAITS => {
                        let plan = consented_to((&receipt, &item));
                        let stand = plan.map_or(Stand::Waits, Stand::Before);
                        let waiting = Some(format!("{id}: {detail}"));
                        return Ok(Taken { here, there, waiting, stand });
                    }
                    Err(refused) => return Err(refused),
                }
            }
            let after = self.open_corridor(id)?;
            if [&after.lane_here.value, &after.lane_there.value].map(Lane::size) == sizes {
                return Err(malformed("its pages lead nowhere"));
            }
        }
    }

    /// What is held here of our lane must be a prefix of what the peer holds of it.
    fn is_prefix(&self, open: &Open, told: &History) -> Result<(), Refused> {
        let lane = &open.lane_here.value;
        let same = match told.root_here {
            Some(root) => root == lane.root(),
            // It holds less than we do: all of it must be ours.
            None => told.size_here < lane.size(),
        };
        if same {
            return Ok(());
        }
        let detail = format!(
            "the peer of corridor `{}` holds another history of our first {} receipts: this zone signed on \
             after it was put back",
            open.terms.corridor_id,
            lane.size()
        );
        Err(Refused::conflict("restored-diverged", detail))
    }

    /// One receipt of our own lane: signed by us, next in it, and its checkpoint ours.
    fn adopt_here(
        &self,
        duty: &Duty,
        (receipt, item): (&LaneReceipt, &Item),
        standing: &Standing,
    ) -> Result<(), Refused> {
        let id = &receipt.corridor_id;
        let mut open = self.open_corridor(id)?;
        let before = open.lane_here.value.acked();
        let mut lane = open.lane_here.value.clone();
        let payload = item.payload.as_ref();
        let appended = lane.append(receipt, payload, &open.lane_there.value, open.parties(self));
        let appended = appended.map_err(malformed)?;
        let note = item.checkpoint.as_bytes();
        let origin = self.here.lane_origin(id);
        let noted = self.here.checkpoint(note, &origin).map_err(malformed)?;
        if noted.size() != lane.size() || noted.root() != lane.root() {
            return Err(malformed("a checkpoint is of another lane state"));
        }
        let root_at = |tree: &Tree, size| tree.root_at(size).ok();
        self.with_tree(&stream_there(id), |tree| receipt.check_views(|n| root_at(tree, n)))?
            .map_err(malformed)?;
        let now = self.now();
        let subject = format!("corridor:{id} lane {} sequence {}", receipt.lane, receipt.sequence);
        let effects = self.effects_here(&open, receipt, item, (before, standing), now)?;
        let mut writes = self.adopting(duty, now, &subject, Value::Null)?;
        let checkpoint = note.to_vec();
        let (receipt, lane) = (receipt.clone(), lane);
        let written = Written { receipt, lane, checkpoint, appended };
        writes.wrote(&open, (&written, item), now)?;
        self.forks_told(&mut writes, &open, item, &written.appended)?;
        effects.write(&mut writes, id, now)?;
        open.lane_here.value = written.lane;
        if written.receipt.transition.kind == TransitionKind::Amend {
            let payload =
                item.payload.as_ref().ok_or_else(|| malformed("an amendment is withheld"))?;
            self.gone_over(&mut open, payload.payload.clone())?;
            let (known, rev) = (&open.record.value, open.record.rev);
            writes.state("corridor", id.as_str(), rev, known)?;
            return writes.commit();
        }
        self.followed(writes, open, written.receipt.next_root)
    }

    /// One receipt of the peer's lane that ours had seen: its own checks, and no answer from us.
    fn adopt_there(&self, duty: &Duty, id: &CorridorId, item: &Item) -> Result<(), Refused> {
        let mut open = self.open_corridor(id)?;
        let receipt = item.read().map_err(malformed)?;
        let item = &self.opened(item, &receipt);
        let before = open.lane_there.value.acked();
        let mut lane = open.lane_there.value.clone();
        let payload = item.payload.as_ref();
        let appended = lane.append(&receipt, payload, &open.lane_here.value, open.parties(self));
        let appended = appended.map_err(malformed)?;
        self.views_are_ours(&open, &receipt)?;
        if !super::receive::checkpointed(&open, &lane, item)? {
            return Err(malformed("a checkpoint is of another lane state"));
        }
        let now = self.now();
        let subject = format!("corridor:{id} lane {} sequence {}", receipt.lane, receipt.sequence);
        let mut writes = self.adopting(duty, now, &subject, Value::Null)?;
        writes.mirrored(&open, (&receipt, item, &lane))?;
        self.verdicts(&mut writes, &open, &receipt, before, now)?;
        self.forks_told(&mut writes, &open, item, &appended)?;
        open.lane_there.value = lane;
        self.followed(writes, open, receipt.next_root)?;
        // What it refused of our words about plans was taken back before we went on.
        match receipt.ack.is_some_and(|ack| !ack.refused.is_empty()) {
            true => self.take_back_of_plans(duty, id),
            false => Ok(()),
        }
    }

    /// The state of the corridor after a receipt, in its commit.
    fn followed<W>(
        &self,
        mut writes: crate::writes::Writes<'_, W>,
        mut open: Open,
        evidence: Digest,
    ) -> Result<(), Refused> {
        if open.follow(self.now(), evidence)? {
            let known = &open.record.value;
            writes.state("corridor", known.corridor_id.as_str(), open.record.rev, known)?;
            writes.if_ended(known, self.now());
        }
        writes.commit()
    }

    /// Tell a peer what is held of both lanes from where it stands: its own first.
    pub(super) fn receive_history(
        &self,
        message: &PeerMessage,
        body: &Value,
    ) -> Result<Value, Refused> {
        let asked: HistoryAsked = message.read(body)?;
        let id = &asked.corridor_id;
        let open = self.open_corridor(id)?;
        message.signed_by(&open.there)?;
        self.settle()?;
        let (theirs, ours) = (stream_there(id), stream_here(id));
        let root_here = self.with_tree(&theirs, |tree: &Tree| tree.root_at(asked.here).ok())?;
        let here = self.items(&theirs, asked.here, DELIVERY_RECEIPTS_MAX)?;
        let there = self.items(&ours, asked.there, DELIVERY_RECEIPTS_MAX)?;
        let leads = (asked.there + there.len() as u64, asked.here + here.len() as u64);
        let told = History {
            corridor_id: id.clone(),
            size_here: open.lane_there.value.size(),
            root_here,
            here: self.sealed(&open, here)?,
            there: self.sealed(&open, there)?,
            cuts: self.cuts_between(&open, asked.here, leads)?,
        };
        // Payloads are told once for each message.
        let duty = Duty::of_peer(Task::Job, open.there.did());
        let mut writes = self.on_duty(&duty, self.now(), &format!("corridor:{id} history"))?;
        writes.answer(message.used(self.now()));
        writes.commit()?;
        said(told)
    }
}

/// The plan that a receipt of ours consents to.
fn consented_to((receipt, item): (&LaneReceipt, &Item)) -> Option<Digest> {
    let is_consent = receipt.transition.kind == TransitionKind::SettleConsent;
    let payload = item.payload.as_ref().filter(|_| is_consent)?;
    Consent::read(&payload.payload).ok()?.plan.digest().ok()
}

fn malformed(why: impl std::fmt::Display) -> Refused {
    Refused::peer("peer-malformed", format!("what the peer holds is refused: {why}"))
}
