//! Entities: form, change, read.

use canon::{EntityId, RecordId, Timestamp};
use law::Kind;
use registry::{Entity, EntityEvent, Formation, Line, StageEvidence};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::caller::Scope;
use crate::evidence::{EvidenceFile, Held};
use crate::facts::{Gathered, subjects, subjects_of};
use crate::idempotency::Ask;
use crate::pipeline::Question;
use crate::refused::{Envelope, Refused};
use crate::screening::Screened;
use crate::writes::{Admitted, Writes};
use crate::zone::{Loaded, Page, Zone};

/// A request to form an entity.
#[derive(Clone, Debug)]
pub struct FormEntity {
    /// The application.
    pub formation: Formation,
    /// Credentials about it.
    pub evidence: Vec<Value>,
}

/// A change of an entity's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum EntityEventAsk {
    /// Suspended: it may not act until it is reinstated.
    Suspend {
        /// Why.
        reason: String,
    },
    /// It may act again.
    Reinstate {},
    /// Its winding-up begins.
    InitiateDissolution {
        /// The members' approved proposal; needed where the zone keeps their register.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        consent_id: Option<RecordId>,
    },
    /// The present stage of winding-up is done.
    Advance {
        /// What the stage leaves behind.
        evidence: StageEvidence,
    },
}

impl EntityEventAsk {
    fn at(self, at: Timestamp) -> Result<EntityEvent, Refused> {
        Ok(match self {
            Self::Suspend { reason } => {
                let reason = Line::parse(&reason)
                    .map_err(|bad| Refused::invalid("invalid-fields", format!("/reason {bad}")))?;
                EntityEvent::Suspend { at, reason }
            }
            Self::Reinstate {} => EntityEvent::Reinstate { at },
            Self::InitiateDissolution { .. } => EntityEvent::InitiateDissolution { at },
            Self::Advance { evidence } => EntityEvent::Advance { at, evidence },
        })
    }
}

/// Beneficial owners as told to a reader: personal data stays in the zone.
pub(crate) fn shown(entity: &Entity) -> Value {
    serde_json::to_value(entity).unwrap_or(Value::Null)
}

impl Zone {
    /// Form an entity: admit under all 20 domains, record it as ACTIVE, attest, journal.
    ///
    /// # Errors
    /// See [`Refused`]; a refusal by law leaves its decision record.
    pub fn form_entity(&self, ask: &Ask, form: FormEntity) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let formation = form.formation;
        self.own_jurisdiction(&formation)?;
        let held = self.read_evidence(&form.evidence, formation.legal_name(), now)?;
        let mut gathered = Gathered::new();
        gathered.formation(&formation)?;
        gathered.formed(&formation, now.date())?;
        gathered.evidence(&held, &formation)?;
        gathered.screen(self, &subjects(&formation, now))?;
        let at = self.begun(now);
        let id = EntityId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let screened = Screened::of(&id, &gathered.screenings, &self.law(), now);
        let (by, subject) = (ask.caller.principal().as_str(), format!("entity:{id}"));
        let jurisdiction = formation.jurisdiction_id().clone();
        let question = Question {
            kind: Kind::EntityForm,
            jurisdiction: &jurisdiction,
            by,
            subject: &subject,
            now,
        };
        let admission = self.admit(&question, gathered)?;
        let entity = Entity::applied(id.clone(), formation, at);
        let entity = entity.apply(EntityEvent::Approve { at }).map_err(Refused::host)?;
        let seed = self.salt()?;
        let credential = self.attest_disclosable(&admission, &subject, now, &seed)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.entity(&entity, None)?;
        let file = EvidenceFile { type_: "MEZEvidence".to_owned(), entity_id: id.clone(), held };
        writes.record("evidence", id.as_str(), None, &file)?;
        writes.compliance(&id, None, &admission, &seed)?;
        writes.record("screening", id.as_str(), None, &screened)?;
        writes.answer_and_let_go(building, ask, 201, &admission, (shown(&entity), credential))
    }

    /// A zone forms entities under its own jurisdiction alone: the caller does not choose the law.
    fn own_jurisdiction(&self, formation: &Formation) -> Result<(), Refused> {
        let own = &self.here.participant.jurisdiction_id;
        if formation.jurisdiction_id() == own {
            return Ok(());
        }
        let asked = formation.jurisdiction_id();
        let detail = format!("this zone forms entities under `{own}`, not under `{asked}`");
        Err(Refused::invalid("jurisdiction-not-of-zone", detail))
    }

    /// Change an entity's status.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn change_entity(
        &self,
        ask: &Ask,
        id: &EntityId,
        event: EntityEventAsk,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let known: Loaded<Entity> = self.need("entity", id.as_str())?;
        let consent = self.dissolution_consent(id, &event)?;
        let event = event.at(self.begun(now))?;
        let mut gathered = self.gather(&known.value, now)?;
        gathered.lifecycle(event.name(), &known.value)?;
        let (by, subject) = (ask.caller.principal().as_str(), format!("entity:{id}"));
        let jurisdiction = known.value.formation().jurisdiction_id().clone();
        let question = Question {
            kind: Kind::EntityLifecycle,
            jurisdiction: &jurisdiction,
            by,
            subject: &subject,
            now,
        };
        let changed = known.value.clone().apply(event);
        let changed = changed.map_err(|e| Refused::conflict("illegal-transition", e))?;
        let admission = self.admit(&question, gathered)?;
        let seed = self.salt()?;
        let credential = self.attest_disclosable(&admission, &subject, now, &seed)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.entity(&changed, known.rev)?;
        if let Some(consent) = &consent {
            writes.consent(consent)?;
        }
        let compliance: Option<Loaded<Value>> = self.load("compliance", id.as_str())?;
        writes.compliance(id, compliance.and_then(|c| c.rev), &admission, &seed)?;
        writes.answer_and_let_go(building, ask, 200, &admission, (shown(&changed), credential))
    }

    /// Everything known about an entity, as facts for whatever it does next.
    pub(crate) fn gather(&self, entity: &Entity, now: Timestamp) -> Result<Gathered, Refused> {
        let file: Option<Loaded<EvidenceFile>> = self.load("evidence", entity.id().as_str())?;
        let held = file.map(|file| file.value.held).unwrap_or_default();
        self.gather_with(entity, &held, now)
    }

    /// The same, upon evidence that may be more than what lies in the store.
    pub(crate) fn gather_with(
        &self,
        entity: &Entity,
        held: &[Held],
        now: Timestamp,
    ) -> Result<Gathered, Refused> {
        let mut gathered = Gathered::new();
        gathered.about = Some(entity.id().clone());
        gathered.behind = self.found_behind(entity.id(), now)?;
        gathered.formation(entity.formation())?;
        gathered.formed(entity.formation(), entity.applied_at().date())?;
        gathered.status("entity.status", entity)?;
        gathered.evidence(held, entity.formation())?;
        self.licensed(&mut gathered, entity.id(), now)?;
        self.gather_national(&mut gathered, entity)?;
        gathered.screen(self, &subjects_of(entity, now))?;
        Ok(gathered)
    }

    /// One entity.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn entity(&self, id: &EntityId) -> Result<Value, Refused> {
        Ok(shown(&self.need::<Entity>("entity", id.as_str())?.value))
    }

    /// A page of entities by id.
    ///
    /// # Errors
    /// The store.
    pub fn entities(&self, after: Option<&str>, limit: usize) -> Result<Page, Refused> {
        self.list("entity", after, limit)
    }
}

impl Gathered {
    pub(crate) fn lifecycle(&mut self, event: &str, entity: &Entity) -> Result<(), Refused> {
        let digest = canon::Canonical::of(entity).map_err(Refused::host)?.digest();
        let by = law::Provenance::new(law::Source::Registry, digest);
        self.state("lifecycle.event", event, by)
    }
}

impl Writes<'_, Admitted> {
    /// Write an entity, which is found by its name.
    pub(crate) fn entity(&mut self, entity: &Entity, rev: Option<u64>) -> Result<(), Refused> {
        self.record("entity", entity.id().as_str(), rev, entity)?;
        if !self.is_at_mass() {
            let name = entity.formation().legal_name().to_lowercase();
            self.index("entity", "name", &name, entity.id().as_str());
        }
        Ok(())
    }

    /// Keep the entity's latest admission, and the seed under which its domains can be shown.
    pub(crate) fn compliance(
        &mut self,
        id: &EntityId,
        old_rev: Option<u64>,
        admission: &law::Admission,
        seed: &canon::Digest,
    ) -> Result<(), Refused> {
        let value = json!({
            "type": "MEZCompliance",
            "seed": seed,
            "entity_id": id,
            "journal_sequence": self.sequence,
            "decision": admission.record().value(),
        });
        self.record("compliance", id.as_str(), old_rev, &value)
    }
}
