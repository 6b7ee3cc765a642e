//! Self-restriction of a daemon once it holds everything it needs: landlock for files and TCP
//! ports, seccomp for system calls.
//!
//! Both are irrevocable and apply to the calling thread and the threads it starts later; call them
//! on a single-threaded (current_thread) runtime before any blocking work. Where the kernel lacks
//! one, the daemon goes on without it and the reason is in the returned [`Enforcement`], for the log.

mod syscalls;

use std::fmt;
use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, NetPort, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};

use crate::{Error, Result};

pub use syscalls::{Syscalls, restrict_syscalls};

/// What a daemon may still reach of the file system and the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Readable trees or files. What does not exist is skipped.
    pub read: Vec<PathBuf>,
    /// Trees or files that may be read, written and changed in every way. Unix sockets are
    /// connected to by right of their permissions, not of this list.
    pub write: Vec<PathBuf>,
    /// Executable (and readable) trees or files.
    pub execute: Vec<PathBuf>,
    /// TCP ports that may be listened on; `None` leaves binding unrestricted.
    pub bind_tcp: Option<Vec<u16>>,
    /// TCP ports that may be connected to; `None` leaves connecting unrestricted.
    pub connect_tcp: Option<Vec<u16>>,
}

/// How much of a restriction the kernel took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enforcement {
    /// All of it.
    Full,
    /// Some of it; the text says why.
    Partial(String),
    /// None of it; the text says why.
    None(String),
}

impl fmt::Display for Enforcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Enforcement::Full => f.write_str("enforced"),
            Enforcement::Partial(why) => write!(f, "partly enforced: {why}"),
            Enforcement::None(why) => write!(f, "not enforced: {why}"),
        }
    }
}

/// The newest landlock version whose rights are all meant here; later ones are added with thought,
/// because each handled right that no rule grants is taken away.
const LANDLOCK: ABI = ABI::V5;

/// Takes away everything that `files` does not name, and signalling and abstract sockets outside
/// this process. Also sets no_new_privs.
///
/// # Errors
/// If the kernel has landlock but refuses this ruleset.
pub fn restrict_files(files: &Files) -> Result<Enforcement> {
    apply(files).map_err(|error| Error::other("restrict file access with landlock", error.to_string()))
}

fn apply(files: &Files) -> std::result::Result<Enforcement, landlock::RulesetError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .scope(Scope::Signal)?
        .scope(Scope::AbstractUnixSocket)?;
    if files.bind_tcp.is_some() {
        ruleset = ruleset.handle_access(AccessNet::BindTcp)?;
    }
    if files.connect_tcp.is_some() {
        ruleset = ruleset.handle_access(AccessNet::ConnectTcp)?;
    }
    let read = AccessFs::from_read(LANDLOCK) & !AccessFs::Execute;
    let groups = [
        (&files.read, read),
        (&files.write, AccessFs::from_all(LANDLOCK) & !AccessFs::Execute),
        (&files.execute, read | AccessFs::Execute),
    ];
    let mut created = ruleset.create()?;
    for (paths, access) in groups {
        for path in paths {
            let Ok(fd) = PathFd::new(path) else { continue };
            // Rights that only directories can have are refused for files.
            let access = if path.is_dir() { access } else { access & AccessFs::from_file(LANDLOCK) };
            created = created.add_rule(PathBeneath::new(fd, access))?;
        }
    }
    for port in files.bind_tcp.iter().flatten() {
        created = created.add_rule(NetPort::new(*port, AccessNet::BindTcp))?;
    }
    for port in files.connect_tcp.iter().flatten() {
        created = created.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
    }
    let status = created.restrict_self()?;
    let kernel = match status.landlock {
        LandlockStatus::NotEnabled => "landlock is not enabled in this kernel (lsm=)".to_owned(),
        LandlockStatus::NotImplemented => "this kernel has no landlock".to_owned(),
        LandlockStatus::Available { effective_abi, .. } => {
            format!("this kernel has landlock {effective_abi} only")
        }
    };
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Enforcement::Full,
        RulesetStatus::PartiallyEnforced => Enforcement::Partial(kernel),
        RulesetStatus::NotEnforced => Enforcement::None(kernel),
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
