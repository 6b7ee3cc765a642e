//! The kernel's hostname and domain name.

use proto::resource::network::HostnameStatusSpec;
use state::{Context, Controller, Input, Next, Output};
use sys::hostname::{HostnamePort, Kernel};

/// Tells the kernel what HostnameStatuses/hostname says.
pub struct Hostname;

#[async_trait::async_trait]
impl Controller for Hostname {
    fn name(&self) -> &'static str {
        "network.HostnameSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<HostnameStatusSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let Some(status) = ctx.get::<HostnameStatusSpec>("hostname").await? else { return Ok(Next::Wait) };
        if Kernel.hostname()? != status.spec.hostname {
            Kernel.set_hostname(&status.spec.hostname)?;
        }
        Kernel.set_domainname(&status.spec.domainname)?;
        Ok(Next::Wait)
    }
}
