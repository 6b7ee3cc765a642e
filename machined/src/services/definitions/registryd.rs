//! registryd: the images that came with the node, for its own runtimes.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use tokio::net::{TcpListener, TcpStream};

use crate::logs::Log;
use crate::registry::{self, Layout};
use crate::services::runner::TaskRunner;
use crate::services::{HealthSettings, Reporter, Runner, Service, Verdict};

/// The image cache.
pub struct Registryd {
    /// OCI layout folders.
    pub roots: Vec<PathBuf>,
    /// Tells who pulls what.
    pub log: Log,
}

#[async_trait]
impl Service for Registryd {
    fn id(&self) -> &str {
        "registryd"
    }

    fn health(&self) -> Option<HealthSettings> {
        Some(HealthSettings::default())
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        let address = registry::ADDRESS;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("listening on {address} for the image cache"))?;
        let layout = Arc::new(Layout::new(self.roots.clone()));
        let log = self.log.clone();
        log.line(&format!("serving {} images on {address}", layout.names().len()));
        Ok(Box::new(TaskRunner::new(async move {
            registry::serve(listener, layout, log).await;
            anyhow::bail!("the image cache stopped listening")
        })))
    }

    async fn check(&self) -> Verdict {
        match TcpStream::connect(registry::ADDRESS).await {
            Ok(_) => Verdict::Healthy,
            Err(error) => Verdict::Unhealthy(format!("dial tcp {}: {error}", registry::ADDRESS)),
        }
    }
}
