//! What the tasks of the sequences do, one file a kind of effect.

mod power;
mod start;
mod stop;
mod wipe;

use std::sync::Arc;

use proto::resource::config::MachineTypeSpec;
use proto::resource::enums::MachineType;
use tokio::sync::watch;

pub use power::Ending;

use crate::machine::Machine;
use crate::sequencer::plan::{Facts, Task};
use crate::sequencer::{Request, Sequence, Tasks};
use crate::stage::Stage;

/// The effects, over the machine's parts.
pub struct Effects {
    machine: Machine,
    stage: Stage,
    ending: watch::Sender<Option<Ending>>,
}

impl Effects {
    /// Effects on `machine`; what the machine is about goes to `stage`, how it ends to `ending`.
    pub fn new(machine: Machine, stage: Stage, ending: watch::Sender<Option<Ending>>) -> Arc<Self> {
        Arc::new(Self { machine, stage, ending })
    }
}

#[async_trait::async_trait]
impl Tasks for Effects {
    async fn facts(&self) -> Facts {
        let found = state::ops::get::<MachineTypeSpec>(&*self.machine.state, "machine-type").await;
        let control_plane = |wire: i32| {
            matches!(MachineType::try_from(wire), Ok(MachineType::TypeInit | MachineType::TypeControlPlane))
        };
        Facts { control_plane: matches!(found, Ok(Some(t)) if control_plane(t.spec.machine_type)) }
    }

    async fn run(&self, task: Task, request: &Request) -> anyhow::Result<()> {
        let machine = &self.machine;
        match task {
            Task::StartMachined | Task::StartApid => start::early(machine, task).await,
            // It starts when something needs it.
            Task::StartContainerd => Ok(()),
            Task::LoadConfig => start::load_config(machine, &self.stage).await,
            Task::StartAllServices => start::all_services(machine).await,
            Task::MountEphemeralPartition => start::ephemeral(machine),
            Task::SetupSharedFilesystems => start::shared_filesystems(),
            Task::WriteUserFiles => start::user_files(machine).await,
            // Nothing of these exists in container mode: the host has seen to it.
            Task::MemorySizeCheck
            | Task::DiskSizeCheck
            | Task::SetUserEnvVars
            | Task::WaitForCaRoots
            | Task::StartDbus
            | Task::StopDbus
            | Task::TeardownLifecycle => Ok(()),
            Task::CordonAndDrainNode => stop::drain(machine).await,
            Task::StopAllPods => stop::pods(machine, false).await,
            Task::RemoveAllPods => stop::pods(machine, true).await,
            Task::LeaveEtcd => stop::leave_etcd(machine).await,
            Task::SendResetSignal => stop::reset_signal(machine).await,
            Task::StoreShutdownEmergency => Ok(()),
            Task::DenyNewServices => stop::deny_new(machine),
            Task::StopServicesForUpgrade => stop::workload_services(machine).await,
            Task::StopAllServices => stop::all_services(machine).await,
            Task::UnmountPodMounts => stop::unmount_pods(),
            Task::ForceCleanup => stop::force_cleanup(machine).await,
            Task::ResetSystemDisk | Task::ResetSystemDiskSpec => wipe::volumes(request).await,
            Task::ResetUserDisks => wipe::user_disks(request),
            // Only a reset asks for a reboot in its request: the sequence of that name is one.
            Task::Reboot => self.end(Ending::Reboot { reset: request.reboot && request.wipes("STATE") }),
            Task::Shutdown => self.end(Ending::Shutdown),
        }
    }

    async fn stage(&self, sequence: Sequence, started: bool) {
        self.stage.sequence(sequence, started);
    }
}

impl Effects {
    fn end(&self, ending: Ending) -> anyhow::Result<()> {
        self.machine.events.publish("", &proto::machine::RestartEvent { cmd: ending.command() });
        self.ending.send_replace(Some(ending));
        Ok(())
    }
}
