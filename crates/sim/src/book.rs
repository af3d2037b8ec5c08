//! What the clients were told: the accounts, the money put in, the payments acknowledged.
//!
//! It knows nothing of how a zone works. What a zone holds in the end is compared with it.

use canon::{AccountId, EntityId, PaymentId};

use crate::deals::{bridges::Bridged, trades::Flow};

/// An account somebody was told of.
#[derive(Clone, Debug)]
pub struct Account {
    /// Number of its host.
    pub host: usize,
    /// The account.
    pub id: AccountId,
    /// Whose it is.
    pub entity: EntityId,
    /// The name of that company.
    pub name: String,
    /// Minor units put in from outside.
    pub funded: u64,
    /// Minor units believed to be there; only to choose sensible amounts by.
    pub about: u64,
}

/// A payment somebody was told of.
#[derive(Clone, Debug)]
pub struct Paid {
    /// Host of the payer.
    pub host: usize,
    /// The payment.
    pub id: PaymentId,
    /// Place of the payer's account in the book.
    pub from: AccountId,
    /// Where it was to go.
    pub to: AccountId,
    /// Host of the payee.
    pub to_host: usize,
    /// Minor units.
    pub minor: u64,
}

/// The whole book.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Accounts, in the order they were made.
    pub accounts: Vec<Account>,
    /// Payments, in the order they were acknowledged.
    pub payments: Vec<Paid>,
    /// Payments over bridges, in the order they were acknowledged.
    pub bridged: Vec<Bridged>,
    /// Trade flows, in the order they were opened.
    pub flows: Vec<Flow>,
}

impl Book {
    /// Places of the accounts of a host.
    #[must_use]
    pub fn of(&self, host: usize) -> Vec<usize> {
        let places = self.accounts.iter().enumerate();
        places.filter(|(_, account)| account.host == host).map(|(place, _)| place).collect()
    }

    /// The account of that id, to change what is known of it.
    pub fn account(&mut self, id: &AccountId) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.id == *id)
    }
}
