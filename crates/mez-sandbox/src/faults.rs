//! What it does wrong, on demand: by flags from the start, by `POST /control/faults` while it runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// Answers long after anybody waits.
    Slow,
    /// Ends the connection without a word.
    Drop,
    /// Status 500.
    Error,
    /// Status 422, and nothing is done.
    Decline,
    /// Bytes that mean nothing, properly signed.
    Garbage,
    /// The right answer without a signature.
    Unsigned,
    /// The right answer under a signature of something else.
    WrongSignature,
    /// The answer about somebody else, properly signed.
    WrongSubject,
    /// More bytes than anybody reads, properly signed.
    TooLarge,
    /// The answer before this one, as it was.
    Duplicate,
    /// The right answer with a member renamed, properly signed.
    Drift,
}

/// Reads `SYSTEM=FAULT`.
pub(crate) fn parse(text: &str) -> Result<(String, Fault), String> {
    let (system, fault) = text.split_once('=').ok_or("expected SYSTEM=FAULT")?;
    let fault = serde_json::from_value(fault.into()).map_err(|error| error.to_string())?;
    Ok((system.to_owned(), fault))
}

/// A fault that was ordered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    pub(crate) system: String,
    /// None takes the fault away.
    pub(crate) fault: Option<Fault>,
    /// How often; without end unless given.
    pub(crate) times: Option<u64>,
    /// After how many requests that go well.
    #[serde(default)]
    pub(crate) after: u64,
    /// What comes in its place once it came as often as it should, without end.
    #[serde(default)]
    pub(crate) then: Option<Fault>,
}

/// A fault in force.
#[derive(Clone, Copy)]
struct Due {
    fault: Fault,
    after: u64,
    left: u64,
    then: Option<Fault>,
}

/// The faults in force, by system.
pub(crate) struct Faults {
    pub(crate) slow: Duration,
    now: Mutex<BTreeMap<String, Due>>,
}

impl Faults {
    pub(crate) fn new(from_start: Vec<(String, Fault)>, slow: Duration) -> Self {
        let due = |fault| Due { fault, after: 0, left: u64::MAX, then: None };
        let now = from_start.into_iter().map(|(system, fault)| (system, due(fault)));
        Self { slow, now: Mutex::new(now.collect()) }
    }

    fn now(&self) -> MutexGuard<'_, BTreeMap<String, Due>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Take an order.
    pub(crate) fn order(&self, order: Order) {
        match order.fault {
            Some(fault) => {
                let Order { system, after, times, then, .. } = order;
                let due = Due { fault, after, left: times.unwrap_or(u64::MAX), then };
                self.now().insert(system, due);
            }
            None => {
                self.now().remove(&order.system);
            }
        }
    }

    /// What to do wrong this time.
    pub(crate) fn next(&self, system: &str) -> Option<Fault> {
        let mut now = self.now();
        let due = now.get_mut(system)?;
        if due.after > 0 {
            due.after -= 1;
            return None;
        }
        let fault = due.fault;
        due.left = due.left.saturating_sub(1);
        match (due.left, due.then.take()) {
            (0, Some(then)) => *due = Due { fault: then, after: 0, left: u64::MAX, then: None },
            (0, None) => drop(now.remove(system)),
            (_, then) => due.then = then,
        }
        Some(fault)
    }
}
