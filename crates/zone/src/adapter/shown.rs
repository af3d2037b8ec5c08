//! How every adapter stands, and what was kept of one question.

use canon::RecordId;
use serde_json::{Value, json};

use super::evidence::{EVIDENCE, Evidence};
use super::{Standing, System};
use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// Every system known by name: whether it can be asked, how its circuit stands, what it last did.
    #[must_use]
    pub fn adapters(&self) -> Value {
        let standing = self.national().map(|national| national.standing()).unwrap_or_default();
        let realm = self.national().map(|national| national.realm());
        let of = |system: System| match standing.iter().find(|one| one.adapter == system) {
            Some(one) => configured(one, realm == Some(canon::Realm::Sandbox)),
            None => json!({ "adapter": system, "configured": false, "client": true }),
        };
        let mut items: Vec<Value> = System::ALL.into_iter().map(of).collect();
        let without = System::WITHOUT_CLIENT.into_iter();
        items.extend(
            without.map(|name| json!({ "adapter": name, "configured": false, "client": false })),
        );
        json!({ "realm": realm, "items": items })
    }

    /// What was kept of one question to a national system.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn adapter_evidence(&self, id: &RecordId) -> Result<Value, Refused> {
        let kept = self.need::<Evidence>(EVIDENCE, id.as_str())?.value;
        serde_json::to_value(kept).map_err(Refused::host)
    }
}

fn configured(one: &Standing, simulated: bool) -> Value {
    let mut told = serde_json::to_value(one).unwrap_or(Value::Null);
    if let Value::Object(members) = &mut told {
        members.insert("configured".to_owned(), true.into());
        members.insert("client".to_owned(), true.into());
        members.insert("simulated".to_owned(), simulated.into());
    }
    told
}
