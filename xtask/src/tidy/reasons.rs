//! Whoever switches a lint off says why.

use super::{File, Finding};

const RULE: &str = "reason";

/// Attributes that switch a lint off, in pieces so that this file does not find itself.
const ATTRIBUTES: [(&str, &str); 5] = [
    ("#[all", "ow("),
    ("#![all", "ow("),
    ("#[exp", "ect("),
    ("#![exp", "ect("),
    ("cfg_attr(test, all", "ow("),
];

/// Attributes without a reason.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (start, end) in ATTRIBUTES {
            let attribute = [start, end].concat();
            for (at, _) in file.text.match_indices(&attribute) {
                let (before, rest) =
                    (file.text.get(..at).unwrap_or_default(), file.text.get(at..).unwrap_or_default());
                let whole = rest.split(")]").next().unwrap_or_default();
                if !whole.contains("reason =") {
                    findings.push(Finding {
                        path: file.path.clone(),
                        line: before.matches('\n').count() + 1,
                        rule: RULE,
                        message: "say why: reason = \"…\"".to_owned(),
                    });
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lint_is_switched_off_with_a_reason() {
        let text = "#[§dead_code)]\nfn a() {}\n#![§\n    dead_code,\n    reason = \"x\"\n)]\n#[§unused, reason = \"y\")]\n";
        let file = File::new("a.rs", &text.replace('§', &["all", "ow("].concat()));
        let found: Vec<usize> = check(&[file]).into_iter().map(|f| f.line).collect();
        assert_eq!(found, [1]);
    }
}
