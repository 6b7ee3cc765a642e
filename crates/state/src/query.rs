//! Selection by labels and id (contract api.md 6.2, item 5).

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use resources::Resource;
use tokio::sync::OwnedSemaphorePermit;

use crate::{Error, Result};

/// Comparison of a label with values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The label is there.
    Exists,
    /// It equals the first value.
    Equal,
    /// It is absent.
    NotExists,
    /// It equals one of the values.
    In,
    /// It sorts before the first value.
    Lt,
    /// It sorts before, or equals, the first value.
    Lte,
    /// As a number, it is less than the first value.
    LtNumeric,
    /// As a number, it is at most the first value.
    LteNumeric,
}

/// One condition on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelTerm {
    /// Label key.
    pub key: String,
    /// Comparison.
    pub operation: Operation,
    /// What to compare with.
    pub values: Vec<String>,
    /// Turns the verdict round.
    pub invert: bool,
}

/// Conditions that must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelQuery {
    /// The conditions.
    pub terms: Vec<LabelTerm>,
}

/// Condition on the id.
#[derive(Debug, Clone)]
pub struct IdQuery {
    pattern: Regex,
    /// Given back when nobody asks the question any more.
    _place: Option<Arc<OwnedSemaphorePermit>>,
}

impl IdQuery {
    /// Longest accepted pattern, bytes: bounds what a reader can make the store compile.
    const MAX_PATTERN: usize = 1024;

    /// Longest compiled form, bytes: a usual pattern takes some hundred, a word of any script 70 KiB.
    const MAX_COMPILED: usize = 128 * 1024;

    /// Memory of one pattern for what it has seen, bytes.
    const MAX_MEMORY: usize = 256 * 1024;

    /// Compiles the pattern; a bad one is [`Error::InvalidArgument`].
    pub fn new(pattern: &str) -> Result<Self> {
        if pattern.len() > Self::MAX_PATTERN {
            return Err(Error::InvalidArgument(format!(
                "the id pattern has {} bytes, at most {} are accepted",
                pattern.len(),
                Self::MAX_PATTERN
            )));
        }
        RegexBuilder::new(pattern)
            .size_limit(Self::MAX_COMPILED)
            .dfa_size_limit(Self::MAX_MEMORY)
            .nest_limit(32)
            .build()
            .map(|pattern| Self { pattern, _place: None })
            .map_err(|e| Error::InvalidArgument(format!("the id pattern {pattern:?} is not valid: {e}")))
    }

    /// The same, of which there are only so many at a time.
    pub(crate) fn counted(self, place: OwnedSemaphorePermit) -> Self {
        Self { _place: Some(Arc::new(place)), ..self }
    }

    /// The pattern as it was given.
    pub fn pattern(&self) -> &str {
        self.pattern.as_str()
    }
}

/// Which resources of a kind are meant: any label query matches (none: all do), and the id does.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Alternatives.
    pub labels: Vec<LabelQuery>,
    /// Condition on the id.
    pub id: Option<IdQuery>,
}

impl Query {
    /// True when the resource is selected.
    pub fn matches(&self, resource: &Resource) -> bool {
        let labels = &resource.metadata.labels;
        let by_label = self.labels.is_empty() || self.labels.iter().any(|q| q.matches(labels));
        by_label && self.id.as_ref().is_none_or(|q| q.pattern.is_match(&resource.metadata.id))
    }

    /// True when nothing is filtered out.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.id.is_none()
    }
}

impl LabelQuery {
    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.terms.iter().all(|term| term.matches(labels))
    }
}

impl LabelTerm {
    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key).map(String::as_str);
        let first = self.values.first().map(String::as_str);
        let verdict = match self.operation {
            Operation::Exists => value.is_some(),
            Operation::NotExists => value.is_none(),
            Operation::Equal => value.is_some() && value == first,
            Operation::In => value.is_some_and(|v| self.values.iter().any(|x| x == v)),
            Operation::Lt => both(value, first, |a, b| a < b),
            Operation::Lte => both(value, first, |a, b| a <= b),
            Operation::LtNumeric => numbers(value, first, |a, b| a < b),
            Operation::LteNumeric => numbers(value, first, |a, b| a <= b),
        };
        verdict != self.invert
    }
}

fn both(a: Option<&str>, b: Option<&str>, f: impl Fn(&str, &str) -> bool) -> bool {
    matches!((a, b), (Some(a), Some(b)) if f(a, b))
}

fn numbers(a: Option<&str>, b: Option<&str>, f: impl Fn(i64, i64) -> bool) -> bool {
    let parse = |s: Option<&str>| s.and_then(|s| s.parse::<i64>().ok());
    matches!((parse(a), parse(b)), (Some(a), Some(b)) if f(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(key: &str, operation: Operation, values: &[&str]) -> LabelTerm {
        LabelTerm {
            key: key.into(),
            operation,
            values: values.iter().map(|s| s.to_string()).collect(),
            invert: false,
        }
    }

    #[test]
    fn each_operation_selects_what_its_name_says() {
        let labels = BTreeMap::from([("zone".to_owned(), "b".to_owned()), ("n".to_owned(), "9".to_owned())]);
        let cases = [
            (term("zone", Operation::Exists, &[]), true),
            (term("rack", Operation::Exists, &[]), false),
            (term("rack", Operation::NotExists, &[]), true),
            (term("zone", Operation::Equal, &["b"]), true),
            (term("zone", Operation::Equal, &["c"]), false),
            (term("zone", Operation::In, &["a", "b"]), true),
            (term("zone", Operation::Lt, &["c"]), true),
            (term("zone", Operation::Lte, &["b"]), true),
            (term("n", Operation::Lt, &["10"]), false),
            (term("n", Operation::LtNumeric, &["10"]), true),
            (term("n", Operation::LteNumeric, &["9"]), true),
            (term("zone", Operation::LtNumeric, &["10"]), false),
        ];
        for (term, expected) in cases {
            assert_eq!(term.matches(&labels), expected, "{term:?}");
            let inverted = LabelTerm { invert: true, ..term };
            assert_eq!(inverted.matches(&labels), !expected, "{inverted:?}");
        }
    }

    #[test]
    fn a_bad_or_oversized_id_pattern_is_an_invalid_argument() {
        let attacks = [
            "(".to_owned(),
            "a".repeat(2000),
            r"\w{200}".to_owned(),
            r"(?i)\w{90}".to_owned(),
            "((a{100}){100}){100}".to_owned(),
            "(?:x{1,999}){1,999}".to_owned(),
            "(".repeat(200) + "a" + &")".repeat(200),
        ];
        for pattern in &attacks {
            assert!(matches!(IdQuery::new(pattern), Err(Error::InvalidArgument(_))), "{pattern}");
        }
        eprintln!("{} patterns held", attacks.len());
        for pattern in
            ["^talos-", r"^\w+-\d+$", "(?i)cp|worker", ".*", r"kube-system/kube-(apiserver|scheduler)-\S+"]
        {
            assert!(IdQuery::new(pattern).is_ok(), "{pattern}");
        }
    }
}
