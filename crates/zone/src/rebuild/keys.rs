//! Under what records are found, from the records.

use registry::consent::Whose;
use registry::license::License;
use registry::tax::TaxEvent;
use registry::{Account, Consent, Entity, Payment};
use store::{PAGE_MAX, StoreError};

use super::{Walk, read};
use crate::ownership::{BY_DIVIDEND, dividend_place};

/// What is told of a key that should be there.
const FROM: &str = "the records found by them";

impl Walk<'_> {
    pub(super) fn keys(&mut self) -> Result<(), StoreError> {
        self.each("entity", |walk, id, entity: Entity| {
            let name = entity.formation().legal_name().to_lowercase();
            walk.found("entity", "name", (&name, id))
        })?;
        self.each("account", |walk, id, account: Account| match account.owner() {
            Some(owner) => walk.found("account", "owner", (owner.as_str(), id)),
            None => Ok(()),
        })?;
        self.each("payment", |walk, id, payment: Payment| walk.dividend(id, &payment))?;
        self.each("license", |walk, id, license: License| {
            walk.found("license", "holder", (license.holder().as_str(), id))
        })?;
        self.each("consent", |walk, id, consent: Consent| match &consent.proposal().whose {
            Whose::Entity(entity) => walk.found("consent", "entity", (entity.as_str(), id)),
            Whose::Zone(_) => Ok(()),
        })?;
        self.each("tax-event", |walk, id, event: TaxEvent| {
            let parties = [Some(event.payer()), event.payee()];
            let key = crate::tax::BY_ENTITY;
            parties
                .into_iter()
                .flatten()
                .try_for_each(|party| walk.found("tax-event", key, (party.as_str(), id)))
        })?;
        self.done("keys", FROM);
        Ok(())
    }

    /// A payment of a part of a dividend is found by that, under the entity whose account paid.
    fn dividend(&mut self, id: &str, payment: &Payment) -> Result<(), StoreError> {
        let (Some(part), Some(payer)) = (payment.dividend(), payment.course().payer()) else {
            return Ok(());
        };
        let account = self.store.record("account", payer.as_str())?;
        let account = account.and_then(|row| read::<Account>(&row.body).ok());
        let Some(owner) = account.as_ref().and_then(Account::owner) else { return Ok(()) };
        self.found("payment", BY_DIVIDEND, (&dividend_place(owner, part), id))
    }

    /// Whether a record is found under a value.
    fn found(
        &mut self,
        kind: &'static str,
        key: &'static str,
        (value, id): (&str, &str),
    ) -> Result<(), StoreError> {
        self.one();
        // Of the identifiers after one that is a letter shorter it is among the first.
        let mut before = id.to_owned();
        before.pop();
        let ids = self.store.find(kind, key, value, Some(&before), PAGE_MAX)?;
        if !ids.iter().any(|found| found == id) {
            self.differs((kind, id, key), &"not found by it", &value);
        }
        Ok(())
    }
}
