//! The expression language of selectors: a parser and a type checker for the part of CEL that
//! configuration uses. No evaluation: that is for who has disks and links to select from.

mod ast;
mod checker;
mod environment;
mod lexer;
mod parser;

pub use ast::{Expr, ExprKind, Literal};
pub use checker::check;
pub use environment::{Environment, Type};
pub use parser::parse;

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
mod tests;
