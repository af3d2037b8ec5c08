//! Text to tokens.

use super::{BadExpression, EXPRESSION_BYTES_MAX, EXPRESSION_TOKENS_MAX, Op};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Name(String),
    Int(i64),
    Text(String),
    True,
    False,
    Not,
    And,
    Or,
    Compare(Op),
    Open,
    Close,
    ListOpen,
    ListClose,
    Comma,
}

type Chars<'t> = std::iter::Peekable<std::iter::Enumerate<std::str::Chars<'t>>>;

/// Tokens with the column (from 1) at which each begins.
pub(crate) fn lex(text: &str) -> Result<Vec<(usize, Token)>, BadExpression> {
    if text.len() > EXPRESSION_BYTES_MAX {
        return Err(BadExpression::at(1, format!("longer than {EXPRESSION_BYTES_MAX} bytes")));
    }
    let mut chars: Chars<'_> = text.chars().enumerate().peekable();
    let mut tokens = Vec::new();
    while let Some((index, c)) = chars.next() {
        let column = index + 1;
        if c == ' ' || c == '\n' {
            continue;
        }
        if tokens.len() >= EXPRESSION_TOKENS_MAX {
            let detail = format!("more than {EXPRESSION_TOKENS_MAX} tokens");
            return Err(BadExpression::at(column, detail));
        }
        tokens.push((column, token(c, column, &mut chars)?));
    }
    Ok(tokens)
}

fn token(c: char, column: usize, chars: &mut Chars<'_>) -> Result<Token, BadExpression> {
    let mut followed = |next: char| chars.next_if(|(_, c)| *c == next).is_some();
    Ok(match c {
        '(' => Token::Open,
        ')' => Token::Close,
        '[' => Token::ListOpen,
        ']' => Token::ListClose,
        ',' => Token::Comma,
        '=' if followed('=') => Token::Compare(Op::Equal),
        '!' if followed('=') => Token::Compare(Op::Unequal),
        '<' if followed('=') => Token::Compare(Op::LessEqual),
        '<' => Token::Compare(Op::Less),
        '>' if followed('=') => Token::Compare(Op::GreaterEqual),
        '>' => Token::Compare(Op::Greater),
        '"' => quoted(column, chars)?,
        '-' | '0'..='9' => number(c, column, chars)?,
        'a'..='z' => word(c, column, chars)?,
        '=' => return Err(BadExpression::at(column, "`=` is not a comparison; write `==`")),
        _ => return Err(BadExpression::at(column, format!("unexpected `{}`", c.escape_default()))),
    })
}

fn quoted(column: usize, chars: &mut Chars<'_>) -> Result<Token, BadExpression> {
    let mut text = String::new();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => return Ok(Token::Text(text)),
            '\\' => match chars.next() {
                Some((_, c @ ('"' | '\\'))) => text.push(c),
                _ => return Err(BadExpression::at(index + 1, "only \\\" and \\\\ are escapes")),
            },
            c => text.push(c),
        }
    }
    Err(BadExpression::at(column, "the text is not closed"))
}

fn number(first: char, column: usize, chars: &mut Chars<'_>) -> Result<Token, BadExpression> {
    let mut digits = String::from(first);
    while let Some((_, c)) = chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '.') {
        digits.push(c);
    }
    let whole = digits.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
    let value: Option<i64> = digits.parse().ok();
    value.filter(|v| whole && v.unsigned_abs() <= canon::INTEGER_MAX.unsigned_abs()).map_or_else(
        || Err(BadExpression::at(column, format!("`{digits}` is not a whole number in range"))),
        |value| Ok(Token::Int(value)),
    )
}

fn word(first: char, column: usize, chars: &mut Chars<'_>) -> Result<Token, BadExpression> {
    let mut name = String::from(first);
    let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    while let Some((_, c)) = chars.next_if(|(_, c)| part(*c)) {
        name.push(c);
    }
    Ok(match name.as_str() {
        "true" => Token::True,
        "false" => Token::False,
        "not" => Token::Not,
        "and" => Token::And,
        "or" => Token::Or,
        "in" => Token::Compare(Op::In),
        _ if name.split('.').any(str::is_empty) => {
            return Err(BadExpression::at(column, format!("`{name}` is not a name")));
        }
        _ => Token::Name(name),
    })
}
