//! Every file begins by saying what it is for.

use super::{File, Finding};

const RULE: &str = "module-doc";

/// Rust files whose first line is not a sentence about the file.
pub fn check(files: &[File]) -> Vec<Finding> {
    let missing = files.iter().filter(|file| file.is_rust()).filter(|file| {
        let first = file.text.lines().next().unwrap_or_default();
        !first.strip_prefix("//! ").is_some_and(|sentence| sentence.contains(' ') || sentence.ends_with('.'))
    });
    missing
        .map(|file| Finding {
            path: file.path.clone(),
            line: 1,
            rule: RULE,
            message: "the first line has to say what the file is for: //! ...".to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_it_is_for() {
        let files = [
            File::new("a.rs", "//! Adds numbers.\n"),
            File::new("b.rs", "use std::fmt;\n"),
            File::new("c.rs", "//! c\n"),
            File::new("d.rs", ""),
            File::new("e.sh", "#!/bin/sh\n"),
        ];
        let found: Vec<String> = check(&files).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["b.rs", "c.rs", "d.rs"]);
    }
}
