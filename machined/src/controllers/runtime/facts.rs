//! What does not change while the machine runs.

use proto::resource::enums::{RuntimeFipsState, RuntimeSeLinuxState};
use proto::resource::network::HostnameStatusSpec;
use proto::resource::runtime::{
    BootIdSpec, KernelCmdlineSpec, PlatformMetadataSpec, SecurityStateSpec, VersionSpec,
};
use state::{Context, Controller, Input, Next, Output};

use crate::platform::{Mode, Platform};

/// Publishes Versions, BootIDs, KernelCmdlines and SecurityStates.
pub struct Facts {
    pub platform: Platform,
}

#[async_trait::async_trait]
impl Controller for Facts {
    fn name(&self) -> &'static str {
        "runtime.SecurityStateController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![
            Output::exclusive::<VersionSpec>(),
            Output::exclusive::<BootIdSpec>(),
            Output::exclusive::<KernelCmdlineSpec>(),
            Output::exclusive::<SecurityStateSpec>(),
        ]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let version = crate::api::version::TAG.to_owned();
        ctx.put("version", VersionSpec { version, name: "Talos".to_owned() }).await?;
        if let Ok(id) = std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
            ctx.put("boot-id", BootIdSpec { boot_id: id.trim().to_owned() }).await?;
        }
        // A node on somebody else's kernel was not started by that command line.
        if self.platform.mode != Mode::Container
            && let Ok(cmdline) = std::fs::read_to_string("/proc/cmdline")
        {
            ctx.put("cmdline", KernelCmdlineSpec { cmdline: cmdline.trim().to_owned() }).await?;
        }
        let spec = SecurityStateSpec {
            se_linux_state: RuntimeSeLinuxState::default() as i32,
            fips_state: RuntimeFipsState::default() as i32,
            ..SecurityStateSpec::default()
        };
        ctx.put("securitystate", spec).await?;
        Ok(Next::Wait)
    }
}

/// Publishes PlatformMetadatas/platformmetadata.
pub struct PlatformMetadata {
    pub platform: Platform,
}

#[async_trait::async_trait]
impl Controller for PlatformMetadata {
    fn name(&self) -> &'static str {
        "network.PlatformConfigApplyController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<HostnameStatusSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<PlatformMetadataSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let hostname = ctx.get::<HostnameStatusSpec>("hostname").await?.map(|h| h.spec.hostname);
        let spec = PlatformMetadataSpec {
            platform: self.platform.name.to_owned(),
            hostname: hostname.unwrap_or_default(),
            // Set by who starts a container (contract os.md 4).
            instance_type: std::env::var("TALOSSKU").unwrap_or_default(),
            ..PlatformMetadataSpec::default()
        };
        ctx.put("platformmetadata", spec).await?;
        Ok(Next::Wait)
    }
}
