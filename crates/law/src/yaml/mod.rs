//! YAML 1.2 without its surprises: a tree of text with positions, and typed readers over it.
//!
//! Accepted: one document of mappings with text keys, sequences and scalars. A scalar is text until
//! a schema asks for an integer, a boolean or a date, and then it must be plain. Refused by name:
//! duplicate keys, anchors, aliases, tags, several documents, tabs, merge keys, empty values.

mod reader;
mod tree;

pub(crate) use reader::{Map, Reader, one_of};
pub(crate) use tree::{At, Node, Shape, parse};

#[cfg(test)]
mod tests;
