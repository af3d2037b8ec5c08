//! treasury-info: treasuries, accounts, payments.

use std::collections::BTreeMap;

use canon::Digest;
use serde_json::{Value, json};

use super::books::{HOUSE, HOUSE_TREASURY, minor, moved, opened};
use super::shelf::{Rows, Shelf};
use super::{Said, refusal};
use crate::clock;
use crate::http::Request;
use crate::pakistan::{body, text};

/// Most payments of one search.
const SEARCHED_MAX: usize = 1_000;

pub(super) fn say(shelf: &Shelf, request: &Request, path: &str) -> Said {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    match (request.method.as_str(), path) {
        ("POST", "/treasury/create") => create(shelf, &body(request)),
        ("POST", "/account/create") => open(shelf, &parameters(query)),
        ("POST", "/transaction/create/payment") => pay(shelf, &body(request)),
        ("POST", "/transaction/search") => search(shelf, &body(request)),
        ("GET", _) => read(shelf, path),
        _ => refusal(404, "no such route"),
    }
}

fn read(shelf: &Shelf, path: &str) -> Said {
    let found = shelf.read(|rows| {
        if let Some(entity) = path.strip_prefix("/treasury/entity/") {
            return rows.treasuries.values().find(|t| text(t, "entityId") == entity).cloned();
        }
        if let Some(id) = path.strip_prefix("/treasury/") {
            return rows.treasuries.get(id).cloned();
        }
        if let Some(id) = path.strip_prefix("/account/") {
            return rows.accounts.get(id).cloned();
        }
        rows.transactions.get(path.strip_prefix("/transaction/")?).cloned()
    });
    found.map_or_else(|| refusal(404, "nothing of this identifier"), |found| (200, found))
}

/// Payments by their identifiers: the first of them, as many as go into an answer of so many bytes, and one at least.
fn search(shelf: &Shelf, asked: &Value) -> Said {
    let ids = asked.get("ids").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let Some(bytes_max) = asked.get("maxBytes").and_then(Value::as_u64) else {
        return refusal(422, "`maxBytes` is missing");
    };
    if ids.is_empty() || ids.len() > SEARCHED_MAX {
        return refusal(422, "`ids` are none, or too many");
    }
    let found: Option<Vec<Value>> = shelf
        .read(|rows| ids.iter().map(|id| rows.transactions.get(id.as_str()?).cloned()).collect());
    let Some(found) = found else { return refusal(404, "nothing of one of these identifiers") };
    let (mut content, mut bytes) = (Vec::new(), 0_u64);
    for row in found {
        bytes = bytes.saturating_add(row.to_string().len() as u64 + 1);
        if bytes > bytes_max && !content.is_empty() {
            break;
        }
        content.push(row);
    }
    (200, json!({ "content": content }))
}

fn create(shelf: &Shelf, asked: &Value) -> Said {
    let entity = text(asked, "entityId");
    shelf.change(|rows| {
        if !rows.organizations.contains_key(&entity) {
            return refusal(422, "no such organization");
        }
        let id = rows.fresh();
        let made = json!({
            "id": id, "entityId": entity, "context": asked.get("context"), "status": "ACTIVE",
            "createdAt": clock::text(), "updatedAt": clock::text(),
        });
        rows.treasuries.insert(id, made.clone());
        (201, made)
    })
}

fn open(shelf: &Shelf, asked: &BTreeMap<String, String>) -> Said {
    let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let (treasury, key, name, currency) =
        (of("treasuryId"), of("idempotencyKey"), of("name"), of("currency"));
    once(shelf, ("account", &key), &format!("{treasury}\n{name}\n{currency}"), |rows| {
        let holder = match treasury.as_str() {
            HOUSE_TREASURY => Some(HOUSE_TREASURY.to_owned()),
            other => rows.treasuries.get(other).map(|t| text(t, "entityId")),
        };
        let Some(holder) = holder else { return Err(refusal(422, "no such treasury")) };
        let id = rows.fresh();
        let made = opened(&id, (&holder, &treasury), (&name, &currency));
        rows.accounts.insert(id.clone(), made);
        Ok(id)
    })
}

fn pay(shelf: &Shelf, asked: &Value) -> Said {
    let key = text(asked, "idempotencyKey");
    let (from, to) = (text(asked, "sourceAccountId"), text(asked, "paymentEntity"));
    let currency = text(asked, "currency");
    let Some(amount) = minor(&text(asked, "amount"), &currency).filter(|amount| *amount > 0) else {
        return refusal(422, "`amount` is not an amount");
    };
    once(shelf, ("transaction", &key), &asked.to_string(), |rows| {
        let status = match moved(rows, (&from, &to), amount, &currency) {
            Ok(true) => "COMPLETED",
            Ok(false) => "FAILED",
            Err(why) => return Err(refusal(422, why)),
        };
        let id = rows.fresh();
        let made = json!({
            "id": id, "accountId": from, "transactionType": "PAYMENT", "status": status,
            "direction": "DEBIT", "currency": currency, "amount": asked.get("amount"),
            "reference": asked.get("reference"), "createdAt": clock::text(),
        });
        rows.transactions.insert(id.clone(), made);
        Ok(id)
    })
}

/// One effect per key; the same key for something else is refused.
fn once(
    shelf: &Shelf,
    (kind, key): (&str, &str),
    asked: &str,
    act: impl FnOnce(&mut Rows) -> Result<String, Said>,
) -> Said {
    if key.is_empty() {
        return refusal(422, "`idempotencyKey` is missing");
    }
    let digest = Digest::of_blob(asked.as_bytes()).to_string();
    shelf.change(|rows| {
        let taken = format!("{kind}:{key}");
        let id = match rows.taken.get(&taken) {
            Some((_, known)) if *known != digest => {
                return refusal(409, "this key was used for something else");
            }
            Some((id, _)) => id.clone(),
            None => match act(rows) {
                Ok(id) => {
                    rows.taken.insert(taken, (id.clone(), digest));
                    id
                }
                Err(refused) => return refused,
            },
        };
        let of = if kind == "account" { &rows.accounts } else { &rows.transactions };
        of.get(&id).map_or_else(|| refusal(500, "gone"), |made| (201, made.clone()))
    })
}

fn parameters(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), unescaped(value))).collect()
}

fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'%' => {
                let (high, low) = (digit(bytes.next()), digit(bytes.next()));
                let value = high.zip(low).and_then(|(h, l)| u8::try_from(h * 16 + l).ok());
                out.extend(value);
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The accounts that are there from the start: whoever runs Mass pays out of them.
pub(super) fn is_house(id: &str) -> bool {
    id.starts_with(HOUSE)
}
