//! Accounts: open, fund, read; and booking a posting on the accounts it touches.

use std::collections::BTreeMap;

use canon::{AccountId, Amount, Currency, EntityId, RecordId, Timestamp};
use law::{Kind, Provenance, Source};
use registry::fiscal::{Entry, legs_fund};
use registry::{
    Account, AccountKind, Entity, Ledger, LedgerEvent, Leg, Line, PositiveAmount, Posting, Slug,
    Status,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::caller::Scope;
use crate::facts::Gathered;
use crate::idempotency::Ask;
use crate::limits::PAGE_MAX;
use crate::pipeline::Question;
use crate::refused::{Envelope, Refused};
use crate::writes::{MovesMoney, Writes};
use crate::zone::{Loaded, Page, Zone};

/// A request to open an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenAccount {
    /// The holder.
    pub entity_id: EntityId,
    /// ISO 4217 code.
    pub currency: Currency,
}

/// A request to fund an account from the zone's treasury.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FundAsk {
    /// Decimal amount.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: Currency,
    /// What for, as a code word.
    pub purpose: String,
    /// Free reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// An account and the entity that holds it.
pub(crate) struct Holding {
    pub(crate) account: Loaded<Account>,
    pub(crate) entity: Entity,
}

impl Holding {
    /// Whether the holder may pay and be paid.
    pub(crate) fn may_act(&self) -> Result<(), Refused> {
        acting(&self.entity)
    }

    /// Whether a payer means the holder by `name`: case and the width of spaces do not count.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        let plain = |text: &str| -> Vec<String> {
            text.split_whitespace().map(str::to_lowercase).collect()
        };
        plain(name) == plain(self.entity.formation().legal_name())
    }
}

/// An entity that is suspended, or no more, neither opens accounts nor pays nor is paid; one that
/// is being wound up still settles.
pub(crate) fn acting(entity: &Entity) -> Result<(), Refused> {
    let status = entity.status();
    if matches!(status, Status::Active { .. } | Status::Dissolving(_)) {
        return Ok(());
    }
    let detail = format!("entity `{}` is {} and may not act", entity.id(), status.name());
    Err(Refused::conflict("entity-not-active", detail))
}

impl Zone {
    /// Open an account for an entity.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn open_account(&self, ask: &Ask, open: &OpenAccount) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let entity: Entity = self.need("entity", open.entity_id.as_str())?.value;
        acting(&entity)?;
        let id = AccountId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        let (owner, at) = (open.entity_id.clone(), self.begun(now));
        let account = Account::customer(id.clone(), owner, open.currency, at);
        let account = account.map_err(|e| Refused::invalid("bad-account", e))?;
        let mut gathered = self.gather(&entity, now)?;
        gathered.account(&account)?;
        let (by, subject) = (ask.caller.principal().as_str(), format!("account:{id}"));
        let jurisdiction = entity.formation().jurisdiction_id();
        let question =
            Question { kind: Kind::AccountOpen, jurisdiction, by, subject: &subject, now };
        let admission = self.admit(&question, gathered)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        writes.record("account", id.as_str(), None, &account)?;
        writes.index("account", "owner", open.entity_id.as_str(), id.as_str());
        writes.answer_and_let_go(building, ask, 201, &admission, (shown(&account, now), credential))
    }

    /// Fund an account: treasury → account.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn fund_account(
        &self,
        ask: &Ask,
        id: &AccountId,
        fund: &FundAsk,
    ) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Banker, Scope::Operator])?;
        let building = self.building();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let amount = PositiveAmount::parse(&fund.amount, fund.currency, now.date())
            .map_err(|e| Refused::invalid("bad-amount", e))?;
        let purpose = slug("/purpose", &fund.purpose)?;
        let holding = self.holding(id)?;
        holding.may_act()?;
        let treasury = self.standing(AccountKind::Treasury {}, fund.currency, now)?;
        let legs = legs_fund(&treasury.value, &holding.account.value, amount);
        let legs = legs.map_err(|e| Refused::invalid("bad-account", e))?;
        let mut gathered = self.gather(&holding.entity, now)?;
        gathered.account(&holding.account.value)?;
        gathered.payment(amount.amount(), purpose.as_str(), false)?;
        gathered.end("payee", &holding.entity)?;
        gathered.end("payer", &holding.entity)?;
        let (by, subject) = (ask.caller.principal().as_str(), format!("account:{id}"));
        let jurisdiction = holding.entity.formation().jurisdiction_id();
        let question =
            Question { kind: Kind::AccountFund, jurisdiction, by, subject: &subject, now };
        let admission = self.admit(&question, gathered)?;
        let credential = self.attest(&admission, &subject, now)?;
        let mut writes = self.admitted(&admission, (now, by, &subject))?;
        let (reference, at) = (fund.reference.as_deref(), self.begun(now));
        let reference = reference.unwrap_or(purpose.as_str());
        let booked = self.book(legs.to_vec(), reference, vec![treasury, holding.account], at)?;
        writes.booked(&booked)?;
        writes.readied()?;
        let account = match self.is_at_mass() && !self.rehearses() {
            // As Mass has it after the money came.
            true => self.need("account", id.as_str())?.value,
            false => booked.account(id)?.clone(),
        };
        writes.answer_and_let_go(building, ask, 200, &admission, (shown(&account, now), credential))
    }

    /// One account.
    ///
    /// # Errors
    /// [`Refused::NotFound`], or the store.
    pub fn account(&self, id: &AccountId) -> Result<Value, Refused> {
        Ok(shown(&self.need::<Account>("account", id.as_str())?.value, self.now()))
    }

    /// A page of accounts, of one entity or all.
    ///
    /// # Errors
    /// The store.
    pub fn accounts(
        &self,
        entity: Option<&EntityId>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, Refused> {
        let Some(entity) = entity else {
            let page = self.list("account", after, limit)?;
            let now = self.now();
            let show = |item: Value| {
                let parsed: Result<Account, _> = serde_json::from_value(item.clone());
                parsed.map_or(item, |account| shown(&account, now))
            };
            return Ok(Page { items: page.items.into_iter().map(show).collect(), ..page });
        };
        let limit = limit.clamp(1, PAGE_MAX);
        let ids = self.store.find("account", "owner", entity.as_str(), after, limit + 1)?;
        let next = (ids.len() > limit).then(|| ids.get(limit - 1).cloned()).flatten();
        let mut items = Vec::new();
        for id in ids.iter().take(limit) {
            items.push(shown(&self.need::<Account>("account", id)?.value, self.now()));
        }
        Ok(Page { items, next })
    }

    /// Sum of all balances per currency, and of the corridor accounts; the first is always zero.
    ///
    /// # Errors
    /// The store, or a sum that does not fit.
    pub fn ledger_totals(&self) -> Result<Value, Refused> {
        let totals = self.at_once(|| self.totals())?;
        let date = self.now().date();
        let rows: Vec<Value> = totals
            .into_iter()
            .map(|(currency, (all, corridor))| {
                let decimal = |minor| Amount::of_minor(minor, currency).to_decimal(date);
                json!({
                    "currency": currency,
                    "sum": decimal(all),
                    "corridor_accounts": decimal(corridor),
                })
            })
            .collect();
        Ok(json!({ "totals": rows }))
    }

    /// Of each currency all that is booked, and what of it is booked on corridors; read page by page.
    fn totals(&self) -> Result<BTreeMap<Currency, (i128, i128)>, Refused> {
        let mut totals: BTreeMap<Currency, (i128, i128)> = BTreeMap::new();
        let mut after: Option<String> = None;
        loop {
            let rows = self.store.records("account", after.as_deref(), PAGE_MAX)?;
            let Some((last, _)) = rows.last() else { return Ok(totals) };
            after = Some(last.clone());
            for (id, record) in rows {
                let body = self.body_of(("account", &id), record.body)?;
                let account: Account = serde_json::from_slice(&body).map_err(Refused::host)?;
                let (all, corridor) = totals.entry(account.currency()).or_default();
                let posted = account.balance().posted();
                let overflow = || Refused::host("a total does not fit 128 bits");
                *all = all.checked_add(posted).ok_or_else(overflow)?;
                if matches!(account.holder(), AccountKind::Corridor { .. }) {
                    *corridor = corridor.checked_add(posted).ok_or_else(overflow)?;
                }
            }
        }
    }

    pub(crate) fn holding(&self, id: &AccountId) -> Result<Holding, Refused> {
        let account: Loaded<Account> = self.need("account", id.as_str())?;
        let owner = account.value.owner().ok_or_else(|| Refused::absent("account", id))?;
        let entity = self.need("entity", owner.as_str())?.value;
        Ok(Holding { account, entity })
    }

    /// The zone's own account of a kind and currency, opened on first use.
    pub(crate) fn standing(
        &self,
        kind: AccountKind,
        currency: Currency,
        now: Timestamp,
    ) -> Result<Loaded<Account>, Refused> {
        let id = Account::standing_id(&kind, currency).map_err(Refused::host)?;
        let new = Account::standing(kind.clone(), currency, now).map_err(Refused::host)?;
        if let Some(at_mass) = self.standing_at_mass(&kind, &new)? {
            return Ok(at_mass);
        }
        if let Some(known) = self.load("account", id.as_str())? {
            return Ok(known);
        }
        Ok(Loaded { rev: None, value: new })
    }

    /// Apply legs to the accounts they touch. Nothing is written yet.
    pub(crate) fn book(
        &self,
        legs: Vec<Leg>,
        reference: &str,
        accounts: Vec<Loaded<Account>>,
        now: Timestamp,
    ) -> Result<Booked, Refused> {
        let id = RecordId::parse(&self.fresh_id()?).map_err(Refused::host)?;
        self.book_as(id, legs, reference, accounts, now)
    }

    /// The same under an identifier that is known before.
    pub(crate) fn book_as(
        &self,
        id: RecordId,
        legs: Vec<Leg>,
        reference: &str,
        accounts: Vec<Loaded<Account>>,
        now: Timestamp,
    ) -> Result<Booked, Refused> {
        let line = Line::parse(reference)
            .map_err(|e| Refused::invalid("invalid-fields", format!("/reference {e}")))?;
        let day = self.begun(now).date();
        let posting = Posting::new(id, day, line, legs).map_err(Refused::host)?;
        self.book_posting(posting, accounts)
    }

    /// Apply a posting to the accounts it touches. Nothing is written yet.
    pub(crate) fn book_posting(
        &self,
        posting: Posting,
        accounts: Vec<Loaded<Account>>,
    ) -> Result<Booked, Refused> {
        let accounts = self.as_begun(accounts)?;
        let revs: Vec<(AccountId, Option<u64>)> =
            accounts.iter().map(|a| (a.value.id().clone(), a.rev)).collect();
        let mut ledger =
            Ledger::of(accounts.into_iter().map(|a| a.value), []).map_err(Refused::host)?;
        let applied = ledger.apply(LedgerEvent::Post(posting)).map_err(|error| match error {
            registry::LedgerError::Insufficient { .. } => {
                Refused::conflict("insufficient-funds", error)
            }
            other => Refused::invalid("bad-posting", other),
        })?;
        let rev_of =
            |id: &AccountId| revs.iter().find(|(known, _)| known == id).and_then(|(_, rev)| *rev);
        let accounts = applied
            .accounts
            .into_iter()
            .map(|value| Loaded { rev: rev_of(value.id()), value })
            .collect();
        Ok(Booked { posting: applied.posting, accounts })
    }
}

/// A posting and the accounts after it.
pub(crate) struct Booked {
    pub(crate) posting: Posting,
    accounts: Vec<Loaded<Account>>,
}

impl Booked {
    /// The accounts after the posting.
    pub(crate) fn accounts(&self) -> &[Loaded<Account>] {
        &self.accounts
    }

    /// What the statements of its accounts show of it.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        Entry::of(&self.posting, self.accounts.iter().map(|account| &account.value))
    }

    pub(crate) fn account(&self, id: &AccountId) -> Result<&Account, Refused> {
        let found = self.accounts.iter().find(|account| account.value.id() == id);
        found.map(|account| &account.value).ok_or_else(|| Refused::absent("account", id))
    }
}

impl<W: MovesMoney> Writes<'_, W> {
    /// Write a posting and the accounts it changed.
    pub(crate) fn booked(&mut self, booked: &Booked) -> Result<(), Refused> {
        self.record("posting", booked.posting.id().as_str(), None, &booked.posting)?;
        for account in &booked.accounts {
            self.update("account", account.value.id().as_str(), account)?;
        }
        self.entries(&booked.entries())
    }
}

/// A code word from the wire.
pub(crate) fn slug(pointer: &str, text: &str) -> Result<Slug, Refused> {
    Slug::parse(text).map_err(|e| Refused::invalid("invalid-fields", format!("{pointer} {e}")))
}

/// An account as told: decimal balances beside the record.
pub(crate) fn shown(account: &Account, now: Timestamp) -> Value {
    let currency = account.currency();
    let decimal = |minor| Amount::of_minor(minor, currency).to_decimal(now.date());
    let balance = account.balance();
    json!({
        "account_id": account.id(),
        "holder": account.holder(),
        "currency": currency,
        "opened": account.opened(),
        "balance": decimal(balance.posted()),
        "available": decimal(balance.available()),
    })
}

impl Gathered {
    fn account(&mut self, account: &Account) -> Result<(), Refused> {
        let digest = canon::Canonical::of(account).map_err(Refused::host)?.digest();
        let by = Provenance::new(Source::Registry, digest);
        self.state("account.currency", account.currency().code(), by.clone())?;
        self.state("account.kind", account.holder().name(), by)
    }
}
