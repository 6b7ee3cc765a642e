//! Applying patches one after the other.

use std::collections::HashMap;
use std::sync::Arc;

use super::delete::carry_out;
use super::merge::Merger;
use super::{Content, Fragment, Patch, json, problem};
use crate::container::{Config, DecodeOptions, DocumentId};
use crate::origin::Origins;
use crate::problem::{Problem, Report, Severity};
use crate::yaml::{Node, Path, Span, Value};

/// A patched configuration.
#[derive(Debug, Clone)]
pub struct Patched {
    /// The result, strictly decoded.
    pub config: Config,
    /// What the patches did not do although they say so.
    pub warnings: Report,
    /// Which file and which patch set each value, and where in it.
    pub origins: Origins,
}

impl Patched {
    /// The text of the result.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.config.bytes()).into_owned()
    }
}

/// Applies patches in order. The base stays as it is.
///
/// # Errors
/// Every deletion and operation whose path does not exist, values that cannot be merged, JSON operations on
/// several documents, and what makes the result no configuration; each with its place in the patch.
pub fn apply(base: &Config, patches: &[Patch]) -> Result<Patched, Report> {
    if patches.iter().all(Patch::is_empty) {
        return Ok(Patched { config: base.clone(), warnings: Report::default(), origins: Origins::of(base) });
    }
    let mut work = Work::new(base);
    for (index, patch) in patches.iter().enumerate() {
        let step = u16::try_from(index + 1).unwrap_or(u16::MAX);
        match &patch.content {
            Content::Strategic(fragments) => {
                for fragment in fragments {
                    work.fragment(&patch.name, fragment, step);
                }
            }
            Content::Json(operations) => work.operations(&patch.name, operations, step),
        }
    }
    let warnings = work.report.into_result()?;
    let names: Vec<Arc<str>> =
        std::iter::once(base.source().into()).chain(patches.iter().map(|patch| patch.name.clone())).collect();
    let documents = work.documents.into_iter().flatten().collect();
    let config = rebuild(base, documents).map_err(|report| relocate(report, &names))?;
    let origins = Origins::marked(&config, &names);
    Ok(Patched { config, warnings, origins })
}

/// Decodes the result: strictly, but what was unknown in the base may stay unknown.
fn rebuild(base: &Config, documents: Vec<Target>) -> Result<Config, Report> {
    let known = base.decode_warnings();
    let options = DecodeOptions { lenient: !known.is_empty(), ..DecodeOptions::default() };
    let roots = documents.into_iter().map(|document| document.root);
    let config = Config::from_roots_with(base.source(), roots, &options)?;
    let is_known = |problem: &Problem| {
        let same =
            |k: &Problem| k.rule == problem.rule && k.document == problem.document && k.path == problem.path;
        known.problems().iter().any(same)
    };
    let mut fresh = Report::default();
    for problem in config.decode_warnings().problems().iter().filter(|problem| !is_known(problem)) {
        fresh.push(Problem { severity: Severity::Error, ..problem.clone() });
    }
    fresh.into_result()?;
    Ok(config)
}

/// Makes problems of the result point to the patch that brought what is wrong.
fn relocate(report: Report, names: &[Arc<str>]) -> Report {
    let mut out = Report::default();
    for mut problem in report.problems().iter().cloned() {
        if let Some(name) = names.get(usize::from(problem.span.source)) {
            problem.source = name.clone();
        }
        out.push(problem);
    }
    out
}

struct Target {
    id: DocumentId,
    root: Node,
}

/// The documents so far; one that was deleted leaves its place empty.
struct Work {
    documents: Vec<Option<Target>>,
    /// Where the first document of each identity is.
    places: HashMap<DocumentId, usize>,
    report: Report,
}

impl Work {
    fn new(base: &Config) -> Self {
        let mut work = Self { documents: Vec::new(), places: HashMap::new(), report: Report::default() };
        for document in base.documents() {
            work.push(Target { id: document.id.clone(), root: document.root.clone() });
        }
        work
    }

    fn push(&mut self, target: Target) {
        self.places.entry(target.id.clone()).or_insert(self.documents.len());
        self.documents.push(Some(target));
    }

    fn fragment(&mut self, patch: &Arc<str>, fragment: &Fragment, step: u16) {
        let label = fragment.id.label();
        let position = self.places.get(&fragment.id).copied();
        if fragment.whole {
            match position.and_then(|position| self.documents.get_mut(position)) {
                Some(place) => {
                    *place = None;
                    self.places.remove(&fragment.id);
                }
                None => {
                    let message = format!("there is no document {label} to delete");
                    let at = (Path::root(), fragment.root.span);
                    let rule = (Severity::Warning, "patch-no-document");
                    self.report.push(problem(rule, patch, &label, at, message));
                }
            }
            return;
        }
        let target = position.and_then(|position| self.documents.get_mut(position)?.as_mut());
        // Of a document that is not there, nothing has to be taken away.
        if let Some(Target { root, .. }) = target {
            for deletion in carry_out(&fragment.deletions, root, fragment.kind) {
                let what = deletion.describe(fragment.kind.map(|kind| kind.object));
                let message = format!("lookup failed: there is no {what} to delete");
                let at = (Path::root(), deletion.span);
                let problem = problem((Severity::Error, "patch-lookup"), patch, &label, at, message);
                self.report.push(Problem { suggestion: deletion.suggestion(root), ..problem });
            }
        }
        let mut root_of_patch = fragment.root.clone();
        mark(&mut root_of_patch, step);
        let target = position.and_then(|position| self.documents.get_mut(position)?.as_mut());
        match (target, fragment.kind) {
            (Some(target), Some(kind)) => {
                let mut merger = Merger {
                    report: &mut self.report,
                    patch,
                    document: &label,
                    legacy: fragment.id.is_v1alpha1(),
                    path: Path::root(),
                };
                if let (Value::Map(map), Value::Map(patch)) = (&mut target.root.value, root_of_patch.value) {
                    merger.object(map, *patch, kind.object);
                }
            }
            (None, _) if fragment.says_something() => {
                self.push(Target { id: fragment.id.clone(), root: root_of_patch });
            }
            _ => {}
        }
    }

    fn operations(&mut self, patch: &Arc<str>, operations: &[json::Operation], step: u16) {
        let mut fail = |label: &str, span: Span, message: String| {
            let at = (Path::root(), span);
            self.report.push(problem((Severity::Error, "json-patch"), patch, label, at, message));
        };
        let start = operations.first().map_or_else(Span::default, |operation| operation.span);
        let mut targets: Vec<&mut Target> = self.documents.iter_mut().flatten().collect();
        let [target] = targets.as_mut_slice() else {
            let message = match targets.is_empty() {
                true => "there is no document to patch",
                false => "JSON6902 patches are not supported for multi-document machine configuration",
            };
            return fail("", start, message.to_owned());
        };
        let mut budget = json::Budget::new();
        for operation in operations {
            let mut operation = operation.clone();
            operation.mark(step, mark);
            let (span, label) = (operation.span, target.id.label());
            if let Err(message) = operation.carry_out(&mut target.root, &mut budget) {
                return fail(&label, span, message);
            }
        }
    }
}

/// Marks a tree as set by a patch.
fn mark(node: &mut Node, step: u16) {
    node.span.source = step;
    node.key.source = step;
    match &mut node.value {
        Value::Seq(items) => items.iter_mut().for_each(|item| mark(item, step)),
        Value::Map(map) => map.values_mut().for_each(|item| mark(item, step)),
        _ => {}
    }
}
