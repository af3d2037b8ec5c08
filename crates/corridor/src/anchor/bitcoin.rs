//! Bitcoin: a run of headers that link and show their work, a merkle branch, an output that commits to a digest.
//!
//! Nothing here knows the height of a block, so nothing is said of the rule by which targets change: whoever trusts a
//! block also says how easy a target may be after it.

use canon::Digest;
use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::root::Held;
use super::{AnchorError, linked};

/// Most headers in one proof: a little more than one period of the difficulty.
pub const HEADERS_MAX: usize = 2_100;
/// Most hashes of a merkle branch.
const BRANCH_MAX: usize = 32;
/// Longest transaction, in bytes.
const TRANSACTION_BYTES_MAX: usize = 100_000;
/// A node of the merkle tree has this many bytes; a transaction of as many could be taken for one.
const NODE_BYTES: usize = 64;
const HEADER_BYTES: usize = 80;
/// `OP_RETURN`, and a push of 32 bytes.
const COMMITS: [u8; 2] = [0x6a, 0x20];

type Hash = [u8; 32];

/// Where a digest is in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BitcoinProof {
    /// Which of the headers is of the block that holds the transaction, from 0.
    pub block: u64,
    /// The branch from the transaction up, each hash as hashed, in hex.
    #[schemars(length(max = BRANCH_MAX))]
    pub branch: Vec<String>,
    /// Headers of 80 bytes each, in hex, one after the other.
    #[schemars(length(min = 1, max = HEADERS_MAX))]
    pub headers: Vec<String>,
    /// Its place among the transactions of the block, from 0.
    pub position: u64,
    /// The transaction without witness data, in hex: what its id is the hash of.
    pub transaction: String,
}

fn twice(bytes: &[u8]) -> Hash {
    *Digest::of_blob(Digest::of_blob(bytes).as_bytes()).as_bytes()
}

/// As explorers show it: the bytes from behind.
fn told(hash: &Hash) -> String {
    let mut from_behind = *hash;
    from_behind.reverse();
    HEXLOWER.encode(&from_behind)
}

pub(super) fn shown(bits: u32) -> String {
    format!("{bits:08x}")
}

/// A compact target as a number of 32 bytes, most significant first; nothing for what is no target.
fn target(bits: u32) -> Option<Hash> {
    let [exponent, sign_and_high, middle, low] = bits.to_be_bytes();
    let mantissa = [sign_and_high, middle, low];
    if sign_and_high & 0x80 != 0 || mantissa == [0; 3] {
        return None;
    }
    let mut target = [0; 32];
    // The mantissa's last byte stands `exponent - 3` bytes from the end.
    let end = 32usize.checked_sub(usize::from(exponent).checked_sub(3)?)?;
    for (byte, place) in mantissa.iter().zip(end.checked_sub(3)?..end) {
        *target.get_mut(place)? = *byte;
    }
    Some(target)
}

/// Whether a target is easier to meet than another; what is no target is easier than any.
pub(super) fn easier(bits: u32, than: u32) -> bool {
    match (target(bits), target(than)) {
        (Some(one), Some(other)) => one > other,
        _ => true,
    }
}

/// A header that shows its work.
struct Header {
    hash: Hash,
    previous: Hash,
    merkle: Hash,
    bits: u32,
}

fn hash_at(bytes: &[u8], from: usize) -> Option<Hash> {
    bytes.get(from..from.checked_add(32)?)?.try_into().ok()
}

impl Header {
    fn read(text: &str) -> Result<Self, &'static str> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| "it is not hex")?;
        if bytes.len() != HEADER_BYTES {
            return Err("it does not have 80 bytes");
        }
        let short = "it does not have 80 bytes";
        let bits = bytes.get(72..76).and_then(|bits| bits.try_into().ok()).ok_or(short)?;
        let header = Self {
            hash: twice(&bytes),
            previous: hash_at(&bytes, 4).ok_or(short)?,
            merkle: hash_at(&bytes, 36).ok_or(short)?,
            bits: u32::from_le_bytes(bits),
        };
        let mut number = header.hash;
        number.reverse();
        let target = target(header.bits).ok_or("its target is none")?;
        if number > target { Err("it shows too little work") } else { Ok(header) }
    }
}

/// Takes a transaction apart as far as its outputs.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of one, three, five or nine bytes, in its shortest form.
    fn count(&mut self) -> Option<usize> {
        let (length, least) = match *self.take(1)?.first()? {
            0xff => (8, 1 << 32),
            0xfe => (4, 1 << 16),
            0xfd => (2, 0xfd),
            small => return Some(usize::from(small)),
        };
        let mut bytes = [0; 8];
        bytes.get_mut(..length)?.copy_from_slice(self.take(length)?);
        let number = u64::from_le_bytes(bytes);
        usize::try_from(number).ok().filter(|_| number >= least)
    }
}

/// The scripts of its outputs; nothing for what is no transaction, or has a witness in it.
fn outputs(transaction: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = Cursor(transaction);
    rest.take(4)?;
    let inputs = rest.count().filter(|inputs| *inputs > 0)?;
    for _ in 0..inputs {
        rest.take(36)?;
        let script = rest.count()?;
        rest.take(script)?;
        rest.take(4)?;
    }
    let mut scripts = Vec::new();
    for _ in 0..rest.count()? {
        rest.take(8)?;
        let script = rest.count()?;
        scripts.push(rest.take(script)?);
    }
    rest.take(4)?;
    rest.0.is_empty().then_some(scripts)
}

impl BitcoinProof {
    fn headers(&self) -> Result<Vec<Header>, AnchorError> {
        read_headers(&self.headers)
    }

    pub(super) fn verify(&self, digest: &Digest) -> Result<Held, AnchorError> {
        let headers = self.headers()?;
        let holds = usize::try_from(self.block).ok().and_then(|block| headers.get(block));
        let holds = holds.ok_or(AnchorError::Form("block"))?;
        let transaction = HEXLOWER.decode(self.transaction.as_bytes());
        let transaction = transaction.map_err(|_| AnchorError::Form("transaction"))?;
        let length = transaction.len();
        if length > TRANSACTION_BYTES_MAX || length == NODE_BYTES {
            return Err(AnchorError::Form("transaction"));
        }
        let scripts = outputs(&transaction).ok_or(AnchorError::Form("transaction"))?;
        if self.root(twice(&transaction))? != holds.merkle {
            return Err(AnchorError::Branch);
        }
        let commits = |script: &&[u8]| {
            script.strip_prefix(&COMMITS[..]).is_some_and(|said| said == digest.as_bytes())
        };
        if !scripts.iter().any(commits) {
            return Err(AnchorError::Output);
        }
        Ok(held(&headers, usize::try_from(self.block).unwrap_or(usize::MAX)))
    }

    /// Folds the branch; the position says on which side each hash is, and has no bit beyond it.
    fn root(&self, leaf: Hash) -> Result<Hash, AnchorError> {
        if self.branch.len() > BRANCH_MAX {
            return Err(AnchorError::Form("branch"));
        }
        let mut position = self.position;
        let mut node = leaf;
        for text in &self.branch {
            let hash = HEXLOWER.decode(text.as_bytes()).ok();
            let hash: Hash =
                hash.and_then(|h| h.try_into().ok()).ok_or(AnchorError::Form("branch"))?;
            let pair = if position & 1 == 0 { [node, hash] } else { [hash, node] };
            // The last of an odd row stands beside itself, and is on the left of the two.
            if position & 1 == 1 && node == hash {
                return Err(AnchorError::Branch);
            }
            node = twice(pair.as_flattened());
            position >>= 1;
        }
        if position == 0 { Ok(node) } else { Err(AnchorError::Form("position")) }
    }
}

/// Headers that link and each show their work.
fn read_headers(headers: &[String]) -> Result<Vec<Header>, AnchorError> {
    linked(headers, HEADERS_MAX, Header::read, |header, last| last.hash == header.previous)
}

/// A run of headers alone: nothing is in it but that it was worked for.
pub(crate) fn head(headers: &[String]) -> Result<Held, AnchorError> {
    let headers = read_headers(headers)?;
    Ok(held(&headers, headers.len().saturating_sub(1)))
}

fn held(headers: &[Header], block: usize) -> Held {
    // The one before the first is trusted as well as any up to the one that holds it.
    let before = headers.first().map(|first| told(&first.previous));
    let upto = headers.iter().take(block.saturating_add(1)).map(|header| told(&header.hash));
    let bits = headers.iter().map(|header| header.bits);
    let easiest = bits.reduce(|one, other| if easier(other, one) { other } else { one });
    Held::Bitcoin {
        blocks: before.into_iter().chain(upto).collect(),
        easiest_bits: easiest.unwrap_or(0),
        confirmations: headers.len().saturating_sub(block) as u64,
    }
}
