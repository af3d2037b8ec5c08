//! What law said of what crossed a corridor: our decisions domain by domain, and the other zone's as far as it told.
//!
//! For each transition kind the latest decision about a receipt of the corridor counts. A domain reads as the worst
//! of these over the jurisdictions in which it applies; the rows stay. The other zone tells what it decided and not
//! why: its side is verdicts, and what it has not said is pending.

use std::collections::BTreeMap;

use canon::{CorridorId, Digest, JurisdictionId};
use corridor::LaneReceipt;
use law::tensor::Row;
use law::{Cell, Decision, Domain, Kind, State};
use serde_json::{Value, json};

use super::{Reading, When};
use crate::limits::CORRIDOR_RECEIPTS_LOOKED_MAX;
use crate::refused::Refused;
use crate::zone::Zone;

/// The latest decision of a kind, and the receipt it is about.
struct Latest {
    decision: Decision,
    sha256: Digest,
    receipt: Value,
}

/// What the other zone said of receipts.
#[derive(Default)]
struct Told {
    counts: BTreeMap<String, u64>,
    last_refusal: Option<Value>,
}

impl Zone {
    /// A corridor's compliance as of a day, as known at a moment: of each lane, the last receipts are looked at.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn corridor_compliance(&self, id: &CorridorId, when: When) -> Result<Value, Refused> {
        let when = when.at(self.now());
        let open = self.open_corridor(id)?;
        let mut latest: BTreeMap<Kind, Latest> = BTreeMap::new();
        let mut told = Told::default();
        let mut looked = 0u64;
        let (zone_here, zone_there) = (self.zone_id(), open.there.zone());
        for lane in [zone_here, zone_there] {
            let stream = self.stream_of(&open, Some(lane))?;
            let size = self.shown_size(&stream)?;
            let from = size.saturating_sub(CORRIDOR_RECEIPTS_LOOKED_MAX);
            let limit = usize::try_from(CORRIDOR_RECEIPTS_LOOKED_MAX).map_err(Refused::host)?;
            for item in self.items(&stream, from, limit)? {
                let receipt = item.read().map_err(Refused::host)?;
                if receipt.timestamp > when.known_at || receipt.timestamp.date() > when.as_of {
                    continue;
                }
                looked = looked.saturating_add(1);
                self.keep_latest(&receipt, &mut latest)?;
                if receipt.transition.kind.is_decided() {
                    let answer = self.receipt_compliance(id, Some(lane), receipt.sequence)?;
                    told.hear(&answer, lane == zone_here);
                }
            }
        }
        let here = self.side(&latest, when);
        Ok(json!({
            "corridor_id": id,
            "as_of": when.as_of,
            "known_at": when.known_at,
            "realm": self.realm(),
            "receipts": looked,
            "here": here,
            "there": {
                "zone_id": zone_there,
                "verdicts": told.counts,
                "last_refusal": told.last_refusal,
            },
        }))
    }

    /// Keeps our decision about a receipt, where it is the latest of its kind.
    fn keep_latest(
        &self,
        receipt: &LaneReceipt,
        latest: &mut BTreeMap<Kind, Latest>,
    ) -> Result<(), Refused> {
        let Some((decision, sha256)) = self.decided_here(receipt)? else { return Ok(()) };
        let known = latest.get(&decision.kind).map(|known| known.decision.known_at);
        if known.is_none_or(|known| known <= decision.known_at) {
            let receipt = json!({ "lane": receipt.lane, "sequence": receipt.sequence });
            latest.insert(decision.kind, Latest { decision, sha256, receipt });
        }
        Ok(())
    }

    fn side(&self, latest: &BTreeMap<Kind, Latest>, when: Reading) -> Value {
        let moment = when.moment();
        let mut places: BTreeMap<&JurisdictionId, Vec<Row>> = BTreeMap::new();
        for known in latest.values() {
            for place in &known.decision.jurisdictions {
                places.entry(place).or_default().push(row(&known.decision, place, moment));
            }
        }
        // What every kind needs has to be there: the worst of them, place by place.
        let worst = |rows: &Vec<Row>| rows.iter().copied().reduce(Row::meet);
        let across = Row::across(places.values().filter_map(worst));
        let domains: Vec<Value> = Domain::ALL
            .into_iter()
            .map(|domain| {
                let rows = latest.values().filter_map(|known| known.decision.cell(domain));
                json!({
                    "domain": domain,
                    "state": across.state(domain),
                    "rows": rows.flat_map(told_rows).collect::<Vec<_>>(),
                })
            })
            .collect();
        let decisions: Vec<Value> = latest
            .values()
            .map(|known| {
                json!({
                    "kind": known.decision.kind,
                    "outcome": known.decision.outcome(),
                    "jurisdictions": known.decision.jurisdictions,
                    "there": known.decision.there.as_ref().map(|there| &there.jurisdictions),
                    "known_at": known.decision.known_at,
                    "decision_sha256": known.sha256,
                    "receipt": known.receipt,
                })
            })
            .collect();
        json!({
            "zone_id": self.zone_id(),
            "aggregate": across.states().into_iter().min().unwrap_or(State::Pending),
            "domains": domains,
            "decisions": decisions,
        })
    }
}

/// The states of a decision in one of its jurisdictions; what has ended does not pass.
fn row(decision: &Decision, place: &JurisdictionId, moment: canon::Timestamp) -> Row {
    let state = |domain: Domain| {
        let cell = decision.cell(domain);
        let there = cell.into_iter().flat_map(|cell| &cell.by_jurisdiction);
        let mut here = there.filter(|at| at.jurisdiction == *place).map(|at| at.state);
        let state = here.next().or_else(|| cell.map(|cell| cell.state));
        let ended = cell.is_some_and(|cell| {
            let mut rows = cell.rows.iter().filter(|row| row.counted);
            rows.any(|row| row.expires.is_some_and(|end| end <= moment))
        });
        if ended { State::NonCompliant } else { state.unwrap_or(State::Pending) }
    };
    Row::of(&Domain::ALL.map(state), None)
}

fn told_rows(cell: &Cell) -> impl Iterator<Item = Value> + '_ {
    cell.rows.iter().filter(|row| row.counted).map(|row| {
        json!({
            "jurisdiction": row.jurisdiction,
            "rule": row.rule,
            "citation": row.cited.as_ref().map(|cited| &cited.citation),
            "state": row.state,
            "reason": row.reason,
            "remedy": row.remedy,
            "expires": row.expires,
        })
    })
}

impl Told {
    /// The other zone read our receipt, or wrote its own.
    fn hear(&mut self, answer: &Value, ours: bool) {
        let side = answer.get(if ours { "reader" } else { "writer" });
        let state = side.and_then(|side| side.get("state")).and_then(Value::as_str);
        let count = self.counts.entry(state.unwrap_or("pending").to_owned()).or_default();
        *count = count.saturating_add(1);
        let refused = side.and_then(|side| side.get("reason_code")).filter(|code| code.is_string());
        if let Some(code) = refused {
            self.last_refusal = Some(json!({
                "lane": answer.get("lane"),
                "sequence": answer.get("sequence"),
                "reason_code": code,
                "decision_sha256": side.and_then(|side| side.get("decision_sha256")),
            }));
        }
    }
}
