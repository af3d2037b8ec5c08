//! Refusals by name: each is provoked through its door, and answered as a whole problem document.
//!
//! A bound that takes thousands of requests to reach is stood at by rows put into the data of a zone that stands still
//! ([`rows`]); what is then asked, and what is answered, goes through the door like everything else.

mod books;
mod corridors;
mod crossed;
mod doors;
mod limits;
mod many;
mod ownership;
mod pair;
mod parents;
mod particulars;
mod peers;
mod people;
mod relay;
pub mod rows;
mod rows_at_mass;
mod settlement;
mod tax;
mod trade;
mod watchers;

use serde_json::{Value, json};

use crate::home::Home;
use crate::server::{Server, Told};

const KINDS: [&str; 3] = ["beneficial_ownership", "source_of_funds", "tax_residency"];

/// The answer is this refusal, and a problem document.
#[track_caller]
pub fn is(told: &Told, status: u16, code: &str) {
    assert_eq!(told.code(), (status, code), "{}", told.text);
    assert_eq!(told.media, "application/problem+json", "{}", told.text);
    assert_eq!(told.body["type"], format!("urn:mez:problem:{code}"), "{}", told.text);
    assert_eq!(told.body["status"], status, "{}", told.text);
    let said = |member: &str| told.body[member].as_str().is_some_and(|text| !text.is_empty());
    let whole = said("detail") && said("title") && said("instance") && said("remedy");
    assert!(whole, "{}", told.text);
}

/// What was made, by the name of its id.
#[track_caller]
fn made(told: &Told, name: &str) -> String {
    assert!((200..300).contains(&told.status), "{}", told.text);
    told.body["result"][name].as_str().unwrap().to_owned()
}

/// A company under the zone's law.
fn company(home: &Home, server: &Server, name: &str, jurisdiction: &str) -> String {
    let mut wanted = home.company(name, jurisdiction, &KINDS);
    if jurisdiction == "pk-sifc" {
        wanted["entity_type"] = json!("single-member-company");
    }
    made(&server.post("/v1/entities", &wanted), "entity_id")
}

/// An account of a company, with money on it where some is named.
fn account(server: &Server, entity: &str, currency: &str, funds: Option<&str>) -> String {
    let open = json!({ "entity_id": entity, "currency": currency });
    let account = made(&server.post("/v1/fiscal/accounts", &open), "account_id");
    if let Some(amount) = funds {
        let told = fund(server, &account, amount, currency);
        assert_eq!(told.status, 200, "{}", told.text);
    }
    account
}

fn fund(server: &Server, account: &str, amount: &str, currency: &str) -> Told {
    let fund = json!({ "amount": amount, "currency": currency, "purpose": "capital" });
    server.post(&format!("/v1/fiscal/accounts/{account}/fund"), &fund)
}

fn payment((from, to): (&str, &str), (amount, currency): (&str, &str), purpose: &str) -> Value {
    json!({
        "from_account_id": from, "to": { "account_id": to },
        "amount": amount, "currency": currency, "purpose": purpose,
    })
}
