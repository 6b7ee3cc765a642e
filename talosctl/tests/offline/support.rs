//! A folder to run the program in.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The built program.
pub const TALOSCTL: &str = env!("CARGO_BIN_EXE_talosctl");

/// An empty folder that is gone with the test.
pub struct Folder(tempfile::TempDir);

/// What a run left.
#[derive(Debug)]
pub struct Run {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One with `secrets.yaml`, made once for all tests: the RSA key in it takes its time.
    pub fn with_secrets() -> Self {
        static SECRETS: OnceLock<String> = OnceLock::new();
        let folder = Self::new();
        let text = SECRETS.get_or_init(|| {
            let made = Folder::new();
            made.ok(&["gen", "secrets"]);
            made.read("secrets.yaml")
        });
        folder.write("secrets.yaml", text);
        folder
    }

    /// One with the configurations of a cluster as well; `version` as of `--talos-version`.
    pub fn with_cluster(version: &str) -> Self {
        let folder = Self::with_secrets();
        folder.ok(&[
            "gen",
            "config",
            "demo",
            "https://10.5.0.1:6443",
            "--with-secrets",
            "secrets.yaml",
            "--talos-version",
            version,
        ]);
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.join(name).parent().unwrap()).unwrap();
        std::fs::write(self.join(name), text).unwrap();
    }

    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", std::env::var_os("PATH").unwrap());
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        let output = self.command(TALOSCTL).args(args).output().unwrap();
        Run {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn ok(&self, args: &[&str]) -> Run {
        let run = self.run(args);
        assert_eq!(run.status, 0, "{args:?}: {run:?}");
        run
    }

    /// What it says when it fails.
    pub fn fails(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.status, 1, "{args:?}: {run:?}");
        run.err
    }
}
