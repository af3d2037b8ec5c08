//! An approval on its way to being used.

use canon::{EntityId, RecordId};
use registry::consent::Whose;
use registry::{Authorised, Consent, IllegalConsent, Operation};

use super::KIND;
use crate::entity::EntityEventAsk;
use crate::refused::Refused;
use crate::writes::{MovesMoney, Writes};
use crate::zone::{Loaded, Zone};

/// What a caller is told of what cannot be done with a proposal.
pub(crate) fn refused(illegal: &IllegalConsent) -> Refused {
    match illegal {
        IllegalConsent::Span
        | IllegalConsent::Rule(_)
        | IllegalConsent::OtherBody(_)
        | IllegalConsent::Form(_)
        | IllegalConsent::Ballot(_)
        | IllegalConsent::OtherProposal
        | IllegalConsent::ToOneself => Refused::invalid(illegal.code(), illegal),
        _ => Refused::conflict(illegal.code(), illegal),
    }
}

impl Zone {
    /// Use an approval for an operation of an entity: the proposal as it is written with it.
    pub(crate) fn use_consent(
        &self,
        id: &RecordId,
        entity: &EntityId,
        operation: &Operation,
    ) -> Result<(Loaded<Consent>, Authorised), Refused> {
        let kept: Loaded<Consent> = self.need(KIND, id.as_str())?;
        let basis = kept.value.proposal().electorate.basis();
        if self.roll(operation.body(), entity)?.is_some_and(|roll| !roll.is_where(basis)) {
            let detail = "a register says who decides this now, and others voted on the proposal";
            return Err(Refused::conflict("consent-required", detail));
        }
        let used = kept.value.authorise(&Whose::Entity(entity.clone()), operation, self.now());
        let (value, authorised) = used.map_err(|e| refused(&e))?;
        Ok((Loaded { rev: kept.rev, value }, authorised))
    }
}

impl Zone {
    /// The approval with which an entity begins to be wound up. Where the zone keeps no register of its members and none
    /// is named, stage 2 of the winding-up takes their vote as a document.
    pub(crate) fn dissolution_consent(
        &self,
        entity: &EntityId,
        event: &EntityEventAsk,
    ) -> Result<Option<Loaded<Consent>>, Refused> {
        let EntityEventAsk::InitiateDissolution { consent_id } = event else { return Ok(None) };
        match consent_id {
            Some(id) => {
                let (used, _) = self.use_consent(id, entity, &Operation::Dissolve {})?;
                Ok(Some(used))
            }
            None if self.cap_table_known(entity)?.is_some() => {
                let detail = "the members' approved proposal to dissolve is to be named";
                Err(Refused::conflict("consent-required", detail))
            }
            None => Ok(None),
        }
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// Write a proposal.
    pub(crate) fn consent(&mut self, kept: &Loaded<Consent>) -> Result<(), Refused> {
        self.record(KIND, kept.value.id().as_str(), kept.rev, &kept.value)
    }
}
