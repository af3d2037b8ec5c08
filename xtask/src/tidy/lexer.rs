//! Takes Rust text apart into code and comments, as far as house rules need it.
//!
//! Invariant: both halves keep every line break of the original, so line numbers mean the same in each; the
//! insides of string and character literals are in neither.

/// The two halves of a file, each of the original length in lines.
pub(super) struct Split {
    pub(super) code: String,
    pub(super) comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Splits `text`. Text that is no Rust is split somehow; it never fails.
pub(super) fn split(text: &str) -> Split {
    let bytes = text.as_bytes();
    let (mut code, mut comments) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        let (kind, length) = lexeme(bytes.get(at..).unwrap_or_default());
        let end = at + length.max(1);
        for &byte in bytes.get(at..end).unwrap_or_default() {
            let shown = |on: bool| if on || byte == b'\n' { byte } else { b' ' };
            code.push(shown(kind == Kind::Code));
            comments.push(shown(kind == Kind::Comment));
        }
        at = end;
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Split { code: text(code), comments: text(comments) }
}

/// Whether `word` stands in `line` with no name character on either side.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

/// Letters, digits and `_`.
pub(super) fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn lexeme(rest: &[u8]) -> (Kind, usize) {
    match rest {
        [b'/', b'/', ..] => (Kind::Comment, until(rest, b"\n", 2)),
        [b'/', b'*', ..] => (Kind::Comment, block_comment(rest)),
        [b'"', ..] => (Kind::Literal, quoted(rest, b'"')),
        [b'\'', b'\\', ..] => (Kind::Literal, quoted(rest, b'\'')),
        [b'\'', first, ..] => {
            // A character literal closes right after its one character; a lifetime does not.
            let length = 1 + character_length(*first);
            let closes = rest.get(length) == Some(&b'\'');
            if closes { (Kind::Literal, length + 1) } else { (Kind::Code, 1) }
        }
        [first, ..] if is_name_byte(*first) => name_or_raw_string(rest),
        _ => (Kind::Code, 1),
    }
}

fn name_or_raw_string(rest: &[u8]) -> (Kind, usize) {
    let length = rest.iter().take_while(|byte| is_name_byte(**byte)).count();
    let (name, after) = rest.split_at(length);
    if !matches!(name, b"r" | b"br" | b"cr") {
        return (Kind::Code, length);
    }
    let hashes = after.iter().take_while(|byte| **byte == b'#').count();
    if after.get(hashes) != Some(&b'"') {
        return (Kind::Code, length);
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    (Kind::Literal, until(rest, &close, length + hashes + 1) + close.len())
}

/// The offset of `close` at or after `from`, or the end.
fn until(rest: &[u8], close: &[u8], from: usize) -> usize {
    let tail = rest.get(from..).unwrap_or_default();
    let found = tail.windows(close.len()).position(|window| window == close);
    found.map_or(rest.len(), |at| from + at)
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match rest.get(at..) {
            Some([b'/', b'*', ..]) => (depth, at) = (depth + 1, at + 2),
            Some([b'*', b'/', ..]) if depth == 1 => return at + 2,
            Some([b'*', b'/', ..]) => (depth, at) = (depth - 1, at + 2),
            Some([_, ..]) => at += 1,
            _ => return rest.len(),
        }
    }
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    loop {
        match rest.get(at) {
            Some(b'\\') => at += 2,
            Some(byte) if *byte == quote => return at + 1,
            Some(_) => at += 1,
            None => return rest.len(),
        }
    }
}

fn character_length(first: u8) -> usize {
    match first {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xff => 4,
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_literals_and_code_come_apart() {
        let text =
            "let a = \"// no {\"; // yes {\nlet b = r#\"\"{\"#; /* /* { */ */ fn c<'a>() { '{' }\n";
        let split = split(text);
        assert_eq!(split.code.matches('{').count(), 1);
        assert_eq!(split.comments.matches('{').count(), 2);
        assert!(split.code.contains("fn c<'a>()"));
        assert_eq!(split.code.lines().count(), 2);
    }

    #[test]
    fn escaped_quotes_and_characters_do_not_end_a_literal() {
        let split = split(r#"x("a\"{", '\'', 'é', b'"', '"'); { }"#);
        assert_eq!(split.code.matches('{').count(), 1);
    }

    #[test]
    fn a_word_is_a_whole_word() {
        assert!(has_word("let x: f64 = 0;", "f64"));
        assert!(!has_word("value.as_f64()", "f64"));
    }
}
