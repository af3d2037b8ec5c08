//! Applying for a license, and what happens to it afterwards.

use canon::{Date, Digest, RecordId, Timestamp};
use law::{Kind, Provenance, Source};
use registry::{
    Entity, IllegalLicense, License, LicenseEvent, LicenseInput, LicenseTerm, Line, Obligation,
    ObligationInput, Slug,
};
use serde::{Deserialize, Serialize};

use super::shown::shown;
use super::{KIND, subject};
use crate::account::acting;
use crate::caller::Scope;
use crate::facts::Gathered;
use crate::idempotency::Ask;
use crate::pipeline::{Judged, Question};
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// An application for a license.
pub type LicenseAct = LicenseInput;

/// What happens to a license, as asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum LicenseEventAsk {
    /// It is looked at.
    Review {},
    /// It is granted.
    Issue {
        /// Number on the document.
        number: String,
        /// First day.
        from: Date,
        /// First day no longer in force.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
        /// What the holder owes.
        #[serde(default)]
        obligations: Vec<ObligationInput>,
    },
    /// It is refused.
    Reject {
        /// Why.
        reason: String,
    },
    /// Suspended: not in force until it is reinstated.
    Suspend {
        /// Why.
        reason: String,
    },
    /// It is in force again.
    Reinstate {},
    /// Its term goes on.
    Renew {
        /// First day no longer in force.
        until: Date,
    },
    /// It is taken away.
    Revoke {
        /// Why.
        reason: String,
    },
    /// It is given back.
    Surrender {},
    /// Its term has passed.
    Expire {},
    /// An obligation was met.
    Meet {
        /// Which.
        obligation_id: String,
        /// SHA-256 of what shows it.
        evidence_sha256: Digest,
    },
}

fn field<T, E: std::fmt::Display>(pointer: &str, read: Result<T, E>) -> Result<T, Refused> {
    read.map_err(|bad| Refused::invalid("invalid-fields", format!("{pointer} {bad}")))
}

impl LicenseEventAsk {
    fn read(self) -> Result<LicenseEvent, Refused> {
        let why = |reason: &str| field("/reason", Line::parse(reason));
        Ok(match self {
            Self::Review {} => LicenseEvent::Review,
            Self::Issue { number, from, until, obligations } => LicenseEvent::Issue {
                number: field("/number", Line::parse(&number))?,
                term: LicenseTerm { from, until },
                obligations: Obligation::read_all(obligations)?,
            },
            Self::Reject { reason } => LicenseEvent::Reject(why(&reason)?),
            Self::Suspend { reason } => LicenseEvent::Suspend(why(&reason)?),
            Self::Reinstate {} => LicenseEvent::Reinstate,
            Self::Renew { until } => LicenseEvent::Renew { until },
            Self::Revoke { reason } => LicenseEvent::Revoke(why(&reason)?),
            Self::Surrender {} => LicenseEvent::Surrender,
            Self::Expire {} => LicenseEvent::Expire,
            Self::Meet { obligation_id, evidence_sha256 } => LicenseEvent::Meet {
                obligation_id: field("/obligation_id", Slug::parse(&obligation_id))?,
                evidence: evidence_sha256,
            },
        })
    }
}

fn illegal(why: &IllegalLicense) -> Refused {
    match why {
        IllegalLicense::NotOpen { .. } => Refused::conflict("illegal-transition", why),
        IllegalLicense::Term { .. } => Refused::invalid("bad-license-term", why),
        IllegalLicense::NotPassed { .. } => Refused::conflict("license-not-expired", why),
        IllegalLicense::Passed { .. } => Refused::conflict("license-expired", why),
        IllegalLicense::NotOwed(_) => Refused::conflict("obligation-not-owed", why),
        IllegalLicense::Obligations => Refused::invalid("bad-obligations", why),
    }
}

impl Zone {
    /// Apply for a license.
    ///
    /// # Errors
    /// See [`Refused`]; a refusal by law leaves its decision record.
    pub fn apply_for_license(&self, ask: &Ask, wanted: LicenseAct) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let holder: Entity = self.need("entity", wanted.entity_id.as_str())?.value;
        acting(&holder)?;
        let asked = wanted.try_into()?;
        let id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let license = License::applied(id.clone(), asked, now);
        if self.license_type(license.type_id()).is_none() {
            let detail = format!("no pack in force knows a license `{}`", license.type_id());
            return Err(Refused::invalid("license-type-unknown", detail));
        }
        let admission = self.admit_license(ask, (&license, "apply"), &holder, now)?;
        let (by, about) = (ask.caller.principal().as_str(), subject(&id));
        let credential = self.attest(&admission, &about, now)?;
        let mut writes = self.admitted(&admission, (now, by, &about))?;
        writes.record(KIND, id.as_str(), None, &license)?;
        writes.index(KIND, "holder", license.holder().as_str(), id.as_str());
        let told = (shown(&license, now.date()), credential);
        writes.answer_and_let_go(building, ask, 201, &admission, told)
    }

    /// Something happens to a license.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn change_license(
        &self,
        ask: &Ask,
        id: &RecordId,
        event: LicenseEventAsk,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let known: Loaded<License> = self.need(KIND, id.as_str())?;
        let holder: Entity = self.need("entity", known.value.holder().as_str())?.value;
        let event = event.read()?;
        if matches!(event, LicenseEvent::Issue { .. } | LicenseEvent::Reinstate) {
            acting(&holder)?;
        }
        let name = event.name();
        let changed = known.value.apply(event, now).map_err(|why| illegal(&why))?;
        let admission = self.admit_license(ask, (&changed, name), &holder, now)?;
        let (by, about) = (ask.caller.principal().as_str(), subject(id));
        let credential = self.attest(&admission, &about, now)?;
        let mut writes = self.admitted(&admission, (now, by, &about))?;
        writes.record(KIND, id.as_str(), known.rev, &changed)?;
        let told = (shown(&changed, now.date()), credential);
        writes.answer_and_let_go(building, ask, 200, &admission, told)
    }

    /// Ask law: about the holder, with what happens to which license.
    fn admit_license(
        &self,
        ask: &Ask,
        (license, event): (&License, &str),
        holder: &Entity,
        now: Timestamp,
    ) -> Result<Judged<law::Admission>, Refused> {
        let mut gathered: Gathered = self.gather(holder, now)?;
        let digest = canon::Canonical::of(license).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        gathered.state("license.type", license.type_id(), by.clone())?;
        gathered.state("license.event", event, by.clone())?;
        let overdue = license.obligations().iter().filter(|owed| owed.is_overdue(now.date()));
        let overdue = i64::try_from(overdue.count()).unwrap_or(i64::MAX);
        gathered.state("license.overdue", overdue, by)?;
        let about = subject(license.id());
        let question = Question {
            kind: Kind::LicenseTransition,
            jurisdiction: holder.formation().jurisdiction_id(),
            by: ask.caller.principal().as_str(),
            subject: &about,
            now,
        };
        self.admit(&question, gathered)
    }
}
