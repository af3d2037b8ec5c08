//! Keeping a record: here, or at Mass with a reference here.
//!
//! At Mass a write goes: admitted, intent durable, asked under a key that follows from the write alone, answer checked,
//! one commit. Identifiers and moment follow from the key and the intent, so a write that is asked for again after its
//! answer was lost asks Mass for the very same thing, and finds what was done.

use canon::{Canonical, Digest, Timestamp};
use law::Admission;
use registry::{Account, Course, Entity, Payment, PositiveAmount};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::at_mass::{AtMass, Unwell};
use super::calls::{self, Organization};
use super::client::{Client, carried};
use super::read::{Reference, is_of, status_of};
use super::{Primitives, Stands};
use crate::idempotency::Ask;
use crate::pipeline::Judged;
use crate::refused::Refused;
use crate::writes::{Admitted, Writes};
use crate::zone::{Loaded, Zone};

/// Kind of the record of what was, or is to be, asked of Mass.
pub(crate) const INTENT: &str = "mass-intent";
/// Kind of the reference to money that came onto an account.
const FUNDING: &str = "mass-funding";
/// Before the key of a write, among the tags of an organization.
const KEY_TAG: &str = "mez.key.";

/// What is about to be asked of Mass, durable before it is; `done` in the commit of what it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Intent {
    #[serde(rename = "type")]
    type_: String,
    kind: String,
    id: String,
    /// The moment of the record, whenever it is asked for again.
    at: Timestamp,
    /// The decision that admitted it first.
    decision_sha256: Digest,
    /// The record.
    record_sha256: Digest,
    done: bool,
}

/// From where a write takes its identifiers and its moment.
pub(crate) struct Hand {
    /// What identifiers follow from, at Mass.
    key: Option<Digest>,
    at: Timestamp,
    intent: Option<Loaded<Intent>>,
}

impl Hand {
    /// The moment of the record.
    pub(crate) const fn at(&self) -> Timestamp {
        self.at
    }

    /// Whether it was asked of Mass before, and nobody knows here what came of it.
    pub(crate) const fn resumes(&self) -> bool {
        self.intent.is_some()
    }

    /// An identifier: fresh, or the one that this write has of this name.
    pub(crate) fn id(&self, zone: &Zone, name: &str) -> Result<String, Refused> {
        let Some(key) = &self.key else { return zone.fresh_id() };
        let digest = Digest::of_blob(format!("{key}\n{name}").as_bytes()).to_string();
        let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
        // UUID version 8: of one's own making.
        Ok(format!(
            "{}-{}-8{}-8{}-{}",
            part(0, 8),
            part(8, 12),
            part(12, 15),
            part(15, 18),
            part(18, 30)
        ))
    }
}

/// A record on its way to where it is kept.
pub(crate) enum Primitive<'r> {
    /// An entity that is formed.
    Entity(&'r Entity),
    /// An entity that changes, with the revision of what is known of it and the record before.
    Changed(&'r Entity, Option<u64>, &'r Entity),
    /// An account that is opened.
    Account(&'r Account),
    /// A payment within the zone.
    Payment(&'r Payment, PositiveAmount),
    /// Money that comes onto an account.
    Funding {
        /// Its identifier.
        id: &'r str,
        /// The account.
        account: &'r Account,
        /// How much.
        amount: PositiveAmount,
        /// What for.
        purpose: &'r str,
    },
}

impl Primitive<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Entity(_) | Self::Changed(..) => "entity",
            Self::Account(_) => "account",
            Self::Payment(..) => "payment",
            Self::Funding { .. } => FUNDING,
        }
    }

    fn id(&self) -> &str {
        match self {
            Self::Entity(entity) | Self::Changed(entity, ..) => entity.id().as_str(),
            Self::Account(account) => account.id().as_str(),
            Self::Payment(payment, _) => payment.id().as_str(),
            Self::Funding { id, .. } => id,
        }
    }

    const fn rev(&self) -> Option<u64> {
        match self {
            Self::Changed(_, rev, _) => *rev,
            _ => None,
        }
    }

    fn canonical(&self) -> Result<Canonical, Refused> {
        let canonical = match self {
            Self::Entity(entity) | Self::Changed(entity, ..) => Canonical::of(entity),
            Self::Account(account) => Canonical::of(account),
            Self::Payment(payment, _) => Canonical::of(payment),
            Self::Funding { id, account, amount, purpose } => Canonical::of_value(&json!({
                "type": "MEZFunding",
                "funding_id": id,
                "account_id": account.id(),
                "amount": amount,
                "purpose": purpose,
            })),
        };
        canonical.map_err(Refused::host)
    }
}

/// A record that is kept, but for the commit.
pub(crate) enum Kept<'r> {
    /// Here: it is written whole.
    Here(Primitive<'r>),
    /// At Mass: what is written is the reference, and that the intent is done.
    There(Box<There>),
}

/// What is written of a record at Mass.
pub(crate) struct There {
    kind: &'static str,
    id: String,
    /// The revision of the reference before it, of a record that changes.
    rev: Option<u64>,
    reference: Reference,
    /// The key of the intent, and it.
    intent: (Digest, Loaded<Intent>),
}

impl Zone {
    /// From where this write takes its identifiers: anew, or as when it was asked for before under its key.
    pub(crate) fn hand(&self, ask: &Ask, now: Timestamp) -> Result<Hand, Refused> {
        match self.primitives() {
            Primitives::Sovereign => Ok(Hand { key: None, at: now, intent: None }),
            Primitives::Mass(_) => {
                let key = self.write_key(ask)?;
                let intent: Option<Loaded<Intent>> = self.load(INTENT, &key.to_string())?;
                let at = intent.as_ref().map_or(now, |intent| intent.value.at);
                Ok(Hand { key: Some(key), at, intent })
            }
        }
    }

    /// One write, one key: of zone, caller, idempotency key and the digest of the request.
    fn write_key(&self, ask: &Ask) -> Result<Digest, Refused> {
        let (zone, by) = (self.did(), ask.caller.principal());
        let text = match &ask.key {
            Some((key, request)) => format!("mez.mass.write\n{zone}\n{by}\n{key}\n{request}"),
            // Without a key of the caller nobody can ask for it again.
            None => format!("mez.mass.write\n{zone}\n{by}\n{}", self.fresh_id()?),
        };
        Ok(Digest::of_blob(text.as_bytes()))
    }

    /// Have a record kept: in proxy mode this asks Mass, and nothing is kept unless its answer fits.
    pub(crate) fn keep_primitive<'r>(
        &self,
        hand: Hand,
        admission: &Judged<Admission>,
        what: Primitive<'r>,
    ) -> Result<Kept<'r>, Refused> {
        let client = match self.primitives() {
            Primitives::Sovereign => return Ok(Kept::Here(what)),
            Primitives::Mass(client) => client,
        };
        let (Some(key), canonical) = (hand.key, what.canonical()?) else {
            return Err(Refused::host("a write at Mass without a key"));
        };
        let (kind, id, sha256) = (what.kind(), what.id().to_owned(), canonical.digest());
        let intent = Intent {
            type_: "MEZMassIntent".to_owned(),
            kind: kind.to_owned(),
            id: id.clone(),
            at: hand.at,
            decision_sha256: admission.digest(),
            record_sha256: sha256,
            done: false,
        };
        let resumed = hand.intent.is_some();
        let held = match hand.intent {
            Some(held) if held.value.record_sha256 == sha256 => held,
            Some(_) => {
                let detail = "what was asked of Mass under this key was another record";
                return Err(AtMass::new(Unwell::Differs, detail).into());
            }
            None if self.rehearses() => Loaded { rev: None, value: intent },
            None => {
                self.intended(admission, &key.to_string(), &intent)?;
                self.need(INTENT, &key.to_string())?
            }
        };
        let mass_id = if self.rehearses() {
            String::new()
        } else {
            self.ask_mass(client, &what, &canonical, (&key.to_string(), resumed))?
        };
        let intent = Loaded { rev: held.rev, value: Intent { done: true, ..held.value } };
        let reference = Reference::of(mass_id, sha256, hand.at);
        let rev = what.rev();
        Ok(Kept::There(Box::new(There { kind, id, rev, reference, intent: (key, intent) })))
    }

    fn ask_mass(
        &self,
        client: &Client,
        what: &Primitive<'_>,
        canonical: &Canonical,
        (key, resumed): (&str, bool),
    ) -> Result<String, Refused> {
        let carrier = carried(canonical.bytes());
        let day = self.now().date();
        match what {
            Primitive::Entity(entity) => {
                let wanted = organization(entity, &carrier, key);
                let made = match resumed {
                    true => client.made_under(&wanted.name, &format!("{KEY_TAG}{key}"))?,
                    false => None,
                };
                let made = made.map_or_else(|| client.make(&wanted), Ok)?;
                is_of(&made, entity, &carrier)?;
                Ok(made.id)
            }
            Primitive::Changed(entity, _, before) => {
                let known = self.mass_reference("entity", entity.id().as_str())?;
                let mut wanted = organization(entity, &carrier, key);
                // The record that is known here stays beside it: if this answer is lost, it is still to be found.
                let before = Canonical::of(*before).map_err(Refused::host)?;
                wanted.tags.push(carried(before.bytes()));
                let changed = client.amend(&known.mass_id, &wanted)?;
                is_of(&changed, entity, &carrier)?;
                Ok(changed.id)
            }
            Primitive::Account(account) => {
                let owner = account.owner().ok_or_else(|| Refused::host("an account of nobody"))?;
                let holder = self.mass_reference("entity", owner.as_str())?;
                let treasury = client.treasury(&holder.mass_id)?;
                let opened = client.open(&treasury, (&carrier, account.currency()), key)?;
                Ok(opened.id)
            }
            Primitive::Payment(payment, amount) => {
                let Course::Internal { payer, payee, .. } = payment.course() else {
                    return Err(not_at_mass("a payment out of the zone"));
                };
                let wanted = calls::Payment {
                    source_account_id: self.mass_reference("account", payer.as_str())?.mass_id,
                    payment_entity: self.mass_reference("account", payee.as_str())?.mass_id,
                    amount: amount.amount().to_decimal(day),
                    currency: amount.currency().code().to_owned(),
                    reference: carrier,
                };
                Ok(client.pay(&wanted, key)?.id)
            }
            Primitive::Funding { account, amount, .. } => {
                let wanted = calls::Payment {
                    source_account_id: client.funding(amount.currency())?.to_owned(),
                    payment_entity: self.mass_reference("account", account.id().as_str())?.mass_id,
                    amount: amount.amount().to_decimal(day),
                    currency: amount.currency().code().to_owned(),
                    reference: carrier,
                };
                Ok(client.pay(&wanted, key)?.id)
            }
        }
    }

    /// What this zone knows of a record at Mass.
    pub(crate) fn mass_reference(
        &self,
        kind: &'static str,
        id: &str,
    ) -> Result<Reference, Refused> {
        let record = self.store.record(kind, id)?.ok_or_else(|| Refused::absent(kind, id))?;
        crate::zone::parse((kind, id), &record.body)
    }

    /// Refuses in proxy mode what Mass has no call for.
    pub(crate) fn sovereign_only(&self, what: &str) -> Result<(), Refused> {
        match self.primitives() {
            Primitives::Sovereign => Ok(()),
            Primitives::Mass(_) => Err(not_at_mass(what)),
        }
    }
}

/// That something is not kept at Mass, and not here either.
pub(crate) fn not_at_mass(what: &str) -> Refused {
    let detail = format!("{what} is not carried at Mass, where this zone keeps its records");
    AtMass::new(Unwell::NotThere, detail).into()
}

fn organization(entity: &Entity, carrier: &str, key: &str) -> Organization {
    let formation = entity.formation();
    Organization {
        id: String::new(),
        name: formation.legal_name().to_owned(),
        jurisdiction: formation.jurisdiction_id().to_string(),
        entity_type: formation.entity_type().to_owned(),
        status: status_of(entity).to_owned(),
        address: formation.registered_office().map(|office| office.address.as_str().to_owned()),
        tags: vec![carrier.to_owned(), format!("{KEY_TAG}{key}")],
    }
}

impl Writes<'_, Admitted> {
    /// Write a record where it is kept; in proxy mode its reference, and that it was done.
    pub(crate) fn primitive(&mut self, kept: Kept<'_>) -> Result<(), Refused> {
        match kept {
            Kept::Here(Primitive::Entity(entity)) => {
                self.record("entity", entity.id().as_str(), None, entity)?;
                let name = entity.formation().legal_name().to_lowercase();
                self.index("entity", "name", &name, entity.id().as_str());
                Ok(())
            }
            Kept::Here(Primitive::Changed(entity, rev, _)) => {
                self.record("entity", entity.id().as_str(), rev, entity)?;
                let name = entity.formation().legal_name().to_lowercase();
                self.index("entity", "name", &name, entity.id().as_str());
                Ok(())
            }
            Kept::Here(Primitive::Account(account)) => {
                self.record("account", account.id().as_str(), None, account)
            }
            Kept::Here(Primitive::Payment(payment, _)) => {
                self.record("payment", payment.id().as_str(), None, payment)
            }
            // In the zone's own books money moves by a posting, which is written as such.
            Kept::Here(Primitive::Funding { .. }) => Ok(()),
            Kept::There(there) => {
                let There { kind, id, rev, reference, intent: (key, intent) } = *there;
                self.stands(Stands::of(kind, &id));
                self.put(kind, &id, rev, &reference)?;
                self.put(INTENT, &key.to_string(), intent.rev, &intent.value)
            }
        }
    }
}
