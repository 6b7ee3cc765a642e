//! Packet forwarding of this machine: on while there are clusters, as before when there are none.

use std::path::PathBuf;

use sys::sysctl::{SysctlPort, Sysctls};

use crate::local::error::{Error, Result};
use crate::local::state::Files;

const PARAMETER: &str = "net.ipv4.ip_forward";

fn memory(files: &Files) -> PathBuf {
    files.root().join(".ip_forward")
}

/// Turns forwarding on and remembers, once, what it was.
pub(crate) fn forward_packets(files: &Files) -> Result<()> {
    let _lock = files.global_lock()?;
    turn_on(files, &Sysctls::default())
}

/// Puts forwarding back if no cluster is left.
pub(crate) fn restore_forwarding(files: &Files) -> Result<()> {
    let _lock = files.global_lock()?;
    turn_back(files, &Sysctls::default())
}

fn turn_on(files: &Files, sysctls: &dyn SysctlPort) -> Result<()> {
    let before = sysctls.get(PARAMETER)?;
    if before == "1" {
        return Ok(());
    }
    let path = memory(files);
    // First the memory, then the change: a crash in between restores what is anyway.
    if !path.exists() {
        sys::fs::write_atomically(&path, before.as_bytes(), 0o600)?;
    }
    Ok(sysctls.set(PARAMETER, "1")?)
}

fn turn_back(files: &Files, sysctls: &dyn SysctlPort) -> Result<()> {
    let path = memory(files);
    if !files.all().is_empty() || !path.exists() {
        return Ok(());
    }
    let before = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    if !before.trim().is_empty() {
        sysctls.set(PARAMETER, before.trim())?;
    }
    std::fs::remove_file(&path).map_err(Error::file("remove", &path))
}

#[cfg(test)]
mod tests {
    use sys::fakes;

    use super::*;

    fn setup(before: &str) -> (tempfile::TempDir, Files, fakes::Sysctls) {
        let root = tempfile::tempdir().unwrap();
        let files = Files::new(root.path(), "demo").unwrap();
        files.create().unwrap();
        let sysctls = fakes::Sysctls::default();
        sysctls.set(PARAMETER, before).unwrap();
        (root, files, sysctls)
    }

    #[test]
    fn forwarding_is_put_back_only_when_the_last_cluster_is_gone() {
        let (_root, files, sysctls) = setup("0");
        turn_on(&files, &sysctls).unwrap();
        turn_on(&files, &sysctls).unwrap();
        turn_back(&files, &sysctls).unwrap();
        assert_eq!(sysctls.get(PARAMETER).unwrap(), "1", "the cluster is still there");
        std::fs::remove_dir_all(files.dir()).unwrap();
        turn_back(&files, &sysctls).unwrap();
        assert_eq!(sysctls.get(PARAMETER).unwrap(), "0");
        assert!(!memory(&files).exists());
    }

    #[test]
    fn forwarding_that_was_on_before_stays_on() {
        let (_root, files, sysctls) = setup("1");
        turn_on(&files, &sysctls).unwrap();
        std::fs::remove_dir_all(files.dir()).unwrap();
        turn_back(&files, &sysctls).unwrap();
        assert_eq!(sysctls.get(PARAMETER).unwrap(), "1");
    }
}
