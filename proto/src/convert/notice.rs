//! Notices by how serious they are.

use crate::internal::specs::NoticeSpec;

/// Severity of what does not work though it was asked for.
const ERROR: &str = "error";

impl NoticeSpec {
    /// Something that was asked for does not work; `details` say why and what to do.
    pub fn error(message: impl Into<String>, details: Vec<String>) -> Self {
        Self { message: message.into(), details, severity: ERROR.to_owned() }
    }

    /// Everything works all the same.
    pub fn warning(message: impl Into<String>, details: Vec<String>) -> Self {
        Self { message: message.into(), details, severity: "warning".to_owned() }
    }

    /// Whether something does not work.
    pub fn is_error(&self) -> bool {
        self.severity == ERROR
    }
}
