//! XML as far as these messages need it: elements, text, one attribute.
//!
//! Invariant: no document type, no entities but the five of XML itself, bounded size, depth and
//! number of nodes; what is written is read back the same.

use std::fmt::Write as _;

use roxmltree::{Document, Node, ParsingOptions};

use super::fault::Fault;

/// Largest message, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Deepest element.
pub const MESSAGE_DEPTH_MAX: usize = 24;
/// Most elements and texts of one message.
pub const MESSAGE_NODES_MAX: u32 = 200_000;

/// An element: children or text, and a currency where it is an amount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    pub currency: Option<String>,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// The text of an element inside it, by its path.
    pub(super) fn find(&self, path: &[&str]) -> Option<String> {
        let Some((name, rest)) = path.split_first() else { return Some(self.text.clone()) };
        self.children.iter().find(|child| child.name == *name)?.find(rest)
    }
}

/// Reads one document: its namespace and its root.
pub(super) fn read(bytes: &[u8]) -> Result<(String, Element), Fault> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(Fault::Size);
    }
    let text = std::str::from_utf8(bytes).map_err(|e| Fault::Xml(e.to_string()))?;
    shallow(text)?;
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MESSAGE_NODES_MAX, ..Default::default() };
    let parsed = Document::parse_with_options(text, options);
    let parsed = parsed.map_err(|e| Fault::Xml(e.to_string()))?;
    let root = parsed.root_element();
    let namespace = root.tag_name().namespace().unwrap_or_default().to_owned();
    let element = element(root, &namespace, 1)?;
    Ok((namespace, element))
}

/// Refuses what nests too deep before a parser sees it.
fn shallow(text: &str) -> Result<(), Fault> {
    let mut depth = 0_usize;
    for part in text.split('<').skip(1) {
        let opens = !part.starts_with(['/', '?', '!']);
        let closed = part.split('>').next().is_some_and(|tag| tag.ends_with('/'));
        if part.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if opens && !closed {
            depth += 1;
        }
        if depth > MESSAGE_DEPTH_MAX {
            return Err(Fault::Depth);
        }
    }
    Ok(())
}

fn element(node: Node<'_, '_>, namespace: &str, depth: usize) -> Result<Element, Fault> {
    let name = node.tag_name().name().to_owned();
    if depth > MESSAGE_DEPTH_MAX {
        return Err(Fault::Depth);
    }
    // What is under another namespace is somebody's supplement: kept as a name, and never understood.
    let foreign = node.tag_name().namespace().unwrap_or_default() != namespace;
    let name = if foreign { format!("{{other namespace}}{name}") } else { name };
    let mut currency = None;
    for attribute in node.attributes() {
        match attribute.name() {
            "Ccy" => currency = Some(attribute.value().to_owned()),
            // `xsi:schemaLocation` and the like say nothing about the payment.
            _ if attribute.namespace().is_some() => {}
            other => return Err(Fault::Xml(format!("attribute `{other}` of `{name}`"))),
        }
    }
    let (mut text, mut children) = (String::new(), Vec::new());
    for child in node.children() {
        if child.is_element() {
            children.push(element(child, namespace, depth + 1)?);
        } else if child.is_text() {
            text.push_str(child.text().unwrap_or_default());
        }
    }
    if !children.is_empty() {
        if !text.trim().is_empty() {
            return Err(Fault::Xml(format!("text among the elements of `{name}`")));
        }
        text.clear();
    }
    Ok(Element { name, currency, text, children })
}

/// Writes one document.
pub(super) fn write(namespace: &str, root: &Element) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    put(&mut out, root, Some(namespace), 0);
    out
}

fn put(out: &mut String, one: &Element, namespace: Option<&str>, depth: usize) {
    let indent = "  ".repeat(depth);
    let _ = write!(out, "{indent}<{}", one.name);
    for (name, value) in [("xmlns", namespace), ("Ccy", one.currency.as_deref())] {
        if let Some(value) = value {
            let _ = write!(out, " {name}=\"{}\"", escaped(value));
        }
    }
    out.push('>');
    if one.children.is_empty() {
        out.push_str(&escaped(&one.text));
    } else {
        out.push('\n');
        one.children.iter().for_each(|child| put(out, child, None, depth + 1));
        out.push_str(&indent);
    }
    let _ = writeln!(out, "</{}>", one.name);
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}
