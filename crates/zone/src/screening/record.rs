//! What is on record about one entity: its latest finding, and under which lists.

use canon::{Digest, EntityId, Timestamp};
use law::sanctions::sweep::Finding;
use law::sanctions::{Outcome, Query, Screening, disposition};
use serde::{Deserialize, Serialize};

use crate::config::InForce;
use crate::refused::Refused;
use crate::zone::Zone;

/// Kind of the records.
pub(super) const SCREENING: &str = "screening";

/// The latest screening of an entity and its owners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Screened {
    /// Always `MEZScreened`.
    #[serde(rename = "type")]
    type_: String,
    entity_id: EntityId,
    at: Timestamp,
    /// The lists it was screened against.
    pub(super) lists_sha256: Digest,
    /// What came out, the entity and its owners together.
    pub(super) finding: Finding,
}

impl Screened {
    pub(crate) fn of(id: &EntityId, done: &[Screening], law: &InForce, at: Timestamp) -> Self {
        Self {
            type_: "MEZScreened".to_owned(),
            entity_id: id.clone(),
            at,
            lists_sha256: law.lists_sha256(),
            finding: finding(done),
        }
    }
}

/// One finding of several screenings: a hit among them is a hit, and clear is only what is clear
/// throughout.
fn finding(done: &[Screening]) -> Finding {
    let any = |outcome| done.iter().any(|screening| screening.outcome == outcome);
    let outcome = match (any(Outcome::Hit), any(Outcome::Unknown) || done.is_empty()) {
        (true, _) => Outcome::Hit,
        (false, true) => Outcome::Unknown,
        (false, false) => Outcome::Clear,
    };
    let hits = done.iter().flat_map(|screening| Finding::from(screening).hits);
    Finding { outcome, hits: hits.collect() }
}

impl Zone {
    /// Screen one subject, and take out of the outcome what two officers decided about its hits.
    pub(crate) fn settled(&self, law: &InForce, query: &Query) -> Result<Screening, Refused> {
        let mut screening = law.screen(query);
        if screening.outcome != Outcome::Hit {
            return Ok(screening);
        }
        let subject_sha256 = query.digest().map_err(Refused::host)?;
        screening.subject_sha256 = Some(subject_sha256);
        let decided = self.decided(subject_sha256)?;
        if decided.is_empty() {
            return Ok(screening);
        }
        let subject = subject_sha256.to_string();
        let record = |hit: &law::sanctions::Hit| law.screener.record_sha256(&hit.list, &hit.entry);
        let on = query.as_of;
        let settled =
            disposition::settle(&screening, &subject, subject_sha256, record, &decided, on);
        Ok(settled.applied(screening))
    }
}
