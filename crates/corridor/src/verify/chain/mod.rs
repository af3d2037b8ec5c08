//! A lane judged from its own receipts, however long: in blocks that any thread may check, and a fold
//! over what remains of them.
//!
//! [`check_block`] judges what a receipt says of itself: normal form, `next_root`, signature. [`Chain`]
//! judges how each follows from the one before. Payloads, decisions of law and the other lane are
//! judged where they are: in a bundle.
//!
//! Invariant: the first offending receipt is the one named, whatever the size of the blocks.

mod block;
mod entry;
mod fold;

pub use block::{BLOCK_MAX, Block, Check, check_block};
pub use entry::{Entry, Header};
pub use fold::Chain;
