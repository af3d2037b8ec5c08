//! Taking a credential that says whether an entity files returns.

use canon::EntityId;
use law::Kind;
use registry::Entity;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::caller::Scope;
use crate::evidence::{EvidenceFile, Held};
use crate::idempotency::Ask;
use crate::limits::EVIDENCE_MAX;
use crate::pipeline::Question;
use crate::refused::{Envelope, Refused};
use crate::zone::{Loaded, Zone};

/// The kind of evidence that states it.
const TAX_STATUS: &str = "tax_status";

/// A request to take evidence of a filer's status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxStatusAsk {
    /// Whose.
    pub entity_id: EntityId,
    /// A credential of an anchored issuer, of type `MEZTaxStatusCredential`.
    pub credential: Value,
}

impl Zone {
    /// Verify evidence of a filer's status, and keep it with the entity's other evidence.
    ///
    /// # Errors
    /// See [`Refused`]; `evidence-not-accepted` for anything but a valid credential about that entity's tax status.
    pub fn take_tax_status(&self, ask: &Ask, stated: &TaxStatusAsk) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Registrar, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let id = stated.entity_id.as_str();
        let entity: Entity = self.need("entity", id)?.value;
        let documents = std::slice::from_ref(&stated.credential);
        let held = self.read_evidence(documents, entity.formation().legal_name(), now)?;
        let new = held.into_iter().next().filter(|held| held.kind == TAX_STATUS);
        let new = new.ok_or_else(|| {
            Refused::invalid("evidence-not-accepted", "the credential states no tax status")
        })?;
        let mut gathered = self.gather(&entity, now)?;
        gathered.tax_step("status", &entity)?;
        let (by, subject) = (ask.caller.principal().as_str(), format!("entity:{id}"));
        let jurisdiction = entity.formation().jurisdiction_id();
        let question =
            Question { kind: Kind::TaxTransition, jurisdiction, by, subject: &subject, now };
        let admission = self.admit(&question, gathered)?;
        let file: Option<Loaded<EvidenceFile>> = self.load("evidence", id)?;
        let rev = file.as_ref().and_then(|file| file.rev);
        let kept = file.map(|file| file.value.held).unwrap_or_default();
        let held = replaced(kept, new)?;
        let told: Vec<Value> =
            held.iter().filter(|held| held.kind == TAX_STATUS).map(told).collect();
        let type_ = "MEZEvidence".to_owned();
        let file = EvidenceFile { type_, entity_id: stated.entity_id.clone(), held };
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.record("evidence", id, rev, &file)?;
        let result = json!({ "entity_id": id, "tax_status": told });
        writes.answer_and_let_go(building, ask, 201, &admission, (result, credential))
    }
}

/// What is known now: the later word of whoever said it before takes its place.
fn replaced(kept: Vec<Held>, new: Held) -> Result<Vec<Held>, Refused> {
    let day = |held: &Held| held.claims.get("from").cloned();
    let older = |known: &&Held| known.kind == TAX_STATUS && day(known) > day(&new);
    if kept.iter().any(|known| older(&known)) {
        let detail = "a credential held says what has been so since a later day";
        return Err(Refused::conflict("tax-status-older", detail));
    }
    let mut held: Vec<Held> = kept.into_iter().filter(|known| known.kind != TAX_STATUS).collect();
    held.push(new);
    if held.len() > EVIDENCE_MAX {
        let detail = format!("an entity has at most {EVIDENCE_MAX} credentials");
        return Err(Refused::conflict("too-much-evidence", detail));
    }
    Ok(held)
}

fn told(held: &Held) -> Value {
    json!({
        "filer": held.claims.get("filer"),
        "credential_sha256": held.credential_sha256,
        "issuer": held.issuer,
        "expires": held.expires,
    })
}
