//! A node whose /var is full: it says so, keeps its configuration whole and changeable, and is well again when there
//! is space.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use support::{Cluster, SINGLE, skipped, text};

/// Size of the node's disk: as much as `health` asks for, and nothing of it is used on this machine before it is
/// written.
const SIZE: u64 = 7 << 30;

/// A file with a file system, mounted.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn mount() -> Self {
        let disk = Self { folder: tempfile::tempdir().unwrap() };
        let image = disk.folder.path().join("image");
        File::create(&image).unwrap().set_len(SIZE).unwrap();
        std::fs::create_dir(disk.mounted()).unwrap();
        tool("mkfs.ext4", &["-q", "-E", "lazy_itable_init=1,lazy_journal_init=1", text_of(&image)]);
        tool("mount", &["-o", "loop", text_of(&image), text_of(&disk.mounted())]);
        disk
    }

    fn mounted(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    /// Takes all the space there is, again and again: a node in need removes what it can do without.
    fn fill(&self) -> Filler {
        let (folder, full) = (self.mounted(), Arc::new(AtomicBool::new(true)));
        let keep = Arc::clone(&full);
        let thread = std::thread::spawn(move || {
            let mut number = 0;
            while keep.load(Ordering::SeqCst) {
                number += 1;
                fill(&folder, number);
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        Filler { folder: self.mounted(), full, thread: Some(thread) }
    }
}

/// Takes the space without writing it.
fn fill(folder: &Path, round: usize) {
    for size in ["1GiB", "64MiB", "1MiB", "4KiB"] {
        for number in 0.. {
            let file = folder.join(format!("filler-{round}-{size}-{number}"));
            let filled = Command::new("fallocate").args(["-l", size]).arg(&file).output().unwrap();
            if !filled.status.success() {
                let _ = std::fs::remove_file(&file);
                break;
            }
        }
    }
}

/// Keeps a disk full until it is dropped.
struct Filler {
    folder: PathBuf,
    full: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.full.store(false, Ordering::SeqCst);
        let _ = self.thread.take().map(JoinHandle::join);
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("filler-") {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.mounted()).status();
    }
}

fn text_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn tool(program: &str, args: &[&str]) {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(output.status.success(), "{program}: {}", text(&output));
}

#[test]
fn a_node_with_a_full_disk_says_so_and_recovers_and_its_configuration_stays_whole() {
    if skipped("disk") {
        return;
    }
    let disk = Disk::mount();
    let var = format!("disk-controlplane-1={}", text_of(&disk.mounted()));
    let cluster = Cluster::start_with("disk", SINGLE, &["--var", &var]);
    let (node, name) = (cluster.nodes[0].as_str(), cluster.node_name(0));
    let state = cluster.folder().join("nodes").join(&name).join("state");
    // As commands print it.
    let on_disk = || std::fs::read_to_string(state.join("config.yaml")).unwrap() + "\n";
    let notices = |c: &Cluster| c.ok(&["-n", node, "get", "notices"]);
    cluster.kube(&["create", "configmap", "before", "--from-literal=a=b"]);

    // On a disk that others fill, how much of it is left decides in bytes whether pods may stay, not as a share.
    let kubelet = cluster.kube(&["get", "--raw", &format!("/api/v1/nodes/{name}/proxy/configz")]);
    assert!(kubelet.contains(r#""imagefs.available":"256Mi""#), "{kubelet}");

    let filler = disk.fill();
    cluster.until("the node says that its disk is full", |c| notices(c).contains("/var is full"));
    let health = cluster.fails(&["-n", node, "health", "--wait-timeout", "3s"]);
    assert!(health.contains("/var is full"), "{health}");

    // What is sent while it is full arrives as a whole, in memory and on the disk.
    for ttl in ["61", "62"] {
        let patch = format!(
            "apiVersion: v1alpha1\nkind: SysctlConfig\nparams:\n  net.ipv4.ip_default_ttl: \"{ttl}\"\n"
        );
        cluster.ok(&["-n", node, "patch", "mc", "-p", &patch]);
        let stored = cluster.configuration(node);
        assert!(stored.contains(&format!("\"{ttl}\"")) && stored.contains("kind: KubeCoreDNSConfig"));
        assert!(on_disk() == stored, "what is on the disk is not what was sent");
    }
    // It comes up again with it, though nothing can be written below /var.
    let whole = on_disk();
    let pid = cluster.init_pid(&name).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
    cluster.until("the node runs anew", |c| c.init_pid(&name).is_some_and(|now| now != pid));
    cluster.until("the node says it again", |c| {
        text(&c.run(&["-n", node, "get", "notices"])).contains("/var is full")
    });
    assert!(cluster.configuration(node) == whole && on_disk() == whole, "the configuration is another one");

    drop(filler);
    cluster.until("the node says nothing more", |c| !notices(c).contains("/var is full"));
    cluster.healthy();
    cluster.kube(&["create", "configmap", "after", "--from-literal=a=b"]);
    for kept in ["before", "after"] {
        assert_eq!(cluster.kube(&["get", "configmap", kept, "-o", "jsonpath={.data.a}"]), "b");
    }
}
