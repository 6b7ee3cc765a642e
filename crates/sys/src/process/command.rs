//! What a child process is to be: plain data, turned into system calls by `spawn`.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

use caps::Capability;
use nix::sched::CloneFlags;
use nix::sys::resource::Resource;
use nix::sys::signal::Signal;

/// The identity a child runs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Real, effective and saved user id.
    pub uid: u32,
    /// Real, effective and saved group id.
    pub gid: u32,
    /// Supplementary groups; empty clears them.
    pub groups: Vec<u32>,
}

impl User {
    /// A user whose group has the same number and who has no supplementary groups.
    pub fn with_own_group(id: u32) -> Self {
        Self { uid: id, gid: id, groups: Vec::new() }
    }
}

/// Which capabilities a child and everything below it can ever have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CapabilityPolicy {
    /// What this process has.
    #[default]
    Inherit,
    /// Exactly these: bounding, permitted, effective and ambient. Empty means none at all.
    Only(Vec<Capability>),
    /// What this process has, less these.
    Without(Vec<Capability>),
}

/// One resource limit; applied if the kernel lets us (raising needs CAP_SYS_RESOURCE).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rlimit {
    /// Which resource.
    pub resource: Resource,
    /// Soft limit, in the resource's unit.
    pub soft: u64,
    /// Hard limit, in the resource's unit.
    pub hard: u64,
}

/// Where one standard stream of the child goes.
#[derive(Debug, Clone, Default)]
pub enum Stdio {
    /// `/dev/null`.
    #[default]
    Null,
    /// The stream of this process.
    Inherit,
    /// A new pipe whose other end is in [`super::Child`].
    Pipe,
    /// This descriptor.
    Fd(Arc<OwnedFd>),
}

/// A namespace that the child enters before it executes.
#[derive(Debug, Clone)]
pub struct Namespace {
    /// An open namespace file.
    pub fd: Arc<OwnedFd>,
    /// Its kind, for example `CloneFlags::CLONE_NEWNET`.
    pub kind: CloneFlags,
}

/// A program to run and everything the kernel must be told about it.
///
/// The environment is exactly `env`: nothing of this process leaks into a child.
#[derive(Debug, Clone)]
pub struct Command {
    /// Path of the program, or a bare name looked up in the command's PATH.
    pub program: PathBuf,
    /// argv\[0\]; the program's path if none.
    pub arg0: Option<OsString>,
    /// Arguments after argv\[0\].
    pub args: Vec<OsString>,
    /// The whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Working directory; `/` if none.
    pub working_dir: Option<PathBuf>,
    /// Whom it runs as; this process' identity if none.
    pub user: Option<User>,
    /// What it may ever do.
    pub capabilities: CapabilityPolicy,
    /// Limits, each best effort.
    pub rlimits: Vec<Rlimit>,
    /// OOM preference, -1000 to 1000, best effort.
    pub oom_score_adj: Option<i32>,
    /// Scheduling niceness, best effort.
    pub nice: Option<i32>,
    /// `cgroup.procs` files of the cgroups to join, from [`crate::cgroup::Group::procs_files`].
    pub cgroup_procs: Vec<PathBuf>,
    /// Standard input.
    pub stdin: Stdio,
    /// Standard output.
    pub stdout: Stdio,
    /// Standard error.
    pub stderr: Stdio,
    /// Descriptors that the child gets as 3, 4, … in this order. All others are closed.
    pub inherit: Vec<Arc<OwnedFd>>,
    /// Starts a session of its own, so that terminal signals do not reach it.
    pub new_session: bool,
    /// Sent to the child when the thread that started it ends.
    pub parent_death_signal: Option<Signal>,
    /// Neither it nor its children gain privileges by executing something.
    pub no_new_privs: bool,
    /// Namespaces created for the child.
    pub new_namespaces: CloneFlags,
    /// Namespaces created after the cgroups were joined (`CLONE_NEWCGROUP` needs this order).
    pub unshare: CloneFlags,
    /// Existing namespaces to enter.
    pub enter: Vec<Namespace>,
    /// File mode creation mask; inherited if none.
    pub umask: Option<u32>,
}

impl Command {
    /// Runs `program` with no arguments, an empty environment and null streams.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arg0: None,
            args: Vec::new(),
            env: Vec::new(),
            working_dir: None,
            user: None,
            capabilities: CapabilityPolicy::Inherit,
            rlimits: Vec::new(),
            oom_score_adj: None,
            nice: None,
            cgroup_procs: Vec::new(),
            stdin: Stdio::Null,
            stdout: Stdio::Null,
            stderr: Stdio::Null,
            inherit: Vec::new(),
            new_session: false,
            parent_death_signal: None,
            no_new_privs: false,
            new_namespaces: CloneFlags::empty(),
            unshare: CloneFlags::empty(),
            enter: Vec::new(),
            umask: None,
        }
    }

    /// Appends one argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Appends arguments.
    pub fn args<I: IntoIterator<Item = S>, S: Into<OsString>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets one environment variable; a later value replaces an earlier one.
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        let key = key.into();
        self.env.retain(|(existing, _)| *existing != key);
        self.env.push((key, value.into()));
        self
    }

    /// Copies this process' environment.
    pub fn inherit_env(mut self) -> Self {
        for (key, value) in std::env::vars_os() {
            self = self.env(key, value);
        }
        self
    }

    /// Runs as `user`.
    pub fn user(mut self, user: User) -> Self {
        self.user = Some(user);
        self
    }

    /// Restricts capabilities.
    pub fn capabilities(mut self, policy: CapabilityPolicy) -> Self {
        self.capabilities = policy;
        self
    }

    /// Adds a descriptor that the child sees as 3 plus the number of those added before.
    pub fn inherit(mut self, fd: impl Into<Arc<OwnedFd>>) -> Self {
        self.inherit.push(fd.into());
        self
    }

    /// Adds a resource limit.
    pub fn rlimit(mut self, resource: Resource, soft: u64, hard: u64) -> Self {
        self.rlimits.push(Rlimit { resource, soft, hard });
        self
    }

    /// Sets the OOM preference.
    pub fn oom_score_adj(mut self, score: i32) -> Self {
        self.oom_score_adj = Some(score);
        self
    }

    /// Joins the cgroups whose `cgroup.procs` files these are.
    pub fn cgroup(mut self, procs_files: Vec<PathBuf>) -> Self {
        self.cgroup_procs = procs_files;
        self
    }

    /// Sets standard input.
    pub fn stdin(mut self, stdio: Stdio) -> Self {
        self.stdin = stdio;
        self
    }

    /// Sets standard output.
    pub fn stdout(mut self, stdio: Stdio) -> Self {
        self.stdout = stdio;
        self
    }

    /// Sets standard error.
    pub fn stderr(mut self, stdio: Stdio) -> Self {
        self.stderr = stdio;
        self
    }

    /// Starts a session of its own.
    pub fn new_session(mut self) -> Self {
        self.new_session = true;
        self
    }

    /// Dies with this process.
    pub fn parent_death_signal(mut self, signal: Signal) -> Self {
        self.parent_death_signal = Some(signal);
        self
    }

    /// Forbids gaining privileges by executing.
    pub fn no_new_privs(mut self) -> Self {
        self.no_new_privs = true;
        self
    }

    /// Sets the working directory.
    pub fn working_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.working_dir = Some(dir.into());
        self
    }

    /// The value of an environment variable that the child will see.
    pub fn env_value(&self, key: &str) -> Option<&OsStr> {
        self.env.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_os_str())
    }
}
