//! Whose a record is: what a caller who is bound to an entity may look at.
//!
//! A bound caller is told of somebody else's record exactly what is told of one that does not exist.

use canon::{AccountId, Digest, EntityId};
use corridor::bridge::Hop;
use corridor::trade::TradeEnd;
use registry::fiscal::{Course, Transfer};
use registry::tax::TaxEvent;
use registry::{Account, Consent, Entity, License, Payment};
use store::NAME_BYTES_MAX;

use crate::caller::Caller;
use crate::refused::Refused;
use crate::zone::Zone;

/// What an id in a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// An account: its holder's.
    Account,
    /// An asset: its holder's.
    Asset,
    /// A payment over a bridge: of whoever pays or is paid here.
    Bridged,
    /// A proposal: of the entity whose operation it authorises.
    Consent,
    /// A decision, by digest: of whoever its subject is of.
    Decision,
    /// An entity: its own.
    Entity,
    /// A person or organisation known here: of the entity they stand behind.
    Identity,
    /// A license: its holder's.
    License,
    /// A payment: of whoever pays or is paid here.
    Payment,
    /// A taxable event: of payer and payee.
    TaxEvent,
    /// A trade flow: of seller and buyer, where they are of this zone.
    TradeFlow,
    /// A transfer: of every holder whose account it moves.
    Transfer,
}

impl Named {
    /// Those that a decision can be about.
    const SUBJECTS: [Self; 10] = [
        Self::Account,
        Self::Asset,
        Self::Consent,
        Self::Entity,
        Self::Identity,
        Self::License,
        Self::Payment,
        Self::TaxEvent,
        Self::TradeFlow,
        Self::Transfer,
    ];

    /// The kind of record.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Asset => "asset",
            Self::Bridged => "bridge-hop",
            Self::Consent => "consent",
            Self::Decision => "decision",
            Self::Entity => "entity",
            Self::Identity => "identity",
            Self::License => "license",
            Self::Payment => "payment",
            Self::TaxEvent => "tax-event",
            Self::TradeFlow => "trade-flow",
            Self::Transfer => "transfer",
        }
    }
}

impl Zone {
    /// Nothing for a caller who is bound to nobody; a bound one is refused what is not of their entity.
    ///
    /// # Errors
    /// [`Refused::NotFound`], the same whether there is no such record or it is somebody else's; the store.
    pub fn isolate(&self, caller: &Caller, named: Named, id: &str) -> Result<(), Refused> {
        let Some(entity) = caller.entity() else { return Ok(()) };
        let known = self.is_of(named, id, entity)?;
        known.then_some(()).ok_or_else(|| Refused::absent(named.kind(), id))
    }

    /// Whether there is such a record, and it is of this entity.
    ///
    /// # Errors
    /// The store.
    pub fn is_of(&self, named: Named, id: &str, entity: &EntityId) -> Result<bool, Refused> {
        if id.is_empty() || id.len() > NAME_BYTES_MAX || id.contains('\0') {
            return Ok(false);
        }
        let kind = named.kind();
        Ok(match named {
            Named::Entity => entity.as_str() == id && self.load::<Entity>(kind, id)?.is_some(),
            Named::Account => self.is_account_of(id, entity)?,
            Named::Asset => self.asset_holder(id)?.as_ref() == Some(entity),
            Named::Bridged => match self.load::<Hop>(kind, id)? {
                Some(hop) => self.is_bridged_of(&hop.value, entity)?,
                None => false,
            },
            Named::Consent => self
                .load::<Consent>(kind, id)?
                .is_some_and(|consent| consent.value.proposal().entity() == Some(entity)),
            Named::Decision => self.is_decision_of(id, entity)?,
            Named::Identity => self.stands_behind(id, entity)?,
            Named::License => {
                let license = self.load::<License>(kind, id)?;
                license.is_some_and(|license| license.value.holder() == entity)
            }
            Named::Payment => match self.load::<Payment>(kind, id)? {
                Some(payment) => self.any_account_of(ends(payment.value.course()), entity)?,
                None => false,
            },
            Named::TaxEvent => self.load::<TaxEvent>(kind, id)?.is_some_and(|event| {
                event.value.payer() == entity || event.value.payee() == Some(entity)
            }),
            Named::TradeFlow => self
                .flow_ends(id)?
                .is_some_and(|ends| ends.iter().any(|end| self.is_end(end, entity))),
            Named::Transfer => match self.load::<Transfer>(kind, id)? {
                Some(transfer) => {
                    let legs = transfer.value.postings().iter().flat_map(registry::Posting::legs);
                    self.any_account_of(legs.map(|leg| &leg.account_id), entity)?
                }
                None => false,
            },
        })
    }

    fn is_account_of(&self, id: &str, entity: &EntityId) -> Result<bool, Refused> {
        let account = self.load::<Account>(Named::Account.kind(), id)?;
        Ok(account.is_some_and(|account| account.value.owner() == Some(entity)))
    }

    fn any_account_of<'a>(
        &self,
        accounts: impl IntoIterator<Item = &'a AccountId>,
        entity: &EntityId,
    ) -> Result<bool, Refused> {
        for account in accounts {
            if self.is_account_of(account.as_str(), entity)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The payer's lock stands behind none, the payee's before none; who only relays has nobody here.
    fn is_bridged_of(&self, hop: &Hop, entity: &EntityId) -> Result<bool, Refused> {
        let payer = hop.before.is_none().then_some(&hop.paid.payer.account_id);
        let payee = hop.after.is_none().then_some(&hop.paid.payee.account_id);
        self.any_account_of(payer.into_iter().chain(payee), entity)
    }

    fn is_end(&self, end: &TradeEnd, entity: &EntityId) -> bool {
        end.zone_id == *self.zone_id() && end.party.party_id.as_str() == entity.as_str()
    }

    /// By what the journal says the decision is about.
    fn is_decision_of(&self, id: &str, entity: &EntityId) -> Result<bool, Refused> {
        let Ok(digest) = Digest::from_hex(id) else { return Ok(false) };
        let Some(subject) = self.decision_subject(&digest)? else { return Ok(false) };
        let Some((kind, id)) = subject.split_once(':') else { return Ok(false) };
        match Named::SUBJECTS.into_iter().find(|named| named.kind() == kind) {
            Some(named) => self.is_of(named, id, entity),
            None => Ok(false),
        }
    }
}

/// The accounts of this zone a payment moves.
fn ends(course: &Course) -> Vec<&AccountId> {
    match course {
        Course::Internal { payer, payee, .. } => vec![payer, payee],
        Course::Outbound { payer, .. } => vec![payer],
        Course::Inbound { payee, .. } => vec![payee],
        Course::Rail(rail) => vec![&rail.terms.payer],
    }
}
