//! The choreography: phases and tasks of each sequence, as data (contract api.md 9.3, os.md 2.4).
//!
//! Phases run one after the other, the tasks of a phase side by side.

use super::{Request, Sequence};

/// One step of a phase, by the name that users see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    StartMachined,
    StartContainerd,
    StartApid,
    LoadConfig,
    MemorySizeCheck,
    DiskSizeCheck,
    SetUserEnvVars,
    WaitForCaRoots,
    StartDbus,
    SetupSharedFilesystems,
    MountEphemeralPartition,
    WriteUserFiles,
    StartAllServices,
    StopAllPods,
    RemoveAllPods,
    StopDbus,
    CordonAndDrainNode,
    LeaveEtcd,
    SendResetSignal,
    StoreShutdownEmergency,
    DenyNewServices,
    StopServicesForUpgrade,
    UnmountPodMounts,
    TeardownLifecycle,
    StopAllServices,
    ForceCleanup,
    ResetSystemDisk,
    ResetSystemDiskSpec,
    /// Wipes the disks of the user that were named.
    ResetUserDisks,
    Reboot,
    Shutdown,
}

impl Task {
    /// Name in events and logs. `stopAllServices` is what clients wait for.
    pub fn name(self) -> &'static str {
        match self {
            Task::StartMachined => "startMachined",
            Task::StartContainerd => "startContainerd",
            Task::StartApid => "startApid",
            Task::LoadConfig => "loadConfig",
            Task::MemorySizeCheck => "memorySizeCheck",
            Task::DiskSizeCheck => "diskSizeCheck",
            Task::SetUserEnvVars => "setUserEnvVars",
            Task::WaitForCaRoots => "waitForCARoots",
            Task::StartDbus => "startDBus",
            Task::SetupSharedFilesystems => "setupSharedFilesystems",
            Task::MountEphemeralPartition => "mountEphemeralPartition",
            Task::WriteUserFiles => "writeUserFiles",
            Task::StartAllServices => "startAllServices",
            Task::StopAllPods => "stopAllPods",
            Task::RemoveAllPods => "removeAllPods",
            Task::StopDbus => "stopDBus",
            Task::CordonAndDrainNode => "cordonAndDrainNode",
            Task::LeaveEtcd => "leaveEtcd",
            Task::SendResetSignal => "sendResetSignal",
            Task::StoreShutdownEmergency => "storeShutdownEmergency",
            Task::DenyNewServices => "denyNewServices",
            Task::StopServicesForUpgrade => "stopServicesForUpgrade",
            Task::UnmountPodMounts => "unmountPodMounts",
            Task::TeardownLifecycle => "teardownLifecycle",
            Task::StopAllServices => "stopAllServices",
            Task::ForceCleanup => "forceCleanup",
            Task::ResetSystemDisk => "resetSystemDisk",
            Task::ResetSystemDiskSpec => "resetSystemDiskSpec",
            Task::ResetUserDisks => "resetUserDisks",
            Task::Reboot => "reboot",
            Task::Shutdown => "shutdown",
        }
    }

    /// Whether the sequence goes on when the task fails: on the way down, nothing may hold the machine.
    pub fn best_effort(self) -> bool {
        matches!(
            self,
            Task::CordonAndDrainNode
                | Task::StopAllPods
                | Task::RemoveAllPods
                | Task::LeaveEtcd
                | Task::StopServicesForUpgrade
                | Task::UnmountPodMounts
                | Task::ForceCleanup
                | Task::MemorySizeCheck
                | Task::DiskSizeCheck
        )
    }
}

/// A named group of tasks that run side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// Name in events and logs.
    pub name: &'static str,
    /// Its tasks.
    pub tasks: Vec<Task>,
}

fn phase(name: &'static str, tasks: &[Task]) -> Phase {
    Phase { name, tasks: tasks.to_vec() }
}

/// What the plan depends on beside the request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    /// The machine is a control plane node.
    pub control_plane: bool,
}

/// Phases of a sequence on a machine in container mode.
pub fn phases(sequence: Sequence, request: &Request, facts: Facts) -> Vec<Phase> {
    match sequence {
        Sequence::Initialize => vec![
            phase("machined", &[Task::StartApid, Task::StartMachined, Task::StartContainerd]),
            phase("config", &[Task::LoadConfig]),
        ],
        Sequence::Boot => vec![
            phase("memorySizeCheck", &[Task::MemorySizeCheck]),
            phase("diskSizeCheck", &[Task::DiskSizeCheck]),
            phase("env", &[Task::SetUserEnvVars, Task::WaitForCaRoots]),
            phase("dbus", &[Task::StartDbus]),
            phase("sharedFilesystems", &[Task::SetupSharedFilesystems]),
            phase("ephemeral", &[Task::MountEphemeralPartition]),
            phase("userSetup", &[Task::WriteUserFiles]),
            phase("startEverything", &[Task::StartAllServices]),
        ],
        Sequence::Reboot if request.immediate => vec![phase("reboot", &[Task::Reboot])],
        Sequence::Reboot => {
            let mut phases = vec![phase("cleanup", &[Task::StopAllPods]), phase("dbus", &[Task::StopDbus])];
            phases.extend(stop_all());
            phases.push(phase("reboot", &[Task::Reboot]));
            phases
        }
        Sequence::Shutdown => {
            let mut phases = vec![phase("storeShutdown", &[Task::StoreShutdownEmergency])];
            if !request.force {
                phases.push(phase("drain", &[Task::CordonAndDrainNode]));
            }
            phases.push(phase("cleanup", &[Task::StopAllPods]));
            phases.push(phase("dbus", &[Task::StopDbus]));
            phases.extend(stop_all());
            phases.push(phase("shutdown", &[Task::Shutdown]));
            phases
        }
        Sequence::Reset => reset(request, facts),
        Sequence::EmergencyVolumeCleanup => vec![
            phase("denyNewServices", &[Task::DenyNewServices]),
            phase("umount", &[Task::UnmountPodMounts]),
            phase("volumeFinalize", &[Task::TeardownLifecycle]),
        ],
    }
}

fn reset(request: &Request, facts: Facts) -> Vec<Phase> {
    let mut phases = Vec::new();
    if request.graceful {
        phases.push(phase("drain", &[Task::CordonAndDrainNode]));
        phases.push(phase("cleanup", &[Task::RemoveAllPods]));
    } else {
        phases.push(phase("cleanup", &[Task::StopAllPods]));
    }
    phases.push(phase("dbus", &[Task::StopDbus]));
    if request.graceful && facts.control_plane {
        phases.push(phase("leave", &[Task::LeaveEtcd]));
    }
    phases.push(phase("preReset", &[Task::SendResetSignal]));
    phases.extend(stop_all());
    phases.push(phase("forceCleanup", &[Task::ForceCleanup]));
    match (request.wipes_system(), request.partitions.is_empty()) {
        (false, _) => {}
        (true, true) => phases.push(phase("reset", &[Task::ResetSystemDisk])),
        (true, false) => phases.push(phase("resetSpec", &[Task::ResetSystemDiskSpec])),
    }
    if request.wipes_user_disks() {
        phases.push(phase("resetUserDisks", &[Task::ResetUserDisks]));
    }
    phases.push(match request.reboot {
        true => phase("reboot", &[Task::Reboot]),
        false => phase("shutdown", &[Task::Shutdown]),
    });
    phases
}

/// The common way down. etcd and the kubelet stop with `stopServices`, apid last of all.
fn stop_all() -> Vec<Phase> {
    vec![
        phase("denyNewServices", &[Task::DenyNewServices]),
        phase("stopServices", &[Task::StopServicesForUpgrade]),
        phase("umount", &[Task::UnmountPodMounts]),
        phase("volumeFinalize", &[Task::TeardownLifecycle]),
        phase("stopEverything", &[Task::StopAllServices]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sequence: Sequence, request: &Request, control_plane: bool) -> Vec<&'static str> {
        phases(sequence, request, Facts { control_plane }).iter().map(|p| p.name).collect()
    }

    #[test]
    fn a_forced_reboot_does_nothing_but_reboot() {
        let request = Request { immediate: true, ..Request::default() };
        assert_eq!(names(Sequence::Reboot, &request, true), ["reboot"]);
    }

    #[test]
    fn a_forced_shutdown_does_not_drain() {
        let forced = Request { force: true, ..Request::default() };
        assert!(!names(Sequence::Shutdown, &forced, true).contains(&"drain"));
        assert!(names(Sequence::Shutdown, &Request::default(), true).contains(&"drain"));
    }

    #[test]
    fn only_a_graceful_reset_of_a_control_plane_leaves_etcd() {
        for (graceful, control_plane) in [(true, true), (true, false), (false, true), (false, false)] {
            let request = Request { graceful, ..Request::default() };
            let leaves = names(Sequence::Reset, &request, control_plane).contains(&"leave");
            assert_eq!(leaves, graceful && control_plane);
        }
    }

    #[test]
    fn a_reset_wipes_after_everything_has_stopped() {
        for partitions in [vec![], vec!["EPHEMERAL".to_owned()]] {
            let request = Request { reboot: true, partitions, ..Request::default() };
            let names = names(Sequence::Reset, &request, true);
            let at = |name| names.iter().position(|n| *n == name);
            assert!(at("stopEverything") < at("reset").or(at("resetSpec")), "{names:?}");
            assert_eq!(names.last(), Some(&"reboot"));
        }
    }

    #[test]
    fn what_a_reset_wipes_follows_from_its_mode_and_its_lists() {
        let wiping = |mode, partitions: &[&str], user_disks: &[&str]| -> Vec<Task> {
            let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
            let (partitions, user_disks) = (owned(partitions), owned(user_disks));
            let request = Request { mode, partitions, user_disks, ..Request::default() };
            let phases = phases(Sequence::Reset, &request, Facts { control_plane: true });
            let wipe = |t: &Task| {
                matches!(t, Task::ResetSystemDisk | Task::ResetSystemDiskSpec | Task::ResetUserDisks)
            };
            phases.into_iter().flat_map(|p| p.tasks).filter(wipe).collect()
        };
        use crate::sequencer::ResetMode::{All, SystemDisk, UserDisks};
        assert_eq!(wiping(All, &[], &[]), [Task::ResetSystemDisk]);
        assert_eq!(wiping(All, &["STATE"], &["/dev/vdb"]), [Task::ResetSystemDiskSpec, Task::ResetUserDisks]);
        assert_eq!(wiping(SystemDisk, &[], &[]), [Task::ResetSystemDisk]);
        assert_eq!(wiping(SystemDisk, &["EPHEMERAL"], &["/dev/vdb"]), [Task::ResetSystemDiskSpec]);
        assert_eq!(wiping(UserDisks, &[], &["/dev/vdb"]), [Task::ResetUserDisks]);
        assert_eq!(wiping(UserDisks, &["STATE"], &[]), []);
    }

    #[test]
    fn every_way_down_passes_the_task_that_clients_wait_for() {
        for sequence in [Sequence::Reboot, Sequence::Shutdown, Sequence::Reset] {
            let all = phases(sequence, &Request::default(), Facts::default());
            assert!(all.iter().any(|p| p.tasks.contains(&Task::StopAllServices)), "{sequence:?}");
        }
    }
}
