//! The process table in /proc: who runs, since when, with how much.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Signal;
use crate::{Context, Error, Result};

/// One process as /proc shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Process id.
    pub pid: i32,
    /// Parent's id.
    pub ppid: i32,
    /// State letter (R, S, D, Z, T, …).
    pub state: char,
    /// Whether it is about to be gone, or gone but for its entry: killed, exiting or a zombie.
    pub ending: bool,
    /// Number of threads.
    pub threads: u32,
    /// User and system CPU time together, in clock ticks ([`clock_ticks`]).
    pub cpu_ticks: u64,
    /// Start, in clock ticks after boot; with the PID it identifies a process for ever.
    pub start_time: u64,
    /// Virtual size in bytes.
    pub virtual_bytes: u64,
    /// Resident size in bytes.
    pub resident_bytes: u64,
    /// The kernel's short name.
    pub command: String,
    /// The executable, if this process may know it.
    pub executable: Option<PathBuf>,
    /// The argument vector; empty for kernel threads and zombies.
    pub args: Vec<String>,
}

/// Clock ticks per second, the unit of the times above.
pub fn clock_ticks() -> u64 {
    nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK)
        .ok()
        .flatten()
        .and_then(|ticks| u64::try_from(ticks).ok())
        .unwrap_or(100)
}

/// All processes visible in `/proc`; those that end meanwhile are left out.
pub fn processes() -> Result<Vec<ProcessInfo>> {
    let entries = fs::read_dir("/proc").context(|| "read /proc".into())?;
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    Ok(pids.filter_map(|pid| info(pid).ok()).collect())
}

/// One process.
///
/// # Errors
/// If it does not exist (any more).
pub fn info(pid: i32) -> Result<ProcessInfo> {
    let dir = PathBuf::from(format!("/proc/{pid}"));
    let mut process = brief(pid)?;
    process.executable = fs::read_link(dir.join("exe")).ok();
    process.args = args(&dir);
    Ok(process)
}

/// One process without executable and arguments: one reading of one file, for those who look often.
///
/// # Errors
/// If it does not exist (any more).
pub fn brief(pid: i32) -> Result<ProcessInfo> {
    let path = format!("/proc/{pid}/stat");
    // Files there have no size to go by: one reading with room for the longest line there can be.
    let mut line = [0; 1024];
    let length = File::open(&path).and_then(|mut file| file.read(&mut line));
    let length = length.context(|| format!("read {path}"))?;
    let line = String::from_utf8_lossy(line.get(..length).unwrap_or_default());
    parse_stat(&line).ok_or_else(|| Error::other(format!("read {path}"), "the line has an unknown form"))
}

/// Start time of a process in clock ticks after boot.
pub fn start_time(pid: i32) -> Result<u64> {
    brief(pid).map(|process| process.start_time)
}

fn args(dir: &Path) -> Vec<String> {
    let bytes = fs::read(dir.join("cmdline")).unwrap_or_default();
    let text = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    if text.is_empty() {
        return Vec::new();
    }
    text.split(|byte| *byte == 0).map(|arg| String::from_utf8_lossy(arg).into_owned()).collect()
}

/// Flags of a process that a signal ended (`PF_SIGNALED`) or that is exiting (`PF_EXITING`); kernel,
/// include/linux/sched.h.
const PF_ENDING: u64 = 0x400 | 0x4;

/// SIGKILL in a set of pending signals.
const PENDING_KILL: u64 = 1 << (Signal::SIGKILL as u64 - 1);

/// Parses one line of /proc/PID/stat. The name is in parentheses and may contain any of them.
fn parse_stat(line: &str) -> Option<ProcessInfo> {
    let (pid, rest) = line.split_once(" (")?;
    let (command, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // Numbers are those of proc(5), which counts pid as 1 and the state as 3.
    let field = |number: usize| fields.get(number - 3).copied();
    let number = |index: usize| field(index)?.parse::<u64>().ok();
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096);
    let state = field(3)?.chars().next()?;
    Some(ProcessInfo {
        pid: pid.parse().ok()?,
        ppid: field(4)?.parse().ok()?,
        state,
        ending: matches!(state, 'Z' | 'X' | 'x')
            || number(9)? & PF_ENDING != 0
            || number(31).is_some_and(|pending| pending & PENDING_KILL != 0),
        threads: field(20)?.parse().ok()?,
        cpu_ticks: number(14)? + number(15)?,
        start_time: number(22)?,
        virtual_bytes: number(23)?,
        resident_bytes: number(24)?.saturating_mul(u64::try_from(page).ok()?),
        command: command.to_owned(),
        executable: None,
        args: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let line = "7 (a) b (c) S 1 7 7 0 -1 4194560 0 0 0 0 3 4 0 0 20 0 2 0 99 4096 5 0 0";
        let process = parse_stat(line).unwrap();
        assert_eq!((process.pid, process.ppid, process.state), (7, 1, 'S'));
        assert_eq!((process.cpu_ticks, process.threads, process.start_time), (7, 2, 99));
        assert_eq!(process.command, "a) b (c");
    }

    #[test]
    fn one_that_is_killed_is_ending_before_it_is_gone() {
        let ending = |state: char, flags: u32, pending: u32| {
            let line = format!(
                "7 (a) {state} 1 7 7 0 -1 {flags} 0 0 0 0 3 4 0 0 20 0 2 0 99 4096 5 0 0 0 0 0 0 {pending} 0"
            );
            parse_stat(&line).unwrap().ending
        };
        assert!(!ending('S', 4_194_560, 1 << 14));
        assert!(ending('S', 4_194_560, 1 << 8));
        assert!(ending('R', 4_194_560 | 0x400, 0));
        assert!(ending('D', 4_194_560 | 0x4, 0));
        assert!(ending('Z', 4_194_560, 0));
    }

    #[test]
    fn this_process_is_in_the_table_with_its_arguments() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let process = processes().unwrap().into_iter().find(|process| process.pid == pid).unwrap();
        assert!(!process.args.is_empty());
        assert_eq!(process.start_time, start_time(pid).unwrap());
    }
}
