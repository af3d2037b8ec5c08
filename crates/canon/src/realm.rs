//! The realm of a zone: real, or for trying out.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bound in a zone's inception document and in every genesis root; realms never mix.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Realm {
    /// Real law, real anchors, real money.
    Production,
    /// Sandbox anchors and the sandbox rulebook are admitted; nothing has legal effect.
    Sandbox,
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        })
    }
}
