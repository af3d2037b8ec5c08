//! Settlement as this zone lives it: plans over its own signed cuts, consent in lanes, legs paid by banks.
//!
//! Invariant: an obligation is in one plan at a time; what a plan moves between this zone's accounts moves in the
//! commit in which the plan comes into force here, or in which a leg is confirmed.

mod again;
mod book;
mod consent;
mod ended;
mod follow;
mod leg;
mod owed;
mod receive;
mod view;

use canon::{CorridorId, Digest};
use corridor::netting::Obligation;
use corridor::settlement::{Here, Settlement, SettlementError};
use serde::{Deserialize, Serialize};

pub(crate) use again::PlanAgain;
pub use leg::InstructAsk;
pub use owed::PlanAsk;

use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone};

/// Kind of the records of plans, by digest.
const PLAN: &str = "settlement";
/// No more plans are kept open at once.
const NO_ROOM: &str = "too-many-plans";
/// The word of the index for a plan of which something is to come.
const OPEN: &str = "open";
/// Index of plans by whether anything of them is still to come.
const STANDING: &str = "standing";
/// Kind of the records of how far corridors are settled, by corridor.
const SETTLED: &str = "settled";

/// A plan, and how this zone is bound by it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    settlement: Settlement,
    /// Once this zone has consented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    here: Option<Here>,
}

/// How far a corridor is settled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settled {
    #[serde(rename = "type")]
    type_: String,
    corridor_id: CorridorId,
    /// Everything accepted up to this cut went into plans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cut_sha256: Option<Digest>,
    /// Of that, what is still owed: it waits, or its leg failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    carried: Vec<Obligation>,
    /// The plan this zone consented to and that is not in force yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<Digest>,
}

impl Settled {
    fn of(corridor_id: &CorridorId) -> Self {
        Self {
            type_: "MEZSettled".to_owned(),
            corridor_id: corridor_id.clone(),
            cut_sha256: None,
            carried: Vec::new(),
            pending: None,
        }
    }
}

/// Why a plan is refused, in the words of the door.
fn refused(error: SettlementError) -> Refused {
    use SettlementError as E;
    match error {
        E::Outdated(_) => Refused::conflict("plan-outdated", error),
        E::NoLeg(_) => Refused::invalid("no-such-leg", error),
        E::Differs(..) | E::Netting(_) => Refused::invalid("bad-settlement", error),
        E::Stranger(_) | E::Consented(_) | E::Decided(_) | E::NotAgreed(_) => {
            Refused::conflict("plan-state", error)
        }
        E::NotTheirs(..) | E::Stage(..) => Refused::conflict("leg-state", error),
    }
}

impl Kept {
    /// Whether nothing more comes of it: refused, or in force with every leg paid or failed.
    fn is_ended(&self) -> bool {
        self.settlement.is_refused() || self.settlement.is_done()
    }
}

impl<W> Writes<'_, W> {
    /// Write how far corridors are settled.
    fn how_far(&mut self, all: &[Loaded<Settled>]) -> Result<(), Refused> {
        all.iter().try_for_each(|settled| {
            self.state(SETTLED, settled.value.corridor_id.as_str(), settled.rev, &settled.value)
        })
    }

    /// Write a plan, and whether it still stands open.
    fn plan(&mut self, known: &Loaded<Kept>) -> Result<(), Refused> {
        let id = known.value.settlement.plan_sha256().to_string();
        let standing = if known.value.is_ended() { "ended" } else { OPEN };
        self.put_index(PLAN, STANDING, standing, &id);
        self.state(PLAN, &id, known.rev, &known.value)
    }
}

impl Zone {
    fn plan_record(&self, plan_sha256: &Digest) -> Result<Loaded<Kept>, Refused> {
        self.need(PLAN, &plan_sha256.to_string())
    }

    fn settled_record(&self, id: &CorridorId) -> Result<Loaded<Settled>, Refused> {
        let known = self.load(SETTLED, id.as_str())?;
        Ok(known.unwrap_or_else(|| Loaded { rev: None, value: Settled::of(id) }))
    }
}
