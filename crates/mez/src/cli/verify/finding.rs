//! What a judge found, and how it is told.

use canon::Did;
use proof::credential::{Reason, Verdict};
use serde_json::json;

use super::report::{Kind, Report, Said, Whole};
use crate::cli::screen::{Answer, Style, pairs};
use crate::cli::vc;

/// A verdict with what it rests on.
pub(super) struct Finding {
    /// What was judged.
    kind: Kind,
    pub verdict: Verdict,
    /// Why, for anything but VALID.
    pub reasons: Vec<Reason>,
    /// DIDs that must be trusted for a VALID.
    pub needs: Vec<Did>,
    /// What the file says of itself, for people.
    rows: Vec<(&'static str, String)>,
    /// A table below, ready to print; empty for none.
    pub below: String,
    /// What the file says of itself, for programs.
    whole: Option<Whole>,
}

impl Finding {
    /// A finding that nothing was said of yet.
    pub(super) fn new(kind: Kind, verdict: Verdict) -> Self {
        let (reasons, needs, rows, below) = (Vec::new(), Vec::new(), Vec::new(), String::new());
        Self { kind, verdict, reasons, needs, rows, below, whole: None }
    }

    /// Adds a reason.
    pub(super) fn because(mut self, code: &'static str, detail: impl Into<String>) -> Self {
        self.reasons.push(Reason { code, detail: detail.into() });
        self
    }

    /// States a line for people.
    pub(super) fn row(mut self, name: &'static str, value: impl ToString) -> Self {
        self.rows.push((name, value.to_string()));
        self
    }

    /// States all of it for programs.
    pub(super) fn says(mut self, whole: Whole) -> Self {
        self.whole = Some(whole);
        self
    }

    /// The answer of the command.
    pub(super) fn answer(self, name: &str, style: Style) -> Answer {
        let mut rows = vec![("verdict", vc::shown(self.verdict, style))];
        rows.push((self.kind.as_str(), name.to_owned()));
        rows.extend(self.rows);
        let mut text = pairs(&rows);
        text.push_str(&self.below);
        text.push_str(&vc::because(&self.reasons, &self.needs));
        let nothing = Said::Nothing { kind: self.kind };
        let report = Report {
            said: self.whole.map_or(nothing, Said::from),
            needs: self.needs,
            reasons: self.reasons,
            verdict: self.verdict,
        };
        Answer::done(text, json!(report)).ending(vc::ending(report.verdict))
    }
}
