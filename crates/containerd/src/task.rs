//! Tasks: what runs in a container.

use std::time::SystemTime;

use crate::client::{CALL, Client, MESSAGE_LIMIT, TASK_CALL};
use crate::error::optional;
use crate::generated::containerd::services::snapshots::v1::{
    MountsRequest, snapshots_client::SnapshotsClient,
};
use crate::generated::containerd::services::tasks::v1::{self as api, tasks_client::TasksClient};
use crate::generated::containerd::v1::types::{Process, Status};
use crate::{Result, SNAPSHOTTER};

/// State of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskStatus {
    /// Not known to the shim.
    Unknown,
    /// Made, not started.
    Created,
    /// Running.
    Running,
    /// Over.
    Stopped,
    /// Frozen, or about to be.
    Paused,
}

impl TaskStatus {
    /// The word that `talosctl containers` shows.
    pub fn as_str(self) -> &'static str {
        match self {
            TaskStatus::Unknown => "UNKNOWN",
            TaskStatus::Created => "CREATED",
            TaskStatus::Running => "RUNNING",
            TaskStatus::Stopped => "STOPPED",
            TaskStatus::Paused => "PAUSED",
        }
    }
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its container.
    pub container: String,
    /// Process id, in the pid namespace of containerd.
    pub pid: u32,
    /// State.
    pub status: TaskStatus,
    /// Exit status, once stopped.
    pub exit_status: u32,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Exit status; 128 + n for a process ended by signal n.
    pub status: u32,
    /// When.
    pub at: Option<SystemTime>,
}

fn exit(status: u32, at: Option<prost_types::Timestamp>) -> Exit {
    Exit { status, at: at.and_then(|t| SystemTime::try_from(t).ok()) }
}

impl Client {
    /// Makes the task of a container; its output goes to the FIFO or `file://` URI `output`. Returns its pid.
    pub async fn create_task(&self, container: &str, output: &str) -> Result<u32> {
        let mounts = MountsRequest { snapshotter: SNAPSHOTTER.to_owned(), key: container.to_owned() };
        let mut snapshots = SnapshotsClient::new(self.pipe());
        let what = format!("finding the root of container {container}");
        let rootfs = self.call(what, CALL, snapshots.mounts(mounts)).await?.mounts;
        let request = api::CreateTaskRequest {
            container_id: container.to_owned(),
            rootfs,
            stdout: output.to_owned(),
            stderr: output.to_owned(),
            ..Default::default()
        };
        let mut client = TasksClient::new(self.pipe());
        let what = format!("creating the task of container {container}");
        Ok(self.call(what, TASK_CALL, client.create(request)).await?.pid)
    }

    /// Starts a task that was made; returns its pid.
    pub async fn start_task(&self, container: &str) -> Result<u32> {
        let request = api::StartRequest { container_id: container.to_owned(), ..Default::default() };
        let mut client = TasksClient::new(self.pipe());
        let what = format!("starting the task of container {container}");
        Ok(self.call(what, TASK_CALL, client.start(request)).await?.pid)
    }

    /// The task of a container, if it has one.
    pub async fn task(&self, container: &str) -> Result<Option<Task>> {
        let request = api::GetRequest { container_id: container.to_owned(), ..Default::default() };
        let mut client = TasksClient::new(self.pipe());
        let what = format!("looking up the task of container {container}");
        let answer = optional(self.call(what, CALL, client.get(request)).await)?;
        Ok(answer.and_then(|a| a.process).map(|process| {
            // The answer names the process by the container's id only.
            Task { container: container.to_owned(), ..from_wire(process) }
        }))
    }

    /// All tasks of the namespace.
    pub async fn tasks(&self) -> Result<Vec<Task>> {
        let mut client = TasksClient::new(self.pipe()).max_decoding_message_size(MESSAGE_LIMIT);
        let answer = self.call("listing tasks", CALL, client.list(api::ListTasksRequest::default())).await?;
        Ok(answer.tasks.into_iter().map(from_wire).collect())
    }

    /// Waits until the task has ended. Fails with `is_unavailable` when containerd goes away meanwhile:
    /// the task itself lives on in its shim.
    pub async fn wait_task(&self, container: &str) -> Result<Exit> {
        let what = format!("waiting for the task of container {container}");
        let request = api::WaitRequest { container_id: container.to_owned(), ..Default::default() };
        let mut client = TasksClient::new(self.pipe());
        let answer = client.wait(request).await.map_err(|status| self.failure(&what, &status))?.into_inner();
        Ok(exit(answer.exit_status, answer.exited_at))
    }

    /// Sends a signal to the first process of the task, or to `all` of its processes.
    /// Fine when the task is over already.
    pub async fn kill_task(&self, container: &str, signal: i32, all: bool) -> Result<()> {
        let request = api::KillRequest {
            container_id: container.to_owned(),
            signal: u32::try_from(signal).unwrap_or_default(),
            all,
            ..Default::default()
        };
        let mut client = TasksClient::new(self.pipe());
        let what = format!("sending signal {signal} to the task of container {container}");
        optional(self.call(what, TASK_CALL, client.kill(request)).await).map(drop)
    }

    /// Removes a task that is over, with its shim. `None` when there was none.
    pub async fn delete_task(&self, container: &str) -> Result<Option<Exit>> {
        let request = api::DeleteTaskRequest { container_id: container.to_owned() };
        let mut client = TasksClient::new(self.pipe());
        let what = format!("deleting the task of container {container}");
        let answer = optional(self.call(what, TASK_CALL, client.delete(request)).await)?;
        Ok(answer.map(|a| exit(a.exit_status, a.exited_at)))
    }
}

fn from_wire(process: Process) -> Task {
    let status = match process.status() {
        Status::Unknown => TaskStatus::Unknown,
        Status::Created => TaskStatus::Created,
        Status::Running => TaskStatus::Running,
        Status::Stopped => TaskStatus::Stopped,
        Status::Paused | Status::Pausing => TaskStatus::Paused,
    };
    // In lists the id of the process is that of its container, and the container's id is empty.
    let container = if process.container_id.is_empty() { process.id } else { process.container_id };
    Task { container, pid: process.pid, status, exit_status: process.exit_status }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_process_belongs_to_the_container_that_it_names_in_either_field() {
        let listed =
            Process { id: "etcd".into(), pid: 7, status: Status::Running.into(), ..Default::default() };
        let task = from_wire(listed);
        assert_eq!((task.container.as_str(), task.pid, task.status), ("etcd", 7, TaskStatus::Running));
        assert_eq!(task.status.as_str(), "RUNNING");
    }
}
