//! Moments are not added to with `+`: the sum panics when no clock can show it, and waits come from users.

use super::{File, Finding};

const RULE: &str = "clocks";

/// What a sum begins with that is no sum of a clock's, in pieces so that this file does not find itself.
const MOMENTS: [(&str, &str); 4] =
    [("now()", " + "), ("now()", " - "), ("UNIX_EPOCH", " + "), ("UNIX_EPOCH", " - ")];

/// Sums and differences of moments outside of tests.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && !is_test(&file.path)) {
        let tests = file.text.find("#[cfg(test)]\nmod ").unwrap_or(file.text.len());
        let before = file.text.get(..tests).map_or(0, |text| text.lines().count());
        for (line, text) in file.lines().take(before) {
            if MOMENTS.iter().any(|(moment, sum)| text.contains(&format!("{moment}{sum}"))) {
                let message = "this panics when no clock can show the moment: use sys::clock::after, \
                               sys::clock::later or checked_add";
                let message = message.to_owned();
                findings.push(Finding { path: file.path.clone(), line, rule: RULE, message });
            }
        }
    }
    findings
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("tests.rs") || path.starts_with("integration/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_moments_are_found_but_not_in_tests() {
        let sum = ["Instant::now()", " + wait"].concat();
        let text = format!("fn a() {{\n    let b = {sum};\n}}\n#[cfg(test)]\nmod tests {{\n    {sum};\n}}\n");
        let found: Vec<usize> = check(&[File::new("a.rs", &text)]).into_iter().map(|f| f.line).collect();
        assert_eq!(found, [2]);
        assert!(check(&[File::new("x/tests/a.rs", &text)]).is_empty());
        assert!(check(&[File::new("a.rs", "let b = now.checked_add(c); count() + 1;\n")]).is_empty());
    }
}
