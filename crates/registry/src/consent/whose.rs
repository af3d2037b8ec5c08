//! Whose operation is put to the vote: an entity's, or the zone's own.

use canon::{EntityId, Timestamp, ZoneId};
use serde::{Deserialize, Serialize};

use super::electorate::Electorate;
use super::limits::{DESCRIPTION_CHARS_MAX, TITLE_CHARS_MAX};
use super::operation::{Body, Operation};
use super::proposal::Proposal;
use super::rule::DecisionRule;
use crate::text::Line;

/// Whose operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// An entity's: its members or its board decide.
    Entity(EntityId),
    /// The zone's own: its council decides.
    Zone(ZoneId),
}

impl Whose {
    /// Whether a body decides about what is theirs.
    #[must_use]
    pub const fn is_decided_by(&self, body: Body) -> bool {
        matches!(
            (self, body),
            (Self::Zone(_), Body::Council) | (Self::Entity(_), Body::Holders | Body::Board)
        )
    }
}

/// A proposal as it lies in records and is signed: `entity_id` or `zone_id`, one of them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProposalAtRest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entity_id: Option<EntityId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone_id: Option<ZoneId>,
    operation: Operation,
    title: Line<TITLE_CHARS_MAX>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Line<DESCRIPTION_CHARS_MAX>>,
    electorate: Electorate,
    rule: DecisionRule,
    opened: Timestamp,
    expires: Timestamp,
}

/// A proposal of nobody, or of two.
#[derive(Debug, thiserror::Error)]
#[error("a proposal is of one entity or of the zone")]
pub(super) struct OfNobody;

impl TryFrom<ProposalAtRest> for Proposal {
    type Error = OfNobody;
    fn try_from(kept: ProposalAtRest) -> Result<Self, OfNobody> {
        let whose = match (kept.entity_id, kept.zone_id) {
            (Some(entity), None) => Whose::Entity(entity),
            (None, Some(zone)) => Whose::Zone(zone),
            _ => return Err(OfNobody),
        };
        let ProposalAtRest { operation, title, description, electorate, rule, .. } = kept;
        let (opened, expires) = (kept.opened, kept.expires);
        Ok(Self { whose, operation, title, description, electorate, rule, opened, expires })
    }
}

impl From<Proposal> for ProposalAtRest {
    fn from(known: Proposal) -> Self {
        let Proposal { whose, operation, title, description, electorate, rule, opened, expires } =
            known;
        let (entity_id, zone_id) = match whose {
            Whose::Entity(entity) => (Some(entity), None),
            Whose::Zone(zone) => (None, Some(zone)),
        };
        Self {
            entity_id,
            zone_id,
            operation,
            title,
            description,
            electorate,
            rule,
            opened,
            expires,
        }
    }
}

impl Proposal {
    /// The entity whose operation it is, if it is not the zone's own.
    #[must_use]
    pub const fn entity(&self) -> Option<&EntityId> {
        match &self.whose {
            Whose::Entity(entity) => Some(entity),
            Whose::Zone(_) => None,
        }
    }
}
