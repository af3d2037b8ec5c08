//! A closure walked on several threads: a few artifacts are looked at at once, and folded in order.

use proof::artifact::{Limits, Looked, Node, Walk};
use serde_json::Value;

use super::threads;

/// Most artifacts looked at at once.
const BATCH: usize = 2048;

/// Walks everything `document` refers to. `look` finds an artifact, on any thread; `keep` is told in
/// order what else it gave.
pub(super) fn walk<T: Send, E: Send>(
    document: &Value,
    limits: Limits,
    look: impl Fn(&Node) -> Result<(Looked, T), E> + Sync,
    keep: &mut dyn FnMut(T),
) -> Result<Walk, E> {
    let mut walk = Walk::begin(document, limits);
    loop {
        let ahead = walk.ahead(BATCH);
        if ahead.is_empty() {
            return Ok(walk);
        }
        for found in threads::each(&ahead, &look) {
            let (looked, more) = found?;
            walk.take(looked);
            keep(more);
        }
    }
}
