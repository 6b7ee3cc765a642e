//! From a [`Command`] to a running process.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use caps::{CapSet, Capability};
use libc::c_int;
use nix::fcntl::OFlag;
use nix::sys::signal::{SigSet, SigmaskHow};

use super::child_setup::{self, CapMasks, MAX_INHERITED, Plan, Step};
use super::command::{CapabilityPolicy, Command, Stdio};
use crate::{Context, Error, Result};

/// Where a bare program name is looked up when the command has no PATH (contract os.md 4).
const DEFAULT_PATH: &str = "/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/cni/bin:/usr/sbin:/bin:/sbin";

/// A process that was just started.
pub(super) struct Started {
    pub pid: i32,
    pub pidfd: OwnedFd,
    pub streams: [Option<OwnedFd>; 3],
    /// Reports a failure before execve; closed by a successful one.
    pub errors: File,
}

/// Everything [`Plan`] points into; must outlive the clone.
struct Prepared {
    plan: Plan,
    _strings: Vec<CString>,
    _files: Vec<OwnedFd>,
}

/// Clones this process into the child that `command` describes. `registered` is called with the
/// PID before the child's end can be noticed by anybody (the caller holds the reaper's lock).
pub(super) fn start(command: &Command) -> Result<Started> {
    let (error_read, error_write) =
        nix::unistd::pipe2(OFlag::O_CLOEXEC).context(|| "create a pipe".into())?;
    let mut streams = [None, None, None];
    let prepared = prepare(command, &mut streams, &error_write)?;
    let all = SigSet::all();
    let old = all
        .thread_swap_mask(SigmaskHow::SIG_SETMASK)
        .context(|| "block signals for a moment to start a process".into())?;
    let result = clone(command, &prepared.plan);
    let restored = old.thread_set_mask();
    drop(error_write);
    let (pid, pidfd) = result?;
    restored.context(|| "unblock signals".into())?;
    Ok(Started { pid, pidfd, streams, errors: File::from(error_read) })
}

/// Waits until the child executed (an immediate end of file) or reported why it could not.
pub(super) fn executed(command: &Command, mut errors: File) -> Result<()> {
    let mut report = [0u8; 8];
    let action = |step: &str| format!("start {}: {step}", command.program.display());
    match errors.read_exact(&mut report) {
        Err(end) if end.kind() == std::io::ErrorKind::UnexpectedEof => Ok(()),
        Err(error) => Err(Error::new(action("learn whether it was executed"), error)),
        Ok(()) => {
            let errno = i32::from_ne_bytes([report[4], report[5], report[6], report[7]]);
            Err(Error::new(action(Step::describe(report[0])), std::io::Error::from_raw_os_error(errno)))
        }
    }
}

fn clone(command: &Command, plan: &Plan) -> Result<(i32, OwnedFd)> {
    let mut pidfd: c_int = -1;
    let flags = command.new_namespaces.bits() | libc::CLONE_PIDFD | libc::SIGCHLD;
    // SAFETY: without CLONE_VM this is fork: the child gets a copy of memory and stack. The kernel
    // stores the pidfd through the third argument; the remaining ones are unused with these flags,
    // so their differing order between architectures does not matter.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags as libc::c_ulong, 0usize, &raw mut pidfd, 0, 0) };
    match pid {
        // SAFETY: this is the fresh child with all signals blocked; the plan's pointers are valid
        // in its copy of memory.
        0 => unsafe { child_setup::run(plan) },
        pid if pid > 0 => {
            // SAFETY: the kernel just created this descriptor for us and nobody else owns it.
            let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
            Ok((pid as i32, pidfd))
        }
        _ => Err(Error::new(
            format!("start {}: clone", command.program.display()),
            std::io::Error::last_os_error(),
        )),
    }
}

fn prepare(command: &Command, ours: &mut [Option<OwnedFd>; 3], errors: &OwnedFd) -> Result<Prepared> {
    let what = || format!("start {}", command.program.display());
    if command.inherit.len() > MAX_INHERITED {
        return Err(Error::other(what(), format!("at most {MAX_INHERITED} descriptors can be inherited")));
    }
    let program = resolve(command)?;
    let mut strings = Vec::new();
    let mut keep = |bytes: Vec<u8>| -> Result<*const libc::c_char> {
        let string = CString::new(bytes)
            .map_err(|_| Error::other(what(), "an argument or variable contains a NUL byte"))?;
        let pointer = string.as_ptr();
        strings.push(string);
        Ok(pointer)
    };
    let arg0 = command.arg0.clone().unwrap_or_else(|| command.program.clone().into_os_string());
    let mut argv = vec![keep(arg0.into_vec())?];
    for arg in &command.args {
        argv.push(keep(arg.clone().into_vec())?);
    }
    argv.push(std::ptr::null());
    let mut envp = Vec::new();
    for (key, value) in &command.env {
        let mut pair: OsString = key.clone();
        pair.push("=");
        pair.push(value);
        envp.push(keep(pair.into_vec())?);
    }
    envp.push(std::ptr::null());

    let mut files = Vec::new();
    let mut fds: [RawFd; 3 + MAX_INHERITED] = [-1; 3 + MAX_INHERITED];
    for (index, stdio) in [&command.stdin, &command.stdout, &command.stderr].into_iter().enumerate() {
        fds[index] = stream(index, stdio, &mut files, &mut ours[index])?;
    }
    for (slot, fd) in fds.iter_mut().skip(3).zip(&command.inherit) {
        *slot = fd.as_raw_fd();
    }
    let mut cgroup_fds = Vec::new();
    for path in &command.cgroup_procs {
        let file = File::options().write(true).open(path).context(|| format!("open {}", path.display()))?;
        cgroup_fds.push(file.as_raw_fd());
        files.push(file.into());
    }
    let (drop_bounding, capabilities) = capability_plan(command)?;
    let cstring = |path: &Path| {
        CString::new(path.as_os_str().as_bytes())
            .map_err(|_| Error::other(what(), "a path contains a NUL byte"))
    };
    let plan = Plan {
        program: cstring(&program)?,
        argv,
        envp,
        working_dir: cstring(command.working_dir.as_deref().unwrap_or(Path::new("/")))?,
        new_session: command.new_session,
        parent_death: command.parent_death_signal.map_or(0, |signal| signal as c_int),
        no_new_privs: command.no_new_privs,
        cgroup_fds,
        enter: command.enter.iter().map(|ns| (ns.fd.as_raw_fd(), ns.kind.bits())).collect(),
        unshare: command.unshare.bits(),
        rlimits: command.rlimits.iter().map(|l| (l.resource as c_int, [l.soft, l.hard])).collect(),
        oom_score_adj: command.oom_score_adj.and_then(|score| CString::new(score.to_string()).ok()),
        nice: command.nice,
        umask: command.umask,
        fds,
        fd_count: 3 + command.inherit.len(),
        drop_bounding,
        user: command.user.as_ref().map(|user| (user.uid, user.gid, user.groups.clone())),
        capabilities,
        error_fd: errors.as_raw_fd(),
    };
    Ok(Prepared { plan, _strings: strings, _files: files })
}

/// The child's end of one standard stream; a pipe's other end goes to `ours`.
fn stream(
    index: usize,
    stdio: &Stdio,
    files: &mut Vec<OwnedFd>,
    ours: &mut Option<OwnedFd>,
) -> Result<RawFd> {
    let child_end = match stdio {
        Stdio::Inherit => return Ok(index as RawFd),
        Stdio::Fd(fd) => return Ok(fd.as_raw_fd()),
        Stdio::Null => File::options()
            .read(true)
            .write(true)
            .open("/dev/null")
            .context(|| "open /dev/null".into())?
            .into(),
        Stdio::Pipe => {
            let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC).context(|| "create a pipe".into())?;
            let (theirs, mine) = if index == 0 { (read, write) } else { (write, read) };
            *ours = Some(mine);
            theirs
        }
    };
    let raw = child_end.as_raw_fd();
    files.push(child_end);
    Ok(raw)
}

fn resolve(command: &Command) -> Result<PathBuf> {
    if command.program.as_os_str().as_bytes().contains(&b'/') {
        return Ok(command.program.clone());
    }
    let path = command.env_value("PATH").unwrap_or(DEFAULT_PATH.as_ref());
    std::env::split_paths(path).map(|dir| dir.join(&command.program)).find(|file| file.is_file()).ok_or_else(
        || {
            let reason = format!("no such program in {}", path.to_string_lossy());
            Error::other(format!("start {}", command.program.display()), reason)
        },
    )
}

/// What to drop from the bounding set, and the sets to install, for the command's policy.
fn capability_plan(command: &Command) -> Result<(Vec<libc::c_ulong>, Option<CapMasks>)> {
    let (keeps, ambient): (Box<dyn Fn(Capability) -> bool>, bool) = match &command.capabilities {
        CapabilityPolicy::Inherit => return Ok((Vec::new(), None)),
        CapabilityPolicy::Only(list) => {
            let list = list.clone();
            (Box::new(move |cap| list.contains(&cap)), true)
        }
        CapabilityPolicy::Without(list) => {
            let list = list.clone();
            (Box::new(move |cap| !list.contains(&cap)), false)
        }
    };
    let read = |set| {
        caps::read(None, set)
            .map_err(|error| Error::other("read this process' capabilities", error.to_string()))
    };
    let (bounding, permitted) = (read(CapSet::Bounding)?, read(CapSet::Permitted)?);
    let drop =
        bounding.iter().filter(|cap| !keeps(**cap)).map(|cap| libc::c_ulong::from(cap.index())).collect();
    // A host may lack a capability that is asked for: then it is not there for the child either.
    let kept = permitted.iter().filter(|cap| keeps(**cap)).fold(0u64, |mask, cap| mask | cap.bitmask());
    let inheritable = if ambient { kept } else { 0 };
    // Without a wish for ambient capabilities a change of user is to lose them all, as always.
    if !ambient && command.user.as_ref().is_some_and(|user| user.uid != 0) {
        return Ok((drop, None));
    }
    Ok((drop, Some(CapMasks { permitted: kept, inheritable, ambient: inheritable })))
}
