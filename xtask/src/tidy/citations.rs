//! Every section of the contract that is cited can be read, in docs/contract.

use std::collections::BTreeMap;

use super::{File, Finding};

const RULE: &str = "citation";

/// The parts: folders of sections, and with `.md` the beginning of citations.
const PARTS: [&str; 2] = ["api", "os"];

/// Citations of sections that are not there, citations without a section, and numbers that two sections have.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for part in PARTS {
        let (folder, name) = (format!("docs/contract/{part}/"), format!("{part}.md"));
        let mut sections: BTreeMap<&str, String> = BTreeMap::new();
        for file in files.iter().filter(|file| file.path.starts_with(&folder)) {
            for (line, text) in file.lines() {
                let Some(number) = heading(text) else { continue };
                let place = format!("{}:{line}", file.path);
                if let Some(first) = sections.insert(number, place) {
                    let message = format!("section {number} is at {first} already: numbers stay unique");
                    findings.push(finding(file, line, message));
                }
            }
        }
        for file in files {
            for (line, number) in citations(&file.text, &name) {
                match number {
                    Some(number) if sections.contains_key(number.as_str()) => {}
                    Some(number) => {
                        let message = format!("{folder} has no section {number}: write it, or cite another");
                        findings.push(finding(file, line, message));
                    }
                    None => {
                        findings.push(finding(file, line, format!("say which section of {name}: {name} 2.1")))
                    }
                }
            }
        }
    }
    findings
}

fn finding(file: &File, line: usize, message: String) -> Finding {
    Finding { path: file.path.clone(), line, rule: RULE, message }
}

/// The number that a heading begins with.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))?;
    number(text)
}

/// `4` or `2.1` at the beginning of a text.
fn number(text: &str) -> Option<&str> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let major = digits(text);
    let minor = text.get(major..)?.strip_prefix('.').map_or(0, digits);
    let length = if minor == 0 { major } else { major + 1 + minor };
    text.get(..length).filter(|number| !number.is_empty())
}

/// Lines on which a part is cited, and the sections; none where a citation names no section.
fn citations(text: &str, name: &str) -> Vec<(usize, Option<String>)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(name) {
        let (before, after) =
            (text.get(..at).unwrap_or_default(), text.get(at + name.len()..).unwrap_or_default());
        // The end of a path or of another name.
        if before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_')) {
            continue;
        }
        let line = before.lines().count().max(1) + usize::from(before.ends_with('\n'));
        let numbers = numbers(&unwrapped(after));
        match numbers.is_empty() {
            true => found.push((line, None)),
            false => found.extend(numbers.into_iter().map(|number| (line, Some(number)))),
        }
    }
    found
}

/// What follows, as if a comment had no line ends: one line's rest and the next line without its mark.
fn unwrapped(after: &str) -> String {
    let mut lines = after.lines();
    let (rest, next) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let next = next.trim_start().trim_start_matches(['/', '!', '#', '*', ' ']);
    format!("{} {next}", rest.trim_end())
}

/// The sections of a list: `2.1`, `1.5, 2.2 and 3`, `6.1–6.3`.
fn numbers(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text.strip_prefix(' ').unwrap_or_default();
    while let Some(number) = number(rest) {
        found.push(number.to_owned());
        rest = rest.get(number.len()..).unwrap_or_default();
        let next = [", ", " and ", "–"].into_iter().find_map(|between| rest.strip_prefix(between));
        rest = next.unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name of a part, in pieces so that this file does not find itself.
    fn part() -> String {
        ["api", ".md"].concat()
    }

    #[test]
    fn a_citation_is_a_list_of_sections_and_may_go_over_a_line() {
        let cited =
            |text: &str| -> Vec<(usize, Option<String>)> { citations(&text.replace('§', &part()), &part()) };
        let some = |line, number: &str| (line, Some(number.to_owned()));
        assert_eq!(cited("// see (contract § 2.1)."), [some(1, "2.1")]);
        assert_eq!(cited("\n// § 1.5, 2.2 and 3, item 5"), [some(2, "1.5"), some(2, "2.2"), some(2, "3")]);
        assert_eq!(cited("§ 6.1–6.3."), [some(1, "6.1"), some(1, "6.3")]);
        assert_eq!(cited("/// as in §\n    /// 4; and"), [some(1, "4")]);
        assert_eq!(cited("§ says so"), [(1, None)]);
        assert_eq!(cited("[x](docs/§) and other-§"), []);
    }

    #[test]
    fn sections_that_are_cited_exist_and_have_numbers_of_their_own() {
        let pages = File::new("docs/contract/api/1.md", "# 1 All\n\n## 1.1 One\n\n## 1.1 Two\n");
        let code = File::new("a.rs", &format!("// {0} 1.1 and 1.2\n// {0}\n", part()));
        let found: Vec<(String, usize)> =
            check(&[pages, code]).into_iter().map(|f| (f.path, f.line)).collect();
        let expected = [("docs/contract/api/1.md", 5), ("a.rs", 1), ("a.rs", 2)];
        assert_eq!(found, expected.map(|(path, line)| (path.to_owned(), line)));
    }
}
