//! Progress on standard error: one line a step, with its time.

use canon::Realm;

use super::watch::Stopwatch;
use crate::cli::{Failure, Style};

/// What has been done so far.
pub(crate) struct Progress {
    style: Style,
    total: Stopwatch,
    since: Stopwatch,
    /// Each step with its milliseconds.
    pub(crate) steps: Vec<(String, u128)>,
}

impl Progress {
    /// Begin, saying the realm first.
    pub(crate) fn begin(realm: Realm, style: Style) -> Self {
        let told = match realm {
            Realm::Sandbox => "realm sandbox: nothing here has legal effect",
            Realm::Production => "realm production",
        };
        eprintln!("{}", style.warn(told));
        let (total, since) = (Stopwatch::start(), Stopwatch::start());
        Self { style, total, since, steps: Vec::new() }
    }

    /// Do a step and say how it went.
    pub(crate) fn step<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.since = Stopwatch::start();
        let done = work();
        match &done {
            Ok(_) => self.part(name),
            Err(_) => eprintln!("  {} {name}", self.style.bad("failed")),
        }
        done
    }

    /// A part that just ended.
    pub(crate) fn part(&mut self, name: &str) {
        eprintln!("  {} {name}  {}", self.style.good("done"), self.since.text());
        self.steps.push((name.to_owned(), self.since.elapsed().as_millis()));
        self.since = Stopwatch::start();
    }

    /// A line of its own.
    pub(crate) fn say(&mut self, line: &str) {
        eprintln!("  {line}");
        self.since = Stopwatch::start();
    }

    /// Time since the beginning.
    pub(crate) fn total(&self) -> Stopwatch {
        self.total
    }
}
