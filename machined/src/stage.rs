//! What the machine is about (contract api.md 9.2): decided by sequences, told by MachineStatuses.

use std::sync::Arc;

use proto::machine::machine_status_event::MachineStage;
use tokio::sync::watch;

use crate::sequencer::Sequence;

/// The stage. Clones share it.
#[derive(Clone)]
pub struct Stage {
    sender: Arc<watch::Sender<MachineStage>>,
}

impl Default for Stage {
    fn default() -> Self {
        Self { sender: Arc::new(watch::Sender::new(MachineStage::Booting)) }
    }
}

impl Stage {
    /// The present stage.
    pub fn get(&self) -> MachineStage {
        *self.sender.borrow()
    }

    /// Follows the stage.
    pub fn follow(&self) -> watch::Receiver<MachineStage> {
        self.sender.subscribe()
    }

    /// A sequence starts, or ended well.
    pub fn sequence(&self, sequence: Sequence, started: bool) {
        if let Some(stage) = after(sequence, started) {
            self.set(stage);
        }
    }

    /// The machine waits for a configuration, or does so no more.
    pub fn maintenance(&self, waiting: bool) {
        self.set(if waiting { MachineStage::Maintenance } else { MachineStage::Booting });
    }

    fn set(&self, stage: MachineStage) {
        self.sender.send_if_modified(|current| {
            let changed = *current != stage;
            *current = stage;
            changed
        });
    }
}

fn after(sequence: Sequence, started: bool) -> Option<MachineStage> {
    Some(match (sequence, started) {
        (Sequence::Initialize | Sequence::Boot, true) => MachineStage::Booting,
        (Sequence::Boot, false) => MachineStage::Running,
        (Sequence::Shutdown, true) => MachineStage::ShuttingDown,
        (Sequence::Reset, true) => MachineStage::Resetting,
        (Sequence::Reboot, true) => MachineStage::Rebooting,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_follow_the_table_of_triggers() {
        let stage = Stage::default();
        assert_eq!(stage.get(), MachineStage::Booting);
        stage.maintenance(true);
        assert_eq!(stage.get(), MachineStage::Maintenance);
        stage.maintenance(false);
        stage.sequence(Sequence::Initialize, false);
        assert_eq!(stage.get(), MachineStage::Booting);
        stage.sequence(Sequence::Boot, false);
        assert_eq!(stage.get(), MachineStage::Running);
        stage.sequence(Sequence::Reset, true);
        stage.sequence(Sequence::Reset, false);
        assert_eq!(stage.get(), MachineStage::Resetting);
    }
}
