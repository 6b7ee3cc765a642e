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
    /// Reset: device paths of the user disks to wipe.
    pub user_disks: Vec<String>,
}

impl Request {
    /// Whether a reset empties volumes of the system at all: user disks alone are wiped without them.
    pub fn wipes_system(&self) -> bool {
        self.mode != ResetMode::UserDisks
    }

    /// Whether a reset empties the volume of a label: a list is exactly what is wiped, without one all of them are.
    pub fn wipes(&self, label: &str) -> bool {
        self.wipes_system() && (self.partitions.is_empty() || self.partitions.iter().any(|p| p == label))
    }

    /// Whether a reset wipes disks of the user.
    pub fn wipes_user_disks(&self) -> bool {
        self.mode != ResetMode::SystemDisk && !self.user_disks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_disks_alone_leave_every_volume_of_the_system_as_it_is() {
        // Whatever else a request may say.
        for partitions in [vec![], vec!["STATE".to_owned()], vec!["EPHEMERAL".to_owned()]] {
            let request = Request { mode: ResetMode::UserDisks, partitions, ..Request::default() };
            assert!(!request.wipes_system());
            assert!(!request.wipes("STATE") && !request.wipes("EPHEMERAL"), "{request:?}");
        }
    }

    #[test]
    fn a_list_is_what_is_wiped_and_none_means_all() {
        for mode in [ResetMode::All, ResetMode::SystemDisk] {
            let all = Request { mode, ..Request::default() };
            assert!(all.wipes("STATE") && all.wipes("EPHEMERAL"));
            let one = Request { partitions: vec!["EPHEMERAL".to_owned()], ..all };
            assert!(!one.wipes("STATE") && one.wipes("EPHEMERAL"));
        }
    }
}
