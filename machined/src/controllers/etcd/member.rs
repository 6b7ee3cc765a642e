//! Which member of the cluster this node is, and where the others believe it to be.

use std::time::Duration;

use proto::resource::etcd::{MemberSpec, SpecSpec};
use proto::resource::v1alpha1::ServiceSpec;
use state::{Context, Controller, Input, Next, Output};

use super::access;
use super::membership::promote;

/// Pause before a member that could not be asked is asked again.
const AGAIN: Duration = Duration::from_secs(2);

/// Publishes EtcdMembers/local, and keeps the member's own entry in the cluster right.
pub struct EtcdMember {
    promoting: Option<tokio::task::JoinHandle<()>>,
}

impl EtcdMember {
    /// A controller that has asked nothing yet.
    pub fn new() -> Self {
        Self { promoting: None }
    }

    /// A learner that was left behind by an interrupted join gets its vote.
    fn promote(&mut self, ctx: &Context) {
        if self.promoting.as_ref().is_none_or(|task| task.is_finished()) {
            let state = ctx.state().clone();
            self.promoting = Some(tokio::spawn(async move { promote(&*state).await }));
        }
    }
}

#[async_trait::async_trait]
impl Controller for EtcdMember {
    fn name(&self) -> &'static str {
        "etcd.MemberController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<ServiceSpec>().id("etcd"), Input::weak::<SpecSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<MemberSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let service = ctx.get::<ServiceSpec>("etcd").await?.filter(|s| s.spec.running);
        let spec = ctx.get::<SpecSpec>("etcd").await?;
        let (Some(service), Some(spec)) = (service, spec) else {
            ctx.outputs::<MemberSpec>().finish().await?;
            return Ok(Next::Wait);
        };
        let client = access::local(&**ctx.state()).await?;
        let status = match client.status().await {
            Ok(status) => status,
            // Not up yet: its health tells when.
            Err(_) if !service.spec.healthy => return Ok(Next::After(AGAIN)),
            Err(error) => return Err(error.into()),
        };
        ctx.put("local", MemberSpec { member_id: format!("{:016x}", status.member) }).await?;
        if status.learner {
            self.promote(ctx);
            return Ok(Next::After(AGAIN));
        }
        if service.spec.healthy {
            let wanted = crate::services::definitions::etcd::peer_urls(&spec.spec);
            let members = client.members(false).await?;
            let own = members.iter().find(|m| m.id == status.member);
            if own.is_some_and(|m| m.peer_urls != wanted) && !wanted.is_empty() {
                tracing::info!("etcd is told that this member is reached at {}", wanted.join(", "));
                client.update_member(status.member, &wanted).await?;
            }
        }
        Ok(Next::Wait)
    }
}
