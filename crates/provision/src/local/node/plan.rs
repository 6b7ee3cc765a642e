//! The mounts of a node, in order; pure. Targets are below the directory that becomes its root.

use std::path::{Path, PathBuf};

use sys::cgroup::{Layout, Version};
use sys::mount::{MountSpec, MsFlags, data_only};

use crate::local::options::Bind;

/// One step of building a node's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Create a directory (with parents) of this mode, if it is not there.
    Directory(PathBuf, u32),
    /// Write a file.
    File(PathBuf, String),
    /// Create a symbolic link.
    Symlink(PathBuf, PathBuf),
    /// Create a character device: path, major, minor, mode.
    Device(PathBuf, u32, u32, u32),
    /// Mount.
    Mount(MountSpec),
    /// Mount; if the kernel refuses, the second one instead.
    MountOr(MountSpec, MountSpec),
    /// Cover this file of /proc by /dev/null, if it exists.
    Mask(PathBuf),
    /// Make this tree of /proc read-only, if it exists.
    ReadOnly(PathBuf),
    /// Cover this file of /proc/sys by a private file of this content, if it exists.
    Private(PathBuf, String),
}

/// What a plan depends on.
pub(super) struct Inputs<'a> {
    /// Root image directory.
    pub image: &'a Path,
    /// The node's directory of this machine's disk.
    pub dir: &'a Path,
    /// What becomes its /var.
    pub var: &'a Path,
    /// Control groups of this machine.
    pub layout: &'a Layout,
    /// What the node sees of this machine.
    pub binds: &'a [Bind],
    /// Content of /system/platform/network.yaml.
    pub network: &'a str,
    /// Another one at each start: clients tell by it that a node has rebooted (contract api.md 8.5).
    pub boot_id: &'a str,
}

/// Kernel parameters that kubelet insists on writing although they are this machine's, with the
/// values that it wants to find: each is a private file, so that it finds them and changes nothing.
const PRIVATE_PARAMETERS: [(&str, &str); 6] = [
    ("vm/overcommit_memory", "1\n"),
    ("vm/panic_on_oom", "0\n"),
    ("kernel/panic", "10\n"),
    ("kernel/panic_on_oops", "1\n"),
    ("kernel/keys/root_maxkeys", "1000000\n"),
    ("kernel/keys/root_maxbytes", "25000000\n"),
];

/// The kernel's own says when this machine was booted, which is not when the node was.
const BOOT_ID: &str = "kernel/random/boot_id";

/// Where the node's root is put together, below the node's directory.
pub(super) fn root(dir: &Path) -> PathBuf {
    dir.join("root")
}

/// Holds upper layers and private files; unmounted (by name) before init starts.
pub(super) fn scratch(dir: &Path) -> PathBuf {
    dir.join("scratch")
}

/// All steps, in order.
pub(super) fn steps(inputs: &Inputs<'_>) -> Vec<Step> {
    let mut steps = image(inputs);
    steps.extend(kernel_views(inputs));
    steps.extend(devices(inputs));
    steps.extend(control_groups(inputs));
    steps.extend(writable(inputs));
    steps.extend(binds(inputs));
    steps
}

fn image(inputs: &Inputs<'_>) -> Vec<Step> {
    let (root, scratch) = (root(inputs.dir), scratch(inputs.dir));
    let empty = inputs.dir.join("empty");
    vec![
        Step::Directory(root.clone(), 0o755),
        Step::Directory(empty.clone(), 0o755),
        Step::Directory(scratch.clone(), 0o755),
        // An overlay without an upper layer cannot be made writable from inside, a bind could.
        // Where this machine's own root is an overlay of overlays, a bind has to do.
        Step::MountOr(
            MountSpec::overlay_read_only(&[inputs.image, &empty], &root).source("talos"),
            MountSpec::bind(inputs.image, &root),
        ),
        Step::Mount(MountSpec::remount_bind(&root, MsFlags::MS_RDONLY)),
        Step::Mount(MountSpec::tmpfs(&scratch, "mode=0755,size=64M").source("talos")),
    ]
}

fn kernel_views(inputs: &Inputs<'_>) -> Vec<Step> {
    let (proc, sys) = (root(inputs.dir).join("proc"), root(inputs.dir).join("sys"));
    let parameters = proc.join("sys");
    let mut steps = vec![
        Step::Mount(MountSpec::new("proc", &proc, data_only())),
        // Read-only as a whole, for this network namespace, not just at this mount point.
        Step::Mount(MountSpec::new("sysfs", &sys, data_only() | MsFlags::MS_RDONLY)),
        Step::Mask(proc.join("sysrq-trigger")),
        Step::Mask(proc.join("kcore")),
    ];
    for tree in ["bus", "fs", "irq", "acpi", "scsi", "sys"] {
        steps.push(Step::ReadOnly(proc.join(tree)));
    }
    for (name, value) in PRIVATE_PARAMETERS {
        steps.push(Step::Private(parameters.join(name), value.to_owned()));
    }
    steps.push(Step::Private(parameters.join(BOOT_ID), inputs.boot_id.to_owned()));
    // The network's parameters are the node's own.
    let net = parameters.join("net");
    steps.push(Step::Mount(MountSpec::bind(&net, &net)));
    steps.push(Step::Mount(MountSpec::remount_bind(&net, data_only())));
    steps
}

fn devices(inputs: &Inputs<'_>) -> Vec<Step> {
    let dev = root(inputs.dir).join("dev");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    let mut steps = vec![
        Step::Mount(MountSpec::new("tmpfs", &dev, flags).data("mode=0755,size=1M").source("dev")),
        Step::Directory(dev.join("net"), 0o755),
        Step::Directory(dev.join("pts"), 0o755),
        Step::Directory(dev.join("shm"), 0o1777),
        Step::Directory(dev.join("mqueue"), 0o755),
    ];
    for device in super::devices::DEVICES {
        steps.push(Step::Device(dev.join(device.path), device.major, device.minor, device.mode));
    }
    let terminals = MountSpec::new("devpts", dev.join("pts"), flags);
    steps.push(Step::Mount(terminals.data("newinstance,ptmxmode=0666,mode=0620,gid=5")));
    let shared = MountSpec::new("tmpfs", dev.join("shm"), data_only());
    steps.push(Step::Mount(shared.data("mode=1777,size=64M").source("shm")));
    steps.push(Step::Mount(MountSpec::new("mqueue", dev.join("mqueue"), data_only())));
    let links = [
        ("ptmx", "pts/ptmx"),
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ];
    steps.extend(links.map(|(name, target)| Step::Symlink(dev.join(name), target.into())));
    steps
}

fn control_groups(inputs: &Inputs<'_>) -> Vec<Step> {
    let groups = root(inputs.dir).join("sys/fs/cgroup");
    if inputs.layout.version == Version::V2 {
        return vec![Step::Mount(MountSpec::new("cgroup2", groups, data_only()).data("nsdelegate"))];
    }
    let tree = MountSpec::tmpfs(&groups, "mode=0755,size=1M").source("cgroup");
    let mut steps = vec![Step::Mount(tree)];
    for hierarchy in &inputs.layout.hierarchies {
        let Some(name) = hierarchy.mount_point.file_name() else { continue };
        let target = groups.join(name);
        steps.push(Step::Directory(target.clone(), 0o755));
        let mount = MountSpec::new("cgroup", target, data_only());
        steps.push(Step::Mount(mount.data(hierarchy.mount_options())));
        // Where controllers share a hierarchy, each is found under its own name too.
        if hierarchy.controllers.len() > 1 {
            let aliases = hierarchy.controllers.iter().filter(|controller| name != controller.as_str());
            steps.extend(aliases.map(|alias| Step::Symlink(groups.join(alias), PathBuf::from(name))));
        }
    }
    steps.push(Step::Mount(MountSpec::remount_bind(groups, data_only() | MsFlags::MS_RDONLY)));
    steps
}

fn writable(inputs: &Inputs<'_>) -> Vec<Step> {
    let (root, scratch) = (root(inputs.dir), scratch(inputs.dir));
    let (var, state) = (inputs.var.to_owned(), inputs.dir.join("state"));
    let private = "mode=0755";
    let etc = scratch.join("etc");
    // Contract os.md 3.3: /opt keeps its changes on EPHEMERAL under these names.
    let opt = var.join("system/overlays");
    vec![
        // Contract os.md 2.3 and 4.
        Step::Mount(MountSpec::tmpfs(root.join("run"), private)),
        Step::Mount(MountSpec::tmpfs(root.join("system"), private)),
        Step::Mount(MountSpec::tmpfs(root.join("tmp"), "mode=0755,size=64M")),
        Step::Directory(var.clone(), 0o755),
        Step::Mount(MountSpec::bind(&var, root.join("var"))),
        // Programs of images lie there, so they can be run; what gives rights, or is a device, cannot (os.md 3.2).
        Step::Mount(MountSpec::remount_bind(root.join("var"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV)),
        Step::Directory(state.clone(), 0o700),
        Step::Directory(root.join("system/state"), 0o700),
        Step::Mount(MountSpec::bind(&state, root.join("system/state"))),
        Step::Mount(MountSpec::remount_bind(root.join("system/state"), data_only())),
        Step::Directory(etc.join("upper"), 0o755),
        Step::Directory(etc.join("work"), 0o755),
        Step::Mount(MountSpec::overlay(
            &[&inputs.image.join("etc")],
            &etc.join("upper"),
            &etc.join("work"),
            root.join("etc"),
        )),
        Step::Directory(root.join("etc/cni"), 0o755),
        Step::Mount(MountSpec::tmpfs(root.join("etc/cni"), private)),
        Step::Directory(root.join("etc/kubernetes"), 0o755),
        Step::Mount(MountSpec::tmpfs(root.join("etc/kubernetes"), private)),
        Step::Mount(MountSpec::tmpfs(root.join("usr/libexec/kubernetes"), private)),
        Step::Directory(opt.join("opt-diff"), 0o755),
        Step::Directory(opt.join("opt-workdir"), 0o755),
        Step::Mount(MountSpec::overlay(
            &[&inputs.image.join("opt")],
            &opt.join("opt-diff"),
            &opt.join("opt-workdir"),
            root.join("opt"),
        )),
        Step::Directory(root.join("system/platform"), 0o755),
        Step::File(root.join("system/platform/network.yaml"), inputs.network.to_owned()),
    ]
}

fn binds(inputs: &Inputs<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for bind in inputs.binds {
        let relative = bind.target.strip_prefix("/").unwrap_or(&bind.target);
        let target = root(inputs.dir).join(relative);
        // In the image it must be there already; below a writable tree it is made.
        steps.push(Step::Directory(target.clone(), 0o755));
        steps.push(Step::Mount(MountSpec::bind(&bind.source, &target)));
        if bind.read_only {
            let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
            steps.push(Step::Mount(MountSpec::remount_bind(target, flags)));
        }
    }
    steps
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
