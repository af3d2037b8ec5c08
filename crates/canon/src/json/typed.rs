//! Canonical bytes of a typed value, without a tree between them.
//!
//! Members are written as they come. Where they come in order nothing more is done; elsewhere the
//! finished members of the object are put in order once, at its end.

use std::cell::Cell;

use serde::ser::{self, Serialize};

use super::scan::utf16_order;
use super::write::write_string;
use crate::limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX, INTEGER_MAX};
use crate::refusal::{Refusal, Rule};

/// Largest buffer a thread keeps from one document to the next.
const KEPT_BYTES_MAX: usize = 64 * 1024;

thread_local! {
    /// The writer of this thread while nobody writes.
    static IDLE: Cell<Writer> = const { Cell::new(Writer::new()) };
}

/// The canonical bytes of `value`, and how many levels it has.
pub(crate) fn write_typed<T: Serialize + ?Sized>(value: &T) -> Result<Written, Refusal> {
    // A value may canonicalise another while it is written: that one finds no writer, and begins one.
    let mut writer = IDLE.replace(Writer::new());
    writer.clear();
    let written = value.serialize(&mut writer).map_err(|Fault(refusal)| refusal);
    let written = written.and_then(|()| writer.written());
    if writer.out.capacity() <= KEPT_BYTES_MAX {
        IDLE.set(writer);
    }
    written
}

/// A document that was written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) bytes: Box<[u8]>,
    /// Levels of it, from 1.
    pub(crate) levels: usize,
}

/// A refusal, as serde's error.
#[derive(Debug)]
struct Fault(Refusal);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Fault {}

impl ser::Error for Fault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(Refusal::of_value(Rule::Shape, message.to_string()))
    }
}

fn refuse<T>(rule: Rule, detail: impl Into<String>) -> Result<T, Fault> {
    Err(Fault(Refusal::of_value(rule, detail)))
}

/// Where a member lies in the output: its key's quote, the end of its key, its own end.
#[derive(Clone, Copy)]
struct Member {
    start: usize,
    key_end: usize,
    end: usize,
}

struct Writer {
    out: Vec<u8>,
    /// Members of every object that is open, innermost last.
    members: Vec<Member>,
    /// Room to put members in order.
    sorted: Vec<u8>,
    depth: usize,
    /// The deepest level on which something stands.
    deepest: usize,
}

impl Writer {
    const fn new() -> Self {
        Self { out: Vec::new(), members: Vec::new(), sorted: Vec::new(), depth: 0, deepest: 0 }
    }

    /// What was left half written by a refusal is gone.
    fn clear(&mut self) {
        self.out.clear();
        self.members.clear();
        (self.depth, self.deepest) = (0, 0);
    }

    fn written(&self) -> Result<Written, Refusal> {
        if self.out.len() > DOCUMENT_BYTES_MAX {
            return Err(Refusal::of_value(Rule::Size, format!("{} bytes", self.out.len())));
        }
        Ok(Written { bytes: self.out.as_slice().into(), levels: self.deepest })
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        // What stands below this level is refused by the value that would stand there.
        self.check_depth()
    }

    fn check_depth(&self) -> Result<(), Fault> {
        if self.depth > DEPTH_MAX {
            return refuse(Rule::Depth, "the value is nested too deep");
        }
        Ok(())
    }

    /// A value that holds no other stands one level below what holds it.
    fn scalar(&mut self) -> Result<(), Fault> {
        if self.depth >= DEPTH_MAX {
            return refuse(Rule::Depth, "the value is nested too deep");
        }
        self.deepest = self.deepest.max(self.depth + 1);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        self.scalar()?;
        write_string(text, &mut self.out);
        Ok(())
    }

    fn integer(&mut self, int: i128) -> Result<(), Fault> {
        self.scalar()?;
        let bound = i128::from(INTEGER_MAX);
        if !(-bound..=bound).contains(&int) {
            return refuse(Rule::IntegerRange, format!("the number {int}"));
        }
        if int < 0 {
            self.out.push(b'-');
        }
        let mut rest = int.unsigned_abs() as u64;
        let mut digits = [b'0'; 20];
        let mut used = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            used += 1;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(digits.get(20 - used..).unwrap_or_default());
        Ok(())
    }

    /// `{"variant":` of an externally tagged enum.
    fn tag(&mut self, variant: &str) -> Result<(), Fault> {
        self.enter()?;
        self.out.push(b'{');
        write_string(variant, &mut self.out);
        self.out.push(b':');
        Ok(())
    }

    fn open_object(&mut self, tagged: bool) -> Result<Object<'_>, Fault> {
        self.enter()?;
        self.out.push(b'{');
        let (first, start) = (self.members.len(), self.out.len());
        Ok(Object { writer: self, first, start, sorted: true, tagged })
    }

    fn open_array(&mut self, tagged: bool) -> Result<Array<'_>, Fault> {
        self.enter()?;
        self.out.push(b'[');
        Ok(Array { writer: self, empty: true, tagged })
    }
}

struct Array<'a> {
    writer: &'a mut Writer,
    empty: bool,
    tagged: bool,
}

impl Array<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        if !self.empty {
            self.writer.out.push(b',');
        }
        self.empty = false;
        value.serialize(&mut *self.writer)
    }

    fn close(self) {
        self.writer.out.push(b']');
        self.writer.depth -= 1;
        if self.tagged {
            self.writer.out.push(b'}');
            self.writer.depth -= 1;
        }
    }
}

struct Object<'a> {
    writer: &'a mut Writer,
    /// The first of this object's members in the list of all.
    first: usize,
    /// Where the first member starts in the output.
    start: usize,
    sorted: bool,
    tagged: bool,
}

impl Object<'_> {
    fn key(&mut self, key: &str) -> Result<(), Fault> {
        let start = self.begin();
        write_string(key, &mut self.writer.out);
        self.named(start);
        Ok(())
    }

    /// Where the next member's key stands.
    fn begin(&mut self) -> usize {
        if self.writer.members.len() > self.first {
            self.writer.out.push(b',');
        }
        self.writer.out.len()
    }

    /// A member whose key stands from `start` to the end.
    fn named(&mut self, start: usize) {
        let writer = &mut *self.writer;
        let key_end = writer.out.len();
        writer.out.push(b':');
        if let Some(last) = writer.members.get(self.first..).and_then(<[Member]>::last) {
            self.sorted &= key_order(&writer.out, last, &Member { start, key_end, end: 0 }).is_lt();
        }
        writer.members.push(Member { start, key_end, end: 0 });
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        value.serialize(&mut *self.writer)?;
        let end = self.writer.out.len();
        if let Some(member) = self.writer.members.last_mut() {
            member.end = end;
        }
        Ok(())
    }

    fn close(self) -> Result<(), Fault> {
        let writer = self.writer;
        if !self.sorted {
            let members = writer.members.get_mut(self.first..).unwrap_or_default();
            sort(&mut writer.out, self.start, members, &mut writer.sorted)?;
        }
        writer.members.truncate(self.first);
        writer.out.push(b'}');
        writer.depth -= 1;
        if self.tagged {
            writer.out.push(b'}');
            writer.depth -= 1;
        }
        Ok(())
    }
}

/// Compares two keys as they stand in the output, quotes included.
fn key_order(out: &[u8], one: &Member, other: &Member) -> std::cmp::Ordering {
    let raw = |member: &Member| {
        out.get(member.start + 1..member.key_end.saturating_sub(1)).unwrap_or_default()
    };
    let (one, other) = (raw(one), raw(other));
    // Where the first letters that differ are ASCII, and nothing is escaped up to them, their bytes decide.
    let same = one.iter().zip(other).take_while(|(a, b)| a == b && **a != b'\\').count();
    if let (Some(a), Some(b)) = (one.get(same), other.get(same))
        && a.is_ascii()
        && b.is_ascii()
        && *a != b'\\'
        && *b != b'\\'
    {
        return a.cmp(b);
    }
    if one.contains(&b'\\') || other.contains(&b'\\') {
        return super::scan::escaped_order(one, other);
    }
    utf16_order(one, other)
}

/// Puts the members of one object in order.
fn sort(
    out: &mut Vec<u8>,
    start: usize,
    members: &mut [Member],
    sorted: &mut Vec<u8>,
) -> Result<(), Fault> {
    // What ends up side by side was compared, or its order would not be known.
    let mut twice = None;
    members.sort_by(|one, other| {
        let order = key_order(out, one, other);
        if order.is_eq() {
            twice = Some(*one);
        }
        order
    });
    if let Some(one) = twice {
        let key = out.get(one.start..one.key_end).unwrap_or_default();
        let detail = format!("the key {} occurs twice", String::from_utf8_lossy(key));
        return refuse(Rule::DuplicateKey, detail);
    }
    sorted.clear();
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            sorted.push(b',');
        }
        sorted.extend_from_slice(out.get(member.start..member.end).unwrap_or_default());
    }
    out.truncate(start);
    out.extend_from_slice(sorted);
    Ok(())
}

impl<'a> ser::Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Fault;
    type SerializeSeq = Array<'a>;
    type SerializeTuple = Array<'a>;
    type SerializeTupleStruct = Array<'a>;
    type SerializeTupleVariant = Array<'a>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Fault> {
        self.scalar()?;
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Fault> {
        self.integer(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Fault> {
        self.integer(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Fault> {
        self.integer(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Fault> {
        self.integer(value.into())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Fault> {
        self.integer(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Fault> {
        self.integer(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Fault> {
        self.integer(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Fault> {
        self.integer(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Fault> {
        self.integer(value.into())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Fault> {
        self.integer(i128::try_from(value).unwrap_or(i128::MAX))
    }

    fn serialize_f32(self, _: f32) -> Result<(), Fault> {
        refuse(Rule::Float, "a number of a floating type")
    }

    fn serialize_f64(self, _: f64) -> Result<(), Fault> {
        refuse(Rule::Float, "a number of a floating type")
    }

    fn serialize_char(self, value: char) -> Result<(), Fault> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Fault> {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Fault> {
        let mut array = self.open_array(false)?;
        for byte in value {
            array.item(byte)?;
        }
        array.close();
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Fault> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Fault> {
        self.scalar()?;
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Fault> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Fault> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        self.tag(variant)?;
        value.serialize(&mut *self)?;
        self.out.push(b'}');
        self.depth -= 1;
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Array<'a>, Fault> {
        self.open_array(false)
    }

    fn serialize_tuple(self, _: usize) -> Result<Array<'a>, Fault> {
        self.open_array(false)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Array<'a>, Fault> {
        self.open_array(false)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Array<'a>, Fault> {
        self.tag(variant)?;
        self.open_array(true)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>, Fault> {
        self.open_object(false)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'a>, Fault> {
        self.open_object(false)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'a>, Fault> {
        self.tag(variant)?;
        self.open_object(true)
    }
}

macro_rules! items {
    ($($trait:ident, $method:ident;)*) => {$(
        impl ser::$trait for Array<'_> {
            type Ok = ();
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
                self.item(value)
            }

            fn end(self) -> Result<(), Fault> {
                self.close();
                Ok(())
            }
        }
    )*};
}

items! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
}

macro_rules! fields {
    ($($trait:ident;)*) => {$(
        impl ser::$trait for Object<'_> {
            type Ok = ();
            type Error = Fault;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Fault> {
                self.key(key)?;
                self.value(value)
            }

            fn end(self) -> Result<(), Fault> {
                self.close()
            }
        }
    )*};
}

fields! {
    SerializeStruct;
    SerializeStructVariant;
}

impl ser::SerializeMap for Object<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        let start = self.begin();
        key.serialize(&mut *self.writer)?;
        match self.writer.out.get(start) {
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9') => {
                self.writer.out.insert(start, b'"');
                self.writer.out.push(b'"');
            }
            _ => return refuse(Rule::Shape, "a key must be a text"),
        }
        self.named(start);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.value(value)
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Fault> {
        self.serialize_key(key)?;
        self.value(value)
    }

    fn end(self) -> Result<(), Fault> {
        self.close()
    }
}
