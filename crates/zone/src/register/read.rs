//! The register of one entity as of a day, by what was known at a moment.

use canon::{Date, EntityId, JurisdictionId, Timestamp};
use registry::{BeneficialOwner, Day, Entity, Row};
use serde_json::{Value, json};

use crate::refused::Refused;
use crate::zone::Zone;

/// What is to be read; an absent field means: now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegisterQuery {
    /// The day.
    pub as_of: Option<Date>,
    /// The moment whose knowledge is meant.
    pub known_at: Option<Timestamp>,
}

/// Names under which packs state from which share on an owner is one in the sense of their law.
const THRESHOLDS: [&str; 3] = ["owner_share_bp", "ubo_share_bp", "bot_owner_bp"];

impl RegisterQuery {
    fn day(self, now: Timestamp) -> Day {
        let known_at = self.known_at.unwrap_or(now).min(now);
        Day { as_of: self.as_of.unwrap_or_else(|| known_at.date()), known_at }
    }
}

/// A share from which law calls somebody a beneficial owner, and where it is written.
struct Threshold {
    bp: i64,
    told: Value,
}

impl Zone {
    /// What the law of a place says on a day, the most special pack first; none where no pack has a sourced figure.
    fn threshold(&self, place: &JurisdictionId, day: Date) -> Option<Threshold> {
        let law = self.law();
        let chain = law.rulebook.chain(place);
        let in_force = |p: &&law::Parameter| {
            THRESHOLDS.contains(&p.name.as_str())
                && p.from <= day
                && p.until.is_none_or(|until| day < until)
        };
        let found = chain.iter().find_map(|pack| {
            let parameter = pack.parameters().iter().find(in_force)?;
            let law::Value::Int(bp) = parameter.value else { return None };
            Some((pack.id().clone(), parameter, bp))
        });
        found.map(|(pack, parameter, bp)| Threshold {
            bp,
            told: json!({
                "share_bp": bp,
                "pack": pack,
                "parameter": parameter.name,
                "from": parameter.from,
                "citation": parameter.citation,
            }),
        })
    }

    /// Name, office, owners, officers and licenses of an entity on a day.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn register_of(&self, id: &EntityId, query: RegisterQuery) -> Result<Value, Refused> {
        let entity: Entity = self.need("entity", id.as_str())?.value;
        let day = query.day(self.now());
        let register = entity.register();
        let threshold = self.threshold(entity.formation().jurisdiction_id(), day.as_of);
        let owner = |row: &Row<BeneficialOwner>| {
            let over = threshold
                .as_ref()
                .map(|threshold| i64::from(row.value.ownership_bp) >= threshold.bp);
            json!({
                "owner": row.value,
                "from": row.from,
                "recorded": row.recorded,
                "ended": row.ended,
                "reaches_threshold": over,
            })
        };
        let officer = |(number, row): (usize, &Row<registry::Officer>)| {
            json!({
                "number": number,
                "officer": row.value,
                "from": row.from,
                "recorded": row.recorded,
                "ended": row.ended,
            })
        };
        let total: u32 = register.owners(day).map(|row| u32::from(row.value.ownership_bp)).sum();
        let declared: Vec<&Row<BeneficialOwner>> = register.owners(day).collect();
        let members = match &threshold {
            Some(threshold) => self.members_over(id, (day, threshold.bp), &declared)?,
            None => None,
        };
        Ok(json!({
            "entity_id": id,
            "as_of": day.as_of,
            "known_at": day.known_at,
            "status": entity.status().name(),
            "legal_name": register.name(day),
            "registered_office": register.office(day),
            "owners": declared.into_iter().map(owner).collect::<Vec<_>>(),
            "owners_total_bp": total,
            "threshold": threshold.as_ref().map(|threshold| &threshold.told),
            "members_over_threshold": members,
            "officers": register.officers(day).map(officer).collect::<Vec<_>>(),
            "licenses": self.licenses_on(id, day.as_of)?,
        }))
    }
}
