//! Expressions of selectors.

use super::Context;
use crate::cel::{Environment, Type, check};
use crate::yaml::Path;

/// An expression must be known, fit together and have the type that its use needs.
pub(super) fn validate(
    text: &str,
    environment: Environment,
    expected: Type,
    rule: &'static str,
    path: Path,
    cx: &mut Context<'_>,
) {
    match check(text, environment) {
        Ok(found) if found == expected || found == Type::Dyn => {}
        Ok(found) => cx.error(rule, path, format!("the expression must give a {expected}, not a {found}")),
        Err(error) => cx.error(rule, path, error.to_string()),
    }
}
