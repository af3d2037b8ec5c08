//! Payment messages: what is read back, and what is refused by name.

use canon::{Amount, Currency};
use corridor::payment::{PaymentError, Return, Transfer};
use serde_json::{Value, json};

fn end(account: &str) -> Value {
    json!({ "account_id": account, "name": "A Ltd", "jurisdiction_id": "pk" })
}

fn transfer() -> Value {
    let amount = Amount::of_minor(1_250, Currency::parse("USD").unwrap());
    json!({ "type": Transfer::TYPE, "payment_id": "pay:1", "amount": amount, "payer": end("a:1"),
        "payee": end("a:2"), "purpose": "goods", "reference": "" })
}

fn undone() -> Value {
    json!({ "type": Return::TYPE, "payment_id": "pay:1", "amount": transfer()["amount"],
        "refused_sequence": 1, "ack_sequence": 0, "reason_code": "law-refused" })
}

#[test]
fn messages_read_back() {
    assert_eq!(Transfer::read(&transfer()).unwrap().amount.minor(), 1_250);
    assert_eq!(Return::read(&undone()).unwrap().refused_sequence, 1);
}

#[test]
fn every_fault_has_its_name() {
    let refused = |edit: &dyn Fn(&mut Value)| {
        let mut message = transfer();
        edit(&mut message);
        Transfer::read(&message).unwrap_err()
    };
    let long = "x".repeat(501);
    assert!(matches!(refused(&|m| m["type"] = json!("X")), PaymentError::Type(_)));
    assert!(matches!(refused(&|m| m["more"] = json!(1)), PaymentError::Shape(_)));
    assert_eq!(refused(&|m| m["amount"]["minor"] = json!("0")), PaymentError::Amount);
    assert_eq!(refused(&|m| m["amount"]["minor"] = json!("-5")), PaymentError::Amount);
    assert_eq!(refused(&|m| m["payer"]["name"] = json!(" ")), PaymentError::Text("payer.name"));
    assert_eq!(refused(&|m| m["payee"]["name"] = json!(long)), PaymentError::Text("payee.name"));
    assert_eq!(refused(&|m| m["purpose"] = json!(long)), PaymentError::Text("purpose"));
    assert_eq!(refused(&|m| m["reference"] = json!(long)), PaymentError::Text("reference"));
    let refused = |name: &str, value: Value| {
        let mut message = undone();
        message[name] = value;
        Return::read(&message).unwrap_err()
    };
    assert!(matches!(refused("type", json!(Transfer::TYPE)), PaymentError::Type(_)));
    assert!(matches!(refused("ack_sequence", json!(-1)), PaymentError::Shape(_)));
    assert_eq!(refused("reason_code", json!("")), PaymentError::Text("reason_code"));
    assert_eq!(refused("reason_code", json!(long)), PaymentError::Text("reason_code"));
    let nothing = json!({ "minor": "0", "currency": "USD" });
    assert_eq!(refused("amount", nothing), PaymentError::Amount);
}
