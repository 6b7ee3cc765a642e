//! What could not be collected, for the archive and for the terminal.

use crate::failure::text;

/// What is missing, and of whom everything is.
#[derive(Debug, Default)]
pub struct Report {
    lines: Vec<String>,
    silent: Vec<String>,
}

impl Report {
    /// Something that could not be collected of a node, or of the cluster. Returns the line about it.
    pub fn miss(&mut self, whose: &str, what: &str, error: &anyhow::Error) -> String {
        let line = format!("{what}: {}", text(error));
        self.lines.push(format!("{whose}: {line}"));
        line
    }

    /// A node that gave nothing.
    pub fn silent(&mut self, node: &str) {
        self.silent.push(node.to_owned());
    }

    /// How many things of a node are missing.
    pub fn count(&self, whose: &str) -> usize {
        self.lines
            .iter()
            .filter(|line| line.strip_prefix(whose).is_some_and(|rest| rest.starts_with(": ")))
            .count()
    }

    /// The file in the archive, if anything is missing.
    pub fn file(&self) -> Option<String> {
        let text: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        (!text.is_empty()).then_some(text)
    }

    /// Fails if a node gave nothing.
    ///
    /// # Errors
    /// With the names of those nodes.
    pub fn result(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.silent.is_empty(), "nothing could be collected of {}", self.silent.join(", "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_line_by_line_and_a_silent_node_is_a_failure() {
        let mut report = Report::default();
        assert!(report.file().is_none() && report.result().is_ok());
        let error = anyhow::Error::from(tonic::Status::unavailable("down"));
        assert_eq!(report.miss("a", "log", &error), "log: rpc error: code = Unavailable desc = down");
        assert_eq!((report.count("a"), report.count("b")), (1, 0));
        assert_eq!(report.file().as_deref(), Some("a: log: rpc error: code = Unavailable desc = down\n"));
        assert!(report.result().is_ok());
        report.silent("b");
        assert_eq!(report.result().unwrap_err().to_string(), "nothing could be collected of b");
    }
}
