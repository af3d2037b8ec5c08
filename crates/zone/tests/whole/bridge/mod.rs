//! Payments over two corridors: three whole zones, the payer's, one on the way, the payee's.

mod adopt;
mod crash;
mod limits;
mod story;
mod ways;

use canon::{AccountId, CorridorId, PaymentId};
use serde_json::Value;
use zone::{BridgeAsk, Envelope, InvoiceAsk, Refused};

use crate::rig::work::{ask, balance, company, corridor_of, join, pump, totals_are_zero, usd};
use crate::rig::{Net, Site};

pub const PAYER: &str = "Al Maryah Analytics";
pub const PAYEE: &str = "Indus Weaving";

pub fn try_invoice(
    at: &mut Site,
    key: &str,
    account: &AccountId,
    valid_secs: Option<i64>,
) -> Result<Envelope, Refused> {
    let caller = at.try_caller()?;
    let wanted = InvoiceAsk {
        account_id: account.clone(),
        amount: "30.00".to_owned(),
        currency: usd(),
        purpose: "goods".to_owned(),
        reference: None,
        valid_secs,
    };
    at.zone().issue_invoice(&ask(&caller, key, key), &wanted)
}

pub fn try_bridge(
    from: &mut Site,
    key: &str,
    payer: &AccountId,
    invoice: &Value,
    route: &[CorridorId],
) -> Result<Envelope, Refused> {
    let caller = from.try_caller()?;
    let sent = BridgeAsk {
        from_account_id: payer.clone(),
        invoice: invoice.clone(),
        route: Some(route.to_vec()),
        travel_rule: false,
    };
    from.zone().pay_bridged(&ask(&caller, key, &invoice.to_string()), &sent)
}

pub fn transfer(envelope: &Envelope) -> PaymentId {
    PaymentId::parse(envelope.body["result"]["transfer_id"].as_str().unwrap()).unwrap()
}

pub fn phase(site: &Site, id: &PaymentId) -> String {
    site.zone().bridged_one(id).unwrap()["phase"].as_str().unwrap().to_owned()
}

/// Three zones, A–B and B–C joined, the payer with 100.00.
pub struct Chain {
    pub a: Site,
    pub b: Site,
    pub c: Site,
    pub payer: AccountId,
    pub payee: AccountId,
    pub route: Vec<CorridorId>,
}

impl Chain {
    pub fn new() -> Self {
        let net = Net::new();
        let mut a = Site::opened("ae-abudhabi-adgm", &net);
        let mut b = Site::opened("sg", &net);
        let mut c = Site::opened("pk-sifc", &net);
        let (_, payer) = company(&mut a, PAYER, "100.00");
        let (_, payee) = company(&mut c, PAYEE, "0");
        let route = vec![join(&mut a, &mut b), join(&mut b, &mut c)];
        Self { a, b, c, payer, payee, route }
    }

    pub fn pump(&self) {
        pump(&[&self.a, &self.b, &self.c]);
    }

    pub fn later(&self) {
        crate::rig::work::pump_later(&[&self.a, &self.b, &self.c]);
    }

    pub fn invoice(&mut self, key: &str) -> (PaymentId, Value) {
        let told = try_invoice(&mut self.c, key, &self.payee, None).unwrap();
        (transfer(&told), told.body["result"]["invoice"].clone())
    }

    pub fn pay(&mut self, key: &str, invoice: &Value) -> Result<Envelope, Refused> {
        try_bridge(&mut self.a, key, &self.payer, invoice, &self.route)
    }

    pub fn held(&self) -> String {
        balance(&self.a, &AccountId::parse("held:bridge:USD").unwrap())
    }

    /// Balances of payer, held account and payee; every ledger and every corridor in order.
    pub fn stands(&self, payer: &str, held: &str, payee: &str) {
        let found = [balance(&self.a, &self.payer), self.held(), balance(&self.c, &self.payee)];
        assert_eq!(found, [payer, held, payee]);
        totals_are_zero(&[&self.a, &self.b, &self.c]);
    }

    pub fn phases(&self, id: &PaymentId) -> [String; 3] {
        [&self.a, &self.b, &self.c].map(|site| phase(site, id))
    }
}

pub fn over(a: &Site, b: &Site) -> CorridorId {
    corridor_of(a, b)
}
