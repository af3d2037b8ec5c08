//! What stands here of an answer whose record lies at Mass: everything but the record.

use canon::{Canonical, Digest, RecordId};
use registry::{Account, Entity, Payment};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::at_mass::{AtMass, Unwell};
use crate::refused::Refused;
use crate::zone::Zone;

/// In the place of `result`, in answers that are kept.
const MEMBER: &str = "result_at_mass";
/// What an answer about a payment says that is the zone's own: it stays in it.
const OWN: [&str; 4] = ["delivery", "lane_receipt", "payee_attestation_id", "status"];

/// Which record an answer shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stands {
    kind: String,
    id: String,
    /// Of the `result` as it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result_sha256: Option<Digest>,
    /// What else it told.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    own: Map<String, Value>,
}

impl Stands {
    pub(super) fn of(kind: &str, id: &str) -> Self {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        Self { kind, id, result_sha256: None, own: Map::new() }
    }

    /// An answer without the record it tells of.
    pub(crate) fn without(self, mut body: Value) -> Result<Value, Refused> {
        let Some(members) = body.as_object_mut() else { return Ok(body) };
        let mut result = members.remove("result").unwrap_or(Value::Null);
        let mut own = Map::new();
        if let ("payment", Some(told)) = (self.kind.as_str(), result.as_object_mut()) {
            let taken = OWN.iter().filter_map(|name| told.remove_entry(*name));
            own.extend(taken);
        }
        let digest = Canonical::of_value(&result).map_err(Refused::host)?.digest();
        let stands = Self { result_sha256: Some(digest), own, ..self };
        let stands = serde_json::to_value(&stands).map_err(Refused::host)?;
        members.insert(MEMBER.to_owned(), stands);
        Ok(body)
    }
}

impl Zone {
    /// A kept answer with its record, as Mass has it: the very same, or said that it is not.
    pub(crate) fn told_whole(&self, mut body: Value) -> Result<Value, Refused> {
        let Some(members) = body.as_object_mut() else { return Ok(body) };
        let Some(stands) = members.remove(MEMBER) else { return Ok(body) };
        let stands: Stands = serde_json::from_value(stands).map_err(Refused::host)?;
        let mut result = self.shown_again(&stands.kind, &stands.id)?;
        let digest = Canonical::of_value(&result).map_err(Refused::host)?.digest();
        if stands.result_sha256 != Some(digest) {
            let detail =
                "it was done, and what it was done to has moved on since: read that instead";
            return Err(AtMass::new(Unwell::MovedOn, detail).into());
        }
        if let Some(told) = result.as_object_mut() {
            told.extend(stands.own);
        }
        members.insert("result".to_owned(), result);
        Ok(body)
    }

    fn shown_again(&self, kind: &str, id: &str) -> Result<Value, Refused> {
        let now = self.now();
        let record = |id: &str| RecordId::parse(id).map_err(Refused::host);
        match kind {
            "entity" => Ok(crate::entity::shown(&self.need::<Entity>("entity", id)?.value)),
            "account" => {
                Ok(crate::account::shown(&self.need::<Account>("account", id)?.value, now))
            }
            "payment" => Ok(crate::payment::shown(&self.need::<Payment>("payment", id)?.value)),
            "transfer" => self.transfer_shown(&record(id)?),
            "tax-event" => self.tax_event(&record(id)?),
            "consent" => self.proposal(&record(id)?),
            _ => self.cap_table_told(id),
        }
    }
}
