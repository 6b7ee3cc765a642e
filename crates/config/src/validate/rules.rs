//! scratch
/// A rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// name
    pub name: &'static str,
}
/// rules
pub static RULES: &[Rule] = &[];
