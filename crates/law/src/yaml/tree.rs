//! From parser events to a strict tree with line and column of every node.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::Value;

use crate::files::{Problem, Problems};

/// Largest file, in bytes.
pub(crate) const FILE_BYTES_MAX: usize = 512 * 1024;
/// Deepest nesting; the root is level 1.
const LEVELS_MAX: usize = 24;
/// Most nodes in a file.
const NODES_MAX: usize = 50_000;

/// Where a node begins: line and column from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A node with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) at: At,
    pub(crate) shape: Shape,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Text; `plain` when written without quotes.
    Scalar { text: String, plain: bool },
    /// Items in order.
    Sequence(Vec<Node>),
    /// Entries in order of writing, keys unique.
    Mapping(Vec<(String, At, Node)>),
}

impl Node {
    /// What the node is, in words.
    pub(crate) fn what(&self) -> &'static str {
        match self.shape {
            Shape::Scalar { .. } => "a scalar",
            Shape::Sequence(_) => "a sequence",
            Shape::Mapping(_) => "a mapping",
        }
    }

    /// The tree as JSON, every scalar a string: the model a digest is taken of.
    pub(crate) fn model(&self) -> Value {
        match &self.shape {
            Shape::Scalar { text, .. } => Value::String(text.clone()),
            Shape::Sequence(items) => Value::Array(items.iter().map(Self::model).collect()),
            Shape::Mapping(entries) => Value::Object(
                entries.iter().map(|(key, _, value)| (key.clone(), value.model())).collect(),
            ),
        }
    }
}

/// A collection whose end has not come yet.
enum Open {
    Sequence(At, Vec<Node>),
    Mapping(At, Vec<(String, At, Node)>, Option<(String, At)>),
}

struct Builder<'a> {
    file: &'a str,
    stack: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    documents: usize,
}

impl Builder<'_> {
    fn refuse<T>(&self, at: At, detail: impl Into<String>) -> Result<T, Problem> {
        let At { line, column } = at;
        Err(Problem { file: self.file.to_owned(), line, column, detail: detail.into() })
    }

    fn open(&mut self, at: At, open: Open) -> Result<(), Problem> {
        self.count(at)?;
        if let Some(Open::Mapping(_, _, None)) = self.stack.last() {
            return self.refuse(at, "a key must be text");
        }
        if self.stack.len() >= LEVELS_MAX {
            return self.refuse(at, format!("nested deeper than {LEVELS_MAX} levels"));
        }
        self.stack.push(open);
        Ok(())
    }

    fn count(&mut self, at: At) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return self.refuse(at, format!("more than {NODES_MAX} nodes"));
        }
        Ok(())
    }

    fn scalar(&mut self, at: At, text: String, plain: bool) -> Result<(), Problem> {
        self.count(at)?;
        if let Some(Open::Mapping(_, entries, key @ None)) = self.stack.last_mut() {
            if let Some((_, first, _)) = entries.iter().find(|(known, _, _)| *known == text) {
                let detail = format!("duplicate key `{text}`, first on line {}", first.line);
                return self.refuse(at, detail);
            }
            if text == "<<" || (plain && text == "~") {
                return self.refuse(at, format!("`{text}` is not admitted as a key"));
            }
            *key = Some((text, at));
            return Ok(());
        }
        if plain && (text == "~" || text.is_empty()) {
            return self.refuse(at, "empty value; leave the key out or write \"\"");
        }
        self.place(Node { at, shape: Shape::Scalar { text, plain } })
    }

    fn place(&mut self, node: Node) -> Result<(), Problem> {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence(_, items)) => items.push(node),
            Some(Open::Mapping(_, entries, key)) => match key.take() {
                Some((key, at)) => entries.push((key, at, node)),
                None => return self.refuse(node.at, "a key must be text"),
            },
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem> {
        match self.stack.pop() {
            Some(Open::Sequence(at, items)) => {
                self.place(Node { at, shape: Shape::Sequence(items) })
            }
            Some(Open::Mapping(at, entries, _)) => {
                self.place(Node { at, shape: Shape::Mapping(entries) })
            }
            None => Ok(()),
        }
    }

    fn event(&mut self, event: Event<'_>, at: At) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return self.refuse(at, "only one document per file");
                }
                Ok(())
            }
            Event::Alias(_) => self.refuse(at, "aliases are not admitted; write the value out"),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                self.refuse(at, "anchors are not admitted")
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => self.refuse(at, "tags are not admitted"),
            Event::Scalar(text, style, _, None) => {
                self.scalar(at, text.into_owned(), style == ScalarStyle::Plain)
            }
            Event::SequenceStart(..) => self.open(at, Open::Sequence(at, Vec::new())),
            Event::MappingStart(..) => self.open(at, Open::Mapping(at, Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }
}

fn place_of(span: &Span) -> At {
    At { line: span.start.line(), column: span.start.col() + 1 }
}

/// Refuse what the parser would let through: size, encoding, control characters, tabs.
fn screen<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Problem::of_file(file, format!("larger than {FILE_BYTES_MAX} bytes")));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|e| Problem::of_file(file, format!("not UTF-8 after byte {}", e.valid_up_to())))?;
    for (number, line) in text.lines().enumerate() {
        let bad = |c: char| (c.is_control() && c != '\r') || c == '\u{feff}';
        if let Some((index, c)) = line.chars().enumerate().find(|(_, c)| bad(*c)) {
            let what =
                if c == '\t' { "a tab".to_owned() } else { format!("{}", c.escape_unicode()) };
            return Err(Problem {
                file: file.to_owned(),
                line: number + 1,
                column: index + 1,
                detail: format!("{what} is not admitted; use spaces"),
            });
        }
        if line.starts_with('%') {
            let (file, line) = (file.to_owned(), number + 1);
            return Err(Problem {
                file,
                line,
                column: 1,
                detail: "directives are not admitted".into(),
            });
        }
    }
    Ok(text)
}

/// Read one document.
///
/// # Errors
/// The first problem, with its place.
pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Node, Problems> {
    let text = screen(file, bytes)?;
    let mut builder = Builder { file, stack: Vec::new(), root: None, nodes: 0, documents: 0 };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| Problem {
            file: file.to_owned(),
            line: e.marker().line(),
            column: e.marker().col() + 1,
            detail: e.info().to_owned(),
        })?;
        builder.event(event, place_of(&span))?;
    }
    builder.root.ok_or_else(|| Problem::of_file(file, "the file is empty").into())
}
