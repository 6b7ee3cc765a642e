//! From a place in the text of a configuration back to the file or patch that it came from: a node
//! names places of the text that it got, which people have never seen.

use crate::container::{Config, DocumentId};
use crate::origin::Origins;
use crate::yaml::{Node, Path, Segment, Span, Value};

/// Replaces places such as `configuration:17:9:` at the beginning of lines by the file or patch, line and
/// column that the value there is from. What is not found stays as it is.
pub fn relocate(text: &str, prefix: &str, config: &Config, origins: &Origins) -> String {
    // The text as it was sent has places of its own.
    let sent = Config::decode_lenient(prefix, config.bytes()).ok();
    let original = |line: &str| -> Option<String> {
        let (place, rest) = line.strip_prefix(prefix)?.strip_prefix(':')?.split_once(": ")?;
        let (row, column) = place.split_once(':')?;
        let wanted = (row.parse().ok()?, column.parse().ok()?);
        let found = sent.as_ref()?.documents().iter().find_map(|document| {
            let path = find(&document.root, wanted, &mut Path::root())?;
            original(config, origins, &document.id, &path)
        });
        found.map(|place| format!("{place}: {rest}"))
    };
    let lines: Vec<String> =
        text.lines().map(|line| original(line).unwrap_or_else(|| line.to_owned())).collect();
    lines.join("\n")
}

/// The place that a value of a configuration is from, as `<source>:<line>:<column>`.
fn original(config: &Config, origins: &Origins, id: &DocumentId, path: &Path) -> Option<String> {
    let document = config.documents().iter().find(|document| document.id == *id)?;
    let span = path.find(&document.root)?.position();
    let name = match span.source {
        0 => config.source().to_owned(),
        step => origins.source(usize::from(step))?.to_owned(),
    };
    span.is_known().then(|| format!("{name}:{span}"))
}

/// The path of the value at a place.
fn find(node: &Node, wanted: (u32, u32), path: &mut Path) -> Option<Path> {
    let at = |span: Span| (span.line, span.column) == wanted;
    if at(node.position()) {
        return Some(path.clone());
    }
    let mut inside = |segment: Segment, node: &Node| {
        path.push(segment);
        let found = find(node, wanted, path);
        path.pop();
        found
    };
    let below = match &node.value {
        Value::Map(map) => map.iter().find_map(|(key, node)| inside(key.as_str().into(), node)),
        Value::Seq(items) => items.iter().enumerate().find_map(|(index, node)| inside(index.into(), node)),
        _ => None,
    };
    // A mapping begins where its first key does, which is what is meant then.
    below.or_else(|| at(node.span).then(|| path.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch;

    #[test]
    fn places_in_a_patched_text_lead_to_file_and_patch() {
        let base = Config::decode("base.yaml", b"# mine\nmachine:\n  type: worker\ncluster: {}\n").unwrap();
        let patches = [
            patch::load("a.yaml", b"machine:\n  nodeLabels: {a b: c}\n").unwrap(),
            patch::load("patch 2", b"apiVersion: v1alpha1\nkind: VLANConfig\nname: v\nvlanID: 4095\n")
                .unwrap(),
        ];
        let patched = patch::apply(&base, &patches).unwrap();
        let text = patched.text();
        let at = |what: &str| {
            let line = text.lines().position(|line| line.contains(what)).unwrap();
            let column = text.lines().nth(line).unwrap().find(what).unwrap();
            format!("{}:{}", line + 1, column + 1)
        };
        let said = format!(
            "the configuration is not valid:\nconfiguration:{}: error: x\nconfiguration:{}: error: y\n\
             configuration:{}: error: z\nconfiguration:99:1: error: gone\nconfiguration: whole",
            at("type: worker"),
            at("a b: c"),
            at("vlanID"),
        );
        assert_eq!(
            relocate(&said, "configuration", &patched.config, &patched.origins),
            "the configuration is not valid:\nbase.yaml:3:3: error: x\na.yaml:2:16: error: y\n\
             patch 2:4:1: error: z\nconfiguration:99:1: error: gone\nconfiguration: whole"
        );
    }

    #[test]
    fn places_in_a_file_that_was_sent_as_it_is_are_those_of_the_file() {
        let base = Config::decode("worker.yaml", b"machine:\n  type: worker\n  ca: {}\n").unwrap();
        let origins = Origins::of(&base);
        let said = relocate("configuration:3:3: error: x", "configuration", &base, &origins);
        assert_eq!(said, "worker.yaml:3:3: error: x");
    }
}
