//! Bridges without zones: invoices and messages read back, the state of a payment at one zone, and chains of
//! zones in every order.

mod chain;
mod hop;
mod vector;

use canon::{AccountId, Amount, CorridorId, Currency, Digest, JurisdictionId, PaymentId, Realm};
use corridor::bridge::{
    BridgeError, Commit, Invoice, InvoiceDraft, InvoiceError, Onward, Prepare, ReadInvoice, Release,
};
use corridor::limits::{BRIDGE_HOP_SECS, BRIDGE_INVOICE_SECS_MAX};
use corridor::payment::{End, Particulars};
use proof::KeyHistory;
use serde_json::{Value, json};

use crate::zones::{at, inception, key, party, resigned};

const SEED: u8 = 60;

pub fn preimage(n: u8) -> Digest {
    Digest::from_bytes([n; 32])
}

pub fn end(name: &str, jurisdiction: &str) -> End {
    End {
        account_id: AccountId::parse(&format!("a:{jurisdiction}")).unwrap(),
        name: name.to_owned(),
        jurisdiction_id: JurisdictionId::parse(jurisdiction).unwrap(),
        identified: Some(true),
    }
}

pub fn corridor(n: usize) -> CorridorId {
    CorridorId::parse(&format!("org.momentum.mez.corridor.z{n}--z{}", n + 1)).unwrap()
}

/// An invoice of zone `sg` whose preimage is `preimage(n)`.
pub fn invoice(n: u8) -> Invoice {
    let document = inception("sg", Realm::Sandbox, SEED);
    Invoice {
        amount: Amount::of_minor(3_000, Currency::parse("USD").unwrap()),
        condition: Digest::of_blob(preimage(n).as_bytes()),
        keys: KeyHistory::document(&document, &[]).unwrap().value(),
        payee: end("Straits Ledger", "sg"),
        purpose: "goods".to_owned(),
        realm: Realm::Sandbox,
        reference: None,
        transfer_id: PaymentId::parse(&format!("t:{n}")).unwrap(),
        zone_id: canon::ZoneId::parse("org.momentum.mez.zone.sg").unwrap(),
    }
}

pub fn signed(invoice: Invoice) -> (Value, ReadInvoice) {
    let zone = party(&inception("sg", Realm::Sandbox, SEED), SEED);
    let draft = InvoiceDraft { invoice, from: at(0), valid_secs: BRIDGE_INVOICE_SECS_MAX };
    let document = draft.sign(zone.did(), &key(SEED + 1)).unwrap();
    let read = Invoice::read(&document).unwrap();
    (document, read)
}

pub fn first(hops: usize, n: u8) -> Onward {
    let (document, read) = signed(invoice(n));
    let route: Vec<CorridorId> = (0..hops).map(corridor).collect();
    let payer = (end("Pak Weaving", "pk"), None);
    Prepare::first((document, &read), payer, &route, at(0)).unwrap()
}

#[test]
fn an_invoice_is_read_under_the_keys_it_carries_and_no_others() {
    let (document, read) = signed(invoice(1));
    assert_eq!(read.invoice, invoice(1));
    assert!(read.invoice.is_met_by(&preimage(1)) && !read.invoice.is_met_by(&preimage(2)));
    assert_eq!(read.valid_until, at(BRIDGE_INVOICE_SECS_MAX));
    let pen = key(SEED + 1);
    let refused = |by: &proof::SecretKey, edit: &dyn Fn(&mut Value)| {
        Invoice::read(&resigned(&document, &[by], |d| edit(d))).unwrap_err()
    };
    let none = |_: &mut Value| ();
    assert!(matches!(refused(&key(SEED + 2), &none), InvoiceError::Document(_)), "log key");
    assert!(matches!(refused(&key(SEED), &none), InvoiceError::Document(_)), "root key");
    let two = Invoice::read(&resigned(&document, &[&pen, &key(1)], |_| ())).unwrap_err();
    assert!(matches!(two, InvoiceError::Document(_)), "{two}");
    let mut changed = document.clone();
    changed["credentialSubject"]["amount"]["minor"] = json!("1");
    assert!(matches!(Invoice::read(&changed).unwrap_err(), InvoiceError::Document(_)));
    let subject = |name: &'static str, value: Value| {
        refused(&pen, &move |d| d["credentialSubject"][name] = value.clone())
    };
    let other = KeyHistory::document(&inception("pk", Realm::Sandbox, 70), &[]).unwrap().value();
    assert!(matches!(subject("keys", other), InvoiceError::Keys(_)));
    assert!(matches!(
        subject("zone_id", json!("org.momentum.mez.zone.pk")),
        InvoiceError::Zone("zone_id")
    ));
    assert!(matches!(subject("realm", json!("production")), InvoiceError::Zone("realm")));
    let elsewhere = serde_json::to_value(end("Straits Ledger", "pk")).unwrap();
    assert!(matches!(subject("payee", elsewhere), InvoiceError::Zone("payee.jurisdiction_id")));
    let nothing = json!({ "currency": "USD", "minor": "0" });
    assert!(matches!(subject("amount", nothing), InvoiceError::Amount));
    assert!(matches!(subject("purpose", json!(" ")), InvoiceError::Text("purpose")));
    assert!(matches!(subject("more", json!(1)), InvoiceError::Document(_)));
    let life = refused(&pen, &|d| d["validUntil"] = json!(at(BRIDGE_INVOICE_SECS_MAX + 1)));
    assert!(matches!(life, InvoiceError::Life), "{life}");
}

#[test]
fn locks_end_a_margin_earlier_at_every_corridor() {
    let mut onward = first(5, 1);
    onward.prepare.payer_particulars = Some(Particulars {
        address: "1 Mall Road, Lahore".to_owned(),
        jurisdiction_id: end("Pak Weaving", "pk").jurisdiction_id,
        customer_id: "e:1".to_owned(),
    });
    assert_eq!(onward.corridor_id, corridor(0));
    assert_eq!(onward.prepare.expires_at, at(6 * BRIDGE_HOP_SECS));
    for hop in 1..5_u8 {
        let read = Prepare::read(&serde_json::to_value(&onward.prepare).unwrap()).unwrap();
        assert_eq!(read.prepare, onward.prepare);
        let next = read.prepare.onward(at(0)).unwrap().unwrap();
        assert_eq!(next.corridor_id, corridor(hop.into()));
        assert_eq!(next.prepare.hop, hop);
        assert_eq!(next.prepare.payer_particulars, onward.prepare.payer_particulars);
        assert_eq!(next.prepare.expires_at, at(i64::from(6 - hop) * BRIDGE_HOP_SECS));
        onward = next;
    }
    assert_eq!(onward.prepare.onward(at(0)).unwrap(), None);
    // Exactly one margin is enough, a second less is not.
    let before = first(2, 1).prepare;
    assert!(before.onward(at(BRIDGE_HOP_SECS)).is_ok());
    assert!(matches!(before.onward(at(BRIDGE_HOP_SECS + 1)), Err(BridgeError::TooLate)));
}

#[test]
fn what_a_lock_says_is_what_the_invoice_says() {
    let good = serde_json::to_value(first(3, 1).prepare).unwrap();
    let refused = |edit: &dyn Fn(&mut Value)| {
        let mut payload = good.clone();
        edit(&mut payload);
        Prepare::read(&payload).unwrap_err()
    };
    let differs = |error, field| matches!(error, BridgeError::Differs(named) if named == field);
    assert!(differs(refused(&|p| p["transfer_id"] = json!("t:2")), "transfer_id"));
    assert!(differs(refused(&|p| p["amount"]["minor"] = json!("2999")), "amount"));
    assert!(differs(refused(&|p| p["condition"] = json!(preimage(9))), "condition"));
    assert!(matches!(refused(&|p| p["type"] = json!("X")), BridgeError::Type(_)));
    assert!(matches!(refused(&|p| p["more"] = json!(1)), BridgeError::Shape(_)));
    assert!(matches!(refused(&|p| p["payer"]["name"] = json!("")), BridgeError::Text(_)));
    let blank = json!({ "address": " ", "jurisdiction_id": "pk", "customer_id": "e:1" });
    let told = refused(&|p| p["payer_particulars"] = blank.clone());
    assert!(matches!(told, BridgeError::Text("payer_particulars.address")), "{told}");
    assert!(matches!(refused(&|p| p["hop"] = json!(3)), BridgeError::Route), "6 corridors");
    assert!(matches!(
        refused(&|p| p["route"] = json!([corridor(1), corridor(1)])),
        BridgeError::Route
    ));
    assert!(matches!(
        refused(&|p| p["invoice"]["validUntil"] = json!(at(1))),
        BridgeError::Invoice(_)
    ));
    let (document, read) = signed(invoice(1));
    let route: Vec<CorridorId> = (0..6).map(corridor).collect();
    for route in [&route[..0], &route[..], &[corridor(0), corridor(0)]] {
        let told = Prepare::first((document.clone(), &read), (end("P", "pk"), None), route, at(0))
            .unwrap_err();
        assert!(matches!(told, BridgeError::Route), "{told}");
    }
}

#[test]
fn the_words_that_end_a_lock_are_read_back() {
    let (id, amount) = (invoice(1).transfer_id, invoice(1).amount);
    let commit = Commit::of(id.clone(), amount, preimage(1));
    let payload = serde_json::to_value(&commit).unwrap();
    assert_eq!(Commit::read(&payload).unwrap(), commit);
    let release = Release::of(id, "refused-by-law".to_owned());
    let said = serde_json::to_value(&release).unwrap();
    assert_eq!(Release::read(&said).unwrap(), release);
    for (name, value) in [
        ("type", json!("MEZBridgeRelease")),
        ("preimage", json!("00")),
        ("amount", json!({ "currency": "USD", "minor": "0" })),
        ("more", json!(1)),
    ] {
        let mut other = payload.clone();
        other[name] = value;
        assert!(Commit::read(&other).is_err(), "{name}");
    }
    for code in ["", "two words", &"x".repeat(101)] {
        let mut other = said.clone();
        other["reason_code"] = json!(code);
        assert!(Release::read(&other).is_err(), "{code}");
    }
}
