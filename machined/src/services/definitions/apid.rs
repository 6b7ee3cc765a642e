//! apid: the API gateway.

use async_trait::async_trait;
use supervisor::Settings;
use sys::process::{CapabilityPolicy, User};

use crate::services::runner::ChildRunner;
use crate::services::{Environment, Reporter, Runner, Service};

/// Its uid (contract api.md 1.1).
const UID: u32 = 50;

/// The gateway. It needs nothing to start: it waits for its certificates by itself.
pub struct Apid(pub Environment);

#[async_trait]
impl Service for Apid {
    fn id(&self) -> &str {
        "apid"
    }

    fn health_checked(&self) -> bool {
        true
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        let command = self
            .0
            .daemon("/usr/bin/apid", "system/apid")
            .user(User::with_own_group(UID))
            .capabilities(CapabilityPolicy::Only(Vec::new()))
            .no_new_privs();
        Ok(Box::new(ChildRunner {
            id: self.id().to_owned(),
            command,
            settings: Settings::default(),
            spawn: self.0.spawn.clone(),
            store: self.0.store.clone(),
            log: self.0.log(self.id()),
        }))
    }
}
