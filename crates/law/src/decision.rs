//! What was decided and why: the record every write leaves, allowed or not.

use canon::{Canonical, Date, Digest, JurisdictionId, PackId, Realm, RuleId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::{DOMAINS, Domain};
use crate::kind::Kind;
use crate::rule::{Citation, Effect, Mode, Review};
use crate::shared::Shared;
use crate::state::{State, may_proceed};

/// The document's `type`.
pub const DECISION_TYPE: &str = "MEZDecision";
/// The version of the evaluation procedure in use.
pub const ENGINE: &str = Engine::NOW.name();

/// A version of the evaluation procedure. A change of meaning makes a new one, and the old ones stay:
/// what they decided is replayed as they decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Whatever is absent is not there.
    One,
    /// An absence nobody accounts for settles nothing (ADR 043).
    Two,
}

impl Engine {
    /// The one in use.
    pub const NOW: Self = Self::Two;

    /// As a decision names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "law/1",
            Self::Two => "law/2",
        }
    }

    /// The version of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::One, Self::Two].into_iter().find(|engine| engine.name() == name)
    }
}

/// Why a row has its state. Stable codes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// `require` is true.
    Satisfied,
    /// `when` is false: the rule asks for nothing here.
    ConditionNotMet,
    /// `require` is false.
    Broken,
    /// A fact or a parameter is missing, or values do not compare.
    Unknown,
    /// A fact it stands on has expired.
    Expired,
    /// A scoping rule: the domain does not reach this kind.
    OutOfScope,
    /// An exemption credential.
    Exempt,
    /// A requirement exists but is switched off or shadowed.
    NotEnforced,
    /// No rule decides.
    NoRule,
    /// A pack has no rule file for the domain.
    NoRuleFile,
    /// The pack knows of a duty here for which it has no source.
    Unsourced,
    /// The sanctions list is older than the zone admits, or of unknown age.
    ListAge,
    /// A nearer rule displaces it.
    Displaced,
    /// It would ask for nothing, or be satisfied, by the absence of a fact, and nobody says whether
    /// there is any.
    NotStated,
}

/// Where the rule of a row is written, down to the digest of the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cited {
    /// Instrument, section, heading, source.
    pub citation: Shared<Citation>,
    /// The pack; absent for what the zone itself asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackId>,
    /// Its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack_sha256: Option<Digest>,
}

/// The nearer rule that stands in place of another, and where law says that it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisplacedBy {
    /// The rule that displaces.
    pub rule: RuleId,
    /// Where the displacement is written.
    pub citation: Shared<Citation>,
}

/// One rule's word in one jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The jurisdiction; absent for what the zone itself asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<JurisdictionId>,
    /// The rule; absent when no rule decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// Requirement or scoping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Off, shadow or enforce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Where it is written; absent when no rule decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cited: Option<Cited>,
    /// The rule's review state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// What displaces it; then it does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub displaced_by: Option<DisplacedBy>,
    /// What the rule says.
    pub state: State,
    /// Whether that counts towards the cell.
    pub counted: bool,
    /// Why.
    pub reason: Reason,
    /// The expression with the values it saw, or a sentence.
    pub explanation: String,
    /// What to do about it, when it refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// SHA-256 of the canonical list of everything the rule read.
    pub inputs_sha256: Digest,
    /// Names that were needed and not there.
    pub missing: Vec<String>,
    /// First moment at which a fact it stands on ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Decided by the sandbox rulebook, not by a state's law.
    pub unsourced: bool,
}

/// A jurisdiction's state in a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InJurisdiction {
    /// The jurisdiction.
    pub jurisdiction: JurisdictionId,
    /// Its state.
    pub state: State,
    /// Law of the other end of a corridor of which nothing is broken by what is known here: it is for the
    /// other zone to decide, and does not count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
}

/// The other end of a corridor, as far as its law was asked here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct There {
    /// What the write is there.
    pub kind: Kind,
    /// Its jurisdictions, sorted.
    pub jurisdictions: Vec<JurisdictionId>,
    /// SHA-256 of the canonical facts known of it here.
    pub facts_sha256: Option<Digest>,
}

/// One domain of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The domain.
    pub domain: Domain,
    /// The minimum over the jurisdictions where the domain applies, and over what the zone asks.
    pub state: State,
    /// Each jurisdiction's state; those of the other end last.
    pub by_jurisdiction: Vec<InJurisdiction>,
    /// Every rule's word.
    pub rows: Vec<Row>,
}

/// A pack as used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackUsed {
    /// The pack.
    pub pack: PackId,
    /// Its digest.
    pub digest_sha256: Digest,
}

/// Why a case could not be evaluated at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Stable code: `no-jurisdiction`, `too-many-jurisdictions`, `no-pack`, `canonical-form`.
    pub code: String,
    /// In words.
    pub detail: String,
}

/// Allow, deny or error. Each leaves a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// May proceed.
    Allow,
    /// A domain refuses.
    Deny,
    /// The case could not be evaluated; refuses.
    Error,
}

/// A decision. A value like any other: it opens nothing. What opens a write is
/// [`crate::Admission`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The evaluation procedure, [`ENGINE`].
    pub engine: String,
    /// The transition.
    pub kind: Kind,
    /// The realm of the rulebook.
    pub realm: Realm,
    /// The day whose law was applied.
    pub as_of: Date,
    /// The moment whose knowledge was used.
    pub known_at: Timestamp,
    /// The jurisdictions, sorted.
    pub jurisdictions: Vec<JurisdictionId>,
    /// SHA-256 of the canonical facts.
    pub facts_sha256: Option<Digest>,
    /// The other end of a corridor, where its law was asked as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub there: Option<There>,
    /// The packs used, sorted.
    pub packs: Vec<PackUsed>,
    /// The sanctions lists loaded, sorted.
    pub lists: Vec<Digest>,
    /// Age of the oldest list screened against, in days, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_age_days: Option<i64>,
    /// Domains for which a jurisdiction rests on the sandbox rulebook.
    pub unsourced: Vec<Domain>,
    /// First moment at which a fact a passing row stands on ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_expiry: Option<Timestamp>,
    /// Why it could not be evaluated; empty when it was.
    pub faults: Vec<Fault>,
    /// The 20 domains in ordinal order; empty only beside a fault.
    pub cells: Vec<Cell>,
}

/// A decision as it is recorded.
#[derive(Serialize)]
struct Recorded<'a> {
    #[serde(rename = "type")]
    type_: &'static str,
    outcome: Outcome,
    #[serde(flatten)]
    decision: &'a Decision,
}

/// [`Decision::commitment`] of a record.
pub(crate) fn commitment(record: &Canonical, salt: &[u8; 32]) -> Result<Digest, canon::Refusal> {
    // `Digest` of raw bytes is only borrowed here for its hexadecimal form.
    let salt = Canonical::of(&Digest::from_bytes(*salt))?;
    Ok(Canonical::object(&[("payload", record), ("salt", &salt)])?.digest())
}

/// A document that is not a decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDecision {
    /// Not the shape of a decision.
    #[error("not a decision document: {0}")]
    Shape(String),
    /// Says one thing and shows another.
    #[error("the decision contradicts itself: {0}")]
    Contradiction(&'static str),
}

impl Outcome {
    /// As it is recorded.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Error => "error",
        }
    }
}

impl Decision {
    /// Allow, deny or error.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match (self.faults.is_empty(), may_proceed(self)) {
            (false, _) => Outcome::Error,
            (true, true) => Outcome::Allow,
            (true, false) => Outcome::Deny,
        }
    }

    /// The cell of a domain.
    #[must_use]
    pub fn cell(&self, domain: Domain) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.domain == domain)
    }

    /// The decision as a document of type [`DECISION_TYPE`]; its canonical bytes are the record.
    #[must_use]
    pub fn document(&self) -> Value {
        // Every field is a string, a bounded integer, a bool or a list of those; this cannot fail.
        let mut document = serde_json::to_value(self).unwrap_or_else(|_| json!({}));
        if let Value::Object(map) = &mut document {
            if map.get("facts_sha256").is_some_and(Value::is_null) {
                map.remove("facts_sha256");
            }
            map.insert("type".into(), DECISION_TYPE.into());
            map.insert("outcome".into(), json!(self.outcome()));
        }
        document
    }

    /// The canonical record.
    ///
    /// # Errors
    /// A record over the limits of the canonical form.
    pub fn record(&self) -> Result<Canonical, canon::Refusal> {
        if self.facts_sha256.is_none() {
            return Canonical::of_value(&self.document());
        }
        Canonical::of(&Recorded { type_: DECISION_TYPE, outcome: self.outcome(), decision: self })
    }

    /// SHA-256(MCF({"payload": decision, "salt": hex})): what may leave the zone. The salt
    /// travels, and is erased, with the payload.
    ///
    /// # Errors
    /// A record over the limits of the canonical form.
    pub fn commitment(&self, salt: &[u8; 32]) -> Result<Digest, canon::Refusal> {
        commitment(&self.record()?, salt)
    }

    /// Read a record back.
    ///
    /// # Errors
    /// Another shape, or an outcome, cell state or order that its own rows contradict.
    pub fn parse(record: &Canonical) -> Result<Self, BadDecision> {
        let Value::Object(mut map) = record.value() else {
            return Err(BadDecision::Shape("not an object".into()));
        };
        if map.remove("type") != Some(json!(DECISION_TYPE)) {
            return Err(BadDecision::Shape(format!("`type` is not `{DECISION_TYPE}`")));
        }
        let outcome = map.remove("outcome");
        let decision: Self = serde_json::from_value(Value::Object(map))
            .map_err(|error| BadDecision::Shape(error.to_string()))?;
        if outcome != Some(json!(decision.outcome())) {
            return Err(BadDecision::Contradiction("`outcome` does not follow from the cells"));
        }
        decision.consistent()?;
        Ok(decision)
    }

    fn consistent(&self) -> Result<(), BadDecision> {
        let order = self.cells.iter().map(|cell| cell.domain).eq(Domain::ALL);
        if !(order && self.cells.len() == DOMAINS) && self.faults.is_empty() {
            return Err(BadDecision::Contradiction("not the 20 domains in order"));
        }
        if self.cells.iter().any(|cell| cell.state != cell.folded()) {
            return Err(BadDecision::Contradiction("a cell's state does not follow from its rows"));
        }
        Ok(())
    }
}

impl Cell {
    /// The fold of D7: minimum over the jurisdictions where the domain applies, not applicable only
    /// if so in all, never better than what the zone itself asks, and never compliant beside a rule
    /// that nobody has let settle anything.
    #[must_use]
    pub fn folded(&self) -> State {
        let law = self
            .by_jurisdiction
            .iter()
            .filter(|place| !place.left)
            .map(|place| place.state)
            .filter(|state| *state != State::NotApplicable)
            .min();
        let none =
            if self.by_jurisdiction.is_empty() { State::Pending } else { State::NotApplicable };
        self.rows
            .iter()
            .filter(|row| row.jurisdiction.is_none() || row.reason == Reason::NotStated)
            .filter(|row| row.counted)
            .map(|row| row.state)
            .fold(law.unwrap_or(none), State::meet)
    }
}
