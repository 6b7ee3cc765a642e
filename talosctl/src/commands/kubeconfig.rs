//! `talosctl kubeconfig`.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use flate2::read::GzDecoder;

use crate::files;
use crate::global::Global;
use crate::kubeconfig::{Conflict, Kubeconfig, Merged, Section, default_path};
use crate::node::Node;
use crate::output::{note, print};
use crate::prompt;
use crate::session::Session;
use crate::stream;

/// Fetch an administrator's kubeconfig
///
/// It is merged into the first file of $KUBECONFIG, or ~/.kube/config.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl kubeconfig
  talosctl kubeconfig --force-context-name home
  talosctl kubeconfig --merge=false ./kubeconfig
  talosctl kubeconfig - | less")]
pub struct Args {
    /// Where to write or merge it; `-` is standard output
    path: Option<PathBuf>,
    /// Replace what is there
    #[arg(short, long)]
    force: bool,
    /// Name of the context
    #[arg(long, value_name = "NAME", default_value = "")]
    force_context_name: String,
    /// Merge it with what is there
    #[arg(short, long, default_value_t = true, action = clap::ArgAction::Set)]
    merge: bool,
}

/// Fetches the file from a control plane.
///
/// # Errors
/// That of the call, or if the answer holds none.
pub async fn fetch(node: &Node) -> anyhow::Result<String> {
    let stream = node.machine().kubeconfig(node.request(())).await.map(tonic::Response::into_inner);
    let mut archive = Vec::new();
    stream::copy(stream, |chunk| {
        archive.extend_from_slice(&chunk);
        Ok(())
    })
    .await?;
    let mut tar = tar::Archive::new(GzDecoder::new(archive.as_slice()));
    for entry in tar.entries()? {
        let mut entry = entry?;
        if entry.path()?.as_os_str() == "kubeconfig" {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            return Ok(text);
        }
    }
    anyhow::bail!("the node sent no kubeconfig")
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let path = match &args.path {
        Some(path) if path.as_os_str() == "-" => None,
        Some(path) if path.is_dir() => Some(path.join("kubeconfig")),
        Some(path) => Some(path.clone()),
        None if args.merge => {
            let found = default_path(|key| std::env::var_os(key));
            Some(found.context("no place for the kubeconfig: set HOME or KUBECONFIG, or name a file")?)
        }
        None => Some(PathBuf::from("kubeconfig")),
    };
    if let Some(path) = path.as_ref().filter(|path| !args.merge && path.exists() && !args.force) {
        anyhow::bail!("{} exists already: use --force to replace it", path.display());
    }
    let node = Session::open(global)?.one()?;
    let text = fetch(&node).await.context("error copying")?;
    match path {
        None => print(&text),
        Some(path) if args.merge => {
            let name = Some(args.force_context_name.as_str()).filter(|name| !name.is_empty());
            let answers = ask(&path, &text, name, args.force).await?;
            let merged = merge(&path, &text, name, |section, name| {
                let asked = answers.iter().find(|(s, n, _)| *s == section && n == name);
                asked.map_or(Conflict::Rename, |(_, _, conflict)| *conflict)
            })?;
            for (what, old, new) in merged.renamed {
                note(&format!("renamed {what} {old:?} -> {new:?}"));
            }
            Ok(())
        }
        Some(path) => save(&path, &text),
    }
}

/// Merges a kubeconfig into a file, which may not exist yet.
///
/// # Errors
/// If the file is no kubeconfig, or cannot be written.
pub fn merge(
    path: &Path,
    text: &str,
    context_name: Option<&str>,
    decide: impl FnMut(Section, &str) -> Conflict,
) -> anyhow::Result<Merged> {
    let mut mine = open(path)?;
    let before = mine.clone();
    let merged = mine.merge(&Kubeconfig::parse(text.as_bytes())?, context_name, decide);
    if mine != before || !path.exists() {
        save(path, &mine.to_text())?;
    }
    Ok(merged)
}

/// Reads a file; one that does not exist is empty.
///
/// # Errors
/// If it is no kubeconfig.
pub fn open(path: &Path) -> anyhow::Result<Kubeconfig> {
    let text = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        other => other.with_context(|| format!("cannot read {}", path.display()))?,
    };
    Kubeconfig::parse(&text).with_context(|| format!("cannot use {}", path.display()))
}

/// Writes a file; a new one with 0600, in a folder of 0700.
///
/// # Errors
/// If it cannot be written.
pub fn save(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty() && !f.exists()) {
        sys::fs::create_dir(folder, 0o700)?;
    }
    files::replace(path, text.as_bytes(), files::SECRET)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// What the user wants about each conflict: asked on a terminal, else the newcomer is renamed.
async fn ask(
    path: &Path,
    text: &str,
    context_name: Option<&str>,
    force: bool,
) -> anyhow::Result<Vec<(Section, String, Conflict)>> {
    let mut conflicts = Vec::new();
    open(path)?.merge(&Kubeconfig::parse(text.as_bytes())?, context_name, |section, name| {
        conflicts.push((section, name.to_owned()));
        // Nothing else may depend on this answer: every name is asked about once.
        Conflict::Overwrite
    });
    let mut answers = Vec::new();
    for (section, name) in conflicts {
        let conflict = match (force, prompt::somebody_there()) {
            (true, _) => Conflict::Overwrite,
            (false, false) => Conflict::Rename,
            (false, true) => loop {
                let question =
                    format!("{} {name:?} already exists: (r)ename or (o)verwrite? ", section.singular());
                match prompt::ask(question).await.to_lowercase().as_str() {
                    "r" | "rename" => break Conflict::Rename,
                    "o" | "overwrite" => break Conflict::Overwrite,
                    "" => anyhow::bail!("no answer: nothing was changed"),
                    _ => {}
                }
            },
        };
        answers.push((section, name, conflict));
    }
    Ok(answers)
}
