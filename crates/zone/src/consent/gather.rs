//! What law is told of a proposal and what happens to it.

use canon::{Canonical, Timestamp};
use law::{Admission, Kind, Provenance, Source};
use registry::{Consent, Entity};

use super::subject;
use crate::pipeline::{Judged, Question};
use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// Ask law whether a proposal may be opened, voted on or called off; a refusal is recorded and told.
    pub(super) fn admit_consent(
        &self,
        consent: &Consent,
        event: &'static str,
        (now, by): (Timestamp, &str),
    ) -> Result<Judged<Admission>, Refused> {
        let proposal = consent.proposal();
        let of = proposal.entity().ok_or_else(|| Refused::host("a proposal of no entity"))?;
        let entity: Entity = self.need("entity", of.as_str())?.value;
        let mut gathered = self.gather(&entity, now)?;
        let digest = Canonical::of(consent).map_err(Refused::host)?.digest();
        let provenance = Provenance::new(Source::Registry, digest);
        gathered.state("consent.event", event, provenance.clone())?;
        gathered.state("consent.operation", proposal.operation.name(), provenance)?;
        let subject = subject(consent.id());
        let jurisdiction = entity.formation().jurisdiction_id();
        let kind = Kind::ConsentTransition;
        self.admit(&Question { kind, jurisdiction, by, subject: &subject, now }, gathered)
    }
}
