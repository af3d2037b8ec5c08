//! Tokens to a tree of bounded depth: `or` < `and` < `not` < comparison < primary.

use super::lexer::{Token, lex};
use super::{BadExpression, EXPRESSION_DEPTH_MAX, Expr, Function};
use crate::facts::Value;

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<(usize, Token)>>,
    end: usize,
}

/// Read an expression.
///
/// # Errors
/// The first place that does not fit the grammar.
pub(crate) fn parse(text: &str) -> Result<Expr, BadExpression> {
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens: lex(text)?.into_iter().peekable(), end };
    let expr = parser.or(1)?;
    match parser.tokens.next() {
        None => Ok(expr),
        Some((column, token)) => Err(BadExpression::at(column, unexpected(&token))),
    }
}

fn unexpected(token: &Token) -> String {
    match token {
        Token::Name(name) => format!("unexpected `{name}`"),
        Token::Compare(op) => format!("unexpected `{}`; comparisons do not chain", op.sign()),
        Token::Int(_) | Token::Text(_) | Token::True | Token::False => "unexpected literal".into(),
        Token::Not | Token::And | Token::Or => "unexpected connective".into(),
        _ => "unexpected bracket or comma".into(),
    }
}

impl Parser {
    fn take(&mut self, wanted: &Token) -> Option<usize> {
        self.tokens.next_if(|(_, token)| token == wanted).map(|(column, _)| column)
    }

    fn need(&mut self, wanted: &Token, what: &str) -> Result<(), BadExpression> {
        let column = self.tokens.peek().map_or(self.end, |(column, _)| *column);
        self.take(wanted)
            .map(|_| ())
            .ok_or_else(|| BadExpression::at(column, format!("expected {what}")))
    }

    fn deeper(&mut self, depth: usize) -> Result<usize, BadExpression> {
        if depth < EXPRESSION_DEPTH_MAX {
            return Ok(depth + 1);
        }
        let column = self.tokens.peek().map_or(self.end, |(column, _)| *column);
        Err(BadExpression::at(column, format!("nested deeper than {EXPRESSION_DEPTH_MAX} levels")))
    }

    fn or(&mut self, depth: usize) -> Result<Expr, BadExpression> {
        let mut left = self.and(depth)?;
        while self.take(&Token::Or).is_some() {
            left = Expr::Or(Box::new(left), Box::new(self.and(depth)?));
        }
        Ok(left)
    }

    fn and(&mut self, depth: usize) -> Result<Expr, BadExpression> {
        let mut left = self.not(depth)?;
        while self.take(&Token::And).is_some() {
            left = Expr::And(Box::new(left), Box::new(self.not(depth)?));
        }
        Ok(left)
    }

    fn not(&mut self, depth: usize) -> Result<Expr, BadExpression> {
        if self.take(&Token::Not).is_some() {
            let depth = self.deeper(depth)?;
            return Ok(Expr::Not(Box::new(self.not(depth)?)));
        }
        self.comparison(depth)
    }

    fn comparison(&mut self, depth: usize) -> Result<Expr, BadExpression> {
        let left = self.primary(depth)?;
        let Some((column, Token::Compare(op))) =
            self.tokens.next_if(|(_, token)| matches!(token, Token::Compare(_)))
        else {
            return Ok(left);
        };
        let right = Box::new(self.primary(depth)?);
        Ok(Expr::Compare { op, left: Box::new(left), right, column })
    }

    fn primary(&mut self, depth: usize) -> Result<Expr, BadExpression> {
        let Some((column, token)) = self.tokens.next() else {
            return Err(BadExpression::at(self.end, "the expression ends too early"));
        };
        match token {
            Token::True => Ok(Expr::Literal { value: Value::Bool(true), column }),
            Token::False => Ok(Expr::Literal { value: Value::Bool(false), column }),
            Token::Int(value) => Ok(Expr::Literal { value: Value::Int(value), column }),
            Token::Text(value) => Ok(Expr::Literal { value: Value::Text(value), column }),
            Token::ListOpen => Ok(Expr::Literal { value: self.list(column)?, column }),
            Token::Open => {
                let depth = self.deeper(depth)?;
                let inner = self.or(depth)?;
                self.need(&Token::Close, "`)`")?;
                Ok(inner)
            }
            Token::Name(name) if name == "present" => {
                self.need(&Token::Open, "`(` after `present`")?;
                let Some((column, Token::Name(name))) = self.tokens.next() else {
                    return Err(BadExpression::at(column, "`present` takes the name of a fact"));
                };
                self.need(&Token::Close, "`)`")?;
                Ok(Expr::Present { name, column })
            }
            Token::Name(name) if matches!(self.tokens.peek(), Some((_, Token::Open))) => {
                self.call(&name, column, depth)
            }
            Token::Name(name) => Ok(match name.strip_prefix("param.") {
                Some(param) => Expr::Param { name: param.to_owned(), column },
                None => Expr::Fact { name, column },
            }),
            other => Err(BadExpression::at(column, unexpected(&other))),
        }
    }

    fn call(&mut self, name: &str, column: usize, depth: usize) -> Result<Expr, BadExpression> {
        let Some(function) = Function::parse(name) else {
            let known = Function::ALL.iter().map(|function| function.name());
            let hint = crate::nearest::hint(name, known);
            return Err(BadExpression::at(column, format!("no function `{name}`{hint}")));
        };
        let depth = self.deeper(depth)?;
        self.need(&Token::Open, "`(`")?;
        let mut given = Vec::new();
        while !matches!(self.tokens.peek(), Some((_, Token::Close))) {
            if !given.is_empty() {
                self.need(&Token::Comma, "`,` or `)`")?;
            }
            given.push(self.primary(depth)?);
        }
        self.need(&Token::Close, "`)`")?;
        Ok(Expr::Call { function, given, column })
    }

    fn list(&mut self, column: usize) -> Result<Value, BadExpression> {
        let mut texts = Vec::new();
        let mut ints = Vec::new();
        loop {
            match self.tokens.next() {
                Some((_, Token::Text(text))) => texts.push(text),
                Some((_, Token::Int(int))) => ints.push(int),
                Some((column, _)) => {
                    return Err(BadExpression::at(column, "a list holds texts or whole numbers"));
                }
                None => return Err(BadExpression::at(column, "the list is not closed")),
            }
            if self.take(&Token::Comma).is_none() {
                break;
            }
        }
        self.need(&Token::ListClose, "`,` or `]`")?;
        match (texts.is_empty(), ints.is_empty()) {
            (false, true) => Ok(Value::Texts(texts)),
            (true, false) => Ok(Value::Ints(ints)),
            _ => Err(BadExpression::at(column, "a list holds values of one type")),
        }
    }
}
