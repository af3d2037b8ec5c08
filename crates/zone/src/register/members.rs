//! Members of an entity whose stake reaches the threshold of law, and whether the declared owners name them.
//!
//! The register of members says who holds shares, the declaration who stands behind the entity. Where the first shows a
//! stake that law calls an owner's and the second is silent, somebody has to ask: it is told, and decides nothing.

use canon::EntityId;
use registry::ownership::HolderKind;
use registry::{BeneficialOwner, Day, OwnerKind, Row};
use serde_json::{Value, json};

use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// Who holds so much of the shares or of the votes, by the register of members; nothing where there is none.
    pub(super) fn members_over(
        &self,
        id: &EntityId,
        (day, threshold_bp): (Day, i64),
        declared: &[&Row<BeneficialOwner>],
    ) -> Result<Option<Vec<Value>>, Refused> {
        let Some(table) = self.cap_table_as_known(id, day)? else { return Ok(None) };
        let named = |name: &str, kind: OwnerKind| {
            declared
                .iter()
                .any(|row| row.value.kind == kind && row.value.name.as_str().to_lowercase() == name)
        };
        let over = table
            .stakes()
            .into_iter()
            .filter(|(_, stake)| i64::from(stake.shares_bp.max(stake.votes_bp)) >= threshold_bp);
        let told = over.filter_map(|(holder_id, stake)| {
            let holder = table.holders().get(holder_id)?;
            let kind = match holder.kind {
                HolderKind::Person => OwnerKind::Person,
                HolderKind::Entity => OwnerKind::Entity,
            };
            Some(json!({
                "holder_id": holder_id,
                "name": holder.name,
                "kind": holder.kind,
                "shares_bp": stake.shares_bp,
                "votes_bp": stake.votes_bp,
                "declared": named(&holder.name.as_str().to_lowercase(), kind),
            }))
        });
        Ok(Some(told.collect()))
    }
}
