//! The expression language of selectors: a parser, a type checker and an evaluator for the part of
//! CEL that configuration uses.

mod ast;
mod checker;
mod environment;
mod eval;
mod functions;
mod lexer;
mod parser;
mod value;

pub use ast::{Expr, ExprKind, Literal};
pub use checker::check;
pub use environment::{Environment, Type};
pub use eval::{evaluate, holds};
pub use functions::glob;
pub use parser::parse;
pub use value::Value;

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {})", offset + 1)]
pub struct CelError {
    /// Characters before the place, from 0.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

impl CelError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }
}

#[cfg(test)]
mod eval_tests;
#[cfg(test)]
mod tests;
