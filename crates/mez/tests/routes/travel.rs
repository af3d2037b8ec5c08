//! What travels with a payment across a corridor: law says what must, the payer what may.

use serde_json::{Value, json};

use crate::bridge::account;
use crate::corridors::wait;
use crate::forks::joined;
use crate::home::{Home, folder};
use crate::server::{Server, Told};
use crate::thresholds::mez;

/// Under the law of the United States three thousand dollars do not leave without the payer's address.
#[test]
fn law_asks_for_the_payers_particulars_and_the_payer_may_add_them() {
    let homes = ["us-wy", "sg"].map(|name| Home::of(name, Some("digital-financial-center")));
    let [a, b] = [Server::start(&homes[0]), Server::start(&homes[1])];
    let path = joined(&a, &b, [&homes[0], &homes[1]]);
    let corridor = path.rsplit('/').next().unwrap();
    let payer = account(&a, &homes[0], "Bighorn Ledger", "us-wy", "20000.00");
    let payee = account(&b, &homes[1], "Harbour Tea", "sg", "0");
    let pay = |amount: &str, travels: Option<bool>| -> Told {
        let mut body = json!({
            "from_account_id": payer, "amount": amount, "currency": "USD", "purpose": "services",
            "to": {
                "account_id": payee, "name": "Harbour Tea", "corridor_id": corridor,
                "zone_id": "org.momentum.mez.zone.sg",
            },
        });
        if let Some(travels) = travels {
            body["travel_rule"] = json!(travels);
        }
        a.post("/v1/fiscal/payments", &body)
    };
    // The caller's word cannot take away what law asks for.
    for said in [None, Some(false)] {
        let refused = pay("3000.00", said);
        assert_eq!(refused.code(), (403, "refused-by-law"), "{}", refused.text);
        let blocking: Vec<&Value> = refused.body["blocking"].as_array().unwrap().iter().collect();
        assert!(refused.text.contains("us.payments.particulars-travel"), "{}", refused.text);
        assert_eq!(blocking.len(), 1, "{}", refused.text);
    }
    let sent = pay("3000.00", Some(true));
    assert_eq!(sent.status, 201, "{}", sent.text);
    assert_eq!(pay("2999.99", None).status, 201);
    // It may add what law did not ask for.
    assert_eq!(pay("10.00", Some(true)).status, 201);
    // A bridge does not lead past it.
    let bridge = |amount: &str, travels: bool| {
        let asked = json!({
            "account_id": payee, "amount": amount, "currency": "USD", "purpose": "services",
        });
        let invoice = b.post("/v1/bridge/invoices", &asked).body["result"]["invoice"].clone();
        let body = json!({ "from_account_id": payer, "invoice": invoice, "travel_rule": travels });
        (a.post("/v1/bridge/transfers", &body), invoice)
    };
    let (refused, _) = bridge("3000.00", false);
    assert_eq!(refused.code(), (403, "refused-by-law"), "{}", refused.text);
    assert!(refused.text.contains("us.payments.particulars-travel"), "{}", refused.text);
    let (bridged, invoice) = bridge("3000.00", true);
    assert_eq!(bridged.status, 201, "{}", bridged.text);
    let id = invoice["credentialSubject"]["transfer_id"].as_str().unwrap();
    wait(&a, &format!("/v1/bridge/transfers/{id}"), |told| told["phase"] == "completed");
    // All arrived; what travelled is in the lane, and nowhere else.
    let held = |told: &Value| told["lane_there"]["acknowledged"].as_u64() >= Some(5);
    wait(&a, &path, held);
    let dir = folder("travel");
    let export = ["corridor", "export", corridor, "--out", "bundle.zip", "--disclose"];
    assert_eq!(mez(&dir, Some(&a), &export).0, 0);
    let bundle = std::fs::read(dir.join("bundle.zip")).unwrap();
    let entries = proof::artifact::Bundle::read(&bundle).unwrap().entries().clone();
    let told: Vec<bool> = entries
        .iter()
        .filter(|(name, _)| name.ends_with(".payload.json"))
        .map(|(_, bytes)| serde_json::from_slice::<Value>(bytes).unwrap())
        .filter(|payload| payload["payload"].get("payer").is_some())
        .map(|payload| payload["payload"]["payer_particulars"]["address"].is_string())
        .collect();
    assert_eq!(told, [true, false, true, true]);
}

/// Hong Kong asks for them from eight thousand of its dollars on, and with every other currency; the DIFC above a thousand dollars.
#[test]
fn law_of_hong_kong_and_of_the_difc_asks_for_them_too() {
    let rows = [("hk", "10.00", None), ("ae-dubai-difc", "1000.01", Some("1000.00"))];
    for (place, asked, below) in rows {
        let homes = [place, "sg"].map(|name| Home::of(name, Some("digital-financial-center")));
        let [a, b] = [Server::start(&homes[0]), Server::start(&homes[1])];
        let path = joined(&a, &b, [&homes[0], &homes[1]]);
        let corridor = path.rsplit('/').next().unwrap();
        let payer = account(&a, &homes[0], "Bighorn Ledger", place, "20000.00");
        let payee = account(&b, &homes[1], "Harbour Tea", "sg", "0");
        let pay = |amount: &str, travels: bool| -> Told {
            let body = json!({
                "from_account_id": payer, "amount": amount, "currency": "USD", "purpose": "services",
                "travel_rule": travels,
                "to": {
                    "account_id": payee, "name": "Harbour Tea", "corridor_id": corridor,
                    "zone_id": "org.momentum.mez.zone.sg",
                },
            });
            a.post("/v1/fiscal/payments", &body)
        };
        let refused = pay(asked, false);
        assert_eq!(refused.code(), (403, "refused-by-law"), "{place}: {}", refused.text);
        let rule = format!("{place}.payments.particulars-travel");
        assert!(refused.text.contains(&rule), "{}", refused.text);
        assert_eq!(pay(asked, true).status, 201, "{place}");
        if let Some(below) = below {
            assert_eq!(pay(below, false).status, 201, "{place}");
        }
    }
}
