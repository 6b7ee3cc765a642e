//! What a sequence was asked to do, and by whom.

/// How much of the disks a reset wipes (machine.ResetRequest.WipeMode).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ResetMode {
    /// System disk and user disks.
    #[default]
    All,
    /// The system disk, or the system partitions that are listed.
    SystemDisk,
    /// The user disks that are listed.
    UserDisks,
}

/// Parameters of a sequence; each sequence reads what concerns it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Identifier on every event that results; empty for what the machine starts itself.
    pub actor_id: String,
    /// Reboot without any graceful step (machine.RebootRequest.Mode FORCE).
    pub immediate: bool,
    /// Shutdown without cordon and drain.
    pub force: bool,
    /// Reset: cordon, drain and leave etcd first.
    pub graceful: bool,
    /// Reset: restart afterwards instead of turning off.
    pub reboot: bool,
    /// Reset: which disks.
    pub mode: ResetMode,
    /// Reset: labels of the system partitions to wipe; empty wipes all of the system.
    pub partitions: Vec<String>,
}
