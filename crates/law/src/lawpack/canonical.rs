//! Exclusive XML Canonicalization 1.0 (W3C), without comments, of documents in one namespace: what
//! law texts are. A document with prefixes of its own, a document type or processing instructions
//! is refused rather than half handled.

use std::collections::BTreeSet;
use std::ops::Range;

use roxmltree::{Document, Node, NodeType, ParsingOptions};

/// Most elements nested in one another.
const DEPTH_MAX: usize = 64;
/// Most nodes of a document.
const NODES_MAX: u32 = 1_000_000;

/// A provision as it stands in its text.
pub(super) struct Part<'t> {
    pub(super) range: Range<usize>,
    pub(super) text: &'t str,
}

fn parse(text: &str) -> Result<Document<'_>, String> {
    let options = ParsingOptions { nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| error.to_string())
}

/// The canonical form of a document.
pub(super) fn of(text: &str) -> Result<String, String> {
    let document = parse(text)?;
    let mut out = String::with_capacity(text.len());
    let root = document.root_element();
    element(root, None, 1, &mut out)?;
    let stray = document.root().children().any(|node| node.is_pi());
    if stray { Err("processing instructions are not admitted".into()) } else { Ok(out) }
}

fn element(
    node: Node<'_, '_>,
    above: Option<&str>,
    depth: usize,
    out: &mut String,
) -> Result<(), String> {
    if depth > DEPTH_MAX {
        return Err(format!("nested deeper than {DEPTH_MAX} elements"));
    }
    let name = node.tag_name();
    let own = node.namespaces().any(|space| space.name().is_some_and(|prefix| prefix != "xml"));
    if own {
        return Err(format!("`{}` declares a prefix; only one namespace is admitted", name.name()));
    }
    out.push('<');
    out.push_str(name.name());
    if name.namespace() != above {
        let space = name.namespace().unwrap_or_default();
        out.push_str(&format!(" xmlns=\"{}\"", escape(space)));
    }
    let mut attributes: Vec<_> = node.attributes().collect();
    if let Some(strange) = attributes.iter().find(|attribute| attribute.namespace().is_some()) {
        return Err(format!("attribute `{}` has a namespace", strange.name()));
    }
    attributes.sort_by_key(|attribute| attribute.name());
    for attribute in attributes {
        out.push_str(&format!(" {}=\"{}\"", attribute.name(), escape(attribute.value())));
    }
    out.push('>');
    for child in node.children() {
        match child.node_type() {
            NodeType::Element => element(child, name.namespace(), depth + 1, out)?,
            NodeType::Text => out.push_str(&text(child.text().unwrap_or_default())),
            NodeType::PI => return Err("processing instructions are not admitted".into()),
            NodeType::Comment | NodeType::Root => {}
        }
    }
    out.push_str(&format!("</{}>", name.name()));
    Ok(())
}

/// Character data (section 2.3 of Canonical XML 1.1).
pub(super) fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#xD;")
}

/// Attribute values (ibid.).
pub(super) fn escape(raw: &str) -> String {
    let raw = raw.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    raw.replace('\t', "&#x9;").replace('\n', "&#xA;").replace('\r', "&#xD;")
}

/// Every element with an `eId`, by id.
pub(super) fn provisions(text: &str) -> Result<Vec<(String, Part<'_>)>, String> {
    let document = parse(text)?;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for node in document.descendants().filter(Node::is_element) {
        let Some(e_id) = node.attribute("eId") else { continue };
        if !seen.insert(e_id.to_owned()) {
            return Err(format!("`{e_id}` is the id of two provisions"));
        }
        let range = node.range();
        let part = text.get(range.clone()).unwrap_or_default();
        found.push((e_id.to_owned(), Part { range, text: part }));
    }
    Ok(found)
}
