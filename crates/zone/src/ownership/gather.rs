//! What law is told of an entry in a register of members: the entity, what happens, and whoever gets shares.

use std::collections::BTreeSet;

use canon::{Canonical, RecordId, Timestamp};
use law::sanctions::{Query, SubjectKind};
use law::{Admission, Kind, Provenance, Source};
use registry::ownership::HolderKind;
use registry::{CapTable, Dated, Entity, OwnershipEvent};

use super::subject;
use crate::facts::{named, subjects_of};
use crate::pipeline::{Judged, Question};
use crate::refused::Refused;
use crate::zone::Zone;

/// An entry, as law is asked about it.
pub(super) struct Asked<'a> {
    pub(super) entity: &'a Entity,
    /// The register with the entry.
    pub(super) table: &'a CapTable,
    pub(super) dated: &'a Dated,
}

impl Asked<'_> {
    /// Holders whom the entry is about.
    fn holders(&self) -> BTreeSet<&RecordId> {
        match &self.dated.event {
            OwnershipEvent::Enter { holder } => BTreeSet::from([&holder.holder_id]),
            OwnershipEvent::Issue { allotments, .. } => {
                allotments.as_slice().iter().map(|allotment| &allotment.holder_id).collect()
            }
            OwnershipEvent::Transfer { from, to, .. } => BTreeSet::from([from, to]),
            OwnershipEvent::Repurchase { holder_id, .. } => BTreeSet::from([holder_id]),
            OwnershipEvent::Grant { grant } => BTreeSet::from([&grant.holder_id]),
            OwnershipEvent::Exercise { grant_id, .. } => {
                let grant = self.table.grants().get(grant_id);
                grant.map(|grant| &grant.terms.holder_id).into_iter().collect()
            }
            OwnershipEvent::DeclareDividend { class_id, .. } => {
                let class = self.table.classes().get(class_id);
                class.into_iter().flat_map(|class| class.holdings.keys()).collect()
            }
            _ => BTreeSet::new(),
        }
    }

    /// Each of them as screened.
    fn queries(&self, now: Timestamp) -> Vec<Query> {
        let known = self.holders().into_iter().filter_map(|id| self.table.holders().get(id));
        let query = |holder: &registry::ownership::Holder| Query {
            kind: Some(match holder.kind {
                HolderKind::Person => SubjectKind::Person,
                HolderKind::Entity => SubjectKind::Organisation,
            }),
            ..named(holder.name.as_str(), now)
        };
        known.map(query).collect()
    }
}

impl Zone {
    /// Ask law about an entry; a refusal is recorded and told.
    pub(super) fn admit_ownership(
        &self,
        asked: &Asked<'_>,
        (now, by): (Timestamp, &str),
    ) -> Result<Judged<Admission>, Refused> {
        let mut gathered = self.gather(asked.entity, now)?;
        let digest = Canonical::of(asked.dated).map_err(Refused::host)?.digest();
        let name = asked.dated.event.name();
        gathered.state("ownership.event", name, Provenance::new(Source::Registry, digest))?;
        let mut all = subjects_of(asked.entity, now);
        all.extend(asked.queries(now));
        gathered.screen(self, &all)?;
        let subject = subject(asked.entity.id());
        let jurisdiction = asked.entity.formation().jurisdiction_id();
        let kind = Kind::OwnershipTransition;
        self.admit(&Question { kind, jurisdiction, by, subject: &subject, now }, gathered)
    }
}
