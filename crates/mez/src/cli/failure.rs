//! Why a command did not do what was asked: what was wrong, where, and what to do next.

use canon::Refusal;
use serde::Serialize;
use serde_json::{Value, json};

use super::exit::Exit;
use super::screen::Style;

/// One thing wrong at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    /// The file, or `-` for standard input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Column from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Byte offset from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// Stable code of the rule broken, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What was found.
    pub detail: String,
}

impl Fault {
    /// A fault with no place of its own.
    pub(crate) fn new(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..Self::default() }
    }

    /// `file:line:column`, as far as known.
    fn place(&self) -> Option<String> {
        let mut parts: Vec<String> = self.file.iter().cloned().collect();
        let numbers = self.line.into_iter().chain(self.column);
        parts.extend(numbers.map(|number| number.to_string()));
        (!parts.is_empty()).then(|| parts.join(":"))
    }

    fn text(&self) -> String {
        let mut text = self.place().map(|place| format!("{place}: ")).unwrap_or_default();
        text.push_str(&self.detail);
        if let Some(rule) = &self.rule {
            text.push_str(&format!(" [{rule}]"));
        }
        text
    }
}

/// A command that failed. Printed to standard error, as text or as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// Stable code in kebab case.
    pub code: &'static str,
    /// What was wrong, in one line.
    pub what: String,
    /// Where and why, one line each.
    pub faults: Vec<Fault>,
    /// What to do next.
    pub remedy: String,
}

impl Failure {
    /// A failure of the given kind.
    pub(crate) fn new(
        exit: Exit,
        code: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { exit, code, what: what.into(), faults: Vec::new(), remedy: remedy.into() }
    }

    /// Wrong use of the command line that clap cannot see.
    pub(crate) fn usage(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", what, remedy)
    }

    /// A file or folder that the operating system does not let us use.
    pub(crate) fn io(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let what = format!("cannot {doing} `{}`", path.display());
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path",
            std::io::ErrorKind::PermissionDenied => "check the permissions of the path",
            std::io::ErrorKind::AlreadyExists => "choose another name; nothing is overwritten",
            std::io::ErrorKind::StorageFull => "free some space and try again",
            _ => "run `mez doctor --dir DIR` on the folder",
        };
        Self::new(Exit::Error, "file", what, remedy).because(error)
    }

    /// A document that breaks a rule of the canonical form.
    pub(crate) fn refusal(file: &str, refusal: &Refusal) -> Self {
        let what = format!("`{file}` is refused");
        let mut failure =
            Self::new(Exit::Invalid, refusal.rule.code(), what, refusal.rule.remedy());
        failure.faults.push(Fault {
            file: Some(file.to_owned()),
            line: Some(refusal.line),
            column: Some(refusal.column),
            offset: Some(refusal.offset),
            rule: Some(refusal.rule.code().to_owned()),
            detail: refusal.detail.clone(),
        });
        failure
    }

    /// Adds an error and all its causes, one line each.
    pub(crate) fn because(mut self, error: &dyn std::error::Error) -> Self {
        self.faults.push(Fault::new(chain(error)));
        self
    }

    /// Adds a fault.
    pub(crate) fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The problem as a JSON document.
    pub(crate) fn json(&self) -> Value {
        json!({"error": {
            "code": self.code,
            "exit": self.exit.code(),
            "message": self.what,
            "problems": self.faults,
            "remedy": self.remedy,
        }})
    }

    /// The problem for people.
    pub(crate) fn text(&self, style: Style) -> String {
        let mut text = format!("{}: {}\n", style.bad(&format!("error[{}]", self.code)), self.what);
        for fault in &self.faults {
            for line in fault.text().lines() {
                text.push_str(&format!("  {line}\n"));
            }
        }
        for (index, line) in self.remedy.lines().enumerate() {
            text.push_str(if index == 0 { "  next: " } else { "        " });
            text.push_str(&format!("{line}\n"));
        }
        text
    }
}

/// An error with its causes in one line; a cause the error already tells is not told twice.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let told = cause.to_string();
        if !text.ends_with(&told) {
            text.push_str(": ");
            text.push_str(&told);
        }
        next = cause.source();
    }
    text
}
