//! Putting disclosed claims where their digests stand (RFC 9901 §7.1).

use std::collections::{BTreeMap, BTreeSet};

use canon::DEPTH_MAX;
use serde_json::{Map, Value};

use super::NEVER_HIDDEN;
use super::read::{Disclosure, SdJwtError};

const DIGESTS: &str = "_sd";
const ELEMENT: &str = "...";

/// The payload with every disclosure in its place and every other digest gone.
pub(super) fn expand(
    payload: &Map<String, Value>,
    disclosures: &[Disclosure<'_>],
) -> Result<Map<String, Value>, SdJwtError> {
    let mut open = BTreeMap::new();
    for disclosure in disclosures {
        if open.insert(disclosure.digest.as_str(), disclosure).is_some() {
            return Err(SdJwtError::Twice(disclosure.digest.clone()));
        }
    }
    let mut places = Places { open, seen: BTreeSet::new() };
    let mut expanded = places.object(payload, 1)?;
    if !places.open.is_empty() {
        return Err(SdJwtError::Unsigned);
    }
    let hidden = |name: &&&str| expanded.contains_key(**name) && !payload.contains_key(**name);
    if let Some(name) = NEVER_HIDDEN.iter().find(hidden) {
        return Err(SdJwtError::Name((*name).to_owned()));
    }
    expanded.remove("_sd_alg");
    Ok(expanded)
}

/// Disclosures not placed yet, and every digest met.
struct Places<'a> {
    open: BTreeMap<&'a str, &'a Disclosure<'a>>,
    seen: BTreeSet<String>,
}

impl Places<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<Value, SdJwtError> {
        if depth > DEPTH_MAX {
            return Err(SdJwtError::Deep);
        }
        match value {
            Value::Object(members) => Ok(Value::Object(self.object(members, depth)?)),
            Value::Array(items) => {
                let mut all = Vec::with_capacity(items.len());
                for item in items {
                    all.extend(self.element(item, depth)?);
                }
                Ok(Value::Array(all))
            }
            plain => Ok(plain.clone()),
        }
    }

    fn object(
        &mut self,
        members: &Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, SdJwtError> {
        let mut all = Map::new();
        for (name, value) in members.iter().filter(|(name, _)| *name != DIGESTS) {
            if name == ELEMENT {
                return Err(SdJwtError::Name(name.clone()));
            }
            all.insert(name.clone(), self.value(value, depth + 1)?);
        }
        let digests = match members.get(DIGESTS) {
            None => &[],
            Some(Value::Array(digests)) => digests.as_slice(),
            Some(_) => return Err(SdJwtError::Shape("`_sd`")),
        };
        for digest in digests {
            let Some(disclosure) = self.take(digest)? else { continue };
            let name = disclosure.name.as_ref().ok_or(SdJwtError::Shape("a disclosure"))?;
            if name == DIGESTS || name == ELEMENT {
                return Err(SdJwtError::Name(name.clone()));
            }
            let value = self.value(&disclosure.value, depth + 1)?;
            if all.insert(name.clone(), value).is_some() {
                return Err(SdJwtError::Twice(name.chars().take(80).collect()));
            }
        }
        Ok(all)
    }

    fn element(&mut self, item: &Value, depth: usize) -> Result<Option<Value>, SdJwtError> {
        let Some(digest) = item.get(ELEMENT) else { return self.value(item, depth + 1).map(Some) };
        if item.as_object().is_none_or(|members| members.len() != 1) {
            return Err(SdJwtError::Shape("an element of an array"));
        }
        match self.take(digest)? {
            None => Ok(None),
            Some(Disclosure { name: None, value, .. }) => self.value(value, depth + 1).map(Some),
            Some(_) => Err(SdJwtError::Shape("a disclosure")),
        }
    }
}

impl<'a> Places<'a> {
    /// The disclosure of a digest, if it is shown.
    fn take(&mut self, digest: &Value) -> Result<Option<&'a Disclosure<'a>>, SdJwtError> {
        let digest = digest.as_str().ok_or(SdJwtError::Shape("a digest"))?;
        if !self.seen.insert(digest.to_owned()) {
            return Err(SdJwtError::Twice(digest.chars().take(80).collect()));
        }
        Ok(self.open.remove(digest))
    }
}
