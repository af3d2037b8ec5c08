//! What is kept of a question: that it was asked, what came of it, and what it is now known to say of an entity.

use std::collections::BTreeMap;

use canon::{Did, Digest, EntityId, Realm, Timestamp};
use law::{Provenance, Source};
use registry::national::Ntn;
use registry::{Entity, OwnerKind};
use serde::{Deserialize, Serialize};

use super::{Heard, Question, System, Unanswered};
use crate::facts::Gathered;
use crate::refused::Refused;
use crate::writes::{Admitted, OnDuty, Writes};
use crate::zone::{Loaded, Zone};

/// One question and what came of it.
pub(super) const EVIDENCE: &str = "adapter-evidence";
/// What is known of one entity.
const FILE: &str = "adapter-file";
/// The entry of a file that is about the entity itself.
const OF_ENTITY: &str = "ntn";

/// Why nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reason {
    pub(super) code: String,
    pub(super) detail: String,
    pub(super) remedy: String,
}

impl Reason {
    pub(super) fn of(why: &Unanswered) -> Self {
        // The connection's own words may name machines: they are the operator's, in `GET /v1/adapters`.
        let detail = match why {
            Unanswered::Unreachable { system, .. } => format!("`{system}` cannot be reached"),
            other => other.to_string(),
        };
        Self { code: why.code().to_owned(), detail, remedy: why.remedy().to_owned() }
    }
}

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    sha256: Digest,
    key: Did,
    signed_at: Timestamp,
    expires: Timestamp,
    /// What was signed, and the signature over it.
    signature_base: String,
    signature: String,
    /// The answer itself, unless it is of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Kept of every question, also of one in vain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Evidence {
    #[serde(rename = "type")]
    type_: String,
    pub(super) evidence_id: String,
    adapter: System,
    realm: Realm,
    question: String,
    about: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entity_id: Option<EntityId>,
    pub(super) request_sha256: Digest,
    asked_at: Timestamp,
    /// `verified`, `not_verified` or `pending`.
    pub(super) outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Said>,
}

/// What was asked, of whom, and when.
pub(super) struct Asked<'a> {
    pub(super) question: &'a Question,
    pub(super) request_sha256: Digest,
    pub(super) entity_id: Option<&'a EntityId>,
    pub(super) realm: Realm,
    pub(super) at: Timestamp,
}

/// What came of it: whether it is so, until when, or why that is not known.
pub(super) type Came<'a> = Result<(&'a Heard, bool, Timestamp), Reason>;

impl Evidence {
    pub(super) fn of(evidence_id: String, asked: &Asked<'_>, came: &Came<'_>) -> Self {
        let keeps = !asked.question.is_personal();
        let (outcome, reason, answer) = match came {
            Err(reason) => ("pending", Some(reason.clone()), None),
            Ok((heard, so, expires)) => {
                let said = Said {
                    sha256: heard.answer_sha256,
                    key: heard.key.clone(),
                    signed_at: heard.signed_at,
                    expires: *expires,
                    signature_base: heard.base.clone(),
                    signature: heard.signature.clone(),
                    text: keeps.then(|| String::from_utf8_lossy(&heard.body).into_owned()),
                };
                (if *so { "verified" } else { "not_verified" }, None, Some(said))
            }
        };
        Self {
            type_: "MEZAdapterEvidence".to_owned(),
            evidence_id,
            adapter: asked.question.system(),
            realm: asked.realm,
            question: asked.question.name().to_owned(),
            about: asked.question.about(),
            entity_id: asked.entity_id.cloned(),
            request_sha256: asked.request_sha256,
            asked_at: asked.at,
            outcome: outcome.to_owned(),
            reason,
            answer,
        }
    }
}

impl Evidence {
    /// The number a taxpayer was asked about by.
    pub(super) fn ntn(&self) -> Option<Ntn> {
        Ntn::parse(self.about.strip_prefix("ntn:")?).ok()
    }
}

/// The last answer about an entity, or one of its owners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    pub(super) evidence_id: String,
    pub(super) answer_sha256: Digest,
    pub(super) key: Did,
    pub(super) expires: Timestamp,
    pub(super) verified: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) filer_status: Option<String>,
}

impl Known {
    pub(super) fn provenance(&self) -> Provenance {
        Provenance::new(Source::Adapter, self.answer_sha256)
            .by(self.key.clone())
            .until(self.expires)
    }
}

/// All that national systems said of one entity: `ntn`, and `cnic:<name>` of each owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(rename = "type")]
    type_: String,
    entity_id: EntityId,
    known: BTreeMap<String, Known>,
}

/// Under which name the answer to a question is kept in a file.
pub(super) fn place(question: &Question) -> Option<String> {
    match question {
        Question::Cnic(asked) => Some(format!("cnic:{}", asked.full_name.as_str())),
        Question::Ntn(_) => Some(OF_ENTITY.to_owned()),
        _ => None,
    }
}

impl Zone {
    /// What FBR last said of an entity's number.
    pub(super) fn taxpayer_known(&self, id: &EntityId) -> Result<Option<Known>, Refused> {
        let file = self.adapter_file(id)?;
        Ok(file.and_then(|file| file.value.known.get(OF_ENTITY).cloned()))
    }

    fn adapter_file(&self, id: &EntityId) -> Result<Option<Loaded<File>>, Refused> {
        self.load(FILE, id.as_str())
    }

    /// `subject.*` of an entity: what national systems said of it and of its owners, each ending with its answer.
    pub(crate) fn gather_national(
        &self,
        gathered: &mut Gathered,
        entity: &Entity,
    ) -> Result<(), Refused> {
        let Some(file) = self.adapter_file(entity.id())? else { return Ok(()) };
        let known = &file.value.known;
        if let Some(taxpayer) = known.get(OF_ENTITY) {
            gathered.taxpayer(taxpayer)?;
        }
        let people = entity.formation().owners().iter().filter(|o| o.kind == OwnerKind::Person);
        let said: Option<Vec<&Known>> =
            people.map(|owner| known.get(&format!("cnic:{}", owner.name.as_str()))).collect();
        // Of all of them or of none: one owner nobody asked about leaves the question open.
        let Some(said) = said.filter(|said| !said.is_empty()) else { return Ok(()) };
        let all = said.iter().all(|known| known.verified);
        let first = said.iter().min_by_key(|known| (known.verified, known.expires));
        match first {
            Some(first) => gathered.state("subject.cnic_verified", all, first.provenance()),
            None => Ok(()),
        }
    }
}

impl Gathered {
    /// `subject.ntn_verified` and, once that is so, `subject.filer_status`.
    pub(super) fn taxpayer(&mut self, known: &Known) -> Result<(), Refused> {
        self.state("subject.ntn_verified", known.verified, known.provenance())?;
        match known.filer_status.as_deref().filter(|_| known.verified) {
            Some(status) => self.state("subject.filer_status", status, known.provenance()),
            None => Ok(()),
        }
    }

    /// What is known of one end of a payment as a taxpayer, from the facts gathered of it.
    pub(crate) fn files_as(&mut self, role: &str, of: Option<law::Fact>) -> Result<(), Refused> {
        let Some(fact) = of else { return Ok(()) };
        self.state(&format!("{role}.filer_status"), fact.value, fact.provenance)
    }
}

impl Writes<'_, OnDuty> {
    /// Keep what came of sending a payment: the answer that ends it, or why there is none yet.
    pub(super) fn evidence_of_rail(&mut self, evidence: &Evidence) -> Result<(), Refused> {
        self.put(EVIDENCE, &evidence.evidence_id, None, evidence)
    }
}

impl Writes<'_, Admitted> {
    /// Keep what came of a question, and what it says of an entity. A question in vain takes nothing away.
    pub(super) fn adapter_evidence(
        &mut self,
        zone: &Zone,
        evidence: &Evidence,
        (entity_id, place, known): (Option<&EntityId>, Option<String>, Option<Known>),
    ) -> Result<(), Refused> {
        self.record(EVIDENCE, &evidence.evidence_id, None, evidence)?;
        let (Some(id), Some(place), Some(known)) = (entity_id, place, known) else {
            return Ok(());
        };
        let fresh = || File {
            type_: "MEZAdapterFile".to_owned(),
            entity_id: id.clone(),
            known: BTreeMap::new(),
        };
        let file = zone.adapter_file(id)?;
        let (rev, mut file) = file.map_or_else(|| (None, fresh()), |file| (file.rev, file.value));
        file.known.insert(place, known);
        self.record(FILE, id.as_str(), rev, &file)
    }
}
