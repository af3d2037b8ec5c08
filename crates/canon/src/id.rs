//! The registry of typed identifiers: one file, so no bare `String` names a thing anywhere else.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// Longest identifier admitted, in bytes.
pub const ID_BYTES_MAX: usize = 160;

/// Text that is not an identifier of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}: {rule}")]
pub struct BadId {
    kind: &'static str,
    text: String,
    rule: &'static str,
}

fn dotted(text: &str) -> bool {
    let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().last().is_some_and(lower)
        && text.bytes().all(|b| lower(b) || b == b'.' || b == b'-')
        && !text.contains("..")
}

fn jurisdiction(text: &str) -> bool {
    let mut parts = text.split('-');
    let country = parts.next().unwrap_or_default();
    let lower = |p: &str| p.bytes().all(|b| b.is_ascii_lowercase());
    let rest_ok = parts
        .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    let synthetic = country == "synth" && text.len() > "synth".len();
    rest_ok && lower(country) && (country.len() == 2 || synthetic || text == "sandbox")
}

fn opaque(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:".contains(&b))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $check:path, $rule:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Check and keep the text.
            ///
            /// # Errors
            /// Text outside the identifier's grammar or longer than [`ID_BYTES_MAX`].
            pub fn parse(text: &str) -> Result<Self, BadId> {
                if text.len() <= ID_BYTES_MAX && $check(text) {
                    return Ok(Self(text.into()));
                }
                let text = text.chars().take(80).collect();
                Err(BadId { kind: $kind, text, rule: $rule })
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }
    )*};
}

ids! {
    /// A zone: `org.momentum.mez.zone.sg`.
    ZoneId, "zone id", dotted, "lowercase letters, digits, dots and dashes, starting with a letter";
    /// A jurisdiction: `sg`, `ae-abudhabi-adgm`; most general part first.
    JurisdictionId, "jurisdiction id", jurisdiction, "a two-letter country or `synth`, then parts joined by dashes";
    /// A corridor: `org.momentum.mez.corridor.<a>--<b>`, a before b.
    CorridorId, "corridor id", dotted, "lowercase letters, digits, dots and dashes, starting with a letter";
    /// A profile: `org.momentum.mez.profile.trade-hub`.
    ProfileId, "profile id", dotted, "lowercase letters, digits, dots and dashes, starting with a letter";
    /// A module: `reg.aml-cft`.
    ModuleId, "module id", dotted, "lowercase letters, digits, dots and dashes, starting with a letter";
    /// A pack: `pk-sifc`.
    PackId, "pack id", dotted, "lowercase letters, digits, dots and dashes, starting with a letter";
    /// A rule of law: `pk.aml.owner-identified`.
    RuleId, "rule id", dotted, "lowercase letters, digits, dots and dashes, starting with a letter";
    /// A legal entity of a zone.
    EntityId, "entity id", opaque, "letters, digits, `.`, `_`, `-` and `:`";
    /// An account in a zone's ledger.
    AccountId, "account id", opaque, "letters, digits, `.`, `_`, `-` and `:`";
    /// A payment.
    PaymentId, "payment id", opaque, "letters, digits, `.`, `_`, `-` and `:`";
    /// Any stored record.
    RecordId, "record id", opaque, "letters, digits, `.`, `_`, `-` and `:`";
    /// Who acts: the holder of a token or a peer.
    PrincipalId, "principal id", opaque, "letters, digits, `.`, `_`, `-` and `:`";
}
