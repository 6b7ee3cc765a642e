//! Hostname: the wanted one, published; machined gives it to the kernel.

use std::collections::BTreeMap;

use async_trait::async_trait;
use proto::resource::network::{HostnameSpecSpec, HostnameStatusSpec};
use resources::Phase;
use state::{Context, Controller, Input, Next, Output};

use crate::id;
use crate::publish::Publisher;

/// Publishes the hostname.
#[derive(Default)]
pub struct HostnameSpecController {
    publisher: Publisher<HostnameStatusSpec>,
}

#[async_trait]
impl Controller for HostnameSpecController {
    fn name(&self) -> &'static str {
        "network.HostnameSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<HostnameSpecSpec>().id(id::HOSTNAME)]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<HostnameStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let spec = ctx.get::<HostnameSpecSpec>(id::HOSTNAME).await?;
        let spec = spec.filter(|s| s.metadata.phase == Phase::Running && !s.spec.hostname.is_empty());
        let status = spec.map(|s| {
            let status = HostnameStatusSpec { hostname: s.spec.hostname, domainname: s.spec.domainname };
            (id::HOSTNAME.to_owned(), status)
        });
        self.publisher.publish(ctx, BTreeMap::from_iter(status)).await?;
        Ok(Next::Wait)
    }
}
