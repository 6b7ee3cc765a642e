//! `talosctl machineconfig patch`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use config::patch::Patch;

use crate::changes::Changes;
use crate::failure::usage;
use crate::files::{self, Output, PUBLIC};
use crate::output::print;
use crate::patches;

/// How a difference is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A line for each change
    Text,
    /// JSON
    Json,
}

/// Patch machine configurations
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Patches are merged into documents of the same kind and name, or are lists of JSON 6902 \
    operations. Each is @file, a folder of .yaml and .json files, or the patch itself; they are applied in order.

Examples:
  talosctl machineconfig patch worker.yaml -p @labels.yaml -o worker-1.yaml
  talosctl machineconfig patch worker.yaml -p 'machine: {sysctls: {vm.swappiness: \"1\"}}' --diff
  talosctl machineconfig patch nodes/*.yaml -p @common/ -o patched/"
)]
pub struct Args {
    /// The configurations; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A patch
    #[arg(short, long, value_name = "PATCH", required = true, allow_hyphen_values = true)]
    patch: Vec<String>,
    /// Where to write the result instead of standard output; of several files a folder
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Show what changes, where it is from and what it does, instead of the result
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "text",
        value_name = "FORM")]
    diff: Option<Form>,
}

/// Runs it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let patches = patches::load(&args.patch)?;
    let several = args.files.len() > 1;
    let mut taken = HashSet::new();
    // One after the other, so that a thousand files take no more memory than one.
    for file in &args.files {
        let output = output(args, file, &mut taken)?;
        one(args, file, output, &patches, several)?;
    }
    Ok(())
}

fn one(
    args: &Args,
    file: &Path,
    output: Option<PathBuf>,
    patches: &[Patch],
    several: bool,
) -> anyhow::Result<()> {
    let (name, text) = files::read(file)?;
    let base = patches::decode(&name, &text)?;
    let patched = patches::apply(&base, patches)?;
    match args.diff {
        Some(Form::Text) => {
            let heading = if several { format!("{name}:\n") } else { String::new() };
            print(&format!("{heading}{}", Changes::of(&base, &patched)))?;
        }
        Some(Form::Json) => print(&format!("{}\n", Changes::of(&base, &patched).to_json(&name)))?,
        None => {}
    }
    match output {
        Some(path) => files::write_quietly(&[Output::new(path, PUBLIC, patched.config.bytes())], true),
        None if args.diff.is_some() => Ok(()),
        None => files::write(&[Output::new("-", PUBLIC, patched.config.bytes())], true),
    }
}

/// Where the result of a file goes; nowhere but standard output if nothing is said.
fn output(args: &Args, file: &Path, taken: &mut HashSet<OsString>) -> anyhow::Result<Option<PathBuf>> {
    let several = args.files.len() > 1;
    let Some(path) = &args.output else {
        if several && args.diff.is_none() {
            return Err(usage("several files need a folder for the results: name it with the flag --output"));
        }
        return Ok(None);
    };
    let is_folder = path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/");
    if !several && !is_folder {
        return Ok(Some(path.clone()));
    }
    let name = file.file_name().filter(|_| !files::is_standard(file) && !files::is_standard(path));
    let Some(name) = name else {
        return Err(usage("standard input and output can be used with a single file only, not with several"));
    };
    if !taken.insert(name.to_owned()) {
        return Err(usage(format!(
            "two of the files are called {}: their results cannot be in one folder; patch them one by one",
            name.display()
        )));
    }
    Ok(Some(path.join(name)))
}
