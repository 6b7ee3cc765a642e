//! `talosctl validate`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use config::effects::{self, Level};
use config::validate::{Mode, ValidateOptions};
use config::{Config, Problem, Report};
use serde_json::{Value, json};

use crate::files;
use crate::output::{note, print};
use crate::patches;

/// Forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A line for each problem
    Text,
    /// One JSON object
    Json,
}

/// Validate machine configurations
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Every problem of every file is reported. The exit status is 0 if no file has errors, \
    warnings or not, and 1 if one has.

Examples:
  talosctl validate -c controlplane.yaml -c worker.yaml -m metal
  talosctl validate -c nodes/ -m cloud --strict -o json"
)]
pub struct Args {
    /// A configuration; a folder stands for its .yaml, .yml and .json files, - for standard input
    #[arg(short, long, required = true, num_args = 1.., value_name = "FILE")]
    config: Vec<PathBuf>,
    /// What the machine is made of: metal, cloud or container
    #[arg(short, long, value_parser = parse_mode)]
    mode: Mode,
    /// Take warnings about the v1alpha1 document for errors
    #[arg(long)]
    strict: bool,
    /// Form of the output
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
}

fn parse_mode(text: &str) -> Result<Mode, String> {
    Mode::parse(text).ok_or_else(|| "it has to be metal, cloud or container".to_owned())
}

/// Runs it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (mut rows, mut invalid, mut count) = (Vec::new(), Vec::new(), 0);
    for path in &args.config {
        // What cannot be read does not hide what is wrong with the others.
        let files =
            patches::files(path).map_or_else(|error| vec![Err(error)], |f| f.into_iter().map(Ok).collect());
        for file in files {
            let (name, report, quiet) = match file.and_then(|file| check(&file, args)) {
                Ok(checked) => checked,
                Err(error) => unreadable(path, &error),
            };
            count += 1;
            if report.has_errors() {
                invalid.push(name.clone());
            }
            match args.output {
                Form::Text => tell(&name, &report, quiet.as_deref(), args.mode)?,
                Form::Json => rows.push(row(&name, &report, quiet.as_deref())),
            }
        }
    }
    if args.output == Form::Json {
        let whole = json!({
            "mode": args.mode.as_str(),
            "strict": args.strict,
            "valid": invalid.is_empty(),
            "files": rows,
        });
        print(&(serde_json::to_string_pretty(&whole).context("cannot write JSON")? + "\n"))?;
    }
    let mode = args.mode;
    match (invalid.as_slice(), count) {
        ([], _) => Ok(()),
        ([one], 1) => anyhow::bail!("{one} is not valid for {mode} mode"),
        (several, all) => {
            anyhow::bail!(
                "{} of {all} files are not valid for {mode} mode: {}",
                several.len(),
                several.join(", ")
            )
        }
    }
}

/// A file by its name, with everything that is wrong with it, and a word about what matters little.
type Checked = (String, Report, Option<String>);

/// Everything that is wrong with a file; what would do nothing on a node of this version is told of as well.
fn check(path: &Path, args: &Args) -> anyhow::Result<Checked> {
    let (name, text) = files::read(path)?;
    let options = ValidateOptions { strict: args.strict, ..ValidateOptions::local(args.mode) };
    let reviewed = Config::review(&name, &text, &options);
    let mut report = reviewed.report;
    let notices = reviewed.config.map(|config| config.without_effect(args.mode)).unwrap_or_default();
    for notice in notices.iter().filter(|notice| notice.level > Level::Quiet) {
        report.push(notice.problem(&name));
    }
    let quiet = effects::quiet_line(&notices);
    Ok((name, report, quiet))
}

/// A file that is not there is as little valid as one that says the wrong things.
fn unreadable(path: &Path, error: &anyhow::Error) -> Checked {
    let name = path.to_string_lossy().into_owned();
    let mut report = Report::default();
    report.push(Problem::unplaced("unreadable", &name, format!("{error:#}")));
    (name, report, None)
}

fn tell(name: &str, report: &Report, quiet: Option<&str>, mode: Mode) -> anyhow::Result<()> {
    if !report.is_empty() {
        note(&report.to_string());
    }
    if let Some(quiet) = quiet {
        note(&format!("{name}: note: {quiet}"));
    }
    if report.has_errors() { Ok(()) } else { print(&format!("{name} is valid for {mode} mode\n")) }
}

fn row(name: &str, report: &Report, quiet: Option<&str>) -> Value {
    let verdict = match (report.has_errors(), report.is_empty()) {
        (true, _) => "error",
        (false, false) => "warning",
        (false, true) => "fine",
    };
    json!({
        "file": name,
        "verdict": verdict,
        "problems": report.to_json(),
        "left_off": report.left_off(),
        "note": quiet,
    })
}
