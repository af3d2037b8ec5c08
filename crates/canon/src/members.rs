//! A canonical object taken apart where it lies: nothing is copied, and any member can be left out
//! of a digest without writing the rest again.

use std::ops::Range;
use std::slice::SliceIndex;

use serde::de::DeserializeOwned;

use crate::Digest;
use crate::digest::sha256_parts;
use crate::json;
use crate::limits::DOCUMENT_BYTES_MAX;

/// The members of one canonical object, in canonical order.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    bytes: &'a [u8],
    all: Vec<(&'a [u8], Range<usize>)>,
}

impl<'a> Members<'a> {
    /// Takes an object apart; nothing for bytes that are not exactly one in canonical form. Whoever
    /// needs the reason asks [`crate::Exact::of`].
    #[must_use]
    pub fn of(input: &'a [u8]) -> Option<Self> {
        let text = input.len() <= DOCUMENT_BYTES_MAX && std::str::from_utf8(input).is_ok();
        text.then(|| json::members(input)).flatten().map(|all| Self { bytes: input, all })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The canonical bytes of a member's value. `name` as it is written, without quotes.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.bytes.get(self.find(name)?.clone())
    }

    /// A member's value taken apart in turn, where it is an object.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<Self> {
        let bytes = self.value(name)?;
        json::members(bytes).map(|all| Self { bytes, all })
    }

    /// A member's value as a typed one; nothing too where it is of another type.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(self.value(name)?).ok()
    }

    /// A member's text, where it is one that is written without escapes.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        let inside = self.value(name)?.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        if inside.contains(&b'\\') {
            return None;
        }
        std::str::from_utf8(inside).ok()
    }

    /// Where a member lies with its comma: the object's bytes without this part are the canonical form
    /// of the object without this member. Nothing for the last member, whose comma stands before it.
    #[must_use]
    pub fn cut(&self, name: &str) -> Option<Range<usize>> {
        let value = self.find(name)?;
        // `"name":` before the value.
        let start = value.start.checked_sub(name.len() + 3)?;
        (self.bytes.get(value.end) == Some(&b',')).then_some(start..value.end + 1)
    }

    /// The digest of the object without one of its members, and not the last one.
    #[must_use]
    pub fn digest_without(&self, name: &str) -> Option<Digest> {
        let cut = self.cut(name)?;
        Some(sha256_parts(&[self.part(..cut.start)?, self.part(cut.end..)?]))
    }

    /// Some of the object's bytes.
    #[must_use]
    pub fn part(&self, part: impl SliceIndex<[u8], Output = [u8]>) -> Option<&'a [u8]> {
        self.bytes.get(part)
    }

    fn find(&self, name: &str) -> Option<&Range<usize>> {
        let found = self.all.iter().find(|(key, _)| *key == name.as_bytes());
        found.map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::Canonical;

    fn member() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z\u{0}-\u{20}\"\\\\é€]{0,9}".prop_map(Value::from),
            Just(json!({ "a": [1, { "b": "}" }], "c": {} })),
        ]
    }

    proptest! {
        /// The slow model: the parsed tree, and the tree written again with a member removed.
        #[test]
        fn members_are_those_of_the_tree(
            object in prop::collection::btree_map("[a-z\"\\\\é\u{1}]{0,4}", member(), 0..9)
        ) {
            let object: Map<String, Value> = object.into_iter().collect();
            let whole = Canonical::of(&object).unwrap();
            let members = Members::of(whole.bytes()).unwrap();
            prop_assert_eq!(members.count(), object.len());
            let last = object.len().saturating_sub(1);
            let mut names: Vec<&String> = object.keys().collect();
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            for (place, name) in names.into_iter().enumerate() {
                let written = Canonical::of(name).unwrap();
                let raw = std::str::from_utf8(written.bytes()).unwrap();
                let raw = &raw[1..raw.len() - 1];
                let wanted = Canonical::of(&object[name]).unwrap();
                prop_assert_eq!(members.value(raw), Some(wanted.bytes()));
                prop_assert_eq!(members.read::<Value>(raw), Some(object[name].clone()));
                let text = object[name].as_str().filter(|_| !wanted.bytes().contains(&b'\\'));
                prop_assert_eq!(members.text(raw), text);
                let cut = members.cut(raw);
                prop_assert_eq!(cut.is_none(), place == last);
                if cut.is_none() {
                    continue;
                }
                let mut rest = object.clone();
                rest.remove(name);
                let digest = members.digest_without(raw);
                prop_assert_eq!(digest, Some(Canonical::of(&rest).unwrap().digest()));
            }
        }
    }

    #[test]
    fn only_one_canonical_object_is_taken_apart() {
        for bytes in ["", "[]", "1", "{\"b\":1,\"a\":2}", "{ }", "{}{}", "{\"a\":1.0}", "{\"a\":1"]
        {
            assert!(Members::of(bytes.as_bytes()).is_none(), "{bytes}");
        }
        assert_eq!(Members::of(b"{}").unwrap().count(), 0);
    }
}
