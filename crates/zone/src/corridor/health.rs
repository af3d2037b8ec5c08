//! How each corridor does: what whoever is on call looks at first.
//!
//! Everything is read from what the zone keeps; nobody is asked. A corridor that needs somebody says
//! why, by code.

use std::collections::BTreeMap;

use canon::{Amount, CorridorId, Did, Timestamp, ZoneId};
use corridor::finality::Level;
use corridor::{Cut, Lane, State};
use proof::integrity::payload_digest;
use registry::Account;
use serde::Serialize;
use serde_json::{Value, json};

use super::context::Open;
use super::cut::CutRecord;
use super::jobs::Waiting;
use super::record::{CorridorRecord, stream_here};
use crate::limits::{
    CORRIDORS_GAUGED_MAX, CORRIDORS_SHOWN_MAX, CURRENCIES_MAX, SILENT_ATTEMPTS_MIN, UNANSWERED_SECS,
};
use crate::refused::Refused;
use crate::zone::Zone;

/// Why a corridor needs somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attention {
    /// Proposed, and neither accepted nor activated.
    WaitsForHandshake,
    /// Halted: no business until both resume.
    Halted,
    /// Suspended.
    Suspended,
    /// The peer signed two histories; the evidence is kept.
    Equivocation,
    /// Two histories of a lane are signed, and it is not recorded in both lanes which stands.
    ForkUnresolved,
    /// Messages to the peer fail, one after another.
    PeerSilent,
    /// The peer has not decided a receipt of ours for an hour or more.
    Unanswered,
    /// A refused payment could not be undone yet.
    RefundWaits,
    /// The peer's offer to resume waits for this operator.
    ResumeOffered,
}

/// One corridor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    corridor_id: CorridorId,
    state: State,
    peer: Peer,
    /// Why it needs somebody; empty for a corridor that does well.
    attention: Vec<Attention>,
    outbox: Waiting,
    #[serde(skip_serializing_if = "Option::is_none")]
    lanes: Option<Lanes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<CutStanding>,
    /// What this zone owes the other (positive) or is owed by it (negative), by currency.
    open_obligations: BTreeMap<String, String>,
    evidence_files: usize,
    /// Forks not resolved in both lanes.
    forks_open: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Peer {
    zone_id: ZoneId,
    did: Did,
    url: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Lanes {
    here: LaneStanding,
    there: LaneStanding,
    /// Receipts of ours the peer has not confirmed to hold.
    undelivered: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct LaneStanding {
    size: u64,
    epoch: u64,
    /// Receipts the other side has decided.
    acknowledged: u64,
    /// Seconds since the last receipt, which is the age of the lane's checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint_age_secs: Option<i64>,
    /// How final the last receipt is.
    #[serde(skip_serializing_if = "Option::is_none")]
    finality_level: Option<Level>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct CutStanding {
    cut_sha256: canon::Digest,
    age_secs: i64,
    /// Receipts of both lanes after it.
    uncovered: u64,
}

/// How closely a corridor is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Cuts and finality included: each asks for signatures.
    Close,
    /// What is read from records alone; for whoever asks often, and need not be known.
    Brief,
}

impl Zone {
    /// Every corridor's health, those that need somebody first.
    ///
    /// # Errors
    /// The store.
    pub fn corridors_health(&self) -> Result<Value, Refused> {
        self.health_of_all(Look::Close, CORRIDORS_SHOWN_MAX)
    }

    /// The health of the first corridors, without what costs signatures.
    ///
    /// # Errors
    /// The store.
    pub fn corridors_gauged(&self) -> Result<Value, Refused> {
        self.health_of_all(Look::Brief, CORRIDORS_GAUGED_MAX)
    }

    fn health_of_all(&self, look: Look, most: usize) -> Result<Value, Refused> {
        let rows = self.store.records("corridor", None, most)?;
        let mut waiting = self.waiting()?;
        let mut all = Vec::with_capacity(rows.len());
        for (_, row) in rows {
            let known: CorridorRecord = serde_json::from_slice(&row.body).map_err(Refused::host)?;
            let mut outbox = waiting.remove(&known.corridor_id).unwrap_or_default();
            let missed = self.reach.missed_in_a_row(&known.corridor_id);
            outbox.attempts = outbox.attempts.max(missed);
            all.push(self.health_of(known, outbox, look)?);
        }
        all.sort_by_key(|health| (health.attention.is_empty(), health.corridor_id.clone()));
        let well = all.iter().filter(|health| health.attention.is_empty()).count();
        Ok(json!({
            "as_of": self.now(),
            "corridors": all.len(),
            "healthy": well,
            "items": all,
        }))
    }

    fn health_of(
        &self,
        known: CorridorRecord,
        outbox: Waiting,
        look: Look,
    ) -> Result<Health, Refused> {
        let id = known.corridor_id.clone();
        let evidence_files = self.evidence_digests(&id)?.len();
        let mut attention = known.attention(&outbox, self.unsettled_evidence(&id)?);
        let mut forks_open = Vec::new();
        let is_open = !matches!(known.state, State::Draft | State::Pending);
        let (mut lanes, mut cut) = (None, None);
        if is_open {
            let open = self.open_corridor(&id)?;
            if self.is_unanswered(&open)? {
                attention.push(Attention::Unanswered);
            }
            if self.offer_there(&open)?.is_some() {
                attention.push(Attention::ResumeOffered);
            }
            let forks = open.lane_here.value.forks().open(open.lane_there.value.forks());
            forks_open.extend(forks.iter().map(|known| known.fork.to_string()));
            if !forks_open.is_empty() {
                attention.push(Attention::ForkUnresolved);
            }
            let cuts = match look {
                Look::Close => self.cut_records(&id)?,
                Look::Brief => Vec::new(),
            };
            lanes = Some(self.lanes_of(&open, &cuts, look)?);
            cut = self.cut_standing(&open, cuts.last())?;
        }
        attention.sort();
        Ok(Health {
            state: known.state,
            peer: Peer { zone_id: known.zone_there, did: known.did_there, url: known.url_there },
            attention,
            outbox,
            lanes,
            cut,
            open_obligations: self.obligations(&id)?,
            evidence_files,
            forks_open,
            corridor_id: id,
        })
    }

    fn lanes_of(&self, open: &Open, cuts: &[CutRecord], look: Look) -> Result<Lanes, Refused> {
        let (here, there) = (&open.lane_here.value, &open.lane_there.value);
        Ok(Lanes {
            here: self.lane_standing(open, cuts, (here, there.acked()), look)?,
            there: self.lane_standing(open, cuts, (there, here.acked()), look)?,
            undelivered: here
                .size()
                .saturating_sub(self.progress(&open.record.value)?.value.delivered),
        })
    }

    fn lane_standing(
        &self,
        open: &Open,
        cuts: &[CutRecord],
        (lane, acknowledged): (&Lane, u64),
        look: Look,
    ) -> Result<LaneStanding, Refused> {
        let begun = lane.size() > 0;
        let judged = begun && look == Look::Close;
        let finality = judged.then(|| self.finality_in(open, cuts, Some(lane.owner()), None));
        let finality = finality.transpose()?;
        Ok(LaneStanding {
            size: lane.size(),
            epoch: lane.epoch(),
            acknowledged,
            checkpoint_age_secs: begun.then(|| self.age(lane.timestamp())),
            finality_level: finality.map(|finality| finality.finality_level),
        })
    }

    fn age(&self, since: Timestamp) -> i64 {
        self.now().unix().saturating_sub(since.unix()).max(0)
    }

    /// Whether the first receipt of ours that the peer has not decided is old.
    fn is_unanswered(&self, open: &Open) -> Result<bool, Refused> {
        let stream = stream_here(&open.terms.corridor_id);
        for sequence in open.lane_there.value.acked()..open.lane_here.value.size() {
            let item = self.items(&stream, sequence, 1)?.into_iter().next();
            let item = item.ok_or_else(|| Refused::host("a lane ends before its size"))?;
            let receipt = item.read().map_err(Refused::host)?;
            // A pure ack is owed none.
            if receipt.transition.kind.is_owed_ack() {
                return Ok(self.age(receipt.timestamp) >= UNANSWERED_SECS);
            }
        }
        Ok(false)
    }

    fn cut_standing(
        &self,
        open: &Open,
        last: Option<&CutRecord>,
    ) -> Result<Option<CutStanding>, Refused> {
        let Some(record) = last else { return Ok(None) };
        let cut = Cut::read(&record.cut, &open.terms).map_err(Refused::host)?;
        let lanes = [&open.lane_here.value, &open.lane_there.value];
        let held: u64 = lanes.iter().map(|lane| lane.size()).sum();
        let covered: u64 = cut.lanes.iter().map(|lane| lane.size).sum();
        Ok(Some(CutStanding {
            cut_sha256: payload_digest(&record.cut).map_err(Refused::host)?,
            age_secs: self.age(cut.timestamp),
            uncovered: held.saturating_sub(covered),
        }))
    }

    /// The balances of the corridor's own accounts that are not zero.
    fn obligations(&self, id: &CorridorId) -> Result<BTreeMap<String, String>, Refused> {
        let prefix = format!("corridor:{id}:");
        let rows = self.store.records("account", Some(&prefix), CURRENCIES_MAX)?;
        let mut open = BTreeMap::new();
        for (_, row) in rows.into_iter().take_while(|(key, _)| key.starts_with(&prefix)) {
            let account: Account = serde_json::from_slice(&row.body).map_err(Refused::host)?;
            let owed = account.balance().posted();
            if owed != 0 {
                let amount = Amount::of_minor(owed, account.currency());
                let amount = amount.to_decimal(self.now().date());
                open.insert(account.currency().code().to_owned(), amount);
            }
        }
        Ok(open)
    }
}

impl CorridorRecord {
    fn attention(&self, outbox: &Waiting, evidence_files: usize) -> Vec<Attention> {
        let found = [
            (matches!(self.state, State::Draft | State::Pending), Attention::WaitsForHandshake),
            (self.state == State::Halted, Attention::Halted),
            (self.state == State::Suspended, Attention::Suspended),
            (evidence_files > 0, Attention::Equivocation),
            (outbox.attempts >= SILENT_ATTEMPTS_MIN, Attention::PeerSilent),
            (outbox.refunds > 0, Attention::RefundWaits),
        ];
        found.into_iter().filter(|(holds, _)| *holds).map(|(_, attention)| attention).collect()
    }
}
