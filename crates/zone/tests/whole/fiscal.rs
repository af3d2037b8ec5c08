//! Money is paid, taxed, charged a fee, promised, taken back and paid over, while every fsync fails once: the books come
//! out the same to the minor unit.

use canon::{AccountId, Currency, EntityId, PaymentId, RecordId};
use registry::fiscal::TransferEvent;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zone::{Envelope, FormEntity, OpenAccount};

use crate::rig::steady::{Steady, whichever_fsync_fails};
use crate::rig::work::{
    account_id, ask, balance, credential, entity_id, form_input, totals_are_zero,
};

const PAYER: &str = "Indus Lantern";
const PAYEE: &str = "Ravi Services";
const OWNERS: [&str; 2] = ["Ada Brightwater", "Noor Fairweather"];

fn read<T: DeserializeOwned>(document: Value) -> T {
    serde_json::from_value(document).unwrap()
}

fn pkr() -> Currency {
    Currency::parse("PKR").unwrap()
}

/// A company of Pakistan with an account.
fn company(bank: &mut Steady, name: &str) -> (EntityId, AccountId) {
    let formed = bank.step(|site| {
        let caller = site.try_caller()?;
        let FormEntity { formation, mut evidence } = form_input(site, name, &OWNERS);
        let subject = json!({ "id": "urn:test:company", "legal_name": name });
        evidence.push(credential("TaxResidencyCredential", subject, site.zone()));
        let key = format!("form {name}").replace(' ', "-");
        site.zone().form_entity(&ask(&caller, &key, name), FormEntity { formation, evidence })
    });
    let entity_id = entity_id(&formed);
    let open = OpenAccount { entity_id: entity_id.clone(), currency: pkr() };
    let key = format!("open {name}").replace(' ', "-");
    let opened = bank.keyed(&key, |zone, ask| zone.open_account(ask, &open));
    (entity_id, account_id(&opened))
}

/// The tax authority's word on the payee.
fn files_returns(bank: &mut Steady, payee: &EntityId) {
    let claims = json!({ "filer": "filer", "number": "1234567-8", "from": "2026-07-01" });
    let subject = json!({ "id": "urn:test:payee", "legal_name": PAYEE, "claims": claims });
    bank.keyed("status", |zone, ask| {
        let credential = credential("MEZTaxStatusCredential", subject.clone(), zone);
        let stated = json!({ "entity_id": payee, "credential": credential });
        zone.take_tax_status(ask, &read(stated))
    });
}

struct Way<'a>(&'a AccountId, &'a AccountId);

impl Way<'_> {
    fn pay(&self, bank: &mut Steady, key: &str, amount: &str) -> PaymentId {
        let sent = json!({ "from_account_id": self.0, "to": { "account_id": self.1 },
            "amount": amount, "currency": "PKR", "purpose": "services" });
        let paid = bank.keyed(key, |zone, ask| zone.pay(ask, read(sent.clone())));
        read(paid.body["result"]["payment_id"].clone())
    }

    /// Two movements that are one transfer, at once or promised.
    fn promise(&self, bank: &mut Steady, key: &str, amounts: [&str; 2], until: Value) -> Envelope {
        let moved = |amount: &str| {
            json!({ "from_account_id": self.0, "to_account_id": self.1, "amount": amount,
                "currency": "PKR" })
        };
        let asked = json!({ "transfers": amounts.map(moved), "purpose": "gift",
            "pending_until": until });
        bank.keyed(key, |zone, ask| zone.transfer(ask, &read(asked.clone())))
    }
}

fn end(bank: &mut Steady, key: &str, promised: &Envelope, event: TransferEvent) {
    let id: RecordId = read(promised.body["result"]["transfer_id"].clone());
    bank.keyed(key, |zone, ask| zone.end_transfer(ask, &id, event));
}

fn a_day_of_the_books(bank: &mut Steady) {
    let (payer, from) = company(bank, PAYER);
    let (payee, to) = company(bank, PAYEE);
    let way = Way(&from, &to);
    let fund = json!({ "amount": "100000.00", "currency": "PKR", "purpose": "capital" });
    bank.keyed("fund", |zone, ask| zone.fund_account(ask, &from, &read(fund.clone())));
    let fee = json!({ "event": "payment.internal", "currency": "PKR", "fixed": "10.00",
        "from": "2026-11-20" });
    bank.keyed("fee", |zone, ask| zone.add_fee(ask, &read(fee.clone())));

    // Little in the year is paid whole; what makes it enough is taxed at fifteen percent.
    let whole = way.pay(bank, "pay-1", "29999.00");
    files_returns(bank, &payee);
    way.pay(bank, "pay-2", "10000.00");
    let why = read(json!({ "reason": "paid twice" }));
    bank.keyed("back", |zone, ask| zone.reverse_payment(ask, &whole, &why));
    let until = json!("2026-11-21T00:00:00Z");
    way.promise(bank, "at-once", ["1.00", "2.00"], Value::Null);
    let kept = way.promise(bank, "kept", ["4.00", "8.00"], until.clone());
    let broken = way.promise(bank, "broken", ["16.00", "32.00"], until);
    end(bank, "post", &kept, TransferEvent::Post);
    end(bank, "void", &broken, TransferEvent::Void);
    let remit = json!({ "authority": "pk-fbr", "currency": "PKR", "month": "2026-11",
        "amount": "1500.00", "reference": "CPR 1" });
    bank.keyed("remit", |zone, ask| zone.remit_tax(ask, &read(remit.clone())));

    let site = &bank.site;
    // 100,000 less 10,000, its fee, and the transfers; the reversal gave the other fee back.
    assert_eq!((balance(site, &from), balance(site, &to)), ("89975.00".into(), "8515.00".into()));
    totals_are_zero(&[site]);
    let zone = site.zone();
    let owed = zone.tax_liabilities(None, 9).unwrap().items;
    assert_eq!((owed.len(), &owed[0]["outstanding"]), (1, &json!("0.00")), "{owed:?}");
    assert_eq!(zone.payments(None, 9).unwrap().items.len(), 2);
    assert_eq!(zone.transfers(None, 9).unwrap().items.len(), 3);
    assert_eq!(zone.tax_events(&zone::TaxEvents::default(), None, 9).unwrap().items.len(), 2);
    // Of the tax year 10,000 are paid, of 30,000 from which on tax is withheld.
    let next = |amount: &str| {
        let asked = json!({ "entity_id": payer, "counterparty_entity_id": payee, "currency": "PKR",
            "event_type": "payment_for_services", "amount": amount });
        zone.preview_tax(&read(asked)).unwrap()["withholding"]["state"].clone()
    };
    assert_eq!((next("19999.99"), next("20000.00")), (json!("not_due"), json!("due")));
}

#[test]
fn whichever_fsync_fails_every_rupee_is_where_it_would_be() {
    whichever_fsync_fails("pk-sifc", a_day_of_the_books);
}
