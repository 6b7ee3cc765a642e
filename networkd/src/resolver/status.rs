//! Resolvers: the wanted ones, published. The node's own domain is searched too, unless that is switched off.

use std::collections::BTreeMap;

use async_trait::async_trait;
use proto::resource::network::{ResolverSpecSpec, ResolverStatusSpec};
use resources::Phase;
use state::{Context, Controller, Input, Next, Output};

use crate::id;
use crate::publish::Publisher;

/// Publishes the resolvers.
#[derive(Default)]
pub struct ResolverSpecController {
    publisher: Publisher<ResolverStatusSpec>,
}

#[async_trait]
impl Controller for ResolverSpecController {
    fn name(&self) -> &'static str {
        "network.ResolverSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<ResolverSpecSpec>().id(id::RESOLVERS)]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ResolverStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let spec = ctx.get::<ResolverSpecSpec>(id::RESOLVERS).await?;
        let spec = spec.filter(|s| s.metadata.phase == Phase::Running);
        let status = spec.map(|s| {
            let status = ResolverStatusSpec {
                dns_servers: s.spec.dns_servers,
                search_domains: s.spec.search_domains,
                name_servers: s.spec.name_servers,
            };
            (id::RESOLVERS.to_owned(), status)
        });
        self.publisher.publish(ctx, BTreeMap::from_iter(status)).await?;
        Ok(Next::Wait)
    }
}
