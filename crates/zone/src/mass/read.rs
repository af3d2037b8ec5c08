//! Reading a record that lies at Mass: fetched, and compared with the digest of what was put there.

use canon::{Amount, Canonical, Digest, Timestamp};
use registry::{Account, Entity, Payment, Status};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::at_mass::{AtMass, Unwell};
use super::calls::{BankAccount, Organization};
use super::client::{Client, brought, same};
use super::{AT_MASS, Primitives};
use crate::refused::Refused;
use crate::zone::{Zone, parse};

/// What is known here of a record at Mass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reference {
    #[serde(rename = "type")]
    type_: String,
    /// Its identifier there.
    pub(crate) mass_id: String,
    /// Of the record as it was put there; of an account without its balance, which Mass moves.
    pub(crate) record_sha256: Digest,
    at: Timestamp,
}

impl Reference {
    pub(super) fn of(mass_id: String, record_sha256: Digest, at: Timestamp) -> Self {
        Self { type_: "MEZMassReference".to_owned(), mass_id, record_sha256, at }
    }
}

impl Zone {
    /// The bytes of a record: as they lie in the store or, for what lies at Mass, as Mass has them.
    pub(crate) fn body_of(
        &self,
        (kind, id): (&str, &str),
        body: Vec<u8>,
    ) -> Result<Vec<u8>, Refused> {
        match self.primitives() {
            Primitives::Sovereign => Ok(body),
            Primitives::Mass(client) if AT_MASS.contains(&kind) => {
                let reference: Reference = parse((kind, id), &body)?;
                Ok(self.fetched(client, kind, &reference)?)
            }
            Primitives::Mass(_) => Ok(body),
        }
    }

    fn fetched(&self, client: &Client, kind: &str, known: &Reference) -> Result<Vec<u8>, AtMass> {
        let gone =
            || AtMass::new(Unwell::Differs, format!("Mass has no {kind} of this record any more"));
        let id = known.mass_id.as_str();
        match kind {
            "entity" => {
                let found = client.organization(id)?.ok_or_else(gone)?;
                let (body, _) = held(known, found.tags.iter().map(String::as_str))?;
                let entity: Entity = of(&body)?;
                if agrees(&found, &entity).is_err() {
                    // A change whose answer was lost left its own record there beside the one that is known here.
                    changed_under_way(&found, &entity)?;
                }
                Ok(body)
            }
            "account" => {
                let found = client.account(id)?.ok_or_else(gone)?;
                let (body, _) = held(known, std::iter::once(found.name.as_str()))?;
                self.balanced(&body, &found)
            }
            _ => {
                let found = client.transaction(id)?.ok_or_else(gone)?;
                let (body, _) = held(known, std::iter::once(found.reference.as_str()))?;
                let payment: Payment = of(&body)?;
                let amount = payment.amount().amount().to_decimal(self.now().date());
                let differs =
                    found.amount != amount || found.currency != payment.amount().currency().code();
                if differs {
                    return Err(AtMass::new(
                        Unwell::Differs,
                        "Mass has another amount of this payment",
                    ));
                }
                match found.settled() {
                    Ok(()) => Ok(body),
                    Err(AtMass { unwell: Unwell::Unreadable, detail }) => {
                        Err(AtMass::new(Unwell::Unreadable, detail))
                    }
                    Err(other) => Err(AtMass::new(Unwell::Differs, other.detail)),
                }
            }
        }
    }

    /// The account with the balance that Mass says it has now.
    fn balanced(&self, body: &[u8], found: &BankAccount) -> Result<Vec<u8>, AtMass> {
        let account: Account = of(body)?;
        let (currency, day) = (account.currency(), self.now().date());
        same("currency", &found.currency, currency.code())?;
        let minor = |text: &str| {
            let read = Amount::parse(text, currency, day);
            let bad = |_| AtMass::new(Unwell::Unreadable, "a balance of Mass is not an amount");
            read.map(|amount| amount.minor()).map_err(bad)
        };
        let (posted, available) = (minor(&found.balance)?, minor(&found.available)?);
        let unreadable = || AtMass::new(Unwell::Unreadable, "a balance of Mass cannot be");
        let reserved = posted.checked_sub(available).filter(|r| *r >= 0).ok_or_else(unreadable)?;
        let mut value: Value = of(body)?;
        let balance = value.get_mut("balance").and_then(Value::as_object_mut);
        if let Some(balance) = balance {
            balance.insert("posted".to_owned(), posted.to_string().into());
            balance.insert("reserved_out".to_owned(), reserved.to_string().into());
        }
        let canonical = Canonical::of_value(&value).map_err(|_| unreadable())?;
        Ok(canonical.bytes().to_vec())
    }
}

/// The record among texts of Mass, which must be the one that was put there.
fn held<'t>(
    known: &Reference,
    texts: impl Iterator<Item = &'t str>,
) -> Result<(Vec<u8>, Digest), AtMass> {
    for text in texts {
        if let Ok((body, digest)) = brought(text)
            && digest == known.record_sha256
        {
            return Ok((body, digest));
        }
    }
    Err(AtMass::new(Unwell::Differs, "what Mass holds is not the record that was put there"))
}

fn of<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, AtMass> {
    let unreadable = || AtMass::new(Unwell::Differs, "what Mass holds is no record of this zone");
    serde_json::from_slice(body).map_err(|_| unreadable())
}

/// That an organization stands as another record of the same entity says: one that was put there, and of which no
/// answer came. It counts for nothing until it is asked for again; what is known here goes on to be told.
fn changed_under_way(found: &Organization, known: &Entity) -> Result<(), AtMass> {
    let entities = found.tags.iter().filter_map(|tag| of::<Entity>(&brought(tag).ok()?.0).ok());
    let mut others = entities.filter(|one| one.id() == known.id() && one != known);
    match others.any(|one| agrees(found, &one).is_ok()) {
        true => Ok(()),
        false => agrees(found, known),
    }
}

/// An organization that was just made, or made before under the same key, is the one that was asked for.
pub(super) fn is_of(made: &Organization, entity: &Entity, carrier: &str) -> Result<(), AtMass> {
    let formation = entity.formation();
    same("name", &made.name, formation.legal_name())?;
    same("jurisdiction", &made.jurisdiction, formation.jurisdiction_id().as_str())?;
    same("legal form", &made.entity_type, formation.entity_type())?;
    same("status", &made.status, status_of(entity))?;
    if made.tags.iter().any(|tag| tag == carrier) {
        return Ok(());
    }
    Err(AtMass::new(Unwell::OfAnother, "the answer of Mass is of another record"))
}

/// The word of Mass for where an entity stands.
pub(super) fn status_of(entity: &Entity) -> &'static str {
    match entity.status() {
        Status::Active { .. } => "ACTIVE",
        Status::Suspended { .. } => "SUSPENDED",
        Status::Dissolved { .. } => "DISSOLVED",
        Status::Applied { .. } | Status::Dissolving(_) | Status::Rejected { .. } => "INACTIVE",
    }
}

/// What Mass says of an organization in words of its own is what the record says.
fn agrees(found: &Organization, entity: &Entity) -> Result<(), AtMass> {
    let formation = entity.formation();
    let agrees = found.name == formation.legal_name()
        && found.jurisdiction == formation.jurisdiction_id().as_str()
        && found.entity_type == formation.entity_type()
        && found.status == status_of(entity);
    if agrees {
        return Ok(());
    }
    Err(AtMass::new(Unwell::Differs, "Mass has changed the organization since it was put there"))
}
