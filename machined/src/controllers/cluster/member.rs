//! Members: affiliates that are nodes of the cluster.

use proto::resource::cluster::{AffiliateSpec, MemberSpec};
use state::{Context, Controller, Input, Next, Output};

/// Publishes Members by node name.
pub struct Member;

#[async_trait::async_trait]
impl Controller for Member {
    fn name(&self) -> &'static str {
        "cluster.MemberController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<AffiliateSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<MemberSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<MemberSpec>();
        for affiliate in ctx.list::<AffiliateSpec>().await? {
            let affiliate = affiliate.spec;
            if affiliate.nodename.is_empty() {
                continue;
            }
            let spec = MemberSpec {
                node_id: affiliate.node_id,
                addresses: affiliate.addresses,
                hostname: affiliate.hostname,
                machine_type: affiliate.machine_type,
                operating_system: affiliate.operating_system,
                control_plane: affiliate.control_plane,
            };
            outputs.put(&affiliate.nodename, spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
