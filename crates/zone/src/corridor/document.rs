//! A document of a corridor as it is kept: its text, which takes a tenth of the memory its tree does, read when it is
//! asked for. Most corridors are silent most of the time.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The text of a document, without a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document(Arc<str>);

impl Document {
    /// The document as a tree.
    pub(crate) fn value(&self) -> Value {
        // Written from a tree, it can be read.
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// The tree of one that may be absent.
    pub(crate) fn value_of(document: Option<&Self>) -> Value {
        document.map(Self::value).unwrap_or_default()
    }

    /// What is at a place of it, by JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> Option<Value> {
        self.value().pointer_mut(pointer).map(Value::take)
    }

    /// The texts of several.
    pub(crate) fn each(all: Vec<Value>) -> Vec<Self> {
        all.into_iter().map(Self::from).collect()
    }

    /// The trees of several.
    pub(crate) fn values(all: &[Self]) -> Vec<Value> {
        all.iter().map(Self::value).collect()
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self(value.to_string().into())
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}
