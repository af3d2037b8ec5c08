//! Asking Mass: each call is checked against what was asked before anything counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use canon::Currency;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::at_mass::{AtMass, Unwell};
use super::call::{Call, Reply};
use super::calls::{BankAccount, CONTEXT, Treasury};
use super::calls::{
    Organization, Payment, Search, Transaction, Transactions, account_by_id, account_create,
    organization_by_id, organization_change, organization_create, organization_search,
    payment_create, transaction_by_id, transactions_by_id, treasury_create, treasury_of,
};
use super::reading;

/// Carries a call to Mass and brings its answer, within bounds.
pub type Carry = dyn Fn(&Call) -> Result<Reply, AtMass> + Send + Sync;

/// The way to Mass.
pub struct Client {
    carry: Arc<Carry>,
    /// The zone's accounts at Mass out of which customers are funded.
    funding: BTreeMap<Currency, String>,
    /// The zone's treasury at Mass, for its own accounts: they may owe.
    house: Option<String>,
}

impl Client {
    /// Over a function that carries calls.
    #[must_use]
    pub fn new(
        carry: Arc<Carry>,
        funding: BTreeMap<Currency, String>,
        house: Option<String>,
    ) -> Self {
        Self { carry, funding, house }
    }

    /// The zone's account at Mass in a currency.
    pub(super) fn funding(&self, currency: Currency) -> Result<&str, AtMass> {
        let found = self.funding.get(&currency).map(String::as_str);
        found.ok_or_else(|| {
            let detail = format!("the zone names no account at Mass to fund from in {currency}");
            AtMass::new(Unwell::NotThere, detail)
        })
    }

    fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<Option<T>, AtMass> {
        let Reply { status, body } = reading::remembered(call, || (self.carry)(call))?;
        match status {
            200 | 201 => read(&body).map(Some),
            404 => Ok(None),
            // What a refusal says in words may quote what was asked, and is told to nobody.
            _ => Err(AtMass::new(Unwell::Declined, format!("Mass answered with status {status}"))),
        }
    }

    fn must<T: DeserializeOwned>(&self, call: &Call) -> Result<T, AtMass> {
        let absent =
            || AtMass::new(Unwell::Declined, "Mass knows nothing of what it was asked about");
        self.ask(call)?.ok_or_else(absent)
    }

    /// An organization by its identifier.
    pub(super) fn organization(&self, id: &str) -> Result<Option<Organization>, AtMass> {
        let found: Option<Organization> = self.ask(&organization_by_id(id))?;
        found.map(|found| same("organization", &found.id, id).map(|()| found)).transpose()
    }

    /// The organization that was made under a key, if one was: a search, since creating takes no key.
    pub(super) fn made_under(&self, name: &str, tag: &str) -> Result<Option<Organization>, AtMass> {
        let found: Search = self.must(&organization_search(name))?;
        if found.total_elements > found.content.len() {
            let detail = "Mass knows more organizations of this name than one page holds";
            return Err(AtMass::new(Unwell::Differs, detail));
        }
        let mut made = found.content.into_iter().filter(|one| one.tags.iter().any(|t| t == tag));
        let first = made.next();
        if made.next().is_some() {
            return Err(AtMass::new(Unwell::Differs, "Mass made one organization twice"));
        }
        Ok(first)
    }

    /// Make an organization.
    pub(super) fn make(&self, wanted: &Organization) -> Result<Organization, AtMass> {
        self.must(&organization_create(wanted))
    }

    /// Change an organization; the same again changes nothing.
    pub(super) fn amend(&self, id: &str, wanted: &Organization) -> Result<Organization, AtMass> {
        let changed: Organization = self.must(&organization_change(id, wanted))?;
        same("organization", &changed.id, id)?;
        Ok(changed)
    }

    /// The treasury of an organization, made where there is none.
    pub(super) fn treasury(&self, organization: &str) -> Result<Treasury, AtMass> {
        let known: Option<Treasury> = self.ask(&treasury_of(organization))?;
        let treasury = match known {
            Some(known) => known,
            None => self.must(&treasury_create(organization))?,
        };
        same("treasury", &treasury.entity_id, organization)?;
        same("kind of treasury", &treasury.context, CONTEXT)?;
        Ok(treasury)
    }

    /// Open an account in a treasury; the same key again is the same account.
    pub(super) fn open(
        &self,
        treasury: &Treasury,
        (name, currency): (&str, Currency),
        key: &str,
    ) -> Result<BankAccount, AtMass> {
        let opened: BankAccount =
            self.must(&account_create(&treasury.id, (name, currency.code()), key))?;
        same("account name", &opened.name, name)?;
        same("currency", &opened.currency, currency.code())?;
        same("treasury", &opened.treasury_id, &treasury.id)?;
        same("holder", &opened.entity_id, &treasury.entity_id)?;
        Ok(opened)
    }

    /// Open an account of the zone's own.
    pub(super) fn open_own(
        &self,
        (name, currency): (&str, Currency),
        key: &str,
    ) -> Result<BankAccount, AtMass> {
        let house = self.house.as_deref().ok_or_else(|| {
            let detail = "the zone names no treasury at Mass for accounts of its own";
            AtMass::new(Unwell::NotThere, detail)
        })?;
        let opened: BankAccount =
            self.must(&account_create(house, (name, currency.code()), key))?;
        same("account name", &opened.name, name)?;
        same("currency", &opened.currency, currency.code())?;
        same("treasury", &opened.treasury_id, house)?;
        Ok(opened)
    }

    /// An account by its identifier.
    pub(super) fn account(&self, id: &str) -> Result<Option<BankAccount>, AtMass> {
        let found: Option<BankAccount> = self.ask(&account_by_id(id))?;
        found.map(|found| same("account", &found.id, id).map(|()| found)).transpose()
    }

    /// Pay; the same key again is the same payment.
    pub(super) fn pay(&self, wanted: &Payment, key: &str) -> Result<Transaction, AtMass> {
        let paid: Transaction = self.must(&payment_create(wanted, key))?;
        same("payer", &paid.account_id, &wanted.source_account_id)?;
        same("amount", &paid.amount, &wanted.amount)?;
        same("currency", &paid.currency, &wanted.currency)?;
        same("reference", &paid.reference, &wanted.reference)?;
        paid.settled()?;
        Ok(paid)
    }

    /// Payments by their identifiers, the first of them that Mass tells: none where one is unknown.
    pub(super) fn transactions(&self, ids: &[&str]) -> Result<Option<Vec<Value>>, AtMass> {
        let found: Option<Transactions> = self.ask(&transactions_by_id(ids))?;
        Ok(found.map(|found| found.content))
    }

    /// A payment by its identifier.
    pub(super) fn transaction(&self, id: &str) -> Result<Option<Transaction>, AtMass> {
        let found: Option<Transaction> = self.ask(&transaction_by_id(id))?;
        found.map(|found| same("transaction", &found.id, id).map(|()| found)).transpose()
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, AtMass> {
    serde_json::from_slice(body).map_err(|error| {
        // Where it stopped, and not what it read there.
        let at = format!("line {} column {}", error.line(), error.column());
        AtMass::new(Unwell::Unreadable, format!("the answer of Mass is not of the form: {at}"))
    })
}

/// What came is what was asked about.
pub(super) fn same(what: &str, came: &str, asked: &str) -> Result<(), AtMass> {
    if came == asked {
        return Ok(());
    }
    Err(AtMass::new(Unwell::OfAnother, format!("the answer of Mass is of another {what}")))
}
