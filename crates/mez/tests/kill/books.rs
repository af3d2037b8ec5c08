//! What the client expects of both ledgers, from its own requests alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Expected balances in whole units, and payments by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    accounts: BTreeMap<String, (usize, i64)>,
    entities: Vec<(usize, String)>,
    local: BTreeSet<(usize, String)>,
    sent: BTreeSet<(usize, String)>,
    received: BTreeMap<usize, usize>,
}

fn payment_id(paid: &Value) -> String {
    paid["result"]["payment_id"].as_str().unwrap().to_owned()
}

impl Books {
    pub(crate) fn open(&mut self, zone: usize, entity: &str, account: &str) {
        self.entities.push((zone, entity.to_owned()));
        let known = self.accounts.insert(account.to_owned(), (zone, 0));
        assert_eq!(known, None, "two companies got account {account}");
    }

    pub(crate) fn fund(&mut self, account: &str, amount: i64) {
        self.accounts.get_mut(account).unwrap().1 += amount;
    }

    pub(crate) fn here(&mut self, zone: usize, from: &str, to: &str, amount: i64, paid: &Value) {
        self.fund(from, -amount);
        self.fund(to, amount);
        let fresh = self.local.insert((zone, payment_id(paid)));
        assert!(fresh, "two payments share an id");
    }

    pub(crate) fn across(
        &mut self,
        (zone, from): (usize, &str),
        (there, to): (usize, &str),
        amount: i64,
        paid: &Value,
    ) {
        self.fund(from, -amount);
        self.fund(to, amount);
        let fresh = self.sent.insert((zone, payment_id(paid)));
        assert!(fresh, "two payments share an id");
        *self.received.entry(there).or_default() += 1;
    }

    /// Payments across, with the zone that sent each.
    pub(crate) fn awaited(&self) -> Vec<(usize, String)> {
        self.sent.iter().cloned().collect()
    }

    pub(crate) fn balances(&self, zone: usize) -> Vec<(String, i64)> {
        let own = self.accounts.iter().filter(|(_, (at, _))| *at == zone);
        own.map(|(account, (_, balance))| (account.clone(), *balance)).collect()
    }

    pub(crate) fn entities(&self, zone: usize) -> Vec<String> {
        let own = self.entities.iter().filter(|(at, _)| *at == zone);
        own.map(|(_, entity)| entity.clone()).collect()
    }

    /// One payment per key and no other: those we made, and as many received as the peer sent.
    pub(crate) fn check_payments(&self, zone: usize, items: &[Value], label: &str) {
        let ids = |route: &str| -> BTreeSet<String> {
            let of_route = items.iter().filter(|item| item["route"] == route);
            of_route.map(|item| item["payment_id"].as_str().unwrap().to_owned()).collect()
        };
        let own = |all: &BTreeSet<(usize, String)>| -> BTreeSet<String> {
            all.iter().filter(|(at, _)| *at == zone).map(|(_, id)| id.clone()).collect()
        };
        assert_eq!(ids("internal"), own(&self.local), "{label}: payments here");
        assert_eq!(ids("outbound"), own(&self.sent), "{label}: payments sent");
        let received = self.received.get(&zone).copied().unwrap_or_default();
        assert_eq!(ids("inbound").len(), received, "{label}: payments received");
        let known = self.local.len() + self.sent.len();
        assert!(
            known > 0 && items.len() == own(&self.local).len() + own(&self.sent).len() + received
        );
    }
}

/// Each zone's books sum to zero, and the corridor accounts of both together do.
pub(crate) fn check_totals(totals: &[Value], label: &str) {
    let mut across: BTreeMap<String, i64> = BTreeMap::new();
    for zone in totals {
        for row in zone["totals"].as_array().unwrap() {
            let minor = |name: &str| -> i64 {
                row[name].as_str().unwrap().replace('.', "").parse().unwrap()
            };
            assert_eq!(minor("sum"), 0, "{label}: {zone}");
            *across.entry(row["currency"].to_string()).or_default() += minor("corridor_accounts");
        }
    }
    assert!(!across.is_empty(), "{label}: no totals");
    assert!(across.values().all(|sum| *sum == 0), "{label}: {across:?}");
}
