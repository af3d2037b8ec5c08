//! Licenses as law is told of them whenever their holder acts.

use canon::{Canonical, EntityId, Timestamp};
use law::{Provenance, Source};
use registry::License;

use super::KIND;
use crate::facts::Gathered;
use crate::limits::LICENSES_TOLD_MAX;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

impl Zone {
    /// The licenses of an entity, by id.
    pub(super) fn licenses_held(&self, holder: &EntityId) -> Result<Vec<License>, Refused> {
        let ids = self.store.find(KIND, "holder", holder.as_str(), None, LICENSES_TOLD_MAX)?;
        let load = |id: &String| {
            let found: Loaded<License> = self.need(KIND, id)?;
            Ok(found.value)
        };
        ids.iter().map(load).collect()
    }

    /// `entity.licenses` and `entity.licensed_activities`: what is in force now, until the first of them ends.
    pub(crate) fn licensed(
        &self,
        gathered: &mut Gathered,
        holder: &EntityId,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let held = self.licenses_held(holder)?;
        let today = now.date();
        let in_force: Vec<&License> =
            held.iter().filter(|license| license.is_in_force(today)).collect();
        let digest = Canonical::of(&in_force).map_err(Refused::host)?.digest();
        let mut by = Provenance::new(Source::Registry, digest);
        if let Some(end) = in_force.iter().filter_map(|license| license.until()).min() {
            by = by.until(end.start());
        }
        let types = in_force.iter().map(|license| license.type_id().to_owned());
        gathered.state("entity.licenses", law::Value::set(types), by.clone())?;
        let activities = in_force.iter().flat_map(|license| license.activities());
        let activities = law::Value::set(activities.map(str::to_owned));
        gathered.state("entity.licensed_activities", activities, by)
    }
}
