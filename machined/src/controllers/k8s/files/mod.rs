//! Secrets and configuration files of the control plane's pods (contract os.md 6.2).

mod config;
mod secrets;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use state::Runtime;

use crate::controllers::files::{Owner, write};
use crate::kubernetes::staticpods::{CONFIG, SECRETS};

/// Id of the statuses.
pub const STATIC_PODS: &str = "static-pods";

/// uid and gid of the components (contract os.md 6.2).
const API_SERVER: u32 = 65534;
const CONTROLLER_MANAGER: u32 = 65535;
const SCHEDULER: u32 = 65536;

/// Registers the controllers of this package.
pub fn register(runtime: &mut Runtime) {
    runtime.register(secrets::RenderSecrets { folder: SECRETS.into() });
    runtime.register(config::RenderConfig { folder: CONFIG.into() });
}

/// A file of one component.
struct File {
    component: &'static str,
    name: &'static str,
    owner: u32,
    contents: Vec<u8>,
}

/// Writes files below `folder`; a version that is the same whenever the contents are.
fn write_all(folder: &Path, files: &[File]) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    for file in files {
        let place: PathBuf = folder.join(file.component);
        sys::fs::create_dir(&place, 0o755)?;
        let owner = nix::unistd::geteuid().is_root().then_some(Owner(file.owner));
        write(&place.join(file.name), &file.contents, 0o400, owner)?;
        for part in [file.component.as_bytes(), file.name.as_bytes(), &file.contents] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
    }
    Ok(hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_changes_with_the_contents_and_not_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let file = |text: &str| File { component: "a", name: "b", owner: 0, contents: text.into() };
        let first = write_all(dir.path(), &[file("x")]).unwrap();
        assert_eq!(write_all(dir.path(), &[file("x")]).unwrap(), first);
        assert_ne!(write_all(dir.path(), &[file("y")]).unwrap(), first);
        assert_eq!(std::fs::read(dir.path().join("a/b")).unwrap(), b"y");
    }
}
