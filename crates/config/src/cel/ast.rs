//! Expressions as trees.

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// `1`, `0x1f`.
    Int(i64),
    /// `1u`.
    Uint(u64),
    /// `1.5`.
    Double(f64),
    /// `"text"`.
    Text(String),
    /// `b"bytes"`.
    Bytes(Vec<u8>),
}

/// An expression with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// Characters before it, from 0.
    pub offset: usize,
    /// What it is.
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// A variable.
    Ident(String),
    /// A field of an object or a key of a mapping.
    Select(Box<Expr>, String),
    /// An item of a list or a mapping.
    Index(Box<Expr>, Box<Expr>),
    /// A call, on a target if it is a method. Operators are calls of `_+_`, `!_` and so on.
    Call(Option<Box<Expr>>, String, Vec<Expr>),
    /// A list.
    List(Vec<Expr>),
    /// A mapping.
    Map(Vec<(Expr, Expr)>),
}
