//! trustd: certificates for joining nodes, and discovery. On control planes only.

use async_trait::async_trait;
use proto::resource::secrets::TrustdCertsSpec;
use supervisor::Settings;
use sys::process::{CapabilityPolicy, User};

use crate::services::runner::ChildRunner;
use crate::services::{Condition, Environment, Reporter, Runner, Service};

/// Its uid (contract api.md 1.1).
const UID: u32 = 51;

/// The certificate service.
pub struct Trustd(pub Environment);

#[async_trait]
impl Service for Trustd {
    fn id(&self) -> &str {
        "trustd"
    }

    fn conditions(&self) -> Vec<Condition> {
        vec![
            Condition::time_sync(),
            Condition::network(),
            Condition::resource::<TrustdCertsSpec>("trustd certificate", "trustd", |s| s.server.is_some()),
        ]
    }

    fn health_checked(&self) -> bool {
        true
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        let command = self
            .0
            .daemon("/usr/bin/trustd", "system/trustd")
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
