//! Time servers: the wanted ones, published.

use std::collections::BTreeMap;

use async_trait::async_trait;
use proto::resource::network::{TimeServerSpecSpec, TimeServerStatusSpec};
use resources::Phase;
use state::{Context, Controller, Input, Next, Output};

use crate::id;
use crate::publish::Publisher;

/// Publishes the time servers.
#[derive(Default)]
pub struct TimeServerSpecController {
    publisher: Publisher<TimeServerStatusSpec>,
}

#[async_trait]
impl Controller for TimeServerSpecController {
    fn name(&self) -> &'static str {
        "network.TimeServerSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<TimeServerSpecSpec>().id(id::TIMESERVERS)]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<TimeServerStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let spec = ctx.get::<TimeServerSpecSpec>(id::TIMESERVERS).await?;
        let spec = spec.filter(|s| s.metadata.phase == Phase::Running);
        let status = spec.map(|s| {
            let status = TimeServerStatusSpec { ntp_servers: s.spec.ntp_servers, use_nts: s.spec.use_nts };
            (id::TIMESERVERS.to_owned(), status)
        });
        self.publisher.publish(ctx, BTreeMap::from_iter(status)).await?;
        Ok(Next::Wait)
    }
}
