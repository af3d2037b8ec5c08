//! Strict JSON in, canonical JSON out.

mod parse;
mod scan;
mod typed;
mod write;

pub use parse::parse_value;
pub(crate) use scan::{is_canonical, members};
pub(crate) use typed::{Written, write_typed};
pub(crate) use write::{write_canonical, write_string};
