//! Proof that other chains hold a digest of ours, each down to one root of trust that it names.
//!
//! A log of the C2SP kind is believed for its key, a chain of proof of work for a block that the caller knows and the
//! work after it. The votes of validators are not judged here: of a chain that is final by them, the caller knows a
//! block, and what it links back to is believed for that.
//!
//! Invariant: evidence that holds says under which root, and is believed only by whoever trusts that root.

mod bitcoin;
mod ethereum;
mod rlp;
mod root;
mod trie;

use canon::Digest;
use proof::Checkpoint;
use proof::merkle::Proof;
use proof::note::parse_verifier_key;
use proof::tlog_proof::TlogProof;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use bitcoin::head as bitcoin_head;
pub use bitcoin::{BitcoinProof, HEADERS_MAX};
pub(crate) use ethereum::head as ethereum_head;
pub use ethereum::{ETHEREUM_HEADERS_MAX, EthereumProof};
pub use root::{Held, Root};

/// A digest in another chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "chain", deny_unknown_fields)]
pub enum Anchor {
    /// An entry of a log that signs its checkpoints.
    #[serde(rename = "c2sp-log")]
    Log {
        /// The log's verifier key, its origin first.
        key: String,
        /// `c2sp.org/tlog-proof@v1`, the digest being the entry.
        proof: String,
    },
    /// An output of a transaction of Bitcoin.
    #[serde(rename = "bitcoin")]
    Bitcoin(BitcoinProof),
    /// A transaction or a log of a chain that writes its blocks as Ethereum does.
    #[serde(rename = "ethereum")]
    Ethereum(EthereumProof),
}

/// Why an anchor proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// The log's key or proof.
    #[error("the log's proof is refused: {0}")]
    Log(String),
    /// A member that is no such thing.
    #[error("`{0}` is malformed")]
    Form(&'static str),
    /// A header.
    #[error("header {0}: {1}")]
    Header(usize, &'static str),
    /// The transaction is not in the block.
    #[error("the transaction is not under the root that the block names")]
    Branch,
    /// The transaction says another thing.
    #[error("the transaction does not commit to the digest where it is said to")]
    Output,
}

impl Anchor {
    /// That the chain holds `digest`, and under which root.
    ///
    /// # Errors
    /// What does not hold, by name.
    pub fn verify(&self, digest: &Digest) -> Result<Held, AnchorError> {
        match self {
            Self::Bitcoin(proof) => proof.verify(digest),
            Self::Ethereum(proof) => proof.verify(digest),
            Self::Log { key, proof } => {
                let log = |error: &dyn std::fmt::Display| AnchorError::Log(error.to_string());
                let (origin, public) = parse_verifier_key(key).map_err(|e| log(&e))?;
                let read = TlogProof::parse(proof.as_bytes()).map_err(|e| log(&e))?;
                let shown = read.verify(digest, read.index(), &origin, &public);
                let size = shown.map_err(|e| log(&e))?.checkpoint().size();
                Ok(Held::Log { key: key.clone(), size })
            }
        }
    }

    /// The anchor that a log's own answer makes: its key, a checkpoint, and the way to it.
    #[must_use]
    pub fn of_log(key: &str, index: u64, hashes: Proof, note: &[u8]) -> Self {
        let proof = TlogProof::new(index, hashes, note).to_bytes();
        Self::Log { key: key.to_owned(), proof: String::from_utf8_lossy(&proof).into_owned() }
    }
}

/// The headers of a run, each of which follows the one before.
fn linked<H>(
    headers: &[String],
    most: usize,
    read: impl Fn(&str) -> Result<H, &'static str>,
    follows: impl Fn(&H, &H) -> bool,
) -> Result<Vec<H>, AnchorError> {
    if !(1..=most).contains(&headers.len()) {
        return Err(AnchorError::Form("headers"));
    }
    let mut all: Vec<H> = Vec::with_capacity(headers.len());
    for (n, text) in headers.iter().enumerate() {
        let header = read(text).map_err(|why| AnchorError::Header(n, why))?;
        if all.last().is_some_and(|last| !follows(&header, last)) {
            return Err(AnchorError::Header(n, "it does not follow the one before"));
        }
        all.push(header);
    }
    Ok(all)
}

/// A checkpoint of a log under the key that is named with it.
///
/// # Errors
/// Another key, or no checkpoint.
pub(crate) fn log_head(key: &str, note: &str) -> Result<Held, AnchorError> {
    let log = |error: &dyn std::fmt::Display| AnchorError::Log(error.to_string());
    let (origin, public) = parse_verifier_key(key).map_err(|e| log(&e))?;
    let head = Checkpoint::verify(note.as_bytes(), &origin, &public).map_err(|e| log(&e))?;
    Ok(Held::Log { key: key.to_owned(), size: head.size() })
}
