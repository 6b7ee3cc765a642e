//! Errors as the user reads them: once, on standard error, several nodes' as one.

use std::fmt;

use tonic::Status;

/// What went wrong, node by node.
#[derive(Debug, Default)]
pub struct Failures {
    all: Vec<(String, String)>,
    /// How many nodes were asked: of several, the one that failed has to be named.
    asked: usize,
}

impl Failures {
    /// None yet, of this many nodes.
    pub fn of(asked: usize) -> Self {
        Self { all: Vec::new(), asked }
    }

    /// Adds a node's error.
    pub fn add(&mut self, node: &str, error: &anyhow::Error) {
        self.all.push((node.to_owned(), text(error)));
    }

    /// Takes over the errors of another collection.
    pub fn extend(&mut self, other: Failures) {
        self.all.extend(other.all);
    }

    /// Whether no node failed.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many errors there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The one text that all of them have, if they have one.
    pub fn common_text(&self) -> Option<&str> {
        let (_, first) = self.all.first()?;
        self.all.iter().all(|(_, text)| text == first).then_some(first.as_str())
    }

    /// Fails if any node did: `what: n errors occurred:` and a line for each, with its node.
    pub fn into_result(self, what: &str) -> anyhow::Result<()> {
        self.result(what, true)
    }

    /// The same; a node that alone was asked is not named.
    pub fn into_plain_result(self, what: &str) -> anyhow::Result<()> {
        let name = self.asked > 1 || self.all.len() > 1;
        self.result(what, name)
    }

    fn result(self, what: &str, name: bool) -> anyhow::Result<()> {
        if self.all.is_empty() {
            return Ok(());
        }
        let mut all = String::new();
        if !what.is_empty() {
            all = format!("{what}: ");
        }
        let count = self.all.len();
        all.push_str(&format!("{count} error{} occurred:\n", if count == 1 { "" } else { "s" }));
        for (node, text) in &self.all {
            let node = if name && !node.is_empty() { format!("{node}: ") } else { String::new() };
            all.push_str(&format!("\t* {node}{text}\n"));
        }
        Err(anyhow::anyhow!(all))
    }
}

/// An error's text: its causes joined by colons, a call's status as Go's clients print it.
pub fn text(error: &anyhow::Error) -> String {
    rpc::status::error_text(error.as_ref())
}

/// The status of the call that failed, if one did.
pub fn status(error: &anyhow::Error) -> Option<&Status> {
    error.chain().find_map(|cause| cause.downcast_ref::<Status>())
}

/// The command was not used as it has to be; its usage is shown with the error.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// A [`Usage`] error.
pub fn usage(text: impl Into<String>) -> anyhow::Error {
    Usage(text.into()).into()
}

/// The command failed and has said why already.
#[derive(Debug)]
pub struct Told;

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed")
    }
}

impl std::error::Error for Told {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_nodes_are_one_error_with_a_line_each() {
        let mut failures = Failures::default();
        failures.add("a", &Status::not_found("gone").into());
        let one = || {
            let mut failures = Failures::default();
            failures.add("a", &Status::not_found("gone").into());
            failures
        };
        assert_eq!(
            one().into_result("error listing").unwrap_err().to_string(),
            "error listing: 1 error occurred:\n\t* a: rpc error: code = NotFound desc = gone\n"
        );
        assert_eq!(
            one().into_plain_result("").unwrap_err().to_string(),
            "1 error occurred:\n\t* rpc error: code = NotFound desc = gone\n"
        );
        let mut of_two = Failures::of(2);
        of_two.extend(one());
        assert_eq!(
            of_two.into_plain_result("").unwrap_err().to_string(),
            "1 error occurred:\n\t* a: rpc error: code = NotFound desc = gone\n"
        );
        failures.add("b", &anyhow::anyhow!("no route").context("cannot connect"));
        assert_eq!(
            failures.into_plain_result("").unwrap_err().to_string(),
            "2 errors occurred:\n\t* a: rpc error: code = NotFound desc = gone\n\t* b: cannot connect: no route\n"
        );
        assert!(Failures::default().into_result("x").is_ok());
    }

    #[test]
    fn a_status_below_other_words_prints_as_go_prints_it() {
        let error = anyhow::Error::from(Status::unavailable("down")).context("error reading");
        assert_eq!(text(&error), "error reading: rpc error: code = Unavailable desc = down");
        assert_eq!(status(&error).map(|s| s.code()), Some(tonic::Code::Unavailable));
    }
}
