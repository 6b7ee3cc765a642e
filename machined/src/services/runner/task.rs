//! A service that is a part of machined itself.

use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;

use crate::services::service::{Reporter, Runner, Stop};

type Work = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// Runs a future; stopping drops it.
pub struct TaskRunner {
    work: Work,
}

impl TaskRunner {
    /// A runner of `work`.
    pub fn new(work: impl Future<Output = anyhow::Result<()>> + Send + 'static) -> Self {
        Self { work: Box::pin(work) }
    }
}

#[async_trait]
impl Runner for TaskRunner {
    async fn run(self: Box<Self>, report: Reporter, mut stop: Stop) -> anyhow::Result<()> {
        report.running("Service started as goroutine", None);
        tokio::select! {
            result = self.work => result,
            () = stop.asked() => {
                report.stopping("Stopping the service");
                Ok(())
            }
        }
    }
}
