//! A request as a handler sees it: who asks, what for, read once.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use canon::{Canonical, Digest};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zone::limits::{PAGE_DEFAULT, PAGE_MAX};
use zone::{Ask, Caller};

use super::problem::{Problem, Wrong};
use super::route::Method;

/// Most characters of a query.
const QUERY_BYTES_MAX: usize = 2_048;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The base URL of this zone, which `@target-uri` must begin with.
    pub(crate) url: String,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) caller: Option<Caller>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// The same, by this caller and with this query.
    pub(crate) fn of(self, caller: Option<Caller>, query: BTreeMap<String, String>) -> Self {
        Self { caller, query, ..self }
    }

    /// A header that occurs at most once.
    pub(crate) fn header(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        let mut found = self.headers.get_all(name).iter();
        let first = found.next();
        if found.next().is_some() {
            return Err(Problem::new(400, "bad-header", format!("`{name}` is given twice")));
        }
        let text = first.map(|value| value.to_str()).transpose();
        text.map_err(|_| Problem::new(400, "bad-header", format!("`{name}` is not plain text")))
    }

    /// The caller, who was let in before the body was read.
    pub(crate) fn caller(&self) -> Result<Caller, Problem> {
        self.caller.clone().ok_or_else(|| Problem::from(zone::Refused::CallerUnknown))
    }

    /// Who asks, under the idempotency key if one is given.
    pub(crate) fn ask(&self) -> Result<Ask, Problem> {
        let caller = self.caller()?;
        let Some(key) = self.header(IDEMPOTENCY_KEY)? else { return Ok(Ask::once(caller)) };
        let canonical = Canonical::of_value(&self.tree()?).map_err(|e| Problem::malformed(&e))?;
        let mut request = format!("{}\n{}\n", self.method.as_str(), self.path).into_bytes();
        request.extend_from_slice(canonical.bytes());
        Ok(Ask::keyed(caller, key, Digest::of_blob(&request))?)
    }

    /// Refuses a key that is none, also where no write will look at it.
    pub(crate) fn may_have_a_key(&self) -> Result<(), Problem> {
        let (Some(key), Ok(caller)) = (self.header(IDEMPOTENCY_KEY)?, self.caller()) else {
            return Ok(());
        };
        Ok(Ask::keyed(caller, key, Digest::of_blob(&[])).map(drop)?)
    }

    /// The body as a strict tree; an empty body is an empty object.
    pub(crate) fn tree(&self) -> Result<Value, Problem> {
        if self.body.is_empty() {
            return Ok(json!({}));
        }
        let tree = canon::parse_value(&self.body).map_err(|e| Problem::malformed(&e))?;
        // A list would be read as fields by their order, which no schema promises.
        if !tree.is_object() {
            let detail = "the body is not an object";
            let wrong = Wrong::Field { detail: detail.to_owned(), pointer: String::new() };
            return Err(Problem::new(422, "malformed-document", detail).naming(vec![wrong]));
        }
        Ok(tree)
    }

    /// The body as its type.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        read(self.tree()?)
    }

    /// A parameter of the path as its type.
    pub(crate) fn param<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Problem> {
        let text = self.params.get(name).map(String::as_str).unwrap_or_default();
        parse(text).map_err(|error| Problem::field(&format!("/path/{name}"), error.to_string()))
    }

    /// A parameter of the query as its type, where it is given.
    pub(crate) fn wanted<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.query.get(name) else { return Ok(None) };
        let parsed = parse(text);
        let parsed = parsed.map(Some);
        parsed.map_err(|error| Problem::field(&format!("/query/{name}"), error.to_string()))
    }

    /// `after` and `limit`.
    pub(crate) fn page(&self) -> Result<(Option<&str>, usize), Problem> {
        Ok((self.query.get("after").map(String::as_str), self.limit()?))
    }

    /// `limit`.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.wanted("limit", |text| match text.parse::<usize>() {
            Ok(limit) if (1..=PAGE_MAX).contains(&limit) => Ok(limit),
            _ => Err(format!("`{text}` is not a number from 1 to {PAGE_MAX}")),
        })?;
        Ok(limit.unwrap_or(PAGE_DEFAULT))
    }
}

/// Names a write, so that it is done once.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Asks what was known at a moment.
pub(crate) const KNOWN_AT: &str = "known_at";
/// Asks what law says of a write, and for nothing else.
pub(crate) const DRY_RUN: &str = "dry_run";

/// A tree as its type; what does not fit is named.
pub(crate) fn read<T: DeserializeOwned>(tree: Value) -> Result<T, Problem> {
    serde_json::from_value(tree).map_err(|error| {
        let told = error.to_string();
        let named = told.split('`').nth(1).filter(|_| told.contains(" field `"));
        let pointer = named.map(|name| format!("/{name}")).unwrap_or_default();
        Problem::field(&pointer, told)
    })
}

/// The query, with only the names a route knows, each once.
pub(crate) fn query(
    text: &str,
    known: &[super::route::Parameter],
) -> Result<BTreeMap<String, String>, Problem> {
    let refuse = |detail: String| Problem::new(422, "bad-query", detail);
    if text.len() > QUERY_BYTES_MAX {
        return Err(refuse(format!("the query is longer than {QUERY_BYTES_MAX} bytes")));
    }
    let mut found = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !known.iter().any(|parameter| parameter.name == name) {
            return Err(refuse(format!("`{name}` is not a parameter of this route")));
        }
        let value = percent_decoded(value)
            .ok_or_else(|| refuse(format!("`{name}` is not well percent-encoded")))?;
        if found.insert(name.to_owned(), value).is_some() {
            return Err(refuse(format!("`{name}` is given twice")));
        }
    }
    Ok(found)
}

/// RFC 3986 §2.1, with `+` as itself.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let pair = [rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&pair).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The text of a bearer token.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut found = headers.get_all(header::AUTHORIZATION).iter();
    let value = found.next()?.to_str().ok()?;
    if found.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
