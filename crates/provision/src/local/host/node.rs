//! One node's life in the host process: namespaces, init, console, restart.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sys::cgroup::{CgroupPort, Cgroups};
use sys::namespace::{CloneFlags, Kind};
use sys::process::{Child, Command, Exit, Namespace, Resource, Signal, SpawnPort, Stdio};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::console::{self, Console};
use super::life::{Life, Next};
use super::{GRACE, PATIENCE, SUBCOMMAND};
use crate::local::error::Result;
use crate::local::network::{Network, fresh_namespace};
use crate::local::node::denied;
use crate::local::state::{ClusterInfo, Files, NodeInfo, NodeRecord};

/// Open files of a node's init (contract os.md 2.3).
const OPEN_FILES: u64 = 1_048_576;
/// What files on a real node are created with, whatever the user's own mask is.
const UMASK: u32 = 0o022;

/// How often a node that is off is looked at: somebody may have switched it on.
const SWITCH: Duration = Duration::from_millis(500);

/// News of a node.
pub(super) struct Report {
    pub node: String,
    pub record: NodeRecord,
}

/// Everything a node's life needs.
pub(super) struct Node {
    pub files: Files,
    pub cluster: Arc<ClusterInfo>,
    pub info: NodeInfo,
    pub port: Arc<dyn SpawnPort>,
    pub cgroups: Cgroups,
    pub reports: mpsc::Sender<Report>,
}

impl Node {
    /// Runs the node, off and on, until `stopping`.
    pub(super) async fn live(self, mut stopping: watch::Receiver<bool>) {
        let mut record = NodeRecord { state: "starting".into(), ..NodeRecord::default() };
        loop {
            self.while_on(&mut record, &mut stopping).await;
            record.state = "stopped".into();
            self.report(&record).await;
            tracing::info!(node = self.info.name, "node is off");
            if let Err(error) = self.tear_down().await {
                tracing::warn!(node = self.info.name, %error, "could not clean up after the node");
            }
            // A node that was shut down stays off until somebody switches it on.
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                () = self.switched_on() => tracing::info!(node = self.info.name, "node is switched on"),
            }
            record.restarts += 1;
        }
    }

    async fn switched_on(&self) {
        let switch = self.files.switch(&self.info.name);
        while std::fs::remove_file(&switch).is_err() {
            tokio::time::sleep(SWITCH).await;
        }
    }

    /// Starts the node, again and again as its exit status asks, until it is to be off.
    async fn while_on(&self, record: &mut NodeRecord, stopping: &mut watch::Receiver<bool>) {
        let mut life = Life::new();
        while !*stopping.borrow() {
            let started = Instant::now();
            let wait = match self.boot().await {
                Ok((child, console)) => {
                    record.state = "running".into();
                    record.pid = Some(child.pid());
                    self.report(record).await;
                    let exit = self.run(child, console, stopping).await;
                    record.pid = None;
                    record.last_exit = Some(exit.to_string());
                    match life.after(exit, started.elapsed()) {
                        Next::Off => None,
                        Next::Again(wait, why) => {
                            tracing::info!(node = self.info.name, %exit, ?wait, why, "node ended; starting it again");
                            Some(wait)
                        }
                    }
                }
                Err(error) => {
                    let wait = life.not_started();
                    tracing::error!(node = self.info.name, %error, ?wait, "could not start the node; trying again");
                    record.last_exit = Some(error.to_string());
                    Some(wait)
                }
            };
            let Some(wait) = wait.filter(|_| !*stopping.borrow()) else { break };
            record.state = "restarting".into();
            record.restarts += 1;
            self.report(record).await;
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stopping.wait_for(|stop| *stop) => {}
            }
        }
    }

    async fn report(&self, record: &NodeRecord) {
        let report = Report { node: self.info.name.clone(), record: record.clone() };
        _ = self.reports.send(report).await;
    }

    /// Makes fresh namespaces, link and control group, and starts the node's first process.
    async fn boot(&self) -> Result<(Child, Console)> {
        self.tear_down().await?;
        let names = self.cluster.names();
        let dir = self.files.node_dir(&self.info.name);
        sys::fs::create_dir(&dir, 0o700)?;
        let group = self.cgroups.create(&names.node_cgroup(&self.info.name))?;
        if let Err(error) = self.cgroups.deny_devices(&group, &denied()) {
            // The node's /dev holds nothing dangerous all the same, and it lacks CAP_SYS_RAWIO.
            tracing::warn!(node = self.info.name, %error, "devices are not denied by a control group");
        }
        let netns = Arc::new(fresh_namespace(&names.netns(&self.info.name))?);
        Network::connect()?.create_link(&self.cluster, &self.info, &netns).await?;
        // By the kernel's own link, so that a program replaced on disk meanwhile does not matter.
        let mut command = Command::new("/proc/self/exe")
            .arg(SUBCOMMAND)
            .arg("--state-dir")
            .arg(self.files.root())
            .args(["--name", &self.cluster.name, "--node", &self.info.name])
            .cgroup(group.procs_files())
            .stdout(Stdio::Pipe)
            .stderr(Stdio::Pipe)
            .new_session()
            // As far as this machine allows; a user's own limits are too low for etcd and containerd.
            .rlimit(Resource::RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES)
            // Nodes without their host would be neither forwarded to nor restarted.
            .parent_death_signal(Signal::SIGKILL);
        command.new_namespaces = CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWIPC;
        command.umask = Some(UMASK);
        command.unshare = CloneFlags::CLONE_NEWCGROUP;
        command.enter = vec![Namespace { fd: netns, kind: Kind::Net.flag() }];
        let mut child = self.port.spawn(&command)?;
        let console = Console::open(&console_file(&dir))?;
        console::collect(&console, child.take_stdout()?);
        console::collect(&console, child.take_stderr()?);
        Ok((child, console))
    }

    /// Waits for the end of the node; when the host is to end, asks the node to, and then insists.
    async fn run(&self, mut child: Child, console: Console, stopping: &mut watch::Receiver<bool>) -> Exit {
        let asked = tokio::select! {
            exit = child.wait() => {
                console.end(&exit.to_string());
                return exit;
            }
            _ = stopping.wait_for(|stop| *stop) => child.signal(Signal::SIGTERM),
        };
        let grace = if asked.is_ok() { GRACE } else { Duration::ZERO };
        if let Ok(exit) = tokio::time::timeout(grace, child.wait()).await {
            return exit;
        }
        if let Err(error) = child.signal(Signal::SIGKILL) {
            tracing::error!(node = self.info.name, %error, "could not kill the node");
        }
        child.wait().await
    }

    /// Removes what a run of the node has left in the kernel.
    async fn tear_down(&self) -> Result<()> {
        let names = self.cluster.names();
        let group = self.cgroups.group(&names.node_cgroup(&self.info.name));
        sys::cgroup::destroy(&self.cgroups, &group, PATIENCE).await?;
        Network::connect()?.remove_link(&names, &self.info).await?;
        sys::namespace::remove_named(&names.netns(&self.info.name))?;
        Ok(())
    }
}

fn console_file(dir: &Path) -> std::path::PathBuf {
    dir.join("console.log")
}
