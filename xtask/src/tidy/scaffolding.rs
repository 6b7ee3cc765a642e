//! Nothing unfinished, and no test that does not run.

use super::{File, Finding};

const RULE: &str = "scaffolding";

/// What to look for, in pieces so that this file does not find itself.
const MARKS: [(&str, &str, &str); 6] = [
    ("todo", "!(", "finish it"),
    ("unimplemented", "!(", "finish it"),
    ("dbg", "!(", "use tracing"),
    ("#[ig", "nore", "let the test run, or skip loudly at run time when the machine cannot"),
    ("// TO", "DO", "do it, or open an issue"),
    ("// FIX", "ME", "fix it, or open an issue"),
];

/// Left-over scaffolding.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (line, text) in file.lines() {
            for (start, end, advice) in MARKS {
                let mark = format!("{start}{end}");
                let Some(at) = text.find(&mark) else { continue };
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    continue;
                }
                let message = format!("{mark:?} is unfinished work: {advice}");
                findings.push(Finding { path: file.path.clone(), line, rule: RULE, message });
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_work_is_found() {
        let text = format!(
            "fn a() {{\n    {0}\n    my_{0};\n}}\n{1}]\n",
            ["todo", "!()"].concat(),
            ["#[ig", "nore"].concat()
        );
        let found: Vec<usize> = check(&[File::new("a.rs", &text)]).into_iter().map(|f| f.line).collect();
        assert_eq!(found, [2, 5]);
    }
}
