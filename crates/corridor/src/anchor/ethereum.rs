//! Ethereum, and the chains that write their blocks as it does: headers that link, and a transaction or a log that
//! holds a digest, under the roots of one of them.
//!
//! Nothing here knows validators, so a header alone proves nothing: it is believed for a later block of the run, or
//! for itself, that the caller knows to be final. That the chain holds the digest is all that is shown; what a
//! contract made of it is not.

use canon::Digest;
use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rlp::{Item, of_number};
use super::root::Held;
use super::trie::{Hash, NODES_MAX, keccak, value};
use super::{AnchorError, linked};

/// Most headers in one proof: some three hours.
pub const ETHEREUM_HEADERS_MAX: usize = 1_024;
/// Longest header, in bytes.
const HEADER_BYTES_MAX: usize = 2_048;
/// Longest node of a trie: a leaf has a whole transaction or receipt in it.
const NODE_BYTES_MAX: usize = 256 * 1024;
/// Fields that every header has; later ones have more.
const HEADER_FIELDS: std::ops::RangeInclusive<usize> = 15..=32;
/// The first four bytes of Keccak-256 of `recordDigest(bytes32)`.
const RECORD_DIGEST: [u8; 4] = [0x23, 0x90, 0xa2, 0x41];

/// Where a digest is in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EthereumProof {
    /// Which of the headers is of the block that holds the transaction, from 0.
    pub block: u64,
    /// Headers, each RLP in hex, one after the other.
    #[schemars(length(min = 1, max = ETHEREUM_HEADERS_MAX))]
    pub headers: Vec<String>,
    /// Which log of the transaction's receipt has the digest as a topic or as a word of its data, from 0; the
    /// transaction's own data have it where none is named: alone, or as the argument of `recordDigest(bytes32)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<u64>,
    /// Nodes of the trie of receipts, or of transactions, from the root down, each RLP in hex.
    #[schemars(length(min = 1, max = NODES_MAX))]
    pub nodes: Vec<String>,
    /// Its place among the transactions of the block, from 0.
    pub position: u64,
}

/// What is read of a header.
struct Header {
    hash: Hash,
    parent: Hash,
    transactions: Hash,
    receipts: Hash,
    number: u64,
}

fn unhex(text: &str, most: usize) -> Option<Vec<u8>> {
    if text.len() > most.saturating_mul(2) {
        return None;
    }
    HEXLOWER.decode(text.as_bytes()).ok()
}

/// As explorers show it.
fn told(hash: &Hash) -> String {
    format!("0x{}", HEXLOWER.encode(hash))
}

impl Header {
    fn read(text: &str) -> Result<Self, &'static str> {
        let bytes = unhex(text, HEADER_BYTES_MAX).ok_or("it is not hex, or too long")?;
        Self::fields(&bytes).ok_or("it is not the RLP of a header")
    }

    fn fields(bytes: &[u8]) -> Option<Self> {
        let fields = Item::only(bytes)?.items()?;
        if !HEADER_FIELDS.contains(&fields.len()) {
            return None;
        }
        let hash = |at: usize| fields.get(at)?.bytes()?.try_into().ok();
        Some(Self {
            hash: keccak(bytes),
            parent: hash(0)?,
            transactions: hash(4)?,
            receipts: hash(5)?,
            number: fields.get(8)?.number()?,
        })
    }

    fn follows(&self, before: &Self) -> bool {
        self.parent == before.hash && before.number.checked_add(1) == Some(self.number)
    }
}

/// Headers that link.
fn read_headers(headers: &[String]) -> Result<Vec<Header>, AnchorError> {
    linked(headers, ETHEREUM_HEADERS_MAX, Header::read, Header::follows)
}

impl EthereumProof {
    pub(super) fn verify(&self, digest: &Digest) -> Result<Held, AnchorError> {
        let headers = read_headers(&self.headers)?;
        let from = usize::try_from(self.block).ok().and_then(|block| headers.get(block..));
        let Some([holds, ..]) = from else { return Err(AnchorError::Form("block")) };
        if self.nodes.len() > NODES_MAX {
            return Err(AnchorError::Form("nodes"));
        }
        let nodes: Option<Vec<Vec<u8>>> =
            self.nodes.iter().map(|node| unhex(node, NODE_BYTES_MAX)).collect();
        let nodes = nodes.ok_or(AnchorError::Form("nodes"))?;
        let root = if self.log.is_some() { &holds.receipts } else { &holds.transactions };
        let found = value(root, &of_number(self.position), &nodes).ok_or(AnchorError::Branch)?;
        let commits = match self.log {
            Some(log) => logged(found, log, digest),
            None => sent(found, digest),
        };
        match commits {
            Some(true) => Ok(held(from.unwrap_or_default())),
            Some(false) => Err(AnchorError::Output),
            None => Err(AnchorError::Form(if self.log.is_some() { "log" } else { "nodes" })),
        }
    }
}

/// The list behind the byte that names its type; without one it is of the first kind.
fn typed(bytes: &[u8]) -> Option<(u8, Vec<Item<'_>>)> {
    let (kind, list) = match bytes.split_first()? {
        (kind @ 1..=0x7f, list) => (*kind, list),
        _ => (0, bytes),
    };
    Some((kind, Item::only(list)?.items()?))
}

/// Whether the data of a transaction are the digest (EIP-2718, 2930, 1559, 4844, 7702); nothing for what is none.
fn sent(transaction: &[u8], digest: &Digest) -> Option<bool> {
    let (kind, fields) = typed(transaction)?;
    let data = match kind {
        0 => fields.get(5),
        1 => fields.get(6),
        2..=4 => fields.get(7),
        _ => None,
    };
    let data = data?.bytes()?;
    let said = data.strip_prefix(&RECORD_DIGEST[..]).filter(|rest| rest.len() == 32);
    Some(said.unwrap_or(data) == digest.as_bytes())
}

/// Whether a log of a receipt has the digest; nothing for what is no receipt, or no log of it.
fn logged(receipt: &[u8], log: u64, digest: &Digest) -> Option<bool> {
    let (_, fields) = typed(receipt)?;
    let [_, _, _, logs] = fields.as_slice() else { return None };
    let logs = logs.items()?;
    let log = logs.get(usize::try_from(log).ok()?)?.items()?;
    let [_, topics, data] = log.as_slice() else { return None };
    let topics = topics.items()?;
    let (words, _) = data.bytes()?.as_chunks::<32>();
    let mut said = topics.iter().filter_map(|topic| topic.bytes());
    Some(said.any(|topic| topic == digest.as_bytes()) || words.contains(digest.as_bytes()))
}

/// A block and those after it: nothing is in them but that they link.
pub(crate) fn head(headers: &[String]) -> Result<Held, AnchorError> {
    Ok(held(&read_headers(headers)?))
}

fn held(from: &[Header]) -> Held {
    Held::Ethereum {
        blocks: from.iter().map(|header| told(&header.hash)).collect(),
        number: from.first().map_or(0, |holds| holds.number),
    }
}
