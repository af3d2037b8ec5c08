//! The limits of a canonical document, in one place.

/// Deepest nesting admitted; the root is level 1.
pub const DEPTH_MAX: usize = 64;
/// Largest document admitted, in bytes (8 MiB).
pub const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Largest integer magnitude admitted: 2^53 − 1, the last one every JSON library keeps exact.
pub const INTEGER_MAX: i64 = (1 << 53) - 1;
