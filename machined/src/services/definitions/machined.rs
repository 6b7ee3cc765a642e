//! machined itself, so that users see it: the API runs in this process whatever is done here.

use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;

use async_trait::async_trait;

use crate::services::runner::TaskRunner;
use crate::services::{HealthSettings, Reporter, Runner, Service, Verdict};

/// machined. It is up when its socket is there: whoever looks runs in the process that listens on it, and a
/// connection of machined to itself would be a stranger's (contract api.md 1.4).
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
        match std::fs::symlink_metadata(&self.socket) {
            Ok(found) if found.file_type().is_socket() => Verdict::Healthy,
            Ok(_) => Verdict::Unhealthy(format!("{} is not a socket", self.socket.display())),
            Err(error) => Verdict::Unhealthy(format!("{}: {error}", self.socket.display())),
        }
    }
}
