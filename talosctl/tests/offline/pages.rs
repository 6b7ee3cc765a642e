//! What the pages under docs/configuration show is what happens: their commands are run, and print what stands
//! below them.
//!
//! A page is one session in an empty folder. Blocks of kind `console` are run: a line that begins with `$ ` is a
//! command, with `> ` its continuation; what follows is what it prints, both outputs together. A line of `…` stands for
//! any number of lines. Blocks of kind `console node` need a node and are not run.

use std::path::Path;
use std::process::Stdio;

use super::support::{Folder, TALOSCTL};

/// A command and what it prints.
struct Example {
    line: usize,
    command: String,
    expected: Vec<String>,
}

fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside && line == "```console";
        } else if !inside {
        } else if let Some(command) = line.strip_prefix("$ ") {
            examples.push(Example { line: number + 1, command: command.to_owned(), expected: Vec::new() });
        } else {
            let example = examples.last_mut().expect("a block begins with a command");
            match line.strip_prefix("> ").or((line == ">").then_some("")) {
                Some(more) if example.expected.is_empty() => {
                    example.command.push('\n');
                    example.command.push_str(more);
                }
                _ => example.expected.push(line.to_owned()),
            }
        }
    }
    examples
}

fn fits(expected: &[String], printed: &[&str]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => (0..=printed.len()).any(|at| fits(rest, &printed[at..])),
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(first, more)| first == line && fits(rest, more))
        }
    }
}

fn check(page: &Path) -> usize {
    let text = std::fs::read_to_string(page).unwrap();
    let examples = examples(&text);
    let folder = Folder::new();
    let programs = Path::new(TALOSCTL).parent().unwrap();
    let path = std::env::join_paths(
        std::iter::once(programs.to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    for example in &examples {
        let mut shell = folder.command("bash");
        shell.env("PATH", &path).env("LC_ALL", "C.UTF-8").stdout(Stdio::piped());
        let output = shell.arg("-c").arg(format!("exec 2>&1\n{}", example.command)).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
        assert!(
            fits(&example.expected, &lines),
            "{}:{}: {}\nprints\n{printed}\nand the page says\n{}",
            page.display(),
            example.line,
            example.command,
            example.expected.join("\n")
        );
    }
    examples.len()
}

#[test]
fn every_example_of_every_page_prints_what_the_page_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration");
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    let run: usize = pages.iter().map(|page| check(page)).sum();
    assert!(run >= 25, "only {run} examples were run");
}
