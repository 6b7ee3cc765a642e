//! Shows how far each node is: a line for each change, or on a terminal one line for each node.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Style {
    /// One line for each node on a terminal, else plain
    Auto,
    /// A line for each change
    Plain,
}

/// What each node did last, on standard error.
pub struct Progress {
    redraw: bool,
    nodes: RefCell<Vec<(String, String)>>,
    drawn: RefCell<bool>,
}

impl Progress {
    /// For these nodes.
    pub fn new(nodes: &[String], style: Style) -> Self {
        let redraw = style == Style::Auto && std::io::stderr().is_terminal();
        let nodes = nodes.iter().map(|node| (node.clone(), "starting".to_owned())).collect();
        Self { redraw, nodes: RefCell::new(nodes), drawn: RefCell::new(false) }
    }

    /// A line about all nodes.
    pub fn heading(&self, text: &str) {
        write(&format!("{text}\n"));
    }

    /// What a node does now.
    pub fn tell(&self, node: &str, text: &str) {
        let mut nodes = self.nodes.borrow_mut();
        let Some((_, last)) = nodes.iter_mut().find(|(name, _)| name == node) else { return };
        if last == text {
            return;
        }
        text.clone_into(last);
        match self.redraw {
            true => write(&self.draw(&nodes, "")),
            false => write(&plain(node, text)),
        }
    }

    /// A line that stays, as one of a log.
    pub fn line(&self, node: &str, text: &str) {
        let line = format!("{node}: {text}\n");
        match self.redraw {
            true => write(&self.draw(&self.nodes.borrow(), &line)),
            false => write(&line),
        }
    }

    /// What a node did last.
    pub fn last(&self, node: &str) -> String {
        let nodes = self.nodes.borrow();
        nodes.iter().find(|(name, _)| name == node).map(|(_, text)| text.clone()).unwrap_or_default()
    }

    /// The block of all nodes in the place of the one before, below `above`.
    fn draw(&self, nodes: &[(String, String)], above: &str) -> String {
        let up =
            if self.drawn.replace(true) { format!("\x1b[{}A\x1b[J", nodes.len()) } else { String::new() };
        let block: String = nodes.iter().map(|(node, text)| plain(node, text)).collect();
        format!("{up}{above}{block}")
    }
}

fn plain(node: &str, text: &str) -> String {
    // One line, or it could not be drawn over.
    format!("    * {node}: {}\n", text.split('\n').next().unwrap_or_default())
}

fn write(text: &str) {
    // A reader that went away is no error.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_drawn_over_the_one_before() {
        let progress = Progress {
            redraw: true,
            nodes: RefCell::new(vec![("a".into(), "one".into()), ("b".into(), "two\nmore".into())]),
            drawn: RefCell::new(false),
        };
        let nodes = progress.nodes.borrow();
        assert_eq!(progress.draw(&nodes, ""), "    * a: one\n    * b: two\n");
        assert_eq!(progress.draw(&nodes, "log\n"), "\x1b[2A\x1b[Jlog\n    * a: one\n    * b: two\n");
        assert_eq!(progress.last("a"), "one");
    }
}
