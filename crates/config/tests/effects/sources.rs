//! The source of the programs, without comments and tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Programs and the crates that read configurations for them.
const PROGRAMS: [&str; 6] = ["machined", "networkd", "apid", "trustd", "crates/daemon", "crates/health"];

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Files by their paths from the root.
pub struct Sources {
    programs: BTreeMap<String, String>,
}

impl Sources {
    pub fn read() -> Self {
        let mut programs = BTreeMap::new();
        for program in PROGRAMS {
            walk(&root().join(program).join("src"), &format!("{program}/src"), &mut programs);
        }
        assert!(programs.len() > 200, "{}", programs.len());
        Self { programs }
    }

    pub fn programs(&self) -> impl Iterator<Item = (&String, &String)> {
        self.programs.iter()
    }

    /// The code of a module, named as in Rust; of a folder, that of its `mod.rs`.
    pub fn module(&self, module: &str) -> &str {
        &self.programs[&self.file(module)]
    }

    /// The file of a module.
    pub fn file(&self, module: &str) -> String {
        let (program, rest) = module.split_once("::").unwrap();
        let path = format!("{program}/src/{}", rest.replace("::", "/"));
        let files = [format!("{path}.rs"), format!("{path}/mod.rs")];
        files
            .into_iter()
            .find(|file| self.programs.contains_key(file))
            .unwrap_or_else(|| panic!("there is no {module}"))
    }

    /// The types of resources that a module speaks of.
    pub fn resources(&self, module: &str) -> BTreeSet<&str> {
        words(self.module(module)).filter(|word| word.ends_with("Spec") && word.len() > 4).collect()
    }

    /// Whether a module names another by the last part of its path, or is named by it.
    pub fn calls(&self, module: &str, other: &str) -> bool {
        let last = |path: &str| path.rsplit("::").next().unwrap().to_owned();
        words(self.module(other)).any(|word| word == last(module))
            || words(self.module(module)).any(|word| word == last(other))
    }

    /// The files that call an accessor.
    pub fn callers(&self, name: &str) -> Vec<&String> {
        let call = format!("config.{name}()");
        self.programs.iter().filter(|(_, text)| text.contains(&call)).map(|(file, _)| file).collect()
    }

    /// The accessors that the language offers: public methods without arguments, of `access`.
    pub fn accessors(&self) -> Vec<String> {
        let mut files = BTreeMap::new();
        walk(&root().join("crates/config/src/access"), "access", &mut files);
        let mut names = Vec::new();
        for text in files.values() {
            let mut inside = false;
            for line in text.lines() {
                match line {
                    "impl Config {" => inside = true,
                    "}" => inside = false,
                    _ => {}
                }
                let method = line.strip_prefix("    pub fn ").filter(|_| inside);
                let name = method.and_then(|method| method.split_once("(&self)"));
                names.extend(name.map(|(name, _)| name.to_owned()));
            }
        }
        assert!(names.len() > 60, "{names:?}");
        names
    }
}

fn walk(folder: &Path, name: &str, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, file) = (entry.path(), entry.file_name().into_string().unwrap());
        let name = format!("{name}/{file}");
        if path.is_dir() {
            walk(&path, &name, files);
        } else if file.ends_with(".rs") && !file.contains("tests") {
            files.insert(name, code(&std::fs::read_to_string(path).unwrap()));
        }
    }
}

/// A text without its tests and comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Whether a name stands in a text as a whole word.
pub fn is_word(text: &str, name: &str) -> bool {
    words(text).any(|word| word == name)
}
