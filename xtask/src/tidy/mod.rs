//! The rules of this house as code: what a reviewer should not have to say.

mod citations;
mod clocks;
mod length;
mod manifests;
mod module_doc;
mod reasons;
mod rings;
mod scaffolding;
mod source;
mod unsafe_code;
mod words;

use std::fmt;
use std::path::Path;

use anyhow::Result;

pub use source::{File, files};

/// A place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path relative to the root of the workspace.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// The name of the rule.
    pub rule: &'static str,
    /// What is wrong, and what to do instead.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.message)
    }
}

/// A rule looks at all files at once, because some rules are about how files relate.
type Rule = fn(&[File]) -> Vec<Finding>;

const RULES: [Rule; 10] = [
    citations::check,
    clocks::check,
    length::check,
    manifests::check,
    module_doc::check,
    reasons::check,
    rings::check,
    scaffolding::check,
    unsafe_code::check,
    words::check,
];

/// Everything in the files that breaks a rule, by place.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(files)).collect();
    findings.sort();
    findings
}

/// Checks the workspace and prints what breaks a rule; whether nothing does.
pub fn run(root: &Path) -> Result<bool> {
    let files = files(root)?;
    let findings = check(&files);
    for finding in &findings {
        println!("{finding}");
    }
    eprintln!("{} findings in {} files", findings.len(), files.len());
    Ok(findings.is_empty())
}
