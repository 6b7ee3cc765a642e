//! Versions of the system that a configuration is made for.

use std::fmt;

/// A version contract: which features configurations of a version may use (contract os.md 1.7, table).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionContract {
    major: u32,
    minor: u32,
}

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// Not of the form v1.14.
    #[error("{0:?} is not a version: use the form v1.14")]
    Form(String),
    /// A version that there is no contract for.
    #[error("version {0} is not supported: use {first} to {last}", first = VersionContract::FIRST, last = VersionContract::CURRENT)]
    Unsupported(VersionContract),
}

impl VersionContract {
    /// The oldest version that configurations can be made for.
    pub const FIRST: Self = Self { major: 1, minor: 0 };
    /// Our own.
    pub const CURRENT: Self = Self { major: 1, minor: 14 };

    /// Reads `v1.9`, `1.9` or a longer version that begins so.
    pub fn parse(text: &str) -> Result<Self, ContractError> {
        let form = || ContractError::Form(text.to_owned());
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let mut number = || parts.next().and_then(|p| p.split(['-', '+']).next()?.parse::<u32>().ok());
        let (major, minor) = (number().ok_or_else(form)?, number().ok_or_else(form)?);
        let contract = Self { major, minor };
        if !(Self::FIRST..=Self::CURRENT).contains(&contract) {
            return Err(ContractError::Unsupported(contract));
        }
        Ok(contract)
    }

    /// True for versions after this one.
    pub fn after(self, major: u32, minor: u32) -> bool {
        self > Self { major, minor }
    }
}

impl fmt::Display for VersionContract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_in_the_forms_that_people_use() {
        for text in ["v1.9", "1.9", "v1.9.3", "v1.9.0-alpha.1"] {
            assert_eq!(VersionContract::parse(text).unwrap().to_string(), "v1.9", "{text}");
        }
        for text in ["", "v1", "vx.y", "latest"] {
            assert!(matches!(VersionContract::parse(text), Err(ContractError::Form(_))), "{text}");
        }
        for text in ["v0.14", "v1.15", "v2.0"] {
            assert!(matches!(VersionContract::parse(text), Err(ContractError::Unsupported(_))), "{text}");
        }
    }
}
