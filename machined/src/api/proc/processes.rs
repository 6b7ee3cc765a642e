//! The process table.

use proto::machine::Process;
use sys::process::{ProcessInfo, clock_ticks};
use tonic::Status;

use crate::api::files::plain;

/// Handles `Processes`: all that have an executable, so no kernel threads.
pub fn processes() -> Result<Process, Status> {
    let all = sys::process::processes().map_err(|e| plain(format!("cannot read the process table: {e}")))?;
    let processes = all.into_iter().filter_map(info).collect();
    Ok(Process { metadata: None, processes })
}

fn info(p: ProcessInfo) -> Option<proto::machine::ProcessInfo> {
    let executable = p.executable?.to_string_lossy().into_owned();
    let label = std::fs::read_to_string(format!("/proc/{}/attr/current", p.pid)).unwrap_or_default();
    Some(proto::machine::ProcessInfo {
        pid: p.pid,
        ppid: p.ppid,
        state: p.state.to_string(),
        threads: i32::try_from(p.threads).unwrap_or(i32::MAX),
        cpu_time: p.cpu_ticks as f64 / clock_ticks() as f64,
        virtual_memory: p.virtual_bytes,
        resident_memory: p.resident_bytes,
        command: p.command,
        executable,
        args: p.args.join(" "),
        label: label.trim_end_matches(['\0', '\n']).to_owned(),
    })
}
