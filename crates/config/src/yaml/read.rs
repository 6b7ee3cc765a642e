//! Reading: events of the parser into trees, within limits.

mod builder;

use granit_parser::{Event, Marker, Parser};

use self::builder::Builder;
use super::{Node, Span, YamlError};

/// One document of a stream that has content.
#[derive(Debug, Clone)]
pub struct Document {
    /// The content.
    pub root: Node,
    /// The line of the document's first token (its `---`, if it has one), from 1.
    pub line: u32,
}

/// What a stream may be made of. The defaults are far above any real configuration and keep
/// the tree below about 250 MiB.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of text. The node's API carries 32 MiB at most (contract os.md 1.1).
    pub bytes: usize,
    /// Documents, empty ones included.
    pub documents: usize,
    /// Nodes in all documents together.
    pub nodes: usize,
    /// Nodes that aliases and merge keys may add.
    pub alias_nodes: usize,
    /// Bytes of text that aliases and merge keys may add.
    pub alias_bytes: usize,
    /// Collections inside each other.
    pub depth: usize,
    /// Whether comments are kept.
    pub comments: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 32 << 20,
            documents: 20_000,
            nodes: 500_000,
            alias_nodes: 100_000,
            alias_bytes: 8 << 20,
            depth: 128,
            comments: false,
        }
    }
}

/// Reads all documents of a stream; empty ones are skipped. Comments are dropped.
///
/// # Errors
/// With the position of the first thing that is not acceptable YAML.
pub fn read(bytes: &[u8]) -> Result<Vec<Document>, YamlError> {
    read_with(bytes, &Limits::default())
}

/// Reads all documents of a stream within limits of the caller's choice.
///
/// # Errors
/// With the position of the first thing that is not acceptable YAML or is past a limit.
pub fn read_with(bytes: &[u8], limits: &Limits) -> Result<Vec<Document>, YamlError> {
    let text = text_of(bytes, limits)?;
    let mut options = granit_parser::options! {
        emit_comments: limits.comments,
        flow_nesting_limit: limits.depth,
        block_nesting_limit: limits.depth,
        // A run of comment lines is as long as the user likes; the byte limit bounds it.
        max_buffered_comment_events: limits.bytes,
    };
    options.set_emit_comments(limits.comments);
    let mut builder = Builder::new(limits);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) =
            event.map_err(|error| YamlError::new(span_of(*error.marker()), explain(error.kind())))?;
        if matches!(event, Event::StreamEnd) {
            break;
        }
        builder.event(event, span)?;
    }
    Ok(builder.finish())
}

fn span_of(marker: Marker) -> Span {
    let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Span::new(narrow(marker.line()), narrow(marker.col()).saturating_add(1))
}

/// The parser's words, with advice where a beginner needs it.
fn explain(kind: &granit_parser::ErrorKind) -> String {
    use granit_parser::ErrorKind;
    match kind {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation => {
            "a tab cannot indent YAML; use spaces".to_owned()
        }
        ErrorKind::RecursionLimitExceeded => {
            "nested too deeply; more than 128 levels are not read".to_owned()
        }
        ErrorKind::UnknownAnchor => "this alias has no anchor (&name) before it in the document".to_owned(),
        other => other.to_string(),
    }
}

/// The text of a stream, if its bytes can be text at all.
fn text_of<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, YamlError> {
    if bytes.len() > limits.bytes {
        let prefix = bytes.get(..limits.bytes).unwrap_or(bytes);
        return Err(YamlError::new(
            position_in(prefix),
            format!("the text is {} bytes long, more than the {} that are read", bytes.len(), limits.bytes),
        ));
    }
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes {
        return Err(YamlError::new(Span::new(1, 1), "the text is UTF-16; save it as UTF-8"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let prefix = bytes.get(..error.valid_up_to()).unwrap_or(bytes);
        YamlError::new(position_in(prefix), "this byte is not UTF-8 text")
    })?;
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let prefix = bytes.get(..at).unwrap_or(bytes);
        return Err(YamlError::new(position_in(prefix), "a NUL character cannot be part of YAML"));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The position just after a prefix of the text.
fn position_in(prefix: &[u8]) -> Span {
    let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let line = prefix.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = prefix.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let tail = prefix.get(start..).unwrap_or_default();
    // Continuation bytes of UTF-8 are not characters of their own.
    let column = tail.iter().filter(|byte| **byte & 0xc0 != 0x80).count() + 1;
    Span::new(narrow(line), narrow(column))
}

#[cfg(test)]
mod tests;
