//! Documents of others over their own bytes: RFC 8785 as it stands, fractions and all.
//!
//! Ours are refused where two readers may read them differently; those of others were signed before
//! anybody asked us. Only what a verifier then takes out of them enters the canonical form.
//!
//! Invariant: a name is read once, nothing is nested deeper than [`DEPTH_MAX`], and no number is read
//! as another one than RFC 8785 writes.

use canon::{DEPTH_MAX, DOCUMENT_BYTES_MAX, Digest};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Beyond it an integer is what the nearest fraction says, in RFC 8785 as in JavaScript.
const EXACT_MAX: i64 = 1 << 53;

/// Why a document of others is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignError {
    /// Longer than is looked at.
    #[error("the document is longer than {DOCUMENT_BYTES_MAX} bytes")]
    Length,
    /// Not JSON, a name twice, or nested too deep; with the position.
    #[error("{0}")]
    Json(String),
    /// No form in RFC 8785.
    #[error("the document cannot be written: {0}")]
    Write(String),
}

/// Reads a document of others.
///
/// # Errors
/// Anything RFC 8785 asks to refuse: a name twice, text that is no JSON.
pub fn read(bytes: &[u8]) -> Result<Value, ForeignError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(ForeignError::Length);
    }
    let once: Once =
        serde_json::from_slice(bytes).map_err(|e| ForeignError::Json(e.to_string()))?;
    if depth(&once.0) > DEPTH_MAX {
        return Err(ForeignError::Json(format!("nested deeper than {DEPTH_MAX}")));
    }
    Ok(once.0)
}

/// The bytes of RFC 8785.
///
/// # Errors
/// A value that has none.
pub fn canonical(value: &Value) -> Result<Vec<u8>, ForeignError> {
    serde_json_canonicalizer::to_vec(value).map_err(|e| ForeignError::Write(e.to_string()))
}

/// SHA-256 of [`canonical`].
///
/// # Errors
/// As [`canonical`].
pub fn digest(value: &Value) -> Result<Digest, ForeignError> {
    Ok(Digest::of_blob(&canonical(value)?))
}

fn depth(value: &Value) -> usize {
    let below = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 1,
    };
    1 + below.unwrap_or(0)
}

/// A value in whose objects each name stands once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

/// Reads as `serde_json` does, but for names that stand twice.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(if value.saturating_abs() > EXACT_MAX {
            Value::from(value as f64)
        } else {
            Value::from(value)
        })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        let exact = i64::try_from(value).is_ok_and(|value| value <= EXACT_MAX);
        Ok(if exact { Value::from(value) } else { Value::from(value as f64) })
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let Once(value) = members.next_value()?;
            if all.contains_key(&name) {
                return Err(A::Error::custom(format!("the name `{name}` stands twice")));
            }
            all.insert(name, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_and_a_deep_nest_are_refused() {
        for text in [r#"{"a":1,"a":2}"#, r#"[{"b":{"a":1,"\u0061":2}}]"#, "{", "", "[1]x"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        let deep = "[".repeat(DEPTH_MAX + 1) + &"]".repeat(DEPTH_MAX + 1);
        assert!(read(deep.as_bytes()).is_err());
        let value =
            read(r#"{"b":1e30,"a":[0.5,-0,333333333.33333329,12345678901234567890]}"#.as_bytes())
                .unwrap();
        assert_eq!(
            canonical(&value).unwrap(),
            br#"{"a":[0.5,0,333333333.3333333,12345678901234567000],"b":1e+30}"#
        );
    }

    /// The documents of RFC 8785 that its authors publish; the canonical form refuses two of them.
    #[test]
    fn the_published_documents_are_written_as_they_say() {
        let folder =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/jcs/testdata/input");
        let inputs: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(inputs.len(), 6);
        for path in inputs {
            let wanted = path.display().to_string().replace("/input/", "/output/");
            let value = read(&std::fs::read(&path).unwrap()).unwrap();
            assert_eq!(canonical(&value).unwrap(), std::fs::read(wanted).unwrap(), "{path:?}");
        }
    }
}
