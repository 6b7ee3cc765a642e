//! What is wrong with a text that is not YAML that we accept.

use super::Span;

/// A reading error with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{span}: {message}")]
pub struct YamlError {
    /// Where reading stopped.
    pub span: Span,
    /// What is wrong, and where it helps, what to write instead.
    pub message: String,
}

impl YamlError {
    /// An error at a position.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}
