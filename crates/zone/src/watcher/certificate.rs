//! Certificates of finality, made from what this zone holds and judged before they are told.

use canon::{Amount, Canonical, CorridorId, Did, Digest, ZoneId};
use corridor::anchor::Root;
use corridor::certificate::{
    ACKS_MAX, Acceptance, CERTIFICATE_TYPE, Certificate, Coverage, Grade, judge_under,
};
use corridor::finality::{Evidence, Finality, Level};
use corridor::watcher::{Attestation, Tally, WatcherSet};
use corridor::{Cut, LaneReceipt};
use proof::credential::Verdict;
use proof::integrity::payload_digest;
use proof::merkle::{Proof, Tree};
use serde_json::Value;

use super::refused;
use crate::corridor::Open;
use crate::refused::Refused;
use crate::zone::Zone;

/// Which certificate is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whose lane; the zone's own, unless given.
    pub lane: Option<ZoneId>,
    /// Which receipt; the last, unless given.
    pub sequence: Option<u64>,
    /// How much it is to say; the most there is, unless given.
    pub grade: Option<Grade>,
}

/// A cut with the attestations that make a quorum of one set.
pub(crate) struct Quorate {
    pub(crate) cut: Value,
    pub(crate) cut_sha256: Digest,
    pub(crate) set_sha256: Digest,
    pub(crate) tally: Tally,
    set: Value,
    attestations: Vec<Value>,
    covered: Amount,
}

impl Zone {
    /// A certificate of one receipt, byte for byte: `mez verify` judges it alone.
    ///
    /// # Errors
    /// [`Refused::NotFound`], a conflict naming what is missing, or the store.
    pub fn finality_certificate(
        &self,
        id: &CorridorId,
        wanted: &Wanted,
    ) -> Result<Vec<u8>, Refused> {
        let open = self.open_corridor(id)?;
        let cuts = self.cut_records(id)?;
        let status = self.finality_in(&open, &cuts, wanted.lane.as_ref(), wanted.sequence)?;
        let decides = decided_by(&status)?;
        let quorate = self.quorate(&open, &status.lane, status.sequence)?;
        let quorate = match wanted.grade {
            Some(Grade::Local) => None,
            Some(Grade::Economic | Grade::Anchored) if quorate.is_none() => {
                return Err(missing(&status, Level::WatcherQuorum));
            }
            _ => quorate,
        };
        let brought = match (&quorate, wanted.grade) {
            (Some(found), None | Some(Grade::Anchored)) => self.anchored(id, &found.cut_sha256)?,
            _ => None,
        };
        if brought.is_none() && wanted.grade == Some(Grade::Anchored) {
            return Err(missing(&status, Level::L1Anchored));
        }
        let stream = self.stream_of(&open, Some(&status.lane))?;
        let other = open.terms.lanes.iter().find(|lane| **lane != status.lane);
        let stream_of_acks = self.stream_of(&open, other)?;
        let item = self.items(&stream, status.sequence, 1)?.pop();
        let receipt = item.ok_or_else(|| Refused::absent("receipt", status.sequence))?.receipt;
        let acks = self.acks_back(&stream_of_acks, decides, status.sequence)?;
        let size = acks.last().and_then(|ack| ack.pointer("/ack/size")).and_then(Value::as_u64);
        let size = size.ok_or_else(|| Refused::host("an ack without size"))?;
        let inclusion = self.included(&stream, status.sequence, size)?;
        let acceptance = Acceptance { acks, inclusion };
        let coverage = quorate.map(|quorate| self.covering(&stream, &status, quorate));
        let coverage = coverage.transpose()?;
        let grade = match (&coverage, &brought) {
            (None, _) => Grade::Local,
            (Some(_), None) => Grade::Economic,
            (Some(_), Some(_)) => Grade::Anchored,
        };
        let roots: Vec<Root> =
            brought.iter().filter_map(|brought| Root::parse(&brought.root)).collect();
        let anchor = brought.map(|brought| brought.anchor);
        let type_ = CERTIFICATE_TYPE.to_owned();
        let zones = self.zones_of(&open)?;
        let file = Certificate { acceptance, anchor, coverage, grade, receipt, type_, zones };
        let bytes = Canonical::of(&file).map_err(Refused::host)?.bytes().to_vec();
        let both = [self.did().clone(), open.there.did().clone()];
        let judged = judge_under(&bytes, &both, &roots);
        match judged.verdict {
            Verdict::Valid => Ok(bytes),
            _ => {
                let why = judged.reasons.first().map(|reason| reason.detail.clone());
                Err(Refused::conflict("not-certifiable", why.unwrap_or_default()))
            }
        }
    }

    pub(super) fn included(
        &self,
        stream: &str,
        sequence: u64,
        size: u64,
    ) -> Result<Proof, Refused> {
        let proof = self.with_tree(stream, |tree: &Tree| tree.inclusion(sequence, size))?;
        proof.map_err(Refused::host)
    }

    fn covering(
        &self,
        stream: &str,
        status: &Finality,
        quorate: Quorate,
    ) -> Result<Coverage, Refused> {
        let Quorate { cut, set, attestations, covered, .. } = quorate;
        let read: Cut = Canonical::of_value(&cut)?.read()?;
        let lane = read.lanes.iter().find(|lane| lane.zone_id == status.lane);
        let size = lane.map_or(0, |lane| lane.size);
        let inclusion = self.included(stream, status.sequence, size)?;
        Ok(Coverage { attestations, covered_value: covered, cut, inclusion, watcher_set: set })
    }

    /// Both zones' keys over time, by zone id.
    pub(super) fn zones_of(&self, open: &Open) -> Result<Vec<Value>, Refused> {
        let known = &open.record.value;
        let there = known.keys_there().map_err(Refused::host)?.value();
        let here = self.keys_document()?;
        let ours_first = self.zone_id() < open.there.zone();
        Ok(if ours_first { vec![here, there] } else { vec![there, here] })
    }

    /// Receipts of the other lane from the deciding one back to where less was acknowledged.
    fn acks_back(&self, stream: &str, decides: u64, sequence: u64) -> Result<Vec<Value>, Refused> {
        let mut acks = Vec::new();
        let mut at = Some(decides);
        while let Some(place) = at {
            let item = self.items(stream, place, 1)?.pop();
            let item = item.ok_or_else(|| Refused::host("a lane ends before its size"))?;
            let receipt: LaneReceipt = item.read().map_err(Refused::host)?;
            acks.push(item.receipt);
            let less = receipt.ack.is_some_and(|ack| ack.size <= sequence);
            at = place.checked_sub(1).filter(|_| !less && acks.len() < ACKS_MAX);
        }
        acks.reverse();
        Ok(acks)
    }

    /// The first cut over a receipt that a quorum of a set attested.
    pub(crate) fn quorate(
        &self,
        open: &Open,
        lane: &ZoneId,
        sequence: u64,
    ) -> Result<Option<Quorate>, Refused> {
        let id = &open.terms.corridor_id;
        for record in self.cut_records(id)? {
            let cut = Cut::read(&record.cut, &open.terms).map_err(Refused::host)?;
            if !cut.lanes.iter().any(|l| l.zone_id == *lane && l.size > sequence) {
                continue;
            }
            if let Some(quorate) = self.quorate_of(id, record.cut)? {
                return Ok(Some(quorate));
            }
        }
        Ok(None)
    }

    /// Who of a quorum attested a cut, and with what weight.
    pub(super) fn attested_weights(
        &self,
        id: &CorridorId,
        cut_sha256: &Digest,
    ) -> Result<Vec<(Did, u128)>, Refused> {
        let found = self
            .cut_records(id)?
            .into_iter()
            .find(|record| payload_digest(&record.cut).is_ok_and(|digest| digest == *cut_sha256));
        let found = found.map(|record| self.quorate_of(id, record.cut)).transpose()?.flatten();
        let Some(quorate) = found else { return Ok(Vec::new()) };
        let set = quorate.set.get("credentialSubject").cloned().unwrap_or_default();
        let set: WatcherSet = serde_json::from_value(set).map_err(Refused::host)?;
        let mut weighed = Vec::new();
        for document in &quorate.attestations {
            let said = Attestation::read(document).map_err(refused)?.credential.subject;
            let weight = set.tally(&[&said.watcher]).weight;
            weighed.push((said.watcher, weight));
        }
        Ok(weighed)
    }

    fn quorate_of(&self, id: &CorridorId, cut: Value) -> Result<Option<Quorate>, Refused> {
        let cut_sha256 = payload_digest(&cut).map_err(Refused::host)?;
        let mut read = Vec::new();
        for document in self.attestations_of(id, &cut_sha256)? {
            let said = Attestation::read(&document).map_err(refused)?.credential.subject;
            read.push((said, document));
        }
        let mut sets: Vec<Digest> = read.iter().map(|(said, _)| said.set_sha256).collect();
        sets.sort();
        sets.dedup();
        for set_sha256 in sets {
            let Some(set) = self.loaded_watcher_set(id, &set_sha256)? else { continue };
            let subject = set.get("credentialSubject").cloned().unwrap_or_default();
            let subject: WatcherSet = serde_json::from_value(subject).map_err(Refused::host)?;
            let of_set = read.iter().filter(|(said, _)| said.set_sha256 == set_sha256);
            let of_set: Vec<&(Attestation, Value)> = of_set.collect();
            let watchers: Vec<_> = of_set.iter().map(|(said, _)| &said.watcher).collect();
            let tally = subject.tally(&watchers);
            if !tally.is_met() {
                continue;
            }
            let covered = of_set.iter().map(|(said, _)| said.covered_value.minor());
            let covered = covered.fold(0i128, i128::saturating_add);
            let covered = Amount::of_minor(covered, subject.currency);
            let attestations = of_set.iter().map(|(_, document)| document.clone()).collect();
            let found = Quorate { cut, cut_sha256, set_sha256, tally, set, attestations, covered };
            return Ok(Some(found));
        }
        Ok(None)
    }
}

/// The receipt of the other lane that decided.
fn decided_by(status: &Finality) -> Result<u64, Refused> {
    let rung = status.levels.iter().find(|rung| rung.level == Level::ReceiptSigned);
    match rung.and_then(|rung| rung.evidence.as_ref()) {
        Some(Evidence::Ack { sequence, .. }) => Ok(*sequence),
        Some(_) => {
            let detail = "an ack asks for nothing, and nobody accepts it";
            Err(Refused::conflict("not-certifiable", detail))
        }
        None => Err(missing(status, Level::ReceiptSigned)),
    }
}

fn missing(status: &Finality, level: Level) -> Refused {
    let rung = status.levels.iter().find(|rung| rung.level == level);
    let what = rung.and_then(|rung| rung.missing.clone()).unwrap_or_default();
    Refused::conflict("not-certifiable", format!("`{}` is missing: {what}", level.name()))
}
