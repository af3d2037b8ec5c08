//! The name a decision was made upon, where it is not among the facts beside it: the register at Mass has it. What was
//! refused before Mass heard of it lies beside the decision, sealed under a key that is in no copy of the data.
//!
//! Invariant: a name counts only where the facts with it have the digest that the decision commits to.

use canon::{Canonical, Digest, EntityId};
use law::{Facts, Kind};
use proof::base64;
use proof::personal::ZoneKey;
use registry::Entity;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Store;

use super::Primitives;
use super::at_mass::{AtMass, Unwell};
use super::read::Reference;
use super::tags::text_of;
use super::texts::held;
use crate::pipeline::Question;
use crate::refused::Refused;
use crate::zone::{Zone, parse};

/// The fact that is left out of the journal.
const NAME: &str = "entity.name";
/// A fact that is stated with it, by the same record.
const BESIDE: &str = "entity.type";
/// The member of an entry that says where the name is.
pub(crate) const MEMBER: &str = "name_lies";

/// Where a name is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Named {
    /// In the record of this entity, at Mass.
    Entity(EntityId),
    /// Here, sealed: Mass has never heard of it.
    Sealed(String),
}

impl Zone {
    /// The facts as the journal keeps them, and where the name is that is left out of them.
    pub(crate) fn facts_kept(
        &self,
        facts: Facts,
        (question, about): (&Question<'_>, Option<EntityId>),
        (refused, decision): (bool, Digest),
    ) -> (Facts, Option<Named>) {
        if !self.is_at_mass() || facts.get(NAME).is_none() {
            return (facts, None);
        }
        let mut kept = Facts::new();
        for (name, fact) in facts.iter().filter(|(name, _)| *name != NAME) {
            // It was stated before under the same name, so it can be stated.
            let _ = kept.state(name, fact.value.clone(), fact.provenance.clone());
        }
        // Only these are asked with a name that the register does not have yet.
        let new = matches!(question.kind, Kind::EntityForm | Kind::EntityLifecycle);
        let named = match facts.get(NAME).map(|fact| &fact.value) {
            Some(law::Value::Text(name)) if refused && new => self.name_sealed(decision, name),
            _ => about.or_else(|| of_entity(question.subject)).map(Named::Entity),
        };
        (kept, named)
    }

    /// Without a key for what is personal the name is not kept, and the decision is not made again.
    fn name_sealed(&self, decision: Digest, name: &str) -> Option<Named> {
        let (key, nonce) = (self.personal_key().ok()?, self.nonce().ok()?);
        let sealed = key.seal(&about(decision), nonce, name.as_bytes()).ok()?;
        Some(Named::Sealed(base64::encode(&sealed)))
    }
}

fn about(decision: Digest) -> String {
    format!("decision/{decision}/{NAME}")
}

fn of_entity(subject: &str) -> Option<EntityId> {
    EntityId::parse(subject.strip_prefix("entity:")?).ok()
}

/// What names are looked up with, beside the data of a zone that stands still.
pub struct Names<'n> {
    /// The data.
    pub store: &'n dyn Store,
    /// Where the zone's records lie.
    pub primitives: &'n Primitives,
    /// The key for what is personal, where it is at hand.
    pub key: Option<&'n ZoneKey>,
}

impl Names<'_> {
    /// An entry of the journal as it was decided: with the name among its facts. One whose name is not found, or is not
    /// the one it was decided upon, comes back as it lies.
    ///
    /// # Errors
    /// The store; what is wrong with Mass.
    pub fn whole(&self, mut entry: Value) -> Result<Value, Refused> {
        let Primitives::Mass(_) = self.primitives else { return Ok(entry) };
        let facts = entry.get("facts").filter(|facts| facts.get(NAME).is_none());
        let Some(facts) = facts.and_then(Value::as_object).cloned() else { return Ok(entry) };
        let Some(beside) = facts.get(BESIDE).cloned() else { return Ok(entry) };
        let wanted = entry.pointer("/body/facts_sha256").cloned().unwrap_or_default();
        for name in self.candidates(&entry)? {
            let (mut facts, mut fact) = (facts.clone(), beside.clone());
            if let Some(value) = fact.get_mut("value") {
                *value = serde_json::to_value(law::Value::Text(name)).map_err(Refused::host)?;
            }
            facts.insert(NAME.to_owned(), fact);
            let facts = Value::Object(facts);
            let digest = Canonical::of_value(&facts).map_err(Refused::host)?.digest();
            if wanted.as_str() == Some(digest.to_string().as_str()) {
                if let Some(members) = entry.as_object_mut() {
                    members.insert("facts".to_owned(), facts);
                }
                return Ok(entry);
            }
        }
        Ok(entry)
    }

    /// Names it may have been, the latest first.
    fn candidates(&self, entry: &Value) -> Result<Vec<String>, Refused> {
        let said = entry.get(MEMBER).cloned().map(serde_json::from_value).transpose();
        let subject = entry.get("subject").and_then(Value::as_str).unwrap_or_default();
        match said.map_err(Refused::host)?.or_else(|| of_entity(subject).map(Named::Entity)) {
            Some(Named::Entity(id)) => self.of_register(&id),
            Some(Named::Sealed(sealed)) => self.unsealed(entry, &sealed),
            None => Ok(Vec::new()),
        }
    }

    fn of_register(&self, id: &EntityId) -> Result<Vec<String>, Refused> {
        let (Primitives::Mass(client), Some(row)) =
            (self.primitives, self.store.record("entity", id.as_str())?)
        else {
            return Ok(Vec::new());
        };
        let known: Reference = parse(("entity", id.as_str()), &row.body)?;
        let gone = || AtMass::new(Unwell::Differs, "Mass has no organization of this entity");
        let found = client.organization(&known.mass_id)?.ok_or_else(gone)?;
        let texts = found.tags.iter().map(|tag| text_of(tag));
        let body = held(known.record_sha256, texts)?;
        let entity: Entity = parse(("entity", id.as_str()), &body)?;
        let register = entity.register();
        let names = register.names.iter().rev().map(|row| row.value.as_str().to_owned());
        Ok(names.collect())
    }

    fn unsealed(&self, entry: &Value, sealed: &str) -> Result<Vec<String>, Refused> {
        let Some(key) = self.key else { return Ok(Vec::new()) };
        let body = entry.get("body").cloned().unwrap_or_default();
        let decision = Canonical::of_value(&body).map_err(Refused::host)?.digest();
        let bytes = base64::decode(sealed).ok_or_else(|| Refused::host("base64"))?;
        let plain = key.open(&about(decision), &bytes).map_err(Refused::host)?;
        let name = String::from_utf8(plain.to_vec()).map_err(Refused::host)?;
        Ok(vec![name])
    }
}
