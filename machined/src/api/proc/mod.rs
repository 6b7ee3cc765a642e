//! Snapshots of /proc and /sys in structured form (contract api.md 5.5). Parsing is apart from reading.

mod cpu;
mod disk;
mod memory;
mod mounts;
mod network;
mod processes;
mod stat;

use tonic::Status;

pub use cpu::{cpu_freq_stats, cpu_info};
pub use disk::disk_stats;
pub use memory::{load_avg, memory};
pub use mounts::{Asked, mounts};
pub use network::network_device_stats;
pub use processes::processes;
pub use stat::system_stat;

use super::files::plain;

fn read(path: &str) -> Result<String, Status> {
    std::fs::read_to_string(path).map_err(|e| plain(format!("cannot read {path}: {e}")))
}

/// The n-th number of a line's fields, 0 when there is none.
fn number(fields: &[&str], n: usize) -> u64 {
    fields.get(n).and_then(|f| f.parse().ok()).unwrap_or(0)
}
