//! Values of expressions: what variables hold and evaluation yields.

use std::cmp::Ordering;

use super::ast::Literal;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A number with a fraction.
    Double(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A span of time in nanoseconds.
    Duration(i64),
    /// A list.
    List(Vec<Value>),
    /// A mapping, in the order in which it was written.
    Map(Vec<(Value, Value)>),
    /// A value that may be missing.
    Optional(Option<Box<Value>>),
    /// An object, by its fields.
    Object(Vec<(&'static str, Value)>),
}

impl From<&Literal> for Value {
    fn from(literal: &Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Int(value) => Self::Int(*value),
            Literal::Uint(value) => Self::Uint(*value),
            Literal::Double(value) => Self::Double(*value),
            Literal::Text(value) => Self::Text(value.clone()),
            Literal::Bytes(value) => Self::Bytes(value.clone()),
        }
    }
}

impl Value {
    /// Whether two values are the same; numbers of different kinds are compared by what they mean.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.same(right))
            }
            (Self::Map(left), Self::Map(_)) => {
                left.len() == other.entries().len()
                    && left.iter().all(|(key, value)| other.get(key).is_some_and(|found| found.same(value)))
            }
            _ => self.order(other) == Some(Ordering::Equal) || self == other,
        }
    }

    fn entries(&self) -> &[(Self, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key of a mapping.
    pub(super) fn get(&self, key: &Self) -> Option<&Self> {
        self.entries().iter().find(|(known, _)| known.same(key)).map(|(_, value)| value)
    }

    /// Which of two values is larger; none if they have no order.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => Some(left.cmp(right)),
            (Self::Text(left), Self::Text(right)) => Some(left.cmp(right)),
            (Self::Bytes(left), Self::Bytes(right)) => Some(left.cmp(right)),
            (Self::Duration(left), Self::Duration(right)) => Some(left.cmp(right)),
            _ => match (self.integer(), other.integer()) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => self.number()?.partial_cmp(&other.number()?),
            },
        }
    }

    /// A whole number of either kind.
    pub(super) fn integer(&self) -> Option<i128> {
        match self {
            Self::Int(value) => Some((*value).into()),
            Self::Uint(value) => Some((*value).into()),
            _ => None,
        }
    }

    /// A number of any kind.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Double(value) => Some(*value),
            _ => self.integer().map(|value| value as f64),
        }
    }
}
