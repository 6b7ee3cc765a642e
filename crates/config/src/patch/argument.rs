//! The value of a `--config-patch` flag: a file or the patch itself.

/// What a flag's value is (contract os.md 1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument<'a> {
    /// A file, or a folder whose files are applied in order of their names.
    Path(&'a str),
    /// The patch itself.
    Inline(&'a str),
}

impl<'a> Argument<'a> {
    /// `@path` is a file; so is a text without spaces and line breaks that begins neither a list nor a
    /// mapping in braces. Everything else is a patch.
    pub fn parse(value: &'a str) -> Self {
        if let Some(path) = value.strip_prefix('@') {
            return Self::Path(path);
        }
        let bare = !value.is_empty() && !value.contains([' ', '\n']) && !value.starts_with(['[', '{']);
        if bare { Self::Path(value) } else { Self::Inline(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::Argument::{self, Inline, Path};

    #[test]
    fn flags_name_files_or_hold_patches() {
        let table = [
            ("@patch.yaml", Path("patch.yaml")),
            ("patch.yaml", Path("patch.yaml")),
            ("/etc/p.json", Path("/etc/p.json")),
            ("@with space.yaml", Path("with space.yaml")),
            ("machine: {}", Inline("machine: {}")),
            ("machine:\n  type: worker", Inline("machine:\n  type: worker")),
            ("[{\"op\":\"remove\"}]", Inline("[{\"op\":\"remove\"}]")),
            ("{machine:{type:worker}}", Inline("{machine:{type:worker}}")),
            ("", Inline("")),
        ];
        for (value, expected) in table {
            assert_eq!(Argument::parse(value), expected, "{value}");
        }
    }
}
