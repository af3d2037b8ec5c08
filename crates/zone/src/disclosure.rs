//! Showing chosen domains of an entity's decision and nothing of the others.
//!
//! The evaluation credential of a write about an entity carries the head of a table of that decision's
//! rows, one per jurisdiction (`law::tensor`, `spec/tensor.md`). The seed of their salts is kept with the
//! decision; whoever may read the decision may take disclosures from it, and the entity hands them on.

use std::collections::BTreeSet;

use canon::{Canonical, Digest, EntityId};
use law::tensor::{Domains, Sealed, Tensor};
use law::{Decision, Domain};
use proof::table::Table;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::refused::Refused;
use crate::tensor::ENTITY;
use crate::zone::{Loaded, Zone};

/// What of the record of an entity's latest admission a disclosure is made of.
#[derive(Deserialize)]
struct Kept {
    decision: Value,
    seed: Option<Digest>,
}

/// A decision's rows under a seed, in a table of their own.
fn rows(
    subject: &str,
    (decision, sha256): (&Decision, Digest),
    seed: &Digest,
) -> Result<(Table, Vec<Sealed>), Refused> {
    let mut tensor = Tensor::new();
    tensor.enter(0, subject, decision, sha256).map_err(Refused::host)?;
    let seal = |place| tensor.seal(subject, place, seed.as_bytes()).map_err(Refused::host);
    let places: BTreeSet<_> = decision.jurisdictions.iter().collect();
    let sealed = places.into_iter().filter_map(|place| seal(place).transpose());
    let sealed = sealed.collect::<Result<Vec<_>, _>>()?;
    Ok((sealed.iter().map(Sealed::row).collect(), sealed))
}

/// The digest of the head an evaluation credential carries.
pub(crate) fn head(
    subject: &str,
    decision: (&Decision, Digest),
    seed: &Digest,
) -> Result<Digest, Refused> {
    let (table, _) = rows(subject, decision, seed)?;
    table.head().digest().map_err(Refused::host)
}

impl Zone {
    /// Discloses domains of an entity's latest admission, one document per jurisdiction, each to be
    /// verified under `tensor_head_sha256` of the credential issued with that admission.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without an admission or the seed of one, `empty-slice` for no domain, or
    /// the store.
    pub fn disclose(&self, id: &EntityId, domains: &[Domain]) -> Result<Value, Refused> {
        let chosen: Domains = domains.iter().copied().collect();
        if chosen.is_empty() {
            return Err(Refused::invalid("empty-slice", "a disclosure names at least one domain"));
        }
        let Loaded { value: kept, .. }: Loaded<Kept> = self.need("compliance", id.as_str())?;
        let seed = kept.seed.ok_or_else(|| Refused::absent("disclosure", id.as_str()))?;
        let record = Canonical::of_value(&kept.decision).map_err(Refused::host)?;
        let decision = Decision::parse(&record).map_err(Refused::host)?;
        let subject = format!("{ENTITY}{id}");
        let (table, sealed) = rows(&subject, (&decision, record.digest()), &seed)?;
        let shown: Vec<_> = sealed.iter().filter_map(|row| row.disclose(&table, chosen)).collect();
        Ok(json!({
            "tensor_head_sha256": table.head().digest().map_err(Refused::host)?,
            "disclosures": shown,
        }))
    }
}
