//! What is asked of Mass and what counts of its answers, without a network.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use canon::Currency;
use serde_json::{Value, json};

use super::calls::{Organization, Payment};
use super::legs::{From, of_posting};
use super::plan::Record;
use super::texts::{brought, carried, held};
use super::{AtMass, Call, Client, Reply, Unwell, tags};

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

fn posting(debits: &[(&str, &str)], credits: &[(&str, &str)]) -> registry::Posting {
    use registry::Leg as Movement;
    let day = canon::Date::parse("2026-11-23").unwrap();
    let sgd = Currency::parse("SGD").unwrap();
    let of = |(account, amount): &(&str, &str)| {
        let amount = registry::PositiveAmount::parse(amount, sgd, day).unwrap();
        (canon::AccountId::parse(account).unwrap(), amount)
    };
    let debits = debits.iter().map(of).map(|(account, amount)| Movement::debit(&account, amount));
    let credits =
        credits.iter().map(of).map(|(account, amount)| Movement::credit(&account, amount));
    let id = canon::RecordId::parse("posting-1").unwrap();
    let line = registry::Line::parse("a test").unwrap();
    registry::Posting::new(id, day, line, debits.chain(credits)).unwrap()
}

fn legs(posting: &registry::Posting, from: From) -> Vec<(String, String, i128)> {
    let legs = of_posting(posting, from).unwrap();
    legs.iter().map(|leg| (leg.from.name(), leg.to.name(), leg.amount.minor())).collect()
}

#[test]
fn a_posting_is_payments_of_one_amount_each_and_the_zone_is_paid_first() {
    let leg = |from: &str, to: &str, minor| (from.to_owned(), to.to_owned(), minor);
    let taxed = posting(
        &[("ann", "10.00")],
        &[("ben", "8.50"), ("tax:fbr:SGD", "1.00"), ("fees:SGD", "0.50")],
    );
    let wanted =
        [leg("ann", "tax:fbr:SGD", 100), leg("ann", "fees:SGD", 50), leg("ann", "ben", 850)];
    assert_eq!(legs(&taxed, From::Account), wanted);
    let promised = [("tax:fbr:SGD", 100), ("fees:SGD", 50), ("ben", 850)];
    let promised = promised.map(|(to, minor)| leg("promised:SGD", to, minor));
    assert_eq!(legs(&taxed, From::Promise), promised);
    let back = posting(&[("ben", "8.50"), ("tax:fbr:SGD", "1.50")], &[("ann", "10.00")]);
    assert_eq!(
        legs(&back, From::Account),
        [leg("ben", "ann", 850), leg("tax:fbr:SGD", "ann", 150)]
    );
    // Whatever is given is taken, and no account is paid by itself.
    let many = posting(&[("a", "3.00"), ("b", "4.00")], &[("c", "5.00"), ("d", "2.00")]);
    assert_eq!(
        legs(&many, From::Account),
        [leg("a", "c", 300), leg("b", "c", 200), leg("b", "d", 200)]
    );
}

#[test]
fn a_tag_takes_the_place_of_the_one_before_the_last_and_of_no_other() {
    let record = |body: &str| Record {
        kind: "consent".to_owned(),
        id: "c-1".to_owned(),
        rev: None,
        body: body.as_bytes().to_vec(),
        sha256: canon::Digest::of_blob(body.as_bytes()),
    };
    let (one, two, three) = (record("{\"n\":1}"), record("{\"n\":2}"), record("{\"n\":3}"));
    let theirs = vec!["vip".to_owned(), carried([&b"{\"type\":\"MEZEntity\"}"[..]])];
    let first = tags::with(&theirs, &[(&one, None)]).unwrap();
    let second = tags::with(&first, &[(&two, Some(one.sha256))]).unwrap();
    assert_eq!((first.len(), second.len()), (3, 4), "the version before stays beside it");
    let third = tags::with(&second, &[(&three, Some(two.sha256))]).unwrap();
    let texts = || third.iter().map(|tag| tags::text_of(tag));
    assert_eq!(third.len(), 4);
    assert!(held(three.sha256, texts()).is_ok() && held(two.sha256, texts()).is_ok());
    assert_eq!(held(one.sha256, texts()).unwrap_err().unwell, Unwell::Differs);
    assert_eq!(third[..2], theirs[..]);
    let full: Vec<String> = (0..1_001).map(|n| n.to_string()).collect();
    assert_eq!(tags::bounded(full.clone()).unwrap_err().code(), "not-at-mass");
    assert_eq!(tags::bounded(full[1..].to_vec()).unwrap().len(), 1_000);
    assert_eq!(tags::bounded(vec!["x".repeat(256 * 1024 + 1)]).unwrap_err().code(), "not-at-mass");
}

/// A payment as Mass tells of it among others.
fn row(id: &str) -> Value {
    let mut row = told("COMPLETED");
    row["id"] = json!(id);
    row
}

fn ids(all: &[&str]) -> std::collections::BTreeSet<String> {
    all.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn payments_are_asked_for_together_and_each_is_read_as_if_alone() {
    let content = |all: &[&str]| {
        let rows: Vec<Value> = all.iter().map(|id| row(id)).collect();
        (200, json!({ "content": rows }))
    };
    // As many as go into one answer; the rest is asked for again, the last of them by itself.
    let (mass, asked) =
        client(vec![content(&["t-1"]), content(&["t-3", "t-2"]), (200, row("t-4"))]);
    let reading = super::Reading::begin();
    mass.ask_ahead(ids(&["t-1", "t-2", "t-3", "t-4"])).unwrap();
    for id in ["t-1", "t-2", "t-3", "t-4"] {
        assert_eq!(mass.transaction(id).unwrap().unwrap().id, id);
    }
    mass.ask_ahead(ids(&["t-1", "t-2"])).unwrap();
    drop(reading);
    let asked = asked.lock().unwrap();
    let sent = |at: usize| serde_json::from_slice::<Value>(&asked[at].body).unwrap()["ids"].clone();
    assert_eq!(sent(0), json!(["t-1", "t-2", "t-3", "t-4"]));
    assert_eq!((sent(1), asked.len()), (json!(["t-2", "t-3", "t-4"]), 3));
    assert!(asked.iter().all(|call| call.repeatable && call.key.is_none()));
}

#[test]
fn what_was_not_asked_for_together_counts_for_nothing_and_mass_need_not_know_how() {
    let two = ids(&["t-1", "t-2"]);
    for answer in [json!({ "content": [] }), json!({ "content": [row("t-9")] })] {
        let _reading = super::Reading::begin();
        let came = client(vec![(200, answer)]).0.ask_ahead(two.clone());
        assert_eq!(came.unwrap_err().unwell, Unwell::OfAnother);
    }
    let _reading = super::Reading::begin();
    for status in [404, 405, 422] {
        let (mass, _) = client(vec![(status, json!({})), (200, row("t-1"))]);
        mass.ask_ahead(two.clone()).unwrap();
    }
    let answers = vec![(404, json!({})), (200, row("t-1")), (200, row("t-1"))];
    let (mass, _) = client(answers);
    mass.ask_ahead(two).unwrap();
    assert_eq!(mass.transaction("t-1").unwrap().unwrap().id, "t-1");
    assert_eq!(mass.transaction("t-2").unwrap_err().unwell, Unwell::OfAnother);
}
