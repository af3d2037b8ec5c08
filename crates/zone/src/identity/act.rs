//! Registering somebody, and taking evidence about them.

use canon::{Canonical, EntityId, RecordId, Timestamp};
use law::sanctions::{Birth, Query, SubjectKind as Screened};
use law::{Admission, Kind, Provenance, Source};
use registry::{Entity, Particulars, SubjectKind};
use serde_json::Value;
use store::Building;

use super::kept::{Kept, Opened};
use super::shown::told;
use super::{KIND, subject};
use crate::caller::Scope;
use crate::facts::{Gathered, identifier};
use crate::idempotency::Ask;
use crate::limits::EVIDENCE_KEPT_MAX;
use crate::pipeline::{Judged, Question};
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

/// Somebody to be registered.
#[derive(Clone, Debug)]
pub struct RegisterPerson {
    /// What is known of them.
    pub particulars: Particulars,
    /// The entity of this zone that they are, or stand behind.
    pub entity_id: Option<EntityId>,
    /// Credentials about them.
    pub evidence: Vec<Value>,
}

/// Credentials about somebody.
#[derive(Clone, Debug)]
pub struct AddEvidence {
    /// The credentials.
    pub evidence: Vec<Value>,
}

/// Who is screened.
pub(super) fn query(particulars: &Particulars, now: Timestamp) -> Query {
    Query {
        names: vec![particulars.full_name().to_owned()],
        identifiers: particulars.identifiers().iter().map(identifier).collect(),
        kind: Some(match particulars.kind() {
            SubjectKind::Person => Screened::Person,
            SubjectKind::Organisation => Screened::Organisation,
        }),
        birth: particulars.birth_date().and_then(|day| Birth::parse(&day.to_string()).ok()),
        as_of: now.date(),
    }
}

impl Zone {
    /// Register somebody.
    ///
    /// # Errors
    /// See [`Refused`]; a refusal by law leaves its decision record.
    pub fn register_person(&self, ask: &Ask, wanted: RegisterPerson) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let ask = &self.veiled(ask)?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let RegisterPerson { particulars, entity_id, evidence } = wanted;
        if let Some(entity) = &entity_id {
            let _: Entity = self.need("entity", entity.as_str())?.value;
        }
        for blind in self.blinds(&particulars)? {
            if !self.store.find(KIND, "identifier", &blind, None, 1)?.is_empty() {
                let detail = "somebody with one of these identifiers is registered";
                return Err(Refused::conflict("identity-known", detail));
            }
        }
        let held = self.read_evidence(&evidence, particulars.full_name(), now)?;
        let id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let mut opened = Opened::new(self, &id, (particulars, entity_id), held, now)?;
        opened.seal(self)?;
        self.admitted_person(building, ask, (&opened, "register"), (201, now))
    }

    /// Take credentials about somebody; what has ended is let go.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn add_evidence(
        &self,
        ask: &Ask,
        id: &RecordId,
        add: &AddEvidence,
    ) -> Result<Envelope, Refused> {
        self.change_person(ask, id, "evidence", |zone, opened, now| {
            let name = opened.secret.particulars.full_name().to_owned();
            let new = zone.read_evidence(&add.evidence, &name, now)?;
            if new.is_empty() {
                return Err(Refused::invalid("no-evidence", "no credential was handed in"));
            }
            let held = &mut opened.secret.evidence;
            let digests: Vec<_> = new.iter().map(|held| held.credential_sha256).collect();
            held.retain(|old| old.expires > now && !digests.contains(&old.credential_sha256));
            held.extend(new);
            if held.len() > EVIDENCE_KEPT_MAX {
                let detail = format!("at most {EVIDENCE_KEPT_MAX} credentials in force are kept");
                return Err(Refused::conflict("too-much-evidence", detail));
            }
            Ok(())
        })
    }

    /// Change somebody who is known: open, change, seal, ask law, commit.
    pub(super) fn change_person(
        &self,
        ask: &Ask,
        id: &RecordId,
        event: &str,
        change: impl FnOnce(&Self, &mut Opened, Timestamp) -> Result<(), Refused>,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let ask = &self.veiled(ask)?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let mut opened = self.person_opened(id)?;
        change(self, &mut opened, now)?;
        opened.seal(self)?;
        self.admitted_person(building, ask, (&opened, event), (200, now))
    }

    fn admitted_person(
        &self,
        building: Building<'_>,
        ask: &Ask,
        (opened, event): (&Opened, &str),
        (status, now): (u16, Timestamp),
    ) -> Result<Envelope, Refused> {
        let admission = self.admit_person(ask, (opened, event), now)?;
        let about = subject(&opened.kept.identity_id);
        let by = ask.caller.principal().as_str();
        let credential = self.attest(&admission, &about, now)?;
        let screened = self.person_screened(&self.law(), opened, now)?;
        let mut writes = self.admitted(&admission, (now, by, &about))?;
        writes.person(self, opened)?;
        writes.person_screened(self, &screened)?;
        let told = (told(&opened.kept, now), credential);
        writes.answer_and_let_go(building, ask, status, &admission, told)
    }

    /// Ask law. What it is told, and what the journal keeps, names nobody: digests are salted, and of evidence only
    /// the types are told.
    pub(super) fn admit_person(
        &self,
        ask: &Ask,
        (opened, event): (&Opened, &str),
        now: Timestamp,
    ) -> Result<Judged<Admission>, Refused> {
        let Opened { kept, secret, .. } = opened;
        let mut gathered = Gathered::new();
        self.person_facts(&mut gathered, kept, now)?;
        let by = Provenance::new(Source::Registry, kept.commitment_sha256);
        gathered.state("identity.event", event, by)?;
        for held in &secret.evidence {
            let name = format!("evidence.{}", held.kind);
            let longer = |other: &&crate::evidence::Held| {
                other.kind == held.kind
                    && (other.expires, other.credential_sha256)
                        > (held.expires, held.credential_sha256)
            };
            if secret.evidence.iter().any(|other| longer(&other)) {
                continue;
            }
            let digest = secret.salted(held.credential_sha256);
            let by = Provenance::new(Source::Credential, digest);
            let by = by.by(held.issuer.clone()).until(held.expires);
            gathered.state(&name, true, by)?;
        }
        gathered.screen(self, &[query(&secret.particulars, now)])?;
        let found = Canonical::of(&gathered.screenings).map_err(Refused::host)?.digest();
        gathered.veil(secret.salted(found))?;
        let about = subject(&kept.identity_id);
        let question = Question {
            kind: Kind::IdentityTransition,
            jurisdiction: &self.here.participant.jurisdiction_id,
            by: ask.caller.principal().as_str(),
            subject: &about,
            now,
        };
        self.admit(&question, gathered)
    }

    /// `identity.kind` and `identity.tier`, which ends with the evidence it rests on.
    fn person_facts(
        &self,
        gathered: &mut Gathered,
        kept: &Kept,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let by = Provenance::new(Source::Registry, kept.commitment_sha256);
        gathered.state("identity.kind", kept.kind.name(), by.clone())?;
        let (tier, until) = kept.tier(now);
        let by = until.map_or_else(|| by.clone(), |until| by.clone().until(until));
        gathered.state("identity.tier", i64::from(tier.number()), by)
    }
}
