//! What the sources say, one record a node.

use std::collections::BTreeMap;

use proto::resource::cluster::{AffiliateSpec, IdentitySpec};
use state::{Context, Controller, Input, Next, Output};

use super::RAW;

/// Publishes Affiliates of the other nodes.
pub struct AffiliateMerge;

#[async_trait::async_trait]
impl Controller for AffiliateMerge {
    fn name(&self) -> &'static str {
        "cluster.AffiliateMergeController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<AffiliateSpec>().in_namespace(RAW), Input::weak::<IdentitySpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<AffiliateSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let own = ctx.get::<IdentitySpec>("local").await?.map(|i| i.spec.node_id.clone()).unwrap_or_default();
        let mut merged: BTreeMap<String, AffiliateSpec> = BTreeMap::new();
        for source in ctx.list_in::<AffiliateSpec>(RAW).await? {
            let spec = source.spec;
            if spec.node_id.is_empty() || spec.node_id == own {
                continue;
            }
            merged.entry(spec.node_id.clone()).and_modify(|known| add(known, &spec)).or_insert(spec);
        }
        let outputs = ctx.outputs::<AffiliateSpec>();
        for (id, spec) in merged {
            outputs.put(&id, spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// Completes what one source said with what another one says.
fn add(known: &mut AffiliateSpec, more: &AffiliateSpec) {
    for address in &more.addresses {
        if !known.addresses.contains(address) {
            known.addresses.push(address.clone());
        }
    }
    let fill = |mine: &mut String, theirs: &String| {
        if mine.is_empty() {
            mine.clone_from(theirs);
        }
    };
    fill(&mut known.hostname, &more.hostname);
    fill(&mut known.nodename, &more.nodename);
    fill(&mut known.operating_system, &more.operating_system);
    if known.machine_type == 0 {
        known.machine_type = more.machine_type;
    }
    if known.control_plane.is_none() {
        known.control_plane.clone_from(&more.control_plane);
    }
}
