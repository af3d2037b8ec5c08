//! Typed, strict access to a tree: unknown keys are refused, problems are collected, not thrown.

use canon::{Date, Timestamp};

use crate::files::{Problem, Problems};
use crate::nearest::hint;
use crate::yaml::tree::{At, Node, Shape};

/// Most problems kept for one file; the rest would repeat.
const PROBLEMS_MAX: usize = 50;

/// A mapping whose keys have been checked against a list.
#[derive(Clone, Copy)]
pub(crate) struct Map<'n> {
    pub(crate) at: At,
    entries: &'n [(String, At, Node)],
}

impl<'n> Map<'n> {
    /// The value under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(known, _, _)| known == key).map(|(_, _, value)| value)
    }

    /// Entries in order of writing: key, its place, value.
    pub(crate) fn entries(&self) -> &'n [(String, At, Node)] {
        self.entries
    }
}

/// Reads one file and collects what is wrong with it.
pub(crate) struct Reader<'f> {
    file: &'f str,
    problems: Vec<Problem>,
}

impl<'f> Reader<'f> {
    pub(crate) fn new(file: &'f str) -> Self {
        Self { file, problems: Vec::new() }
    }

    /// The file read.
    pub(crate) const fn file(&self) -> &'f str {
        self.file
    }

    /// Note a problem.
    pub(crate) fn problem(&mut self, at: At, detail: impl Into<String>) {
        if self.problems.len() < PROBLEMS_MAX {
            let (file, detail) = (self.file.to_owned(), detail.into());
            self.problems.push(Problem { file, line: at.line, column: at.column, detail });
        }
    }

    /// The value, if nothing was wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Problems> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ if self.problems.is_empty() => {
                Err(Problem::of_file(self.file, "the file does not have the right shape").into())
            }
            _ => Err(Problems(self.problems)),
        }
    }

    /// A mapping with only `allowed` keys; no list admits any key.
    pub(crate) fn map<'n>(&mut self, node: &'n Node, allowed: Option<&[&str]>) -> Option<Map<'n>> {
        let Shape::Mapping(entries) = &node.shape else {
            self.problem(node.at, format!("expected a mapping, found {}", node.what()));
            return None;
        };
        if let Some(allowed) = allowed {
            for (key, at, _) in entries {
                if !allowed.contains(&key.as_str()) {
                    let hint = hint(key, allowed.iter().copied());
                    self.problem(*at, format!("unknown key `{key}`{hint}"));
                }
            }
        }
        Some(Map { at: node.at, entries })
    }

    /// A sequence.
    pub(crate) fn sequence<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        let Shape::Sequence(items) = &node.shape else {
            self.problem(node.at, format!("expected a sequence, found {}", node.what()));
            return None;
        };
        Some(items)
    }

    /// Text that is not blank.
    pub(crate) fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        match &node.shape {
            Shape::Scalar { text, .. } if !text.trim().is_empty() => Some(text),
            Shape::Scalar { .. } => {
                self.problem(node.at, "expected text, found nothing");
                None
            }
            _ => {
                self.problem(node.at, format!("expected text, found {}", node.what()));
                None
            }
        }
    }

    /// A plain scalar read by `parse`.
    fn plain<T>(
        &mut self,
        node: &Node,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let read = match &node.shape {
            Shape::Scalar { text, plain: true } => parse(text),
            _ => None,
        };
        if read.is_none() {
            self.problem(node.at, format!("expected {what}, unquoted"));
        }
        read
    }

    /// A plain integer.
    pub(crate) fn int(&mut self, node: &Node) -> Option<i64> {
        self.plain(node, "an integer", |text| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let value: Option<i64> = text.parse().ok();
            value.filter(|v| whole && v.abs() <= canon::INTEGER_MAX)
        })
    }

    /// A plain `true` or `false`.
    pub(crate) fn bool(&mut self, node: &Node) -> Option<bool> {
        self.plain(node, "true or false", |text| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
    }

    /// A plain date.
    pub(crate) fn date(&mut self, node: &Node) -> Option<Date> {
        self.plain(node, "a date YYYY-MM-DD (1583 or later)", |text| Date::parse(text).ok())
    }

    /// A plain moment.
    pub(crate) fn timestamp(&mut self, node: &Node) -> Option<Timestamp> {
        self.plain(node, "a moment YYYY-MM-DDTHH:MM:SSZ", |text| Timestamp::parse(text).ok())
    }

    /// The value under a key that must be there.
    pub(crate) fn need<'n>(&mut self, map: Map<'n>, key: &str) -> Option<&'n Node> {
        let found = map.get(key);
        if found.is_none() {
            self.problem(map.at, format!("`{key}` is missing"));
        }
        found
    }

    /// Text under a key that must be there.
    pub(crate) fn need_text(&mut self, map: Map<'_>, key: &str) -> Option<String> {
        let node = self.need(map, key)?;
        self.text(node).map(str::to_owned)
    }

    /// A date under a key that must be there.
    pub(crate) fn need_date(&mut self, map: Map<'_>, key: &str) -> Option<Date> {
        let node = self.need(map, key)?;
        self.date(node)
    }

    /// Text read by a parser, under a key that must be there.
    pub(crate) fn need_as<T, E: std::fmt::Display>(
        &mut self,
        map: Map<'_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let node = self.need(map, key)?;
        self.parse_as(node, parse)
    }

    /// Text read by a parser.
    pub(crate) fn parse_as<T, E: std::fmt::Display>(
        &mut self,
        node: &Node,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(node)?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(node.at, error.to_string());
                None
            }
        }
    }

    /// Optional text.
    pub(crate) fn maybe_text(&mut self, map: Map<'_>, key: &str) -> Option<String> {
        map.get(key).and_then(|node| self.text(node)).map(str::to_owned)
    }

    /// An optional list of texts read by a parser; empty when the key is absent.
    pub(crate) fn list_as<T, E: std::fmt::Display>(
        &mut self,
        map: Map<'_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let Some(items) = map.get(key).and_then(|node| self.sequence(node)) else {
            return Vec::new();
        };
        items.iter().filter_map(|item| self.parse_as(item, &parse)).collect()
    }

    /// An optional list of texts.
    pub(crate) fn texts(&mut self, map: Map<'_>, key: &str) -> Vec<String> {
        self.list_as(map, key, |text| Ok::<_, String>(text.to_owned()))
    }
}

/// A parser over a closed list of names, for [`Reader::parse_as`].
pub(crate) fn one_of<T>(
    what: &'static str,
    parse: impl Fn(&str) -> Option<T>,
    known: Vec<&'static str>,
) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        parse(text)
            .ok_or_else(|| format!("unknown {what} `{text}`{}", hint(text, known.iter().copied())))
    }
}
