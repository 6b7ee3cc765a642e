//! Control groups on the real kernel, root-gated, and the pure parts on a plain directory.

use std::time::Duration;

use super::*;
use crate::process::{Command, Exit, Reaper, SpawnPort};

fn skip_without_root() -> bool {
    let skip = !nix::unistd::geteuid().is_root() || Cgroups::detect().is_err();
    if skip {
        eprintln!("skipped: control groups need root and a mounted hierarchy");
    }
    skip
}

fn name(what: &str) -> String {
    format!("sys-test-{}-{what}", std::process::id())
}

fn sh(script: &str) -> Command {
    Command::new("/bin/sh").args(["-c", script]).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
}

#[tokio::test]
async fn a_group_with_processes_in_nested_groups_is_killed_and_removed() {
    if skip_without_root() {
        return;
    }
    let cgroups = Cgroups::detect().unwrap();
    let outer = cgroups.create(&name("kill")).unwrap();
    let inner = cgroups.create(&format!("{}/a/b", outer.path)).unwrap();
    let reaper = Reaper::start().unwrap();
    let command = sh("sleep 100 & wait").cgroup(inner.procs_files());
    let mut child = reaper.spawn(&command).unwrap();
    assert!(cgroups.processes(&outer).contains(&child.pid()));
    assert!(cgroups.remove(&outer).is_err(), "a group with processes cannot be removed");
    destroy(&cgroups, &outer, Duration::from_secs(10)).await.unwrap();
    assert_eq!(child.wait().await, Exit::Signal(9));
    assert!(outer.dirs.iter().all(|dir| !dir.exists()));
    cgroups.remove(&outer).unwrap();
}

#[tokio::test]
async fn denied_devices_stay_denied_where_a_nested_group_allows_everything() {
    if skip_without_root() || Layout::detect().unwrap().mount_point("devices").is_none() {
        return;
    }
    let cgroups = Cgroups::detect().unwrap();
    let outer = cgroups.create(&name("devices")).unwrap();
    let rules = [DeviceRule::all(DeviceKind::Block, None, None), DeviceRule::char_write(1, 11)];
    cgroups.deny_devices(&outer, &rules).unwrap();
    let inner = cgroups.create(&format!("{}/pod", outer.path)).unwrap();
    let allow = cgroups.layout().mount_point("devices").unwrap().join(&inner.path).join("devices.allow");
    if cgroups.layout().version == Version::V1 {
        fs::write(allow, "a *:* rwm").expect("privileged containers are given everything");
    }
    let dir = tempfile::tempdir().unwrap();
    let node = dir.path().join("disk");
    let script = format!(
        "mknod {0} b 7 0 && exit 1; echo hello > /dev/kmsg && exit 2; head -c 1 /dev/zero > /dev/null || exit 3",
        node.display()
    );
    let reaper = Reaper::start().unwrap();
    let mut child = reaper.spawn(&sh(&script).cgroup(inner.procs_files())).unwrap();
    assert_eq!(child.wait().await, Exit::Code(0));
    destroy(&cgroups, &outer, Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn device_programs_deny_what_they_name_on_v2() {
    let table = crate::mount::mounts().unwrap();
    let unified = table.iter().find(|mount| mount.fstype == "cgroup2");
    let Some(unified) = unified.filter(|_| nix::unistd::geteuid().is_root()) else {
        eprintln!("skipped: needs root and a cgroup2 mount");
        return;
    };
    let hierarchy = Hierarchy { controllers: vec![], mount_point: unified.mount_point.clone() };
    let cgroups = Cgroups::with_layout(Layout { version: Version::V2, hierarchies: vec![hierarchy] });
    let group = cgroups.create(&name("bpf")).unwrap();
    cgroups.deny_devices(&group, &[DeviceRule::char_write(1, 5)]).unwrap();
    let reaper = Reaper::start().unwrap();
    let script = "echo x > /dev/zero && exit 1; head -c 1 /dev/zero > /dev/null || exit 2";
    let mut child = reaper.spawn(&sh(script).cgroup(group.procs_files())).unwrap();
    assert_eq!(child.wait().await, Exit::Code(0));
    destroy(&cgroups, &group, Duration::from_secs(10)).await.unwrap();
}

#[test]
fn a_group_is_one_directory_in_every_hierarchy() {
    let root = tempfile::tempdir().unwrap();
    let hierarchies = ["memory", "pids"].map(|controller| Hierarchy {
        controllers: vec![controller.into()],
        mount_point: root.path().join(controller),
    });
    for hierarchy in &hierarchies {
        fs::create_dir(&hierarchy.mount_point).unwrap();
    }
    let cgroups = Cgroups::with_layout(Layout { version: Version::V1, hierarchies: hierarchies.to_vec() });
    let group = cgroups.create("/system/apid/").unwrap();
    assert_eq!(group.path, "system/apid");
    assert!(root.path().join("memory/system/apid").is_dir() && root.path().join("pids/system/apid").is_dir());
    cgroups.remove(&cgroups.group("system")).unwrap();
    assert!(!root.path().join("pids/system").exists());
}
