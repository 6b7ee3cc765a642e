//! What the kernel says of processes.

use std::time::Duration;

/// Clock ticks in a second, as the kernel tells times of processes.
const TICKS: u64 = 100;

/// The fields of /proc/PID/stat after the name.
fn stat(pid: i32) -> Vec<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    text.rsplit_once(')').unwrap().1.split_whitespace().map(str::to_owned).collect()
}

/// Processor time used so far, of all threads. A scheduler's own account is finer than ticks.
pub fn cpu(pid: i32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let used = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(used.sum())
}

/// Proportional share of memory, in KiB.
pub fn pss(pid: i32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = text.lines().find(|line| line.starts_with("Pss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// How long ago a process was started; exact to 10 ms.
pub fn age(pid: i32) -> Duration {
    let started: u64 = stat(pid)[19].parse().unwrap();
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split_whitespace().next().unwrap().parse().unwrap();
    Duration::from_secs_f64((uptime - started as f64 / TICKS as f64).max(0.0))
}
