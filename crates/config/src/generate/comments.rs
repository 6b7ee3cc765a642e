//! Comments of generated files: what each field is for, and what could be set as well.
//!
//! Both come from the table of fields: the text of a comment is the field's description, a
//! commented example is the field's example. Nothing here knows a field by name.

use super::examples::DOCUMENTS;
use super::{Input, VersionContract, roots};
use crate::Config;
use crate::documents::v1alpha1::MachineType;
use crate::documents::{KINDS, Kind, V1ALPHA1, kind_of};
use crate::schema::{Field, Object, Type};
use crate::secrets::Secrets;
use crate::yaml::{Node, Value, write_stream};

/// A line with a comment behind its value is not longer than this.
const WIDTH: usize = 110;
/// Spaces a level of mappings takes, as the writer has it.
const INDENT: usize = 4;

/// Which comments a generated file has: `--with-docs` and `--with-examples`, both on unless
/// turned off (contract os.md 1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comments {
    /// What each field is for.
    pub docs: bool,
    /// Fields that are not set, with example values, commented out.
    pub examples: bool,
}

impl Comments {
    /// No comments at all: what [`super::machine_config`] writes.
    pub const NONE: Self = Self { docs: false, examples: false };
}

impl Default for Comments {
    fn default() -> Self {
        Self { docs: true, examples: true }
    }
}

/// The configuration of a role with comments: what `gen config` writes when nothing is patched.
///
/// ```text
/// let text = commented_machine_config(&input, &secrets, role, Comments::default());
/// ```
///
/// The text reads back to the same value as [`super::machine_config`]'s, and the same input gives
/// the same bytes.
pub fn commented_machine_config(
    input: &Input,
    secrets: &Secrets,
    role: MachineType,
    comments: Comments,
) -> String {
    render(roots(input, secrets, role), input.contract, comments)
}

/// Any configuration with comments: what `gen config` writes after its patches. Generate with
/// [`super::machine_config`], patch, then call this with the contract of the generation:
///
/// ```text
/// let config = Config::decode(name, machine_config(&input, &secrets, role).as_bytes())?;
/// let config = patch::apply(&config, &patches)?.config;
/// let text = comment(&config, input.contract, Comments { docs, examples });
/// ```
///
/// Documents keep their order, the v1alpha1 document comes first; comments that the configuration was decoded
/// with stay.
pub fn comment(config: &Config, contract: VersionContract, comments: Comments) -> String {
    let mut documents: Vec<_> = config.documents().iter().collect();
    documents.sort_by_key(|document| !document.id.is_v1alpha1());
    render(documents.into_iter().map(|document| document.root.clone()).collect(), contract, comments)
}

fn render(mut roots: Vec<Node>, contract: VersionContract, comments: Comments) -> String {
    let stream = Stream::of(&roots, contract, comments);
    for root in &mut roots {
        stream.document(root);
    }
    let mut text = write_stream(&roots);
    if comments.examples {
        stream.absent_documents(&mut text);
    }
    text
}

/// The kind of a document that has been decoded before.
fn kind_of_root(root: &Node) -> Option<&'static Kind> {
    match root.get("kind").and_then(Node::as_text) {
        Some(kind) => kind_of(&kind),
        None => Some(&V1ALPHA1),
    }
}

/// What holds for the whole stream.
struct Stream {
    contract: VersionContract,
    comments: Comments,
    worker: bool,
    kinds: Vec<&'static Kind>,
}

impl Stream {
    fn of(roots: &[Node], contract: VersionContract, comments: Comments) -> Self {
        let role = roots.iter().find_map(|root| root.get("machine")?.get("type")?.as_str());
        let worker = role.and_then(MachineType::parse) == Some(MachineType::Worker);
        Self { contract, comments, worker, kinds: roots.iter().filter_map(kind_of_root).collect() }
    }

    fn document(&self, root: &mut Node) {
        let Some(kind) = kind_of_root(root) else { return };
        let legacy = kind.name == V1ALPHA1.name;
        self.object(root, kind.object, legacy.then_some(""));
        if self.comments.docs
            && !legacy
            && let Some((_, first)) = root.as_map_mut().and_then(|map| map.first_mut())
        {
            lines_above(first, kind.object.doc);
        }
    }

    /// Comments on the fields of a mapping. `path` is where it is in the v1alpha1 document; other
    /// documents need none.
    fn object(&self, node: &mut Node, object: &'static Object, path: Option<&str>) {
        let Some(map) = node.as_map_mut() else { return };
        let depth = path.map_or(0, |path| path.split('.').filter(|part| !part.is_empty()).count());
        let mut missing = match self.comments.examples {
            true => self.examples(object, path, |key| map.contains_key(key)),
            false => Vec::new(),
        };
        for (key, value) in map.iter_mut() {
            let Some(field) = object.field(key) else { continue };
            if self.comments.docs {
                describe(value, key, field, depth * INDENT);
            }
            let path = path.map(|path| join(path, key));
            // Fields of an empty mapping have no last entry to stand below, so they stand below the mapping.
            let empty = value.as_map().is_some_and(|map| map.is_empty());
            if let (Type::Object(object), true) = (&field.ty, empty) {
                let missing = match self.comments.examples {
                    true => self.examples(object, path.as_deref(), |_| false),
                    false => Vec::new(),
                };
                let below = missing.iter().map(|line| format!("{:INDENT$}{line}", ""));
                value.comments_mut().foot.extend(below);
            } else {
                self.value(value, &field.ty, path.as_deref());
            }
        }
        if let Some((_, last)) = map.last_mut()
            && !missing.is_empty()
        {
            last.comments_mut().foot.append(&mut missing);
        }
    }

    fn value(&self, node: &mut Node, ty: &Type, path: Option<&str>) {
        match ty {
            Type::Object(object) => self.object(node, object, path),
            // One item explains all the others.
            Type::List(item) => {
                if let Some(first) = node.as_seq_mut().and_then(|items| items.first_mut()) {
                    self.described_only().value(first, item, None);
                }
            }
            Type::Map(value) => {
                if let Some((_, first)) = node.as_map_mut().and_then(|map| map.first_mut()) {
                    self.described_only().value(first, value, None);
                }
            }
            _ => {}
        }
    }

    /// The same without examples.
    fn described_only(&self) -> Self {
        let comments = Comments { examples: false, ..self.comments };
        Self { comments, kinds: Vec::new(), ..*self }
    }

    /// Lines of the examples of fields that are not set.
    fn examples(
        &self,
        object: &'static Object,
        path: Option<&str>,
        is_set: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        for field in object.fields().filter(|field| !is_set(field.key)) {
            let Some(example) = field.example else { continue };
            if !self.fits(field, path) {
                continue;
            }
            lines.extend(field.doc.lines().map(|line| format!("# {}", line.trim())));
            match field.ty {
                Type::List(_) | Type::Map(_) | Type::Object(_) | Type::Free | Type::Args => {
                    lines.push(format!("{}:", field.key));
                    lines.extend(example.lines().map(|line| format!("{:INDENT$}{line}", "")));
                }
                _ => lines.push(format!("{}: {example}", field.key)),
            }
        }
        lines
    }

    /// Whether a field can be set in this stream.
    fn fits(&self, field: &Field, path: Option<&str>) -> bool {
        let Some(path) = path else { return true };
        let path = join(path, field.key);
        let replaces = |kind: &&'static Kind| {
            kind.supersedes.iter().any(|row| is_at(&path, row.section) || is_at(row.section, &path))
        };
        // On workers, what is said about the control plane is refused or means nothing.
        let elsewhere = self.worker
            && (path.starts_with("cluster.")
                || KINDS.iter().any(|kind| kind.control_plane_only && replaces(&kind)));
        let replaced = field.deprecated && self.contract.after(1, 13) || self.kinds.iter().any(replaces);
        !elsewhere && !replaced
    }

    /// Whole documents that could be added, at the end.
    fn absent_documents(&self, out: &mut String) {
        for example in DOCUMENTS {
            let Some(kind) = KINDS.iter().find(|kind| kind.name == example.kind) else { continue };
            let wrong_role = self.worker && kind.control_plane_only;
            let (major, minor) = example.after;
            if wrong_role
                || !self.contract.after(major, minor)
                || self.kinds.iter().any(|has| has.name == kind.name)
            {
                continue;
            }
            out.push_str("# ---\n");
            let about = kind.object.doc.lines().map(|line| format!("# # {}\n", line.trim()));
            out.extend(about);
            out.push_str(&format!("# apiVersion: v1alpha1\n# kind: {}\n", kind.name));
            out.extend(example.yaml.lines().map(|line| format!("# {line}\n")));
        }
    }
}

/// Whether a path is another one or below it.
fn is_at(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The description of a field: behind its value where there is room, else above it.
fn describe(value: &mut Node, key: &str, field: &Field, indent: usize) {
    let written = match &value.value {
        Value::Str(text) if text.contains('\n') => None,
        Value::Str(text) => Some(text.chars().count()),
        Value::Seq(items) if !items.is_empty() => None,
        Value::Map(map) if !map.is_empty() => None,
        Value::Seq(_) | Value::Map(_) => Some(2),
        _ => value.as_text().map(|text| text.len()),
    };
    let doc = field.doc.trim();
    let room = written.is_some_and(|written| {
        indent + key.len() + written + doc.chars().count() + ": \"\" # ".len() <= WIDTH
    });
    if room && !doc.contains('\n') && !doc.is_empty() {
        value.comments_mut().line.get_or_insert_with(|| doc.to_owned());
    } else {
        lines_above(value, doc);
    }
}

/// Lines above an entry, unless it has its own.
fn lines_above(node: &mut Node, text: &str) {
    let head = &mut node.comments_mut().head;
    if head.is_empty() {
        head.extend(text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()));
    }
}
