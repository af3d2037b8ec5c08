//! Who must have signed a transition, by role and class of transitions.
//!
//! What the agreements say of it is one ruleset with a digest among the corridor's others, so that a receipt repeats
//! it and a lane alone tells that there is such a rule. A corridor without it asks for its writer's signature only.

use canon::{Canonical, Did, Digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::agreement::{ActivationTerms, Threshold};
use super::error::HandshakeError;
use crate::lane::{Class, TransitionKind};
use crate::limits::{HOLDERS_MAX, PARTIES, THRESHOLDS_MAX};

/// Rules of one corridor about who signs; its digest is one of the corridor's rulesets.
pub const THRESHOLDS_RULESET: &str = "mez.corridor.thresholds.v1";

/// A part somebody has in a corridor.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One of the two zones.
    Zone,
    /// Mirrors and verifies again.
    Watcher,
    /// Cosigns checkpoints.
    Witness,
    /// Supervises.
    Regulator,
}

impl Role {
    const ALL: [Self; 4] = [Self::Zone, Self::Watcher, Self::Witness, Self::Regulator];

    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Watcher => "watcher",
            Self::Witness => "witness",
            Self::Regulator => "regulator",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text)
    }
}

/// Who has a role that is not a zone's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleHolders {
    /// The role.
    pub role: String,
    /// Each by the `did:key` it signs with, ascending.
    pub holders: Vec<Did>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) class: Class,
    pub(crate) role: Role,
    pub(crate) required: u32,
    /// Empty for zones.
    pub(crate) holders: Vec<Did>,
}

/// What a corridor asks of its transitions beside the writer's signature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    rules: Vec<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
}

impl Rules {
    /// The rules both agreements state.
    ///
    /// # Errors
    /// A role nobody knows, or nobody has; a threshold that can never or need never be met.
    pub fn of(activation: &ActivationTerms, parties: [&Did; 2]) -> Result<Self, HandshakeError> {
        Self::between(activation, &parties)
    }

    /// The same where perhaps no party is known.
    pub(super) fn between(
        activation: &ActivationTerms,
        parties: &[&Did],
    ) -> Result<Self, HandshakeError> {
        let both = u32::try_from(PARTIES).unwrap_or(u32::MAX);
        let begins = Threshold { class: None, role: "zone".to_owned(), required: both, of: both };
        let (first, rows) =
            activation.thresholds.split_first().ok_or(HandshakeError::PeerThresholds("none"))?;
        let known = |role: &str| Role::parse(role).ok_or_else(|| unknown(role));
        if let Some(row) = activation.thresholds.iter().find(|row| Role::parse(&row.role).is_none())
        {
            return Err(unknown(&row.role));
        }
        if *first != begins || rows.len() > THRESHOLDS_MAX {
            return Err(HandshakeError::PeerTerms("activation.thresholds"));
        }
        for group in &activation.holders {
            let ordered = group.holders.iter().zip(group.holders.iter().skip(1));
            let sound = known(&group.role)? != Role::Zone
                && (1..=HOLDERS_MAX).contains(&group.holders.len())
                && ordered.clone().all(|(a, b)| a < b)
                && group.holders.iter().all(|did| !parties.contains(&did));
            if !sound {
                return Err(HandshakeError::PeerThresholds("holders"));
            }
        }
        let mut rules = Vec::with_capacity(rows.len());
        for row in rows {
            let (role, class) = (known(&row.role)?, row.class);
            let class = class.ok_or(HandshakeError::PeerTerms("activation.thresholds"))?;
            let holders = match role {
                Role::Zone => Vec::new(),
                _ => {
                    let of = activation.holders.iter().find(|group| group.role == row.role);
                    of.map(|group| group.holders.clone()).ok_or_else(|| unknown(&row.role))?
                }
            };
            let of = if role == Role::Zone { PARTIES } else { holders.len() };
            let met = u32::try_from(of) == Ok(row.of) && (1..=row.of).contains(&row.required);
            if !met || rules.iter().any(|one: &Rule| (one.class, one.role) == (class, role)) {
                return Err(HandshakeError::PeerThresholds("required"));
            }
            rules.push(Rule { class, role, required: row.required, holders });
        }
        if rules.is_empty() {
            return match activation.holders.is_empty() {
                true => Ok(Self::default()),
                false => Err(HandshakeError::PeerThresholds("holders")),
            };
        }
        let said = json!({
            "type": "MEZRuleset",
            "ruleset_id": THRESHOLDS_RULESET,
            "holders": activation.holders,
            "thresholds": rows,
        });
        let digest =
            Canonical::of_value(&said).map_err(|_| HandshakeError::PeerThresholds("form"))?;
        Ok(Self { rules, digest: Some(digest.digest()) })
    }

    /// Nothing beside the writer's signature.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What a corridor with these rules carries among its rulesets.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Whether an endorsement by this holder of a role counts for transitions of a class.
    #[must_use]
    pub fn asks(&self, class: Class, role: Role, holder: &Did) -> bool {
        let of = |rule: &&Rule| rule.class == class && rule.role == role;
        self.rules
            .iter()
            .find(of)
            .is_some_and(|rule| role == Role::Zone || rule.holders.contains(holder))
    }

    /// What is asked of a kind. Nothing of those that stop at once, and of those that keep the books of a lane: neither
    /// may wait for anybody.
    pub(crate) fn of_kind(&self, kind: TransitionKind) -> impl Iterator<Item = &Rule> {
        use TransitionKind::{Ack, ForkResolve, Halt, KeyRotate, Suspend};
        let free = matches!(kind, Ack | ForkResolve | Halt | KeyRotate | Suspend);
        self.rules.iter().filter(move |rule| !free && rule.class == kind.class())
    }
}

fn unknown(role: &str) -> HandshakeError {
    HandshakeError::PeerRole(role.chars().take(40).collect())
}
