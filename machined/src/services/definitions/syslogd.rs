//! syslogd: what programs say to /dev/log.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::Context;
use async_trait::async_trait;
use tokio::net::UnixDatagram;

use crate::services::runner::TaskRunner;
use crate::services::{Environment, Reporter, Runner, Service};

/// Longest message that is taken, bytes; senders cut at 1 or 2 KiB (RFC 3164, 5424).
const MESSAGE: usize = 8 * 1024;

/// The reader of /dev/log.
pub struct Syslogd {
    /// Means.
    pub environment: Environment,
    /// The socket; `/dev/log`.
    pub socket: PathBuf,
}

#[async_trait]
impl Service for Syslogd {
    fn id(&self) -> &str {
        "syslogd"
    }

    fn dependencies(&self) -> Vec<String> {
        vec!["machined".to_owned()]
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        let path = &self.socket;
        let _ = std::fs::remove_file(path);
        let socket = UnixDatagram::bind(path).with_context(|| format!("listening on {}", path.display()))?;
        // Everybody may log.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))
            .with_context(|| format!("opening {} to everybody", path.display()))?;
        let log = self.environment.log(self.id());
        Ok(Box::new(TaskRunner::new(async move {
            let mut buffer = vec![0; MESSAGE];
            loop {
                let count = socket.recv(&mut buffer).await.context("reading what programs log")?;
                let text = String::from_utf8_lossy(buffer.get(..count).unwrap_or_default());
                log.line(text.trim_end_matches(['\n', '\0']));
            }
        })))
    }
}
