//! A cluster of real nodes for a test: a topology is a struct, a command is a line, and what is left behind
//! when a test fails is a folder with everything that was logged.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// How many nodes of which kind.
#[derive(Debug, Clone, Copy)]
pub struct Topology {
    /// Control plane nodes.
    pub control_planes: usize,
    /// Worker nodes.
    pub workers: usize,
}

/// One control plane node.
pub const SINGLE: Topology = Topology { control_planes: 1, workers: 0 };

/// A running cluster; removed when it goes out of scope.
pub struct Cluster {
    home: tempfile::TempDir,
    name: String,
    /// Addresses: control planes first.
    pub nodes: Vec<String>,
}

/// The folder that `cargo xtask image` fills.
fn out() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../_out")
}

/// Says why nodes cannot run here, on the line that the summary counts.
pub fn skipped(test: &str) -> bool {
    let reason = if !nix::unistd::Uid::effective().is_root() {
        "needs root: nodes get namespaces of their own"
    } else if !out().join("rootfs/sbin/init").is_symlink() || !out().join("bin/talosctl").exists() {
        "needs the root image: run make image"
    } else {
        return false;
    };
    println!("skipped: {test}: {reason}");
    true
}

impl Cluster {
    /// Starts a cluster with nodes that wait in maintenance mode.
    pub fn in_maintenance(name: &str, topology: Topology) -> Self {
        Self::create(name, topology, &["--skip-injecting-config"])
    }

    /// Starts a cluster and waits until talosctl says that it is up.
    pub fn start(name: &str, topology: Topology) -> Self {
        Self::create(name, topology, &[])
    }

    fn create(name: &str, topology: Topology, flags: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut cluster = Self { home, name: name.to_owned(), nodes: Vec::new() };
        let (control_planes, workers) = (topology.control_planes.to_string(), topology.workers.to_string());
        let mut args = vec!["cluster", "create", "--name", name];
        args.extend(["--controlplanes", &control_planes, "--workers", &workers]);
        args.extend(flags);
        let output = cluster.run(&args);
        assert!(output.status.success(), "cluster create failed: {}", text(&output));
        cluster.nodes = cluster.addresses();
        assert_eq!(cluster.nodes.len(), topology.control_planes + topology.workers);
        cluster
    }

    fn addresses(&self) -> Vec<String> {
        let shown = self.ok(&["cluster", "show", "--name", &self.name]);
        let is_node = |line: &&str| line.contains("controlplane") || line.contains("worker");
        let address = |line: &str| line.split_whitespace().nth(2).map(str::to_owned);
        shown.lines().filter(is_node).filter_map(address).collect()
    }

    /// Runs talosctl as a user of this cluster.
    pub fn run(&self, args: &[&str]) -> Output {
        Command::new(out().join("bin/talosctl"))
            .args(args)
            .env("TALOS_HOME", self.home.path())
            .env("TALOSCONFIG", self.home.path().join("config"))
            .env("KUBECONFIG", self.home.path().join("kubeconfig"))
            .env("NO_COLOR", "1")
            .output()
            .unwrap()
    }

    /// Runs talosctl and returns what it prints; fails the test when it fails.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "talosctl {} failed: {}", args.join(" "), text(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs talosctl, which has to fail; returns its errors.
    pub fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(!output.status.success(), "talosctl {} did not fail: {}", args.join(" "), text(&output));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Waits until `check` holds; fails the test, naming it, after a minute.
    pub fn until(&self, what: &str, check: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !check(self) {
            assert!(Instant::now() < deadline, "{what}: not within a minute");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Folder of everything that the cluster keeps on this machine.
    pub fn folder(&self) -> PathBuf {
        self.home.path().join("clusters").join(&self.name)
    }

    /// The console of a node.
    pub fn console(&self, node: &str) -> String {
        std::fs::read_to_string(self.folder().join("nodes").join(node).join("console.log"))
            .unwrap_or_default()
    }

    /// Process id, on this machine, of a node's first process.
    pub fn init_pid(&self, node: &str) -> Option<i32> {
        let text = std::fs::read_to_string(self.folder().join("host.json")).ok()?;
        let host: serde_json::Value = serde_json::from_str(&text).ok()?;
        i32::try_from(host["nodes"][node]["pid"].as_i64()?).ok()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep_logs();
        }
        self.run(&["cluster", "destroy", "--name", &self.name, "--force"]);
    }
}

impl Cluster {
    /// Copies consoles and service logs to a folder that outlives the cluster, and says where.
    fn keep_logs(&self) {
        let kept = out().join("failures").join(&self.name);
        let _ = std::fs::remove_dir_all(&kept);
        let _ = std::fs::create_dir_all(&kept);
        for entry in std::fs::read_dir(self.folder().join("nodes")).into_iter().flatten().flatten() {
            let node = entry.file_name().to_string_lossy().into_owned();
            let _ = std::fs::copy(entry.path().join("console.log"), kept.join(format!("{node}-console.log")));
            for log in std::fs::read_dir(entry.path().join("var/log")).into_iter().flatten().flatten() {
                let name = log.file_name().to_string_lossy().into_owned();
                let _ = std::fs::copy(log.path(), kept.join(format!("{node}-{name}")));
            }
        }
        println!("what the nodes logged is in {}", kept.display());
    }
}
