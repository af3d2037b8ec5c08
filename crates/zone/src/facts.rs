//! From records, screenings and verified evidence to facts with provenance.

use canon::{Canonical, Date, Digest, EntityId, JurisdictionId, Timestamp};
use law::sanctions::{Birth, Identifier, Outcome, Query, Scheme, Screening, SubjectKind};
use law::{Facts, Kind, Provenance, Source};
use registry::{BeneficialOwner, Entity, Formation, OwnerKind};
use serde::Serialize;

use crate::evidence::{Held, holds};
use crate::identity::Found;
use crate::refused::Refused;
use crate::zone::Zone;

/// Facts being gathered for one case.
pub(crate) struct Gathered {
    pub(crate) facts: Facts,
    pub(crate) screenings: Vec<Screening>,
    /// The other end of a corridor, where its law is asked as well.
    pub(crate) there: Option<There>,
    /// The entity of the register that `entity.*` is of, where there is one.
    pub(crate) about: Option<EntityId>,
    /// What the registered persons behind the entities in it were found to be.
    pub(crate) behind: Vec<Found>,
}

/// A write as the law at the other end sees it.
pub(crate) struct There {
    pub(crate) kind: Kind,
    pub(crate) jurisdiction: JurisdictionId,
    pub(crate) facts: Facts,
}

fn registry(digest: Digest) -> Provenance {
    Provenance::new(Source::Registry, digest)
}

fn digest_of<T: Serialize>(value: &T) -> Result<Digest, Refused> {
    Ok(Canonical::of(value).map_err(Refused::host)?.digest())
}

impl Gathered {
    pub(crate) fn new() -> Self {
        Self {
            facts: Facts::new(),
            screenings: Vec::new(),
            there: None,
            about: None,
            behind: Vec::new(),
        }
    }

    pub(crate) fn state(
        &mut self,
        name: &str,
        value: impl Into<law::Value>,
        provenance: Provenance,
    ) -> Result<(), Refused> {
        self.facts.state(name, value, provenance).map_err(Refused::host)
    }

    /// `entity.*` and `owner.*` of an application or an entity of the register.
    pub(crate) fn formation(&mut self, formation: &Formation) -> Result<(), Refused> {
        let by = registry(digest_of(formation)?);
        self.state("entity.type", formation.entity_type(), by.clone())?;
        self.state("entity.name", formation.legal_name(), by.clone())?;
        self.state("entity.jurisdiction", formation.jurisdiction_id().as_str(), by.clone())?;
        self.state("entity.activity", formation.activity(), by.clone())?;
        let activities = law::Value::set([formation.activity().to_owned()]);
        self.state("entity.activities", activities, by.clone())?;
        let office = formation.registered_office();
        let office = office.is_some_and(|o| o.jurisdiction_id == *formation.jurisdiction_id());
        self.state("entity.registered_office", office, by.clone())?;
        let owners = i64::try_from(formation.owners().len()).unwrap_or(i64::MAX);
        self.state("owner.count", owners, by.clone())?;
        self.state("owner.percent_total_bp", i64::from(formation.owners_total_bp()), by.clone())?;
        self.state("owner.natural_persons", formation.owners_are_natural_persons(), by)
    }

    /// `entity.formed`: the day on which it came, or comes, into the register.
    pub(crate) fn formed(&mut self, formation: &Formation, day: Date) -> Result<(), Refused> {
        let by = registry(digest_of(&(formation, day))?);
        self.state("entity.formed", day, by)
    }

    /// `entity.status` of the register.
    pub(crate) fn status(&mut self, name: &str, entity: &Entity) -> Result<(), Refused> {
        self.state(name, entity.status().name(), registry(digest_of(entity)?))
    }

    /// Evidence held about an entity, with issuer and expiry.
    pub(crate) fn evidence(&mut self, held: &[Held], formation: &Formation) -> Result<(), Refused> {
        for item in held {
            // Of two of one type the one that lasts longer counts, whole: claims are never mixed.
            let rank = |item: &Held| (item.expires, item.credential_sha256);
            if held.iter().any(|other| other.kind == item.kind && rank(other) > rank(item)) {
                continue;
            }
            let name = format!("evidence.{}", item.kind);
            self.state(&name, true, item.provenance())?;
            for (claim, value) in &item.claims {
                self.state(&format!("{name}.{claim}"), value.clone(), item.provenance())?;
            }
        }
        if let Some((identified, by)) = holds(held, formation) {
            self.state("owner.identified", identified, by)?;
        }
        Ok(())
    }

    /// Forget who was screened: the facts stay, resting on a digest that tells nobody whom.
    pub(crate) fn veil(&mut self, digest: Digest) -> Result<(), Refused> {
        self.screenings.clear();
        for name in ["screening.clear", "screening.list_age_days"] {
            if let Some(value) = self.facts.get(name).map(|fact| fact.value.clone()) {
                self.state(name, value, Provenance::new(Source::Screening, digest))?;
            }
        }
        Ok(())
    }

    /// Screen each subject; clear only if every one of them is, and so is every person behind an entity of the case.
    pub(crate) fn screen(&mut self, zone: &Zone, subjects: &[Query]) -> Result<(), Refused> {
        let law = zone.law();
        let settled = |query: &Query| zone.settled(&law, query);
        let done: Vec<Screening> = subjects.iter().map(settled).collect::<Result<_, _>>()?;
        let behind: Vec<Digest> = self.behind.iter().map(|found| found.finding_sha256).collect();
        // Of persons a decision keeps no more than a digest under their own salt.
        let digest =
            if behind.is_empty() { digest_of(&done)? } else { digest_of(&(&done, behind))? };
        let by = Provenance::new(Source::Screening, digest);
        // Only a full look that found nothing clears; one that could not be made says nothing.
        let persons = |outcome| self.behind.iter().any(|found| found.outcome == outcome);
        let unclear = persons(Outcome::Hit) || persons(Outcome::Unknown);
        let hit =
            persons(Outcome::Hit) || done.iter().any(|screening| screening.outcome == Outcome::Hit);
        let clear = !unclear && !done.is_empty() && done.iter().all(Screening::is_clear);
        match hit || clear {
            true => self.state("screening.clear", clear, by.clone())?,
            // Whoever was looked at before may have been clear: of these nothing is known.
            false => self.facts.forget("screening.clear"),
        }
        if let Some(age) = done.iter().filter_map(|screening| screening.age_days).max() {
            self.state("screening.list_age_days", age, by)?;
        }
        self.screenings = done;
        Ok(())
    }
}

/// Whom to screen when an entity acts: the entity and every beneficial owner.
pub(crate) fn subjects(formation: &Formation, at: Timestamp) -> Vec<Query> {
    let as_of = at.date();
    let entity = Query {
        names: vec![formation.legal_name().to_owned()],
        identifiers: Vec::new(),
        kind: Some(SubjectKind::Organisation),
        birth: None,
        as_of,
    };
    let owners = formation.owners().iter().map(|owner| owner_query(owner, as_of));
    std::iter::once(entity).chain(owners).collect()
}

/// Whom to screen when an entity of the register acts: the entity, every beneficial owner, and who is in office.
pub(crate) fn subjects_of(entity: &Entity, at: Timestamp) -> Vec<Query> {
    let mut all = subjects(entity.formation(), at);
    all.extend(entity.in_office().map(|officer| Query {
        names: vec![officer.name.as_str().to_owned()],
        identifiers: officer.identifiers.iter().map(identifier).collect(),
        kind: Some(subject_kind(officer.kind)),
        birth: officer.birth_date.and_then(|date| Birth::parse(&date.to_string()).ok()),
        as_of: at.date(),
    }));
    all
}

/// A party known by name alone.
pub(crate) fn named(name: &str, at: Timestamp) -> Query {
    Query {
        names: vec![name.to_owned()],
        identifiers: Vec::new(),
        kind: None,
        birth: None,
        as_of: at.date(),
    }
}

pub(crate) fn identifier(known: &registry::Identifier) -> Identifier {
    Identifier {
        scheme: scheme(known.scheme.as_str()),
        value: known.value.as_str().into(),
        country: None,
    }
}

const fn subject_kind(kind: OwnerKind) -> SubjectKind {
    match kind {
        OwnerKind::Person => SubjectKind::Person,
        OwnerKind::Entity => SubjectKind::Organisation,
    }
}

fn owner_query(owner: &BeneficialOwner, as_of: canon::Date) -> Query {
    Query {
        names: vec![owner.name.as_str().to_owned()],
        identifiers: owner.identifiers.iter().map(identifier).collect(),
        kind: Some(subject_kind(owner.kind)),
        birth: owner.birth_date.and_then(|date| Birth::parse(&date.to_string()).ok()),
        as_of,
    }
}

/// Screening compares digits, not schemes; the scheme only explains a hit.
fn scheme(text: &str) -> Scheme {
    match text {
        "passport" => Scheme::Passport,
        "national_id" | "cnic" | "emirates_id" | "nric" => Scheme::NationalId,
        "ntn" | "tax_id" => Scheme::TaxId,
        "uen" | "registration" => Scheme::Registration,
        "lei" => Scheme::Lei,
        "bic" => Scheme::Bic,
        _ => Scheme::Other,
    }
}
