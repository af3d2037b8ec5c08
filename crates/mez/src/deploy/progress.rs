//! Progress on standard error: one line a step, with its time.

use canon::Realm;

use crate::cli::{Context, Failure, Style};
use crate::watch::Stopwatch;

/// What has been done so far.
pub(crate) struct Progress {
    style: Style,
    /// Programs read one document, whatever becomes of it.
    silent: bool,
    total: Stopwatch,
    since: Stopwatch,
    /// Each step with its milliseconds.
    pub(crate) steps: Vec<(String, u128)>,
    /// What the zones laid here before will be made of instead.
    pub(crate) changes: Vec<String>,
}

impl Progress {
    /// Begin, saying the realm first.
    pub(crate) fn begin(realm: Realm, context: &Context<'_>) -> Self {
        let told = match realm {
            Realm::Sandbox => "realm sandbox: nothing here has legal effect",
            Realm::Production => "realm production",
        };
        let (total, since) = (Stopwatch::start(), Stopwatch::start());
        let (style, silent) = (context.style, context.json);
        let begun = Self { style, silent, total, since, steps: Vec::new(), changes: Vec::new() };
        begun.tell(&style.warn(told));
        begun
    }

    fn tell(&self, line: &str) {
        if !self.silent {
            eprintln!("{line}");
        }
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
            Err(_) => self.tell(&format!("  {} {name}", self.style.bad("failed"))),
        }
        done
    }

    /// A part that just ended.
    pub(crate) fn part(&mut self, name: &str) {
        self.tell(&format!("  {} {name}  {}", self.style.good("done"), self.since.text()));
        self.steps.push((name.to_owned(), self.since.elapsed().as_millis()));
        self.since = Stopwatch::start();
    }

    /// A line of its own.
    pub(crate) fn say(&mut self, line: &str) {
        self.tell(&format!("  {line}"));
        self.since = Stopwatch::start();
    }

    /// Something a zone laid before will be made of from now on.
    pub(crate) fn change(&mut self, change: String) {
        self.tell(&format!("  {change}"));
        self.changes.push(change);
    }

    /// Time since the beginning.
    pub(crate) fn total(&self) -> Stopwatch {
        self.total
    }
}
