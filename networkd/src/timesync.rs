//! Time synchronisation as others wait for it: TimeStatus.
//!
//! In a container the clock is the host's: it counts as synchronised and is left alone (contract os.md 5.5).

use async_trait::async_trait;
use proto::resource::time::StatusSpec;
use state::{Context, Controller, Input, Next, Output};

/// Identifier of the only time status.
const NODE: &str = "node";

/// Publishes TimeStatus.
pub struct SyncController {
    container: bool,
}

impl SyncController {
    /// A controller for a node in a container, or on a machine of its own.
    pub fn new(container: bool) -> Self {
        Self { container }
    }
}

#[async_trait]
impl Controller for SyncController {
    fn name(&self) -> &'static str {
        "time.SyncController"
    }

    fn inputs(&self) -> Vec<Input> {
        Vec::new()
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<StatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let synced = self.container;
        ctx.modify::<StatusSpec>(NODE, |s| {
            s.synced = synced;
            s.sync_disabled = synced;
        })
        .await?;
        Ok(Next::Wait)
    }
}
