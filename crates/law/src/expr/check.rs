//! Types before running: a rule with an unknown name or an impossible comparison does not load.

use super::{BadExpression, Expr, Op};
use crate::facts::{Type, vocabulary, vocabulary_hint};

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
            let (left, right) = (check(left, params)?, check(right, params)?);
            let fits = match op {
                Op::Equal | Op::Unequal => {
                    left == right && !matches!(left, Type::Texts | Type::Ints)
                }
                Op::In => {
                    matches!((left, right), (Type::Text, Type::Texts) | (Type::Int, Type::Ints))
                }
                _ => left == right && matches!(left, Type::Int | Type::Money),
            };
            if fits {
                return Ok(Type::Bool);
            }
            let detail = format!("`{}` does not compare {left} with {right}", op.sign());
            Err(BadExpression::at(*column, detail))
        }
    }
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
        | Expr::Compare { column, .. } => *column,
        Expr::Not(inner) | Expr::And(inner, _) | Expr::Or(inner, _) => column(inner),
    }
}
