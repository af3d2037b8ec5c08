//! Evidence against watchers: a file that proves, alone, what a bond is lost for.
//!
//! The documents in it carry the accused's own signatures, and how the rest is reached from them: by
//! digest, by link, by inclusion under a root the accused attested. Nothing rests on times.
//!
//! Invariant: VALID means that the watcher signed what no watcher signs that verified; one that only
//! believed a zone which lied to it is never accused.

use canon::{Canonical, Did, Digest, ZoneId};
use proof::credential::{Reason, Verdict};
use proof::merkle::{Proof, verify_inclusion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attestation::{Attestation, AttestedLane, lanes_of};
use super::slash::Condition;
use super::unanswered::{self, Unanswered};
use crate::cut::Cut;
use crate::lane::LaneReceipt;

/// The object type of an evidence file.
pub const ACCUSATION_TYPE: &str = "MEZWatcherEvidence";
/// Most watchers of one collusion.
const COLLUDING_MAX: usize = super::rates::MEMBERS_MAX;

/// Two attestations of one watcher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// One, signature included.
    #[schemars(extend("$ref" = "watcher-attestation.schema.json"))]
    pub first: Value,
    /// The other.
    #[schemars(extend("$ref" = "watcher-attestation.schema.json"))]
    pub second: Value,
}

/// A receipt, and that it is in the attested root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// Inclusion under the attested root of its lane.
    pub inclusion: Proof,
    /// The receipt.
    #[schemars(extend("$ref" = "corridor-lane-receipt.schema.json"))]
    pub receipt: Value,
}

/// What is proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Case {
    /// Two attestations of one lane and size with different roots.
    Equivocation(Pair),
    /// The same contradiction, signed by two watchers or more; ascending by watcher.
    Collusion(Vec<Pair>),
    /// An attestation that states other lanes than the cut it names.
    OtherCut {
        /// The attestation.
        #[schemars(extend("$ref" = "watcher-attestation.schema.json"))]
        attestation: Value,
        /// The cut of that digest.
        cut: Value,
    },
    /// An attested prefix in which a receipt does not follow from the one before, or is out of place.
    BrokenLane {
        /// The attestation.
        #[schemars(extend("$ref" = "watcher-attestation.schema.json"))]
        attestation: Value,
        /// The receipt before, where the fault is between two.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Placed>,
        /// Which entry of the lane it is.
        index: u64,
        /// The lane.
        lane: ZoneId,
        /// The receipt.
        placed: Placed,
    },
    /// A signed request that a lane records and no receipt before the cut answers.
    Unanswered(Unanswered),
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accusation {
    /// What is proven.
    pub case: Case,
    /// Always [`ACCUSATION_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = ACCUSATION_TYPE))]
    pub type_: String,
}

/// What a file proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// What was done.
    pub condition: Condition,
    /// By whom, ascending.
    pub watchers: Vec<Did>,
    /// Where, such as `corridor … lane … size 7`: one deed is punished once.
    pub about: String,
    /// Zones under whose keys it holds; of an unanswered request.
    pub zones: Vec<Did>,
}

/// The answer about an evidence file. VALID: it is proven of watchers and zones that are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accused {
    /// VALID, INVALID or UNKNOWN.
    pub verdict: Verdict,
    /// Why, for anything but VALID.
    pub reasons: Vec<Reason>,
    /// DIDs that must be trusted for a VALID.
    pub needs: Vec<Did>,
    /// What is proven, unless INVALID.
    pub proven: Option<Proven>,
}

/// Why a file proves nothing.
pub(super) struct Fault(pub &'static str, pub String);

pub(super) type Found<T> = Result<T, Fault>;

pub(super) fn fault<E: std::fmt::Display>(code: &'static str) -> impl Fn(E) -> Fault {
    move |error| Fault(code, error.to_string())
}

/// Judge an evidence file with no network and no clock, under the DIDs in `trust`.
#[must_use]
pub fn judge(bytes: &[u8], trust: &[Did]) -> Accused {
    let proven = match examine(bytes) {
        Ok(proven) => proven,
        Err(Fault(code, detail)) => {
            let reasons = vec![Reason { code, detail }];
            return Accused { verdict: Verdict::Invalid, reasons, needs: Vec::new(), proven: None };
        }
    };
    let all = proven.watchers.iter().chain(&proven.zones);
    let unknown = |did: &&Did| !trust.iter().any(|known| known.base() == **did);
    let needs: Vec<Did> = all.filter(unknown).cloned().collect();
    let reason = |did: &Did| Reason {
        code: "untrusted-did",
        detail: format!("the file proves it with `{did}`, which is not trusted here"),
    };
    let verdict = if needs.is_empty() { Verdict::Valid } else { Verdict::Unknown };
    Accused { verdict, reasons: needs.iter().map(reason).collect(), needs, proven: Some(proven) }
}

/// Put a case in a file, if it proves anything.
///
/// # Errors
/// Why it does not.
pub fn accuse(case: Case) -> Result<Canonical, Box<Accused>> {
    let file = Accusation { case, type_: ACCUSATION_TYPE.to_owned() };
    let malformed = |error: canon::Refusal| {
        let reasons = vec![Reason { code: "malformed", detail: error.to_string() }];
        let verdict = Verdict::Invalid;
        Box::new(Accused { verdict, reasons, needs: Vec::new(), proven: None })
    };
    let canonical = Canonical::of(&file).map_err(malformed)?;
    let judged = judge(canonical.bytes(), &[]);
    if judged.proven.is_none() { Err(Box::new(judged)) } else { Ok(canonical) }
}

fn examine(bytes: &[u8]) -> Found<Proven> {
    let canonical = Canonical::exact(bytes).map_err(fault("malformed"))?;
    let file: Accusation = canonical.read().map_err(fault("malformed"))?;
    if file.type_ != ACCUSATION_TYPE {
        return Err(Fault("other-type", format!("it is no `{ACCUSATION_TYPE}`")));
    }
    match &file.case {
        Case::Equivocation(pair) => {
            let (watcher, place) = contradiction(pair)?;
            Ok(Proven {
                condition: Condition::Equivocation,
                watchers: vec![watcher],
                about: place.to_string(),
                zones: Vec::new(),
            })
        }
        Case::Collusion(pairs) => collusion(pairs),
        Case::OtherCut { attestation, cut } => other_cut(attestation, cut),
        Case::BrokenLane { attestation, before, index, lane, placed } => {
            broken(attestation, before.as_ref(), (*index, lane), placed)
        }
        Case::Unanswered(case) => unanswered::examine(case),
    }
}

fn attestation(document: &Value) -> Found<Attestation> {
    let signed = Attestation::read(document).map_err(fault("attestation"))?;
    Ok(signed.credential.subject)
}

/// Where two statements contradict each other, and the two roots in order.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    corridor: String,
    lane: ZoneId,
    size: u64,
    roots: [(Digest, Digest); 2],
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "corridor {} lane {} size {}", self.corridor, self.lane, self.size)
    }
}

fn contradiction(pair: &Pair) -> Found<(Did, Place)> {
    let (first, second) = (attestation(&pair.first)?, attestation(&pair.second)?);
    if first.watcher != second.watcher {
        return Err(Fault("two-watchers", "the attestations are of two watchers".to_owned()));
    }
    let found = first.contradicts(&second).map(|(lane, size)| (lane.clone(), size));
    let (lane, size) = found.ok_or_else(|| {
        let detail = "they state one root of every lane and size that is in both";
        Fault("no-contradiction", detail.to_owned())
    })?;
    let of = |said: &Attestation| {
        let stated = said.lanes.iter().find(|stated| stated.zone_id == lane);
        stated.map(|AttestedLane { root, last_next_root, .. }| (*root, *last_next_root))
    };
    let both = of(&first).zip(of(&second));
    let (one, other) = both.ok_or_else(|| Fault("lanes", "a lane is missing".to_owned()))?;
    let roots = if one < other { [one, other] } else { [other, one] };
    let corridor = format!("{} of genesis {}", first.corridor_id, first.genesis_root);
    Ok((first.watcher, Place { corridor, lane, size, roots }))
}

fn collusion(pairs: &[Pair]) -> Found<Proven> {
    if !(2..=COLLUDING_MAX).contains(&pairs.len()) {
        return Err(Fault("collusion", "it takes two watchers at least".to_owned()));
    }
    let mut watchers: Vec<Did> = Vec::new();
    let mut place: Option<Place> = None;
    for pair in pairs {
        let (watcher, here) = contradiction(pair)?;
        if watchers.last().is_some_and(|last| *last >= watcher) {
            return Err(Fault("collusion", "the watchers are not ascending".to_owned()));
        }
        if place.get_or_insert_with(|| here.clone()) != &here {
            return Err(Fault("collusion", "they did not sign the same two roots".to_owned()));
        }
        watchers.push(watcher);
    }
    let about = place.map(|place| place.to_string()).unwrap_or_default();
    Ok(Proven { condition: Condition::Collusion, watchers, about, zones: Vec::new() })
}

fn falsely(said: Attestation, about: String) -> Proven {
    let watchers = vec![said.watcher];
    Proven { condition: Condition::FalseAttestation, watchers, about, zones: Vec::new() }
}

/// The digest binds the cut: who signed it does not matter.
fn other_cut(document: &Value, cut: &Value) -> Found<Proven> {
    let said = attestation(document)?;
    let digest = Cut::digest(cut).map_err(fault("cut"))?;
    if digest != said.cut_sha256 {
        return Err(Fault("cut", "it is not the cut that the attestation names".to_owned()));
    }
    let read: Cut =
        Canonical::of_value(cut).and_then(|canonical| canonical.read()).map_err(fault("cut"))?;
    if said.is_of(&read, &digest) && said.lanes == lanes_of(&read) {
        return Err(Fault("no-contradiction", "it states the lanes of its cut".to_owned()));
    }
    let about = format!("cut {digest}");
    Ok(falsely(said, about))
}

fn broken(
    document: &Value,
    before: Option<&Placed>,
    (index, lane): (u64, &ZoneId),
    placed: &Placed,
) -> Found<Proven> {
    let said = attestation(document)?;
    let stated = said.lanes.iter().find(|stated| stated.zone_id == *lane);
    let stated = stated.ok_or_else(|| Fault("lanes", "it does not state that lane".to_owned()))?;
    let read = |placed: &Placed, index: u64| -> Found<LaneReceipt> {
        let bytes = Canonical::of_value(&placed.receipt).map_err(fault("receipt"))?;
        // The entry is the digest of all but proof and root, so it is this receipt and no other.
        let receipt = LaneReceipt::read(bytes.bytes()).map_err(fault("receipt"))?;
        let (entry, root) = (&receipt.next_root, &stated.root);
        verify_inclusion(entry, index, stated.size, &placed.inclusion, root)
            .map_err(fault("inclusion"))?;
        Ok(receipt)
    };
    let receipt = read(placed, index)?;
    let about = format!("lane {lane} entry {index} under root {}", stated.root);
    let in_place = receipt.corridor_id == said.corridor_id
        && receipt.lane == *lane
        && receipt.sequence == index;
    let follows = match (before, index.checked_sub(1)) {
        (Some(before), Some(at)) => {
            let before = read(before, at)?;
            receipt.prev_root == before.next_root
                && receipt.timestamp >= before.timestamp
                && receipt.epoch >= before.epoch
        }
        (None, _) => true,
        (Some(_), None) => return Err(Fault("receipt", "nothing is before the first".to_owned())),
    };
    if in_place && follows {
        return Err(Fault("no-contradiction", "the receipt is where it must be".to_owned()));
    }
    Ok(falsely(said, about))
}
