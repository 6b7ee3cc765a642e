//! Our own daemons.

use proto::machine::{ContainerInfo, Stat};

use crate::services::ServiceManager;
use crate::services::definitions::SYSTEM_NAMESPACE;

/// Daemons that users know as the system's containers.
const DAEMONS: [&str; 3] = ["apid", "networkd", "trustd"];

pub(super) fn list(manager: &ServiceManager) -> Vec<ContainerInfo> {
    let running = DAEMONS.iter().filter_map(|id| Some((*id, manager.process(id)?)));
    running
        .map(|(id, process)| ContainerInfo {
            namespace: SYSTEM_NAMESPACE.to_owned(),
            id: id.to_owned(),
            internal_id: id.to_owned(),
            name: id.to_owned(),
            pod_id: id.to_owned(),
            pid: u32::try_from(process.pid()).unwrap_or_default(),
            status: "RUNNING".to_owned(),
            ..Default::default()
        })
        .collect()
}

pub(super) fn stats(manager: &ServiceManager) -> Vec<Stat> {
    let running =
        DAEMONS.iter().filter_map(|id| Some((*id, sys::process::info(manager.process(id)?.pid()).ok()?)));
    let tick = 1_000_000_000 / sys::process::clock_ticks().max(1);
    running
        .map(|(id, process)| Stat {
            namespace: SYSTEM_NAMESPACE.to_owned(),
            id: id.to_owned(),
            name: id.to_owned(),
            pod_id: id.to_owned(),
            memory_usage: process.resident_bytes,
            cpu_usage: process.cpu_ticks.saturating_mul(tick),
        })
        .collect()
}
