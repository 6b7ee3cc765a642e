//! The client configuration on disk (contract api.md 2.4).

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::talosconfig::{Context, Talosconfig};

use crate::files;
use crate::global::Global;

/// Where pods find theirs; read, never written.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/talos.dev/config";

/// A client configuration and the file it belongs to.
pub struct File {
    /// Its content.
    pub config: Talosconfig,
    /// Where it is, or will be.
    pub path: PathBuf,
}

/// Opens the client configuration; one that does not exist yet is empty.
pub fn open(global: &Global) -> anyhow::Result<File> {
    let path = path(global.talosconfig.as_deref(), |key| std::env::var_os(key).map(PathBuf::from));
    let path = path?;
    let config = match std::fs::read(&path) {
        Ok(text) => Talosconfig::parse(&text).with_context(|| format!("cannot use {}", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Talosconfig::default(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    Ok(File { config, path })
}

/// The value of `Authorization` for a context with user and password, for gateways in front of nodes.
pub fn basic(context: &Context) -> Option<String> {
    let basic = context.other.get("auth")?.get("basic")?;
    let text = |key: &str| basic.get(key).and_then(|node| node.as_str()).unwrap_or_default();
    Some(format!("Basic {}", STANDARD.encode(format!("{}:{}", text("username"), text("password")))))
}

impl File {
    /// The context that a command is about.
    ///
    /// # Errors
    /// If the file is empty or has no such context.
    pub fn selected(&self, global: &Global) -> anyhow::Result<&Context> {
        anyhow::ensure!(
            !self.config.contexts.is_empty(),
            "talos config file is empty: {}; create a cluster, or take over a file with `talosctl config merge`",
            self.path.display()
        );
        Ok(self.config.select(global.context.as_deref())?)
    }

    /// Name of the context that a command is about.
    pub fn selected_name<'a>(&'a self, global: &'a Global) -> &'a str {
        global.context.as_deref().unwrap_or(&self.config.context)
    }

    /// Writes it back; a new one with 0600, in a folder of 0700.
    pub fn save(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.path != Path::new(SERVICE_ACCOUNT), "{SERVICE_ACCOUNT} cannot be changed");
        if let Some(folder) = self.path.parent().filter(|f| !f.as_os_str().is_empty() && !f.exists()) {
            sys::fs::create_dir(folder, 0o700)?;
        }
        files::replace(&self.path, self.config.to_text().as_bytes(), files::SECRET)
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn path(flag: Option<&Path>, env: impl Fn(&str) -> Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(flag) = flag {
        return Ok(flag.to_owned());
    }
    let set = |key: &str| env(key).filter(|p| !p.as_os_str().is_empty());
    let mut candidates: Vec<PathBuf> = set("TALOSCONFIG").into_iter().collect();
    match set("TALOS_HOME") {
        Some(home) => {
            anyhow::ensure!(
                home.is_absolute(),
                "TALOS_HOME has to be an absolute path, not {}",
                home.display()
            );
            candidates.push(home.join("config"));
        }
        None => candidates.extend(set("HOME").map(|home| home.join(".talos/config"))),
    }
    let fallback = candidates.first().cloned();
    candidates.push(SERVICE_ACCOUNT.into());
    let existing = candidates.into_iter().find(|p| p.exists());
    existing
        .or(fallback)
        .context("no place for the client configuration: set HOME, TALOS_HOME or TALOSCONFIG")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_that_exists_counts_and_else_the_first_that_can_be_written() {
        let dir = tempfile::tempdir().unwrap();
        let (a, home) = (dir.path().join("a"), dir.path().join("home"));
        let env = |key: &str| match key {
            "TALOSCONFIG" => Some(a.clone()),
            "HOME" => Some(home.clone()),
            _ => None,
        };
        assert_eq!(path(None, env).unwrap(), a);
        std::fs::create_dir_all(home.join(".talos")).unwrap();
        std::fs::write(home.join(".talos/config"), "").unwrap();
        assert_eq!(path(None, env).unwrap(), home.join(".talos/config"));
        assert_eq!(path(Some(Path::new("x")), env).unwrap(), Path::new("x"));
    }

    #[test]
    fn a_relative_home_is_refused() {
        let env = |key: &str| (key == "TALOS_HOME").then(|| PathBuf::from("relative"));
        assert!(path(None, env).is_err());
    }
}
