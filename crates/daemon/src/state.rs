//! What a daemon tells its supervisor, and what it hears from it.

use std::time::Duration;

use async_trait::async_trait;
use supervisor::client::HealthAnswer;
use supervisor::{Handler, Readiness};
use tokio::sync::watch;

use crate::Shutdown;
use crate::logging;

/// Says whether the daemon does its work. It does not until told so.
#[derive(Debug, Clone)]
pub struct Ready(watch::Sender<Readiness>);

impl Ready {
    pub(crate) fn new() -> Self {
        Self(watch::channel(Readiness { ready: false, message: "starting".into() }).0)
    }

    /// It does.
    pub fn set_ready(&self) {
        self.set(Readiness { ready: true, message: String::new() });
    }

    /// It does not, because of `message`, for example "waiting for a certificate".
    pub fn set_waiting(&self, message: impl Into<String>) {
        self.set(Readiness { ready: false, message: message.into() });
    }

    fn set(&self, new: Readiness) {
        self.0.send_if_modified(|current| {
            let changed = *current != new;
            *current = new;
            changed
        });
    }
}

/// Says whether the daemon is well. It is until told otherwise; being unwell is shown, not punished.
#[derive(Debug, Clone)]
pub struct Health(watch::Sender<Option<String>>);

impl Health {
    pub(crate) fn new() -> Self {
        Self(watch::channel(None).0)
    }

    /// It is.
    pub fn set_well(&self) {
        self.0.send_replace(None);
    }

    /// It is not, because of `message`.
    pub fn set_unwell(&self, message: impl Into<String>) {
        self.0.send_replace(Some(message.into()));
    }
}

/// Wishes that settings are read again. Several wishes at once are one.
#[derive(Debug, Clone)]
pub struct Reloads(watch::Receiver<u64>);

impl Reloads {
    /// Waits for the next wish; never comes if nobody can wish any more.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Answers the supervisor.
pub(crate) struct Answers {
    pub ready: Ready,
    pub health: Health,
    pub reloads: watch::Sender<u64>,
    pub shutdown: Shutdown,
}

impl Answers {
    pub(crate) fn reloads(&self) -> Reloads {
        Reloads(self.reloads.subscribe())
    }
}

#[async_trait]
impl Handler for Answers {
    fn health(&self) -> HealthAnswer {
        match self.health.0.borrow().clone() {
            None => HealthAnswer { healthy: true, message: String::new() },
            Some(message) => HealthAnswer { healthy: false, message },
        }
    }

    async fn reload(&self) -> Result<(), String> {
        self.reloads.send_modify(|count| *count = count.wrapping_add(1));
        Ok(())
    }

    fn drain(&self, grace: Duration) {
        tracing::info!(?grace, "asked to end");
        self.shutdown.request(grace);
    }

    fn set_log_level(&self, level: &str) -> Result<(), String> {
        logging::set_level(level).map_err(|error| format!("{error:#}"))
    }

    fn readiness(&self) -> watch::Receiver<Readiness> {
        self.ready.0.subscribe()
    }
}
