//! The calls of Mass that a zone makes, and the answers it reads; `tests/mass/*.openapi.json` pin both.
//!
//! Members that are not named here are passed over. One that is missing or of another type is not.

use canon::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::at_mass::{AtMass, Unwell};
use super::call::Call;

const ORGANIZATION: &str = "/organization-info/api/v1/organization";
const TREASURY: &str = "/treasury-info/api/v1";
/// Treasuries of Mass itself.
pub(super) const CONTEXT: &str = "MASS";
/// Organizations of one name that are looked at.
const FOUND_MAX: u32 = 1_000;

/// Most payments that are asked for at once: a page of records.
pub(super) const TRANSACTIONS_MAX: usize = 200;
/// Largest answer with them, in bytes: less than is read of any.
const TRANSACTIONS_BYTES_MAX: u32 = 768 * 1024;

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) jurisdiction: String,
    pub(super) entity_type: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) address: Option<String>,
    pub(super) tags: Vec<String>,
}

/// A page of organizations.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Search {
    pub(super) content: Vec<Organization>,
    pub(super) total_elements: usize,
}

/// Payments that were asked for together, each as it is told by itself: as many as go into one answer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Transactions {
    pub(super) content: Vec<Value>,
}

/// A treasury.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Treasury {
    pub(super) id: String,
    pub(super) entity_id: String,
    /// Whose rails it is on; read, so that an account is not taken for a treasury.
    pub(super) context: String,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BankAccount {
    pub(super) id: String,
    pub(super) entity_id: String,
    pub(super) treasury_id: String,
    pub(super) name: String,
    pub(super) currency: String,
    pub(super) balance: String,
    pub(super) available: String,
}

/// A payment as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Payment {
    pub(super) source_account_id: String,
    /// The account that is paid.
    pub(super) payment_entity: String,
    pub(super) amount: String,
    pub(super) currency: String,
    pub(super) reference: String,
}

/// A payment as Mass tells of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) account_id: String,
    pub(super) status: String,
    pub(super) currency: String,
    pub(super) amount: String,
    pub(super) reference: String,
}

impl Payment {
    /// Of what Mass says of it in words of its own.
    pub(super) fn said(&self) -> Digest {
        said(&self.source_account_id, &self.currency, &self.amount)
    }
}

fn said(payer: &str, currency: &str, amount: &str) -> Digest {
    Digest::of_blob(format!("{payer}\n{currency}\n{amount}").as_bytes())
}

impl Transaction {
    /// Of what Mass says of it in words of its own.
    pub(super) fn said(&self) -> Digest {
        said(&self.account_id, &self.currency, &self.amount)
    }

    /// Whether it is made; both the words of the client and those of the live documents are understood.
    pub(super) fn settled(&self) -> Result<(), AtMass> {
        match self.status.as_str() {
            "COMPLETED" | "SUCCEEDED" => Ok(()),
            "PENDING" => Err(AtMass::new(Unwell::Pending, "Mass has not decided the payment yet")),
            "FAILED" | "REJECTED" | "CANCELED" | "REVERSED" => {
                Err(AtMass::new(Unwell::Declined, format!("Mass says `{}`", self.status)))
            }
            _ => Err(AtMass::new(Unwell::Unreadable, "the status of a payment is another word")),
        }
    }
}

pub(super) fn organization_create(wanted: &Organization) -> Call {
    let mut body = json!({
        "name": wanted.name,
        "jurisdiction": wanted.jurisdiction,
        "entityType": wanted.entity_type,
        "tags": wanted.tags,
    });
    if let (Some(address), Value::Object(members)) = (&wanted.address, &mut body) {
        members.insert("address".to_owned(), address.as_str().into());
    }
    Call::post(&format!("{ORGANIZATION}/create"), &body)
}

/// The members of an organization that a zone changes, put in the place of what is there.
pub(super) fn organization_change(id: &str, wanted: &Organization) -> Call {
    let body = json!({
        "name": wanted.name,
        "status": wanted.status,
        "address": wanted.address,
        "tags": wanted.tags,
    });
    Call::put(format!("{ORGANIZATION}/{}", plain(id)), &body)
}

pub(super) fn organization_by_id(id: &str) -> Call {
    Call::get(format!("{ORGANIZATION}/{}", plain(id)))
}

pub(super) fn organization_search(name: &str) -> Call {
    let body = json!({ "query": name, "page": 0, "size": FOUND_MAX });
    Call { repeatable: true, ..Call::post(&format!("{ORGANIZATION}/search"), &body) }
}

pub(super) fn treasury_of(organization: &str) -> Call {
    Call::get(format!("{TREASURY}/treasury/entity/{}", plain(organization)))
}

pub(super) fn treasury_create(organization: &str) -> Call {
    let body = json!({ "entityId": organization, "context": CONTEXT });
    Call::post(&format!("{TREASURY}/treasury/create"), &body)
}

pub(super) fn account_create(treasury: &str, (name, currency): (&str, &str), key: &str) -> Call {
    let path = format!(
        "{TREASURY}/account/create?treasuryId={}&idempotencyKey={}&name={}&currency={}",
        plain(treasury),
        plain(key),
        plain(name),
        plain(currency)
    );
    Call::post(&path, &json!({})).keyed(key)
}

pub(super) fn account_by_id(id: &str) -> Call {
    Call::get(format!("{TREASURY}/account/{}", plain(id)))
}

pub(super) fn payment_create(wanted: &Payment, key: &str) -> Call {
    let body = json!({
        "paymentType": "INTERNAL",
        "amount": wanted.amount,
        "currency": wanted.currency,
        "paymentEntity": wanted.payment_entity,
        "sourceAccountId": wanted.source_account_id,
        "idempotencyKey": key,
        "reference": wanted.reference,
    });
    Call::post(&format!("{TREASURY}/transaction/create/payment"), &body).keyed(key)
}

pub(super) fn transaction_by_id(id: &str) -> Call {
    Call::get(format!("{TREASURY}/transaction/{}", plain(id)))
}

pub(super) fn transactions_by_id(ids: &[&str]) -> Call {
    let body = json!({ "ids": ids, "maxBytes": TRANSACTIONS_BYTES_MAX });
    Call { repeatable: true, ..Call::post(&format!("{TREASURY}/transaction/search"), &body) }
}

/// What needs no escape in a path or a query; the rest as RFC 3986 has it.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
