//! `talosctl edit`: the machine configuration of nodes, in the user's editor.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::Context as _;
use config::origin::Origins;

use super::patch::Machineconfig;
use crate::applying::{self, CONFIGURATIONS, Offer, Options, Target};
use crate::failure::text as text_of;
use crate::global::Global;
use crate::node::Node;
use crate::output::note;
use crate::patches;
use crate::session::Session;

/// How lines of ours begin in the file that is edited.
const MARK: &str = "#| ";

/// Edit the machine configuration of nodes
///
/// The editor is $TALOS_EDITOR, $EDITOR or vi. A file that is empty or not changed is not applied; what cannot be
/// applied is opened again, with the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 edit machineconfig
  EDITOR=nano talosctl -n 10.5.0.2 edit mc --mode try")]
pub struct Args {
    #[command(flatten)]
    resource: Machineconfig,
    #[command(flatten)]
    options: Options,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    args.resource.check()?;
    let session = Session::open(global)?;
    let editor = editor(|name| std::env::var_os(name));
    for node in session.nodes()? {
        let alone = session.only(&node.name);
        one(&alone, &node, &args.options, &editor).await?;
    }
    Ok(())
}

/// Edits until it is applied or given up.
async fn one(session: &Session, node: &Node, options: &Options, editor: &OsString) -> anyhow::Result<()> {
    let original = applying::configuration(node, CONFIGURATIONS, "v1alpha1").await?;
    let (mut text, mut reason, mut failed) = (original.clone(), None::<String>, None::<Vec<u8>>);
    loop {
        let file = write(&node.name, &text, reason.as_deref())?;
        let status = open(editor, file.path()).await?;
        anyhow::ensure!(status.success(), "the editor failed ({status}): nothing was applied");
        let edited = std::fs::read(file.path()).context("cannot read back what was edited")?;
        text = without_ours(&edited);
        if text.trim_ascii().is_empty() || text == original {
            note(&format!("{}: nothing to apply: the file is empty or was not changed", node.name));
            return Ok(());
        }
        if failed.as_ref() == Some(&text) {
            let kept = keep(file)?;
            anyhow::bail!(
                "given up, as the file was not changed since: {}\nit is kept as {}, with its secrets",
                reason.unwrap_or_default(),
                kept.display()
            );
        }
        match apply(session, &node.name, &text, options).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                reason = Some(text_of(&error));
                failed = Some(text.clone());
            }
        }
    }
}

async fn apply(session: &Session, name: &str, text: &[u8], options: &Options) -> anyhow::Result<()> {
    let config = patches::decode_for_node(&source(name), text)?;
    let origins = Origins::of(&config);
    let offer = |_: &Target| Ok(Offer { config: config.clone(), origins: origins.clone() });
    applying::apply(session, options, offer).await
}

/// The command that edits a file.
fn editor(env: impl Fn(&str) -> Option<OsString>) -> OsString {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    set("TALOS_EDITOR").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into())
}

/// Runs the editor, which may have arguments, and waits for its end.
async fn open(editor: &OsString, file: &Path) -> anyhow::Result<ExitStatus> {
    let mut script = editor.clone();
    script.push(" \"$1\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg("sh").arg(file);
    let wait = move || command.status();
    tokio::task::spawn_blocking(wait).await?.with_context(|| format!("cannot start {}", editor.display()))
}

/// A file for the editor, for nobody else's eyes, gone when it is dropped.
fn write(node: &str, text: &[u8], reason: Option<&str>) -> anyhow::Result<tempfile::NamedTempFile> {
    let make = || {
        let mut file = tempfile::Builder::new().prefix("talosctl-edit-").suffix(".yaml").tempfile()?;
        file.write_all(header(node, reason).as_bytes())?;
        file.write_all(text)?;
        file.flush()?;
        Ok::<_, std::io::Error>(file)
    };
    make().context("cannot write a file for the editor")
}

fn header(node: &str, reason: Option<&str>) -> String {
    let mut lines = vec![
        format!("The machine configuration of {node}. Lines that begin like this one are ignored."),
        "Save and close to apply it; an empty file, or one without changes, is not applied.".to_owned(),
    ];
    if let Some(reason) = reason {
        lines.push("It was not applied:".to_owned());
        let above = lines.len() + reason.lines().count();
        lines.extend(reason.lines().map(|line| format!("  {}", moved(line, node, above))));
    }
    lines.iter().map(|line| format!("{MARK}{line}\n")).collect()
}

/// A line of a reason with the place in the file that the editor shows, below so many lines of ours.
fn moved(line: &str, node: &str, above: usize) -> String {
    let name = source(node);
    let place = || {
        let (before, rest) = line.split_once(&format!("{name}:"))?;
        let (row, rest) = rest.split_once(':')?;
        Some(format!("{before}line {}, column {rest}", row.parse::<usize>().ok()? + above))
    };
    place().unwrap_or_else(|| line.to_owned())
}

/// What a node's configuration is called in messages.
fn source(node: &str) -> String {
    format!("configuration of {node}")
}

/// A text without our lines.
fn without_ours(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| !line.starts_with(MARK.as_bytes())).flatten().copied().collect()
}

/// Leaves the file to the user, whose work it is.
fn keep(file: tempfile::NamedTempFile) -> anyhow::Result<PathBuf> {
    let (_, path) = file.keep().context("cannot keep what was edited")?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_for_the_reader_is_taken_away_again() {
        let text = b"# mine\nmachine: {}\n";
        let whole = [header("a", Some("two\nlines")).as_bytes(), text].concat();
        assert!(String::from_utf8_lossy(&whole).contains("#|   lines\n"));
        assert_eq!(without_ours(&whole), text);
    }

    #[test]
    fn places_are_those_of_the_file_that_the_editor_shows() {
        let text = header("a", Some("not valid:\nconfiguration of a:1:10: error: x"));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [lines[0], lines[1], lines[2], "#|   not valid:", "#|   line 6, column 10: error: x"]
        );
        assert_eq!(lines.len() + 1, 6);
    }

    #[test]
    fn the_editor_is_the_first_that_is_set() {
        let env = |set: &'static [(&str, &str)]| {
            editor(move |name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v)))
        };
        assert_eq!(env(&[("TALOS_EDITOR", "a"), ("EDITOR", "b")]), "a");
        assert_eq!(env(&[("TALOS_EDITOR", ""), ("EDITOR", "b -w")]), "b -w");
        assert_eq!(env(&[]), "vi");
    }
}
