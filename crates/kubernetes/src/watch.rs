//! Following objects: one JSON document a line.

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

use crate::{Error, Result};

/// Longest line: an object of etcd fits, with its wrapping.
const LINE: usize = 4 << 20;

/// What happened to an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is like this now.
    Is(Value),
    /// It is gone; this is how it was.
    Gone(Value),
    /// Nothing happened up to this version.
    Bookmark(String),
}

/// A stream of changes. When it ends, or fails, list again and watch from there.
pub struct Watched {
    body: Incoming,
    lines: Lines,
}

impl Watched {
    pub(crate) fn new(body: Incoming) -> Self {
        Self { body, lines: Lines::default() }
    }

    /// The next change; `None` when the server has ended the stream, as it does now and then.
    pub async fn next(&mut self) -> Result<Option<Change>> {
        loop {
            if let Some(line) = self.lines.take() {
                return parse(&line).map(Some);
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let frame =
                frame.map_err(|error| Error::Broken(format!("a watch of Kubernetes broke: {error}")))?;
            if let Some(data) = frame.data_ref() {
                self.lines.push(data)?;
            }
        }
    }
}

/// Puts lines together from pieces.
#[derive(Default)]
struct Lines {
    buffer: Vec<u8>,
}

impl Lines {
    fn push(&mut self, data: &[u8]) -> Result<()> {
        if self.buffer.len() + data.len() > LINE {
            return Err(Error::Broken("a watch of Kubernetes told of an object that is too big".to_owned()));
        }
        self.buffer.extend_from_slice(data);
        Ok(())
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        let end = self.buffer.iter().position(|b| *b == b'\n')?;
        let rest = self.buffer.split_off(end + 1);
        Some(std::mem::replace(&mut self.buffer, rest))
    }
}

fn parse(line: &[u8]) -> Result<Change> {
    let mut event: Value = serde_json::from_slice(line)
        .map_err(|error| Error::Broken(format!("a watch of Kubernetes told nonsense: {error}")))?;
    let object = event.get_mut("object").map(Value::take).unwrap_or_default();
    match event.get("type").and_then(Value::as_str) {
        Some("ADDED" | "MODIFIED") => Ok(Change::Is(object)),
        Some("DELETED") => Ok(Change::Gone(object)),
        Some("BOOKMARK") => {
            let version = object.pointer("/metadata/resourceVersion").and_then(Value::as_str);
            Ok(Change::Bookmark(version.unwrap_or_default().to_owned()))
        }
        _ => {
            let message = object.get("message").and_then(Value::as_str).unwrap_or("it did not say why");
            Err(Error::Broken(format!("a watch of Kubernetes failed: {message}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_are_read_however_they_are_cut() {
        let text = b"{\"type\":\"ADDED\",\"object\":{\"a\":1}}\n{\"type\":\"DELETED\",\"object\":{}}\n";
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for piece in text.chunks(7) {
            lines.push(piece).unwrap();
            while let Some(line) = lines.take() {
                found.push(parse(&line).unwrap());
            }
        }
        assert_eq!(found, [Change::Is(json!({"a": 1})), Change::Gone(json!({}))]);
    }

    #[test]
    fn an_error_in_the_stream_says_why() {
        let line = br#"{"type":"ERROR","object":{"message":"too old resource version"}}"#;
        assert!(parse(line).unwrap_err().to_string().contains("too old"));
        assert!(Lines::default().push(&vec![0; LINE + 1]).is_err());
    }
}
