//! A cluster of real nodes for a test: a topology is a struct, a command is a line, and what is left behind
//! when a test fails is a folder with everything that was logged.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

pub mod chapters;
pub mod configured;
pub mod credentials;
pub mod raw;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};
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

/// What `make up` makes.
pub const DEFAULT: Topology = Topology { control_planes: 1, workers: 2 };

/// Three control plane nodes.
pub const THREE: Topology = Topology { control_planes: 3, workers: 0 };

/// A running cluster; removed when it goes out of scope.
pub struct Cluster {
    /// Clusters side by side have one home.
    home: Arc<tempfile::TempDir>,
    name: String,
    /// Addresses: control planes first.
    pub nodes: Vec<String>,
    /// Set when a failure has been written down.
    kept: OnceLock<()>,
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

    /// Starts a cluster that has been configured and bootstrapped, and waits for nothing more.
    pub fn without_waiting(name: &str, topology: Topology) -> Self {
        Self::create(name, topology, &["--wait=false"])
    }

    /// Starts a cluster with more flags.
    pub fn start_with(name: &str, topology: Topology, flags: &[&str]) -> Self {
        Self::create(name, topology, flags)
    }

    /// Starts clusters of one user at the same time.
    pub fn side_by_side<const N: usize>(names: [&str; N], topology: Topology) -> [Self; N] {
        let home = Arc::new(tempfile::tempdir().unwrap());
        let start = |name: &str| {
            let (home, name) = (Arc::clone(&home), name.to_owned());
            std::thread::spawn(move || Self::create_in(home, &name, topology, &[]))
        };
        names.map(start).map(|started| started.join().unwrap())
    }

    fn create(name: &str, topology: Topology, flags: &[&str]) -> Self {
        Self::create_in(Arc::new(tempfile::tempdir().unwrap()), name, topology, flags)
    }

    fn create_in(home: Arc<tempfile::TempDir>, name: &str, topology: Topology, flags: &[&str]) -> Self {
        let mut cluster = Self { home, name: name.to_owned(), nodes: Vec::new(), kept: OnceLock::new() };
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
        self.command("talosctl").args(args).output().unwrap()
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

    /// Waits until `check` holds; fails the test, naming it, after three minutes: slow machines are no bug.
    pub fn until(&self, what: &str, check: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(180);
        while !check(self) {
            assert!(Instant::now() < deadline, "{what}: not within three minutes");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Runs kubectl as the user of this cluster.
    pub fn kubectl(&self, args: &[&str]) -> Output {
        self.command("kubectl").args(args).output().unwrap()
    }

    /// Runs kubectl and returns what it prints; fails the test when it fails.
    pub fn kube(&self, args: &[&str]) -> String {
        let output = self.kubectl(args);
        assert!(output.status.success(), "kubectl {} failed: {}", args.join(" "), text(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Makes objects of Kubernetes from YAML.
    pub fn apply(&self, yaml: &str) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, yaml.as_bytes()).unwrap();
        self.kube(&["apply", "-f", file.path().to_str().unwrap()]);
    }

    /// A program of `_out/bin` with the files of this cluster's user.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(out().join("bin").join(program));
        command
            .env("TALOS_HOME", self.home.path())
            .env("TALOSCONFIG", self.talosconfig())
            .env("KUBECONFIG", self.kubeconfig())
            .env("NO_COLOR", "1");
        command
    }

    /// A file of this cluster's user.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A folder of this cluster's user, made when it is not there.
    pub fn user_folder(&self, name: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// The complete configuration of a node, as it is stored.
    pub fn configuration(&self, node: &str) -> String {
        self.ok(&["-n", node, "get", "machineconfig", "v1alpha1", "-o", "jsonpath={.spec}"])
    }

    /// The client configuration of this cluster's user.
    pub fn talosconfig(&self) -> PathBuf {
        self.home.path().join(format!("{}.talosconfig", self.name))
    }

    /// The credentials for Kubernetes of this cluster's user.
    pub fn kubeconfig(&self) -> PathBuf {
        self.home.path().join(format!("{}.kubeconfig", self.name))
    }

    /// Waits until all checks of health pass.
    pub fn healthy(&self) {
        self.ok(&["--nodes", &self.nodes[0], "health", "--wait-timeout", "5m"]);
    }

    /// Name of the node with this number, counted over control planes, then workers.
    pub fn node_name(&self, index: usize) -> String {
        let shown = self.ok(&["cluster", "show", "--name", &self.name]);
        let address = &self.nodes[index];
        let line = shown.lines().find(|l| l.split_whitespace().nth(2) == Some(address)).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    }

    /// Runs a program of this machine in the network of a node.
    pub fn in_network(&self, node: &str, args: &[&str]) -> Output {
        let pid = self.init_pid(node).unwrap().to_string();
        Command::new("nsenter").args(["-t", &pid, "-n"]).args(args).output().unwrap()
    }

    /// Ids, on this machine, of all processes of a node.
    pub fn all_processes(&self, node: &str) -> Vec<i32> {
        let init = self.init_pid(node).unwrap();
        let all = Processes::read();
        all.0.iter().map(|p| p.pid).filter(|pid| *pid == init || all.is_below(*pid, init)).collect()
    }

    /// Ids, on this machine, of a node's processes that run this program.
    pub fn processes(&self, node: &str, program: &str) -> Vec<i32> {
        let init = self.init_pid(node).unwrap();
        let all = Processes::read();
        all.0.iter().filter(|p| p.name == program && all.is_below(p.pid, init)).map(|p| p.pid).collect()
    }

    /// Sends a signal to all of a node's processes that run this program; there has to be one.
    pub fn signal(&self, node: &str, program: &str, signal: nix::sys::signal::Signal) {
        let pids = self.processes(node, program);
        assert!(!pids.is_empty(), "{program} does not run on {node}");
        for pid in pids {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal);
        }
    }

    /// Folder of everything that the cluster keeps on this machine.
    pub fn folder(&self) -> PathBuf {
        self.home.path().join("clusters").join(&self.name)
    }

    /// What `cluster show` says under a heading.
    fn shown(&self, heading: &str) -> String {
        let shown = self.ok(&["cluster", "show", "--name", &self.name]);
        let line = shown.lines().find(|line| line.starts_with(heading)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    }

    /// Address of this machine in the nodes' network.
    pub fn gateway(&self) -> String {
        self.shown("NETWORK GATEWAY")
    }

    /// What the names of everything that the cluster has on this machine have in common.
    pub fn hash(&self) -> String {
        self.shown("NETWORK NAME").trim_start_matches("tl").trim_end_matches("br").to_owned()
    }

    /// Kills the host process and all nodes at once.
    pub fn kill_host(&self) {
        let text = std::fs::read_to_string(self.folder().join("host.json")).unwrap();
        let host: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut pids = vec![host["pid"].as_i64().unwrap()];
        pids.extend(host["nodes"].as_object().unwrap().values().filter_map(|n| n["pid"].as_i64()));
        for pid in pids {
            let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
    }

    /// Cuts a node off for good: its link is removed together with the end outside, so that it cannot repair it.
    pub fn lose(&self, node: &str) {
        let down = self.in_network(node, &["ip", "link", "del", "eth0"]);
        assert!(down.status.success(), "{}", text(&down));
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

struct Process {
    pid: i32,
    parent: i32,
    name: String,
}

/// All processes of this machine.
struct Processes(Vec<Process>);

impl Processes {
    fn read() -> Self {
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let one = |entry: std::fs::DirEntry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let (before, after) = stat.rsplit_once(')')?;
            let name = before.split_once('(')?.1.to_owned();
            let parent = after.split_whitespace().nth(1)?.parse().ok()?;
            Some(Process { pid, parent, name })
        };
        Self(entries.filter_map(one).collect())
    }

    fn is_below(&self, pid: i32, ancestor: i32) -> bool {
        let mut at = pid;
        while let Some(process) = self.0.iter().find(|p| p.pid == at) {
            if process.parent == ancestor {
                return true;
            }
            at = process.parent;
        }
        false
    }
}

/// Both streams of a program.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep_evidence();
        }
        self.destroy();
    }
}

impl Cluster {
    /// Removes it from this machine; nothing happens if it is gone.
    pub fn destroy(&self) -> Output {
        self.run(&["cluster", "destroy", "--name", &self.name, "--force"])
    }

    /// Copies consoles, service logs and, from nodes that answer, resources to a folder that outlives the cluster, and
    /// says where. What comes of a first failure is not kept over it.
    pub fn keep_evidence(&self) {
        if self.kept.set(()).is_err() {
            return;
        }
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
        self.collect(&kept.join("support.zip"));
        println!("what the nodes logged, and their resources, are in {}", kept.display());
    }

    /// What `talosctl support` says of all nodes, if they say it within a minute.
    fn collect(&self, archive: &Path) {
        let mut command = self.command("talosctl");
        command.args(["-n", &self.nodes.join(","), "support", "-w", "4", "-O"]).arg(archive);
        let Ok(mut child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else { return };
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline && child.try_wait().is_ok_and(|ended| ended.is_none()) {
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}
