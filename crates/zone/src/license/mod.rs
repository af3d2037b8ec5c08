//! Licenses: granted here under law, to an entity of this zone, of a type the packs in force name.
//!
//! Invariant: what law is told of licenses comes from the register, and ends with the first license it rests on. A
//! license past its term is told of nowhere, said to be expired or not.

mod act;
mod facts;
mod shown;

use serde_json::Value;

pub use act::{LicenseAct, LicenseEventAsk};

use crate::zone::Zone;

/// The kind of record.
const KIND: &str = "license";

/// Whose act a decision is about.
fn subject(id: &canon::RecordId) -> String {
    format!("license:{id}")
}

impl Zone {
    /// The row of a type of license, of a pack in force.
    fn license_type(&self, id: &str) -> Option<Value> {
        let law = self.law();
        let here = &self.here.participant.jurisdiction_id;
        let rows = law.rulebook.chain(here).into_iter().filter_map(|pack| pack.table("licenses"));
        let rows = rows.filter_map(Value::as_array).flatten();
        rows.into_iter().find(|row| row.get("id").and_then(Value::as_str) == Some(id)).cloned()
    }

    /// Every type of license of the packs in force here.
    #[must_use]
    pub fn license_types(&self) -> Vec<Value> {
        let law = self.law();
        let here = &self.here.participant.jurisdiction_id;
        let rows = law.rulebook.chain(here).into_iter().filter_map(|pack| pack.table("licenses"));
        rows.filter_map(Value::as_array).flatten().cloned().collect()
    }
}
