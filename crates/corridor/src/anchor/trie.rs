//! A value in a Merkle-Patricia trie, shown by the nodes on the way from the root to it.

use sha3::{Digest as _, Keccak256};

use super::rlp::Item;

/// Most nodes on a way.
pub(super) const NODES_MAX: usize = 24;
/// A node of fewer bytes than a hash has stands in its parent.
const HASH_BYTES: usize = 32;
/// Children of a branch, and its own value behind them.
const BRANCH: usize = 17;

pub(super) type Hash = [u8; HASH_BYTES];

pub(super) fn keccak(bytes: &[u8]) -> Hash {
    Keccak256::digest(bytes).into()
}

/// Where the way goes on.
enum Next<'a> {
    /// At the node of this hash.
    Hash(&'a [u8]),
    /// In this node, which stands in its parent.
    Within(Item<'a>),
    /// It ends.
    Value(&'a [u8]),
}

/// The value under `key`, where these nodes and no others lead there from the root.
pub(super) fn value<'a>(root: &'a Hash, key: &[u8], nodes: &'a [Vec<u8>]) -> Option<&'a [u8]> {
    let path: Vec<u8> = key.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).collect();
    let mut path = path.as_slice();
    let mut nodes = nodes.iter();
    let mut next = Next::Hash(root);
    loop {
        let node = match next {
            Next::Value(value) => return nodes.next().is_none().then_some(value),
            Next::Within(node) => node,
            Next::Hash(hash) => {
                let node = nodes.next().filter(|node| keccak(node) == hash)?;
                Item::only(node)?
            }
        };
        (next, path) = step(node, path)?;
    }
}

/// From a node on along a path; what of the path is left.
fn step<'a, 'p>(node: Item<'a>, path: &'p [u8]) -> Option<(Next<'a>, &'p [u8])> {
    let items = node.items()?;
    if let [packed, child] = items.as_slice() {
        let (passed, leaf) = unpacked(packed.bytes()?)?;
        let rest = path.strip_prefix(passed.as_slice())?;
        return match leaf {
            true if rest.is_empty() => Some((Next::Value(child.bytes()?), rest)),
            true => None,
            false => Some((below(*child)?, rest)),
        };
    }
    if items.len() != BRANCH {
        return None;
    }
    match path.split_first() {
        Some((nibble, rest)) => Some((below(*items.get(usize::from(*nibble))?)?, rest)),
        None => {
            let own = items.last()?.bytes().filter(|own| !own.is_empty())?;
            Some((Next::Value(own), path))
        }
    }
}

fn below(child: Item<'_>) -> Option<Next<'_>> {
    match child {
        Item::Bytes(hash) if hash.len() == HASH_BYTES => Some(Next::Hash(hash)),
        Item::List(within) if within.len() + 1 < HASH_BYTES => Some(Next::Within(child)),
        _ => None,
    }
}

/// The nibbles of a packed path, and whether it ends in a leaf (Yellow Paper, appendix C).
fn unpacked(packed: &[u8]) -> Option<(Vec<u8>, bool)> {
    let (head, rest) = packed.split_first()?;
    let (leaf, odd) = (head & 0x20 != 0, head & 0x10 != 0);
    let mut nibbles = Vec::with_capacity(2 * packed.len());
    match (head >> 6, odd) {
        (0, true) => nibbles.push(head & 0x0f),
        (0, false) if head & 0x0f == 0 => {}
        _ => return None,
    }
    nibbles.extend(rest.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]));
    Some((nibbles, leaf))
}
