//! The smoke scenario: real requests to real zones, the same an integrator would send.
//!
//! Everything is named after the seed, so a scenario that was cut short and is run again with the
//! same seed finds its own requests answered and finishes without a second effect.

mod across;
mod companies;
mod money;
mod witness;

use std::path::Path;

use canon::{Clock, CorridorId, Did};
use law::sanctions::Screener;
use serde_json::Value;

use super::issuer::Issuer;
use crate::cli::{Exit, Failure};
use crate::client::{Client, ClientError};

pub(crate) use witness::{Bundle, expect};

/// A zone that takes part.
pub(crate) struct Member {
    /// Short name.
    pub(crate) name: String,
    /// Jurisdiction of its companies.
    pub(crate) jurisdiction: String,
    /// Zone id, the name of its lane.
    pub(crate) zone_id: String,
    /// Pinned DID.
    pub(crate) did: Did,
    /// Its API.
    pub(crate) client: Client,
    /// Evidence asked of an applicant.
    pub(crate) evidence: Vec<String>,
    /// Route groups its profile mounts.
    pub(crate) groups: Vec<String>,
}

/// What the scenario stands on.
pub(crate) struct Scene<'a> {
    pub(crate) members: &'a [Member],
    /// Active corridors of the first member: (id, index of the member at the far end).
    pub(crate) corridors: &'a [(CorridorId, usize)],
    pub(crate) issuer: &'a Issuer,
    /// Each member's lists, or one that all share.
    pub(crate) screeners: &'a [Screener],
    pub(crate) seed: u64,
    pub(crate) clock: &'a dyn Clock,
    /// Where bundles are written.
    pub(crate) folder: &'a Path,
}

/// Something that was refused, as it was meant to be.
#[derive(Clone, Debug)]
pub(crate) struct RefusedStory {
    /// Which zone refused.
    pub(crate) zone: String,
    /// What was asked.
    pub(crate) what: String,
    /// The rules that refused, with citation.
    pub(crate) why: Vec<String>,
}

/// A payment and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct PaymentStory {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) amount: String,
    pub(crate) state: String,
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    pub(crate) companies: usize,
    pub(crate) near_misses: Vec<String>,
    pub(crate) refused: Vec<RefusedStory>,
    pub(crate) payments: Vec<PaymentStory>,
    pub(crate) totals: Vec<String>,
    pub(crate) bundles: Vec<Bundle>,
}

/// A company with an account.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    pub(crate) member: usize,
    pub(crate) name: String,
    pub(crate) account: String,
}

/// A step of the scenario that did not go as it must.
pub(crate) fn astray(step: &str, detail: &dyn std::fmt::Display) -> Failure {
    let what = format!("{step}: {detail}");
    Failure::new(Exit::Error, "smoke", what, "read D/<zone>/zone.log of the zone named")
}

impl Scene<'_> {
    /// An idempotency key of this scenario.
    pub(in crate::deploy) fn key(&self, step: &str) -> String {
        format!("smoke-{}-{step}", self.seed)
    }

    fn screener(&self, at: usize) -> Result<&Screener, Failure> {
        let own = self.screeners.get(at).or_else(|| self.screeners.first());
        own.ok_or_else(|| astray("scenario", &"no sanctions list"))
    }

    pub(in crate::deploy) fn member(&self, at: usize) -> Result<&Member, Failure> {
        self.members.get(at).ok_or_else(|| astray("scenario", &"a zone is missing"))
    }
}

/// The rules of a law problem, one line each, with their citations.
fn rules(problem: &Value) -> Vec<String> {
    let rows = super::json::items(problem, "blocking");
    let line = |row: &Value| {
        let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        let rule = if text("/rule").is_empty() { "no rule" } else { text("/rule") };
        let cited =
            format!("{}, section {}", text("/citation/instrument"), text("/citation/section"));
        format!("{} {} under {rule} ({cited})", text("/domain"), text("/state"))
    };
    rows.iter().map(line).collect()
}

/// Demand a refusal by law and tell it.
fn refusal(
    zone: &str,
    what: String,
    answer: Result<Value, ClientError>,
    code: &str,
) -> Result<RefusedStory, Failure> {
    match answer {
        Err(ClientError::Problem { problem }) if problem.code == code => {
            Ok(RefusedStory { zone: zone.to_owned(), what, why: rules(&problem.body) })
        }
        Err(other) => Err(astray(&what, &other)),
        Ok(_) => Err(astray(&what, &"it was admitted and must not be")),
    }
}

/// Play the scenario; `told` hears of each part as it ends.
pub(crate) fn play(scene: &Scene<'_>, told: &mut dyn FnMut(&str)) -> Result<Story, Failure> {
    let mut story = Story::default();
    let companies = scene.form_companies(&mut story)?;
    told("companies formed, a listed owner refused, a near miss passed");
    scene.fund(&companies)?;
    scene.pay_here(&companies, &mut story)?;
    told("accounts opened and funded, a payment inside the zone");
    if !scene.corridors.is_empty() {
        scene.pay_across(&companies, &mut story)?;
        told("payments across the corridors: arrived, and refused at the far end and returned");
    }
    scene.reconcile(&mut story)?;
    told("books balance; corridor accounts sum to zero over all zones");
    for (id, there) in scene.corridors {
        scene.witness(id, *there, &mut story)?;
    }
    if !scene.corridors.is_empty() {
        told("cuts signed by both, witness bundles exported and verified offline");
    }
    Ok(story)
}
