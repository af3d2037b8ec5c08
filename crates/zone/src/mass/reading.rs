//! One reading of many records: what Mass said a moment ago it is not asked again.
//!
//! Several records lie in one payment or organization, and a list shows them side by side.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::at_mass::AtMass;
use super::call::{Call, Method, Reply};

/// Answers remembered at once, and all their bytes.
const REMEMBERED_MAX: usize = 256;
const REMEMBERED_BYTES_MAX: usize = 16 * 1024 * 1024;

thread_local! {
    static READ: RefCell<Option<BTreeMap<String, Reply>>> = const { RefCell::new(None) };
}

/// A reading of this thread, until it is dropped.
#[must_use]
pub struct Reading {
    outermost: bool,
}

impl Reading {
    /// Begin one; within another it is the same.
    pub fn begin() -> Self {
        let outermost = READ.with_borrow_mut(|read| match read {
            Some(_) => false,
            None => {
                *read = Some(BTreeMap::new());
                true
            }
        });
        Self { outermost }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if self.outermost {
            READ.set(None);
        }
    }
}

/// Whether this thread reads many records.
pub(super) fn is_under_way() -> bool {
    READ.with_borrow(Option::is_some)
}

/// Whether a call was answered in this reading.
pub(super) fn remembers(call: &Call) -> bool {
    READ.with_borrow(|read| read.as_ref().is_some_and(|read| read.contains_key(&call.path)))
}

/// Answers to calls of this reading, side by side: what was remembered before makes room for them.
pub(super) fn remember(came: Vec<(Call, Reply)>) {
    READ.with_borrow_mut(|read| {
        let Some(read) = read else { return };
        let bytes: usize = read.values().map(|reply| reply.body.len()).sum();
        if read.len().saturating_add(came.len()) > REMEMBERED_MAX || bytes > REMEMBERED_BYTES_MAX {
            read.clear();
        }
        read.extend(came.into_iter().map(|(call, reply)| (call.path, reply)));
    });
}

/// What was answered to a call in this reading, or is now.
pub(super) fn remembered(
    call: &Call,
    ask: impl FnOnce() -> Result<Reply, AtMass>,
) -> Result<Reply, AtMass> {
    let known =
        READ.with_borrow(|read| read.as_ref().and_then(|read| read.get(&call.path)).cloned());
    if call.method != Method::Get {
        return ask();
    }
    if let Some(known) = known {
        return Ok(known);
    }
    let reply = ask()?;
    remember(vec![(call.clone(), reply.clone())]);
    Ok(reply)
}
