//! The programs of a node in one file: which one runs is said by the name that it is started under.
//!
//! They stay separate processes with separate users and restrictions. In one file they share the code that they
//! have in common, on the disk and in memory: a third of both.

use std::path::Path;
use std::process::ExitCode;

/// A program: a name under which this file lies in the root image, and what it does.
type Program = (&'static str, fn() -> ExitCode);

const PROGRAMS: [Program; 5] = [
    ("init", machined::process::main),
    ("machined", machined::process::main),
    ("apid", apid::process::main),
    ("trustd", trustd::process::main),
    ("networkd", networkd::process::main),
];

fn main() -> ExitCode {
    let called = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&called).file_name().unwrap_or_default();
    match PROGRAMS.iter().find(|(program, _)| *program == name) {
        Some((_, main)) => main(),
        None => {
            let names: Vec<&str> = PROGRAMS.iter().map(|(program, _)| *program).collect();
            eprintln!("{} is no program of a node: start it as one of {}", name.display(), names.join(", "));
            ExitCode::FAILURE
        }
    }
}
