//! Rules that every plan obeys.

use sys::cgroup::Hierarchy;

use super::*;

fn v1() -> Layout {
    let hierarchy = |controllers: &[&str], at: &str| Hierarchy {
        controllers: controllers.iter().map(|name| (*name).to_owned()).collect(),
        mount_point: at.into(),
    };
    Layout {
        version: Version::V1,
        hierarchies: vec![
            hierarchy(&["cpu", "cpuacct"], "/sys/fs/cgroup/cpu,cpuacct"),
            hierarchy(&["name=systemd"], "/sys/fs/cgroup/systemd"),
        ],
    }
}

fn v2() -> Layout {
    let only = Hierarchy { controllers: vec![], mount_point: "/sys/fs/cgroup".into() };
    Layout { version: Version::V2, hierarchies: vec![only] }
}

fn plan(layout: &Layout) -> Vec<Step> {
    let binds = [Bind { source: "/cache".into(), target: "/system/imagecache/disk".into(), read_only: true }];
    steps(&Inputs {
        image: Path::new("/image"),
        dir: Path::new("/node"),
        var: Path::new("/node/var"),
        layout,
        binds: &binds,
        network: "addresses: []\n",
        boot_id: "5a5b\n",
    })
}

fn mounts(steps: &[Step]) -> Vec<MountSpec> {
    let mounts = steps.iter().filter_map(|step| match step {
        Step::Mount(spec) | Step::MountOr(spec, _) => Some(spec.clone()),
        _ => None,
    });
    mounts.collect()
}

fn position(steps: &[Step], found: impl Fn(&Step) -> bool) -> usize {
    steps.iter().position(found).unwrap()
}

#[test]
fn nothing_is_mounted_or_written_outside_the_nodes_directory() {
    for layout in [v1(), v2()] {
        for step in plan(&layout) {
            let target = match &step {
                Step::Directory(path, _)
                | Step::File(path, _)
                | Step::Symlink(path, _)
                | Step::Device(path, ..) => path,
                Step::Mount(spec) | Step::MountOr(spec, _) => &spec.target,
                Step::Mask(path) | Step::ReadOnly(path) | Step::Private(path, _) => path,
            };
            assert!(target.starts_with("/node"), "{step:?}");
        }
    }
}

#[test]
fn the_image_is_only_ever_a_lower_layer_or_read_only() {
    for spec in mounts(&plan(&v1())) {
        if let Some(data) = spec.data.filter(|data| data.contains("upperdir=")) {
            let upper = data.split("upperdir=").nth(1).unwrap();
            assert!(!upper.contains("/image"), "{upper}");
        }
        if spec.source.as_deref() == Some(Path::new("/image")) {
            assert!(spec.flags.contains(MsFlags::MS_BIND));
        }
    }
    let steps = plan(&v1());
    assert_eq!(
        position(&steps, |step| matches!(step, Step::MountOr(..))) + 1,
        position(&steps, |step| {
            *step == Step::Mount(MountSpec::remount_bind("/node/root", MsFlags::MS_RDONLY))
        })
    );
}

#[test]
fn sys_is_read_only_and_kernel_parameters_are_except_the_networks() {
    let steps = plan(&v2());
    let sys = mounts(&steps).into_iter().find(|spec| spec.fstype.as_deref() == Some("sysfs")).unwrap();
    assert!(sys.flags.contains(MsFlags::MS_RDONLY));
    let frozen = position(&steps, |step| *step == Step::ReadOnly("/node/root/proc/sys".into()));
    let thawed = position(&steps, |step| {
        *step == Step::Mount(MountSpec::remount_bind("/node/root/proc/sys/net", data_only()))
    });
    assert!(frozen < thawed);
    assert!(steps.contains(&Step::Mask("/node/root/proc/sysrq-trigger".into())));
}

#[test]
fn dev_has_no_block_device_and_its_own_terminals() {
    let steps = plan(&v1());
    let devices: Vec<_> = steps.iter().filter(|step| matches!(step, Step::Device(..))).collect();
    assert_eq!(devices.len(), 9);
    let terminals = mounts(&steps).into_iter().find(|spec| spec.fstype.as_deref() == Some("devpts")).unwrap();
    assert!(terminals.data.unwrap().contains("newinstance"));
}

#[test]
fn v1_hierarchies_are_found_under_each_controllers_name() {
    let steps = plan(&v1());
    let all = mounts(&steps);
    let groups: Vec<_> = all.iter().filter(|spec| spec.fstype.as_deref() == Some("cgroup")).collect();
    assert_eq!(groups.len(), 2);
    assert_eq!(groups[0].data.as_deref(), Some("cpu,cpuacct"));
    assert_eq!(groups[1].data.as_deref(), Some("none,name=systemd"));
    let cgroup = PathBuf::from("/node/root/sys/fs/cgroup");
    assert!(steps.contains(&Step::Symlink(cgroup.join("cpu"), "cpu,cpuacct".into())));
    assert!(steps.contains(&Step::Symlink(cgroup.join("cpuacct"), "cpu,cpuacct".into())));
    let unified = mounts(&plan(&v2()));
    assert!(unified.iter().any(|spec| spec.fstype.as_deref() == Some("cgroup2")));
}

#[test]
fn a_read_only_bind_is_made_read_only_after_it_was_made() {
    let steps = plan(&v2());
    let at = |found: &dyn Fn(&MountSpec) -> bool| {
        position(&steps, |step| matches!(step, Step::Mount(s) if found(s)))
    };
    let bound = at(&|spec| spec.source.as_deref() == Some(Path::new("/cache")));
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    let sealed = at(&|spec| spec.target.ends_with("imagecache/disk") && spec.flags.contains(flags));
    assert_eq!(bound + 1, sealed);
}

#[test]
fn every_start_of_a_node_is_a_boot_of_its_own() {
    let own = |step: &Step| matches!(step, Step::Private(path, id) if path.ends_with("kernel/random/boot_id") && id == "5a5b\n");
    assert!(plan(&v1()).iter().any(own));
}

#[test]
fn what_pods_and_users_can_write_gives_no_rights_and_makes_no_devices() {
    let flags = |target: &str| {
        let all = mounts(&plan(&v1()));
        let last = all.iter().rev().find(|spec| spec.target == Path::new("/node/root").join(target));
        last.map(|spec| spec.flags).unwrap()
    };
    let (harmless, var) = (data_only(), flags("var"));
    for target in ["system/state", "run", "system", "tmp", "etc/cni", "etc/kubernetes"] {
        assert!(flags(target).contains(harmless), "{target}");
    }
    assert!(var.contains(MsFlags::MS_NOSUID | MsFlags::MS_NODEV) && !var.contains(MsFlags::MS_NOEXEC));
}
