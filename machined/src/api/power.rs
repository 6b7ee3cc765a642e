//! Reboot, Shutdown and Reset: answered at once with an actor id, carried out afterwards.

use proto::machine::reboot_request::Mode as RebootMode;
use proto::machine::reset_request::WipeMode;
use proto::machine::{RebootRequest, ResetRequest, ShutdownRequest};
use tonic::Status;

use super::{not_in_container, plain};
use crate::platform::{Mode, Platform};
use crate::sequencer::{Request, ResetMode, Sequence};

/// A sequence to start.
#[derive(Debug, PartialEq, Eq)]
pub struct Start {
    /// Which.
    pub sequence: Sequence,
    /// With what, actor id included.
    pub request: Request,
}

fn actor() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn check(platform: &Platform, call: &str) -> Result<(), Status> {
    match platform.restartable {
        true => Ok(()),
        false => Err(not_in_container(call)),
    }
}

/// What a `Reboot` starts.
pub fn reboot(platform: &Platform, request: &RebootRequest) -> Result<Start, Status> {
    check(platform, "Reboot")?;
    let immediate = matches!(RebootMode::try_from(request.mode), Ok(RebootMode::Force));
    let request = Request { actor_id: actor(), immediate, ..Request::default() };
    Ok(Start { sequence: Sequence::Reboot, request })
}

/// What a `Shutdown` starts.
pub fn shutdown(platform: &Platform, request: &ShutdownRequest) -> Result<Start, Status> {
    check(platform, "Shutdown")?;
    let request = Request { actor_id: actor(), force: request.force, ..Request::default() };
    Ok(Start { sequence: Sequence::Shutdown, request })
}

/// Labels of the volumes that a machine in container mode has.
const CONTAINER_VOLUMES: [&str; 2] = ["STATE", "EPHEMERAL"];

/// What a `Reset` starts (contract api.md 5.3).
pub fn reset(platform: &Platform, request: &ResetRequest) -> Result<Start, Status> {
    check(platform, "Reset")?;
    let mode = match WipeMode::try_from(request.mode) {
        Ok(WipeMode::All) => ResetMode::All,
        Ok(WipeMode::SystemDisk) => ResetMode::SystemDisk,
        Ok(WipeMode::UserDisks) => ResetMode::UserDisks,
        Err(_) => return Err(Status::invalid_argument(format!("there is no wipe mode {}", request.mode))),
    };
    if mode == ResetMode::SystemDisk && !request.user_disks_to_wipe.is_empty() {
        return Err(plain("user disks cannot be wiped in mode SYSTEM_DISK: leave them out, or use mode ALL"));
    }
    if mode == ResetMode::UserDisks && !request.system_partitions_to_wipe.is_empty() {
        return Err(plain(
            "system partitions cannot be wiped in mode USER_DISKS: leave them out, or use mode ALL",
        ));
    }
    // Clients always set it; the list alone decides elsewhere. Whoever clears it wants the volume to stay.
    if let Some(kept) = request.system_partitions_to_wipe.iter().find(|p| !p.wipe) {
        return Err(plain(format!(
            "system partition {:?} is listed and not to be wiped: leave it out of the list",
            kept.label
        )));
    }
    if platform.mode == Mode::Container {
        if let Some(disk) = request.user_disks_to_wipe.first() {
            return Err(plain(format!("there is no disk {disk:?}: a machine in container mode has none")));
        }
        if mode == ResetMode::UserDisks {
            return Err(plain(
                "mode USER_DISKS would wipe nothing: a machine in container mode has no user disks, use mode ALL, \
                 or reboot",
            ));
        }
        let known = |label: &str| CONTAINER_VOLUMES.contains(&label);
        if let Some(unknown) = request.system_partitions_to_wipe.iter().find(|p| !known(&p.label)) {
            return Err(plain(format!("there is no system partition {:?} on this machine", unknown.label)));
        }
    }
    let wiped = request.system_partitions_to_wipe.iter();
    let request = Request {
        actor_id: actor(),
        graceful: request.graceful,
        reboot: request.reboot,
        mode,
        partitions: wiped.map(|p| p.label.clone()).collect(),
        user_disks: request.user_disks_to_wipe.clone(),
        ..Request::default()
    };
    Ok(Start { sequence: Sequence::Reset, request })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::machine::ResetPartitionSpec;

    fn container(restartable: bool) -> Platform {
        Platform { name: "container", mode: Mode::Container, restartable }
    }

    fn partition(label: &str) -> ResetPartitionSpec {
        ResetPartitionSpec { label: label.to_owned(), wipe: true }
    }

    #[test]
    fn a_container_nobody_restarts_refuses_power_calls() {
        let platform = container(false);
        let refusals = [
            reboot(&platform, &RebootRequest::default()).unwrap_err(),
            shutdown(&platform, &ShutdownRequest::default()).unwrap_err(),
            reset(&platform, &ResetRequest::default()).unwrap_err(),
        ];
        for refusal in refusals {
            assert_eq!(refusal.code(), tonic::Code::FailedPrecondition);
        }
        assert!(reboot(&container(true), &RebootRequest::default()).is_ok());
    }

    #[test]
    fn wipe_modes_and_lists_that_contradict_each_other_are_plain_errors() {
        let cases = [
            ResetRequest {
                mode: WipeMode::SystemDisk as i32,
                user_disks_to_wipe: vec!["/dev/sdb".into()],
                ..Default::default()
            },
            ResetRequest {
                mode: WipeMode::UserDisks as i32,
                system_partitions_to_wipe: vec![partition("STATE")],
                ..Default::default()
            },
            ResetRequest { system_partitions_to_wipe: vec![partition("NOPE")], ..Default::default() },
            ResetRequest { user_disks_to_wipe: vec!["/dev/sdb".into()], ..Default::default() },
            ResetRequest { mode: WipeMode::UserDisks as i32, ..Default::default() },
            ResetRequest {
                mode: WipeMode::UserDisks as i32,
                user_disks_to_wipe: vec!["/dev/sdb".into()],
                ..Default::default()
            },
            ResetRequest {
                system_partitions_to_wipe: vec![ResetPartitionSpec { label: "STATE".into(), wipe: false }],
                ..Default::default()
            },
        ];
        for case in cases {
            assert_eq!(reset(&container(true), &case).unwrap_err().code(), tonic::Code::Unknown, "{case:?}");
        }
    }

    #[test]
    fn what_is_to_be_wiped_reaches_the_sequence_as_it_was_asked_for() {
        let metal = Platform { name: "metal", mode: Mode::Metal, restartable: true };
        let disks = ResetRequest {
            mode: WipeMode::UserDisks as i32,
            user_disks_to_wipe: vec!["/dev/sdb".into()],
            ..Default::default()
        };
        let request = reset(&metal, &disks).unwrap().request;
        assert_eq!((request.mode, request.user_disks.len()), (ResetMode::UserDisks, 1));
        assert!(!request.wipes("STATE") && !request.wipes("EPHEMERAL"));
        let one = ResetRequest { system_partitions_to_wipe: vec![partition("STATE")], ..Default::default() };
        let request = reset(&container(true), &one).unwrap().request;
        assert!(request.wipes("STATE") && !request.wipes("EPHEMERAL"));
    }

    #[test]
    fn each_call_has_an_actor_of_its_own() {
        let platform = container(true);
        let [a, b] = [(); 2].map(|()| reboot(&platform, &RebootRequest::default()).unwrap().request.actor_id);
        assert!(!a.is_empty() && a != b);
    }
}
