//! The client configuration, `talosconfig` (contract api.md 2.4): contexts with endpoints, nodes and
//! credentials. Files are the caller's business.

use std::fmt;

use indexmap::IndexMap;

use crate::yaml::{Map, Node, Value, YamlError, read, write};

/// Contexts by name, and which of them is current.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Talosconfig {
    /// Name of the current context; empty when there is none.
    pub context: String,
    /// The contexts.
    pub contexts: IndexMap<String, Context>,
}

/// How to reach a cluster, and as whom.
#[derive(Clone, Default, PartialEq)]
pub struct Context {
    /// Where the API is: hosts with or without a port.
    pub endpoints: Vec<String>,
    /// Nodes that commands are about unless others are named.
    pub nodes: Vec<String>,
    /// Base64 of the accepted authorities, PEM.
    pub ca: String,
    /// Base64 of the client certificate, PEM.
    pub crt: String,
    /// Base64 of its key, PEM.
    pub key: String,
    /// Keys that are kept as they are: auth, cluster, proxy-url.
    pub other: IndexMap<String, Node>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("endpoints", &self.endpoints)
            .field("nodes", &self.nodes)
            .field("key", &if self.key.is_empty() { "" } else { "***" })
            .finish_non_exhaustive()
    }
}

/// A text that is no client configuration.
#[derive(Debug, thiserror::Error)]
pub enum TalosconfigError {
    /// It is no YAML.
    #[error("the client configuration is not YAML: {0}")]
    Yaml(YamlError),
    /// It has another shape.
    #[error("the client configuration is not valid: {0}")]
    Shape(String),
    /// No such context.
    #[error("context {0:?} is not defined in the client configuration")]
    NoContext(String),
}

// The message has all of it: as a source it would be said twice.
impl From<YamlError> for TalosconfigError {
    fn from(error: YamlError) -> Self {
        Self::Yaml(error)
    }
}

impl Talosconfig {
    /// Reads a file's text. An empty file is an empty configuration.
    pub fn parse(text: &[u8]) -> Result<Self, TalosconfigError> {
        let Some(document) = read(text)?.into_iter().next() else { return Ok(Self::default()) };
        if document.root.is_null() {
            return Ok(Self::default());
        }
        let root = mapping(&document.root, "the file")?;
        let context = root.get("context").and_then(Node::as_str).unwrap_or_default().to_owned();
        let mut contexts = IndexMap::new();
        if let Some(found) = root.get("contexts").filter(|n| !n.is_null()) {
            for (name, node) in mapping(found, "contexts")? {
                contexts.insert(name.clone(), Context::from_node(name, node)?);
            }
        }
        Ok(Self { context, contexts })
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let contexts =
            Node::map(self.contexts.iter().map(|(name, context)| (name.clone(), context.to_node())));
        write(&Node::map([("context", Node::str(&self.context)), ("contexts", contexts)]))
    }

    /// The context of that name, or the current one.
    pub fn select(&self, name: Option<&str>) -> Result<&Context, TalosconfigError> {
        let name = name.unwrap_or(&self.context);
        self.contexts.get(name).ok_or_else(|| TalosconfigError::NoContext(name.to_owned()))
    }

    /// Takes over the contexts of another configuration and makes its current one current. A name that is
    /// taken gets a number: `name-1`, `name-2`, …. Returns what was renamed, old name first.
    pub fn merge(&mut self, other: Talosconfig) -> Vec<(String, String)> {
        let mut renames = Vec::new();
        let mut current = other.context;
        for (name, context) in other.contexts {
            let free = self.free_name(&name);
            if free != name {
                if current == name {
                    current.clone_from(&free);
                }
                renames.push((name, free.clone()));
            }
            self.contexts.insert(free, context);
        }
        if self.contexts.contains_key(&current) {
            self.context = current;
        }
        renames
    }

    fn free_name(&self, name: &str) -> String {
        if !self.contexts.contains_key(name) {
            return name.to_owned();
        }
        let mut number = 1usize;
        loop {
            let candidate = format!("{name}-{number}");
            if !self.contexts.contains_key(&candidate) {
                return candidate;
            }
            number += 1;
        }
    }
}

impl Context {
    fn from_node(name: &str, node: &Node) -> Result<Self, TalosconfigError> {
        let mut context = Context::default();
        if node.is_null() {
            return Ok(context);
        }
        for (key, value) in mapping(node, &format!("contexts.{name}"))? {
            let text = || value.as_str().unwrap_or_default().to_owned();
            let list = || strings(value, &format!("contexts.{name}.{key}"));
            match key.as_str() {
                "endpoints" => context.endpoints = list()?,
                "nodes" => context.nodes = list()?,
                // An older form with a single endpoint.
                "target" if context.endpoints.is_empty() && !text().is_empty() => {
                    context.endpoints = vec![text()]
                }
                "target" => {}
                "ca" => context.ca = text(),
                "crt" => context.crt = text(),
                "key" => context.key = text(),
                _ => {
                    context.other.insert(key.clone(), value.clone());
                }
            }
        }
        Ok(context)
    }

    fn to_node(&self) -> Node {
        let list = |items: &[String]| Node::seq(items.iter().map(Node::str));
        let mut entries = vec![("endpoints".to_owned(), list(&self.endpoints))];
        if !self.nodes.is_empty() {
            entries.push(("nodes".to_owned(), list(&self.nodes)));
        }
        for (key, value) in [("ca", &self.ca), ("crt", &self.crt), ("key", &self.key)] {
            if !value.is_empty() {
                entries.push((key.to_owned(), Node::str(value)));
            }
        }
        entries.extend(self.other.iter().map(|(k, v)| (k.clone(), v.clone())));
        Node::map(entries)
    }

    /// A text among the keys that are kept as they are.
    pub fn extra(&self, key: &str) -> Option<&str> {
        self.other.get(key).and_then(Node::as_str)
    }

    /// Sets such a text; an empty one removes the key.
    pub fn set_extra(&mut self, key: &str, value: &str) {
        if value.is_empty() {
            self.other.shift_remove(key);
        } else {
            self.other.insert(key.to_owned(), Node::str(value));
        }
    }
}

fn mapping<'a>(node: &'a Node, what: &str) -> Result<&'a Map, TalosconfigError> {
    match &node.value {
        Value::Map(map) => Ok(map),
        _ => Err(TalosconfigError::Shape(format!(
            "{what} has to be a mapping, not a {} (line {})",
            node.kind_name(),
            node.position().line
        ))),
    }
}

fn strings(node: &Node, what: &str) -> Result<Vec<String>, TalosconfigError> {
    if node.is_null() {
        return Ok(Vec::new());
    }
    let Some(items) = node.as_seq() else {
        return Err(TalosconfigError::Shape(format!(
            "{what} has to be a list (line {})",
            node.position().line
        )));
    };
    Ok(items.iter().filter_map(|item| item.as_text().map(std::borrow::Cow::into_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "context: a\ncontexts:\n    a:\n        endpoints:\n            - 10.5.0.2\n        nodes:\n            - 10.5.0.3\n        ca: Y2E=\n        crt: Y3J0\n        key: a2V5\n        proxy-url: socks5://p\n";

    #[test]
    fn a_file_is_written_as_it_was_read() {
        let parsed = Talosconfig::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(parsed.to_text(), TEXT);
        assert_eq!(parsed.select(None).unwrap().extra("proxy-url"), Some("socks5://p"));
        assert!(matches!(parsed.select(Some("b")), Err(TalosconfigError::NoContext(_))));
    }

    #[test]
    fn merging_renames_what_clashes_and_makes_the_newcomer_current() {
        let mut ours = Talosconfig::parse(TEXT.as_bytes()).unwrap();
        let renames = ours.merge(Talosconfig::parse(TEXT.as_bytes()).unwrap());
        assert_eq!(renames, [("a".to_owned(), "a-1".to_owned())]);
        assert_eq!(ours.context, "a-1");
        ours.merge(Talosconfig::parse(TEXT.as_bytes()).unwrap());
        assert_eq!(ours.context, "a-2");
    }

    #[test]
    fn empty_files_are_empty_and_wrong_ones_are_named() {
        assert_eq!(Talosconfig::parse(b"").unwrap(), Talosconfig::default());
        let error = Talosconfig::parse(b"contexts: [1]\n").unwrap_err();
        assert!(error.to_string().contains("contexts has to be a mapping"), "{error}");
    }

    #[test]
    fn keys_do_not_reach_logs() {
        assert!(!format!("{:?}", Talosconfig::parse(TEXT.as_bytes()).unwrap()).contains("a2V5"));
    }
}
