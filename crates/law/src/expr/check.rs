//! Types before running: a rule with an unknown name or an impossible comparison does not load.

use super::function::Takes;
use super::{BadExpression, Expr, Function, Op};
use crate::facts::{Type, Value, find, vocabulary, vocabulary_hint};

/// The type of an expression, given the types of parameters.
///
/// # Errors
/// An unknown fact or parameter, or an operator over types it is not made for.
pub(crate) fn check(
    expr: &Expr,
    params: &dyn Fn(&str) -> Option<Type>,
) -> Result<Type, BadExpression> {
    match expr {
        Expr::Literal { value, .. } => Ok(value.kind()),
        Expr::Fact { name, column } => fact(name, *column),
        Expr::Present { name, column } => fact(name, *column).map(|_| Type::Bool),
        Expr::Param { name, column } => params(name).ok_or_else(|| {
            BadExpression::at(*column, format!("no parameter `{name}` in the pack or its parents"))
        }),
        Expr::Not(inner) => truth(inner, params),
        Expr::And(left, right) | Expr::Or(left, right) => {
            truth(left, params)?;
            truth(right, params)
        }
        Expr::Compare { op, left, right, column } => {
            one_of(left, right)?;
            one_of(right, left)?;
            let (left, right) = (check(left, params)?, check(right, params)?);
            let fits = match op {
                Op::Equal | Op::Unequal => {
                    left == right && !matches!(left, Type::Texts | Type::Ints | Type::Brackets)
                }
                Op::In => {
                    matches!((left, right), (Type::Text, Type::Texts) | (Type::Int, Type::Ints))
                }
                _ => left == right && matches!(left, Type::Int | Type::Money | Type::Date),
            };
            if fits {
                return Ok(Type::Bool);
            }
            let detail = format!("`{}` does not compare {left} with {right}", op.sign());
            Err(BadExpression::at(*column, detail))
        }
        Expr::Call { function, given, column } => call(*function, given, *column, params),
    }
}

fn call(
    function: Function,
    given: &[Expr],
    column: usize,
    params: &dyn Fn(&str) -> Option<Type>,
) -> Result<Type, BadExpression> {
    let (name, takes) = (function.name(), function.takes());
    if takes.len() != given.len() {
        let words: Vec<&str> = takes.iter().map(|takes| takes.word()).collect();
        let detail = format!("`{name}` takes ({}), not {} values", words.join(", "), given.len());
        return Err(BadExpression::at(column, detail));
    }
    let mut first = None;
    for (takes, argument) in takes.iter().zip(given) {
        let kind = check(argument, params)?;
        let evidence = |expr: &Expr| match expr {
            Expr::Fact { name, .. } => name.starts_with("evidence."),
            _ => false,
        };
        let fits = takes.fits(kind) && (*takes != Takes::Evidence || evidence(argument));
        // Of two quantities the second is of the first one's type.
        let same = *takes != Takes::Quantity || *first.get_or_insert(kind) == kind;
        if !fits || !same {
            let detail = format!("`{name}` takes {} here, not {kind}", takes.word());
            return Err(BadExpression::at(self::column(argument), detail));
        }
    }
    Ok(match function.gives() {
        Takes::Bool | Takes::Evidence => Type::Bool,
        Takes::Date => Type::Date,
        Takes::Int => Type::Int,
        Takes::Money => Type::Money,
        Takes::Text => Type::Text,
        Takes::Texts => Type::Texts,
        Takes::Brackets => Type::Brackets,
        Takes::Quantity => first.unwrap_or(Type::Int),
    })
}

/// A fact that is one of a few texts is compared with those only.
fn one_of(fact: &Expr, other: &Expr) -> Result<(), BadExpression> {
    let (Expr::Fact { name, .. }, Expr::Literal { value, column }) = (fact, other) else {
        return Ok(());
    };
    let Some(known) = find(name).map(|(_, known)| known).filter(|k| !k.one_of.is_empty()) else {
        return Ok(());
    };
    let texts: &[String] = match value {
        Value::Text(text) => std::slice::from_ref(text),
        Value::Texts(texts) => texts,
        _ => &[],
    };
    let Some(stranger) = texts.iter().find(|text| !known.one_of.contains(&text.as_str())) else {
        return Ok(());
    };
    let hint = crate::nearest::hint(stranger, known.one_of.iter().copied());
    let all = known.one_of.join(", ");
    Err(BadExpression::at(*column, format!("`{name}` is never `{stranger}`{hint}: {all}")))
}

fn fact(name: &str, column: usize) -> Result<Type, BadExpression> {
    vocabulary(name).ok_or_else(|| {
        BadExpression::at(column, format!("unknown fact `{name}`{}", vocabulary_hint(name)))
    })
}

fn truth(expr: &Expr, params: &dyn Fn(&str) -> Option<Type>) -> Result<Type, BadExpression> {
    match check(expr, params)? {
        Type::Bool => Ok(Type::Bool),
        other => {
            Err(BadExpression::at(column(expr), format!("expected true or false, found {other}")))
        }
    }
}

/// Where an expression begins.
fn column(expr: &Expr) -> usize {
    match expr {
        Expr::Literal { column, .. }
        | Expr::Fact { column, .. }
        | Expr::Param { column, .. }
        | Expr::Present { column, .. }
        | Expr::Call { column, .. }
        | Expr::Compare { column, .. } => *column,
        Expr::Not(inner) | Expr::And(inner, _) | Expr::Or(inner, _) => column(inner),
    }
}
