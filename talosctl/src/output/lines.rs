//! Streams of bytes of several nodes as lines that say whose they are.

/// Cuts chunks into lines and puts the node before each.
#[derive(Debug)]
pub struct Lines {
    prefix: String,
    rest: Vec<u8>,
}

/// A line without an end is printed when it gets this long, in bytes.
const LONGEST: usize = 1 << 20;

impl Lines {
    /// Lines of `node`, or of the only node, whose name would say nothing.
    pub fn of(node: &str, several: bool) -> Self {
        Self { prefix: if several { format!("{node}: ") } else { String::new() }, rest: Vec::new() }
    }

    /// What can be printed now that `chunk` has come.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        if self.prefix.is_empty() {
            return chunk.to_vec();
        }
        self.rest.extend_from_slice(chunk);
        let complete = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let ready: Vec<u8> = self.rest.drain(..complete).collect();
        let mut text = Vec::with_capacity(ready.len() + self.prefix.len());
        for line in ready.split_inclusive(|byte| *byte == b'\n') {
            text.extend_from_slice(self.prefix.as_bytes());
            text.extend_from_slice(line);
        }
        if self.rest.len() > LONGEST {
            text.extend(self.finish());
        }
        text
    }

    /// What is left when nothing more comes.
    pub fn finish(&mut self) -> Vec<u8> {
        if self.rest.is_empty() {
            return Vec::new();
        }
        let mut text = self.prefix.clone().into_bytes();
        text.append(&mut self.rest);
        text.push(b'\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_several_nodes_has_its_node_however_it_was_cut() {
        let mut lines = Lines::of("a", true);
        let mut text = Vec::new();
        for chunk in ["one\ntw", "o\n", "", "three"] {
            text.extend(lines.push(chunk.as_bytes()));
        }
        text.extend(lines.finish());
        assert_eq!(String::from_utf8(text).unwrap(), "a: one\na: two\na: three\n");
    }

    #[test]
    fn bytes_of_one_node_pass_untouched() {
        let mut lines = Lines::of("a", false);
        assert_eq!(lines.push(b"no end"), b"no end");
        assert!(lines.finish().is_empty());
    }
}
