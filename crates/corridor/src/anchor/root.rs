//! What an anchor rests on, and whether a caller trusts it.

use canon::Digest;
use proof::note::parse_verifier_key;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bitcoin::{easier, shown};

/// What evidence rests on, once it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "chain", deny_unknown_fields)]
pub enum Held {
    /// A log.
    #[serde(rename = "c2sp-log")]
    Log {
        /// Its verifier key.
        key: String,
        /// Entries its checkpoint covers.
        size: u64,
    },
    /// A chain of headers.
    #[serde(rename = "bitcoin")]
    Bitcoin {
        /// Blocks any of which, where it is trusted, carries the evidence: as explorers show them, newest last.
        blocks: Vec<String>,
        /// The easiest target in it, in its compact form.
        easiest_bits: u32,
        /// Blocks from the one that holds the transaction on.
        confirmations: u64,
    },
    /// Headers of Ethereum, or of a chain that writes them alike.
    #[serde(rename = "ethereum")]
    Ethereum {
        /// The block that holds it and those after it, any of which, where it is known to be final, carries the
        /// evidence: as explorers show them, newest last.
        blocks: Vec<String>,
        /// Height of the first.
        number: u64,
    },
}

/// A root of trust that a caller names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// A log, by its verifier key.
    Log(String),
    /// A block, the easiest target allowed after it, and how many blocks are asked for.
    Bitcoin {
        /// The block, as explorers show it.
        block: String,
        /// Compact form of the target.
        bits: u32,
        /// How many.
        confirmations: u64,
    },
    /// A block that is known to be final, as explorers show it.
    Ethereum(String),
}

impl Root {
    /// `bitcoin:<block>:<bits as 8 hex digits>:<confirmations>`, `ethereum:0x<block>`, or a log's verifier key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(block) = text.strip_prefix("ethereum:") {
            Digest::from_hex(block.strip_prefix("0x")?).ok()?;
            return Some(Self::Ethereum(block.to_owned()));
        }
        let Some(rest) = text.strip_prefix("bitcoin:") else {
            return parse_verifier_key(text).ok().map(|_| Self::Log(text.to_owned()));
        };
        let mut parts = rest.split(':');
        let (block, bits, confirmations) = (parts.next()?, parts.next()?, parts.next()?);
        Digest::from_hex(block).ok()?;
        let bits = u32::from_str_radix(bits, 16).ok().filter(|_| bits.len() == 8)?;
        let confirmations = confirmations.parse().ok().filter(|n| *n > 0)?;
        let root = Self::Bitcoin { block: block.to_owned(), bits, confirmations };
        parts.next().is_none().then_some(root)
    }

    /// Whether evidence that rests on `held` counts for who trusts this root.
    #[must_use]
    pub fn carries(&self, held: &Held) -> bool {
        match (self, held) {
            (Self::Log(key), Held::Log { key: of, .. }) => key == of,
            (
                Self::Bitcoin { block, bits, confirmations },
                Held::Bitcoin { blocks, easiest_bits, confirmations: found },
            ) => blocks.contains(block) && !easier(*easiest_bits, *bits) && found >= confirmations,
            (Self::Ethereum(block), Held::Ethereum { blocks, .. }) => blocks.contains(block),
            _ => false,
        }
    }
}

impl Held {
    /// What a caller would have to trust, in words.
    #[must_use]
    pub fn needs(&self) -> String {
        match self {
            Self::Log { key, .. } => format!("log {key}"),
            Self::Bitcoin { blocks, easiest_bits, confirmations } => {
                let first = blocks.first().map_or("", String::as_str);
                let bits = shown(*easiest_bits);
                format!("bitcoin block {first}, target {bits} and {confirmations} confirmations")
            }
            Self::Ethereum { blocks, .. } => {
                format!(
                    "ethereum block {}, or one before it",
                    blocks.last().map_or("", String::as_str)
                )
            }
        }
    }
}
