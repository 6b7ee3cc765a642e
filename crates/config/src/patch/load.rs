//! Reading patches: which of the two kinds it is, and whether it is sound.

use std::sync::Arc;

use super::{Content, Fragment, Patch, delete, json, problem};
use crate::container::{DecodeOptions, check_roots};
use crate::problem::{Report, Severity};
use crate::yaml::{self, Node, Path, Value};

/// Reads a patch. A list is JSON 6902 operations (in YAML or JSON), mappings are documents to be merged;
/// several of a kind may stand in one file.
///
/// # Errors
/// Every unknown key, wrong type, unknown directive and malformed operation, with positions.
pub fn load(name: &str, text: &[u8]) -> Result<Patch, Report> {
    let name: Arc<str> = name.into();
    let limits = yaml::Limits { comments: true, ..yaml::Limits::default() };
    let documents = yaml::read_with(text, &limits).map_err(|error| {
        let mut report = Report::default();
        let at = (Path::root(), error.span);
        report.push(problem((Severity::Error, "yaml"), &name, "", at, error.message));
        report
    })?;
    let roots: Vec<Node> = documents.into_iter().map(|document| document.root).collect();
    let lists = roots.iter().filter(|root| root.as_seq().is_some()).count();
    match lists {
        0 => strategic(name, roots),
        all if all == roots.len() => operations(name, roots),
        _ => {
            let mut report = Report::default();
            let span =
                roots.iter().find(|root| root.as_seq().is_some()).map_or_else(Default::default, |r| r.span);
            let message = "a patch is either a list of JSON 6902 operations or documents to merge, not both";
            let at = (Path::root(), span);
            report.push(problem((Severity::Error, "patch-mixed"), &name, "", at, message.to_owned()));
            Err(report)
        }
    }
}

fn operations(name: Arc<str>, roots: Vec<Node>) -> Result<Patch, Report> {
    let mut report = Report::default();
    let mut operations = Vec::new();
    for root in roots {
        if let Value::Seq(items) = root.value {
            operations.extend(items.into_iter().filter_map(|item| {
                json::Operation::read(item)
                    .map_err(|(span, message)| {
                        let at = (Path::root(), span);
                        report.push(problem((Severity::Error, "json-patch"), &name, "", at, message));
                    })
                    .ok()
            }));
        }
    }
    report.into_result()?;
    Ok(Patch { name, content: Content::Json(operations) })
}

fn strategic(name: Arc<str>, roots: Vec<Node>) -> Result<Patch, Report> {
    let options = DecodeOptions { patch: true, comments: true, ..DecodeOptions::default() };
    let (documents, mut report) = check_roots(&name, roots, &options);
    let mut fragments = Vec::with_capacity(documents.len());
    for mut document in documents {
        let label = document.id.label();
        let found = delete::extract(&mut document.root);
        for (severity, span, path, message) in found.problems {
            report.push(problem((severity, "patch-directive"), &name, &label, (path, span), message));
        }
        fragments.push(Fragment {
            id: document.id,
            kind: document.kind,
            root: document.root,
            whole: found.whole,
            deletions: found.deletions,
        });
    }
    report.into_result()?;
    Ok(Patch { name, content: Content::Strategic(fragments) })
}
