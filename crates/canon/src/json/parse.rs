//! A strict JSON reader: everything the canonical form forbids is refused with its position.

use serde_json::{Map, Value};

use crate::limits::{DEPTH_MAX, DOCUMENT_BYTES_MAX, INTEGER_MAX};
use crate::refusal::{Refusal, Rule};

/// Read one JSON document into a tree that the canonical form can express.
///
/// # Errors
/// The first broken [`Rule`] with byte offset, line and column.
pub fn parse_value(input: &[u8]) -> Result<Value, Refusal> {
    if input.len() > DOCUMENT_BYTES_MAX {
        let detail = format!("{} bytes", input.len());
        return Err(Refusal {
            offset: DOCUMENT_BYTES_MAX,
            line: 1,
            column: 1,
            rule: Rule::Size,
            detail,
        });
    }
    if input.starts_with(b"\xEF\xBB\xBF") {
        return Err(Refusal::at(input, 0, Rule::ByteOrderMark, "the document starts with U+FEFF"));
    }
    if let Err(e) = std::str::from_utf8(input) {
        return Err(Refusal::at(input, e.valid_up_to(), Rule::Utf8, "a byte is not UTF-8"));
    }
    let mut reader = Reader { input, at: 0 };
    reader.skip_space();
    let value = reader.value(1)?;
    reader.skip_space();
    if reader.at < input.len() {
        return Err(reader.refuse(Rule::Trailing, "bytes follow the document"));
    }
    Ok(value)
}

struct Reader<'a> {
    input: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn refuse(&self, rule: Rule, detail: impl Into<String>) -> Refusal {
        Refusal::at(self.input, self.at, rule, detail)
    }

    fn refuse_at(&self, offset: usize, rule: Rule, detail: impl Into<String>) -> Refusal {
        Refusal::at(self.input, offset, rule, detail)
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), Refusal> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.refuse(Rule::Syntax, format!("expected {what}")))
    }

    fn value(&mut self, depth: usize) -> Result<Value, Refusal> {
        if depth > DEPTH_MAX {
            return Err(self.refuse(Rule::Depth, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.refuse(Rule::Syntax, "a value cannot start here")),
            None => Err(self.refuse(Rule::Syntax, "the document ends where a value is needed")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Refusal> {
        let rest = self.input.get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.refuse(Rule::Syntax, format!("expected `{word}`")))
    }

    fn array(&mut self, depth: usize) -> Result<Value, Refusal> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            self.skip_space();
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.expect(b']', "`,` or `]`")?;
            return Ok(Value::Array(items));
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Refusal> {
        self.at += 1;
        let mut map = Map::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(map));
        }
        loop {
            self.skip_space();
            let key_at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.refuse(Rule::Syntax, "expected a key in quotes"));
            }
            let key = self.string()?;
            if map.contains_key(&key) {
                let detail = format!("the key `{key}` occurs twice");
                return Err(self.refuse_at(key_at, Rule::DuplicateKey, detail));
            }
            self.skip_space();
            self.expect(b':', "`:`")?;
            self.skip_space();
            let value = self.value(depth + 1)?;
            map.insert(key, value);
            self.skip_space();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.expect(b'}', "`,` or `}`")?;
            return Ok(Value::Object(map));
        }
    }

    fn number(&mut self) -> Result<Value, Refusal> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let digits = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Err(self.refuse_at(
                start,
                Rule::Float,
                "a number has a fraction or an exponent",
            ));
        }
        let text = self.slice(start, self.at);
        let length = self.at - digits;
        if length == 0 || (length > 1 && self.input.get(digits) == Some(&b'0')) {
            return Err(self.refuse_at(start, Rule::Syntax, format!("`{text}` is not a number")));
        }
        if text == "-0" {
            return Err(self.refuse_at(start, Rule::NegativeZero, "the number -0"));
        }
        let out_of_range =
            || self.refuse_at(start, Rule::IntegerRange, format!("the number {}", &shown(text)));
        let int: i64 = text.parse().map_err(|_| out_of_range())?;
        if !(-INTEGER_MAX..=INTEGER_MAX).contains(&int) {
            return Err(out_of_range());
        }
        Ok(Value::Number(int.into()))
    }

    /// UTF-8 text between two offsets that lie on character borders.
    fn slice(&self, from: usize, to: usize) -> &str {
        std::str::from_utf8(self.input.get(from..to).unwrap_or_default()).unwrap_or_default()
    }

    fn string(&mut self) -> Result<String, Refusal> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            out.push_str(self.slice(start, self.at));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => {
                    return Err(self.refuse(Rule::Syntax, "a control character is not escaped"));
                }
                None => return Err(self.refuse(Rule::Syntax, "a string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Refusal> {
        let start = self.at;
        self.at += 1;
        let byte = self.peek();
        self.at += 1;
        Ok(match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            _ => return Err(self.refuse_at(start, Rule::Syntax, "unknown escape")),
        })
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, Refusal> {
        let lone = "an escaped surrogate has no pair";
        let first = self.hex4(start)?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        let pair_follows = self.input.get(self.at..self.at + 2) == Some(b"\\u");
        if !(0xD800..0xDC00).contains(&first) || !pair_follows {
            return Err(self.refuse_at(start, Rule::LoneSurrogate, lone));
        }
        self.at += 2;
        let second = self.hex4(start)?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(self.refuse_at(start, Rule::LoneSurrogate, lone));
        }
        let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        char::from_u32(code).ok_or_else(|| self.refuse_at(start, Rule::LoneSurrogate, lone))
    }

    fn hex4(&mut self, start: usize) -> Result<u32, Refusal> {
        let digits = self.input.get(self.at..self.at + 4).unwrap_or_default();
        let hex = digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit);
        if !hex {
            return Err(self.refuse_at(start, Rule::Syntax, "`\\u` needs four hex digits"));
        }
        let text = std::str::from_utf8(digits).unwrap_or_default();
        self.at += 4;
        u32::from_str_radix(text, 16)
            .map_err(|_| self.refuse_at(start, Rule::Syntax, "`\\u` needs four hex digits"))
    }
}

fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
