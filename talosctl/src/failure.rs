//! Errors of several nodes as one.

use tonic::Status;

/// What went wrong, node by node.
#[derive(Debug, Default)]
pub struct Failures(Vec<String>);

impl Failures {
    /// Adds a node's error.
    pub fn add(&mut self, node: &str, error: &anyhow::Error) {
        let text = match error.downcast_ref::<Status>() {
            Some(status) => rpc::status::go_text(status),
            None => format!("{error:#}"),
        };
        self.0.push(if node.is_empty() { text } else { format!("{node}: {text}") });
    }

    /// Fails if any node did.
    pub fn into_result(self) -> anyhow::Result<()> {
        match self.0.as_slice() {
            [] => Ok(()),
            [one] => Err(anyhow::anyhow!("1 error occurred:\n\t* {one}\n")),
            many => {
                let lines: Vec<String> = many.iter().map(|e| format!("\t* {e}")).collect();
                Err(anyhow::anyhow!("{} errors occurred:\n{}\n", many.len(), lines.join("\n")))
            }
        }
    }
}
