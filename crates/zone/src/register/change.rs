//! A change of what the register says of an entity.

use canon::{Date, EntityId, Timestamp};
use law::Kind;
use registry::{BadChange, Change, Effect, Entity};
use serde_json::Value;

use crate::caller::Scope;
use crate::entity::shown;
use crate::evidence::{EvidenceFile, Held, holds};
use crate::idempotency::Ask;
use crate::limits::EVIDENCE_KEPT_MAX;
use crate::pipeline::Question;
use crate::refused::{Envelope, Refused};
use crate::screening::Screened;
use crate::zone::{Loaded, Zone};

/// A change, the day from which it is so, and credentials about it.
#[derive(Clone, Debug)]
pub struct ChangeAsk {
    /// What changes.
    pub change: Change,
    /// First day on which it is so; today unless given.
    pub from: Option<Date>,
    /// Credentials about the entity as it is then.
    pub evidence: Vec<Value>,
}

fn refused(bad: &BadChange) -> Refused {
    match bad {
        BadChange::Future { .. } => Refused::invalid("effective-in-future", bad),
        BadChange::Backwards { .. } => Refused::conflict("effective-too-early", bad),
        BadChange::Same => Refused::conflict("register-unchanged", bad),
        BadChange::NotInOffice(_) => Refused::conflict("not-in-office", bad),
        BadChange::Full(_) => Refused::conflict("register-full", bad),
        BadChange::Closed(_) => Refused::conflict("illegal-transition", bad),
    }
}

/// Evidence held before that still lasts, and what was handed in now.
fn together(before: Vec<Held>, new: Vec<Held>, now: Timestamp) -> Result<Vec<Held>, Refused> {
    let fresh = |held: &Held| !new.iter().any(|n| n.credential_sha256 == held.credential_sha256);
    let mut all: Vec<Held> =
        before.into_iter().filter(|held| held.expires > now && fresh(held)).collect();
    all.extend(new);
    if all.len() > EVIDENCE_KEPT_MAX {
        let detail = format!("an entity keeps at most {EVIDENCE_KEPT_MAX} credentials in force");
        return Err(Refused::conflict("too-much-evidence", detail));
    }
    Ok(all)
}

impl Zone {
    /// Change what the register says of an entity: its name, office, owners or officers.
    ///
    /// # Errors
    /// See [`Refused`]; a refusal by law leaves its decision record.
    pub fn change_register(
        &self,
        ask: &Ask,
        id: &EntityId,
        asked: ChangeAsk,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let known: Loaded<Entity> = self.need("entity", id.as_str())?;
        let at = self.begun(now);
        let effect = Effect { from: asked.from.unwrap_or(at.date()), recorded: at };
        let event = asked.change.name();
        let declares = matches!(asked.change, Change::Declare { .. });
        let changed = known.value.clone().changed(asked.change, effect);
        let changed = changed.map_err(|bad| refused(&bad))?;
        let name = changed.formation().legal_name().to_owned();
        let new = self.read_evidence(&asked.evidence, &name, now)?;
        let file: Option<Loaded<EvidenceFile>> = self.load("evidence", id.as_str())?;
        let (file_rev, before) = file.map_or((None, Vec::new()), |f| (f.rev, f.value.held));
        let held = together(before, new, now)?;
        if declares && !matches!(holds(&held, changed.formation()), Some((true, _))) {
            let detail = "no credential in force names exactly the owners declared";
            return Err(Refused::invalid("owners-not-evidenced", detail));
        }
        let mut gathered = self.gather_with(&changed, &held, now)?;
        gathered.lifecycle(event, &changed)?;
        let screened = Screened::of(id, &gathered.screenings, &self.law(), now);
        let (by, subject) = (ask.caller.principal().as_str(), format!("entity:{id}"));
        let jurisdiction = changed.formation().jurisdiction_id().clone();
        let kind = Kind::EntityLifecycle;
        let question = Question { kind, jurisdiction: &jurisdiction, by, subject: &subject, now };
        let admission = self.admit(&question, gathered)?;
        let seed = self.salt()?;
        let credential = self.attest_disclosable(&admission, &subject, now, &seed)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.entity(&changed, known.rev)?;
        let file = EvidenceFile { type_: "MEZEvidence".to_owned(), entity_id: id.clone(), held };
        writes.record("evidence", id.as_str(), file_rev, &file)?;
        let compliance: Option<Loaded<Value>> = self.load("compliance", id.as_str())?;
        writes.compliance(id, compliance.and_then(|c| c.rev), &admission, &seed)?;
        let before: Option<Loaded<Screened>> = self.load("screening", id.as_str())?;
        writes.record("screening", id.as_str(), before.and_then(|b| b.rev), &screened)?;
        writes.answer_and_let_go(building, ask, 200, &admission, (shown(&changed), credential))
    }
}
