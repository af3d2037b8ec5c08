//! Many entries at once, level by level: the nodes of one level do not need each other and are hashed
//! side by side.

use canon::{Digest, Pieces, sha256_each};

/// Entries taken at once; what they need beside the log stays in the nearest cache.
pub(super) const TOGETHER: usize = 512;

/// The complete nodes that `entries` add to a log of `size`, from the leaves up; within a level in order.
/// `left` gives a node the log has already, by height and index: the one before those of its level.
pub(super) fn levels(
    size: u64,
    entries: &[Digest],
    left: impl Fn(u32, u64) -> Option<Digest>,
) -> Option<Vec<Vec<Digest>>> {
    let mut levels = vec![each(entries, leaf)];
    // The index of the first node of the level that is added.
    let mut first = size;
    while let Some(below) = levels.last() {
        let sibling =
            if first & 1 == 1 { Some(left(levels.len() as u32 - 1, first - 1)?) } else { None };
        let row: Vec<Digest> = sibling.into_iter().chain(below.iter().copied()).collect();
        let (pairs, _) = row.as_chunks::<2>();
        if pairs.is_empty() {
            break;
        }
        levels.push(each(pairs, node));
        first >>= 1;
    }
    Some(levels)
}

fn each<T>(items: &[T], message: for<'a> fn(&'a T) -> Pieces<'a>) -> Vec<Digest> {
    sha256_each(&items.iter().map(message).collect::<Vec<_>>())
}

fn leaf(entry: &Digest) -> Pieces<'_> {
    [&[0x00], entry.as_bytes(), &[]]
}

fn node([left, right]: &[Digest; 2]) -> Pieces<'_> {
    [&[0x01], left.as_bytes(), right.as_bytes()]
}
