//! All unsafe code is in `crates/sys`, and each block says why it is sound.

use super::{File, Finding};

const RULE: &str = "unsafe";

/// The only place for unsafe code.
const HOME: &str = "crates/sys/";

/// Unsafe code elsewhere, and unsafe code without a reason.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let lines: Vec<&str> = file.text.lines().collect();
        for (index, text) in lines.iter().enumerate() {
            let mut find = |message: &str| {
                let (path, message) = (file.path.clone(), message.to_owned());
                findings.push(Finding { path, line: index + 1, rule: RULE, message });
            };
            let lifted =
                ["allow(unsafe_code", "expect(unsafe_code"].iter().any(|word| code(text).contains(word));
            if !file.path.starts_with(HOME) {
                if is_unsafe(text) || lifted {
                    find("unsafe code belongs into crates/sys, behind a safe function");
                }
            } else if is_block(text) && !explained(&lines, index) {
                find("say why this is sound, in a comment that begins with SAFETY:");
            }
        }
    }
    findings
}

/// The part of a line that is code, roughly: without strings and comments.
fn code(text: &str) -> String {
    let unquoted: Vec<&str> = text.split('"').step_by(2).collect();
    let unquoted = unquoted.join("\"\"");
    unquoted.split("//").next().unwrap_or_default().to_owned()
}

fn is_unsafe(text: &str) -> bool {
    let words = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe trait", "unsafe("];
    words.iter().any(|word| has_word(&code(text), word))
}

fn is_block(text: &str) -> bool {
    ["unsafe {", "unsafe impl"].iter().any(|word| has_word(&code(text), word))
}

/// Whether a word is in the code and not merely the end of a name.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Whether the reason stands on the line or in the lines of comment and statement just before it.
fn explained(lines: &[&str], index: usize) -> bool {
    const NEAR: usize = 6;
    let near = lines.get(index.saturating_sub(NEAR)..=index).unwrap_or_default();
    near.iter().any(|line| line.contains("SAFETY:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&[File::new(path, text)]).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn unsafe_code_has_one_home() {
        let block = format!("let x = {} {{ f() }};\n", "unsafe");
        assert_eq!(lines("apid/src/a.rs", &block), [1]);
        assert_eq!(lines("apid/src/a.rs", &format!("#![{}]\n", "allow(unsafe_code)")), [1]);
        assert_eq!(lines("apid/src/a.rs", "// unsafe { would be wrong here }\n"), [0; 0]);
    }

    #[test]
    fn unsafe_code_has_a_reason() {
        let block = format!("let x = {} {{ f() }};\n", "unsafe");
        assert_eq!(lines("crates/sys/src/a.rs", &block), [1]);
        assert_eq!(
            lines("crates/sys/src/a.rs", &format!("// SAFETY: f has no conditions.\n{block}")),
            [0; 0]
        );
    }
}
