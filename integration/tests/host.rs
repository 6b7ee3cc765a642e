//! The machine that nodes run on: they leave it as it is, do not reach what is not theirs, and nothing of them stays.
//! And clusters beside each other leave each other alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::time::{Duration, Instant};

use support::chapters::{Stage, chapter, tell};
use support::{Cluster, SINGLE, text};

fn main() -> ExitCode {
    let chapters = [
        chapter(both_work),
        chapter(devices_are_out_of_reach),
        chapter(the_kernel_cannot_be_changed),
        chapter(capabilities_end_at_the_namespaces),
        chapter(the_api_says_what_a_node_here_has_not),
        chapter(the_machine_is_as_before),
        chapter(it_goes_without_a_trace),
        chapter(the_only_control_plane_is_reset),
        chapter(it_is_made_again_from_what_is_kept),
    ];
    tell("host", Story::begin, chapters)
}

/// Two clusters, and what the machine was before.
struct Story {
    parameters: BTreeMap<PathBuf, String>,
    log: KernelLog,
    one: Cluster,
    other: Cluster,
}

impl Story {
    fn begin() -> Self {
        let (parameters, log) = (parameters(Path::new("/proc/sys")), KernelLog::from_now());
        let [one, other] = Cluster::side_by_side(["one", "other"], SINGLE);
        Self { parameters, log, one, other }
    }
}

impl Stage for Story {
    fn keep(&self) {
        self.one.keep_evidence();
        self.other.keep_evidence();
    }
}

/// Each with its own network, nodes and Kubernetes.
fn both_work(Story { one, other, .. }: &Story) {
    assert_ne!(one.nodes, other.nodes);
    assert_ne!(one.hash(), other.hash());
    for (cluster, foreign) in [(one, other), (other, one)] {
        cluster.kube(&["create", "configmap", &format!("of-{}", cluster.node_name(0)), "--from-literal=a=b"]);
        let nodes = cluster.kube(&["get", "nodes", "-o", "name"]);
        assert!(nodes.contains(&cluster.node_name(0)) && nodes.lines().count() == 1, "{nodes}");
        let members = cluster.ok(&["-n", &cluster.nodes[0], "get", "members"]);
        assert!(!members.contains(&foreign.node_name(0)), "{members}");
        let stranger = cluster.run(&["-e", &foreign.nodes[0], "-n", &foreign.nodes[0], "version"]);
        assert!(!stranger.status.success() && text(&stranger).contains("certificate"), "{}", text(&stranger));
    }
    let maps = one.kube(&["get", "configmaps", "-o", "name"]);
    assert!(maps.contains("of-one") && !maps.contains("of-other"), "{maps}");
}

/// The node's first process, and one of a container that Kubernetes calls privileged.
fn inside(cluster: &Cluster) -> [i32; 2] {
    let node = cluster.node_name(0);
    let proxy = cluster.processes(&node, "kube-proxy")[0];
    [cluster.init_pid(&node).unwrap(), proxy]
}

/// Runs a shell of this machine among the processes that the control groups of a node's process are for.
fn in_group_of(pid: i32, script: &str) -> Output {
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let of = |controller: &str| {
        groups.lines().find_map(|l| l.split_once(':')?.1.strip_prefix(controller)?.strip_prefix(":/"))
    };
    let group = match of("devices") {
        Some(path) => format!("/sys/fs/cgroup/devices/{path}"),
        None => format!("/sys/fs/cgroup/{}", of("").unwrap()),
    };
    let enter = format!("echo $$ > {group}/cgroup.procs && {script}");
    Command::new("sh").args(["-c", &enter]).output().unwrap()
}

/// /dev of a node has a few harmless devices; making another one does not help.
fn devices_are_out_of_reach(Story { one: cluster, .. }: &Story) {
    let [init, proxy] = inside(cluster);
    let mut found = Vec::new();
    for (path, meta) in below(&PathBuf::from(format!("/proc/{init}/root/dev"))) {
        let name = path.strip_prefix(format!("/proc/{init}/root/dev")).unwrap().display().to_string();
        assert!(!meta.file_type().is_block_device(), "{name} is a block device");
        if meta.file_type().is_char_device() && !name.starts_with("pts/") {
            found.push(name.clone());
        }
        if name == "kmsg" {
            assert_eq!(meta.permissions().mode() & 0o222, 0, "kmsg is for reading");
        }
    }
    found.sort();
    assert_eq!(found, ["full", "fuse", "kmsg", "net/tun", "null", "random", "tty", "urandom", "zero"]);

    let folder = tempfile::tempdir().unwrap();
    let device = |kind: &str, major: u64, minor: u64| {
        let path = folder.path().join(format!("{kind}-{major}-{minor}"));
        let numbers = [kind.to_owned(), major.to_string(), minor.to_string()];
        assert!(Command::new("mknod").arg(&path).args(numbers).status().unwrap().success());
        path.display().to_string()
    };
    let mut forbidden =
        vec![("<", device("c", 10, 237)), ("<", device("c", 1, 1)), (">", device("c", 1, 11))];
    forbidden.extend(disks().into_iter().map(|(major, minor)| ("<", device("b", major, minor))));
    let null = device("c", 1, 3);
    for pid in [init, proxy] {
        let allowed = in_group_of(pid, &format!("true > {null}"));
        assert!(allowed.status.success(), "{}", text(&allowed));
        for (how, path) in &forbidden {
            let refused = in_group_of(pid, &format!("true {how} {path}"));
            let said = text(&refused);
            assert!(!refused.status.success() && said.contains("not permitted"), "{how} {path}: {said}");
        }
    }
}

/// Block devices of this machine.
fn disks() -> Vec<(u64, u64)> {
    let table = std::fs::read_to_string("/proc/partitions").unwrap();
    let numbers = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    };
    table.lines().filter_map(numbers).take(4).collect()
}

/// Everything below a folder, links not followed.
fn below(folder: &Path) -> Vec<(PathBuf, std::fs::Metadata)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(meta) = entry.path().symlink_metadata() else { continue };
        if meta.is_dir() {
            all.extend(below(&entry.path()));
        }
        all.push((entry.path(), meta));
    }
    all
}

/// /sys cannot be written, sysrq is not there, and the kernel's parameters are the machine's.
fn the_kernel_cannot_be_changed(Story { one: cluster, .. }: &Story) {
    let init = inside(cluster)[0];
    let root = PathBuf::from(format!("/proc/{init}/root"));
    let mounts = std::fs::read_to_string(format!("/proc/{init}/mountinfo")).unwrap();
    let sys = mounts.lines().find(|line| line.split(' ').nth(4) == Some("/sys")).unwrap();
    let (mount, file_system) = sys.split_once(" - ").unwrap();
    assert!(mount.split(' ').nth(5).unwrap().split(',').any(|option| option == "ro"), "{sys}");
    assert!(file_system.split(' ').nth(2).unwrap().split(',').any(|option| option == "ro"), "{sys}");
    for file in [
        "sys/kernel/mm/transparent_hugepage/enabled",
        "sys/kernel/mm/ksm/run",
        "proc/sys/kernel/core_pattern",
    ] {
        if root.join(file).exists() {
            let error = std::fs::OpenOptions::new().write(true).open(root.join(file)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ReadOnlyFilesystem, "{file}: {error}");
        }
    }
    let null = Path::new("/dev/null").metadata().unwrap().rdev();
    for file in ["proc/sysrq-trigger", "proc/kcore"] {
        // Not every kernel has them.
        let masked = root.join(file).metadata().map_or(null, |found| found.rdev());
        assert_eq!(masked, null, "{file} is masked");
    }
}

/// No process of a node, and be it in a privileged container, may do what namespaces do not confine.
fn capabilities_end_at_the_namespaces(Story { one: cluster, .. }: &Story) {
    // capabilities(7): CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_SYS_TIME.
    const FORBIDDEN: u64 = 1 << 16 | 1 << 17 | 1 << 22 | 1 << 25;
    let pids = cluster.all_processes(&cluster.node_name(0));
    assert!(pids.len() > 10, "{pids:?}");
    for pid in pids {
        // Some end meanwhile.
        let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) else { continue };
        for line in status.lines().filter(|line| line.starts_with("Cap")) {
            let set =
                line.split_whitespace().last().and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap();
            assert_eq!(set & FORBIDDEN, 0, "{pid}: {line}: {status}");
        }
    }
}

/// What the API says of the machine.
fn the_api_says_what_a_node_here_has_not(Story { one: cluster, .. }: &Story) {
    let node = cluster.nodes[0].as_str();
    let disks = cluster.ok(&["-n", node, "get", "disks"]);
    assert_eq!(disks.lines().count(), 1, "a headline and no disk: {disks}");
    let wiped = cluster.fails(&["-n", node, "wipe", "disk", "vda"]);
    assert!(wiped.contains("NotFound") && wiped.contains("vda"), "{wiped}");
    let messages = cluster.ok(&["-n", node, "dmesg"]);
    assert!(messages.lines().next().unwrap().contains("machine that it runs on"), "{messages}");
    assert!(messages.lines().count() > 10, "{messages}");
}

/// Messages of this machine's kernel.
struct KernelLog(std::fs::File);

impl KernelLog {
    fn from_now() -> Self {
        let flags = nix::libc::O_NONBLOCK;
        let mut file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open("/dev/kmsg").unwrap();
        std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
        Self(file)
    }

    /// Whoever wrote a record that is not the kernel's own: it was no program of a node.
    fn holds_nothing_of_nodes(&self) {
        let mut log = &self.0;
        let mut record = vec![0; 8192];
        loop {
            let length = match log.read(&mut record) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // Overwritten before it was read.
                Err(_) => continue,
            };
            let line = String::from_utf8_lossy(&record[..length]).into_owned();
            let priority: u32 = line.split(',').next().unwrap().parse().unwrap();
            let names = ["machined", "talos", "apid", "networkd", "kubelet", "containerd", "etcd"];
            let of_a_node = priority >> 3 != 0 && names.iter().any(|name| line.contains(name));
            assert!(!of_a_node, "a node wrote into the machine's log: {line}");
        }
    }
}

/// Parameters of this machine's kernel that can be set.
fn parameters(folder: &Path) -> BTreeMap<PathBuf, String> {
    let files = below(folder).into_iter().filter(|(_, meta)| meta.is_file() && meta.mode() & 0o200 != 0);
    let read =
        |(path, _): (PathBuf, std::fs::Metadata)| Some((path.clone(), std::fs::read_to_string(path).ok()?));
    files.filter_map(read).collect()
}

/// Packets are forwarded while there are clusters; nothing else is different, and nobody wrote into its log.
fn the_machine_is_as_before(Story { parameters: before, log, .. }: &Story) {
    log.holds_nothing_of_nodes();
    let now = parameters(Path::new("/proc/sys"));
    let expected = |path: &Path| {
        let name = path.display().to_string();
        // A kernel that forwards takes no redirects (kernel documentation, ip-sysctl: accept_redirects).
        let by_forwarding = name.contains("forward") || name.ends_with("/ipv4/conf/all/accept_redirects");
        by_forwarding || name.ends_with("/ns_last_pid") || name.contains("/random/")
    };
    for (path, value) in before {
        if let Some(changed) = now.get(path).filter(|now| *now != value)
            && !expected(path)
        {
            panic!("{} was {value:?} and is {changed:?}", path.display());
        }
    }
}

/// After a crash of everything, `destroy` finds by their names what was made.
fn it_goes_without_a_trace(Story { one: cluster, other, .. }: &Story) {
    let hash = cluster.hash();
    let traces = || {
        let list = |program: &str, args: &[&str]| {
            Command::new(program).args(args).output().map(|output| text(&output)).unwrap_or_default()
        };
        let mut found: Vec<String> = Vec::new();
        let listed = [list("ip", &["-o", "link"]), list("nft", &["list", "tables"])].join("\n");
        found.extend(listed.lines().filter(|line| line.contains(&hash)).map(str::to_owned));
        for folder in ["/run/netns", "/sys/fs/cgroup", "/sys/fs/cgroup/devices", "/sys/fs/cgroup/memory"] {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.path().display().to_string());
            found.extend(names.filter(|name| name.contains(&hash)));
        }
        found
    };
    assert!(traces().len() >= 3, "{:?}", traces());
    let folder = cluster.folder();
    cluster.kill_host();
    cluster.destroy();
    assert_eq!(traces(), [""; 0]);
    assert!(!folder.exists());
    assert_eq!(other.kube(&["get", "nodes", "--no-headers"]).lines().count(), 1, "the other one goes on");
}

/// There is nobody to hand etcd over to, and no other node for its pods: nothing of that may hold it up.
fn the_only_control_plane_is_reset(Story { other: cluster, .. }: &Story) {
    let node = cluster.nodes[0].as_str();
    let begun = Instant::now();
    let reset = cluster.run(&["-n", node, "reset", "--reboot", "--timeout", "3m"]);
    assert!(reset.status.success(), "{}", text(&reset));
    assert!(begun.elapsed() < Duration::from_secs(90), "{:?}", begun.elapsed());
    cluster.until("the node waits for its configuration", |c| {
        c.run(&["-n", node, "version", "--insecure"]).status.success()
    });
}

/// The same command brings a node that was reset back into its cluster, with the same secrets.
fn it_is_made_again_from_what_is_kept(Story { other: cluster, .. }: &Story) {
    let create = ["cluster", "create", "--name", "other", "--controlplanes", "1", "--workers", "0"];
    let patched =
        [&create[..], &["--config-patch", "{machine: {sysctls: {net.core.somaxconn: '512'}}}"]].concat();
    let refused = cluster.fails(&patched);
    assert!(refused.contains("has no configuration") && refused.contains("apply-config"), "{refused}");
    let again = cluster.run(&create);
    assert!(again.status.success(), "{}", text(&again));
    assert!(text(&again).contains("has its configuration"), "{}", text(&again));
    let nodes = cluster.kube(&["get", "nodes", "--no-headers"]);
    assert!(nodes.lines().count() == 1 && nodes.contains(" Ready "), "{nodes}");
}
