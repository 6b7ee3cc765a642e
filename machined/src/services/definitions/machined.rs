//! machined itself, so that users see it: the API runs in this process whatever is done here.

use std::path::PathBuf;

use async_trait::async_trait;
use tokio::net::UnixStream;

use crate::services::runner::TaskRunner;
use crate::services::{HealthSettings, Reporter, Runner, Service, Verdict};

/// machined. It is up when its socket answers.
pub struct Machined {
    /// Where the API listens.
    pub socket: PathBuf,
}

#[async_trait]
impl Service for Machined {
    fn id(&self) -> &str {
        "machined"
    }

    fn health(&self) -> Option<HealthSettings> {
        Some(HealthSettings::default())
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        Ok(Box::new(TaskRunner::new(std::future::pending())))
    }

    async fn check(&self) -> Verdict {
        match UnixStream::connect(&self.socket).await {
            Ok(_) => Verdict::Healthy,
            Err(error) => Verdict::Unhealthy(format!("dial unix {}: {error}", self.socket.display())),
        }
    }
}
