//! A service that is a child process of machined.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sys::process::{Child, Command, Signal, SpawnPort, Stdio};

use super::{GRACE, describe};
use crate::logs::Log;
use crate::services::process::ProcessRef;
use crate::services::service::{Reporter, Runner, Stop};

/// Runs a command, its output in a log.
pub struct ProcessRunner {
    spawn: Arc<dyn SpawnPort>,
    command: Command,
    log: Log,
    grace: Duration,
}

impl ProcessRunner {
    /// A runner of `command`.
    pub fn new(spawn: Arc<dyn SpawnPort>, command: Command, log: Log) -> Self {
        let command = command.stdout(Stdio::Pipe).stderr(Stdio::Pipe).new_session();
        Self { spawn, command, log, grace: GRACE }
    }

    fn description(&self) -> String {
        let args: Vec<String> = self.command.args.iter().map(|a| a.to_string_lossy().into_owned()).collect();
        describe(&self.command.program.to_string_lossy(), &args)
    }
}

/// Copies what a child says into a log, until it has ended.
pub(super) fn capture(child: &mut Child, log: &Log) {
    for pipe in [child.take_stdout(), child.take_stderr()] {
        match pipe {
            Ok(Some(pipe)) => {
                let log = log.clone();
                tokio::spawn(async move { log.copy_from(pipe, std::future::pending::<()>()).await });
            }
            Ok(None) => {}
            Err(error) => log.line(&format!("the output of process {} is lost: {error}", child.pid())),
        }
    }
}

#[async_trait]
impl Runner for ProcessRunner {
    async fn run(self: Box<Self>, report: Reporter, mut stop: Stop) -> anyhow::Result<()> {
        let mut child = self.spawn.spawn(&self.command)?;
        capture(&mut child, &self.log);
        let process = ProcessRef::of(child.pid());
        let name = self.description();
        report.running(&format!("Process {name} started with PID {}", child.pid()), Some(process));
        tokio::select! {
            exit = child.wait() => anyhow::bail!("{exit}"),
            () = stop.asked() => {}
        }
        report.stopping(&format!("Sending SIGTERM to {name}"));
        child.signal(Signal::SIGTERM)?;
        if tokio::time::timeout(self.grace, child.wait()).await.is_err() {
            report.stopping(&format!("Sending SIGKILL to {name}"));
            child.signal(Signal::SIGKILL)?;
            child.wait().await;
        }
        Ok(())
    }
}
