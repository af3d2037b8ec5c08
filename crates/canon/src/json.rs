//! Strict JSON in, canonical JSON out.

mod parse;
mod write;

pub use parse::parse_value;
pub(crate) use write::write_canonical;
