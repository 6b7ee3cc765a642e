//! What happens in the child between clone and execve: only async-signal-safe system calls.
//!
//! The parent may have other threads, so nothing here may allocate, lock or call a libc function
//! that talks to other threads (glibc's `setuid` family does: raw system calls are used instead).
//! Everything is prepared in [`Plan`] before the clone.

use std::ffi::CString;
use std::os::fd::RawFd;

use libc::{c_char, c_int, c_long, c_ulong};

/// Most descriptors a child can get besides the three standard streams.
pub(super) const MAX_INHERITED: usize = 13;

/// Which step failed; the parent turns it into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Step {
    Session = 1,
    Cgroup,
    EnterNamespace,
    Unshare,
    WorkingDir,
    Descriptors,
    Bounding,
    User,
    Capabilities,
    Ambient,
    NoNewPrivs,
    ParentDeath,
    Exec,
}

impl Step {
    pub(super) fn describe(code: u8) -> &'static str {
        match code {
            c if c == Step::Session as u8 => "start a session",
            c if c == Step::Cgroup as u8 => "join its cgroup",
            c if c == Step::EnterNamespace as u8 => "enter a namespace",
            c if c == Step::Unshare as u8 => "create namespaces",
            c if c == Step::WorkingDir as u8 => "enter its working directory",
            c if c == Step::Descriptors as u8 => "set up its file descriptors",
            c if c == Step::Bounding as u8 => "drop capabilities from the bounding set",
            c if c == Step::User as u8 => "change its user",
            c if c == Step::Capabilities as u8 => "set its capabilities",
            c if c == Step::Ambient as u8 => "raise its ambient capabilities",
            c if c == Step::NoNewPrivs as u8 => "set no_new_privs",
            c if c == Step::ParentDeath as u8 => "ask for a parent death signal",
            _ => "execute it",
        }
    }
}

/// Sets of capabilities as bit masks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CapMasks {
    pub permitted: u64,
    pub inheritable: u64,
    pub ambient: u64,
}

/// The whole preparation, done before the clone.
pub(super) struct Plan {
    pub program: CString,
    pub argv: Vec<*const c_char>,
    pub envp: Vec<*const c_char>,
    pub working_dir: CString,
    pub new_session: bool,
    pub parent_death: c_int,
    pub no_new_privs: bool,
    pub cgroup_fds: Vec<RawFd>,
    pub enter: Vec<(RawFd, c_int)>,
    pub unshare: c_int,
    pub rlimits: Vec<(c_int, [u64; 2])>,
    pub oom_score_adj: Option<CString>,
    pub nice: Option<c_int>,
    pub umask: Option<u32>,
    pub fds: [RawFd; 3 + MAX_INHERITED],
    pub fd_count: usize,
    pub drop_bounding: Vec<c_ulong>,
    pub user: Option<(u32, u32, Vec<u32>)>,
    pub capabilities: Option<CapMasks>,
    pub error_fd: RawFd,
}

#[repr(C)]
struct CapHeader {
    version: u32,
    pid: c_int,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct CapData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// `_LINUX_CAPABILITY_VERSION_3` of linux/capability.h.
const CAPABILITY_VERSION_3: u32 = 0x2008_0522;
/// `CLOSE_RANGE_CLOEXEC` of linux/close_range.h.
const CLOSE_RANGE_CLOEXEC: c_ulong = 4;

/// Carries out `plan` and executes; on failure reports the step and errno on the error pipe.
///
/// # Safety
/// Must be called in a freshly cloned child with its own copy of memory, all of whose signals are
/// blocked, and with every pointer and descriptor in `plan` valid.
pub(super) unsafe fn run(plan: &Plan) -> ! {
    let mut error_fd = plan.error_fd;
    // SAFETY: forwarded from the caller.
    let (step, errno) = unsafe { steps(plan, &mut error_fd) };
    let mut report = [0u8; 8];
    report[0] = step as u8;
    report[4..8].copy_from_slice(&errno.to_ne_bytes());
    // SAFETY: write and _exit are async-signal-safe; the buffer is on this stack.
    unsafe {
        libc::write(error_fd, report.as_ptr().cast(), report.len());
        libc::_exit(127)
    }
}

fn errno() -> c_int {
    // SAFETY: the location is this thread's errno and always valid.
    unsafe { *libc::__errno_location() }
}

macro_rules! must {
    ($step:expr, $call:expr) => {
        if $call < 0 {
            return ($step, errno());
        }
    };
}

/// # Safety
/// As [`run`]. Returns only when a step failed.
unsafe fn steps(plan: &Plan, error_fd: &mut RawFd) -> (Step, c_int) {
    // SAFETY: each call below is a system call (or an async-signal-safe wrapper of one) on values
    // prepared by the parent; none allocates or touches another thread.
    unsafe {
        reset_signal_handlers();
        if plan.new_session {
            must!(Step::Session, libc::setsid());
        }
        for fd in &plan.cgroup_fds {
            must!(Step::Cgroup, libc::write(*fd, b"0".as_ptr().cast(), 1));
        }
        for (fd, kind) in &plan.enter {
            must!(Step::EnterNamespace, libc::setns(*fd, *kind));
        }
        if plan.unshare != 0 {
            must!(Step::Unshare, libc::unshare(plan.unshare));
        }
        best_effort(plan);
        must!(Step::WorkingDir, libc::chdir(plan.working_dir.as_ptr()));
        if let Err(errno) = place_descriptors(plan, error_fd) {
            return (Step::Descriptors, errno);
        }
        if let Err(failure) = change_identity(plan) {
            return failure;
        }
        if plan.no_new_privs {
            must!(Step::NoNewPrivs, libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        }
        if plan.parent_death != 0 {
            // After the user change, which clears it.
            must!(Step::ParentDeath, libc::prctl(libc::PR_SET_PDEATHSIG, plan.parent_death as c_ulong));
            let mut poll = libc::pollfd { fd: *error_fd, events: 0, revents: 0 };
            if libc::poll(&mut poll, 1, 0) == 1 && poll.revents & libc::POLLERR != 0 {
                // The parent died before it could be noticed.
                return (Step::ParentDeath, libc::ESRCH);
            }
        }
        unblock_signals();
        libc::execve(plan.program.as_ptr(), plan.argv.as_ptr(), plan.envp.as_ptr());
        (Step::Exec, errno())
    }
}

/// # Safety
/// As [`run`].
unsafe fn reset_signal_handlers() {
    // SAFETY: sigaction with a zeroed (SIG_DFL) action; failures for reserved signals are harmless.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        for number in 1..=64 {
            libc::sigaction(number, &action, std::ptr::null_mut());
        }
    }
}

/// # Safety
/// As [`run`].
unsafe fn unblock_signals() {
    // SAFETY: an empty set on this stack.
    unsafe {
        let mut empty: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut empty);
        libc::sigprocmask(libc::SIG_SETMASK, &empty, std::ptr::null_mut());
    }
}

/// Limits and preferences that some hosts refuse; a refusal is not worth a failed start.
///
/// # Safety
/// As [`run`].
unsafe fn best_effort(plan: &Plan) {
    // SAFETY: plain system calls on prepared values.
    unsafe {
        for (resource, limit) in &plan.rlimits {
            let null = std::ptr::null_mut::<u64>();
            if libc::syscall(libc::SYS_prlimit64, 0, *resource, limit.as_ptr(), null) < 0 {
                lower_soft_limit(*resource, limit[0]);
            }
        }
        if let Some(text) = &plan.oom_score_adj {
            let path = c"/proc/self/oom_score_adj";
            let fd = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
            if fd >= 0 {
                let bytes = text.as_bytes();
                libc::write(fd, bytes.as_ptr().cast(), bytes.len());
                libc::close(fd);
            }
        }
        if let Some(nice) = plan.nice {
            libc::syscall(libc::SYS_setpriority, libc::PRIO_PROCESS as c_long, 0, nice);
        }
        if let Some(mask) = plan.umask {
            libc::umask(mask as libc::mode_t);
        }
    }
}

/// Where the hard limit may not be raised, at least uses all of it.
///
/// # Safety
/// As [`run`].
unsafe fn lower_soft_limit(resource: c_int, soft: u64) {
    let mut current = [0u64; 2];
    // SAFETY: both arrays have the layout of struct rlimit64.
    unsafe {
        let null = std::ptr::null_mut::<u64>();
        if libc::syscall(libc::SYS_prlimit64, 0, resource, null, current.as_mut_ptr()) == 0 {
            current[0] = soft.min(current[1]);
            libc::syscall(libc::SYS_prlimit64, 0, resource, current.as_ptr(), null);
        }
    }
}

/// Moves the wanted descriptors to 0, 1, 2, 3, … and marks the rest close-on-exec.
///
/// # Safety
/// As [`run`].
unsafe fn place_descriptors(plan: &Plan, error_fd: &mut RawFd) -> Result<(), c_int> {
    let count = plan.fd_count as c_int;
    let mut parked = [-1; 3 + MAX_INHERITED];
    // SAFETY: descriptors are open; all moves go through numbers above the targets first, so that
    // no source is overwritten before it was copied.
    unsafe {
        *error_fd = libc::fcntl(plan.error_fd, libc::F_DUPFD_CLOEXEC, count);
        if *error_fd < 0 {
            *error_fd = plan.error_fd;
            return Err(errno());
        }
        for (slot, source) in parked.iter_mut().zip(plan.fds).take(plan.fd_count) {
            *slot = libc::fcntl(source, libc::F_DUPFD_CLOEXEC, count);
            if *slot < 0 {
                return Err(errno());
            }
        }
        for (target, source) in parked.iter().take(plan.fd_count).enumerate() {
            if libc::dup2(*source, target as c_int) < 0 {
                return Err(errno());
            }
        }
        libc::syscall(libc::SYS_close_range, count as c_ulong, c_ulong::from(u32::MAX), CLOSE_RANGE_CLOEXEC);
    }
    Ok(())
}

/// # Safety
/// As [`run`].
unsafe fn change_identity(plan: &Plan) -> Result<(), (Step, c_int)> {
    // SAFETY: raw system calls for this thread only; pointers are to prepared memory.
    unsafe {
        for capability in &plan.drop_bounding {
            if libc::prctl(libc::PR_CAPBSET_DROP, *capability, 0, 0, 0) < 0 {
                return Err((Step::Bounding, errno()));
            }
        }
        if let Some((uid, gid, groups)) = &plan.user {
            if plan.capabilities.is_some() {
                libc::prctl(libc::PR_SET_KEEPCAPS, 1, 0, 0, 0);
            }
            let calls = [
                libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()),
                libc::syscall(libc::SYS_setresgid, *gid, *gid, *gid),
                libc::syscall(libc::SYS_setresuid, *uid, *uid, *uid),
            ];
            if calls.iter().any(|result| *result < 0) {
                return Err((Step::User, errno()));
            }
        }
        if let Some(masks) = plan.capabilities {
            let header = CapHeader { version: CAPABILITY_VERSION_3, pid: 0 };
            let half = |shift: u32| CapData {
                effective: (masks.permitted >> shift) as u32,
                permitted: (masks.permitted >> shift) as u32,
                inheritable: (masks.inheritable >> shift) as u32,
            };
            let data = [half(0), half(32)];
            if libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) < 0 {
                return Err((Step::Capabilities, errno()));
            }
            for bit in (0..64).filter(|bit| masks.ambient & (1 << bit) != 0) {
                let raise = libc::PR_CAP_AMBIENT_RAISE as c_ulong;
                if libc::prctl(libc::PR_CAP_AMBIENT, raise, bit as c_ulong, 0, 0) < 0 {
                    return Err((Step::Ambient, errno()));
                }
            }
        }
    }
    Ok(())
}
