//! System call allow-lists.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

use super::Enforcement;
use crate::{Error, Result};

/// What a daemon may still ask of the kernel, beyond what every asynchronous network program needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Syscalls {
    /// Creating, renaming, removing files and changing their modes.
    pub change_files: bool,
    /// Executing programs and waiting for them.
    pub execute: bool,
    /// Setting the clock.
    pub set_clock: bool,
}

/// From now on everything outside the list fails with EPERM (creating threads through `clone3`
/// with ENOSYS, so that libc falls back to `clone`, whose flags can be checked). Sets no_new_privs.
///
/// # Errors
/// If the kernel has seccomp but refuses this filter.
pub fn restrict_syscalls(allowed: Syscalls) -> Result<Enforcement> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else {
        let why = format!("no system call table for {}", std::env::consts::ARCH);
        return Ok(Enforcement::None(why));
    };
    let failed =
        |error: &dyn std::fmt::Display| Error::other("restrict system calls with seccomp", error.to_string());
    // Of two refusals the kernel takes the one of the filter that came last.
    for program in [allow_list(allowed, arch), no_clone3(arch)] {
        let program = program.map_err(|error| failed(&error))?;
        match seccompiler::apply_filter_all_threads(&program) {
            Ok(()) => {}
            Err(seccompiler::Error::Prctl(error)) if error.raw_os_error() == Some(libc::EINVAL) => {
                return Ok(Enforcement::None("this kernel has no seccomp filters".into()));
            }
            Err(error) => return Err(failed(&error)),
        }
    }
    Ok(Enforcement::Full)
}

type Compiled = std::result::Result<BpfProgram, seccompiler::BackendError>;

fn no_clone3(arch: TargetArch) -> Compiled {
    let rules = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let missing = SeccompAction::Errno(libc::ENOSYS as u32);
    SeccompFilter::new(rules, SeccompAction::Allow, missing, arch)?.try_into()
}

fn allow_list(allowed: Syscalls, arch: TargetArch) -> Compiled {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let mut lists = vec![BASE, BASE_LEGACY];
    if allowed.change_files {
        lists.extend([CHANGE_FILES, CHANGE_FILES_LEGACY]);
    }
    if allowed.execute {
        lists.extend([EXECUTE, EXECUTE_LEGACY]);
    }
    if allowed.set_clock {
        lists.push(SET_CLOCK);
    }
    for number in lists.into_iter().flatten() {
        rules.insert(*number, Vec::new());
    }
    // Threads yes, namespaces no.
    let flag = SeccompCmpOp::MaskedEq(NAMESPACES as u64);
    let plain = SeccompCondition::new(0, SeccompCmpArgLen::Qword, flag, 0)?;
    rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![plain])?]);
    let denied = SeccompAction::Errno(libc::EPERM as u32);
    SeccompFilter::new(rules, denied, SeccompAction::Allow, arch)?.try_into()
}

const NAMESPACES: libc::c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWCGROUP;

/// Reading, memory, time, sockets, events, threads: what Tokio, rustls and the allocator use.
const BASE: &[i64] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_lseek,
    libc::SYS_openat,
    libc::SYS_readlinkat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_ioctl,
    libc::SYS_fcntl,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
    libc::SYS_splice,
    libc::SYS_sendfile,
    libc::SYS_inotify_init1,
    libc::SYS_inotify_add_watch,
    libc::SYS_inotify_rm_watch,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_membarrier,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_set_tid_address,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_prctl,
    libc::SYS_prlimit64,
    libc::SYS_getrusage,
    libc::SYS_seccomp,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_timerfd_gettime,
    libc::SYS_eventfd2,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_accept4,
    libc::SYS_accept,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_setsockopt,
    libc::SYS_getsockopt,
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvmmsg,
    libc::SYS_shutdown,
];

#[cfg(target_arch = "x86_64")]
const BASE_LEGACY: &[i64] = &[
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_poll,
    libc::SYS_epoll_wait,
    libc::SYS_pipe,
    libc::SYS_dup2,
    libc::SYS_time,
    libc::SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const BASE_LEGACY: &[i64] = &[];

const CHANGE_FILES: &[i64] = &[
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    libc::SYS_symlinkat,
    libc::SYS_flock,
];

#[cfg(target_arch = "x86_64")]
const CHANGE_FILES_LEGACY: &[i64] = &[
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_symlink,
];
#[cfg(not(target_arch = "x86_64"))]
const CHANGE_FILES_LEGACY: &[i64] = &[libc::SYS_renameat];

const EXECUTE: &[i64] = &[
    libc::SYS_execve,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_kill,
    libc::SYS_chdir,
    libc::SYS_setsid,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    libc::SYS_umask,
];

#[cfg(target_arch = "x86_64")]
const EXECUTE_LEGACY: &[i64] = &[libc::SYS_fork, libc::SYS_vfork];
#[cfg(not(target_arch = "x86_64"))]
const EXECUTE_LEGACY: &[i64] = &[];

const SET_CLOCK: &[i64] = &[libc::SYS_clock_adjtime, libc::SYS_adjtimex, libc::SYS_clock_settime];
