//! Packet forwarding of this machine: on while there are clusters, as before when there are none.
//!
//! The clusters of all users share it, so what is remembered lies in one place of the machine, which is
//! empty after a boot as the parameter is.

use std::path::PathBuf;

use sys::fs::{LockFile, create_dir, write_atomically};
use sys::sysctl::{SysctlPort, Sysctls};

use crate::local::error::{Error, Result};
use crate::local::names::Names;
use crate::local::state::remove_file;

const PARAMETER: &str = "net.ipv4.ip_forward";

/// Turns forwarding on for a cluster and remembers, once, what it was.
pub(crate) fn forward_packets(names: &Names) -> Result<()> {
    Forwarding::of_this_machine().turn_on(names, &Sysctls::default())
}

/// Puts forwarding back if no other cluster needs it.
pub(crate) fn restore_forwarding(names: &Names) -> Result<()> {
    Forwarding::of_this_machine().turn_back(names, &Sysctls::default())
}

/// What was before, and a file for each cluster that needs it.
struct Forwarding {
    dir: PathBuf,
}

impl Forwarding {
    fn of_this_machine() -> Self {
        Self { dir: "/run/talos-clusters".into() }
    }

    fn lock(&self) -> Result<LockFile> {
        create_dir(&self.dir, 0o700)?;
        create_dir(&self.users(), 0o700)?;
        Ok(LockFile::acquire(&self.dir.join("lock"))?)
    }

    fn users(&self) -> PathBuf {
        self.dir.join("forwarding")
    }

    fn memory(&self) -> PathBuf {
        self.dir.join("ip_forward")
    }

    fn turn_on(&self, names: &Names, sysctls: &dyn SysctlPort) -> Result<()> {
        let _lock = self.lock()?;
        write_atomically(&self.users().join(names.hash()), b"", 0o600)?;
        let before = sysctls.get(PARAMETER)?;
        if before == "1" {
            return Ok(());
        }
        // First the memory, then the change: a crash in between restores what is anyway.
        if !self.memory().exists() {
            write_atomically(&self.memory(), before.as_bytes(), 0o600)?;
        }
        Ok(sysctls.set(PARAMETER, "1")?)
    }

    fn turn_back(&self, names: &Names, sysctls: &dyn SysctlPort) -> Result<()> {
        let _lock = self.lock()?;
        remove_file(&self.users().join(names.hash()))?;
        let users = self.users();
        let mut others = std::fs::read_dir(&users).map_err(Error::file("list", &users))?;
        let memory = self.memory();
        if others.next().is_some() || !memory.exists() {
            return Ok(());
        }
        let before = std::fs::read_to_string(&memory).map_err(Error::file("read", &memory))?;
        if !before.trim().is_empty() {
            sysctls.set(PARAMETER, before.trim())?;
        }
        remove_file(&memory)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sys::fakes;

    use super::*;

    fn setup(before: &str) -> (tempfile::TempDir, Forwarding, fakes::Sysctls) {
        let root = tempfile::tempdir().unwrap();
        let forwarding = Forwarding { dir: root.path().join("clusters") };
        let sysctls = fakes::Sysctls::default();
        sysctls.set(PARAMETER, before).unwrap();
        (root, forwarding, sysctls)
    }

    /// A cluster of one user and one of another.
    fn two() -> (Names, Names) {
        (Names::new(Path::new("/a"), "demo"), Names::new(Path::new("/b"), "demo"))
    }

    #[test]
    fn forwarding_is_put_back_only_when_the_last_cluster_of_all_users_is_gone() {
        let (_root, forwarding, sysctls) = setup("0");
        let (one, other) = two();
        forwarding.turn_on(&one, &sysctls).unwrap();
        forwarding.turn_on(&one, &sysctls).unwrap();
        forwarding.turn_on(&other, &sysctls).unwrap();
        forwarding.turn_back(&one, &sysctls).unwrap();
        forwarding.turn_back(&one, &sysctls).unwrap();
        assert_eq!(sysctls.get(PARAMETER).unwrap(), "1", "the other is still there");
        forwarding.turn_back(&other, &sysctls).unwrap();
        assert_eq!(sysctls.get(PARAMETER).unwrap(), "0");
        assert!(!forwarding.memory().exists());
    }

    #[test]
    fn forwarding_that_was_on_before_stays_on() {
        let (_root, forwarding, sysctls) = setup("1");
        let (one, _) = two();
        forwarding.turn_on(&one, &sysctls).unwrap();
        forwarding.turn_back(&one, &sysctls).unwrap();
        assert_eq!(sysctls.get(PARAMETER).unwrap(), "1");
    }

    #[test]
    fn a_cluster_that_never_was_changes_nothing() {
        let (_root, forwarding, sysctls) = setup("0");
        forwarding.turn_back(&two().0, &sysctls).unwrap();
        assert_eq!(sysctls.get(PARAMETER).unwrap(), "0");
    }
}
