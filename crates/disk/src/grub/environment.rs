//! GRUB's environment: a file of 1024 bytes that it can change in place before anything is booted.

use std::collections::BTreeMap;

/// Bytes of the file, always.
pub const SIZE: usize = 1024;
const HEADER: &str = "# GRUB Environment Block\n";

/// The variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// By name.
    pub variables: BTreeMap<String, String>,
}

impl Environment {
    /// Reads the file; what is no environment has no variables, as for GRUB.
    pub fn parse(text: &str) -> Self {
        let Some(lines) = text.strip_prefix(HEADER) else { return Self::default() };
        let mut variables = BTreeMap::new();
        let mut name: Option<String> = None;
        let mut value = String::new();
        let mut escaped = false;
        for c in lines.chars() {
            match (&name, c) {
                (None, '#') => break,
                (None, '=') => name = Some(std::mem::take(&mut value)),
                (None, '\n') => value.clear(),
                (Some(_), '\\') if !escaped => {
                    escaped = true;
                    continue;
                }
                (Some(_), '\n') if !escaped => {
                    if let Some(name) = name.take() {
                        variables.insert(name, std::mem::take(&mut value));
                    }
                }
                _ => value.push(c),
            }
            escaped = false;
        }
        Self { variables }
    }

    /// The file; none if the variables do not fit.
    pub fn render(&self) -> Option<String> {
        let mut text = HEADER.to_owned();
        for (name, value) in &self.variables {
            let value = value.replace('\\', "\\\\").replace('\n', "\\\n");
            text.push_str(&format!("{name}={value}\n"));
        }
        let padding = SIZE.checked_sub(text.len())?;
        text.push_str(&"#".repeat(padding));
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_always_has_its_size_and_comes_back() {
        let variables = [("next_entry", "B - Talos v2"), ("odd", "a\\b\nc=#d")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let environment = Environment { variables };
        let text = environment.render().unwrap();
        assert!(
            text.len() == SIZE && text.starts_with("# GRUB Environment Block\nnext_entry=B - Talos v2\n")
        );
        assert_eq!(Environment::parse(&text), environment);
    }

    #[test]
    fn what_does_not_fit_or_is_no_environment_is_told() {
        let variables = BTreeMap::from([("a".to_owned(), "x".repeat(SIZE))]);
        assert_eq!(Environment { variables }.render(), None);
        assert_eq!(Environment::parse("next_entry=B\n"), Environment::default());
        assert_eq!(Environment::parse("# GRUB Environment Block\n####"), Environment::default());
    }
}
