//! RFC 8785 serialisation of a tree that holds no floats.

use std::io::Write as _;

use serde_json::{Map, Value};

use super::scan::plain;
use crate::limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX, INTEGER_MAX};
use crate::refusal::{Refusal, Rule};

/// Append the canonical bytes of `value` to `out`; how many levels it has.
pub(crate) fn write_canonical(value: &Value, out: &mut Vec<u8>) -> Result<usize, Refusal> {
    let levels = write_value(value, 1, out)?;
    if out.len() > DOCUMENT_BYTES_MAX {
        return Err(Refusal::of_value(Rule::Size, format!("{} bytes", out.len())));
    }
    Ok(levels)
}

/// Writes what stands on level `depth`; the deepest level in it.
fn write_value(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<usize, Refusal> {
    if depth > DEPTH_MAX {
        return Err(Refusal::of_value(Rule::Depth, "the value is nested too deep"));
    }
    let mut deepest = depth;
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(n) => {
            let int = n
                .as_i64()
                .ok_or_else(|| Refusal::of_value(number_rule(n), format!("the number {n}")))?;
            if !(-INTEGER_MAX..=INTEGER_MAX).contains(&int) {
                return Err(Refusal::of_value(Rule::IntegerRange, format!("the number {int}")));
            }
            // Writing to a `Vec` cannot fail.
            let _ = write!(out, "{int}");
        }
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                deepest = deepest.max(write_value(item, depth + 1, out)?);
            }
            out.push(b']');
        }
        Value::Object(map) => deepest = write_object(map, depth, out)?,
    }
    Ok(deepest)
}

fn number_rule(n: &serde_json::Number) -> Rule {
    if n.is_u64() { Rule::IntegerRange } else { Rule::Float }
}

fn write_object(
    map: &Map<String, Value>,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<usize, Refusal> {
    let mut members: Vec<(&String, &Value)> = map.iter().collect();
    // UTF-16 order differs from that of bytes only beyond the basic plane.
    if !(map.keys().all(|key| key.is_ascii()) && map.keys().is_sorted()) {
        members.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
    }
    let mut deepest = depth;
    out.push(b'{');
    for (i, (key, item)) in members.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_string(key, out);
        out.push(b':');
        deepest = deepest.max(write_value(item, depth + 1, out)?);
    }
    out.push(b'}');
    Ok(deepest)
}

/// Appends `text` in quotes, escaped only where it must be.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let (plain, rest) = text.as_bytes().split_at(plain(text.as_bytes()));
    out.extend_from_slice(plain);
    for byte in rest {
        match *byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0a => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            0x0d => out.extend_from_slice(b"\\r"),
            byte @ 0..=0x1f => {
                let _ = write!(out, "\\u{byte:04x}");
            }
            byte => out.push(byte),
        }
    }
    out.push(b'"');
}
