//! Reading a record that lies at Mass: fetched, and compared with the digest of what was put there.

use canon::{AccountId, Amount, Canonical, Currency, Digest, Timestamp};
use registry::fiscal::Transfer;
use registry::{Account, AccountKind, Entity, Status};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::at_mass::{AtMass, Unwell};
use super::calls::{BankAccount, Organization};
use super::carry::PROMISES_MAX;
use super::client::{Client, same};
use super::plan::{PROMISED, reserves};
use super::tags::text_of;
use super::texts::{brought, held};
use super::{AT_MASS, Primitives};
use crate::refused::Refused;
use crate::zone::{Loaded, Zone, parse};

/// Before the currency, in the name of the account that money comes out of.
pub(super) const TREASURY: &str = "treasury:";

/// What is known here of a record at Mass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reference {
    #[serde(rename = "type")]
    type_: String,
    /// Identifier there of what it lies in; empty for the account that money comes out of, which the configuration names.
    pub(crate) mass_id: String,
    pub(super) lies: Lies,
    /// Of the record as it was put there; of an account without its balance, which Mass moves.
    pub(crate) record_sha256: Digest,
    /// Of a payment: of what Mass says of it in words of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) said_sha256: Option<Digest>,
    at: Timestamp,
}

/// In what a record lies at Mass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Lies {
    /// In the name of an account.
    Account,
    /// In a tag of an organization.
    Organization,
    /// In the reference of a payment.
    Transaction,
}

impl Reference {
    pub(super) fn of((mass_id, lies): (&str, Lies), record_sha256: Digest, at: Timestamp) -> Self {
        let (type_, mass_id) = ("MEZMassReference".to_owned(), mass_id.to_owned());
        Self { type_, mass_id, lies, record_sha256, said_sha256: None, at }
    }

    /// The same of a payment, with what Mass says of it.
    pub(super) fn saying(self, said_sha256: Digest) -> Self {
        Self { said_sha256: Some(said_sha256), ..self }
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
                self.fetched(client, (kind, id), &reference)
            }
            Primitives::Mass(_) => Ok(body),
        }
    }

    fn fetched(
        &self,
        client: &Client,
        (kind, id): (&str, &str),
        known: &Reference,
    ) -> Result<Vec<u8>, Refused> {
        let gone =
            || AtMass::new(Unwell::Differs, format!("Mass has no {kind} of this record any more"));
        match known.lies {
            Lies::Organization => {
                let found = client.organization(&known.mass_id)?.ok_or_else(gone)?;
                let texts = found.tags.iter().map(|tag| text_of(tag));
                let body = held(known.record_sha256, texts)?;
                if kind == "entity" {
                    let entity: Entity = of(&body)?;
                    if agrees(&found, &entity).is_err() {
                        // A change whose answer was lost left its own record there beside the one that is known here.
                        changed_under_way(&found, &entity)?;
                    }
                }
                Ok(body)
            }
            Lies::Account => {
                if let Some(currency) = id.strip_prefix(TREASURY) {
                    // It was not opened by this zone, so no name there carries it.
                    let currency = Currency::parse(currency).map_err(Refused::host)?;
                    let account = Account::standing(AccountKind::Treasury {}, currency, known.at);
                    let found = client.account(client.funding(currency)?)?.ok_or_else(gone)?;
                    return self.balanced(&account.map_err(Refused::host)?, &found);
                }
                let (account, found) = client.held_account(known)?;
                self.balanced(&account, &found)
            }
            Lies::Transaction => {
                let found = client.transaction(&known.mass_id)?.ok_or_else(gone)?;
                let body = held(known.record_sha256, std::iter::once(found.reference.as_str()))?;
                if known.said_sha256 != Some(found.said()) {
                    let detail = "Mass has another amount or payer of this payment";
                    return Err(AtMass::new(Unwell::Differs, detail).into());
                }
                match found.settled() {
                    Ok(()) => Ok(body),
                    Err(why) if why.unwell == Unwell::Unreadable => Err(why.into()),
                    Err(why) => Err(AtMass::new(Unwell::Differs, why.detail).into()),
                }
            }
        }
    }

    /// One of the zone's own accounts that may owe, without what is on it: nobody asks before it is booked on.
    pub(crate) fn standing_at_mass(
        &self,
        kind: &AccountKind,
        account: &Account,
    ) -> Result<Option<Loaded<Account>>, Refused> {
        if !kind.allows_negative() || matches!(self.primitives(), Primitives::Sovereign) {
            return Ok(None);
        }
        let id = account.id().clone();
        let Some(record) = self.store.record("account", id.as_str())? else {
            return Ok(Some(Loaded { rev: None, value: account.clone() }));
        };
        let known: Reference = parse(("account", id.as_str()), &record.body)?;
        let value = Account::standing(kind.clone(), account.currency(), known.at);
        let value = value.map_err(Refused::host)?;
        Ok(Some(Loaded { rev: Some(record.rev), value }))
    }

    /// The account with what is on it: as Mass says now or, where these data are not all that was signed with them, as
    /// the postings come to that they know. Mass may have moved on since.
    fn balanced(&self, account: &Account, found: &BankAccount) -> Result<Vec<u8>, Refused> {
        let there = self.balance_there(account, found)?;
        let balance = match self.in_doubt() {
            None => there,
            Some(_) => {
                let (coming, going) = self.promises_of(account.id())?;
                (self.posted_as_known(account)?, coming, going)
            }
        };
        let value = with_balance(account, balance)?;
        let unreadable = |_| AtMass::new(Unwell::Unreadable, "a balance of Mass cannot be");
        let canonical = Canonical::of_value(&value).map_err(unreadable)?;
        Ok(canonical.bytes().to_vec())
    }

    /// What Mass says is on an account, with what is promised of it here: that lies on another account there.
    pub(super) fn balance_there(
        &self,
        account: &Account,
        found: &BankAccount,
    ) -> Result<(i128, i128, i128), Refused> {
        let (currency, day) = (account.currency(), self.now().date());
        same("currency", &found.currency, currency.code())?;
        let minor = |text: &str| {
            let read = Amount::parse(text, currency, day);
            let bad = |_| AtMass::new(Unwell::Unreadable, "a balance of Mass is not an amount");
            read.map(|amount| amount.minor()).map_err(bad)
        };
        let unreadable = || AtMass::new(Unwell::Unreadable, "a balance of Mass cannot be");
        let (coming, going) = self.promises_of(account.id())?;
        let posted = minor(&found.balance)?.checked_add(going).ok_or_else(unreadable)?;
        let reserved = posted.checked_sub(minor(&found.available)?).filter(|r| *r >= 0);
        Ok((posted, coming, reserved.ok_or_else(unreadable)?))
    }

    /// What promises give to an account, and take from it.
    fn promises_of(&self, account: &AccountId) -> Result<(i128, i128), Refused> {
        let ids =
            self.store.find("transfer", PROMISED, account.as_str(), None, PROMISES_MAX + 1)?;
        let (mut coming, mut going) = (0_i128, 0_i128);
        for id in ids {
            let transfer: Transfer = self.need("transfer", &id)?.value;
            let overflow = || Refused::host("promises do not fit 128 bits");
            let (to, from) = reserves(&transfer, account).ok_or_else(overflow)?;
            coming = coming.checked_add(to).ok_or_else(overflow)?;
            going = going.checked_add(from).ok_or_else(overflow)?;
        }
        Ok((coming, going))
    }
}

impl Client {
    /// An account that was opened there, and what Mass says of it.
    pub(super) fn held_account(&self, known: &Reference) -> Result<(Account, BankAccount), AtMass> {
        let gone = || AtMass::new(Unwell::Differs, "Mass has no account of this record any more");
        let found = self.account(&known.mass_id)?.ok_or_else(gone)?;
        let body = held(known.record_sha256, std::iter::once(found.name.as_str()))?;
        Ok((of(&body)?, found))
    }
}

/// An account as JSON with another balance: booked, coming, going.
pub(super) fn with_balance(
    account: &Account,
    (posted, coming, going): (i128, i128, i128),
) -> Result<Value, Refused> {
    let mut value = serde_json::to_value(account).map_err(Refused::host)?;
    if let Some(balance) = value.get_mut("balance").and_then(Value::as_object_mut) {
        for (name, minor) in [("posted", posted), ("reserved_in", coming), ("reserved_out", going)]
        {
            balance.insert(name.to_owned(), minor.to_string().into());
        }
    }
    Ok(value)
}

fn of<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, AtMass> {
    let unreadable = || AtMass::new(Unwell::Differs, "what Mass holds is no record of this zone");
    serde_json::from_slice(body).map_err(|_| unreadable())
}

/// That an organization stands as another record of the same entity says: one that was put there, and of which no
/// answer came. It counts for nothing until it is asked for again; what is known here goes on to be told.
fn changed_under_way(found: &Organization, known: &Entity) -> Result<(), AtMass> {
    let records = found.tags.iter().filter_map(|tag| brought(tag).ok()).flatten();
    let entities = records.filter_map(|(body, _)| of::<Entity>(&body).ok());
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
