//! What a service is, and what runs it.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use super::condition::Condition;
use super::health::{HealthSettings, Verdict};
use super::manager::ServiceManager;
use super::process::ProcessRef;
use super::record::ServiceState;

/// The definition of a service: one file each under `definitions/`.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Its id, as users know it.
    fn id(&self) -> &str;

    /// Services that must be up before it starts, and that stop after it.
    fn dependencies(&self) -> Vec<String> {
        Vec::new()
    }

    /// What else it waits for.
    fn conditions(&self) -> Vec<Condition> {
        Vec::new()
    }

    /// Gets everything ready for one start. A failure is shown, and tried again.
    async fn prepare(&self, report: &Reporter) -> anyhow::Result<Box<dyn Runner>>;

    /// Timing of its health checks; `None` when there are none, or the runner tells by itself.
    fn health(&self) -> Option<HealthSettings> {
        None
    }

    /// Whether it counts as up only once it is healthy.
    fn health_checked(&self) -> bool {
        self.health().is_some()
    }

    /// Checks its health once. Bounded by the timeout of [`HealthSettings`].
    async fn check(&self) -> Verdict {
        Verdict::Healthy
    }
}

/// One run of a service.
#[async_trait]
pub trait Runner: Send {
    /// Runs until the service ends by itself, or until `stop` is asked for and done.
    async fn run(self: Box<Self>, report: Reporter, stop: Stop) -> anyhow::Result<()>;
}

/// Says when a service is to stop.
#[derive(Debug, Clone)]
pub struct Stop(pub(super) watch::Receiver<bool>);

impl Stop {
    /// Whether the service is to stop.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is.
    pub async fn asked(&mut self) {
        // A manager that is gone wants nothing to run.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

/// Through this a run tells what happens.
#[derive(Clone)]
pub struct Reporter {
    pub(super) manager: ServiceManager,
    pub(super) id: Arc<str>,
    /// While a service is tried again, preparations are not told again.
    pub(super) quiet: bool,
    pub(super) started: watch::Sender<u64>,
}

impl Reporter {
    /// The service that is reported on.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Tells of a preparation.
    pub fn preparing(&self, message: &str) {
        if !self.quiet {
            self.manager.enter(&self.id, ServiceState::Preparing, message, None);
        }
    }

    /// Tells that the service runs, and in which process.
    pub fn running(&self, message: &str, process: Option<ProcessRef>) {
        self.manager.enter(&self.id, ServiceState::Running, message, process);
        self.started.send_modify(|n| *n += 1);
    }

    /// Tells that the service has ended and will be run again.
    pub fn restarting(&self, message: &str) {
        self.manager.enter(&self.id, ServiceState::Waiting, message, None);
    }

    /// Tells that the service is being stopped.
    pub fn stopping(&self, message: &str) {
        let process = self.manager.process(&self.id);
        self.manager.enter(&self.id, ServiceState::Stopping, message, process);
    }

    /// Tells what the service says of its own health.
    pub fn health(&self, result: Result<(), String>) {
        self.manager.checked(&self.id, result);
    }
}
