//! Certificates of etcd and of its clients on this node.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pki::{Sans, profile};
use proto::resource::secrets::{EtcdCertsSpec, EtcdRootSpec};
use state::{Context, Controller, Input, Next, Output};

use super::material;
use super::renew::{Issued, Verdict};
use crate::controllers::{Deps, identity, identity_inputs};

/// Publishes EtcdSecrets/etcd.
pub struct Etcd {
    deps: Deps,
    issued: Issued,
}

impl Etcd {
    pub fn new(deps: Deps) -> Self {
        Self { deps, issued: Issued::default() }
    }
}

#[async_trait::async_trait]
impl Controller for Etcd {
    fn name(&self) -> &'static str {
        "secrets.EtcdController"
    }

    fn inputs(&self) -> Vec<Input> {
        let mut inputs = identity_inputs();
        inputs.push(Input::weak::<EtcdRootSpec>());
        inputs
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<EtcdCertsSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let root = ctx.get::<EtcdRootSpec>("etcd").await?;
        let Some(ca) = root.as_ref().and_then(|r| r.spec.etcd_ca.as_ref()).filter(|ca| !ca.key.is_empty())
        else {
            self.issued.forget();
            ctx.outputs::<EtcdCertsSpec>().finish().await?;
            return Ok(Next::Wait);
        };
        let Some(node) = identity(ctx).await? else { return Ok(Next::Wait) };
        let now = self.deps.now();
        let inputs = (&ca.crt, &node);
        if let Verdict::Keep(left) = self.issued.check(&inputs, now) {
            return Ok(Next::After(left));
        }
        let issuer = material::issuer(ca)?;
        let peer = Sans::new()
            .with_names([&node.hostname, &node.fqdn])
            .with_addresses(node.addresses.iter().copied());
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let server = peer.clone().with_names(["localhost"]).with_addresses(loopback);
        let etcd = material::issue(&issuer, &profile::etcd_server(&node.hostname, server, now.wall))?;
        let rest = self.issued.record(&inputs, now, material::certificate(&etcd)?.validity());
        let spec = EtcdCertsSpec {
            etcd: Some(etcd),
            etcd_peer: Some(material::issue(&issuer, &profile::etcd_peer(&node.hostname, peer, now.wall))?),
            etcd_admin: Some(material::issue(&issuer, &profile::etcd_admin(now.wall))?),
            etcd_api_server: Some(material::issue(&issuer, &profile::etcd_apiserver_client(now.wall))?),
        };
        ctx.put("etcd", spec).await?;
        Ok(Next::After(rest))
    }
}
