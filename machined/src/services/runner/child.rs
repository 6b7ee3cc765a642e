//! One of our own daemons: a child with a connection to the store and one for supervision.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use async_trait::async_trait;
use supervisor::{Launch, Launcher, Phase, Settings, Status};
use sys::process::{Child, Command, SpawnPort, Stdio};

use super::describe;
use super::process::capture;
use crate::logs::Log;
use crate::services::process::ProcessRef;
use crate::services::service::{Reporter, Runner, Stop};

/// Serves the store to a daemon, given its service id and our end of the connection.
pub type StoreServer = Arc<dyn Fn(&str, UnixStream) + Send + Sync>;

/// Runs a daemon: descriptor 3 is its store, descriptor 4 its supervision. It is restarted when it dies or
/// falls silent, and tells itself whether it is well.
pub struct ChildRunner {
    /// Service id.
    pub id: String,
    /// What to run, without the two descriptors and their arguments.
    pub command: Command,
    /// Deadlines.
    pub settings: Settings,
    /// How processes are started.
    pub spawn: Arc<dyn SpawnPort>,
    /// Who serves the store.
    pub store: StoreServer,
    /// Where its output goes.
    pub log: Log,
}

struct ChildLauncher {
    id: String,
    command: Command,
    store: StoreServer,
    log: Log,
}

impl Launcher for ChildLauncher {
    fn launch(&mut self) -> Result<Launch, String> {
        let pair = || UnixStream::pair().map_err(|e| format!("a socket pair cannot be made: {e}"));
        let ((our_store, its_store), (supervision, its_supervision)) = (pair()?, pair()?);
        let command =
            self.command.clone().inherit(OwnedFd::from(its_store)).inherit(OwnedFd::from(its_supervision));
        (self.store)(&self.id, our_store);
        Ok(Launch { command, supervision })
    }

    fn started(&mut self, child: &mut Child) {
        capture(child, &self.log);
    }
}

#[async_trait]
impl Runner for ChildRunner {
    async fn run(self: Box<Self>, report: Reporter, mut stop: Stop) -> anyhow::Result<()> {
        let command = self
            .command
            .args(["--store-fd", "3", "--supervision-fd", "4"])
            .stdout(Stdio::Pipe)
            .stderr(Stdio::Pipe)
            .new_session();
        let args: Vec<String> = command.args.iter().map(|a| a.to_string_lossy().into_owned()).collect();
        let name = describe(&command.program.to_string_lossy(), &args);
        let launcher = ChildLauncher { id: self.id.clone(), command, store: self.store, log: self.log };
        let handle = supervisor::supervise(&self.id, self.settings, self.spawn, launcher);
        let mut status = handle.status();
        let mut pid = None;
        loop {
            let now = status.borrow_and_update().clone();
            tell(&report, &name, &now, &mut pid);
            tokio::select! {
                changed = status.changed() => if changed.is_err() {
                    anyhow::bail!("its supervisor has ended");
                },
                () = stop.asked() => break,
            }
        }
        report.stopping(&format!("Draining {name}"));
        handle.stop_and_wait().await;
        Ok(())
    }
}

fn tell(report: &Reporter, name: &str, now: &Status, told: &mut Option<i32>) {
    if now.pid != *told {
        *told = now.pid;
        if let Some(pid) = now.pid {
            let message = format!("Process {name} started with PID {pid}");
            report.running(&message, Some(ProcessRef::of(pid)));
        }
    }
    match now.phase {
        Phase::Running => report.health(Ok(())),
        Phase::Unhealthy => {
            let reason = if now.message.is_empty() { "it does not answer" } else { &now.message };
            report.health(Err(reason.to_owned()));
        }
        Phase::Restarting => {
            report.restarting(&format!("Error running {name}, going to restart forever: {}", now.message));
        }
        Phase::Stopped | Phase::Starting | Phase::Waiting | Phase::Killed | Phase::Stopping => {}
    }
}
