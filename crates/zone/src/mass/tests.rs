//! What is asked of Mass and what counts of its answers, without a network.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use canon::Currency;
use serde_json::{Value, json};

use super::calls::{Organization, Payment};
use super::texts::{brought, carried};
use super::{AtMass, Call, Client, Reply, Unwell};

/// A client that is answered with these, in order, and what it asked.
fn client(answers: Vec<(u16, Value)>) -> (Client, Arc<Mutex<Vec<Call>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (kept, left) = (Arc::clone(&asked), Mutex::new(answers.into_iter()));
    let carry = move |call: &Call| {
        kept.lock().unwrap().push(call.clone());
        let (status, body) = left.lock().unwrap().next().unwrap();
        Ok(Reply { status, body: body.to_string().into_bytes() })
    };
    (Client::new(Arc::new(carry), BTreeMap::new(), None), asked)
}

fn wanted() -> Payment {
    Payment {
        source_account_id: "a-1".to_owned(),
        payment_entity: "a-2".to_owned(),
        amount: "10.00".to_owned(),
        currency: "SGD".to_owned(),
        reference: carried([&b"{}"[..]]),
    }
}

fn told(status: &str) -> Value {
    json!({
        "id": "t-1", "accountId": "a-1", "status": status, "currency": "SGD", "amount": "10.00",
        "reference": carried([&b"{}"[..]]),
    })
}

#[test]
fn a_record_comes_back_as_it_was_whatever_its_length() {
    for length in 0..300 {
        let record: Vec<u8> = (0..length).map(|at| (at * 7 + length) as u8).collect();
        let text = carried([record.as_slice(), b"{}"]);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{text}");
        let digest = canon::Digest::of_blob;
        let both = [(record.clone(), digest(&record)), (b"{}".to_vec(), digest(b"{}"))];
        assert_eq!(brought(&text).unwrap(), both);
    }
    for text in ["", "mez.v1", "mez.v2.e30", "mez.v1.!", "e30"] {
        assert_eq!(brought(text).unwrap_err().unwell, Unwell::Differs, "{text}");
    }
}

#[test]
fn a_payment_counts_when_the_answer_says_all_that_was_asked() {
    for status in ["COMPLETED", "SUCCEEDED"] {
        assert_eq!(client(vec![(201, told(status))]).0.pay(&wanted(), "k").unwrap().id, "t-1");
    }
    for (status, unwell) in [
        ("PENDING", Unwell::Pending),
        ("FAILED", Unwell::Declined),
        ("REJECTED", Unwell::Declined),
        ("CANCELED", Unwell::Declined),
        ("REVERSED", Unwell::Declined),
        ("DONE", Unwell::Unreadable),
    ] {
        let came = client(vec![(201, told(status))]).0.pay(&wanted(), "k");
        assert_eq!(came.unwrap_err().unwell, unwell, "{status}");
    }
    for (member, value, unwell) in [
        ("amount", json!("10.01"), Unwell::OfAnother),
        ("currency", json!("USD"), Unwell::OfAnother),
        ("accountId", json!("a-3"), Unwell::OfAnother),
        ("reference", json!("mez.v1.e31"), Unwell::OfAnother),
        ("amount", json!(10), Unwell::Unreadable),
        ("amount", Value::Null, Unwell::Unreadable),
    ] {
        let mut answer = told("COMPLETED");
        answer[member] = value;
        let came = client(vec![(201, answer)]).0.pay(&wanted(), "k");
        assert_eq!(came.unwrap_err().unwell, unwell, "{member}");
    }
    let came = client(vec![(422, json!({ "error": "Quillon Sextant" }))]).0.pay(&wanted(), "k");
    let AtMass { unwell, detail } = came.unwrap_err();
    assert!(unwell == Unwell::Declined && !detail.contains("Quillon"), "{detail}");
}

#[test]
fn a_key_goes_along_where_mass_takes_one_and_nothing_else_is_repeated() {
    let (mass, asked) = client(vec![(201, told("COMPLETED")), (200, json!({})), (201, json!({}))]);
    mass.pay(&wanted(), "k-1").unwrap();
    let organization = Organization {
        id: String::new(),
        name: "A".to_owned(),
        jurisdiction: "sg".to_owned(),
        entity_type: "b".to_owned(),
        status: String::new(),
        address: None,
        tags: vec!["t".to_owned()],
    };
    assert_eq!(mass.made_under("A", "t").unwrap_err().unwell, Unwell::Unreadable);
    assert_eq!(mass.make(&organization).unwrap_err().unwell, Unwell::Unreadable);
    let asked = asked.lock().unwrap();
    let repeatable: Vec<bool> = asked.iter().map(|call| call.repeatable).collect();
    assert_eq!(repeatable, [true, true, false]);
    assert_eq!(asked[0].key.as_deref(), Some("k-1"));
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(body["idempotencyKey"], "k-1");
}

#[test]
fn of_two_that_were_made_under_one_key_neither_counts() {
    let one = json!({
        "id": "o-1", "name": "A", "jurisdiction": "sg", "entityType": "b", "status": "ACTIVE", "tags": ["t"],
    });
    let page = |content: Value, total: usize| json!({ "content": content, "totalElements": total });
    let (mass, _) = client(vec![
        (200, page(json!([one, one]), 2)),
        (200, page(json!([one]), 2)),
        (200, page(json!([one]), 1)),
        (200, page(json!([]), 0)),
    ]);
    assert_eq!(mass.made_under("A", "t").unwrap_err().unwell, Unwell::Differs);
    assert_eq!(mass.made_under("A", "t").unwrap_err().unwell, Unwell::Differs);
    assert_eq!(mass.made_under("A", "t").unwrap().unwrap().id, "o-1");
    assert!(mass.made_under("A", "t").unwrap().is_none());
    assert_eq!(mass.funding(Currency::parse("SGD").unwrap()).unwrap_err().unwell, Unwell::NotThere);
}
