//! What a judge found, and how it is told.

use canon::Did;
use proof::credential::{Reason, Verdict};
use serde_json::{Map, Value, json};

use crate::cli::screen::{Answer, Style, pairs};
use crate::cli::vc;

/// A verdict with what it rests on.
pub(super) struct Finding {
    /// What was judged, in the words of the summary: `bundle`, `inception`, ….
    pub kind: &'static str,
    pub verdict: Verdict,
    /// Why, for anything but VALID.
    pub reasons: Vec<Reason>,
    /// DIDs that must be trusted for a VALID.
    pub needs: Vec<Did>,
    /// What the file says of itself, for people.
    pub rows: Vec<(&'static str, String)>,
    /// A table below, ready to print; empty for none.
    pub below: String,
    /// What the file says of itself, for programs.
    pub json: Map<String, Value>,
}

impl Finding {
    /// A finding that nothing was said of yet.
    pub(super) fn new(kind: &'static str, verdict: Verdict) -> Self {
        Self {
            kind,
            verdict,
            reasons: Vec::new(),
            needs: Vec::new(),
            rows: Vec::new(),
            below: String::new(),
            json: Map::new(),
        }
    }

    /// Adds a reason.
    pub(super) fn because(mut self, code: &'static str, detail: impl Into<String>) -> Self {
        self.reasons.push(Reason { code, detail: detail.into() });
        self
    }

    /// States a line for people and a member for programs.
    pub(super) fn say(mut self, name: &'static str, value: impl ToString) -> Self {
        let text = value.to_string();
        self.json.insert(name.replace(' ', "_"), Value::String(text.clone()));
        self.rows.push((name, text));
        self
    }

    /// The answer of the command.
    pub(super) fn answer(self, name: &str, style: Style) -> Answer {
        let mut rows = vec![("verdict", vc::shown(self.verdict, style))];
        rows.push((self.kind, name.to_owned()));
        rows.extend(self.rows);
        let mut text = pairs(&rows);
        text.push_str(&self.below);
        text.push_str(&vc::because(&self.reasons, &self.needs));
        let mut json = self.json;
        json.insert("kind".to_owned(), json!(self.kind));
        json.insert("needs".to_owned(), json!(self.needs));
        json.insert("reasons".to_owned(), json!(self.reasons));
        json.insert("verdict".to_owned(), json!(self.verdict));
        Answer::done(text, Value::Object(json)).ending(vc::ending(self.verdict))
    }
}
