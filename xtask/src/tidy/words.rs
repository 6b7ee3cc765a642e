//! Words that say where or how this was made instead of what it is.

use super::{File, Finding};

const RULE: &str = "words";

/// What to look for, in lower case and in pieces so that this file does not find itself.
const WORDS: [(&str, &str, &str); 15] = [
    ("/wor", "k/", "a path of one machine"),
    ("/roo", "t/.cargo", "a path of one machine"),
    ("index.crat", "es.io", "the host of a registry"),
    ("static.crat", "es.io", "the host of a registry"),
    ("artif", "actory", "the host of a registry"),
    ("registry.npm", "js.org", "the host of a registry"),
    ("language", " model", "how it was made"),
    ("chat", "gpt", "how it was made"),
    ("open", "ai", "how it was made"),
    ("anth", "ropic", "how it was made"),
    ("clau", "de", "how it was made"),
    ("sub", "agent", "how it was made"),
    ("sub-", "agent", "how it was made"),
    ("ai-", "generated", "how it was made"),
    ("upstream's", " source", "where it was not taken from"),
];

/// Every place with such a word.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for (line, text) in file.lines() {
            let lower = text.to_lowercase();
            for (start, end, what) in WORDS {
                let word = format!("{start}{end}");
                if stands_alone(&lower, &word) {
                    let message = format!("{word:?} is {what}: leave it out");
                    findings.push(Finding { path: file.path.clone(), line, rule: RULE, message });
                }
            }
        }
    }
    findings
}

/// Whether a word is in a text and not merely the end of another: `network/` is not a path.
fn stands_alone(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '}' | '*' | '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_are_found_and_other_paths_are_not() {
        let text = format!(
            "see {0}x\nsee net{1}x\nsee ${{dir}}{0}x\n",
            ["/wor", "k/"].concat(),
            ["wor", "k/"].concat()
        );
        let found: Vec<usize> = check(&[File::new("a.md", &text)]).into_iter().map(|f| f.line).collect();
        assert_eq!(found, [1]);
    }
}
