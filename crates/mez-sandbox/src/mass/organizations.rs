//! organization-info: made, found, read.

use serde_json::{Value, json};

use super::shelf::{Rows, Shelf};
use super::{Said, refusal};
use crate::clock;
use crate::http::Request;
use crate::pakistan::{body, text};

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 1_000;
/// Largest page of a search.
const PAGE_MAX: u64 = 1_000;

pub(super) fn say(shelf: &Shelf, request: &Request, path: &str) -> Said {
    let path = path.split('?').next().unwrap_or_default();
    match (request.method.as_str(), path) {
        ("POST", "/organization/create") => create(shelf, &body(request)),
        ("POST", "/organization/search") => search(shelf, &body(request)),
        ("GET", "/organization/supported-jurisdictions") => (
            200,
            json!([{ "code": "sg", "name": "Singapore" }, { "code": "pk-sifc", "name": "Pakistan SIFC" }]),
        ),
        ("PUT", _) => match path.strip_prefix("/organization/") {
            Some(id) => change(shelf, id, &body(request)),
            None => refusal(404, "no such route"),
        },
        ("GET", _) => match path.strip_prefix("/organization/") {
            Some(id) => shelf.read(|rows| {
                let found = rows.organizations.get(id).cloned();
                found.map_or_else(|| refusal(404, "no such organization"), |found| (200, found))
            }),
            None => refusal(404, "no such route"),
        },
        _ => refusal(404, "no such route"),
    }
}

fn create(shelf: &Shelf, asked: &Value) -> Said {
    let name = text(asked, "name");
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return refusal(422, "`name` is missing or too long");
    }
    shelf.change(|rows| {
        let id = rows.fresh();
        let made = json!({
            "id": id,
            "name": name,
            "jurisdiction": asked.get("jurisdiction"),
            "entityType": asked.get("entityType"),
            "address": asked.get("address"),
            "tags": asked.get("tags").cloned().unwrap_or_else(|| json!([])),
            "status": "ACTIVE",
            "createdAt": clock::text(),
            "updatedAt": clock::text(),
        });
        rows.organizations.insert(id, made.clone());
        (201, made)
    })
}

/// Members take the place of those that are there; who it is stays.
fn change(shelf: &Shelf, id: &str, asked: &Value) -> Said {
    let Some(asked) = asked.as_object() else { return refusal(422, "no members") };
    let known = |word: &str| ["ACTIVE", "INACTIVE", "SUSPENDED", "DISSOLVED"].contains(&word);
    if asked.get("status").is_some_and(|word| !word.as_str().is_some_and(known)) {
        return refusal(422, "`status` is no status");
    }
    shelf.change(|rows| {
        let Some(row) = rows.organizations.get_mut(id).and_then(Value::as_object_mut) else {
            return refusal(404, "no such organization");
        };
        for name in ["name", "status", "address", "tags"] {
            if let Some(value) = asked.get(name) {
                row.insert(name.to_owned(), value.clone());
            }
        }
        row.insert("updatedAt".to_owned(), clock::text().into());
        (200, row.clone().into())
    })
}

fn search(shelf: &Shelf, asked: &Value) -> Said {
    let wanted = text(asked, "query").to_lowercase();
    let size = asked.get("size").and_then(Value::as_u64).unwrap_or(10);
    if size == 0 || size > PAGE_MAX {
        return refusal(422, "`size` is 1 to 1000");
    }
    let fits = |row: &&Value| text(row, "name").to_lowercase().contains(&wanted);
    shelf.read(|rows: &Rows| {
        let all: Vec<&Value> = rows.organizations.values().filter(fits).collect();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let content: Vec<&Value> = all.iter().take(size).copied().collect();
        let (number, total) = (0, all.len());
        let pages = total.div_ceil(size);
        (200, json!({
            "content": content, "totalElements": total, "totalPages": pages, "number": number, "size": size,
        }))
    })
}
