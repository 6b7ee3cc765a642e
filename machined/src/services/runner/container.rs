//! A service that is a container of the runtime for Kubernetes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use containerd::{Client, Exit, NewContainer, TaskStatus};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use oci_spec::runtime::Spec;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use super::GRACE;
use crate::logs::Log;
use crate::services::process::ProcessRef;
use crate::services::service::{Reporter, Runner, Stop};

/// The first process of a container does not get signals that it does not handle yet: one that was just
/// started would sleep through its SIGTERM.
const DEAF: Duration = Duration::from_millis(300);
/// First and longest pause between attempts to reach a runtime that went away.
const RECONNECT: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// The container to run.
#[derive(Debug, Clone)]
pub struct ContainerPlan {
    /// Id of container and task.
    pub id: String,
    /// Name of its image.
    pub image: String,
    /// Snapshot of the image.
    pub chain_id: String,
    /// OCI runtime configuration.
    pub spec: Spec,
    /// Cgroup of its shim.
    pub shim_cgroup: Option<String>,
}

/// Runs a container. It lives on while the runtime restarts: shims hold it, and the runner finds it again.
pub struct ContainerRunner {
    /// Where.
    pub client: Client,
    /// What.
    pub plan: ContainerPlan,
    /// Where its output goes.
    pub log: Log,
    /// Folder for the pipe of its output.
    pub fifos: PathBuf,
}

#[async_trait]
impl Runner for ContainerRunner {
    async fn run(self: Box<Self>, report: Reporter, mut stop: Stop) -> anyhow::Result<()> {
        self.clean_up().await?;
        let (fifo, output) = self.open_output()?;
        let (ended, end) = oneshot::channel();
        let log = self.log.clone();
        let copier = tokio::spawn(async move { log.copy_from(output, end).await });
        let result = self.start_and_wait(&fifo, &report, &mut stop).await;
        let cleaned = self.clean_up().await;
        let _ = ended.send(());
        let _ = copier.await;
        let _ = std::fs::remove_file(&fifo);
        result.and(cleaned)
    }
}

impl ContainerRunner {
    fn id(&self) -> &str {
        &self.plan.id
    }

    /// Removes what an earlier run left.
    async fn clean_up(&self) -> anyhow::Result<()> {
        if let Some(task) = self.client.task(self.id()).await?
            && task.status != TaskStatus::Stopped
        {
            self.client.kill_task(self.id(), Signal::SIGKILL as i32, true).await?;
            let _ = tokio::time::timeout(GRACE, self.client.wait_task(self.id())).await;
        }
        self.client.delete_task(self.id()).await?;
        self.client.delete_container(self.id()).await?;
        Ok(())
    }

    fn open_output(&self) -> anyhow::Result<(PathBuf, pipe::Receiver)> {
        std::fs::create_dir_all(&self.fifos).with_context(|| format!("creating {}", self.fifos.display()))?;
        let path = self.fifos.join(self.id());
        let _ = std::fs::remove_file(&path);
        nix::unistd::mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR)
            .with_context(|| format!("creating the pipe {}", path.display()))?;
        // Open for writing as well: the end of one writer is not the end of the pipe.
        let output = pipe::OpenOptions::new()
            .read_write(true)
            .open_receiver(&path)
            .with_context(|| format!("opening the pipe {}", path.display()))?;
        Ok((path, output))
    }

    async fn start_and_wait(
        &self,
        fifo: &std::path::Path,
        report: &Reporter,
        stop: &mut Stop,
    ) -> anyhow::Result<()> {
        let plan = &self.plan;
        self.client
            .create_container(&NewContainer {
                id: plan.id.clone(),
                image: plan.image.clone(),
                chain_id: plan.chain_id.clone(),
                spec: plan.spec.clone(),
                labels: BTreeMap::new(),
                shim_cgroup: plan.shim_cgroup.clone(),
            })
            .await?;
        self.client.create_task(self.id(), &fifo.to_string_lossy()).await?;
        let pid = self.client.start_task(self.id()).await?;
        let process = ProcessRef::of(i32::try_from(pid).unwrap_or_default());
        let message = format!("Started task {0} (PID {pid}) for container {0}", self.id());
        report.running(&message, Some(process));
        let listens = sys::clock::after(DEAF);
        tokio::select! {
            exit = self.wait(process) => anyhow::bail!("task {:?} failed: {}", self.id(), describe_exit(exit)),
            () = async { stop.asked().await; tokio::time::sleep_until(listens).await } => {}
        }
        report.stopping(&format!("Sending SIGTERM to task {0} (PID {pid}, container {0})", self.id()));
        self.signal(Signal::SIGTERM, process).await;
        if tokio::time::timeout(GRACE, self.wait(process)).await.is_err() {
            report.stopping(&format!("Sending SIGKILL to task {0} (PID {pid}, container {0})", self.id()));
            self.signal(Signal::SIGKILL, process).await;
            self.wait(process).await;
        }
        Ok(())
    }

    /// Waits until the task has ended, whatever happens to the runtime meanwhile. `None` when nobody knows how.
    async fn wait(&self, process: ProcessRef) -> Option<Exit> {
        let mut pause = RECONNECT.0;
        loop {
            match self.client.wait_task(self.id()).await {
                Ok(exit) => return Some(exit),
                Err(error) if error.is_not_found() => return None,
                Err(error) => {
                    tracing::debug!("container {}: {error}; trying again", self.id());
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RECONNECT.1);
                    if !process.is_alive() && !error.is_unavailable() {
                        return None;
                    }
                }
            }
        }
    }

    async fn signal(&self, signal: Signal, process: ProcessRef) {
        if let Err(error) = self.client.kill_task(self.id(), signal as i32, false).await {
            // Without its runtime the process is still our machine's, and can be told directly.
            tracing::debug!("container {}: {error}; signalling process {}", self.id(), process.pid());
            if process.is_alive() && process.pid() > 1 {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(process.pid()), signal);
            }
        }
    }
}

fn describe_exit(exit: Option<Exit>) -> String {
    match exit {
        Some(exit) => format!("exit code {}", exit.status),
        None => "its end was not seen".to_owned(),
    }
}
